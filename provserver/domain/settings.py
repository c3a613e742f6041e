"""THE vocabulary: every vendor-neutral setting ("abstraction"), declared once.

Validation, JSON Schema, OpenAPI, the documentation, the coverage table and the check of every vendor file are derived
from these models. A setting's public name is its path, for example `audio.codecs`. Every setting may be absent: what a
layer leaves out it inherits.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator

from provserver.domain.texts import check_host, check_host_port, check_language, check_text, check_timezone, check_url

Text = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(check_text)]
Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(check_host)]
HostPort = Annotated[str, Field(min_length=1, max_length=260), AfterValidator(check_host_port)]
Url = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(check_url)]
Dialable = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z*#+._@:-]+$")]
# LDAP attribute descriptions (RFC 4512, 2.5), separated by blanks.
Attributes = Annotated[
    str, Field(max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9;.-]*( [A-Za-z0-9][A-Za-z0-9;.-]*)*$")
]
Timezone = Annotated[str, AfterValidator(check_timezone)]
Language = Annotated[str, AfterValidator(check_language)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Port = Annotated[int, Field(ge=1, le=65535)]
VlanId = Annotated[int, Field(ge=0, le=4094)]
Priority = Annotated[int, Field(ge=0, le=7)]
Dscp = Annotated[int, Field(ge=0, le=63)]
Percent = Annotated[int, Field(ge=0, le=100)]
Codec = Literal["PCMU", "PCMA", "G722", "G729", "OPUS", "G726-32", "ILBC", "G723", "GSM", "AMR", "AMR-WB"]


def _setting(meaning: str, *, unit: str | None = None, secret: bool = False, expressed_by: str | None = None) -> Any:
    """One name of the vocabulary: what it means, in which unit, whether it is a secret.

    `expressed_by` names the setting that carries this one to the phones, where two public names steer the same thing.
    """
    extra = {"unit": unit, "secret": secret or None, "expressed_by": expressed_by}
    return Field(
        default=None,
        description=meaning,
        json_schema_extra={f"x-{key.replace('_', '-')}": value for key, value in extra.items() if value},
    )


class Group(BaseModel):
    """A group of settings: unknown names and coerced types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sip(Group):
    """How the phone reaches the SIP service."""

    domain: Host | None = _setting("SIP domain of the address of record; also the server where no server is set")
    server: Host | None = _setting("Registrar and proxy; the domain where absent")
    port: Port | None = _setting("Port of the server; absent: found by DNS SRV or the transport's own default")
    transport: Literal["udp", "tcp", "tls"] | None = _setting("Transport of signalling")
    outbound_proxy: HostPort | None = _setting("Outbound proxy, host or host:port")
    backup_server: HostPort | None = _setting("Second registrar, host or host:port, used while the first is away")
    register_expires: Annotated[int, Field(ge=30, le=604800)] | None = _setting("Registration lifetime", unit="s")
    keep_alive_interval: Annotated[int, Field(ge=0, le=3600)] | None = _setting(
        "Interval of NAT keep-alives; 0 sends none", unit="s"
    )
    srtp_mode: Literal["off", "optional", "mandatory"] | None = _setting(
        "Media encryption (SDES-SRTP): off, offered, or required"
    )
    dtmf_mode: Literal["rfc4733", "sip_info", "inband", "rfc4733_sip_info"] | None = _setting(
        "How DTMF digits travel: RTP events (RFC 4733), SIP INFO, in the audio, or RTP events and SIP INFO together"
    )
    session_timer_enabled: bool | None = _setting("Session timers (RFC 4028)")
    session_expires: Annotated[int, Field(ge=90, le=86400)] | None = _setting("Session-Expires asked for", unit="s")


class JitterBuffer(Group):
    """The buffer that evens out the arrival of audio packets."""

    mode: Literal["adaptive", "fixed"] | None = _setting("Whether the buffer adapts to the network")
    min_ms: Annotated[int, Field(ge=0, le=1000)] | None = _setting("Smallest delay", unit="ms")
    max_ms: Annotated[int, Field(ge=0, le=1000)] | None = _setting("Largest delay", unit="ms")


class Audio(Group):
    """Codecs, sound processing, ringing and volumes."""

    codecs: Annotated[list[Codec], Field(min_length=1, max_length=11)] | None = _setting(
        "Codecs offered, most wanted first; the others are switched off"
    )
    echo_cancellation: bool | None = _setting("Acoustic echo cancellation")
    vad_enabled: bool | None = _setting("Voice activity detection: silence is not sent")
    jitter_buffer: JitterBuffer | None = None
    ringtone: Annotated[int, Field(ge=1, le=10)] | None = _setting("Built-in ringing melody, by its number")
    ringtone_url: Url | None = _setting("Ringing melody to download, in a format the model plays")
    ring_volume: Percent | None = _setting("Ringer volume", unit="%")
    handset_volume: Percent | None = _setting("Handset volume", unit="%")
    headset_volume: Percent | None = _setting("Headset volume", unit="%")
    speaker_volume: Percent | None = _setting("Loudspeaker volume", unit="%")


class Display(Group):
    """What the screen shows."""

    time_format: Literal["12h", "24h"] | None = _setting("Clock with 12 or 24 hours; absent: as `date_format`")
    date_format: Literal["M/D/Y", "D/M/Y", "Y-M-D"] | None = _setting(
        "Order of the date; absent: as is usual by the country of `regional.language` or `regional.tone_scheme`"
    )
    backlight_level: Literal["low", "medium", "high"] | None = _setting("Brightness while the phone is used")
    backlight_timeout: Annotated[int, Field(ge=0, le=7200)] | None = _setting(
        "Time without use after which the display dims; 0 keeps it lit", unit="s"
    )
    screensaver_timeout: Annotated[int, Field(ge=0, le=86400)] | None = _setting(
        "Time without use after which the screensaver starts; 0 switches it off", unit="s"
    )
    wallpaper_url: Url | None = _setting("Background picture, in the model's format and size")
    logo_url: Url | None = _setting("Logo on displays without colours")


class Regional(Group):
    """Where the phone stands."""

    timezone: Timezone | None = _setting("Time zone by its IANA name; daylight saving follows from it")
    language: Language | None = _setting("Language of screen and web pages, as a BCP 47 tag")
    tone_scheme: Country | None = _setting("Country whose dial and ring-back tones are played, ISO 3166-1 alpha-2")


class Dot1x(Group):
    """Port-based access control (IEEE 802.1X)."""

    mode: Literal["off", "md5", "tls", "peap_mschapv2", "ttls_mschapv2"] | None = _setting("EAP method")
    identity: Text | None = _setting("EAP identity")
    password: Text | None = _setting("EAP password", secret=True)


class Network(Group):
    """LAN, addressing helpers and quality of service."""

    vlan_id: VlanId | None = _setting("VLAN of voice; 0 switches tagging off")
    vlan_priority: Priority | None = _setting("IEEE 802.1p priority of voice")
    pc_vlan_id: VlanId | None = _setting("VLAN of the PC port; 0 switches tagging off")
    pc_vlan_priority: Priority | None = _setting("IEEE 802.1p priority of the PC port")
    lldp_enabled: bool | None = _setting("Learn the VLAN by LLDP-MED")
    cdp_enabled: bool | None = _setting("Learn the VLAN by CDP")
    dot1x: Dot1x | None = None
    qos_dscp_sip: Dscp | None = _setting("DSCP of signalling")
    qos_dscp_rtp: Dscp | None = _setting("DSCP of audio")
    rtcp_enabled: bool | None = _setting("Send RTCP reports")
    dns_primary: Host | None = _setting("First DNS server; absent: as learnt by DHCP")
    dns_secondary: Host | None = _setting("Second DNS server")
    ntp_server: Host | None = _setting("Time server")
    syslog_server: HostPort | None = _setting("Where the phone sends its log")


class Features(Group):
    """Switches for what a user can do."""

    dnd_enabled: bool | None = _setting("Do not disturb is on")
    call_waiting_enabled: bool | None = _setting("A second call may knock")
    call_forward_enabled: bool | None = _setting(
        "Users may forward calls at the phone; the forwards themselves are under `forward`"
    )
    auto_answer_enabled: bool | None = _setting("Calls are answered at once on the loudspeaker")
    srtp_enabled: bool | None = _setting(
        "Media encryption: true is `sip.srtp_mode` optional, false is off, unless `sip.srtp_mode` says more",
        expressed_by="sip.srtp_mode",
    )


class ForwardRule(Group):
    """One call forward."""

    enabled: bool | None = _setting("The forward is on")
    target: Dialable | None = _setting("Where calls go")


class ForwardNoAnswer(ForwardRule):
    """The forward of calls nobody answers."""

    timeout: Annotated[int, Field(ge=5, le=120)] | None = _setting("How long it rings before", unit="s")


class Forward(Group):
    """Call forwards kept on the phone."""

    always: ForwardRule | None = None
    busy: ForwardRule | None = None
    no_answer: ForwardNoAnswer | None = None


class FeatureCodes(Group):
    """Codes the phone dials so that the SIP service knows, and codes for keys."""

    dnd_on: Dialable | None = _setting("Do not disturb on")
    dnd_off: Dialable | None = _setting("Do not disturb off")
    forward_always_on: Dialable | None = _setting("Forward always on")
    forward_always_off: Dialable | None = _setting("Forward always off")
    forward_busy_on: Dialable | None = _setting("Forward when busy on")
    forward_busy_off: Dialable | None = _setting("Forward when busy off")
    forward_no_answer_on: Dialable | None = _setting("Forward without answer on")
    forward_no_answer_off: Dialable | None = _setting("Forward without answer off")
    call_waiting_on: Dialable | None = _setting("Call waiting on")
    call_waiting_off: Dialable | None = _setting("Call waiting off")
    pickup: Dialable | None = _setting("Directed pickup: dialled before the ringing extension")
    group_pickup: Dialable | None = _setting("Pickup of any ringing call of the group")


class Voicemail(Group):
    """The mailbox and its lamp."""

    number: Dialable | None = _setting("What the message key dials")
    mwi_enabled: bool | None = _setting("Subscribe to message waiting (RFC 3842)")


class Access(Group):
    """Who may change the phone at the phone."""

    admin_password: Text | None = _setting("Password of the phone's administrator", secret=True)
    user_password: Text | None = _setting("Password of the phone's user level", secret=True)
    web_interface: Literal["off", "https", "http_https"] | None = _setting("The phone's own web pages")


class Provisioning(Group):
    """How the phone comes back to us."""

    url: Url | None = _setting(
        "Where the phone asks from now on; absent: this server's address with the device's token", secret=True
    )
    polling_enabled: bool | None = _setting("Ask again without being told")
    polling_interval: Annotated[int, Field(ge=300, le=2592000)] | None = _setting(
        "Time between two polls; by MAC up to `polling_spread` longer, so that phones do not come together", unit="s"
    )
    polling_spread: Percent | None = _setting(
        "How much longer than `polling_interval` a phone may wait, where its unit allows it; absent: 10", unit="%"
    )
    username: Text | None = _setting("User name for HTTP authentication of fetches")
    password: Text | None = _setting("Password for HTTP authentication of fetches", secret=True)
    encryption_key: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{16}$")] | None = _setting(
        "Key of encrypted files, 16 letters and digits; the phone must have it already, else it cannot read them",
        secret=True,
    )


class Firmware(Group):
    """Which software the phone runs."""

    url: Url | None = _setting("Firmware file for this model")
    policy: Literal["never", "ask", "automatic"] | None = _setting("Whether a new firmware is installed")


class Ldap(Group):
    """A directory asked by LDAP."""

    server: Host | None = _setting("LDAP server")
    port: Port | None = _setting("LDAP port")
    tls: Literal["off", "start_tls", "ldaps"] | None = _setting("Encryption")
    base: Text | None = _setting("Search base")
    username: Text | None = _setting("Bind DN")
    password: Text | None = _setting("Bind password", secret=True)
    name_filter: Text | None = _setting("Filter of a search by name; `%` stands for what was typed")
    number_filter: Text | None = _setting("Filter of a search by number; `%` stands for what was typed")
    name_attributes: Attributes | None = _setting("Attributes that hold the name, separated by blanks")
    number_attributes: Attributes | None = _setting("Attributes that hold numbers, separated by blanks")
    display_name: Text | None = _setting("How a hit is shown, for example `%cn`")


class Phonebook(Group):
    """Directories."""

    url: Url | None = _setting("Phonebook file in the vendor's format")
    name: Text | None = _setting("Name under which the phonebook is shown")
    ldap: Ldap | None = None


class Dialing(Group):
    """What happens while digits are typed."""

    dial_plan: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(check_text)] | None = _setting(
        "Dial plan or digit map in the vendor's own spelling"
    )
    auto_dial_timeout: Annotated[int, Field(ge=0, le=60)] | None = _setting(
        "Time after the last digit until the number is dialled; 0 waits for the key", unit="s"
    )


def _made_with(*places: str) -> Any:
    """A number in which `{place}` stands for what a button is about."""
    options = "|".join(("[0-9A-Za-z*#+._@:-]", *(rf"\{{{place}\}}" for place in places)))
    return Field(min_length=1, max_length=64, pattern=f"^({options})+$")


SlotNumber = Annotated[str, _made_with("slot")]
ExtensionNumber = Annotated[str, _made_with("extension")]
QueueNumber = Annotated[str, _made_with("queue")]
AgentNumber = Annotated[str, _made_with("queue", "extension")]
BoxNumber = Annotated[str, _made_with("box")]


class Buttons(Group):
    """The numbers behind programmable keys, as this SIP service has them; they need no words of a vendor."""

    park_number: SlotNumber | None = _setting("What a button about a park slot dials and watches; absent: `{slot}`")
    park_anywhere_number: Dialable | None = _setting("What a park button without a slot dials")
    intercom_number: ExtensionNumber | None = _setting("What an intercom button dials; absent: `{extension}`")
    queue_number: QueueNumber | None = _setting("What a button about a queue dials and watches; absent: `{queue}`")
    queue_agent_number: AgentNumber | None = _setting(
        "What a button about a queue's agent dials and watches; absent: `{queue}*{extension}`"
    )
    shared_voicemail_number: BoxNumber | None = _setting(
        "What a button about a shared mailbox dials and watches; absent: `{box}`"
    )
    user_voicemail_number: ExtensionNumber | None = _setting("What a button about another user's mailbox dials")
    record_number: Dialable | None = _setting("What a record button sends, where the phone does not record by itself")


class Abstractions(Group):
    """All vendor-neutral settings. A layer holds any part of it."""

    sip: Sip | None = None
    audio: Audio | None = None
    display: Display | None = None
    regional: Regional | None = None
    network: Network | None = None
    features: Features | None = None
    forward: Forward | None = None
    feature_codes: FeatureCodes | None = None
    voicemail: Voicemail | None = None
    access: Access | None = None
    provisioning: Provisioning | None = None
    firmware: Firmware | None = None
    phonebook: Phonebook | None = None
    dialing: Dialing | None = None
    buttons: Buttons | None = None


GLOBAL_DEFAULTS: dict[str, Any] = {
    "sip": {
        "transport": "udp",
        "register_expires": 600,
        "keep_alive_interval": 30,
        "srtp_mode": "off",
        "dtmf_mode": "rfc4733",
        "session_timer_enabled": False,
    },
    "audio": {"codecs": ["G722", "PCMA", "PCMU"], "vad_enabled": False},
    "display": {"time_format": "24h", "date_format": "D/M/Y"},
    "regional": {"timezone": "Etc/UTC", "language": "en"},
    "network": {"qos_dscp_sip": 26, "qos_dscp_rtp": 46, "ntp_server": "pool.ntp.org"},
    "features": {"dnd_enabled": False, "call_waiting_enabled": True, "auto_answer_enabled": False},
    "voicemail": {"mwi_enabled": True},
    "provisioning": {"polling_enabled": True, "polling_interval": 86400},
    "firmware": {"policy": "never"},
}
"""The layer under all others, in the shape of `abstractions`."""
