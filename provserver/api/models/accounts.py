"""Accounts, API keys, audit log, usage."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from provserver.api.models.shared import Body, Moment, Name, PageQuery, Proofs, Query, Reference, Shown
from provserver.domain.device import Account as AccountRecord
from provserver.domain.values import Timezone

Status = Literal["active", "suspended"]


class AccountCreate(Body):
    """A new account."""

    name: Name
    region: Name | None = None
    timezone: Timezone | None = Field(
        default=None, description="IANA time zone of its phones, unless a layer sets another"
    )
    status: Status = Field(default="active", description="Stored only; phones are served either way")
    accepted_proofs: Proofs | None = Field(default=None, description="Replaces the server's `phones.auth`")


class AccountUpdate(Body):
    """A merge patch for an account."""

    twins: ClassVar[dict[str, str]] = {"default_button_template_id": "default_button_template"}

    name: Name | None = Field(default=None, description="Cannot be cleared")
    region: Name | None = None
    timezone: Timezone | None = None
    status: Status | None = Field(default=None, description="null: active")
    accepted_proofs: Proofs | None = Field(default=None, description="null: the server's `phones.auth`")
    default_button_template: Reference | None = Field(default=None, description="Bound to new desk phones")
    default_button_template_id: Reference | None = Field(default=None, description="The same")


class Account(Shown):
    """A tenant."""

    id: str
    name: str
    region: str | None
    timezone: str | None
    status: str
    accepted_proofs: list[str] | None = Field(description="null: the server's `phones.auth`")
    default_button_template: str | None = Field(description="Bound to its new desk phones")
    default_button_template_id: str | None
    created_at: datetime
    updated_at: datetime


def shown_account(account: AccountRecord) -> Account:
    """An account for the API, with its reference under both names."""
    return Account.of(account, default_button_template=account.default_button_template_id)


class KeyQuery(PageQuery):
    """Filter for keys."""

    account_id: Reference | None = Field(default=None, description="Only the keys of this account")


class KeyCreate(Body):
    """A new API key."""

    name: Name
    account_id: Reference | None = Field(
        default=None, description="Restricts it to this account; absent: a platform key"
    )
    read_only: bool = Field(default=False, description="Whether it may only read")
    provisioning_only: bool = Field(
        default=False,
        description="Whether it is restricted to devices, assignments and check-sync; reads users and vendors",
    )
    expires_at: Moment | None = Field(default=None, description="Expiry; absent: never")


class Key(Shown):
    """An API key, without the key itself."""

    id: str
    name: str
    account_id: str | None
    read_only: bool
    provisioning_only: bool
    hint: str = Field(description="The last characters of the key")
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="Accurate to a few minutes")
    revoked_at: datetime | None


class CreatedKey(Key):
    """An API key that was just created."""

    key: str = Field(description="The key; shown only once")


class AuditQuery(PageQuery):
    """Filter for changes."""

    key_id: Reference | None = Field(default=None, description="Only changes by this key")
    resource_id: Reference | None = Field(default=None, description="Only this device, user, account, key …")
    action: Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+\.[a-z_]+$")] | None = Field(
        default=None, description="Only this action, such as `device.updated`"
    )
    from_: Moment | None = Field(default=None, alias="from", description="Since this ISO 8601 time or date")
    to: Moment | None = Field(default=None, description="Before this ISO 8601 time or date")


class AuditEntry(Shown):
    """A change, and who made it. Secrets are masked or omitted."""

    id: str
    account_id: str | None
    key_id: str
    action: str
    resource_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    request_id: str | None = Field(description="X-Request-Id of the response; null from the command line")
    source_ip: str | None = Field(description="Address of the client; null from the command line")
    created_at: datetime


class UsageQuery(Query):
    """A period from `from` (inclusive) to `to` (exclusive). Default: this month until now."""

    from_: Moment | None = Field(
        default=None, alias="from", description="ISO 8601 time, or a date; absent: the first of this month"
    )
    to: Moment | None = Field(default=None, description="ISO 8601 time, or a date; absent: now")


class AccountUsage(Shown):
    """The number of an account's users on a provisioned device; each counts once, however many devices it has."""

    account_id: str
    provisioned_users: int


class Usage(Shown):
    """Provisioned users per account: of all accounts with a platform key alone, else of the one account."""

    from_: datetime = Field(serialization_alias="from")
    to: datetime
    data: list[AccountUsage]
