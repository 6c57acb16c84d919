"""Mails by SMTP: made as RFC 5322 wants them, handed to a server one by one, each with a clear end.

No mail is sent twice by itself: where it is not known whether the server took one, that is said (``uncertain``).
"""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Literal

PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
# Of what a server says, so much is kept and told.
_SHOWN: Final = 200
# How a mail ended: taken by the server, perhaps later, never, or nobody knows.
End = Literal["sent", "later", "refused", "uncertain"]


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server. The password is never told: not by ``repr``, not in an error."""

    host: str
    port: int
    security: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: int = 30


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient, with PDFs by their names. ``sender`` and ``to`` are address and name."""

    message_id: str
    sender: tuple[str, str]
    to: tuple[str, str]
    subject: str
    body: str
    files: tuple[tuple[str, bytes], ...] = ()
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mail ended, and what the server or the network said."""

    end: End
    said: str = ""


class ServerFault(Exception):  # noqa: N818 - named like what it is
    """The server cannot be used at all: ``code`` is that of the finding, ``said`` what it or the network said."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(code)
        self.code = code
        self.said = said


def message_of(mail: Mail, at: datetime) -> EmailMessage:
    """The mail as it goes over the wire. Raises ValueError for a line end in a header: nothing can be slipped in."""
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(at)
    message["From"] = Address(mail.sender[1], addr_spec=mail.sender[0])
    message["To"] = Address(mail.to[1], addr_spec=mail.to[0])
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    message["Subject"] = mail.subject
    # RFC 3834: no answer of a machine, and none that starts a loop.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, cte="quoted-printable")
    for name, content in mail.files:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message


class Post:
    """A connection to a server for some mails, opened with the first one and closed at the end: ``with Post(…) as
    post: post.send(…)``."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> "Post":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def connect(self) -> None:
        """Be ready to send. Raises ServerFault where that is not possible."""
        if self._open is None:
            self._open = _connected(self._server)

    def send(self, sender: str, to: str, message: EmailMessage) -> Outcome:
        """Hand one mail over. Call ``connect`` before."""
        if self._open is None:
            raise ValueError("not connected")
        outcome = _handed_over(self._open, sender, to, message.as_bytes())
        if outcome.end != "sent":
            self._close()
        return outcome

    def _close(self) -> None:
        if self._open is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._open.quit()
            with suppress(smtplib.SMTPException, OSError):
                self._open.close()
            self._open = None


def _connected(server: Server) -> smtplib.SMTP:
    trust = ssl.create_default_context()
    try:
        if server.security == "tls":
            link: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=trust)
        else:
            link = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    except ssl.SSLError as fault:
        raise ServerFault("mail-no-tls", _said(fault)) from fault
    except (smtplib.SMTPException, OSError) as fault:
        raise ServerFault("mail-no-server", _said(fault)) from fault
    try:
        if server.security == "starttls":
            link.starttls(context=trust)
        if server.user is not None:
            link.login(server.user, server.password or "")
        else:
            link.ehlo_or_helo_if_needed()
    except (ssl.SSLError, smtplib.SMTPNotSupportedError) as fault:
        link.close()
        raise ServerFault("mail-no-tls", _said(fault)) from fault
    except smtplib.SMTPAuthenticationError as fault:
        link.close()
        # What it says is not quoted: some servers repeat what they were given.
        raise ServerFault("mail-login", str(fault.smtp_code)) from fault
    except (smtplib.SMTPException, OSError) as fault:
        link.close()
        raise ServerFault("mail-no-server", _said(fault)) from fault
    return link


def _handed_over(link: smtplib.SMTP, sender: str, to: str, content: bytes) -> Outcome:
    """One mail, step by step, so that it is known where it ended: up to the content the server has not taken it."""
    try:
        code, said = link.mail(sender, [f"size={len(content)}"] if link.has_extn("size") else [])
        if code == 250:
            code, said = link.rcpt(to)
        if code not in {250, 251}:
            return _refused(code, said)
    except (smtplib.SMTPException, OSError) as fault:
        return Outcome("later", _said(fault))
    try:
        code, said = link.data(content)
    except smtplib.SMTPDataError as fault:
        return _refused(fault.smtp_code, fault.smtp_error)
    except (smtplib.SMTPException, OSError) as fault:
        return Outcome("uncertain", _said(fault))
    return Outcome("sent", _text(code, said)) if code == 250 else _refused(code, said)


def _refused(code: int, said: bytes | str) -> Outcome:
    """RFC 5321 4.2.1: 5yz is for good, anything else may pass."""
    return Outcome("refused" if 500 <= code < 600 else "later", _text(code, said))


def _said(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPResponseException):
        return _text(fault.smtp_code, fault.smtp_error)
    return _clean(str(fault) or type(fault).__name__)


def _text(code: int, said: bytes | str) -> str:
    told = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return _clean(f"{code} {told}")


def _clean(text: str) -> str:
    told = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(told.split())[:_SHOWN]


def file_names(names: Sequence[str]) -> list[str]:
    """Names of attachments that any system takes: ASCII letters, digits, point, dash, underscore, each once."""
    found: list[str] = []
    for name in names:
        plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "-" for sign in name)
        plain = "-".join(part for part in plain.split("-") if part) or "document"
        found.append(plain if plain not in found else f"{plain}-{len(found) + 1}")
    return [f"{name}.pdf" for name in found]
