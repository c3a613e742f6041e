"""Global defaults."""

from typing import Any

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
"""The weakest layer, in the shape of `abstractions`."""
