"""The kinds of files that phones request."""

from collections.abc import Hashable
from typing import Literal

from pydantic import Field

from provserver.domain.device import MulticellRole
from provserver.domain.facts import Fact, Pattern


class FileRule(Fact):
    """One kind of file that phones request."""

    id: str = Field(description="Name of the rule inside this file")
    pattern: Pattern = Field(description="Matched against the whole path; groups `mac` (or `<mac>`) and `model`")
    query: bool = Field(default=False, description="The MAC is in the query (`?mac=`), not in the path")
    by_agent: bool = Field(default=False, description="The MAC is in the User-Agent, not in the path")
    roles: tuple[MulticellRole, ...] = Field(default=(), description="Roles of a base that get it; absent: all")
    scope: Literal["device", "common"] = Field(description="`device` needs a proof; `common` is the same for everyone")
    template: str | None = Field(default=None, description="Template below templates/<vendor>/; absent: answered 404")
    content_type: str = "text/plain; charset=utf-8"
    provisions: bool = Field(default=False, description="Fetching it makes the device provisioned")
    asked_as: str | None = Field(
        default=None, description="How phones spell it: {mac}, {MAC}, {mac_}, {model}; absent: from the model's `files`"
    )
    encryption: Literal["aes_ecb", "openssl_md5", "openssl_sha256"] | None = Field(
        default=None,
        description="Encryption for devices with `provisioning.encryption_key`; absent: none",
    )
    meaning: str = Field(default="", description="Purpose of the file; without a template, why there is none")

    @property
    def making(self) -> Hashable:
        """A key for how the file is made: rules with equal keys give the same file under different names."""
        return self.template, self.scope, self.content_type, self.encryption
