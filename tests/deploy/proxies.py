"""The shipped proxy configurations, started as they are but for ports, names and folders."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.docs.markdown import ROOT
from tests.ports import free_port

DEPLOY = ROOT / "deploy"

_NGINX = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1; user root;
events {{ }}
http {{
  access_log off;
  {temporary}
  include {folder}/conf/*.conf;
}}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Ports:
    """Where a proxy listens."""

    http: int
    https: int
    old: int


@asynccontextmanager
async def nginx(folder: Path, upstream: int) -> AsyncIterator[Ports]:
    """Nginx with both files of `deploy/nginx`; the certificates are in `folder`/tls."""
    ports = Ports(free_port(), free_port(), free_port())
    conf = folder / "conf"
    conf.mkdir()
    for file in (DEPLOY / "nginx").glob("*.conf"):
        text = _moved(file.read_text(), folder, upstream)
        for before, port in (("listen 80;", ports.http), ("listen 443 ssl;", ports.https), ("listen 8444", ports.old)):
            text = text.replace(before, before.replace(before.split()[1].rstrip(";"), f"127.0.0.1:{port}"))
        (conf / file.name).write_text(text)
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in _TEMPORARY)
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, temporary=temporary))
    opens = ports.http, ports.https, ports.old
    async with _running(opens, folder, "/usr/sbin/nginx", "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"):
        yield ports


@asynccontextmanager
async def caddy(folder: Path, upstream: int) -> AsyncIterator[Ports]:
    """Caddy with `deploy/caddy/Caddyfile`; the certificates are in `folder`/tls."""
    ports = Ports(free_port(), free_port(), free_port())
    text = _moved((DEPLOY / "caddy" / "Caddyfile").read_text(), folder, upstream)
    own = f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port {ports.http}\n\thttps_port {ports.https}\n"
    (folder / "Caddyfile").write_text(text.replace("{\n", own, 1))
    opens = ports.http, ports.https
    async with _running(opens, folder, "caddy", "run", "--config", f"{folder}/Caddyfile", "--adapter", "caddyfile"):
        yield ports


def _moved(text: str, folder: Path, upstream: int) -> str:
    return (
        text.replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
        .replace("/etc/provserver/tls", str(folder / "tls"))
        .replace("prov.example.com", "localhost")
    )


@asynccontextmanager
async def _running(opens: Iterable[int], folder: Path, *command: str) -> AsyncIterator[None]:
    log = folder / "proxy.log"
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, stdout=output, stderr=output, env=environment)
    try:
        for port in opens:
            await _until_open(port, process, log)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _until_open(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    for _ in range(2000):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert process.returncode is None, f"it ended: see {log}"
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise AssertionError(f"it does not listen: see {log}")
