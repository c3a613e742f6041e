"""Settings of the device itself: network, access, provisioning and firmware."""

from typing import Annotated, Literal

from pydantic import Field

from provserver.domain.values import (
    Dscp,
    Group,
    Host,
    HostPort,
    Percent,
    Priority,
    Text,
    Url,
    VlanId,
    setting,
)


class Dot1x(Group):
    """Port-based access control (IEEE 802.1X)."""

    mode: Literal["off", "md5", "tls", "peap_mschapv2", "ttls_mschapv2"] | None = setting("EAP method")
    identity: Text | None = setting("EAP identity")
    password: Text | None = setting("EAP password", secret=True)


class Network(Group):
    """LAN, network services and quality of service."""

    vlan_id: VlanId | None = setting("VLAN of voice; 0 switches tagging off")
    vlan_priority: Priority | None = setting("IEEE 802.1p priority of voice")
    pc_vlan_id: VlanId | None = setting("VLAN of the PC port; 0 switches tagging off")
    pc_vlan_priority: Priority | None = setting("IEEE 802.1p priority of the PC port")
    lldp_enabled: bool | None = setting("Learn the VLAN by LLDP-MED")
    cdp_enabled: bool | None = setting("Learn the VLAN by CDP")
    dot1x: Dot1x | None = None
    qos_dscp_sip: Dscp | None = setting("DSCP of signalling")
    qos_dscp_rtp: Dscp | None = setting("DSCP of audio")
    rtcp_enabled: bool | None = setting("Send RTCP reports")
    dns_primary: Host | None = setting("First DNS server; absent: as learnt by DHCP")
    dns_secondary: Host | None = setting("Second DNS server")
    ntp_server: Host | None = setting("Time server")
    syslog_server: HostPort | None = setting("Where the phone sends its log")


class Access(Group):
    """Access to the phone's own menus and web interface."""

    admin_password: Text | None = setting("Password of the phone's administrator", secret=True)
    user_password: Text | None = setting("Password of the phone's user level", secret=True)
    web_interface: Literal["off", "https", "http_https"] | None = setting("The phone's own web pages")


class Provisioning(Group):
    """How the phone fetches its configuration."""

    url: Url | None = setting(
        "Where the phone asks from now on; absent: this server's address with the device's token", secret=True
    )
    polling_enabled: bool | None = setting("Ask again without being told")
    polling_interval: Annotated[int, Field(ge=300, le=2592000)] | None = setting(
        "Time between two polls; by MAC up to `polling_spread` longer, so that phones do not come together", unit="s"
    )
    polling_spread: Percent | None = setting(
        "How much longer than `polling_interval` a phone may wait, where its unit allows it; absent: 10", unit="%"
    )
    username: Text | None = setting("User name for HTTP authentication of fetches")
    password: Text | None = setting("Password for HTTP authentication of fetches", secret=True)
    encryption_key: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{16}$")] | None = setting(
        "Key of encrypted files, 16 letters and digits; the phone must have it already, else it cannot read them",
        secret=True,
    )


class Firmware(Group):
    """Firmware updates."""

    url: Url | None = setting("Firmware file for this model")
    policy: Literal["never", "ask", "automatic"] | None = setting("Whether a new firmware is installed")
