"""Mails to debtors: one a customer and run, sent by a person's word, never twice by itself (D-11, X-14, V-19, V-20)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recon.service import confirming, dunning, logged, mailing, operator_mail, outbox, setting_up, texts
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.letters import pdf_of
from recon.store.books import reading, writing
from recon.store.dunning_tables import notices
from recon.store.log import record
from recon.store.tables import customers
from recon.store.text_tables import outbox as outbox_table
from recon.store.text_tables import outbox_notices
from tests.books import dump, rows, sound, text_in
from tests.service.decided import line_of
from tests.service.mail_server import PASSWORD, USER, Handler, certificate, serving

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-25"


@pytest.fixture
def server() -> Iterator[tuple[Handler, int]]:
    """A server without encryption, as on the same machine."""
    with serving() as found:
        yield found


def _set_up(context: Context, port: int, **more: str) -> None:
    keys = {"host": "localhost", "port": str(port), "security": "none", "sender": "dunning@example.com", "timeout": "5"}
    for key, value in {**keys, **more}.items():
        setting_up.change(context, f"mail.{key}", value)


def _issued(context: Context) -> str:
    """A run with its mails in the outbox; those of the runs before went another way."""
    for mail in outbox.list_mails(context, "queued"):
        outbox.cancel_mail(context, mail.id, "went by post")
    run = str(dunning.freeze(context, Scope()).run)
    dunning.issue(context, run)
    return run


def _refused(call: Callable[[], object]) -> list[str]:
    with pytest.raises(Refused) as no:
        call()
    return [finding.code for finding in no.value.findings]


def _codes(done: mailing.Sent) -> list[str]:
    return [finding.code for finding in done.findings]


def _later(context: Context, minutes: int) -> Context:
    """The same books, so many minutes later by the real time."""
    hour, minute = divmod(9 * 60 + minutes, 60)
    return replace(context, stamp=replace(context.stamp, recorded_at=f"{DAY}T{hour:02}:{minute:02}:00+00:00"))


@pytest.fixture
def books(
    books_at: BooksAt, opened: Opened, server: tuple[Handler, int]
) -> Iterator[tuple[Context, Handler, str, str]]:
    """Books with an issued run, their mail server, the run and the address of the books."""
    handler, port = server
    url = books_at("returned")
    context = opened(url, DAY)
    _set_up(context, port)
    yield context, handler, _issued(context), url
    sound(url)


def test_d_11_x_14_one_mail_a_customer_with_its_text_and_the_letter_as_pdf(
    books: tuple[Context, Handler, str, str],
) -> None:
    context, handler, run, url = books
    by_mail = rows(url, select(notices).where(notices.c.channel == "email", notices.c.issued_on == date(2026, 11, 25)))
    waiting = outbox.list_mails(context, "queued", run)
    assert len(waiting) == len({row.customer_id for row in by_mail}) > 1
    assert not handler.taken
    done = mailing.send(context)
    assert done.findings == ()
    assert [mail.status for mail in done.mails] == ["sent"] * len(waiting)
    assert len(handler.taken) == len(waiting)
    with reading(context.books) as connection:
        for mail, envelope, message in zip(done.mails, handler.taken, handler.messages, strict=True):
            assert envelope.rcpt_tos == [mail.recipient] == [message["To"].addresses[0].addr_spec]
            assert message["Message-ID"] == mail.message_id
            body = message.get_body()
            assert body is not None
            assert body.get_content().replace("\r\n", "\n").strip() == mail.body
            files = list(message.iter_attachments())
            assert [file.get_content() for file in files] == [
                pdf_of(connection, int(number[1:])) for number, _, _ in mail.notices
            ]
            assert all(file.get_content_type() == "application/pdf" for file in files)
            assert all(str(file.get_filename()).isascii() for file in files)
    out = {row.id: row.dispatched_on for row in rows(url, select(notices).where(notices.c.channel == "email"))}
    assert all(out[row.id] == date(2026, 11, 25) for row in by_mail)
    assert mailing.send(context).mails == ()
    assert len(handler.taken) == len(waiting)


def test_d_11_the_body_is_the_mail_text_and_nothing_of_the_letter(
    books_at: BooksAt, opened: Opened, server: tuple[Handler, int]
) -> None:
    handler, port = server
    context = opened(books_at("returned"), DAY)
    _set_up(context, port)
    for language in ("de", "en"):
        for level in (1, 2, 3):
            for field in ("subject", "mail", "before", "after", "header", "footer"):
                texts.set_text(context, level, field, language, f"{field.upper()} {{n}} {language} {{name}}")
    _issued(context)
    mailing.send(context)
    assert handler.messages
    for message in handler.messages:
        body = message.get_body()
        assert body is not None
        told = body.get_content()
        assert told.startswith("MAIL ")
        assert str(message["Subject"]).startswith("SUBJECT ")
        assert not any(word in told for word in ("BEFORE", "AFTER", "HEADER", "FOOTER"))


def test_x_14_nothing_goes_out_by_itself_and_nothing_in_a_dry_run(
    books: tuple[Context, Handler, str, str],
) -> None:
    context, handler, _, url = books
    before = dump(url)
    tried = mailing.send(replace(context, dry_run=True))
    assert len(tried.mails) == len(outbox.list_mails(context, "queued"))
    assert not handler.taken
    assert dump(url) == before


def test_a_found_sending_is_uncertain_and_waits_for_a_word(books: tuple[Context, Handler, str, str]) -> None:
    """As a run leaves it that was cut off between the two commits."""
    context, handler, _, _ = books
    first, *others = outbox.list_mails(context, "queued")
    with writing(context.books) as connection:
        outbox.settle(connection, context.stamp, first, status="sending", attempts=1)
    done = mailing.send(context)
    assert _codes(done) == ["mail-uncertain"]
    assert len(handler.taken) == len(others)
    assert mailing.send(context).mails == ()
    assert outbox.show_mail(context, first.id).status == "uncertain"
    assert _refused(lambda: mailing.send(context, [first.id])) == ["mail-not-now"]
    outbox.retry(context, first.id, "the server has no record of it")
    (again,) = mailing.send(context).mails
    assert (again.status, again.message_id) == ("sent", first.message_id)
    assert len(handler.taken) == len(others) + 1


def test_an_uncertain_mail_that_arrived_is_confirmed(books: tuple[Context, Handler, str, str]) -> None:
    context, handler, _, url = books
    handler.cut_off = True
    first = outbox.list_mails(context, "queued")[0]
    done = mailing.send(context, [first.id])
    assert _codes(done) == ["mail-uncertain"]
    assert len(handler.taken) == 1
    assert outbox.confirm_sent(context, first.id, "in the server's log").status == "sent"
    number = int(first.notices[0][0][1:])
    assert rows(url, select(notices.c.dispatched_on).where(notices.c.id == number))[0][0] == date(2026, 11, 25)
    assert _refused(lambda: outbox.retry(context, first.id, "again")) == ["mail-not-now"]
    assert _refused(lambda: outbox.cancel_mail(context, first.id, "no")) == ["mail-not-now"]


def test_a_failure_that_may_pass_waits_longer_each_time_and_ends(books: tuple[Context, Handler, str, str]) -> None:
    context, handler, _, _ = books
    mail = outbox.list_mails(context, "queued")[0]
    for other in outbox.list_mails(context, "queued")[1:]:
        outbox.cancel_mail(context, other.id, "not now")
    handler.answers[mail.recipient] = "451 4.3.0 busy"
    minutes = 0
    for wait in mailing.WAITS:
        done = mailing.send(_later(context, minutes))
        assert _codes(done) == ["mail-later"]
        assert done.mails[0].status == "queued"
        assert done.mails[0].error == "451 4.3.0 busy"
        assert mailing.send(_later(context, minutes + wait - 1)).mails == ()
        minutes += wait
    done = mailing.send(_later(context, minutes))
    assert _codes(done) == ["mail-refused"]
    assert done.mails[0].status == "failed"
    assert not handler.taken


def test_a_mail_that_cannot_be_delivered_is_told_with_the_way_out(
    books: tuple[Context, Handler, str, str],
) -> None:
    context, handler, _, url = books
    mail = outbox.list_mails(context, "queued")[0]
    handler.answers[mail.recipient] = "550 5.1.1 no such user"
    done = mailing.send(context)
    (told,) = done.findings
    assert (told.code, told.where) == ("mail-refused", mail.id)
    assert dict(told.facts)["notice"] == mail.notices[0][0]
    assert outbox.show_mail(context, mail.id).status == "failed"
    assert mailing.send(context).mails == ()
    # The customer's address is corrected.
    handler.answers.clear()
    number = rows(url, select(customers.c.id).where(customers.c.customer_no == mail.customer_no))[0][0]
    with writing(context.books) as connection:
        changed = customers.update().where(customers.c.id == number).values(email="right@example.com")
        connection.execute(changed)
        record(connection, context.stamp, "test", mail.customer_no)
    assert outbox.retry(context, mail.id, "address corrected").recipient == "right@example.com"
    assert [one.status for one in mailing.send(context).mails] == ["sent"]


def test_who_has_paid_meanwhile_is_not_written_to(books: tuple[Context, Handler, str, str]) -> None:
    """One in full, another in part: his mail waits for a person's word."""
    context, handler, _, url = books
    waiting = outbox.list_mails(context, "queued")
    wanted = [Wanted("RE-2026-0801", None), Wanted("RE-2026-0832", 5000)]
    paid, partly = (next(mail for mail in waiting if mail.customer_no == number) for number in ("10010", "10035"))
    confirming.confirm(context, line_of(url, "1120A04"), wanted)
    done = mailing.send(context)
    assert {(finding.code, finding.where) for finding in done.findings} == {
        ("mail-paid", paid.id), ("mail-changed", partly.id),
    }  # fmt: skip
    found = {mail.id: mail for mail in done.mails}
    assert (found[paid.id].status, found[paid.id].reason) == ("cancelled", "mail_paid_meanwhile")
    assert found[partly.id].status == "queued"
    reached = {envelope.rcpt_tos[0] for envelope in handler.taken}
    assert len(reached) == len(waiting) - 2
    assert not {paid.recipient, partly.recipient} & reached
    outbox.retry(context, partly.id, "talked to him")
    assert [mail.status for mail in mailing.send(context).mails] == ["sent"]


def test_a_mail_whose_deadline_has_passed_waits_for_a_word(books: tuple[Context, Handler, str, str]) -> None:
    context, handler, _, _ = books
    late = replace(context, stamp=replace(context.stamp, as_of=date(2026, 12, 20)))
    waiting = outbox.list_mails(context, "queued")
    assert _codes(mailing.send(late)) == ["mail-changed"] * len(waiting)
    assert not handler.taken


def test_the_mail_of_a_cancelled_notice_is_cancelled(books: tuple[Context, Handler, str, str]) -> None:
    context, handler, _, _ = books
    mail = next(one for one in outbox.list_mails(context, "queued") if len(one.notices) == 1)
    dunning.cancel(context, mail.notices[0][0], "by mistake")
    now = outbox.show_mail(context, mail.id)
    assert (now.status, now.reason) == ("cancelled", "mail_notice_cancelled")
    mailing.send(context)
    assert mail.recipient not in {envelope.rcpt_tos[0] for envelope in handler.taken}


def test_f_16_new_customers_by_post_and_after_the_change_only_later_notices_by_mail(
    books_at: BooksAt, opened: Opened
) -> None:
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    text_in(context, customers="customer_no;name;email\nN-1;Neu Beispiel;neu@example.com\n")
    item = "invoice_no;customer_no;amount;due_date\nN-A;N-1;10.00;2026-09-01\n"
    text_in(context, items=item)
    first = dunning.freeze(context, Scope(customer="N-1"))
    assert [notice.channel for _, notice in first.notices] == ["letter"]
    dunning.issue(context, str(first.run))
    text_in(context, customers="customer_no;name;email;dispatch\nN-1;Neu Beispiel;neu@example.com;email\n")
    assert outbox.list_mails(context) == []
    later = opened(url, "2026-11-20")
    second = dunning.freeze(later, Scope(customer="N-1"))
    assert [notice.channel for _, notice in second.notices] == ["email"]
    dunning.issue(later, str(second.run))
    assert [mail.recipient for mail in outbox.list_mails(later)] == ["neu@example.com"]
    channels = [row.channel for row in rows(url, select(notices.c.channel).order_by(notices.c.id))]
    assert channels == ["letter", "email"]


def test_v_19_without_the_operators_address_the_run_warns_before(
    books_at: BooksAt, opened: Opened, server: tuple[Handler, int]
) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    _set_up(context, server[1])
    for made in (dunning.preview(context, Scope()), dunning.freeze(context, Scope())):
        assert "mail-no-operator" in {finding.code for finding in made.findings}
    assert _refused(lambda: operator_mail.mail_operator(context, "D3")) == ["mail-no-operator"]
    setting_up.change(context, "mail.operator", "operator@example.com")
    assert "mail-no-operator" not in {finding.code for finding in dunning.preview(context, Scope()).findings}


def test_v_20_x_14_one_mail_with_the_whole_document_to_the_operator_and_none_to_debtors(
    books: tuple[Context, Handler, str, str],
) -> None:
    context, handler, run, url = books
    setting_up.change(context, "mail.operator", "operator@example.com")
    before = [mail.status for mail in outbox.list_mails(context)]
    told = operator_mail.mail_operator(replace(context, dry_run=True), run)
    assert not handler.taken
    done = operator_mail.mail_operator(context, run)
    (envelope,), (message,) = handler.taken, handler.messages
    assert envelope.rcpt_tos == ["operator@example.com"]
    (document,) = message.iter_attachments()
    assert document.get_content()[:5] == b"%PDF-"
    assert document.get_filename() == f"Mahnlauf-{run}.pdf"
    count = len([row for row in rows(url, select(notices.c.id, notices.c.status, notices.c.issued_on))
                 if row.status == "issued" and row.issued_on == date(2026, 11, 25)])  # fmt: skip
    assert (done.notices, told.notices) == (count, count)
    body = message.get_body()
    assert body is not None
    assert body.get_content().count("EUR") >= count
    assert [mail.status for mail in outbox.list_mails(context)] == before
    assert _refused(lambda: operator_mail.mail_operator(context, "D99")) == ["dunning-run-unknown"]


@pytest.mark.parametrize("implicit", [False, True])
def test_tls_with_login_where_it_is_set(
    books_at: BooksAt, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, implicit: bool
) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(file, implicit=implicit, login=not implicit) as (handler, port):
        user = {} if implicit else {"user": USER}
        _set_up(context, port, security="tls" if implicit else "starttls", **user)
        _issued(context)
        done = mailing.send(context, password=PASSWORD)
        assert done.findings == ()
        assert len(handler.taken) == len(done.mails) > 0
    assert PASSWORD not in json.dumps([str(row) for row in dump(url).items()])


def test_without_a_trusted_certificate_or_without_tls_nothing_is_sent(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    _set_up(context, 1)
    _issued(context)
    with serving(certificate(tmp_path)) as (handler, port):
        setting_up.change(context, "mail.port", str(port))
        setting_up.change(context, "mail.security", "starttls")
        assert _codes(mailing.send(context)) == ["mail-no-tls"]
        assert not handler.taken
    with serving() as (handler, port):
        setting_up.change(context, "mail.port", str(port))
        assert _codes(mailing.send(context)) == ["mail-no-tls"]
        assert not handler.taken
    assert _codes(mailing.send(context)) == ["mail-no-server"]
    assert not outbox.list_mails(context, "sent")
    assert outbox.list_mails(context, "queued")


def test_a_wrong_password_is_told_and_never_quoted(
    books_at: BooksAt, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = books_at("returned")
    context = opened(url, DAY)
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(file, login=True) as (handler, port):
        _set_up(context, port, security="starttls", user=USER)
        _issued(context)
        done = mailing.send(context, password="wrong secret")
        assert _codes(done) == ["mail-login"]
        assert not handler.taken
    told = repr(done) + repr([record.after for record in logged.records(context)]) + repr(setting_up.show(context))
    assert "wrong secret" not in told
    assert "wrong secret" not in repr(mailing.server_of(setting_up.show(context), "wrong secret"))


def test_where_the_password_comes_from(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    context = opened(books_at("set_up"), DAY)
    assert _refused(lambda: mailing.send(context)) == ["mail-not-set-up"]
    _set_up(context, 25, user=USER)
    assert _refused(lambda: mailing.send(context)) == ["mail-clear-password"]
    setting_up.change(context, "mail.security", "starttls")
    assert _refused(lambda: mailing.send(context)) == ["mail-no-password"]
    setting_up.change(context, "mail.password_file", str(tmp_path / "none"))
    assert _refused(lambda: mailing.send(context)) == ["mail-password-file"]
    (tmp_path / "none").write_text("from the file\nsecond line\n")
    assert mailing.server_of(setting_up.show(context)).password == "from the file"
    assert mailing.server_of(setting_up.show(context), "from the environment").password == "from the environment"


def test_what_a_customer_is_called_slips_nothing_into_the_mail(
    books_at: BooksAt, opened: Opened, server: tuple[Handler, int]
) -> None:
    handler, port = server
    url = books_at("tables")
    context = opened(url, "2026-10-20")
    _set_up(context, port)
    with writing(context.books) as connection:
        evil = (
            customers.update()
            .where(customers.c.customer_no == "10010")
            .values(name="Jane\r\nBcc: all@example.com\r\n\r\n<script>{total}", dispatch="email")
        )
        connection.execute(evil)
        connection.execute(
            customers.update()
            .where(customers.c.customer_no == "10002")
            .values(email="max@example.com>\r\nRCPT TO:<other@example.com", dispatch="email")
        )
        record(connection, context.stamp, "test", "10010")
    for number in ("10010", "10002"):
        text_in(context, items=f"invoice_no;customer_no;amount;due_date\nX-{number};{number};10.00;2026-09-01\n")
        _issued_for(context, number)
    bad = next(mail for mail in outbox.list_mails(context) if mail.customer_no == "10002")
    assert (bad.status, bad.error) == ("failed", outbox.BAD_ADDRESS)
    mailing.send(context)
    (envelope,), (message,) = handler.taken, handler.messages
    assert envelope.rcpt_tos == ["jane.sample@example.com"]
    assert message["Bcc"] is None
    assert [one.addr_spec for one in message["To"].addresses] == ["jane.sample@example.com"]
    body = message.get_body()
    assert body is not None
    assert body.get_content_type() == "text/plain"


def _issued_for(context: Context, customer_no: str) -> None:
    dunning.issue(context, str(dunning.freeze(context, Scope(customer=customer_no)).run))


def test_no_notice_is_in_two_mails_and_issuing_twice_queues_once(books: tuple[Context, Handler, str, str]) -> None:
    context, _, run, url = books
    before = dump(url)
    dunning.issue(context, run)
    assert dump(url) == before
    carried: list[Any] = [row.notice_id for row in rows(url, select(outbox_notices))]
    assert len(carried) == len(set(carried)) > 0
    assert len(rows(url, select(outbox_table))) == len(outbox.list_mails(context))


def test_several_notices_of_a_customer_are_in_one_mail_with_their_sums(
    books_at: BooksAt, opened: Opened, server: tuple[Handler, int]
) -> None:
    """One notice a currency: the mail names all invoices, and each currency's sum."""
    handler, port = server
    context = opened(books_at("tables"), "2026-10-20")
    _set_up(context, port)
    text_in(context, customers="customer_no;name;email;dispatch\nN-1;Neu Beispiel;neu@example.com;email\n")
    lines = ["N-A;N-1;10.00;2026-09-01;EUR", "N-B;N-1;1000.00;2026-09-02;EUR", "N-C;N-1;20.00;2026-09-01;DKK"]
    text_in(context, items="\n".join(["invoice_no;customer_no;amount;due_date;currency", *lines]) + "\n")
    _issued_for(context, "N-1")
    (mail,) = outbox.list_mails(context)
    assert len(mail.notices) == 2
    assert "20,00 DKK + 1.010,00 EUR" in mail.subject or "1.010,00 EUR + 20,00 DKK" in mail.subject
    assert all(number in mail.body for number in ("N-A", "N-B", "N-C"))
    mailing.send(context)
    (message,) = handler.messages
    assert len({file.get_filename() for file in message.iter_attachments()}) == 2
