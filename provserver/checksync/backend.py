"""Creates the configured check-sync back end."""

import ssl
from collections.abc import Callable
from datetime import datetime

from provserver.checksync.ami import Manager
from provserver.checksync.asterisk import AsteriskNotifier
from provserver.checksync.digest import Credentials
from provserver.checksync.eventsocket import EventSocket
from provserver.checksync.freeswitch import FreeswitchNotifier
from provserver.checksync.jsonrpc import JsonRpc
from provserver.checksync.kamailio import KamailioNotifier
from provserver.checksync.resolve import HopFinder, default_resolver
from provserver.checksync.sip import Identity, SipNotifier
from provserver.checksync.transport import Flows, tls_context
from provserver.config import CheckSync
from provserver.domain.checksync import Notifier


def build_notifier(settings: CheckSync, *, clock: Callable[[], datetime], entropy: Callable[[int], bytes]) -> Notifier:
    """The back end named by `checksync.backend`. Nothing is connected, resolved or read before the first use."""

    def tls() -> ssl.SSLContext:
        return tls_context(settings.ca, verify=settings.verify)

    proxy = Credentials(settings.username, settings.password or "") if settings.username else None
    match settings.backend:
        case "kamailio":
            its = settings.kamailio
            login = Credentials(its.username, its.password or "") if its.username else None
            return KamailioNotifier(JsonRpc(its.url, login, tls), clock, entropy)
        case "asterisk":
            ami = settings.asterisk
            return AsteriskNotifier(
                lambda: Manager.open(ami.host, ami.port, ami.username, ami.password, tls() if ami.tls else None)
            )
        case "freeswitch":
            esl = settings.freeswitch
            return FreeswitchNotifier(lambda: EventSocket.open(esl.host, esl.port, esl.password), esl.profile, clock)
        case _:
            return SipNotifier(Identity(proxy), Flows(tls), HopFinder(default_resolver(), entropy), entropy)
