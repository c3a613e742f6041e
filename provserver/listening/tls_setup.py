"""The TLS settings of one listener, reloadable from their files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from provserver.listening.identity import Identity, Terms, build_context
from provserver.listening.tls import ServerTls
from provserver.listening.trust import VendorTrust, load_trust, trust_files


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The files. `client_ca_dir`: vendors' CAs; if set, client certificates are requested. `tickets`.

    Session resumption.
    """

    identities: Sequence[Identity] = ()
    client_ca_dir: Path | None = None
    tickets: bool = True


class TlsSetup:
    """The current TLS settings. `modern` and `old_phones` are None without a certificate."""

    def __init__(self, files: TlsFiles, vendor_named: Callable[[str], str | None]) -> None:
        """Load all files. Raises `BadConfiguration` naming the file."""
        self._from = files
        self._vendor_named = vendor_named
        self.trust = VendorTrust({})
        self.modern: ServerTls | None = None
        self.old_phones: ServerTls | None = None
        self.load()

    def load(self) -> None:
        """Reload all files; on any error nothing changes. Raises `BadConfiguration`."""
        trust = load_trust(self._from.client_ca_dir, self._vendor_named)
        wanted = None
        if self._from.client_ca_dir:
            wanted = [authority for listed in trust.authorities.values() for authority in listed]
        if self._from.identities:
            modern, old_phones = (
                build_context(self._from.identities, Terms(old, tickets=self._from.tickets, ask_for=wanted))
                for old in (False, True)
            )
            if self.modern and self.old_phones:
                self.modern.context, self.old_phones.context = modern, old_phones
            else:
                self.modern, self.old_phones = ServerTls(modern), ServerTls(old_phones)
        self.trust = trust

    def files(self) -> Iterator[Path]:
        """All files that `load` reads."""
        for identity in self._from.identities:
            yield identity.certificate
            yield identity.key
        yield from trust_files(self._from.client_ca_dir)
