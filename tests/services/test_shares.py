"""One account's storm leaves room for the phones of others."""

import pytest

from provserver.domain.errors import Overloaded
from provserver.services.shares import Shares


def test_one_account_cannot_take_all_there_is() -> None:
    shares = Shares(lambda: 3)
    with shares.taken_by("big"), shares.taken_by("big"):
        with pytest.raises(Overloaded), shares.taken_by("big"):
            pass
        with shares.taken_by("small"):
            pass
    with shares.taken_by("big"):
        pass


def test_a_request_that_fails_gives_its_place_back() -> None:
    """Else an account with a broken template would be locked out after a while."""
    shares = Shares(lambda: 1)
    for _ in range(2):
        with pytest.raises(RuntimeError), shares.taken_by("a"):
            raise RuntimeError
