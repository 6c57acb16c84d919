"""A real mail server on this machine, for tests: keeps what it took, and answers as it is told to."""

import asyncio
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD = "dunning", "correct horse"


class Handler:
    """What the server took, and what it answers: ``answers`` by recipient for RCPT, ``data`` for the content."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answers: dict[str, str] = {}
        self.data = "250 taken"
        self.cut_off = False

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.taken.append(envelope)
        if self.cut_off:
            # Taken, and the answer never arrives.
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.data

    @property
    def messages(self) -> list[EmailMessage]:
        """The mails that were taken, as their readers see them."""
        found = []
        for envelope in self.taken:
            assert isinstance(envelope.content, bytes)
            read = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(read, EmailMessage)
            found.append(read)
        return found


def certificate(folder: Path) -> Path:
    """A certificate of its own for ``localhost``, with its key, in one file."""
    file, key = folder / "server.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(file)],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(key.read_text() + file.read_text())
    return file


@contextmanager
def serving(
    certified: Path | None = None, *, implicit: bool = False, login: bool = False, handler: Handler | None = None
) -> Iterator[tuple[Handler, int]]:
    """A server and its port; with a certificate by STARTTLS, or at once (``implicit``)."""
    handler = handler or Handler()
    trust = None
    if certified is not None:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trust.load_cert_chain(certified)

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)

    more: dict[str, Any] = {"authenticator": check, "auth_required": login} if login else {}
    if trust is not None and not implicit:
        more |= {"tls_context": trust, "require_starttls": True}
    controller = Controller(handler, hostname="localhost", port=0, ssl_context=trust if implicit else None, **more)
    controller.port = _free_port()
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])
