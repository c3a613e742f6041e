"""Users and their SIP accounts."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from provserver.api.models.shared import Body, Name, PageQuery, Shown, Word
from provserver.domain.device import User as UserRecord
from provserver.domain.texts import check_text
from provserver.domain.values import Host

Email = Annotated[
    str, Field(max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"), AfterValidator(check_text)
]
Extension = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z*#+._-]+$")]
SipUser = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z_.!~*'()&=+$,;?/%#-]+$")]
Password = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(check_text)]


class SipIn(Body):
    """The SIP account of a user."""

    username: SipUser | None = Field(default=None, description="Absent: the extension, else generated")
    auth_username: Name | None = Field(default=None, description="For digest authentication; absent: `username`")
    password: Password | None = Field(
        default=None, description="Write-only; absent: generated", json_schema_extra={"writeOnly": True}
    )
    domain: Host | None = Field(default=None, description="Absent: `sip.domain` of the settings")
    display_name: Name | None = Field(default=None, description="Sent with calls; absent: the user's name")


class UserCreate(Body):
    """A new user."""

    name: Name
    email: Email | None = None
    extension: Extension | None = None
    sip: SipIn | None = None

    def fields(self) -> dict[str, Any]:
        """The fields for the record."""
        return user_fields(self)


class UserUpdate(Body):
    """A merge patch for a user. A SIP user name or password that is cleared is generated anew."""

    name: Name | None = Field(default=None, description="Cannot be cleared")
    email: Email | None = None
    extension: Extension | None = None
    sip: SipIn | None = None


def user_fields(body: UserCreate | UserUpdate) -> dict[str, Any]:
    """The given fields by their names in the record; `sip: null` clears all of it."""
    given = body.given()
    sip = given.pop("sip", SipIn())
    named = dict.fromkeys(SipIn.model_fields) if sip is None else sip.given()
    return {**given, **{f"sip_{name}": value for name, value in named.items()}}


class UserQuery(PageQuery):
    """Filter for users."""

    search: Word | None = Field(default=None, description="Word prefixes of name, e-mail, extension, SIP names")


class SipAccount(Shown):
    """The SIP account, without its password."""

    username: str
    auth_username: str | None
    domain: str | None
    display_name: str | None


class User(Shown):
    """A person or role with a SIP account."""

    id: str
    name: str
    email: str | None
    extension: str | None
    sip: SipAccount
    created_at: datetime
    updated_at: datetime


def shown_user(user: UserRecord) -> User:
    """A user for the API."""
    sip = SipAccount(
        username=user.sip_username,
        auth_username=user.sip_auth_username,
        domain=user.sip_domain,
        display_name=user.sip_display_name,
    )
    return User.of(user, sip=sip)
