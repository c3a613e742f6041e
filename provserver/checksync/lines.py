"""All lines of a device at once, under one deadline; whatever goes wrong becomes an outcome, never an exception."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import LineOutcome, LineStatus, Target


@dataclass
class Progress:
    """How far a line got, so that a deadline can say whose silence it was. `doing` is what we are waiting for."""

    doing: str = "connecting"
    sent: bool = False


Ask = Callable[[Target, Progress], Awaitable[LineOutcome]]


async def ask_all(targets: Sequence[Target], deadline_seconds: float, ask: Ask) -> list[LineOutcome]:
    """`ask` for each target at the same time; one outcome each, in their order."""
    return list(await asyncio.gather(*(_ask(target, deadline_seconds, ask) for target in targets)))


async def _ask(target: Target, seconds: float, ask: Ask) -> LineOutcome:
    progress = Progress()
    try:
        async with asyncio.timeout(seconds):
            return await ask(target, progress)
    except TimeoutError:
        if progress.sent:
            return failed(target, LineStatus.UNREACHABLE, f"no answer within {seconds:g} s")
        return broken(target, ProxyProblem(f"{progress.doing} took longer than {seconds:g} s"))
    except ProxyProblem as problem:
        return broken(target, problem)
    except ValueError as error:
        return failed(target, LineStatus.ERROR, str(error))


def failed(target: Target, status: LineStatus, reason: str, *, targeted: bool = False) -> LineOutcome:
    """An outcome without a SIP answer."""
    return LineOutcome(target.line_number, status, None, reason, targeted)


def broken(target: Target, problem: ProxyProblem) -> LineOutcome:
    """The outcome of a line whose way is broken."""
    return LineOutcome(
        target.line_number, LineStatus.ERROR, problem.sip_status, f"proxy: {problem.text}", targeted=False
    )
