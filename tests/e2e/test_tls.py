"""The real process with TLS: what an operator sees, and what a renewed certificate does to those who are connected."""

import signal
import socket
import ssl
from pathlib import Path

from tests.e2e.process import PATIENCE, run, serving, wait_for
from tests.pki import Authority

ROOT = Authority("Web root")


def test_a_certificate_is_renewed_while_connections_stay(tmp_path: Path) -> None:
    certificate, key = ROOT.issue(dns="localhost", CN="first").write(tmp_path / "tls", "server")
    variables = {
        "PROVSERVER_PHONES__TLS__CERT": str(certificate),
        "PROVSERVER_PHONES__TLS__KEY": str(key),
        "PROVSERVER_PHONES__TLS__COMPATIBILITY_PORT": "0",
    }
    with serving(tmp_path, **variables) as server:
        assert server.phones.startswith("https://127.0.0.1:")
        assert "weak_tls" in server.said()
        address = ("127.0.0.1", int(server.phones.rpartition(":")[2]))
        before = _connect(address)
        assert "first" in _shown(address)
        ROOT.issue(dns="localhost", CN="second").write(tmp_path / "tls", "server")
        server.process.send_signal(signal.SIGHUP)
        wait_for(server, "certificates_reloaded")
        assert "second" in _shown(address)
        before.sendall(b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert before.recv(4096).startswith(b"HTTP/1.1 404")
        before.close()
        certificate.write_text("half a file")
        server.process.send_signal(signal.SIGHUP)
        assert str(certificate) in wait_for(server, "certificates_not_reloaded")
        assert "second" in _shown(address)
        assert server.stop() == 0


def test_check_names_the_file_that_cannot_be_used(tmp_path: Path) -> None:
    certificate, _ = ROOT.issue(CN="a").write(tmp_path / "tls", "a")
    _, key = ROOT.issue(CN="b").write(tmp_path / "tls", "b")
    variables = {"PROVSERVER_PHONES__TLS__CERT": str(certificate), "PROVSERVER_PHONES__TLS__KEY": str(key)}
    checked = run(tmp_path, "check", **variables)
    assert checked.returncode == 1
    assert f"{key}: is not the key of {certificate}" in checked.stderr


def _connect(address: tuple[str, int]) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(address, timeout=PATIENCE))


def _shown(address: tuple[str, int]) -> str:
    """The certificate that is served, as text that holds its common name."""
    with _connect(address) as connection:
        return (connection.getpeercert(binary_form=True) or b"").decode("latin-1")
