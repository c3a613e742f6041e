"""How large everything is in one run of the benchmark, and where its files go."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.bench.opponents import make_certificates


@dataclass(frozen=True)
class Plan:
    """`devices` are in the database while fetches are measured, `fleet` in a large one; `phones` boot in a storm.

    `seconds`: how long each load is measured; `say`: tells whoever waits what is done at the moment. `pictures` are
    for the documentation: name and SVG.
    """

    folder: Path
    devices: int
    fleet: int
    phones: int
    seconds: float
    say: Callable[[str], None]
    pictures: dict[str, str]

    def place(self, name: str) -> Path:
        """A folder of its own for a group of rows."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    @cached_property
    def certificates(self) -> Path:
        """A folder with the certificates that all servers of this run have."""
        folder = self.place("certificates")
        make_certificates(folder)
        return folder

    def tls(self, name: str) -> dict[str, str]:
        """What makes a server speak TLS with the certificate `rsa` or `ecdsa`, each time with a new handshake."""
        return {
            "PROVSERVER_PHONES__TLS__SESSION_TICKETS": "false",
            "PROVSERVER_PHONES__TLS__CERT": str(self.certificates / f"{name}.pem"),
            "PROVSERVER_PHONES__TLS__KEY": str(self.certificates / f"{name}.key"),
        }
