"""What answers phones, put together as the server does it, over a database of a test."""

from typing import Any

from aiohttp.test_utils import TestServer
from aiohttp.web import AppRunner

from provserver.config import Phones
from provserver.domain.catalogue import Catalogue
from provserver.domain.guessing import Guesses
from provserver.phones.app import RESPONSE_CACHE
from provserver.phones.connection import PhoneRunner, Reply
from provserver.rendering.renderer import Renderer
from provserver.services.fetching.contacts import ContactWriter
from provserver.services.fetching.document_cache import DocumentCache
from provserver.services.fetching.document_source import DocumentSource
from provserver.services.fetching.record_cache import RecordCache
from provserver.services.fetching.recording import Recorder
from provserver.services.fetching.render_queue import RenderQueue
from provserver.services.fetching.request_cache import RequestCache
from provserver.services.fetching.unknown_devices import UnknownDevices
from provserver.services.protection.access import ProofPolicy
from provserver.services.protection.account_limit import AccountLimit
from provserver.services.protection.challenges import Challenges
from provserver.services.protection.mac_guessing import Guard
from provserver.services.provisioning import Provisioning
from provserver.services.sources import Sources
from provserver.store.database import Database


class PhoneServer(TestServer):
    """The phone listener on a port of its own, with connections as the server has them.

    `from_cache` counts the requests that were answered before aiohttp looked at them.
    """

    from_cache = 0

    async def _make_runner(self, **settings: Any) -> AppRunner:
        response_cache = self.app[RESPONSE_CACHE]
        reply = response_cache._reply

        def counted(ready: Any, started: float) -> Reply | None:
            found = reply(ready, started)
            self.from_cache += found is not None
            return found

        response_cache._reply = counted  # type: ignore[method-assign]  # only looked at on its way
        return PhoneRunner(self.app, response_cache.answer, **settings)


def make_guard(database: Database, sources: Sources, settings: Phones | None = None) -> Guard:
    settings = settings or Phones()
    guesses = Guesses(settings.guessing.limit, settings.guessing.window)
    return Guard(database, guesses, settings.guessing.exempt, sources.now)


def make_provisioning(
    database: Database,
    catalogue: Catalogue,
    renderer: Renderer,
    recorder: tuple[ContactWriter, UnknownDevices],
    sources: Sources,
    *,
    settings: Phones | None = None,
    guard: Guard | None = None,
    **more: Any,
) -> Provisioning:
    """`settings`: the section `phones` of a configuration; `more`: fields of `Provisioning`."""
    settings = settings or Phones(patience=60)  # a busy machine turns nobody away
    proof_policy = ProofPolicy(frozenset(settings.auth), settings.networks)
    challenges = Challenges(
        database.sealer,
        sources,
        settings.digest_algorithms,
        basic="basic" in settings.auth,
        basic_without_tls=settings.basic_without_tls,
    )
    fields = {
        "records": RecordCache(database, 1_000_000, survival=settings.survival),
        "document_source": DocumentSource(
            database, catalogue, renderer, proof_policy, DocumentCache(10_000_000), RenderQueue(settings.patience)
        ),
        "recorder": Recorder(catalogue, *recorder, sources, sources.series("evt")),
        "proof_policy": proof_policy,
        "challenges": challenges,
        "guard": guard or make_guard(database, sources, settings),
        "request_cache": RequestCache(),
        "account_limit": AccountLimit(lambda: settings.max_waiting),
        **more,
    }
    return Provisioning(catalogue=catalogue, sources=sources, **fields)
