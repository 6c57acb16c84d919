"""``opos mail send`` killed in the middle of a mail: nobody gets one twice without a person's word (decision 0029)."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import Envelope, Session

from recon.service import dunning, mailing, outbox, setting_up
from recon.service.dunnable import Scope
from tests.books import ROOT, Databases, context_of, sound
from tests.conftest import template
from tests.service.mail_server import Handler, serving

DAY = "2026-11-25"
pytestmark = pytest.mark.slow


class Killing(Handler):
    """Kills the sender at the n-th mail, before it takes the recipient or when it has the whole mail."""

    def __init__(self, at: int, when: str) -> None:
        super().__init__()
        self.sender: int | None = None
        self.at, self.when, self.seen = at, when, 0

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.seen += 1
        if self.when == "recipient":
            self._kill()
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self.when == "content":
            self._kill()
        return answer

    def _kill(self) -> None:
        if self.sender is not None and self.seen == self.at:
            os.kill(self.sender, signal.SIGKILL)


@pytest.mark.parametrize("when", ["recipient", "content"])
@pytest.mark.parametrize("at", [1, 3])
def test_a_killed_sender_leaves_one_mail_uncertain_and_sends_none_twice(
    databases: Databases, at: int, when: str
) -> None:
    address = databases.copy(template(databases, "sqlite", "returned"))
    handler = Killing(at, when)
    with serving(handler=handler) as (_, port):
        context = context_of(address, DAY)
        for key, value in {"host": "localhost", "port": str(port), "security": "none",
                           "sender": "dunning@example.com"}.items():  # fmt: skip
            setting_up.change(context, f"mail.{key}", value)
        for mail in outbox.list_mails(context, "queued"):
            outbox.cancel_mail(context, mail.id, "went by post")
        dunning.issue(context, str(dunning.freeze(context, Scope()).run))
        waiting = outbox.list_mails(context, "queued")
        assert len(waiting) > at
        context.books.engine.dispose()
        sender = _sender(address)
        handler.sender = sender.pid
        sender.stdin.write(b"\n")  # type: ignore[union-attr]
        sender.communicate(timeout=60)
        assert sender.returncode == -signal.SIGKILL
        handler.sender = None
        context = context_of(address, DAY)
        (left,) = outbox.list_mails(context, "sending")
        done = mailing.send(context)
        assert [(finding.code, finding.where) for finding in done.findings] == [("mail-uncertain", left.id)]
        for _ in range(2):
            assert mailing.send(context).mails == ()
        got = Counter(message["Message-ID"] for message in handler.messages)
        assert set(got.values()) == {1}
        expected = {mail.message_id for mail in waiting}
        assert set(got) == (expected if when == "content" else expected - {left.message_id})
        outbox.retry(context, left.id, "the customer has not got it")
        mailing.send(context)
        again = Counter(message["Message-ID"] for message in handler.messages)
        assert again == got + Counter([left.message_id])
        assert {mail.status for mail in outbox.list_mails(context, run_name=waiting[0].run)} == {"sent"}
        context.books.engine.dispose()
    sound(address)
    databases.drop(address)


def _sender(address: str) -> "subprocess.Popen[bytes]":
    """A process of its own that waits for a line before it sends."""
    words = ["opos", "--books", address, "--as-of", DAY, "--actor", "tester", "mail", "send"]
    program = f"import sys; sys.argv = {words!r}; sys.stdin.readline(); from cli import main; main()"
    return subprocess.Popen([sys.executable, "-c", program], cwd=Path(ROOT), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
