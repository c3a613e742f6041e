"""The section `checksync`."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from provserver.config.section import Section
from provserver.config.values import PortNumber, SipUri


class Kamailio(Section):
    """Kamailio's JSON-RPC, for the back end `kamailio`."""

    url: str = Field(
        default="http://127.0.0.1:5060/RPC", pattern=r"^https?://", description="URL of Kamailio's JSON-RPC"
    )
    username: str | None = Field(default=None, description="User name for HTTP basic authentication, if required")
    password: str | None = Field(default=None, repr=False, description="Its password")


class Asterisk(Section):
    """Asterisk's manager interface (AMI), for the back end `asterisk`."""

    host: str = Field(default="127.0.0.1", description="Host of AMI")
    port: PortNumber = Field(default=5038, description="Port of AMI; usually 5039 with TLS")
    username: str = Field(default="provserver", description="Manager account, with read=system and write=system")
    password: str = Field(default="", repr=False, description="Secret of the account")
    tls: bool = Field(default=False, description="Use TLS, with `checksync.verify` and `checksync.ca`")


class Freeswitch(Section):
    """FreeSWITCH's event socket, for the back end `freeswitch`."""

    host: str = Field(default="127.0.0.1", description="Host of the event socket")
    port: PortNumber = Field(default=8021, description="Its port")
    password: str = Field(default="ClueCon", repr=False, description="Its password")
    profile: str = Field(default="internal", description="Sofia profile that the phones register with")


class CheckSync(Section):
    """Check-sync: telling phones by SIP NOTIFY to fetch their configuration."""

    backend: Literal["sip", "kamailio", "asterisk", "freeswitch"] = Field(
        default="sip", description="What sends the NOTIFY: this server (`sip`), or a SIP server that it controls"
    )
    proxy: SipUri = Field(
        default=None,
        description="Next hop for `sip`, as `sip:host:port;transport=tcp`; absent: the device's own outbound proxy, "
        "server or domain",
    )
    username: str | None = Field(default=None, description="User name for the proxy's challenge (407)")
    password: str | None = Field(default=None, repr=False, description="Its password")
    timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        default=8.0, description="Timeout of a check-sync in seconds; must be longer than the proxy's own timer"
    )
    verify: bool = Field(default=True, description="Whether certificates of SIP servers are verified")
    ca: Path | None = Field(default=None, description="File with trusted root certificates; absent: the system's")
    kamailio: Kamailio = Kamailio()
    asterisk: Asterisk = Asterisk()
    freeswitch: Freeswitch = Freeswitch()
