"""JSON-RPC 2.0 over HTTP, as implemented by Kamailio's `jsonrpcs`."""

import base64
import itertools
import json
import ssl
from collections.abc import Callable
from typing import Any

import aiohttp

from provserver.checksync.digest import Credentials
from provserver.checksync.problem import ProxyProblem


class RpcError(Exception):
    """The method returned an error: its `code` and `text`."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


class JsonRpc:
    """A JSON-RPC client."""

    def __init__(self, url: str, login: Credentials | None, tls: Callable[[], ssl.SSLContext]) -> None:
        self._url, self._login, self._tls = url, login, tls
        self._session: aiohttp.ClientSession | None = None
        self._ids = itertools.count(1)

    async def call(self, method: str, *parameters: str) -> Any:
        """Call a method and return its result. Raises `RpcError`, or `ProxyProblem` if Kamailio cannot be reached."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": list(parameters)}
        try:
            async with self._opened().post(self._url, json=request) as answer:
                text = await answer.text()
                status = answer.status
        except aiohttp.ClientConnectorCertificateError:
            raise ProxyProblem(f"{self._url}: its certificate is not accepted") from None
        except aiohttp.ClientError as error:
            raise ProxyProblem(f"{self._url}: {error}") from None
        return _result(text, self._url, status)

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            # One connection per call: Kamailio closes it after the response without announcing that, and POSTs are not
            # retried.
            tls = self._tls() if self._url.startswith("https:") else True
            connector = aiohttp.TCPConnector(ssl=tls, force_close=True)
            # No total timeout: the caller's deadline applies.
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=4)
            self._session = aiohttp.ClientSession(connector=connector, headers=self._headers(), timeout=timeout)
        return self._session

    def _headers(self) -> dict[str, str]:
        if self._login is None:
            return {}
        pair = f"{self._login.username}:{self._login.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def _result(text: str, url: str, status: int) -> Any:
    """Parse a response. Errors come as HTTP 4xx or 5xx *with* a JSON-RPC body; the body is authoritative."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
        raise ProxyProblem(f"{url}: HTTP {status}, which is not a JSON-RPC answer")
    if error := answer.get("error"):
        raise RpcError(int(error.get("code", 0)), str(error.get("message", "")))
    return answer["result"]
