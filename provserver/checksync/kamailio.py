"""Back end `kamailio`: reads all bindings over JSON-RPC and sends to this device's.

Methods used: `ul.lookup` (module usrloc), and `tm.t_uac_wait` (module tm), which returns the phone's final response.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sipmessage import Message, Response

from provserver.checksync.bindings import Binding, choose, registration_of
from provserver.checksync.digest import Credentials, Keyring, Signed
from provserver.checksync.jsonrpc import JsonRpc, RpcError
from provserver.checksync.lines import Progress, ask_all, best_of, failed
from provserver.checksync.notify import address_of_record, on_one_line, subscription_headers
from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route, Target, status_of

_UNSET = "[not set]"
_GONE = ("expired", "deleted")


class KamailioNotifier:
    """Notifies single devices. `clock`: the current time (aware). `entropy(n)`: n random bytes."""

    def __init__(self, rpc: JsonRpc, clock: Callable[[], datetime], entropy: Callable[[int], bytes]) -> None:
        self._rpc, self._clock, self._entropy = rpc, clock, entropy

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """Notify all lines concurrently. `route` is ignored, as Kamailio knows the routes to its phones."""
        return await ask_all(targets, deadline_seconds, self._notify)

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """Registrations from the location table; None if Kamailio cannot be reached."""
        found = await asyncio.gather(*(self._bindings(target) for target in targets), return_exceptions=True)
        known = {}
        for target, bindings in zip(targets, found, strict=True):
            if isinstance(bindings, ProxyProblem):
                return None
            if isinstance(bindings, BaseException):
                raise bindings
            known[target.line_number] = registration_of(bindings, target)
        return known

    async def close(self) -> None:
        """Close the client."""
        await self._rpc.close()

    async def _notify(self, target: Target, progress: Progress) -> LineOutcome:
        progress.doing = "asking Kamailio for the line's registrations"
        bindings = await self._bindings(target)
        choice = choose(bindings, target)
        if not choice.bindings:
            where = "only from other devices" if bindings else "nowhere"
            return failed(target, LineStatus.NOT_REGISTERED, f"{target.aor} is registered {where}", targeted=True)
        progress.sent = True
        sendings = [self._send(target, binding, targeted=choice.certain) for binding in choice.bindings]
        return await best_of(sendings)

    async def _bindings(self, target: Target) -> list[Binding]:
        try:
            found = await self._rpc.call("ul.lookup", "location", target.aor)
        except RpcError as error:
            if "AOR not found" in error.text:
                return []
            raise ProxyProblem(f"Kamailio answers ul.lookup with {error}") from None
        now = self._clock()
        try:
            contacts = [entry["Contact"] for entry in found.get("Contacts", ())]
            return [_binding(contact, now) for contact in contacts if contact.get("Expires") not in _GONE]
        except (AttributeError, KeyError, TypeError):
            raise ProxyProblem("Kamailio answers ul.lookup in an unknown format") from None

    async def _send(self, target: Target, binding: Binding, *, targeted: bool) -> LineOutcome:
        """Send to one contact. If the phone challenges, the line's own credentials are used."""
        line = Credentials(target.auth_username or target.username, target.password)
        keyring = Keyring({401: line}, lambda: self._entropy(8).hex())
        signed = Signed("NOTIFY", binding.contact, (target.body or "").encode())
        headers: tuple[tuple[str, str], ...] = ()
        while True:
            answer = await self._uac(target, binding, (*headers, *keyring.answers(signed)))
            challenge = answer.headers.getlist("WWW-Authenticate") if answer.code == 401 else []
            if not challenge or not keyring.take(401, challenge):
                break
            # RFC 3261, section 22.2: same Call-ID and a higher CSeq, for phones that check it.
            headers = (("Call-ID", answer.headers.get("Call-ID") or ""), ("CSeq", "11 NOTIFY"))
        reason = None if answer.code < 300 else f"{answer.code} {answer.phrase}"
        return LineOutcome(target.line_number, status_of(answer.code), answer.code, reason, targeted)

    async def _uac(self, target: Target, binding: Binding, more: Iterable[tuple[str, str]]) -> Response:
        """Have Kamailio send to the address and from the socket of the phone's REGISTER.

        Kamailio adds the From tag itself; one of ours would be duplicated.
        """
        aor = f"<{address_of_record(target.aor)}>"
        contact = f"<{address_of_record('provserver@' + target.domain)}>"
        path = binding.handle["path"]
        headers = [("From", aor), ("To", aor), ("Contact", contact), *subscription_headers(target), *more]
        if path:
            headers.append(("Route", path))
        text = "".join(f"{name}: {on_one_line(value)}\r\n" for name, value in headers)
        hop = binding.received or (path.strip("<>").partition(">")[0] if path else ".")
        parameters = ["NOTIFY", binding.contact, hop, binding.handle["socket"] or ".", text]
        if target.body is not None:
            parameters.append(target.body)
        try:
            result = await self._rpc.call("tm.t_uac_wait", *parameters)
        except RpcError as error:
            raise ProxyProblem(f"Kamailio answers tm.t_uac_wait with {error}") from None
        if not isinstance(result, list) or len(result) < 2 or not isinstance(result[0], int):
            raise ProxyProblem("Kamailio answers tm.t_uac_wait in an unknown format")
        return _response(result[0], str(result[1]), str(result[-1]) if len(result) > 2 else "")


def _binding(contact: Mapping[str, Any], now: datetime) -> Binding:
    def text(name: str) -> str:
        value = str(contact.get(name) or "")
        return "" if value == _UNSET else value

    expires = contact.get("Expires")
    modified = contact.get("Last-Modified")
    return Binding(
        contact=text("Address"),
        user_agent=text("User-Agent"),
        instance=text("Instance"),
        received=text("Received") or None,
        expires_at=now + timedelta(seconds=expires) if isinstance(expires, int) else None,
        registered_at=datetime.fromtimestamp(modified, UTC) if isinstance(modified, int) and modified else None,
        handle={"socket": text("Socket"), "path": text("Path")},
    )


def _response(code: int, phrase: str, headers: str) -> Response:
    """The phone's response; one generated by Kamailio (408) has no headers."""
    try:
        parsed = Message.parse(f"SIP/2.0 {code} {phrase}\r\n{headers.rstrip()}\r\n\r\n".encode())
    except ValueError:
        return Response(code, phrase)
    return parsed if isinstance(parsed, Response) else Response(code, phrase)
