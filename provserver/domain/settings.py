"""The settings vocabulary: every vendor-neutral setting ("abstraction"), declared once.

Validation, JSON Schema, OpenAPI, the documentation, the coverage table and the checks of vendor files are derived from
these models. A setting's public name is its path, for example `audio.codecs`. Every setting is optional; what a layer
omits is inherited.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.functional_validators import AfterValidator

from provserver.domain.device_settings import Access, Firmware, Network, Provisioning
from provserver.domain.findings import wrong_field
from provserver.domain.texts import check_text
from provserver.domain.values import (
    AgentNumber,
    Attributes,
    BoxNumber,
    Codecs,
    Country,
    Dialable,
    ExtensionNumber,
    Group,
    Host,
    HostPort,
    Language,
    Percent,
    Port,
    QueueNumber,
    SlotNumber,
    Text,
    Timezone,
    Url,
    setting,
)


class Sip(Group):
    """SIP registration and signalling."""

    domain: Host | None = setting("SIP domain of the address of record; also the server where no server is set")
    server: Host | None = setting("Registrar and proxy; the domain where absent")
    port: Port | None = setting("Port of the server; absent: found by DNS SRV or the transport's own default")
    transport: Literal["udp", "tcp", "tls"] | None = setting("Transport of signalling")
    outbound_proxy: HostPort | None = setting("Outbound proxy, host or host:port")
    backup_server: HostPort | None = setting("Second registrar, host or host:port, used while the first is away")
    register_expires: Annotated[int, Field(ge=30, le=604800)] | None = setting("Registration lifetime", unit="s")
    keep_alive_interval: Annotated[int, Field(ge=0, le=3600)] | None = setting(
        "Interval of NAT keep-alives; 0 sends none", unit="s"
    )
    srtp_mode: Literal["off", "optional", "mandatory"] | None = setting(
        "Media encryption (SDES-SRTP): off, offered, or required"
    )
    dtmf_mode: Literal["rfc4733", "sip_info", "inband", "rfc4733_sip_info"] | None = setting(
        "How DTMF digits travel: RTP events (RFC 4733), SIP INFO, in the audio, or RTP events and SIP INFO together"
    )
    session_timer_enabled: bool | None = setting("Session timers (RFC 4028)")
    session_expires: Annotated[int, Field(ge=90, le=86400)] | None = setting("Session-Expires asked for", unit="s")


class JitterBuffer(Group):
    """The jitter buffer."""

    mode: Literal["adaptive", "fixed"] | None = setting("Whether the buffer adapts to the network")
    min_ms: Annotated[int, Field(ge=0, le=1000)] | None = setting("Smallest delay", unit="ms")
    max_ms: Annotated[int, Field(ge=0, le=1000)] | None = setting("Largest delay", unit="ms")

    @model_validator(mode="after")
    def _grows(self) -> "JitterBuffer":
        if self.min_ms is not None and self.max_ms is not None and self.min_ms > self.max_ms:
            raise wrong_field("min_ms", f"is more than max_ms, which is {self.max_ms}")
        return self


class Audio(Group):
    """Codecs, audio processing, ringing and volumes."""

    codecs: Codecs | None = setting("Codecs offered, most wanted first; the others are switched off")
    echo_cancellation: bool | None = setting("Acoustic echo cancellation")
    vad_enabled: bool | None = setting("Voice activity detection: silence is not sent")
    jitter_buffer: JitterBuffer | None = None
    ringtone: Annotated[int, Field(ge=1, le=10)] | None = setting("Built-in ringing melody, by its number")
    ringtone_url: Url | None = setting("Ringing melody to download, in a format the model plays")
    ring_volume: Percent | None = setting("Ringer volume", unit="%")
    handset_volume: Percent | None = setting("Handset volume", unit="%")
    headset_volume: Percent | None = setting("Headset volume", unit="%")
    speaker_volume: Percent | None = setting("Loudspeaker volume", unit="%")


class Display(Group):
    """Clock, backlight and pictures on the display."""

    time_format: Literal["12h", "24h"] | None = setting("Clock with 12 or 24 hours; absent: as `date_format`")
    date_format: Literal["M/D/Y", "D/M/Y", "Y-M-D"] | None = setting(
        "Order of the date; absent: as is usual by the country of `regional.language` or `regional.tone_scheme`"
    )
    backlight_level: Literal["low", "medium", "high"] | None = setting("Brightness while the phone is used")
    backlight_timeout: Annotated[int, Field(ge=0, le=7200)] | None = setting(
        "Time without use after which the display dims; 0 keeps it lit", unit="s"
    )
    screensaver_timeout: Annotated[int, Field(ge=0, le=86400)] | None = setting(
        "Time without use after which the screensaver starts; 0 switches it off", unit="s"
    )
    wallpaper_url: Url | None = setting("Background picture, in the model's format and size")
    logo_url: Url | None = setting("Logo on displays without colours")


class Regional(Group):
    """Location and language."""

    timezone: Timezone | None = setting("Time zone by its IANA name; daylight saving follows from it")
    language: Language | None = setting("Language of screen and web pages, as a BCP 47 tag")
    tone_scheme: Country | None = setting("Country whose dial and ring-back tones are played, ISO 3166-1 alpha-2")


class Features(Group):
    """User features."""

    dnd_enabled: bool | None = setting("Do not disturb is on")
    call_waiting_enabled: bool | None = setting("A second call may knock")
    call_forward_enabled: bool | None = setting(
        "Users may forward calls at the phone; the forwards themselves are under `forward`"
    )
    auto_answer_enabled: bool | None = setting("Calls are answered at once on the loudspeaker")
    srtp_enabled: bool | None = setting(
        "Media encryption: true is `sip.srtp_mode` optional, false is off, unless `sip.srtp_mode` says more",
        expressed_by="sip.srtp_mode",
    )


class ForwardRule(Group):
    """A call forward."""

    enabled: bool | None = setting("The forward is on")
    target: Dialable | None = setting("Where calls go")


class ForwardNoAnswer(ForwardRule):
    """Call forward on no answer."""

    timeout: Annotated[int, Field(ge=5, le=120)] | None = setting("How long it rings before", unit="s")


class Forward(Group):
    """Call forwards handled by the phone."""

    always: ForwardRule | None = None
    busy: ForwardRule | None = None
    no_answer: ForwardNoAnswer | None = None


class FeatureCodes(Group):
    """Feature codes that the phone dials to notify the SIP service, and codes for keys."""

    dnd_on: Dialable | None = setting("Do not disturb on")
    dnd_off: Dialable | None = setting("Do not disturb off")
    forward_always_on: Dialable | None = setting("Forward always on")
    forward_always_off: Dialable | None = setting("Forward always off")
    forward_busy_on: Dialable | None = setting("Forward when busy on")
    forward_busy_off: Dialable | None = setting("Forward when busy off")
    forward_no_answer_on: Dialable | None = setting("Forward without answer on")
    forward_no_answer_off: Dialable | None = setting("Forward without answer off")
    call_waiting_on: Dialable | None = setting("Call waiting on")
    call_waiting_off: Dialable | None = setting("Call waiting off")
    pickup: Dialable | None = setting("Directed pickup: dialled before the ringing extension")
    group_pickup: Dialable | None = setting("Pickup of any ringing call of the group")


class Voicemail(Group):
    """Voicemail and the message waiting indicator."""

    number: Dialable | None = setting("What the message key dials")
    mwi_enabled: bool | None = setting("Subscribe to message waiting (RFC 3842)")


class Ldap(Group):
    """LDAP directory."""

    server: Host | None = setting("LDAP server")
    port: Port | None = setting("LDAP port")
    tls: Literal["off", "start_tls", "ldaps"] | None = setting("Encryption")
    base: Text | None = setting("Search base")
    username: Text | None = setting("Bind DN")
    password: Text | None = setting("Bind password", secret=True)
    name_filter: Text | None = setting("Filter of a search by name; `%` stands for what was typed")
    number_filter: Text | None = setting("Filter of a search by number; `%` stands for what was typed")
    name_attributes: Attributes | None = setting("Attributes that hold the name, separated by blanks")
    number_attributes: Attributes | None = setting("Attributes that hold numbers, separated by blanks")
    display_name: Text | None = setting("How a hit is shown, for example `%cn`")


class Phonebook(Group):
    """Directories."""

    url: Url | None = setting("Phonebook file in the vendor's format")
    name: Text | None = setting("Name under which the phonebook is shown")
    ldap: Ldap | None = None


class Dialing(Group):
    """Dialling behaviour."""

    dial_plan: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(check_text)] | None = setting(
        "Dial plan or digit map in the vendor's own spelling"
    )
    auto_dial_timeout: Annotated[int, Field(ge=0, le=60)] | None = setting(
        "Time after the last digit until the number is dialled; 0 waits for the key", unit="s"
    )


class Buttons(Group):
    """Numbers used by programmable keys, as this SIP service defines them. They need no vendor mapping."""

    park_number: SlotNumber | None = setting("What a button about a park slot dials and watches; absent: `{slot}`")
    park_anywhere_number: Dialable | None = setting("What a park button without a slot dials")
    intercom_number: ExtensionNumber | None = setting("What an intercom button dials; absent: `{extension}`")
    queue_number: QueueNumber | None = setting("What a button about a queue dials and watches; absent: `{queue}`")
    queue_agent_number: AgentNumber | None = setting(
        "What a button about a queue's agent dials and watches; absent: `{queue}*{extension}`"
    )
    shared_voicemail_number: BoxNumber | None = setting(
        "What a button about a shared mailbox dials and watches; absent: `{box}`"
    )
    user_voicemail_number: ExtensionNumber | None = setting("What a button about another user's mailbox dials")
    record_number: Dialable | None = setting("What a record button sends, where the phone does not record by itself")


class Abstractions(Group):
    """All vendor-neutral settings. A layer may set any of them."""

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
