"""A phone that answers NOTIFY on a real UDP socket, being its own registrar and proxy; and fetches when it is told."""

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_URI = re.compile(r"^NOTIFY sip:([^@]+)@\S+ SIP/2\.0$")
_COPIED = ("via", "from", "to", "call-id", "cseq")


@dataclass(frozen=True)
class Notify:
    """A NOTIFY as it came."""

    user: str
    headers: dict[str, str]

    @property
    def event(self) -> str:
        return self.headers["event"]


@dataclass
class ScriptedPhone:
    """Answers each NOTIFY with `status`, and then does `on_notify` once per NOTIFY, however often it is repeated."""

    on_notify: Callable[[Notify], None] = lambda _: None
    status: str = "200 OK"
    heard: list[Notify] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._calls: set[str] = set()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ending:
            ending.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(60)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            datagram, source = self._socket.recvfrom(65535)
            if not datagram:
                return
            first, *lines = datagram.decode().partition("\r\n\r\n")[0].split("\r\n")
            named = _URI.match(first)
            assert named, first
            headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
            notify, is_new = Notify(named[1], headers), headers["call-id"] not in self._calls
            if is_new:
                self._calls.add(headers["call-id"])
                self.heard.append(notify)  # first: who has the answer may look at once
            self._socket.sendto(self._answer(headers), source)
            if is_new:
                self.on_notify(notify)

    def _answer(self, headers: dict[str, str]) -> bytes:
        copied = [f"{name}: {headers[name]}{';tag=phone' if name == 'to' else ''}" for name in _COPIED]
        return "\r\n".join([f"SIP/2.0 {self.status}", *copied, "Content-Length: 0", "", ""]).encode()
