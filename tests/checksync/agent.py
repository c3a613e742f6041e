"""A scripted SIP user agent on real sockets: for each request it says what the script has next."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sipmessage import Message, Request

from provserver.checksync.framing import Framer

Answer = str | bytes | None
Script = Callable[[Request, int], Answer | Sequence[Answer]]
"""The request and how many came before it -> `200 OK`, with further header lines; bytes go out as they are."""


def always(*answers: Answer) -> Script:
    """The same for every request; several answers one after the other (100, then 200)."""
    return lambda request, count: answers


def in_turn(*answers: Answer) -> Script:
    """One after the other, the last for all further requests."""
    return lambda request, count: answers[min(count, len(answers) - 1)]


def response(request: Request, says: str) -> bytes:
    """`200 OK`, or `401 Unauthorized` with more header lines below it, to `request`."""
    status, _, more = says.partition("\r\n")
    lines = [f"SIP/2.0 {status}", *(f"Via: {via}" for via in request.headers.getlist("Via"))]
    lines += [f"{name}: {request.headers[name]}" for name in ("From", "Call-ID", "CSeq")]
    lines += [f"To: {request.headers['To']};tag=agent", *([more] if more else []), "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode()


class Agent:
    """What arrived (`requests`, `times` in seconds of the loop's clock) and on how many connections."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.times: list[float] = []
        self.connections = 0
        self.port = 0
        self.hang_up: Callable[[], None] = lambda: None

    def heard(self, data: bytes, send: Callable[[bytes], Any]) -> None:
        request = Message.parse(data)
        assert isinstance(request, Request)
        said = self.script(request, len(self.requests))
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        for answer in [said] if said is None or isinstance(said, str | bytes) else said:
            if answer is not None:
                send(answer if isinstance(answer, bytes) else response(request, answer))


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, agent: Agent) -> None:
        self.agent = agent

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.agent.heard(data, lambda answer: self.transport.sendto(answer, addr))


@asynccontextmanager
async def udp_agent(script: Script, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Agent]:
    agent = Agent(script)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: _Datagrams(agent), local_addr=(host, port)
    )
    agent.port = transport.get_extra_info("sockname")[1]
    try:
        yield agent
    finally:
        transport.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def stream_agent(
    script: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[Agent]:
    agent = Agent(script)
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        agent.connections += 1
        writers.append(writer)
        framer = Framer()
        while data := await reader.read(4096):
            for message in framer.feed(data):
                agent.heard(message, writer.write)

    def hang_up() -> None:
        for writer in writers:
            writer.close()
        writers.clear()

    agent.hang_up = hang_up
    server = await asyncio.start_server(serve, host, port, ssl=tls)
    agent.port = server.sockets[0].getsockname()[1]
    try:
        yield agent
    finally:
        server.close()
        hang_up()
        await asyncio.sleep(0.02)
