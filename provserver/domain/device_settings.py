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

    vlan_id: VlanId | None = setting("Voice VLAN; 0: untagged")
    vlan_priority: Priority | None = setting("IEEE 802.1p priority of the voice VLAN")
    pc_vlan_id: VlanId | None = setting("VLAN of the PC port; 0: untagged")
    pc_vlan_priority: Priority | None = setting("IEEE 802.1p priority of the PC port")
    lldp_enabled: bool | None = setting("Learn the VLAN from LLDP-MED")
    cdp_enabled: bool | None = setting("Learn the VLAN from CDP")
    dot1x: Dot1x | None = None
    qos_dscp_sip: Dscp | None = setting("DSCP of signalling")
    qos_dscp_rtp: Dscp | None = setting("DSCP of audio")
    rtcp_enabled: bool | None = setting("Send RTCP reports")
    dns_primary: Host | None = setting("First DNS server; absent: from DHCP")
    dns_secondary: Host | None = setting("Second DNS server")
    ntp_server: Host | None = setting("Time server")
    syslog_server: HostPort | None = setting("Syslog server for the phone's log")


class Access(Group):
    """Access to the phone's own menus and web interface."""

    admin_password: Text | None = setting("Password of the phone's administrator", secret=True)
    user_password: Text | None = setting("Password of the phone's user account", secret=True)
    web_interface: Literal["off", "https", "http_https"] | None = setting("The phone's web interface")


class Provisioning(Group):
    """How the phone fetches its configuration."""

    url: Url | None = setting("Provisioning URL; absent: this server's URL with the device's secret", secret=True)
    polling_enabled: bool | None = setting("Poll for a new configuration")
    polling_interval: Annotated[int, Field(ge=300, le=2592000)] | None = setting(
        "Polling interval; lengthened by up to `polling_spread` depending on the MAC, to spread the load", unit="s"
    )
    polling_spread: Percent | None = setting(
        "Maximum extension of `polling_interval`, as far as its unit allows; absent: 10", unit="%"
    )
    username: Text | None = setting("User name for HTTP authentication of fetches")
    password: Text | None = setting("Password for HTTP authentication of fetches", secret=True)
    encryption_key: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{16}$")] | None = setting(
        "Key for encrypted files, 16 letters and digits; the phone must already have it to read them",
        secret=True,
    )


class Firmware(Group):
    """Firmware updates."""

    url: Url | None = setting("Firmware file for this model")
    policy: Literal["never", "ask", "automatic"] | None = setting("Whether new firmware is installed")
