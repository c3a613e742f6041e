"""What the whole catalogue costs: `python -m tests.bench.catalogue`.

Printed are the processor time of a start's two parts (imports, vendor files), the memory after it, and how long it
takes to identify a request: with the shipped vendors, and with made-up ones up to twice and four times as many. The
requests are those of all vendors, each with a MAC address of its own, so that no cache helps.
"""

import random
import re
import time

STARTED = time.process_time()

from provserver.config import Config  # noqa: E402 - the time that imports take is measured
from provserver.domain.catalogue import Catalogue  # noqa: E402
from provserver.domain.file_rules import FileRule  # noqa: E402
from provserver.domain.identify import identify  # noqa: E402
from provserver.domain.phone_signs import AgentRule  # noqa: E402
from provserver.domain.vendor import Vendor  # noqa: E402
from provserver.foundation import load_vendors  # noqa: E402
from provserver.garbage import settle_memory  # noqa: E402

_REQUESTS = 20_000
_PLACES = re.compile(r"\{[a-z]+\}", re.IGNORECASE)


def _made_up(number: int, like: Vendor) -> Vendor:
    """A vendor that asks as most do: for its own MAC, for files with its name in them, for common ones."""
    name = f"made_up_{number}"
    patterns = [
        "<mac>\\.cfg",
        f"{name}-<mac>\\.xml",
        f"{name}(?P<model>[A-Z0-9]+)\\.cfg",
        f"(?:{name}|all)\\.(?:bin|rom)",
    ]
    files = tuple(
        FileRule(id=str(place), pattern=pattern, scope="common", meaning="") for place, pattern in enumerate(patterns)
    )
    agent = AgentRule(pattern=f"^{name} (?P<model>[A-Z0-9]+)/(?P<firmware>[0-9.]+)(?: <mac>)?$")
    told = {"vendor": name, "dialect": name, "files": files, "user_agents": (agent,), "mac_prefixes": {}, "aliases": ()}
    return like.model_copy(update=told)


def _requests(catalogue: Catalogue, count: int) -> list[tuple[str, str]]:
    chance = random.Random(1)  # noqa: S311 - the same requests every time
    asked = [
        (rule.asked_as or "{mac}.cfg", [example for agent in vendor.user_agents for example in agent.examples])
        for vendor in catalogue.dialects.values()
        for rule in vendor.files
        if rule.asked_as or rule.id.isdigit()
    ]
    found = []
    for _ in range(count):
        file, examples = chance.choice(asked)
        mac = f"{chance.getrandbits(47):012x}"
        example = chance.choice(examples) if examples else None
        agent = example.agent.replace(example.mac or "\0", mac) if example else f"made_up_1 X/1.0 {mac}"
        path = _PLACES.sub("X1", file.replace("{mac}", mac).replace("{MAC}", mac.upper()))
        found.append((f"/p/{'t' * 32}/{path}", agent))
    return found


def _identification(catalogue: Catalogue, count: int) -> float:
    requests = _requests(catalogue, count)
    begun = time.process_time()
    for path, agent in requests:
        identify(path, {}, agent, catalogue)
    return (time.process_time() - begun) / len(requests) * 1e6


def _memory() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file of ours
        return int(file.read().split()[1]) * 4 // 1024


def main(requests: int = _REQUESTS) -> None:
    """Print the figures."""
    imported = time.process_time()
    catalogue, _ = load_vendors(Config())
    loaded = time.process_time()
    settle_memory()
    dialects = list(catalogue.dialects.values())
    models = sum(len(vendor.models) for vendor in dialects)
    templates = sum(rule.template is not None for vendor in dialects for rule in vendor.files)
    print(f"{len(dialects)} vendor files, {models} models, {templates} files with a template")
    print(f"imports {imported - STARTED:.2f} s, vendor files {loaded - imported:.2f} s of processor time")
    print(f"memory {_memory()} MB")
    for more in (0, len(dialects), 3 * len(dialects)):
        made_up = {one.dialect: one for one in (_made_up(number, dialects[0]) for number in range(more))}
        took = _identification(Catalogue({**catalogue.dialects, **made_up}, "bench"), requests)
        print(f"identification with {len(dialects) + more} vendor files: {took:.0f} µs")


if __name__ == "__main__":
    main()
