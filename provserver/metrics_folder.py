"""Collects the metrics of several processes: each writes a file, and the API process reads them all."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

_EVERY_SECONDS = 2.0
_AGAIN_SECONDS = 60.0  # retry interval after an error, to limit log messages
_SUFFIX = ".metrics"

_log = structlog.get_logger("metrics")


@dataclass(frozen=True, slots=True)
class MetricsFolder:
    """The metrics files of all processes. `name`: this process's own, used as label `worker`."""

    folder: Path
    name: str

    async def keep(self, registry: CollectorRegistry, *, tells: bool) -> None:
        """Write `registry` periodically; if this process `tells`, register the others' metrics in it instead."""
        if tells:
            registry.register(_Others(self))
            return
        while True:
            pause = _EVERY_SECONDS
            try:
                self._leave(generate_latest(registry))
            except OSError as error:  # disk full, or temporary files cleaned up
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
        """Nothing is known in advance."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All metrics of the other processes, with the label `worker`."""
        families: dict[str, Metric] = {}
        for file in sorted(self._mine.folder.glob(f"*{_SUFFIX}")):
            for family in text_string_to_metric_families(file.read_text(encoding="utf-8")):
                told = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    told.add_sample(sample.name, {**sample.labels, "worker": file.stem}, sample.value)
        return families.values()
