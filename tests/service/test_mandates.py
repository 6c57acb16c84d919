"""Mandates by hand: entered, amended, revoked, suspended, released; every wrong input is a finding, all at once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select

from recon.service import collecting, mandates, setting_up, undoing
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.listing import list_allocations
from recon.service.mandates import MandateChange, NewMandate
from recon.store.tables import log
from recon.store.tables import mandates as table
from sepa.mandate import Amendment, MandateKind, MandateStatus, Scheme
from tests.books import dump, rows, sound, text_in
from tests.service.decided import codes_of

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
IBAN, OTHER = "DE02120300000000202051", "DE89370400440532013000"


def _add(context: Context, **more: Any) -> MandateChange:
    given = {"mandate_id": "M-77", "customer_no": "10013", "iban": IBAN, "signed_on": date(2026, 11, 2), **more}
    replaces = given.pop("replaces", False)
    return mandates.add(context, NewMandate(**given), replaces=replaces)


def _status(url: str, name: str) -> str:
    return str(rows(url, select(table.c.status).where(table.c.mandate_id == name))[0][0])


def test_a_mandate_is_entered(books_at: BooksAt, opened: Opened) -> None:
    """It is there with what was typed, blanks out of the IBAN, and the log says by whom."""
    url = books_at("tables")
    done = _add(opened(url, DAY, actor="anna"), iban="de02 1203 0000 0000 2020 51", holder=" Erika  Beispiel ",
                scheme=Scheme.CORE, kind=MandateKind.ONE_OFF)  # fmt: skip
    one = done.mandate
    assert (one.mandate.iban, one.mandate.account_holder, one.sequence) == (IBAN, "Erika Beispiel", "OOFF")
    assert (one.status, one.uses, one.lapses_on, one.warn, one.amendment) == (
        MandateStatus.ACTIVE, 0, date(2029, 11, 2), None, None,
    )  # fmt: skip
    assert rows(url, select(log.c.action, log.c.subject, log.c.actor).order_by(log.c.id.desc()).limit(1)) == [
        ("mandate-add", "M-77", "anna")
    ]
    sound(url)


@pytest.mark.parametrize(
    ("wrong", "codes"),
    [
        ({"mandate_id": "M_77"}, ["mandate-id-invalid"]),
        ({"mandate_id": "/M77"}, ["mandate-id-invalid"]),
        ({"mandate_id": "M" * 36}, ["mandate-id-invalid"]),
        ({"mandate_id": "  "}, ["mandate-id-invalid"]),
        ({"mandate_id": "M-10002-1"}, ["mandate-there"]),
        ({"customer_no": "99999"}, ["customer-unknown"]),
        ({"iban": "DE03120300000000202051"}, ["iban-check-digits"]),
        ({"iban": "DE02"}, ["iban-invalid"]),
        ({"iban": ""}, ["iban-invalid"]),
        ({"iban": "TR330006100519786457841326"}, ["mandate-country"]),
        ({"bic": "X"}, ["bic-invalid"]),
        ({"signed_on": date(2026, 11, 21)}, ["mandate-signed-later"]),
        ({"signed_on": date(2023, 11, 19)}, ["mandate-lapsed"]),
        ({"holder": "   "}, ["mandate-holder-blank"]),
        ({"holder": "😀"}, ["mandate-holder-blank"]),
        ({"scheme": Scheme.B2B}, ["mandate-b2b-person"]),
        ({"customer_no": "10002"}, ["mandate-second"]),
        (
            {"mandate_id": "Ä", "iban": "X", "signed_on": date(2027, 1, 1), "holder": "", "scheme": Scheme.B2B},
            ["mandate-id-invalid", "iban-invalid", "mandate-b2b-person", "mandate-holder-blank",
             "mandate-signed-later"],
        ),
    ],
)  # fmt: skip
def test_what_stands_against_a_mandate(
    books_at: BooksAt, opened: Opened, wrong: dict[str, Any], codes: list[str]
) -> None:
    """Everything that is wrong is said at once, and nothing is written."""
    url = books_at("tables")
    before = dump(url)
    with pytest.raises(Refused) as no:
        _add(opened(url, DAY), **wrong)
    assert codes_of(no) == codes
    assert dump(url) == before


def test_a_name_of_200_characters_is_taken_and_a_longer_one_is_not(books_at: BooksAt, opened: Opened) -> None:
    """The file cuts it to 70, and says so."""
    url = books_at("tables")
    with pytest.raises(Refused) as no:
        _add(opened(url, DAY), holder="x" * 201)
    assert codes_of(no) == ["text-too-long"]
    assert _add(opened(url, DAY), holder="x" * 200).mandate.mandate.account_holder == "x" * 200


def test_a_22_on_one_account_of_a_customer_carries_mandates(books_at: BooksAt, opened: Opened) -> None:
    """On: on account B while A holds one it is refused, or A is revoked; on A itself a second one is allowed."""
    url = books_at("tables")
    context = opened(url, DAY)
    first = rows(url, select(table.c.iban).where(table.c.mandate_id == "M-10002-1"))[0][0]
    assert _add(context, mandate_id="M-78", customer_no="10002", iban=first).replaced == ()
    done = _add(context, customer_no="10002", replaces=True)
    assert done.replaced == ("M-10002-1", "M-78")
    assert [_status(url, name) for name in ("M-10002-1", "M-78", "M-77")] == ["revoked", "revoked", "active"]
    with pytest.raises(Refused) as no:
        mandates.amend(context, _add(context, mandate_id="M-79", customer_no="10002").mandate.mandate.mandate_id,
                       iban=OTHER)  # fmt: skip
    assert codes_of(no) == ["mandate-second"]
    sound(url)


def test_a_22_off_several_accounts_are_allowed(books_at: BooksAt, opened: Opened) -> None:
    """Nobody guesses between them: an item that names none is not collected, with the mandates as the reason."""
    url = books_at("tables")
    context = opened(url, DAY)
    setting_up.change(context, "collect.one_mandate_per_customer", "false")
    assert _add(context, customer_no="10002").mandate.status is MandateStatus.ACTIVE
    text_in(context, items="invoice_no;customer_no;amount;issue_date;due_date;payment_method\n"
                           "X-1;10002;10,00;2026-10-01;2026-11-20;direct_debit\n")  # fmt: skip
    made = collecting.preview(context, due_until=date(2026, 11, 20))
    (left,) = [one for one in made.excluded if one.claim.invoice_no == "X-1"]
    assert (left.reason, dict(left.facts)) == ("no_mandate", {"several": "M-10002-1, M-77"})


@pytest.mark.parametrize("gone", ["lapsed", "revoked", "suspended"])
def test_a_22_what_is_not_in_force_does_not_count(books_at: BooksAt, opened: Opened, gone: str) -> None:
    """A lapsed, revoked or suspended mandate is no reason against one on another account; released, it is."""
    url = books_at("tables")
    day = "2030-01-02" if gone == "lapsed" else DAY
    context = opened(url, day)
    if gone == "revoked":
        mandates.revoke(context, "M-10002-1", "Brief")
    if gone == "suspended":
        mandates.suspend(context, "M-10002-1", "Frage")
    assert _add(context, customer_no="10002", signed_on=date(int(day[:4]), 1, 1)).mandate.status == "active"
    if gone == "suspended":
        with pytest.raises(Refused) as no:
            mandates.release(context, "M-10002-1", "ok")
        assert codes_of(no) == ["mandate-second"]


def test_x_16_an_id_is_one_mandates_for_good(books_at: BooksAt, opened: Opened) -> None:
    """Not its old one either is another's; the mandate itself may take it back. Items and files may use the old one."""
    url = books_at("tables")
    context = opened(url, DAY)
    mandates.amend(context, "M-10002-1", new_id="M-2")
    for taken in ("M-10002-1", "M-2"):
        with pytest.raises(Refused) as no:
            _add(context, mandate_id=taken)
        assert codes_of(no) == ["mandate-there"]
        with pytest.raises(Refused) as no:
            mandates.amend(context, "M-10003-1", new_id=taken)
        assert codes_of(no) == ["mandate-there"]
    assert mandates.show(context, "M-10002-1").mandate.mandate.mandate_id == "M-2"
    before = dump(url)["mandates"]
    again = text_in(context, mandates="mandate_id;customer_no;iban;signed_on\n"
                                      f"M-10002-1;10002;{OTHER};2021-03-10\n")[0]  # fmt: skip
    assert ([finding.code for finding in again.findings], again.status) == (["mandate-renamed"], "known")
    assert dump(url)["mandates"] == before
    back = mandates.amend(context, "M-2", new_id="M-10002-1").mandate
    assert (back.mandate.former_ids, back.amendment) == (("M-2",), None)
    sound(url)


def test_several_changes_are_told_together_from_what_the_bank_knows(books_at: BooksAt, opened: Opened) -> None:
    """Two accounts, an id and the creditor after a collection: what stood then, not the value in between."""
    url = books_at("exported")
    context = opened(url, DAY)
    mandates.amend(context, "M-10002-1", iban=OTHER)
    mandates.amend(context, "M-10002-1", iban=IBAN, new_id="M-2")
    mandates.amend(context, "M-2", new_id="M-3")
    setting_up.change(context, "company.name", "Optik Neu GmbH")
    setting_up.change(context, "company.creditor_id", "DE13ZZZ00000012345")
    one = mandates.show(context, "M-3").mandate
    assert one.amendment is not None
    assert (one.amendment.new_account, one.amendment.original_mandate_id) == (True, "M-10002-1")
    assert one.amendment.original_creditor_name == "Optik Beispiel GmbH"
    assert str(one.amendment.original_creditor_id)[7:] == "09999999999"
    assert one.mandate.bic is None
    sound(url)


def test_a_change_before_the_first_collection_is_no_amendment(books_at: BooksAt, opened: Opened) -> None:
    """The bank was told nothing yet. A mandate that was used before these books was told."""
    url = books_at("tables")
    context = opened(url, DAY)
    _add(context)
    assert mandates.amend(context, "M-77", iban=OTHER).mandate.amendment is None
    assert mandates.amend(context, "M-10002-1", iban=OTHER).mandate.amendment == Amendment(new_account=True)


def test_nothing_new_is_no_change(books_at: BooksAt, opened: Opened) -> None:
    """Said again, every command leaves the books as they are."""
    url = books_at("tables")
    context = opened(url, DAY)
    acts: tuple[Callable[[], MandateChange], ...] = (
        lambda: mandates.amend(context, "M-10002-1", iban=IBAN, holder="Max Muster", new_id="M-2"),
        lambda: mandates.suspend(context, "M-2", "Frage"),
        lambda: mandates.release(context, "M-2", "ok"),
        lambda: mandates.revoke(context, "M-2", "Brief", date(2026, 11, 19)),
    )
    for act in acts:
        assert act().fields
        before = dump(url)
        assert (act().fields, dump(url)) == ((), before)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda on: mandates.amend(on, "M-10038-1", iban=IBAN), "mandate-ended"),
        (lambda on: mandates.release(on, "M-10038-1", "ok"), "mandate-ended"),
        (lambda on: mandates.suspend(on, "M-10038-1", "ok"), "mandate-ended"),
        (lambda on: mandates.amend(on, "M-10041-1", iban=IBAN), "mandate-lapsed"),
        (lambda on: mandates.suspend(on, "M-10041-1", "ok"), "mandate-lapsed"),
        (lambda on: mandates.amend(on, "M-10023-1", iban=IBAN), "mandate-used-up"),
        (lambda on: mandates.revoke(on, "M-10002-1", "Brief", date(2026, 11, 21)), "mandate-revoked-later"),
        (lambda on: mandates.revoke(on, "M-10002-1", "Brief", date(2021, 3, 9)), "mandate-revoked-before"),
        (lambda on: mandates.revoke(on, "M-0", "Brief"), "mandate-not-there"),
        (lambda on: mandates.revoke(on, "M-10002-1", "  "), "mandate-reason"),
        (lambda on: mandates.suspend(on, "M-10002-1", ""), "mandate-reason"),
        (lambda on: mandates.amend(on, "M-10002-1", iban="DE03120300000000202051"), "iban-check-digits"),
        (lambda on: mandates.amend(on, "M-10002-1", iban="US00"), "iban-invalid"),
        (lambda on: mandates.amend(on, "M-10002-1", holder=" "), "mandate-holder-blank"),
        (lambda on: mandates.amend(on, "M-10002-1", new_id="M//2"), "mandate-id-invalid"),
        (lambda on: mandates.list_mandates(on, "4711"), "customer-unknown"),
    ],
)
def test_what_is_refused(books_at: BooksAt, opened: Opened, act: Callable[[Context], Any], code: str) -> None:
    """Revoked is final, lapsed and used up too; dates that cannot be; accounts that are none."""
    url = books_at("exported")
    before = dump(url)
    with pytest.raises(Refused) as no:
        act(opened(url, DAY))
    assert codes_of(no) == [code]
    assert dump(url) == before


def test_who_changes_a_mandate_in_a_batch_is_told(books_at: BooksAt, opened: Opened) -> None:
    """The file was made before: it has the old account, and collects under what is revoked now."""
    url = books_at("created")
    context = opened(url, DAY)
    for done in (
        mandates.amend(context, "M-10002-1", iban=IBAN), mandates.suspend(context, "M-10002-1", "Frage"),
        mandates.revoke(context, "M-10002-1", "Brief"),
    ):  # fmt: skip
        assert [(one.code, dict(one.facts)["batches"]) for one in done.findings] == [("mandate-in-batch", "B1")]


@pytest.mark.parametrize(
    ("day", "warn", "status"),
    [
        ("2029-05-22", None, "active"), ("2029-05-23", "lapsing", "active"), ("2029-11-23", "lapsing", "active"),
        ("2029-11-24", "lapsed", "expired"),
    ],
)  # fmt: skip
def test_a_mandate_lapses_by_itself(books_at: BooksAt, opened: Opened, day: str, warn: str | None, status: str) -> None:
    """36 months after its last collection, warned from month 30 on; nobody has to say so."""
    context = opened(books_at("exported"), day)
    (one,) = mandates.list_mandates(context, "10002")
    assert (one.warn, one.status, one.lapses_on, one.uses) == (warn, status, date(2029, 11, 23), 1)
    named = {one.mandate.mandate_id for one in mandates.list_mandates(context, lapsing=True)}
    assert ("M-10002-1" in named) is (warn == "lapsing")
    assert ("M-10002-1" in {one.mandate.mandate_id for one in mandates.list_mandates(
        context, status=[MandateStatus.EXPIRED])}) is (status == "expired")  # fmt: skip


def test_who_changes_the_creditor_is_told_what_follows(books_at: BooksAt, opened: Opened) -> None:
    """Another name or identifier goes out for every mandate whose bank was told of the old one; a name that a file
    writes the same and another business code do not."""
    context = opened(books_at("exported"), DAY)
    for key, value in (("company.creditor_id", "DE98ABC09999999999"), ("company.town", "Bonn")):
        assert setting_up.change(context, key, value)[1] == ()
    _, (told,) = setting_up.change(context, "company.name", "Optik Neu GmbH")
    assert (told.code, told.severity) == ("creditor-changed", "info")
    pending = [one for one in mandates.list_mandates(context) if one.amendment is not None]
    live = [one for one in pending if one.status not in {MandateStatus.REVOKED, MandateStatus.EXPIRED}]
    assert dict(told.facts)["count"] == str(len(live))
    assert {one.amendment and one.amendment.original_creditor_name for one in live} == {"Optik Beispiel GmbH"}


def test_a_file_does_not_decide_what_a_person_must(books_at: BooksAt, opened: Opened) -> None:
    """»active« in a file lifts neither the block of MD01 nor a revocation; a file that says nothing says nothing."""
    url = books_at("returned")
    context = opened(url, "2026-11-25")
    head = "mandate_id;customer_no;iban;signed_on;status\n"
    known = {row.mandate_id: row for row in rows(url, select(table))}
    for name, code, status in (
        ("M-10007-1", "mandate-stays-held", "blocked"), ("M-10038-1", "mandate-stays-ended", "revoked"),
    ):  # fmt: skip
        row = known[name]
        number = name.split("-")[1]
        done = text_in(context, mandates=f"{head}{name};{number};{row.iban};{row.signed_on};active\n")[0]
        assert ([one.code for one in done.findings], done.status) == ([code], "known")
        assert _status(url, name) == status
        silent = text_in(context, mandates=f"{head[:-8]}\n{name};{number};{row.iban};{row.signed_on}\n")[0]
        assert (silent.findings, silent.status) == ((), "known")
    assert mandates.release(context, "M-10007-1", "bestätigt").mandate.status == "active"
    sound(url)


def test_a_file_gives_a_mandate_another_id(books_at: BooksAt, opened: Opened) -> None:
    """The row names the old id, which has no row of its own: the mandate goes on under the new one."""
    url = books_at("exported")
    context = opened(url, DAY)
    number = rows(url, select(func.count()).select_from(table))[0][0]
    text_in(context, mandates="mandate_id;customer_no;iban;signed_on;original_mandate_id\n"
                              "M-2;10002;DE44370501980000010002;2021-03-10;M-10002-1\n")  # fmt: skip
    one = mandates.show(context, "M-10002-1").mandate
    assert (one.mandate.mandate_id, one.amendment) == ("M-2", Amendment(original_mandate_id="M-10002-1"))
    assert rows(url, select(func.count()).select_from(table))[0][0] == number
    refused = text_in(context, mandates="mandate_id;customer_no;iban;signed_on\n"
                                        "M-2;10003;DE44370501980000010002;2021-03-10\n")[0]  # fmt: skip
    assert [finding.code for finding in refused.findings] == ["mandate-other-customer"]
    sound(url)


def test_what_a_person_decided_stays_when_a_return_is_taken_back(books_at: BooksAt, opened: Opened) -> None:
    """Released after the return, or revoked, under a new id as well; the undo finds the mandate by its old one."""
    for act, status in (
        (lambda on: mandates.release(on, "M-10007-2", "bestätigt"), "active"),
        (lambda on: mandates.revoke(on, "M-10007-2", "Brief"), "revoked"),
        (lambda _on: None, "active"),
    ):
        url = books_at("returned")
        context = opened(url, "2026-11-25")
        mandates.amend(context, "M-10007-1", new_id="M-10007-2")
        act(context)
        (back,) = [one for one in list_allocations(context) if one.bank_ref == "1124A02" and one.kind == "return"]
        undoing.undo(context, allocation=back.id)
        assert _status(url, "M-10007-2") == status
        sound(url)


def test_the_life_of_a_mandate_is_told(books_at: BooksAt, opened: Opened) -> None:
    """In order: read in, collected, returned, amended, released, revoked."""
    context = opened(books_at("returned"), "2026-11-25", actor="anna")
    mandates.amend(context, "M-10007-1", iban=IBAN, new_id="M-7")
    mandates.release(context, "M-7", "bestätigt")
    mandates.revoke(context, "M-7", "Schreiben", date(2026, 11, 24))
    told = mandates.show(context, "M-7")
    assert [(one.what, one.by) for one in told.happenings] == [
        ("imported", "tester"), ("collected", "tester"), ("returned", "tester"), ("amended", "anna"),
        ("released", "anna"), ("revoked", "anna"),
    ]  # fmt: skip
    assert told.happenings[0].facts["file"] == "mandates.csv"
    assert told.happenings[1].facts["item"] == "RE-2026-0858"
    assert told.happenings[2].facts["reason"] == "MD01"
    assert {name: after for name, _, after in told.happenings[3].fields}["iban"] == IBAN
    assert told.mandate.revoked_on == date(2026, 11, 24)
