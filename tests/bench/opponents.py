"""What provserver is compared with in the same run: a bare aiohttp handler, and nginx with a file."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from aiohttp.test_utils import unused_port

from tests.bench.load import Target

KEYS = {"rsa": ("rsa:2048",), "ecdsa": ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")}

# Its TLS is what provserver has as well: some versions of nginx speak nothing newer than 1.2 unless they are told to.
_NGINX = """
daemon off; user root; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log {folder}/access.log; client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
  fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  keepalive_requests 1000000; ssl_session_cache off; ssl_session_tickets off;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ECDHE+AESGCM; ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;
  server {{ listen 127.0.0.1:{plain}; location / {{ root {folder}/files; try_files /file =404; }} }}
  server {{ listen 127.0.0.1:{rsa} ssl; ssl_certificate {certs}/rsa.pem; ssl_certificate_key {certs}/rsa.key;
    location / {{ root {folder}/files; try_files /file =404; }} }}
  server {{ listen 127.0.0.1:{ecdsa} ssl; ssl_certificate {certs}/ecdsa.pem; ssl_certificate_key {certs}/ecdsa.key;
    location / {{ root {folder}/files; try_files /file =404; }} }}
}}
"""


def make_certificates(folder: Path) -> None:
    """`rsa.pem`, `rsa.key`, `ecdsa.pem`, `ecdsa.key`, signed by themselves."""
    for name, kind in KEYS.items():
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-newkey", *kind, "-days", "2", "-subj", "/CN=localhost",
             "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")],
            check=True, capture_output=True,
        )  # fmt: skip


@contextmanager
def bare_handler(size: int) -> Iterator[Target]:
    """A bare handler that returns `size` bytes."""
    port = unused_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.bare_handler", str(port), str(size)])
    with _until_killed(process, f"http://127.0.0.1:{port}/"):
        yield Target(process.pid, f"http://127.0.0.1:{port}")


@contextmanager
def nginx(folder: Path, certificates: Path, body: bytes) -> Iterator[dict[str, Target]]:
    """An nginx that has `body`, by how it is asked: `plain`, `rsa`, `ecdsa`. Its own files are in `folder`."""
    files = folder / "files"
    files.mkdir()
    (files / "file").write_bytes(body)
    ports = {name: unused_port() for name in ("plain", "rsa", "ecdsa")}
    configuration = folder / "nginx.conf"
    configuration.write_text(_NGINX.format(folder=folder, certs=certificates, **ports))
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(configuration)], stderr=subprocess.DEVNULL)
    with _until_killed(process, f"http://127.0.0.1:{ports['plain']}/"):
        schemes = {name: "http" if name == "plain" else "https" for name in ports}
        yield {name: Target(process.pid, f"{schemes[name]}://127.0.0.1:{port}") for name, port in ports.items()}


@contextmanager
def _until_killed(process: "subprocess.Popen[bytes]", url: str) -> Iterator[None]:
    try:
        _wait_for(url)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            with urlopen(url, timeout=5):  # noqa: S310 - our own address
                return
        except HTTPError:
            return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
