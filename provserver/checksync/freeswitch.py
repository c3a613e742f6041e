"""Back end `freeswitch`: lists the user's registrations over the event socket, then sends to this device's.

FreeSWITCH does not report the phone's response. `delivered` therefore means: there is a registration, it answers pings
(if the profile pings), and the NOTIFY is queued; the reason says so.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from provserver.checksync.bindings import Binding, choose, registration_of
from provserver.checksync.eventsocket import EventSocket
from provserver.checksync.lines import Progress, ask_in_turn, failed
from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route, Target

_SENT = "sent; FreeSWITCH does not tell what the phone answered"
_FIELD = re.compile(r"^([A-Za-z-]+):[ ]*\t(.*)$", re.MULTILINE)
_EXPIRES = re.compile(r"EXPSECS\((-?\d+)\)")
_NO_BODY = "application/simple-message-summary"
"""FreeSWITCH silently drops an event without a content type. Without a body, phones do not see this value."""


class FreeswitchNotifier:
    """Opens one connection per call, with `connect`. `profile`: the Sofia profile. `clock`: the current time."""

    def __init__(
        self, connect: Callable[[], Awaitable[EventSocket]], profile: str, clock: Callable[[], datetime]
    ) -> None:
        self._connect, self._profile, self._clock = connect, profile, clock

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """Notify the lines one by one on one connection; none of the steps waits for a phone."""
        return await ask_in_turn(targets, deadline_seconds, self._connect, self._notify)

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """Registrations from the profile; None if FreeSWITCH cannot be reached."""
        try:
            connection = await self._connect()
        except (ProxyProblem, OSError):
            return None
        try:
            return {
                target.line_number: registration_of(await self._bindings(connection, target), target)
                for target in targets
            }
        except (ProxyProblem, ValueError):
            return None
        finally:
            await connection.close()

    async def close(self) -> None:
        """Nothing is kept open."""

    async def _notify(self, connection: EventSocket, target: Target, progress: Progress) -> LineOutcome:
        progress.doing = "asking FreeSWITCH for the line's registrations"
        bindings = await self._bindings(connection, target)
        choice = choose(bindings, target)
        if not choice.bindings:
            where = "only from other devices" if bindings else "nowhere"
            return failed(target, LineStatus.NOT_REGISTERED, f"{target.aor} is registered {where}", targeted=True)
        reachable = [binding for binding in choice.bindings if binding.reachable is not False]
        if not reachable:
            return failed(target, LineStatus.UNREACHABLE, "does not answer FreeSWITCH's pings", targeted=choice.certain)
        for binding in reachable:
            reply = await self._send(connection, target, binding)
            if not reply.startswith("+OK"):
                raise ProxyProblem(f"FreeSWITCH answers the NOTIFY event with {reply or 'nothing'}")
        return failed(target, LineStatus.DELIVERED, _SENT, targeted=choice.certain)

    async def _send(self, connection: EventSocket, target: Target, binding: Binding) -> str:
        """Send the event.

        The first five headers are mandatory, or it is ignored; `call-id` selects one registration.
        """
        headers = {
            "profile": self._profile,
            "content-type": target.content_type or _NO_BODY,
            "event-string": target.event,
            "user": target.username,
            "host": binding.handle["host"],
            "call-id": binding.handle["call-id"],
        }
        return await connection.send_event("NOTIFY", headers, target.body or "")

    async def _bindings(self, connection: EventSocket, target: Target) -> list[Binding]:
        if re.search(r"\s", target.aor):
            raise ValueError("a blank cannot stand in a user name that FreeSWITCH is asked for")
        text = await connection.api(f"sofia status profile {self._profile} user {target.aor}")
        if "Registrations:" not in text:
            raise ProxyProblem(f"FreeSWITCH: {text.strip() or 'no answer about registrations'}")
        return [
            _binding(dict(_FIELD.findall(block)), self._clock())
            for block in re.split(r"(?=^Call-ID:)", text, flags=re.MULTILINE)
            if block.startswith("Call-ID:")
        ]


def _binding(fields: Mapping[str, str], now: datetime) -> Binding:
    expires = _EXPIRES.search(fields.get("Status", ""))
    return Binding(
        contact=fields.get("Contact", ""),
        user_agent=fields.get("Agent", ""),
        address=fields.get("IP") or None,
        reachable={"Reachable": True, "Unreachable": False}.get(fields.get("Ping-Status", "")),
        expires_at=now + timedelta(seconds=int(expires[1])) if expires else None,
        handle={"call-id": fields.get("Call-ID", ""), "host": fields.get("User", "").rpartition("@")[2]},
    )
