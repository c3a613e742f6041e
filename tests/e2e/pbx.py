"""A real Kamailio and real sipp phones on loopback addresses, each started and stopped by its own test."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from tests.ports import free_port

DOMAIN = "pbx.test"
_FILES = Path(__file__).parent / "sip"
_NEEDED = {"kamailio": "kamailio kamailio-tls-modules", "sipp": "sip-tester"}


def need_programs() -> None:
    """Without the programs there is nothing to test against: said aloud, and in CI a failure."""
    missing = [package for program, package in _NEEDED.items() if not _which(program)]
    if not missing:
        return
    told = f"install {' '.join(missing)} (Debian) to run the tests against a real SIP server"
    if os.environ.get("CI") or os.environ.get("PROVSERVER_CI"):
        pytest.fail(told)
    pytest.skip(told)


def password_of(user: str) -> str:
    """The rule of tests/e2e/sip/kamailio.cfg."""
    return f"secret-of-{user}"


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.02)


@dataclass
class Phone:
    """A sipp process."""

    process: subprocess.Popen[bytes]
    messages: Path

    def seen(self, method: str = "NOTIFY") -> int:
        """How many requests of a method arrived."""
        text = self.messages.read_text(errors="replace") if self.messages.exists() else ""
        return text.count(f"\n{method} sip:")

    def kill(self) -> None:
        """As when somebody pulls the plug."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(60)


@dataclass
class Pbx:
    """A running Kamailio."""

    folder: Path
    sip_port: int
    tls_port: int
    rpc_port: int
    ca: Path
    log: Path
    process: subprocess.Popen[bytes]
    _phones: ExitStack = field(default_factory=ExitStack)
    _count: int = 0

    @property
    def rpc_url(self) -> str:
        return f"http://127.0.0.1:{self.rpc_port}/RPC"

    def phone(self, user: str, transport: str = "udp", says: str = "200 OK", **keys: str) -> Phone:
        """Plug a phone in and wait until it is registered.

        `says` is its answer to a NOTIFY, or the name of a scenario; `keys`: agent and contact of the scenarios.
        """
        self._count += 1
        port = free_port()
        answers = _FILES / says
        if not says.endswith(".xml"):
            answers = self.folder / f"answers-{self._count}.xml"
            answers.write_text(_filled((_FILES / "answers.xml").read_text(), {"ANSWER": says}))
        messages = self.folder / f"phone-{self._count}.log"
        values = {
            "domain": DOMAIN,
            "agent": "Phone/1.0",
            "contact": f"127.0.0.1:{port}",
            "password": password_of(user),
            **keys,
        }
        process = subprocess.Popen(
            [
                *("sipp", f"127.0.0.1:{self.sip_port}", "-i", "127.0.0.1", "-p", str(port)),
                *("-s", user, "-au", user, "-ap", password_of(user)),
                *("-sf", str(_FILES / "phone.xml"), "-oocsf", str(answers), "-m", "1", "-nostdin"),
                *("-t", "u1" if transport == "udp" else "t1", "-trace_msg", "-message_file", str(messages)),
                *(part for name, value in values.items() for part in ("-key", name, value)),
            ],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        phone = Phone(process, messages)
        self._phones.callback(phone.kill)
        wait_until(lambda: "SIP/2.0 200" in _read(messages), f"phone {user} registered")
        return phone

    def stop(self) -> None:
        """Stop Kamailio as its operator would; the phones stay."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:  # seen when the machine is busy: its processes wait for each other
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(60)


@contextmanager
def pbx(folder: Path, **changes: str) -> Iterator[Pbx]:
    """Start Kamailio. `changes` to the words of its configuration: PATIENCE_MS, NOT_REGISTERED, USE_DOMAIN."""
    need_programs()
    ca = trustme.CA()
    certificate = ca.issue_cert("127.0.0.1", "localhost", DOMAIN)
    (folder / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    (folder / "certificate.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    ca.cert_pem.write_to_path(folder / "ca.pem")
    sip, tls, rpc = free_port(), free_port(), free_port()
    words = {
        "DOMAIN": DOMAIN,
        "SIP_PORT": str(sip),
        "TLS_PORT": str(tls),
        "RPC_PORT": str(rpc),
        "KEY": str(folder / "key.pem"),
        "CERTIFICATE": str(folder / "certificate.pem"),
        "PATIENCE_MS": "6000",  # some seconds more than a phone on a busy machine takes
        "USE_DOMAIN": "0",
        "NOT_REGISTERED": "404",
        **changes,
    }
    (folder / "kamailio.cfg").write_text(_filled((_FILES / "kamailio.cfg").read_text(), words))
    log = folder / "kamailio.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [_which("kamailio") or "kamailio", "-DD", "-E", "-f", str(folder / "kamailio.cfg"), "-Y", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    running = Pbx(folder, int(words["SIP_PORT"]), tls, rpc, folder / "ca.pem", log, process)
    try:
        wait_until(lambda: process.poll() is not None or _answers(rpc), "Kamailio answers")
        assert process.poll() is None, log.read_text()
        yield running
    finally:
        running._phones.close()
        running.stop()


def _which(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text


def _read(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _answers(port: int) -> bool:
    """Whether its workers are up: sockets are there long before them."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return probe.recv(8) == b"HTTP/1.1"
    except OSError:
        return False
