"""Input models for devices: creation, updates, filters."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from provserver.api.models.layers import Layer
from provserver.api.models.shared import Body, Name, PageQuery, Proofs, Query, Reference, Truth, Word
from provserver.domain.device import DeviceStatus, DeviceType, MulticellRole
from provserver.domain.errors import Invalid
from provserver.domain.findings import wrong_field
from provserver.domain.ipei import parse_ipei
from provserver.domain.mac import parse_mac
from provserver.services.devices.classification import Wish

MacText = Annotated[str, Field(max_length=32, description="In any common notation", examples=["00:04:13:aa:bb:cc"])]
IpeiText = Annotated[
    str, Field(max_length=32, description="10 hexadecimal characters, or the 13 printed ones", examples=["0328A0000F"])
]
Vendor = Annotated[str, Field(min_length=1, max_length=64)]
Expand = list[Literal["users"]]

ChainId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}$", examples=["20461"])]

_READ = {"mac_address": ("mac", parse_mac), "ipei": ("ipei", parse_ipei)}


class _Common(Body):
    """The fields common to creating and updating any device."""

    twins: ClassVar[dict[str, str]] = {
        "name": "display_name",
        "location": "location_id",
        "base": "base_id",
        "button_template": "button_template_id",
    }

    def fields(self) -> dict[str, Any]:
        """The given fields by their names in the record. Raises `Invalid` for a bad MAC or IPEI."""
        fields = self.given()
        if isinstance(fields.get("overrides"), Layer):
            fields["overrides"] = fields["overrides"].patch()
        for name, (record_name, parse) in _READ.items():
            if name in fields:
                text = fields.pop(name)
                fields[record_name] = None if text is None else parse(text)
        for name in ("base", "button_template"):
            if name in fields:
                fields[f"{name}_id"] = fields.pop(name)
        return fields


class DeviceCreate(_Common):
    """A new device of any type."""

    type: DeviceType | None = Field(default=None, description="Optional if the MAC prefix or the model determines it")
    mac_address: MacText | None = Field(default=None, description="Of a desk phone or DECT base")
    ipei: IpeiText | None = Field(default=None, description="Of a DECT handset")
    vendor: Vendor | None = Field(default=None, description="Absent: from the MAC prefix")
    model: Name | None = Field(default=None, description="Absent: reported by the phone")
    name: Name | None = None
    display_name: Name | None = Field(default=None, description="The same as `name`")
    location: Name | None = Field(default=None, description="A place, as free text")
    location_id: Name | None = Field(default=None, description="The same as `location`")
    overrides: Layer | None = None
    multicell_role: MulticellRole | None = Field(default=None, description="Of a DECT base; absent: single")
    data_master_id: Reference | None = Field(default=None, description="Of a secondary base; absent: the only one")
    chain_id: ChainId | None = Field(default=None, description="Of a data master; absent: a new number")
    accepted_proofs: Proofs | None = Field(default=None, description="Restricts the proofs accepted for its account")
    base: Reference | None = Field(default=None, description="Of a handset; absent: not paired")
    base_id: Reference | None = Field(default=None, description="The same as `base`")
    button_template: Reference | None = Field(default=None, description="Absent: the account's default, if compatible")
    button_template_id: Reference | None = Field(default=None, description="The same as `button_template`")

    def wish(self, *, kind: DeviceType | None = None, base_id: str | None = None) -> Wish:
        """The wish for the service; `kind` and `base_id` are set if the path determines them."""
        fields = {name: value for name, value in self.fields().items() if value is not None}
        if kind is not None:
            fields.setdefault("type", kind)
        if base_id is not None:
            fields["base_id"] = base_id
        return Wish(**fields)


class DeviceUpdate(_Common):
    """A merge patch for a device."""

    type: DeviceType | None = Field(default=None, description="Cannot be changed")
    mac_address: MacText | None = Field(default=None, description="Cannot be changed")
    ipei: IpeiText | None = Field(default=None, description="Of a DECT handset")
    vendor: Vendor | None = Field(default=None, description="null: from the MAC prefix again")
    model: Name | None = Field(default=None, description="null: reported by the phone again")
    name: Name | None = None
    display_name: Name | None = Field(default=None, description="The same as `name`")
    location: Name | None = None
    location_id: Name | None = Field(default=None, description="The same as `location`")
    status: DeviceStatus | None = Field(default=None, description="Only pending-sync can be set")
    overrides: Layer | None = Field(default=None, description="Merged into the layer; null clears it")
    multicell_role: MulticellRole | None = Field(default=None, description="null: single")
    data_master_id: Reference | None = None
    chain_id: ChainId | None = Field(default=None, description="Of a data master's system; null: a new number")
    accepted_proofs: Proofs | None = Field(default=None, description="null: all proofs accepted for its account")
    base: Reference | None = Field(default=None, description="Moves a handset; null unpairs it")
    base_id: Reference | None = Field(default=None, description="The same as `base`")
    button_template: Reference | None = Field(default=None, description="Its button template; null: none")
    button_template_id: Reference | None = Field(default=None, description="The same as `button_template`")


class ExpandQuery(Query):
    """What to expand."""

    expand: list[Literal["users", "button_template"]] = Field(
        default=[],
        alias="expand[]",
        description="`users` adds `assignments`, with the users; `button_template` shows the whole template",
    )


class DeleteQuery(Query):
    """What to delete along with a base."""

    cascade: Truth = Field(default=False, description="For a data master with secondaries: delete the whole system")


class HandsetQuery(PageQuery):
    """Filter for the handsets of a base."""

    expand: Expand = Field(default=[], alias="expand[]", description="`users` adds `assignments`, with the users")


class DeviceQuery(HandsetQuery):
    """Filter for devices."""

    status: DeviceStatus | None = None
    vendor: Vendor | None = None
    model: Word | None = None
    location: Word | None = None
    search: Word | None = Field(default=None, description="Word prefixes of its names and numbers; MAC; IPEI")
    stale: Truth | None = Field(default=None, description="Whether its file has changed since it was fetched")


class AnyDeviceQuery(DeviceQuery):
    """Filter for devices, with their type."""

    type: DeviceType | None = Field(default=None, description="Absent: desk phones and DECT bases")


class TokenRotation(Body):
    """Options for rotating a device's secret."""

    overlap: bool = Field(default=True, description="Whether the old one stays valid until the new one is used")


class Assign(Body):
    """The user to assign to a device."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["user_id"]}, {"required": ["user"]}]})
    twins: ClassVar[dict[str, str]] = {"user_id": "user"}

    user_id: Reference | None = Field(default=None, description="Id of the user")
    user: Reference | None = Field(default=None, description="The same as `user_id`")

    @model_validator(mode="after")
    def _names_one(self) -> "Assign":
        if self.user_id is None:
            raise wrong_field("user_id", "is needed")
        return self


def contradicts_path(kind: DeviceType) -> Invalid:
    """The error for a type that contradicts the path."""
    reason = f"contradicts the path, which takes a {kind.value}"
    return Invalid(f"type {reason}", details={"type": reason})
