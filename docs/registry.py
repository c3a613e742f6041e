"""Writes `vendors/registry.txt`: the blocks of the companies that vendor files name, from the IEEE's registry.

    npm pack oui-data && tar xzf oui-data-*.tgz
    python docs/registry.py package/index.json

That package is a daily copy of all three registries of the IEEE. A company that is not in it any more has another name
now; the vendor file must name it so.
"""

import json
import sys
import textwrap
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
_HEAD = """\
# Blocks of MAC addresses of the companies that vendor files name under `registered`, from the IEEE's registry.
# Written by docs/registry.py; do not edit.
"""
_WIDTH = 120


def companies_of(folder: Path) -> dict[str, str]:
    """Who is named under `registered`, and the vendor file that does."""
    named: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
        named |= dict.fromkeys(facts.get("registered", ()), path.name)
    return named


def laid_out(blocks: Mapping[str, Sequence[str]]) -> str:
    """The file."""
    parts = [_HEAD]
    for company in sorted(blocks, key=str.casefold):
        lines = textwrap.wrap(" ".join(sorted(blocks[company])), _WIDTH, initial_indent=" ", subsequent_indent=" ")
        parts.append("\n".join((company, *lines, "")))
    return "".join(parts)


def main(source: Path) -> int:
    """Write the file; 1 where a company is not in the registry."""
    owners: dict[str, list[str]] = defaultdict(list)
    for prefix, entry in json.loads(source.read_text(encoding="utf-8")).items():
        owners[entry.partition("\n")[0]].append(prefix.lower())
    named = companies_of(ROOT / "vendors")
    for company in named.keys() - owners.keys():
        print(f"{named[company]}: the registry does not have {company}", file=sys.stderr)
    if named.keys() - owners.keys():
        return 1
    (ROOT / "vendors" / "registry.txt").write_text(laid_out({company: owners[company] for company in named}))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
