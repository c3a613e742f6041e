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

    domain: Host | None = setting("SIP domain of the address of record; also the server if no server is set")
    server: Host | None = setting("Registrar and proxy; absent: the domain")
    port: Port | None = setting("Port of the server; absent: DNS SRV, or the transport's default")
    transport: Literal["udp", "tcp", "tls"] | None = setting("Transport for signalling")
    outbound_proxy: HostPort | None = setting("Outbound proxy, host or host:port")
    backup_server: HostPort | None = setting("Second registrar, host or host:port, used while the first is unreachable")
    register_expires: Annotated[int, Field(ge=30, le=604800)] | None = setting("Registration lifetime", unit="s")
    keep_alive_interval: Annotated[int, Field(ge=0, le=3600)] | None = setting(
        "Interval of NAT keep-alives; 0: none", unit="s"
    )
    srtp_mode: Literal["off", "optional", "mandatory"] | None = setting(
        "Media encryption (SDES-SRTP): off, offered, or required"
    )
    dtmf_mode: Literal["rfc4733", "sip_info", "inband", "rfc4733_sip_info"] | None = setting(
        "How DTMF is sent: RTP events (RFC 4733), SIP INFO, in-band audio, or RTP events and SIP INFO together"
    )
    session_timer_enabled: bool | None = setting("Session timers (RFC 4028)")
    session_expires: Annotated[int, Field(ge=90, le=86400)] | None = setting("Requested Session-Expires", unit="s")


class JitterBuffer(Group):
    """The jitter buffer."""

    mode: Literal["adaptive", "fixed"] | None = setting("Whether the buffer adapts to the network")
    min_ms: Annotated[int, Field(ge=0, le=1000)] | None = setting("Minimum delay", unit="ms")
    max_ms: Annotated[int, Field(ge=0, le=1000)] | None = setting("Maximum delay", unit="ms")

    @model_validator(mode="after")
    def _grows(self) -> "JitterBuffer":
        if self.min_ms is not None and self.max_ms is not None and self.min_ms > self.max_ms:
            raise wrong_field("min_ms", f"is more than max_ms, which is {self.max_ms}")
        return self


class Audio(Group):
    """Codecs, audio processing, ringing and volumes."""

    codecs: Codecs | None = setting("Codecs offered, in order of preference; all others are disabled")
    echo_cancellation: bool | None = setting("Acoustic echo cancellation")
    vad_enabled: bool | None = setting("Voice activity detection (silence suppression)")
    jitter_buffer: JitterBuffer | None = None
    ringtone: Annotated[int, Field(ge=1, le=10)] | None = setting("Built-in ringtone, by number")
    ringtone_url: Url | None = setting("Ringtone to download, in a format that the model supports")
    ring_volume: Percent | None = setting("Ringer volume", unit="%")
    handset_volume: Percent | None = setting("Handset volume", unit="%")
    headset_volume: Percent | None = setting("Headset volume", unit="%")
    speaker_volume: Percent | None = setting("Loudspeaker volume", unit="%")


class Display(Group):
    """Clock, backlight and pictures on the display."""

    time_format: Literal["12h", "24h"] | None = setting("12-hour or 24-hour clock; absent: like `date_format`")
    date_format: Literal["M/D/Y", "D/M/Y", "Y-M-D"] | None = setting(
        "Order of day, month and year; absent: as usual in the country of `regional.language` or `regional.tone_scheme`"
    )
    backlight_level: Literal["low", "medium", "high"] | None = setting("Brightness while the phone is in use")
    backlight_timeout: Annotated[int, Field(ge=0, le=7200)] | None = setting(
        "Idle time after which the display dims; 0: never", unit="s"
    )
    screensaver_timeout: Annotated[int, Field(ge=0, le=86400)] | None = setting(
        "Idle time after which the screensaver starts; 0: off", unit="s"
    )
    wallpaper_url: Url | None = setting("Background picture, in the model's format and size")
    logo_url: Url | None = setting("Logo for monochrome displays")


class Regional(Group):
    """Location and language."""

    timezone: Timezone | None = setting("IANA time zone; determines daylight saving")
    language: Language | None = setting("Language of the display and the web interface, as a BCP 47 tag")
    tone_scheme: Country | None = setting("Country whose call progress tones are played, ISO 3166-1 alpha-2")


class Features(Group):
    """User features."""

    dnd_enabled: bool | None = setting("Do not disturb")
    call_waiting_enabled: bool | None = setting("Call waiting")
    call_forward_enabled: bool | None = setting(
        "Users may set call forwards on the phone; the forwards themselves are under `forward`"
    )
    auto_answer_enabled: bool | None = setting("Answer calls automatically on the loudspeaker")
    srtp_enabled: bool | None = setting(
        "Media encryption: true means `sip.srtp_mode` optional, false means off; `sip.srtp_mode` takes precedence",
        expressed_by="sip.srtp_mode",
    )


class ForwardRule(Group):
    """A call forward."""

    enabled: bool | None = setting("Whether the forward is active")
    target: Dialable | None = setting("Destination")


class ForwardNoAnswer(ForwardRule):
    """Call forward on no answer."""

    timeout: Annotated[int, Field(ge=5, le=120)] | None = setting("Ringing time before forwarding", unit="s")


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
    forward_no_answer_on: Dialable | None = setting("Forward on no answer, on")
    forward_no_answer_off: Dialable | None = setting("Forward on no answer, off")
    call_waiting_on: Dialable | None = setting("Call waiting on")
    call_waiting_off: Dialable | None = setting("Call waiting off")
    pickup: Dialable | None = setting("Directed pickup: dialled before the ringing extension")
    group_pickup: Dialable | None = setting("Group pickup")


class Voicemail(Group):
    """Voicemail and the message waiting indicator."""

    number: Dialable | None = setting("Number dialled by the message key")
    mwi_enabled: bool | None = setting("Subscribe to message waiting indication (RFC 3842)")


class Ldap(Group):
    """LDAP directory."""

    server: Host | None = setting("LDAP server")
    port: Port | None = setting("LDAP port")
    tls: Literal["off", "start_tls", "ldaps"] | None = setting("Encryption")
    base: Text | None = setting("Search base")
    username: Text | None = setting("Bind DN")
    password: Text | None = setting("Bind password", secret=True)
    name_filter: Text | None = setting("Search filter for names; `%` is replaced by the input")
    number_filter: Text | None = setting("Search filter for numbers; `%` is replaced by the input")
    name_attributes: Attributes | None = setting("Attributes with the name, separated by blanks")
    number_attributes: Attributes | None = setting("Attributes with numbers, separated by blanks")
    display_name: Text | None = setting("Format of results, for example `%cn`")


class Phonebook(Group):
    """Directories."""

    url: Url | None = setting("Phonebook file in the vendor's format")
    name: Text | None = setting("Display name of the phonebook")
    ldap: Ldap | None = None


class Dialing(Group):
    """Dialling behaviour."""

    dial_plan: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(check_text)] | None = setting(
        "Dial plan or digit map in the vendor's own syntax"
    )
    auto_dial_timeout: Annotated[int, Field(ge=0, le=60)] | None = setting(
        "Time after the last digit until the number is dialled; 0: wait for the dial key", unit="s"
    )


class Buttons(Group):
    """Numbers used by programmable keys, as this SIP service defines them. They need no vendor mapping."""

    park_number: SlotNumber | None = setting("Number that a park slot button dials and monitors; absent: `{slot}`")
    park_anywhere_number: Dialable | None = setting("Number that a park button without a slot dials")
    intercom_number: ExtensionNumber | None = setting("Number that an intercom button dials; absent: `{extension}`")
    queue_number: QueueNumber | None = setting("Number that a queue button dials and monitors; absent: `{queue}`")
    queue_agent_number: AgentNumber | None = setting(
        "Number that a queue agent button dials and monitors; absent: `{queue}*{extension}`"
    )
    shared_voicemail_number: BoxNumber | None = setting(
        "Number that a shared mailbox button dials and monitors; absent: `{box}`"
    )
    user_voicemail_number: ExtensionNumber | None = setting("Number that a button for another user's mailbox dials")
    record_number: Dialable | None = setting("Code that a record button sends, if the phone cannot record by itself")


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
