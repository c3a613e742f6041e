"""One account's storm leaves room for the phones of others."""

from contextlib import ExitStack

import pytest

from provserver.domain.errors import Overloaded
from provserver.services.protection.account_limit import AccountLimit


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def _one_more_is_refused(account_limit: AccountLimit, account_id: str) -> bool:
    try:
        with account_limit.taken_by(account_id):
            return False
    except Overloaded:
        return True


def test_one_account_cannot_take_all_that_others_want_too(clock: _Clock) -> None:
    account_limit = AccountLimit(lambda: 3, clock)
    with account_limit.taken_by("small"):
        pass
    with account_limit.taken_by("big"), account_limit.taken_by("big"):
        assert _one_more_is_refused(account_limit, "big")
        with account_limit.taken_by("small"):
            pass
    with account_limit.taken_by("big"):
        pass


def test_who_is_alone_may_have_all_of_it_until_another_comes(clock: _Clock) -> None:
    """After a power cut in the one office that a server is for, a quarter of it would stand idle."""
    account_limit = AccountLimit(lambda: 3, clock)
    with ExitStack() as inside:
        for _ in range(10):
            inside.enter_context(account_limit.taken_by("big"))
        with account_limit.taken_by("small"):
            assert _one_more_is_refused(account_limit, "big")
        clock.now += 59
        assert _one_more_is_refused(account_limit, "big")
        clock.now += 60
        assert not _one_more_is_refused(account_limit, "big")


def test_a_request_that_fails_gives_its_place_back(clock: _Clock) -> None:
    """Else an account with a broken template would be locked out after a while."""
    account_limit = AccountLimit(lambda: 1, clock)
    with account_limit.taken_by("another"):
        pass
    for _ in range(2):
        with pytest.raises(RuntimeError), account_limit.taken_by("a"):
            raise RuntimeError
