"""Phones live in processes of their own, and end with the command that started them."""

import os

from provserver.domain.catalogue import Catalogue
from provserver.simulation.fleet import fleet
from provserver.simulation.storm import Storm


async def test_control_c_reaches_only_the_command(catalogue: Catalogue) -> None:
    """It takes the account of the phones away and ends them; their tracebacks would bury what it has to say."""
    async with Storm.gather(fleet(catalogue, 1, 0), 1) as storm:
        (process,) = storm._processes
        assert os.getsid(process.pid) == process.pid
    assert process.returncode is not None
