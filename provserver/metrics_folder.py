"""What several processes count, told at one place: each leaves its counts in a file that the one with the API reads."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

_EVERY_SECONDS = 2.0
_AGAIN_SECONDS = 60.0  # after it could not be done, so that the log is not filled with it
_SUFFIX = ".metrics"

_log = structlog.get_logger("metrics")


@dataclass(frozen=True, slots=True)
class MetricsFolder:
    """The files of all processes of a server; `name` is this process's own, and the label `worker` of its counts."""

    folder: Path
    name: str

    async def keep(self, registry: CollectorRegistry, *, tells: bool) -> None:
        """Leave the counts of `registry` again and again; where this process `tells`, take up those of the others."""
        if tells:
            registry.register(_Others(self))
            return
        while True:
            pause = _EVERY_SECONDS
            try:
                self._leave(generate_latest(registry))
            except OSError as error:  # a full disk, or a cleaner of temporary files
                _log.warning("counts_not_left", folder=str(self.folder), reason=error.strerror)
                pause = _AGAIN_SECONDS
            await asyncio.sleep(pause)

    def _leave(self, text: bytes) -> None:
        file = self.folder / f"{self.name}.new"
        file.write_bytes(text)
        file.rename(self.folder / f"{self.name}{_SUFFIX}")


class _Others(Collector):
    def __init__(self, mine: MetricsFolder) -> None:
        self._mine = mine

    def describe(self) -> Iterable[Metric]:
        """Nothing is known of them before they tell it."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """Every count of the others, with the label `worker`."""
        families: dict[str, Metric] = {}
        for file in sorted(self._mine.folder.glob(f"*{_SUFFIX}")):
            for family in text_string_to_metric_families(file.read_text(encoding="utf-8")):
                told = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    told.add_sample(sample.name, {**sample.labels, "worker": file.stem}, sample.value)
        return families.values()
