import pytest
from sqlalchemy import Table, UniqueConstraint
from sqlalchemy.exc import IntegrityError

from provserver.domain.errors import Conflict
from provserver.store.conflicts import _RULES, _Rule, conflicts_named
from provserver.store.schema import metadata


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.code)
def test_postgresql_names_the_constraint_and_the_caller_gets_the_same_code(rule: _Rule) -> None:
    table: Table = metadata.tables[rule.table]
    unique = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    (name,) = [each.name for each in unique if tuple(each.columns.keys()) == rule.columns]
    text = f'duplicate key value violates unique constraint "{name}"'
    with pytest.raises(Conflict) as caught, conflicts_named():
        raise IntegrityError("INSERT", None, Exception(text))
    assert caught.value.code == rule.code


def test_what_was_deleted_meanwhile_is_a_plain_conflict() -> None:
    with pytest.raises(Conflict, match="meanwhile") as caught, conflicts_named():
        raise IntegrityError("INSERT", None, Exception("FOREIGN KEY constraint failed"))
    assert caught.value.code == "conflict"
