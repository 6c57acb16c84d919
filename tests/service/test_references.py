"""References that payers quote: handed out on request, stored with the item, and found again in the payment; GiroCodes
of open items."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from recon.service import girocodes, listing, matching, referencing
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.logged import records
from recon.store.books import writing
from recon.store.log import record
from recon.store.tables import items
from tests.books import FIXTURES, bring_in, dump, rows, sound, text_in
from tests.commandline import command, document
from tests.service.statements_text import Booked, camt053, mt940

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
# Open, a transfer, of branch K02, whose account is in Bonn.
ITEM, REFERENCE, OPEN = "RE-2026-0793", "RF93RE20260793", 231000
BONN = "DE27370501980000012345"
_STRANGER = "DE02120300000000202051"


def _stored(url: str, invoice_no: str) -> str | None:
    found: str | None = rows(url, select(items.c.creditor_reference).where(items.c.invoice_no == invoice_no))[0][0]
    return found


def _structured(reference: str, amount: int) -> bytes:
    text = camt053(Booked(amount, "@", name="Jemand Anderes", iban=_STRANGER, reference="X9"))
    told = f"<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{reference}</Ref></CdtrRefInf></Strd>"
    return text.replace("<Ustrd>@</Ustrd>", told).encode()


def _free(text: str, amount: int) -> bytes:
    return mt940(Booked(amount, text, name="Jemand Anderes", iban=_STRANGER, reference="X9")).encode()


def test_shown_references_change_nothing_and_stored_ones_are_logged(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("tables")
    before = dump(url)
    shown = referencing.show_references(opened(url, DAY), [ITEM])
    assert [(row.item.invoice_no, row.reference, row.stored) for row in shown.rows] == [(ITEM, REFERENCE, False)]
    dry = referencing.store_references(opened(url, DAY, dry_run=True), [ITEM])
    assert dry.rows[0].new
    assert dump(url) == before
    referencing.store_references(opened(url, DAY), [ITEM])
    assert _stored(url, ITEM) == REFERENCE
    (told,) = records(opened(url, DAY), action="reference")
    assert told.after == {"references": {ITEM: REFERENCE}}
    after = dump(url)
    again = referencing.store_references(opened(url, DAY), [ITEM])
    assert [(row.stored, row.new) for row in again.rows] == [(True, False)]
    assert dump(url) == after
    sound(url)


def test_a_stored_reference_survives_the_next_import_of_the_items(books_at: BooksAt, opened: Opened) -> None:
    """The file says nothing of it."""
    url = books_at("tables")
    referencing.store_references(opened(url, DAY), [ITEM])
    bring_in(opened(url, DAY), FIXTURES / "items.csv")
    assert _stored(url, ITEM) == REFERENCE
    sound(url)


def test_all_open_items_without_names_and_each_reference_once(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("tables")
    found = referencing.show_references(opened(url, DAY))
    owed = [one.item.invoice_no for one in listing.list_items(opened(url, DAY)) if one.item.open > 0]
    assert [row.item.invoice_no for row in found.rows] == owed
    assert found.findings == ()
    assert len({row.reference for row in found.rows}) == len(found.rows)


@pytest.mark.parametrize(
    ("number", "amount", "code"),
    [
        ("RE-2026-ABCDEFGHIJ-0123456789", "10,00", "reference-too-long"),
        ("RÜ-2026-1", "10,00", "reference-characters"),
        ("RE20260793", "10,00", "reference-taken"),
        ("re-2026/0793", "10,00", "reference-taken"),
    ],
)
def test_a_number_without_a_reference_of_its_own(
    books_at: BooksAt, opened: Opened, number: str, amount: str, code: str
) -> None:
    """Nothing is cut, replaced or counted up: the reason is told and nothing is stored."""
    url = books_at("tables")
    text_in(opened(url, DAY), items=f"invoice_no;customer_no;amount;due_date\n{number};10025;{amount};2026-12-01\n")
    found = referencing.store_references(opened(url, DAY), [number])
    assert found.rows == ()
    assert [finding.code for finding in found.findings] == [code]
    assert _stored(url, number) is None


def test_a_credit_note_and_an_unknown_invoice(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("tables")
    note = next(one.item for one in listing.list_items(opened(url, DAY)) if one.item.document_type.sign < 0)
    found = referencing.show_references(opened(url, DAY), [note.invoice_no])
    assert [finding.code for finding in found.findings] == ["reference-not-owed"]
    with pytest.raises(Refused) as no:
        referencing.show_references(opened(url, DAY), ["RE-0"])
    assert [finding.code for finding in no.value.findings] == ["item-unknown"]


@pytest.mark.parametrize(
    ("reference", "payment"),
    [
        (REFERENCE, _structured(REFERENCE, OPEN)),
        (REFERENCE, _free("RF93 RE20 2607 93", OPEN)),
        (REFERENCE, _free("Referenz RF93RE20260793 danke", OPEN)),
        # One that an ERP has given, and that says nothing of the invoice number.
        ("RF18539007547034", _structured("RF18539007547034", OPEN)),
        ("RF18539007547034", _free("RF18 5390 0754 7034", OPEN)),
    ],
    ids=["structured", "in groups of four", "in one", "of its own, structured", "of its own, in groups of four"],
)
def test_a_payment_that_quotes_the_stored_reference_is_certain(
    books_at: BooksAt, opened: Opened, reference: str, payment: bytes
) -> None:
    """From an account that nobody knows, under another name: the reference alone says what is paid."""
    url = books_at("tables")
    context = opened(url, DAY)
    if reference == REFERENCE:
        referencing.store_references(context, [ITEM])
    else:
        with writing(context.books) as connection:
            change = update(items).where(items.c.invoice_no == ITEM).values(creditor_reference=reference)
            connection.execute(change)
            record(connection, context.stamp, "test", ITEM)
    (result,) = import_sources(context, [Source("payment", payment)])
    assert result.status == "imported", result.findings
    matching.match_all(context)
    (booked,) = [one for one in listing.list_allocations(context) if one.item == ITEM]
    assert (booked.amount, booked.kind, booked.band) == (OPEN, "payment", "certain")
    sound(url)


def test_a_girocode_asks_for_what_is_open_on_the_account_of_the_branch(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("tables")
    plain = girocodes.girocode(opened(url, DAY), ITEM)
    assert plain.payload.split("\n") == [
        "BCD", "002", "1", "SCT", "COLSDE33XXX", "Optik Beispiel GmbH", BONN, "EUR2310.00", "", "", ITEM,
    ]  # fmt: skip
    referencing.store_references(opened(url, DAY), [ITEM])
    assert girocodes.girocode(opened(url, DAY), ITEM).payload.split("\n")[8:] == ["", REFERENCE]


def test_a_girocode_after_a_part_payment_asks_for_the_rest(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("matched")
    partly = next(one.item for one in listing.list_items(opened(url, DAY), ["partly_paid"]) if one.item.open > 0)
    assert girocodes.girocode(opened(url, DAY), partly.invoice_no).transfer.amount == partly.open < partly.amount


_HEAD = "invoice_no;customer_no;amount;due_date;currency;branch;document_type;paid\n"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("G-1;10025;10,00;2026-12-01;EUR;K02;;10,00", "girocode-paid"),
        ("G-1;10025;10,00;2026-12-01;EUR;K02;credit_note;", "girocode-not-owed"),
        ("G-1;10025;10,00;2026-12-01;USD;K02;;", "girocode-currency"),
        ("G-1;10025;9999999999,00;2026-12-01;EUR;K02;;", "girocode-amount"),
    ],
)
def test_an_item_that_nobody_should_pay_so_gets_no_girocode(
    books_at: BooksAt, opened: Opened, row: str, code: str, tmp_path: Path
) -> None:
    url = books_at("tables")
    text_in(opened(url, DAY), items=f"{_HEAD}{row}\n")
    out = tmp_path / "code.svg"
    with pytest.raises(Refused) as no:
        girocodes.write_girocode(opened(url, DAY), "G-1", out)
    assert [finding.code for finding in no.value.findings] == [code]
    assert not out.exists()


def test_a_branch_without_an_account_gets_no_girocode(books_at: BooksAt, opened: Opened) -> None:
    from recon.service import setting_up

    url = books_at("tables")
    company = (FIXTURES / "company.toml").read_text("utf-8")
    bare = company.replace(f'name = "Filiale Bonn"\naccount = "{BONN}"\n', 'name = "Filiale Bonn"\n')
    assert bare != company
    setting_up.apply(opened(url, DAY), bare.encode(), "company.toml")
    with pytest.raises(Refused) as no:
        girocodes.girocode(opened(url, DAY), ITEM)
    assert [finding.code for finding in no.value.findings] == ["girocode-no-account"]


def test_an_item_on_its_way_to_the_bank_is_warned_of(books_at: BooksAt, opened: Opened) -> None:
    url = books_at("exported")
    sent = listing.list_items(opened(url, DAY), ["in_collection"])[0].item
    found = girocodes.girocode(opened(url, DAY), sent.invoice_no)
    assert [finding.code for finding in found.findings] == ["girocode-in-collection"]


def test_on_the_command_line(books_at: BooksAt, tmp_path: Path) -> None:
    url = books_at("tables")
    base = ("--books", url, "--as-of", DAY, "--lang", "de")
    told = document(*base, "items", "reference", ITEM, "--store")
    assert told["references"][0] | {"open": ""} == {
        "invoice_no": ITEM, "customer_no": "10025", "open": "", "currency": "EUR", "reference": REFERENCE,
        "printed": "RF93 RE20 2607 93", "stored": True, "new": True, "state": "reference_new",
    }  # fmt: skip
    shown = command(*base, "items", "reference", ITEM)
    assert "RF93 RE20 2607 93" in shown.out
    for name, head in (("code.svg", b"<?xml"), ("code.png", b"\x89PNG")):
        out = tmp_path / "deep" / name
        made = document(*base, "items", "girocode", ITEM, "--out", str(out))
        assert (made["amount"], made["reference"], made["file"]) == ("2310.00", REFERENCE, str(out))
        first = out.read_bytes()
        assert first.startswith(head)
        assert command(*base, "items", "girocode", ITEM, "--out", str(out)).code == 4
        assert command(*base, "items", "girocode", ITEM, "--out", str(out), "--force").code == 0
        assert out.read_bytes() == first
    wrong = command(*base, "items", "girocode", ITEM, "--out", str(tmp_path / "code.pdf"))
    assert wrong.code == 4
    assert "girocode-form" in wrong.err
    assert command(*base, "items", "reference", "GS-0").code == 4
