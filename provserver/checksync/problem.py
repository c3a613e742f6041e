"""Errors between us and the phone, reported separately so that nobody looks for the cause at the phone."""

import ssl


class ProxyProblem(Exception):
    """The route to the phone failed: no route, name or connection, or a certificate or credentials were refused.

    The text is for people; outcomes prefix it with `proxy:`. `sip_status` is set if a SIP response reported it.
    """

    def __init__(self, text: str, sip_status: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.sip_status = sip_status


def in_words(error: OSError) -> str:
    """Why a connection failed, as text for people."""
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
