"""Button templates, buttons and overrides."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint

from provserver.store.schema.columns import account, metadata, moment
from provserver.store.types import Json

button_templates = Table(
    "button_templates",
    metadata,
    Column("id", String, primary_key=True),
    account(),
    Column("name", String, nullable=False),
    Column("description", String),
    moment("created_at"),
    moment("updated_at"),
    Index(None, "account_id", "id"),
)

buttons = Table(
    "buttons",
    metadata,
    Column("id", String, primary_key=True),
    account(),
    Column("owner_id", String, nullable=False),  # a template, or a device with an override
    Column("position", Integer, nullable=False),
    Column("suppressed", Boolean, nullable=False),
    Column("type", String),
    Column("target", Json),
    Column("user_id", String, index=True),  # no foreign key: a button whose user is deleted is kept and reported
    Column("label", String),
    moment("created_at"),
    UniqueConstraint("owner_id", "position"),
)
