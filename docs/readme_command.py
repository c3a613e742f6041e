"""Print the N-th command of the README's first screen: `python3 docs/readme_command.py N`.

The first screen is what stands before the first heading of second level; its commands are the fenced `sh` blocks there.
Needs nothing but Python.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def first_screen_commands(text: str) -> list[str]:
    """The `sh` blocks before the first `## ` heading, without the blanks around them."""
    first_screen = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```$", first_screen, re.MULTILINE | re.DOTALL)]


def main(arguments: list[str]) -> int:
    """Print the command, or say on stderr why there is none."""
    commands = first_screen_commands(README.read_text(encoding="utf-8"))
    if len(arguments) != 1 or not arguments[0].isdigit() or not 1 <= int(arguments[0]) <= len(commands):
        sys.stderr.write(f"usage: readme_command.py N, with N from 1 to {len(commands)}\n")
        return 2
    sys.stdout.write(commands[int(arguments[0]) - 1] + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
