"""One account's storm leaves room for the phones of others."""

import pytest

from provserver.domain.errors import Overloaded
from provserver.services.account_limit import AccountLimit


def test_one_account_cannot_take_all_there_is() -> None:
    account_limit = AccountLimit(lambda: 3)
    with account_limit.taken_by("big"), account_limit.taken_by("big"):
        with pytest.raises(Overloaded), account_limit.taken_by("big"):
            pass
        with account_limit.taken_by("small"):
            pass
    with account_limit.taken_by("big"):
        pass


def test_a_request_that_fails_gives_its_place_back() -> None:
    """Else an account with a broken template would be locked out after a while."""
    account_limit = AccountLimit(lambda: 1)
    for _ in range(2):
        with pytest.raises(RuntimeError), account_limit.taken_by("a"):
            raise RuntimeError
