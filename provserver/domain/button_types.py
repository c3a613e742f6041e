"""Button types and their targets."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator

from provserver.domain.texts import check_multicast
from provserver.domain.values import Dialable, Port, Text, Url

SELF = "self"
"""As a target: the user of the device's first line."""

UserTarget = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]


class ButtonType(StrEnum):
    """The button types; the values are used in the API."""

    LINE = "line"
    BLF_EXTENSION = "blf_extension"
    BLF_PARK = "blf_park"
    BLF_VOICEMAIL_SHARED = "blf_voicemail_shared"
    BLF_QUEUE_AGENT = "blf_queue_agent"
    BLF_QUEUE_DEPTH = "blf_queue_depth"
    SPEED_DIAL = "speed_dial"
    DTMF = "dtmf"
    VOICEMAIL = "voicemail"
    URL = "url"
    MULTICAST = "multicast"
    CONFERENCE = "conference"
    TRANSFER = "transfer"
    FORWARD = "forward"
    PARK = "park"
    INTERCOM = "intercom"
    DND = "dnd"
    RECORD_TOGGLE = "record_toggle"


class Target(BaseModel):
    """The target of a button. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoTarget(Target):
    """No target."""


class LineTarget(Target):
    """A line of the device."""

    line_index: int | None = Field(default=None, ge=1, le=999, description="Which line; absent: the device's first")


class UserOnly(Target):
    """A user of the account."""

    user: UserTarget = Field(description="A user's id; `self` is the user of the device's first line")


class SlotTarget(Target):
    """A call park slot."""

    slot: int = Field(ge=0, le=999_999_999, description="Number of the park slot")


class BoxTarget(Target):
    """A shared mailbox."""

    shared_voicemail_box: Dialable = Field(description="What the phone watches and dials for it")


class AgentTarget(Target):
    """A user as an agent of a queue."""

    queue: Dialable = Field(description="The queue, as the SIP service names it")
    user: UserTarget = Field(description="A user's id; `self` is the user of the device's first line")


class QueueTarget(Target):
    """A queue."""

    queue: Dialable = Field(description="What the phone watches and dials for it")


class DestinationTarget(Target):
    """A number or SIP address to dial."""

    destination: Dialable


class DigitsTarget(Target):
    """Digits sent during a call."""

    digits: Annotated[str, Field(pattern=r"^[0-9A-D*#,]{1,64}$", description="With a comma for a pause")]


class MailboxTarget(Target):
    """A user's mailbox, by default the device's own."""

    user: UserTarget | None = Field(default=None, description="A user's id or `self`; absent: what voicemail.number is")


class UrlTarget(Target):
    """A URL requested by the phone over HTTP."""

    url: Url


class MulticastTarget(Target):
    """A multicast paging group."""

    address: Annotated[Text, AfterValidator(check_multicast)]
    port: Port


class TransferTarget(Target):
    """A kind of call transfer."""

    mode: Literal["blind", "attended"]


class ForwardTarget(Target):
    """The destination of call forwarding."""

    destination: Dialable | None = Field(default=None, description="Absent: the phone asks, or knows from its settings")


class ParkTarget(Target):
    """Where a call is parked."""

    slot: int | None = Field(default=None, ge=0, le=999_999_999, description="Absent: wherever there is room")


TARGETS: dict[ButtonType, type[Target]] = {
    ButtonType.LINE: LineTarget,
    ButtonType.BLF_EXTENSION: UserOnly,
    ButtonType.BLF_PARK: SlotTarget,
    ButtonType.BLF_VOICEMAIL_SHARED: BoxTarget,
    ButtonType.BLF_QUEUE_AGENT: AgentTarget,
    ButtonType.BLF_QUEUE_DEPTH: QueueTarget,
    ButtonType.SPEED_DIAL: DestinationTarget,
    ButtonType.DTMF: DigitsTarget,
    ButtonType.VOICEMAIL: MailboxTarget,
    ButtonType.URL: UrlTarget,
    ButtonType.MULTICAST: MulticastTarget,
    ButtonType.CONFERENCE: NoTarget,
    ButtonType.TRANSFER: TransferTarget,
    ButtonType.FORWARD: ForwardTarget,
    ButtonType.PARK: ParkTarget,
    ButtonType.INTERCOM: UserOnly,
    ButtonType.DND: NoTarget,
    ButtonType.RECORD_TOGGLE: NoTarget,
}

TEXTS: dict[ButtonType, frozenset[str]] = {
    ButtonType.LINE: frozenset({"number"}),
    ButtonType.BLF_EXTENSION: frozenset({"number", "extension", "name", "target_domain"}),
    ButtonType.BLF_PARK: frozenset({"number"}),
    ButtonType.BLF_VOICEMAIL_SHARED: frozenset({"number"}),
    ButtonType.BLF_QUEUE_AGENT: frozenset({"number", "queue", "extension", "name", "target_domain"}),
    ButtonType.BLF_QUEUE_DEPTH: frozenset({"number"}),
    ButtonType.SPEED_DIAL: frozenset({"number"}),
    ButtonType.DTMF: frozenset({"digits"}),
    ButtonType.VOICEMAIL: frozenset({"number", "extension", "name", "target_domain"}),
    ButtonType.URL: frozenset({"url"}),
    ButtonType.MULTICAST: frozenset({"address", "port"}),
    ButtonType.CONFERENCE: frozenset(),
    ButtonType.TRANSFER: frozenset({"mode"}),
    ButtonType.FORWARD: frozenset({"number"}),
    ButtonType.PARK: frozenset({"number"}),
    ButtonType.INTERCOM: frozenset({"number", "extension", "name", "target_domain"}),
    ButtonType.DND: frozenset(),
    ButtonType.RECORD_TOGGLE: frozenset({"number"}),
}
"""The texts of each button type that vendor files may use, besides its label and line."""

DEFAULT_LABELS: dict[ButtonType, str] = {
    ButtonType.VOICEMAIL: "Voicemail",
    ButtonType.CONFERENCE: "Conference",
    ButtonType.TRANSFER: "Transfer",
    ButtonType.FORWARD: "Forward",
    ButtonType.PARK: "Park",
    ButtonType.DND: "DND",
    ButtonType.RECORD_TOGGLE: "Record",
}


def target_of(kind: ButtonType, value: Any) -> dict[str, Any]:
    """Validate a target; absent fields are omitted. Raises pydantic's `ValidationError`."""
    return TARGETS[kind].model_validate(value or {}).model_dump(exclude_none=True)
