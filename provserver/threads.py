"""Runs functions in threads for the event loop, with fewer steps than asyncio takes.

Its `run_in_executor` makes two futures for each call and couples them; of a short function that is a good part of what
it costs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

Made = TypeVar("Made")


def started(executor: Executor, work: Callable[[], Made]) -> asyncio.Future[Made]:
    """Begin `work` in a thread. To cancel what this returns does not stop it."""
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[Made] = loop.create_future()

    def run() -> None:
        try:
            made = work()
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            loop.call_soon_threadsafe(_fail, outcome, error)
        else:
            loop.call_soon_threadsafe(_succeed, outcome, made)

    executor.submit(run)
    return outcome


def _succeed(outcome: asyncio.Future[Made], made: Made) -> None:
    if not outcome.done():
        outcome.set_result(made)


def _fail(outcome: asyncio.Future[Made], error: BaseException) -> None:
    if not outcome.done():
        outcome.set_exception(error)
