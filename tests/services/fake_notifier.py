"""A back end that is asked and notes it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from provserver.domain.checksync import LineOutcome, LineStatus, Registration, Route, Target

_SAID = {
    LineStatus.DELIVERED: (200, "OK"),
    LineStatus.NOT_REGISTERED: (404, "Not Found"),
    LineStatus.UNREACHABLE: (408, "Request Timeout"),
    LineStatus.ERROR: (489, "Bad Event"),
}


@dataclass
class FakeNotifier:
    """`answers`: SIP user name -> what becomes of its line, else `otherwise`. `registered`: None cannot tell.

    `held`: it answers nobody before this has happened.
    """

    answers: dict[str, LineStatus] = field(default_factory=dict)
    otherwise: LineStatus = LineStatus.DELIVERED
    registered: dict[str, Registration] | None = None
    targeted: bool = True
    seconds: float = 0.0
    asked: int = 0
    sent: list[tuple[Target, Route]] = field(default_factory=list)
    together: list[int] = field(default_factory=list)
    most_at_once: int = 0
    under_way: int = 0
    held: asyncio.Event | None = None

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        self.sent += [(target, route) for target in targets]
        self.together.append(len(targets))
        self.under_way += len(targets)
        self.most_at_once = max(self.most_at_once, self.under_way)
        await asyncio.sleep(min(self.seconds, deadline_seconds))
        if self.held:
            await self.held.wait()
        self.under_way -= len(targets)
        return [self._outcome(target) for target in targets]

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        self.asked += 1
        if self.held:
            await self.held.wait()
        if self.registered is None:
            return None
        none = Registration(registered=False)
        return {target.line_number: self.registered.get(target.username, none) for target in targets}

    async def close(self) -> None:
        pass

    @property
    def users(self) -> list[str]:
        """Who was told, in the order of telling."""
        return [target.username for target, _ in self.sent]

    @property
    def events(self) -> list[str]:
        return [target.event for target, _ in self.sent]

    def _outcome(self, target: Target) -> LineOutcome:
        status = self.answers.get(target.username, self.otherwise)
        code, reason = _SAID[status]
        return LineOutcome(target.line_number, status, code, reason, self.targeted)
