"""Back end `asterisk`: finds the contacts of each endpoint over AMI, then sends with `PJSIPNotify`.

Asterisk does not report the phone's response. `delivered` therefore means: the contact answers Asterisk's OPTIONS (or
is not qualified), and the NOTIFY was sent; the reason says so. Endpoints must be named like their SIP user.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from provserver.checksync.ami import Fields, Manager
from provserver.checksync.bindings import Binding, Choice, choose, registration_of
from provserver.checksync.lines import Progress, ask_in_turn, failed
from provserver.checksync.notify import subscription_headers
from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route, Target

_SENT = "sent; Asterisk does not tell what the phone answered"
_OUTBOUND = "default_outbound_endpoint"
_UNQUALIFIED = f"{_SENT}, nor whether it is there (qualify_frequency is 0)"


class AsteriskNotifier:
    """Opens one connection per call, with `connect`."""

    def __init__(self, connect: Callable[[], Awaitable[Manager]]) -> None:
        self._connect = connect

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """Notify the lines one by one on one connection; none of the steps waits for a phone."""
        return await ask_in_turn(targets, deadline_seconds, self._connect, self._notify)

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """Registrations from the endpoints' contacts; None if Asterisk cannot be reached."""
        try:
            manager = await self._connect()
        except (ProxyProblem, OSError):
            return None
        try:
            return {target.line_number: registration_of(await _contacts(manager, target), target) for target in targets}
        except (ProxyProblem, ValueError):
            return None
        finally:
            await manager.close()

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _notify(self, manager: Manager, target: Target, progress: Progress) -> LineOutcome:
        progress.doing = "asking Asterisk for the line's contacts"
        contacts = await _contacts(manager, target)
        choice = choose(contacts, target)
        if not choice.bindings:
            where = "only from other devices" if contacts else "nowhere"
            return failed(target, LineStatus.NOT_REGISTERED, f"{target.username} is registered {where}", targeted=True)
        reachable = [binding for binding in choice.bindings if binding.reachable is not False]
        if not reachable:
            reason = "does not answer Asterisk's OPTIONS"
            return failed(target, LineStatus.UNREACHABLE, reason, targeted=choice.certain)
        targeted = await _send(manager, target, Choice(tuple(reachable), choice.certain), len(contacts))
        asked = any(binding.reachable for binding in reachable)
        return failed(target, LineStatus.DELIVERED, _SENT if asked else _UNQUALIFIED, targeted=targeted)


async def _contacts(manager: Manager, target: Target) -> list[Binding]:
    """The contacts of the line's endpoint. Raises `ProxyProblem` for an unknown endpoint."""
    answer = await manager.action("PJSIPShowEndpoint", [("Endpoint", target.username)])
    if answer.get("Response") != "Success":
        raise ProxyProblem(f"Asterisk: {answer.get('Message', 'no answer to PJSIPShowEndpoint')}")
    events = await manager.events("EndpointDetailComplete")
    return [_binding(event) for event in events if event.get("Event") == "ContactStatusDetail"]


async def _send(manager: Manager, target: Target, choice: Choice, contacts: int) -> bool:
    """Send the NOTIFY; returns whether only this device got it. `Endpoint` reaches all contacts, `URI` a single one."""
    alone = contacts == len(choice.bindings)
    aimed = choice.certain and not alone and await _can_aim(manager)
    places = [("URI", binding.contact) for binding in choice.bindings] if aimed else [("Endpoint", target.username)]
    for place in places:
        answer = await manager.action("PJSIPNotify", [place, *_variables(target)])
        if answer.get("Response") != "Success":
            raise ProxyProblem(f"Asterisk: {answer.get('Message', 'PJSIPNotify failed')}")
    return choice.certain and (alone or aimed)


async def _can_aim(manager: Manager) -> bool:
    """Whether Asterisk can send to a URI. It always reports success, but does nothing without this endpoint."""
    answer = await manager.action("PJSIPShowEndpoint", [("Endpoint", _OUTBOUND)])
    if answer.get("Response") != "Success":
        return False
    await manager.events("EndpointDetailComplete")
    return True


def _variables(target: Target) -> list[tuple[str, str]]:
    """Headers and body of the NOTIFY. Asterisk adds Subscription-State itself."""
    headers = [pair for pair in subscription_headers(target) if pair[0] != "Subscription-State"]
    body = [("Content", target.body)] if target.body is not None else []
    return [("Variable", f"{name}={value}") for name, value in [*headers, *body]]


def _binding(event: Fields) -> Binding:
    expires = event.get("RegExpire", "")
    via = event.get("ViaAddress", "").rpartition(":")
    return Binding(
        contact=event.get("URI", ""),
        user_agent=event.get("UserAgent", ""),
        address=via[0].strip("[]") or None,
        reachable={"Reachable": True, "Unreachable": False}.get(event.get("Status", "")),
        expires_at=datetime.fromtimestamp(int(expires), UTC) if expires.isdigit() and int(expires) else None,
    )
