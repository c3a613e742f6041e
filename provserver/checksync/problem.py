"""What is wrong on our side of the phone: its own failure, so that nobody goes looking at the phone for it."""

import ssl


class ProxyProblem(Exception):
    """The way to the phone is broken: no route, no name, no connection, a certificate or credentials refused.

    The text is for people; outcomes put `proxy:` in front of it. `sip_status` where a SIP answer said so.
    """

    def __init__(self, text: str, sip_status: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.sip_status = sip_status


def in_words(error: OSError) -> str:
    """Why a connection could not be had or was lost."""
    match error:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return f"TLS fails: {error.reason or 'handshake'}"
        case ConnectionRefusedError():
            return "nothing listens there (connection refused)"
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return "it closed the connection"
        case TimeoutError():
            return "it does not answer"
        case _:
            return error.strerror or type(error).__name__
