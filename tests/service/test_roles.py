"""Who may do what: every use case of ``recon.service`` is called by every role, and by somebody who is no user.

A use case is a public function that is given a ``Context``. A new one without a line in ``CALLS`` fails here: say which
actions it asks for and how it is called on the demo books; who may do them stands in ``recon/model/roles.py``.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import pytest

import recon.service
from recon.model.complaints import CallOutcome, ComplaintOutcome, Document
from recon.model.roles import ACTIONS, Action, User, UserRole, refusal
from recon.service import (
    account_sheet,
    backtesting,
    blocks,
    calls,
    cases,
    closing,
    collecting,
    complaints,
    confirming,
    deciding_returns,
    dunning,
    explaining,
    exporting,
    fees,
    girocodes,
    importing,
    journal,
    letter_files,
    listing,
    logged,
    mailing,
    mandates,
    manual,
    matching,
    netting,
    operator_mail,
    outbox,
    payers,
    promises,
    proposals,
    reconciling,
    referencing,
    refunding,
    removing,
    reporting,
    returning,
    setting_up,
    standing,
    statements,
    texts,
    undoing,
    verifying,
)
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.pbs import agreements, creating, deliveries, handing_over, payments
from recon.texts import finding_text, remedy
from sepa.money import Language
from tests.books import BANK, FIXTURES, Databases, context_of, dump, source, stamp
from tests.conftest import template

_A, _DAY = Action, "2026-11-26"
_STRANGER: Final = "nobody we know"
_USERS: Final = "".join(f'\n[[users]]\nname = "the {role}"\nrole = "{role}"\n' for role in UserRole)
_COMPANY: Final = (FIXTURES / "company.toml").read_text("utf-8")
_ITEM: Final = "RE-2026-0815"
_DUE: Final = date(2026, 11, 1)
_UNTIL: Final = date(2026, 12, 15)
_REASON: Final = "because"
_MANDATE: Final = "M-10002-1"
_NEW_MANDATE: Final = mandates.NewMandate("M-1", "10005", "DE02120300000000202051", date(2026, 11, 1))
_BONN: Final = "DE27370501980000012345"

Call = Callable[[Context, Path], Any]

CALLS: Final[dict[str, tuple[Action | tuple[Action, ...], Call]]] = {
    "backtesting.backtest": (_A.READ, lambda on, _: backtesting.backtest(on)),
    "blocks.block": (_A.BLOCK, lambda on, _: blocks.block(on, _ITEM, reason=_REASON, until=None, only=None)),
    "blocks.unblock": (_A.BLOCK, lambda on, _: blocks.unblock(on, _ITEM, reason=_REASON, only=None)),
    "blocks.block_customer": (_A.BLOCK, lambda on, _: blocks.block_customer(on, "10002", reason=_REASON, until=None)),
    "blocks.unblock_customer": (_A.BLOCK, lambda on, _: blocks.unblock_customer(on, "10002", reason=_REASON)),
    "blocks.list_blocks": (_A.READ, lambda on, _: blocks.list_blocks(on)),
    "calls.list_calls": (_A.READ, lambda on, _: calls.list_calls(on)),
    "calls.record_call": (
        _A.RECORD_CALLS,
        lambda on, _: calls.record_call(
            on, "N1", at=datetime.fromisoformat("2026-11-26 10:00"), outcome=CallOutcome.REACHED
        ),
    ),
    "closing.close_day": (_A.CLOSE_DAY, lambda on, _: closing.close_day(on, _BONN)),
    "closing.close_day, against what was found": (
        (_A.CLOSE_DAY, _A.OVERRIDE),
        lambda on, _: closing.close_day(on, _BONN, override=True, reason=_REASON),
    ),
    "closing.close_period": (_A.CLOSE_PERIOD, lambda on, _: closing.close_period(on, date(2026, 11, 10))),
    "closing.close_period, against what was found": (
        (_A.CLOSE_PERIOD, _A.OVERRIDE),
        lambda on, _: closing.close_period(on, date(2026, 11, 20), override=True, reason=_REASON),
    ),
    "closing.list_closings": (_A.READ, lambda on, _: closing.list_closings(on)),
    "closing.reopen": (_A.REOPEN, lambda on, _: closing.reopen(on, "C1", _REASON)),
    "closing.show_closing": (_A.READ, lambda on, _: closing.show_closing(on, "C1")),
    "collecting.preview": (_A.READ, lambda on, _: collecting.preview(on, due_until=_UNTIL)),
    "collecting.create": (_A.COLLECT, lambda on, _: collecting.create(on, due_until=_UNTIL)),
    "collecting.announcements": (_A.READ, lambda on, _: collecting.announcements(on)),
    "collecting.announce": (_A.ANNOUNCE_DEBITS, lambda on, folder: collecting.announce(on, folder, ["B1"])),
    "collecting.release": (_A.RELEASE_DEBITS, lambda on, _: collecting.release(on, ["B1"])),
    "collecting.export": (_A.EXPORT_DEBITS, lambda on, folder: collecting.export(on, folder, ["B1"])),
    "collecting.cancel": (_A.CANCEL_DEBITS, lambda on, _: collecting.cancel(on, "B1")),
    "collecting.cancel, one of it": (
        (_A.CANCEL_DEBITS, _A.COLLECT),
        lambda on, _: collecting.cancel(on, "B1", [_ITEM]),
    ),
    "collecting.show": (_A.READ, lambda on, _: collecting.show(on, "B1")),
    "collecting.submitted": (_A.SUBMIT_DEBITS, lambda on, _: collecting.submitted(on, "B1")),
    "collecting.batches_in_books": (_A.READ, lambda on, _: collecting.batches_in_books(on)),
    "complaints.open_complaint": (
        _A.RECORD_COMPLAINTS,
        lambda on, _: complaints.open_complaint(on, _ITEM, reason=_REASON),
    ),
    "complaints.acknowledge": (_A.RECORD_COMPLAINTS, lambda on, _: complaints.acknowledge(on, "K1")),
    "complaints.state": (_A.RECORD_COMPLAINTS, lambda on, _: complaints.state(on, "K1", _REASON)),
    "complaints.add_evidence": (
        _A.RECORD_COMPLAINTS,
        lambda on, _: complaints.add_evidence(on, "K1", document=Document.OTHER, file="a.pdf", content=b"a"),
    ),
    "complaints.resolve": (
        _A.RECORD_COMPLAINTS,
        lambda on, _: complaints.resolve(on, "K1", outcome=ComplaintOutcome.REJECTED, reason=_REASON),
    ),
    "complaints.list_complaints": (_A.READ, lambda on, _: complaints.list_complaints(on)),
    "complaints.show": (_A.READ, lambda on, _: complaints.show(on, "K1")),
    "complaints.hand_out": (
        _A.RECORD_COMPLAINTS,
        lambda on, folder: complaints.hand_out(on, "K1", folder),
    ),
    "confirming.confirm": (_A.CONFIRM, lambda on, _: confirming.confirm(on, _proposed(on))),
    "confirming.reject": (_A.REJECT, lambda on, _: confirming.reject(on, _proposed(on))),
    "dunning.preview": (_A.READ, lambda on, _: dunning.preview(on, Scope())),
    "dunning.freeze": (_A.PREPARE_NOTICES, lambda on, _: dunning.freeze(on, Scope(), replace_drafts=True)),
    "dunning.issue": (_A.ISSUE_NOTICES, lambda on, _: dunning.issue(on, "D3")),
    "dunning.cancel": (_A.CANCEL_NOTICES, lambda on, _: dunning.cancel(on, "D3", _REASON)),
    "dunning.drop": (_A.PREPARE_NOTICES, lambda on, _: dunning.drop(on, "D3", ["RE-2026-0801"], _REASON)),
    "dunning.list_runs": (_A.READ, lambda on, _: dunning.list_runs(on)),
    "dunning.show": (_A.READ, lambda on, _: dunning.show(on, "D3")),
    "dunning.list_paid": (_A.READ, lambda on, _: dunning.list_paid(on)),
    "dunning.procedure_of": (_A.READ, lambda on, _: dunning.procedure_of(on, Scope())),
    "dunning.list_days": (_A.READ, lambda on, _: dunning.list_days(on, Scope())),
    "dunning.apply_days": (_A.SET_DUNNING_DAYS, lambda on, _: dunning.apply_days(on, Scope(customer="10017"))),
    "dunning.explained": (_A.READ, lambda on, _: dunning.explained(on, _ITEM)),
    "dunning.issued_notices": (_A.READ, lambda on, _: dunning.issued_notices(on)),
    "explaining.explain_line": (_A.READ, lambda on, _: explaining.explain_line(on, "L1")),
    "fees.list_fees": (_A.READ, lambda on, _: fees.list_fees(on)),
    "letter_files.write_letters": (
        _A.ISSUE_NOTICES,
        lambda on, folder: letter_files.write_letters(on, "D1", folder),
    ),
    "exporting.export_datev": (_A.EXPORT_BOOKS, lambda on, folder: exporting.export_datev(on, folder, _DUE, _UNTIL)),
    "exporting.again": (_A.EXPORT_BOOKS, lambda on, folder: exporting.again(on, folder, "X1")),
    "exporting.exports_in_books": (_A.READ, lambda on, _: exporting.exports_in_books(on)),
    "importing.import_sources": (_A.IMPORT_STATEMENTS, lambda on, _: _bring(on, BANK / "2026-11-19.sta")),
    "importing.import_sources, items": (_A.IMPORT_ITEMS, lambda on, _: _bring(on, FIXTURES / "items.csv")),
    "importing.import_sources, customers": (_A.IMPORT_ITEMS, lambda on, _: _bring(on, FIXTURES / "customers.csv")),
    "importing.import_sources, mandates": (_A.IMPORT_MANDATES, lambda on, _: _bring(on, FIXTURES / "mandates.csv")),
    "importing.import_sources, both": (
        (_A.IMPORT_STATEMENTS, _A.IMPORT_ITEMS),
        lambda on, _: _bring(on, BANK / "2026-11-19.sta", FIXTURES / "items.csv"),
    ),
    "importing.import_sources, over a gap": (
        (_A.IMPORT_STATEMENTS, _A.ACCEPT_GAP),
        lambda on, _: _bring(on, BANK / "2026-11-19.sta", allow_gap=_REASON),
    ),
    "importing.import_sources, by a profile": (
        (_A.IMPORT_ITEMS, _A.IMPORT_MANDATES),
        lambda on, folder: _bring(on, _written(folder, "What;When\nRE-9;2026-12-01\n"), profile={"What": "invoice_no"}),
    ),
    "listing.list_lines": (_A.READ, lambda on, _: listing.list_lines(on)),
    "listing.list_allocations": (_A.READ, lambda on, _: listing.list_allocations(on)),
    "listing.list_items": (_A.READ, lambda on, _: listing.list_items(on)),
    "listing.list_statements": (_A.READ, lambda on, _: listing.list_statements(on)),
    "logged.records": (_A.READ, lambda on, _: logged.records(on)),
    "outbox.list_mails": (_A.READ, lambda on, _: outbox.list_mails(on)),
    "outbox.show_mail": (_A.READ, lambda on, _: outbox.show_mail(on, "O1")),
    "outbox.retry": (_A.SEND_MAIL, lambda on, _: outbox.retry(on, "O1", _REASON)),
    "outbox.confirm_sent": (_A.SEND_MAIL, lambda on, _: outbox.confirm_sent(on, "O1", _REASON)),
    "outbox.cancel_mail": (_A.SEND_MAIL, lambda on, _: outbox.cancel_mail(on, "O1", _REASON)),
    "mailing.send": (_A.SEND_MAIL, lambda on, _: mailing.send(on)),
    "operator_mail.mail_operator": (_A.SEND_MAIL, lambda on, _: operator_mail.mail_operator(on, "D2")),
    "mandates.list_mandates": (_A.READ, lambda on, _: mandates.list_mandates(on)),
    "mandates.show": (_A.READ, lambda on, _: mandates.show(on, _MANDATE)),
    "mandates.add": (_A.CHANGE_MANDATES, lambda on, _: mandates.add(on, _NEW_MANDATE)),
    "mandates.amend": (_A.CHANGE_MANDATES, lambda on, _: mandates.amend(on, _MANDATE, new_id="M-NEW")),
    "mandates.suspend": (_A.CHANGE_MANDATES, lambda on, _: mandates.suspend(on, _MANDATE, _REASON)),
    "mandates.release": (_A.CHANGE_MANDATES, lambda on, _: mandates.release(on, "M-10007-1", _REASON)),
    "mandates.revoke": (_A.CHANGE_MANDATES, lambda on, _: mandates.revoke(on, _MANDATE, _REASON)),
    "matching.match_all": (_A.MATCH, lambda on, _: matching.match_all(on)),
    "netting.list_credits": (_A.READ, lambda on, _: netting.list_credits(on)),
    "netting.apply": (_A.CONFIRM, lambda on, _: netting.apply(on, "10010")),
    "netting.refunds": (_A.READ, lambda on, _: netting.refunds(on)),
    "payers.list_payers": (_A.READ, lambda on, _: payers.list_payers(on)),
    "removing.remove": (_A.REMOVE_STATEMENTS, lambda on, _: removing.remove(on, "S1", _REASON)),
    "account_sheet.account_sheet": (_A.READ, lambda on, _: account_sheet.account_sheet(on, "10019")),
    "manual.manual_bookings": (_A.READ, lambda on, _: manual.manual_bookings(on)),
    "refunding.propose": (_A.READ, lambda on, _: refunding.propose(on)),
    "refunding.create": (_A.REFUND, lambda on, _: refunding.create(on)),
    "refunding.release": (_A.RELEASE_REFUNDS, lambda on, _: refunding.release(on, "R1")),
    "refunding.export": (_A.EXPORT_REFUNDS, refunding.export),
    "refunding.submitted": (_A.SUBMIT_REFUNDS, lambda on, _: refunding.submitted(on, "R1")),
    "refunding.rejected": (_A.SUBMIT_REFUNDS, lambda on, _: refunding.rejected(on, "R1", reason="AC04")),
    "refunding.cancel": (_A.CANCEL_REFUNDS, lambda on, _: refunding.cancel(on, "R1")),
    "refunding.refunds_in_books": (_A.READ, lambda on, _: refunding.refunds_in_books(on)),
    "standing.standing_of": (_A.READ, lambda on, _: standing.standing_of(on, _ITEM)),
    "promises.promise": (_A.RECORD_CALLS, lambda on, _: promises.promise(on, "RE-2026-0861", until=_UNTIL)),
    "promises.list_promises": (_A.READ, lambda on, _: promises.list_promises(on)),
    "proposals.list_proposals": (_A.READ, lambda on, _: proposals.list_proposals(on)),
    "reconciling.reconciliation": (_A.READ, lambda on, _: reconciling.reconciliation(on)),
    "reporting.company_name": (_A.READ, lambda on, _: reporting.company_name(on)),
    "reporting.open_on": (_A.READ, lambda on, _: list(reporting.open_on(on))),
    "reporting.ageing": (_A.READ, lambda on, _: reporting.ageing(on)),
    "reporting.ageing_by_item": (_A.READ, lambda on, _: reporting.ageing_by_item(on)),
    "journal.carried_forward": (_A.READ, lambda on, _: journal.carried_forward(on, _UNTIL)),
    "reporting.unmatched": (_A.READ, lambda on, _: reporting.unmatched(on)),
    "journal.write_journal": (
        _A.READ,
        lambda on, folder: journal.write_journal(on, folder, None, None, {"one": lambda *_: (b"",)}, force=True),
    ),
    "journal.journal": (_A.READ, lambda on, _: list(journal.journal(on))),
    "reporting.settlement": (_A.READ, lambda on, _: reporting.settlement(on)),
    "girocodes.girocode": (_A.READ, lambda on, _: girocodes.girocode(on, "RE-2026-0793")),
    "girocodes.write_girocode": (
        _A.READ,
        lambda on, folder: girocodes.write_girocode(on, "RE-2026-0793", folder / "code.svg", force=True),
    ),
    "pbs.end": (_A.IMPORT_MANDATES, lambda on, _: agreements.end(on, "90001")),
    "pbs.enter": (_A.IMPORT_MANDATES, lambda on, _: agreements.enter(on, "K-9", payer="77")),
    "pbs.list_agreements": (_A.READ, lambda on, _: agreements.list_agreements(on)),
    "pbs.create": (_A.COLLECT, lambda on, _: creating.create(on, due_until=_DUE)),
    "pbs.preview": (_A.READ, lambda on, _: creating.preview(on, due_until=_DUE)),
    "pbs.deliveries_in_books": (_A.READ, lambda on, _: deliveries.deliveries_in_books(on)),
    "pbs.cancel": (_A.CANCEL_DEBITS, lambda on, _: handing_over.cancel(on, "P1")),
    "pbs.export": (_A.EXPORT_DEBITS, handing_over.export),
    "pbs.submitted": (_A.SUBMIT_DEBITS, lambda on, _: handing_over.submitted(on, "P1")),
    "pbs.payments": (_A.READ, lambda on, _: payments.payments(on)),
    "referencing.show_references": (_A.READ, lambda on, _: referencing.show_references(on)),
    "referencing.store_references": (_A.SET_REFERENCES, lambda on, _: referencing.store_references(on)),
    "cases.list_cases": (_A.READ, lambda on, _: cases.list_cases(on)),
    "deciding_returns.retry": (_A.DECIDE_RETURNS, lambda on, _: deciding_returns.retry(on, "L65")),
    "deciding_returns.close": (_A.DECIDE_RETURNS, lambda on, _: deciding_returns.close(on, "L65", reason=_REASON)),
    "returning.list_returns": (_A.READ, lambda on, _: returning.list_returns(on)),
    "returning.returns_until": (_A.READ, lambda on, _: returning.returns_until(on)),
    "setting_up.apply": (_A.SET_UP, lambda on, _: setting_up.apply(on, f"{_COMPANY}{_USERS}".encode(), "new.toml")),
    "setting_up.change": (_A.SET_UP, lambda on, _: setting_up.change(on, "dunning.deadline_days", "12")),
    "setting_up.changes": (_A.READ, lambda on, _: setting_up.changes(on)),
    "setting_up.init": (
        _A.SET_UP,
        lambda on, _: setting_up.init(on.books.shown, on.stamp, (_COMPANY.encode(), ""), dry_run=on.dry_run),
    ),
    "setting_up.show": (_A.READ, lambda on, _: setting_up.show(on)),
    "statements.gaps": (_A.READ, lambda on, _: statements.gaps(on)),
    "statements.original": (_A.READ, lambda on, _: statements.original(on, "S1")),
    "texts.list_texts": (_A.READ, lambda on, _: texts.list_texts(on)),
    "texts.preview_text": (_A.READ, lambda on, _: texts.preview_text(on, 1, "de")),
    "texts.export_texts": (_A.READ, lambda on, folder: texts.export_texts(on, folder / "texts.toml", force=True)),
    "texts.set_text": (_A.SET_TEXTS, lambda on, _: texts.set_text(on, 1, "mail", "de", "{total}")),
    "texts.reset_text": (_A.SET_TEXTS, lambda on, _: texts.reset_text(on, 1, "mail")),
    "texts.apply_texts": (_A.SET_TEXTS, lambda on, _: texts.apply_texts(on, b'[de.1]\nmail = "{n}"', "t.toml")),
    "undoing.undo": (_A.UNDO, lambda on, _: undoing.undo(on, last=True)),
    "verifying.verify": (_A.VERIFY, lambda on, _: verifying.verify(on)),
}
# Allowed, and yet refused on these books for what they hold: that comes after the right.
_ELSE_REFUSED: Final = {
    "closing.reopen",
    "closing.show_closing",
    "removing.remove",
    "collecting.release",
    "collecting.export",
    "collecting.cancel",
    "collecting.cancel, one of it",
    "calls.record_call",
    "complaints.acknowledge",
    "complaints.add_evidence",
    "complaints.hand_out",
    "complaints.resolve",
    "complaints.show",
    "complaints.state",
    "netting.apply",
    # There is no mail server, and no operator's address.
    "mailing.send",
    "operator_mail.mail_operator",
    "refunding.release",
    "refunding.submitted",
    "refunding.rejected",
    "refunding.cancel",
    "exporting.again",
    # Betalingsservice is off there.
    *(name for name in CALLS if name.startswith("pbs.")),
}
# Steps of a use case, which is what asks for the right.
_STEPS: Final = {
    "importing_statements.import_statement", "importing_tables.import_table", "answering.import_status",
    "pbs.import_answer",
}  # fmt: skip


def _bring(on: Context, *paths: Path, **more: Any) -> list[importing.FileResult]:
    return importing.import_sources(on, [source(path) for path in paths], **more)


def _proposed(on: Context) -> str:
    """A line with a proposal. It is looked for by somebody who may look."""
    looking = context_of(str(on.books.path), _DAY, actor="the viewer")
    found = next(one.id for one in listing.list_lines(looking) if one.proposals and one.proposals[0].shares)
    looking.books.engine.dispose()
    return found


def _written(folder: Path, content: str) -> Path:
    path = folder / "table.csv"
    path.write_text(content, encoding="utf-8")
    return path


def _use_cases() -> set[str]:
    found = {"setting_up.init"}
    for module in pkgutil.walk_packages(recon.service.__path__, "recon.service."):
        read = importlib.import_module(module.name)
        # Modules of a package are called through it.
        called = module.name.split(".")[2]
        for name, function in inspect.getmembers(read, inspect.isfunction):
            own = function.__module__ == read.__name__ and not name.startswith("_")
            first = next(iter(inspect.signature(function).parameters), None)
            if own and called != "context" and first and get_type_hints(function).get(first) is Context:
                found.add(f"{called}.{name}")
    return found


@pytest.fixture(scope="module")
def books(databases: Databases) -> Iterator[str]:
    """The demo books at the end of their story, with a user of each role."""
    address = databases.copy(template(databases, "sqlite", "frozen"))
    _with_users(address)
    yield address
    databases.drop(address)


def _with_users(address: str) -> None:
    context = context_of(address, _DAY, actor="the supervisor")
    _, findings = setting_up.apply(context, f"{_COMPANY}{_USERS}".encode(), "company.toml")
    assert [finding.code for finding in findings] == ["dunning-fee-recoverable"]
    context.books.engine.dispose()


def test_every_use_case_is_called_here() -> None:
    called = {name.split(",", maxsplit=1)[0] for name in CALLS}
    assert called == _use_cases() - _STEPS, "say in CALLS what a use case needs and how it is called"


def test_every_action_has_its_roles() -> None:
    assert {*ACTIONS} == {*Action}
    for action, roles in ACTIONS.items():
        assert UserRole.SUPERVISOR in roles, action


@pytest.mark.parametrize("name", CALLS)
def test_a_use_case_is_for_those_who_may(name: str, books: str, tmp_path: Path) -> None:
    """Each role in turn, and a stranger: for real where it must be refused, and as a dry run."""
    wanted, call = CALLS[name]
    actions = wanted if isinstance(wanted, tuple) else (wanted,)
    before = dump(books)
    for role in (*UserRole, None):
        missing = {action for action in actions if role is None or role not in ACTIONS[action]}
        for dry_run in (False, True) if missing else (True,):
            no = _called(call, context_of(books, _DAY, actor=_name(role), dry_run=dry_run), tmp_path)
            if missing:
                assert no is not None, f"{_name(role)} could {name}"
                assert no.exit_code is Exit.NOT_PERMITTED
                _see_told(no, role, missing)
            elif no is not None:
                assert no.exit_code is not Exit.NOT_PERMITTED
                assert name in _ELSE_REFUSED, no.findings
    assert dump(books) == before
    assert not any(path for path in tmp_path.iterdir() if path.suffix == ".xml" or path.name.startswith("EXTF"))


def _name(role: UserRole | None) -> str:
    return _STRANGER if role is None else f"the {role}"


def _called(call: Call, on: Context, folder: Path) -> Refused | None:
    try:
        call(on, folder)
    except Refused as no:
        return no
    finally:
        on.books.engine.dispose()
    return None


def _see_told(no: Refused, role: UserRole | None, missing: set[Action]) -> None:
    """The findings name the actor, his role or none, what he may not do and who may."""
    assert {dict(finding.facts)["action"] for finding in no.findings} == missing
    for finding in no.findings:
        facts = dict(finding.facts)
        assert facts["name"] == _name(role)
        assert finding.code == ("actor-unknown" if role is None else "not-permitted")
        assert role is None or facts["role"] == role
        assert role is None or set(facts["roles"].split(", ")) == ACTIONS[Action(facts["action"])]
        for language in get_args(Language):
            assert "{" not in finding_text(finding, language) + remedy(finding, language)


def test_without_users_everybody_may_do_everything() -> None:
    for action in Action:
        assert refusal((), _STRANGER, action) is None


def test_a_name_counts_letter_for_letter() -> None:
    users = (User("Erika Beispiel", UserRole.SUPERVISOR),)
    assert refusal(users, "Erika Beispiel", Action.SET_UP) is None
    assert refusal(users, "erika beispiel", Action.READ) is not None


def test_roles_hold_on_both_databases(books_at: Callable[[str], str], opened: Callable[..., Context]) -> None:
    address = books_at("matched")
    _with_users(address)
    with pytest.raises(Refused) as no:
        matching.match_all(opened(address, _DAY, actor="the treasurer"))
    assert no.value.exit_code is Exit.NOT_PERMITTED
    with pytest.raises(Refused) as no:
        listing.list_items(opened(address, _DAY, actor=_STRANGER))
    assert no.value.exit_code is Exit.NOT_PERMITTED
    matching.match_all(opened(address, _DAY, actor="the job"))
    setting_up.init(address, stamp(_DAY, "the supervisor"))
    with pytest.raises(Refused) as no:
        setting_up.init(address, stamp(_DAY, "the accountant"))
    assert no.value.exit_code is Exit.NOT_PERMITTED


def test_users_without_a_supervisor_are_refused(books_at: Callable[[str], str], opened: Callable[..., Context]) -> None:
    address = books_at("set_up")
    only = '\n[[users]]\nname = "the accountant"\nrole = "accountant"\n'
    with pytest.raises(Refused) as no:
        setting_up.apply(opened(address, _DAY), f"{_COMPANY}{only}".encode(), "company.toml")
    assert [finding.code for finding in no.value.findings] == ["users-no-supervisor"]


def test_who_enters_users_is_told_where_he_is_none_of_them(
    books_at: Callable[[str], str], opened: Callable[..., Context]
) -> None:
    address = books_at("set_up")
    _, findings = setting_up.apply(opened(address, _DAY), f"{_COMPANY}{_USERS}".encode(), "company.toml")
    assert [finding.code for finding in findings] == ["dunning-fee-recoverable", "actor-locked-out"]
    with pytest.raises(Refused):
        setting_up.show(opened(address, _DAY))
    on = opened(address, _DAY, actor="the supervisor")
    changed = {(one.key, one.before, one.after) for one in setting_up.changes(on)[-10:]}
    assert ("users.1.role", None, "viewer") in changed
    _, findings = setting_up.apply(on, _COMPANY.encode(), "company.toml")
    assert [finding.code for finding in findings] == ["dunning-fee-recoverable", "users-gone"]
    setting_up.show(opened(address, _DAY))
