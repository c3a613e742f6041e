"""Sends the NOTIFYs for a device: a desk phone's lines concurrently; for a base, one success is enough."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from provserver.domain.checksync import LineOutcome, LineStatus, Notifier, Route, Target
from provserver.domain.lines import Line
from provserver.services.checksync.sip_accounts import SipAccounts

Addressed = Sequence[tuple[Target, Route]]

_LEAST_SECONDS = 0.5  # with less time left, a base's next account is not tried
_GRACE_SECONDS = 1.0

_log = structlog.get_logger("checksync")


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends through `notifier`. `proxy`: the operator's, for all devices. `timeout`: total time in seconds."""

    notifier: Notifier
    proxy: str | None = None
    timeout: float = 8.0

    async def send(self, accounts: SipAccounts, *, reboot: bool) -> list[LineOutcome]:
        """Notify a desk phone or base. Returns the outcome of each line tried, by line number."""
        event = accounts.vendor.event_for(accounts.device.model, reboot=reboot)
        addressed = list(accounts.targets(event, self.proxy))
        if accounts.is_base:
            tried = await self._one_after_another(addressed)
        else:
            tried = await self._all_at_once(addressed)
        nowhere = [_unaddressed(line) for line in accounts.without_domain()]
        if not accounts.is_base or not tried:
            tried += nowhere
        return sorted(tried, key=lambda outcome: outcome.line_number)

    async def _all_at_once(self, addressed: Addressed) -> list[LineOutcome]:
        by_route: dict[Route, list[Target]] = {}
        for target, route in addressed:
            by_route.setdefault(route, []).append(target)
        answers = await asyncio.gather(
            *(self._notify(targets, route, self.timeout) for route, targets in by_route.items())
        )
        return [outcome for answer in answers for outcome in answer]

    async def _one_after_another(self, addressed: Addressed) -> list[LineOutcome]:
        """All accounts lead to the same base, so the next one is only tried if the previous one failed."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.timeout
        tried: list[LineOutcome] = []
        for target, route in await self._registered_first(addressed):
            left = deadline - loop.time()
            if tried and left < _LEAST_SECONDS:
                break
            tried += await self._notify([target], route, left)
            if tried[-1].status is LineStatus.DELIVERED:
                break
        return tried

    async def _registered_first(self, addressed: Addressed) -> Addressed:
        if len(addressed) < 2:
            return addressed
        try:
            async with asyncio.timeout(self.timeout / 4):
                known = await self.notifier.registrations([target for target, _ in addressed])
        except TimeoutError:
            known = None
        if known is None:
            return addressed
        registered = {number for number, registration in known.items() if registration.registered}
        return sorted(addressed, key=lambda pair: pair[0].line_number not in registered)

    async def _notify(self, targets: Sequence[Target], route: Route, seconds: float) -> list[LineOutcome]:
        """Call the back end, which enforces the timeout itself; one that does not is cut off."""
        try:
            async with asyncio.timeout(seconds + _GRACE_SECONDS):
                return await self.notifier.notify(targets, route, seconds)
        except TimeoutError:
            silent = "no answer in time"
            return [LineOutcome(one.line_number, LineStatus.UNREACHABLE, None, silent, False) for one in targets]  # noqa: FBT003
        except Exception as error:  # noqa: BLE001 - a bug in a back end must not end a job
            _log.exception("check_sync_failed", mac=str(targets[0].mac))
            broken = f"proxy: {type(error).__name__}"
            return [LineOutcome(one.line_number, LineStatus.ERROR, None, broken, False) for one in targets]  # noqa: FBT003


def _unaddressed(line: Line) -> LineOutcome:
    return LineOutcome(line.number, LineStatus.ERROR, None, line.problem, targeted=False)
