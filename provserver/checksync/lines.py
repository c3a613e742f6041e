"""Runs all lines of a device concurrently under one deadline. Every failure becomes an outcome, never an exception."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from provserver.checksync.problem import ProxyProblem
from provserver.domain.checksync import LineOutcome, LineStatus, Target


@dataclass
class Progress:
    """How far a line got, for the message on timeout. `doing`: what it is waiting for."""

    doing: str = "connecting"
    sent: bool = False


Ask = Callable[[Target, Progress], Awaitable[LineOutcome]]


async def ask_all(targets: Sequence[Target], deadline_seconds: float, ask: Ask) -> list[LineOutcome]:
    """Run `ask` for all targets concurrently; returns one outcome each, in order."""
    ends_at = asyncio.get_running_loop().time() + deadline_seconds
    return list(await asyncio.gather(*(_ask(target, ends_at, deadline_seconds, ask) for target in targets)))


async def _ask(target: Target, ends_at: float, seconds: float, ask: Ask) -> LineOutcome:
    """Run `ask` until the loop time `ends_at`; `seconds` is the duration for messages."""
    progress = Progress()
    try:
        async with asyncio.timeout_at(ends_at):
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
    """An outcome without a SIP response."""
    return LineOutcome(target.line_number, status, None, reason, targeted)


def broken(target: Target, problem: ProxyProblem) -> LineOutcome:
    """The outcome for a line whose route failed."""
    return LineOutcome(
        target.line_number, LineStatus.ERROR, problem.sip_status, f"proxy: {problem.text}", targeted=False
    )


async def best_of(sendings: Sequence[Coroutine[Any, Any, LineOutcome]]) -> LineOutcome:
    """Try several bindings of one line concurrently: the first success wins, else the most informative outcome.

    Raises `ProxyProblem` if the route to all of them failed.
    """
    tasks = [asyncio.create_task(sending) for sending in sendings]
    outcomes: list[LineOutcome] = []
    problem: ProxyProblem | None = None
    try:
        for finished in asyncio.as_completed(tasks):
            try:
                outcomes.append(await finished)
            except ProxyProblem as broken_way:
                problem = broken_way
                continue
            if outcomes[-1].status is LineStatus.DELIVERED:
                return outcomes[-1]
        if problem and not outcomes:
            raise problem
        return min(outcomes, key=lambda outcome: _TELLING.index(outcome.status))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


_TELLING = (LineStatus.DELIVERED, LineStatus.ERROR, LineStatus.UNREACHABLE, LineStatus.NOT_REGISTERED)


class Closable(Protocol):
    """A connection to the SIP server."""

    async def close(self) -> None:
        """Close the connection."""


Connection = TypeVar("Connection", bound=Closable)


async def ask_in_turn(
    targets: Sequence[Target],
    deadline_seconds: float,
    connect: Callable[[], Awaitable[Connection]],
    ask: Callable[[Connection, Target, Progress], Awaitable[LineOutcome]],
) -> list[LineOutcome]:
    """Run `ask` for the targets one by one on a shared connection, all within the deadline."""
    ends_at = asyncio.get_running_loop().time() + deadline_seconds
    connection: Connection | None = None
    outcomes: list[LineOutcome] = []

    async def one(target: Target, progress: Progress) -> LineOutcome:
        nonlocal connection
        connection = connection or await connect()
        return await ask(connection, target, progress)

    try:
        for target in targets:
            outcomes.append(await _ask(target, ends_at, deadline_seconds, one))
            if connection is None:  # the others would fail the same way, after the same wait
                return [replace(outcomes[-1], line_number=each.line_number) for each in targets]
        return outcomes
    finally:
        if connection is not None:
            await connection.close()
