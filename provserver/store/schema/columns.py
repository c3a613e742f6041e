"""Common column definitions."""

from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData

from provserver.store.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def account(*, nullable: bool = False) -> Column[Any]:
    """The account that a row belongs to; rows are deleted with it."""
    return Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> Column[Any]:
    """A timestamp."""
    return Column(name, Instant, nullable=nullable)
