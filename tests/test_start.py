"""What a start does not wait for."""

import subprocess
import sys

SELDOM_NEEDED = ("alembic", "asyncpg", "dns", "sipmessage", "rich.progress", "sqlalchemy.dialects.postgresql")


def test_a_start_loads_nothing_that_a_server_of_files_may_never_need() -> None:
    """Each costs time before phones are served, and memory of every process for ever."""
    program = f"import provserver.cli.serving, sys; print([name for name in {SELDOM_NEEDED} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
