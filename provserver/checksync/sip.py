"""The default back end: our own SIP client sends the NOTIFY to the line's proxy, which routes it to the phone.

It is addressed to the AOR, so all devices where the user is registered receive it; `targeted` is always false.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sipmessage import Response

from provserver.checksync.destination import Destination, destination_of
from provserver.checksync.digest import Credentials, Keyring, Signed
from provserver.checksync.flow import Flow
from provserver.checksync.lines import Progress, ask_all
from provserver.checksync.notify import MAGIC, Attempt, Sender, address_of_record, notify_request
from provserver.checksync.problem import ProxyProblem, in_words
from provserver.checksync.resolve import HopFinder
from provserver.checksync.transaction import NoAnswerInTime, Timers, transact
from provserver.checksync.transport import Flows, Hop
from provserver.domain.checksync import LineOutcome, Registration, Route, Target, status_of

_AUTHENTICATE = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Our identity towards the proxy; None: the line itself, with its own credentials."""

    proxy: Credentials | None

    def sender_of(self, target: Target) -> str:
        """`user@domain` for the From header. Proxies compare it with the authenticated user."""
        if self.proxy is None:
            return target.aor
        return self.proxy.username if "@" in self.proxy.username else f"{self.proxy.username}@{target.domain}"

    def keys_of(self, target: Target) -> Mapping[int, Credentials]:
        """The credentials to answer a 401 and a 407."""
        line = Credentials(target.auth_username or target.username, target.password)
        if self.proxy is None:
            return {401: line, 407: line}
        return {401: line, 407: Credentials(self.proxy.username.partition("@")[0], self.proxy.password)}


class SipNotifier:
    """Sends NOTIFY requests. `entropy(n)` gives n random bytes."""

    def __init__(
        self,
        identity: Identity,
        flows: Flows,
        finder: HopFinder,
        entropy: Callable[[int], bytes],
        timers: Timers | None = None,
    ) -> None:
        self._identity, self._flows, self._finder = identity, flows, finder
        self._entropy, self._timers = entropy, timers or Timers()

    async def notify(self, targets: Sequence[Target], route: Route, deadline_seconds: float) -> list[LineOutcome]:
        """Notify all lines concurrently, each in its own transaction, with one flow per hop."""
        ends_at = asyncio.get_running_loop().time() + deadline_seconds
        lookups: dict[Destination, asyncio.Task[list[Hop]]] = {}

        async def ask(target: Target, progress: Progress) -> LineOutcome:
            destination = destination_of(route, target.domain)
            progress.doing = f"looking up {destination.host}"
            if destination not in lookups:
                lookups[destination] = asyncio.create_task(self._finder.hops(destination))
            hops = await asyncio.shield(lookups[destination])
            return outcome_of(target, await self._over(hops, target, progress, ends_at), self._identity)

        try:
            return await ask_all(targets, deadline_seconds, ask)
        finally:
            for task in lookups.values():
                task.cancel()
            await asyncio.gather(*lookups.values(), return_exceptions=True)

    async def registrations(self, targets: Sequence[Target]) -> Mapping[int, Registration] | None:
        """Always None: a proxy does not report registrations."""
        return None

    async def close(self) -> None:
        """Close the sockets."""
        await self._flows.close()

    async def _over(self, hops: Sequence[Hop], target: Target, progress: Progress, ends_at: float) -> Response:
        """Try the hops in order (RFC 3263, section 4.3), moving on if one is dead, silent or answers 503.

        Each gets a share of the remaining time, and the last hop all of it.
        """
        *alternatives, last = hops
        for index, hop in enumerate(alternatives):
            share = (ends_at - asyncio.get_running_loop().time()) / (len(hops) - index)
            try:
                async with asyncio.timeout(share):
                    response = await self._at(hop, target, progress)
            except (TimeoutError, ProxyProblem):
                continue
            if response.code != 503:
                return response
        return await self._at(last, target, progress)

    async def _at(self, hop: Hop, target: Target, progress: Progress, *, again: bool = False) -> Response:
        """The final response from `hop`. If a reused connection turns out to be closed, it is reopened once."""
        progress.doing, progress.sent = f"connecting to {hop}", False
        flow = await self._flows.flow(hop)
        reused = flow.used and flow.reliable
        progress.sent = True
        try:
            return await self._converse(flow, target)
        except NoAnswerInTime:
            raise TimeoutError from None
        except OSError as error:
            if not reused or again:
                raise ProxyProblem(f"{hop}: {in_words(error)}") from error
        return await self._at(hop, target, progress, again=True)

    async def _converse(self, flow: Flow, target: Target) -> Response:
        """Send, and repeat with credentials while new challenges arrive (RFC 3261, section 22)."""
        sender = Sender(self._identity.sender_of(target), self._random(8), self._random(16))
        signed = Signed("NOTIFY", str(address_of_record(target.aor)), (target.body or "").encode())
        keyring = Keyring(self._identity.keys_of(target), lambda: self._random(8))
        sequence = 0
        while True:
            sequence += 1
            attempt = Attempt(sequence, MAGIC + self._random(12), keyring.answers(signed))
            request = notify_request(target, sender, flow.local, attempt)
            response = await transact(flow, request, attempt.branch, self._timers)
            challenge = response.headers.getlist(_AUTHENTICATE.get(response.code, ""))
            if not challenge or not keyring.take(response.code, challenge):
                return response

    def _random(self, size: int) -> str:
        return self._entropy(size).hex()


def outcome_of(target: Target, response: Response, identity: Identity) -> LineOutcome:
    """Interpret a final response. Responses of the proxy itself are distinguished from those of the phone."""
    said = f"{response.code} {response.phrase}".strip()
    if response.code == 407 and identity.proxy is None:
        raise ProxyProblem(
            f"{said}: it requires credentials and refuses those of the line; set checksync.username", 407
        )
    if response.code == 407:
        raise ProxyProblem(f"{said}: it refuses the credentials in checksync.username and checksync.password", 407)
    if response.code == 503:  # proxies convert a phone's 503 to 500 (RFC 3261, section 16.7)
        raise ProxyProblem(said, 503)
    if response.code == 401:
        said = f"{said}: the phone refuses the line's own credentials"
    status = status_of(response.code)
    return LineOutcome(target.line_number, status, response.code, None if response.code < 300 else said, targeted=False)
