"""Letters of real books: kept when their notices are issued, written once for the post, the same bytes ever after."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from sqlalchemy import select, update

from recon.dunning.letter import Letter
from recon.model.dunning import Notice
from recon.service import confirming, dunning, letter_files, listing, matching, setting_up, texts, undoing
from recon.service.answers import Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.dunnable import Scope
from recon.service.importing import Source, import_sources
from recon.service.letters import pdf_of
from recon.store.dunning_tables import notices
from recon.store.letter_tables import letters
from recon.store.letters import decoded
from recon.store.tables import log
from sepa.money import parse_amount, shown
from tests.books import dump, rows, sound, stamp, text_in
from tests.service.decided import codes_of
from tests.service.statements_text import Booked, mt940
from tests.unit.outside.letter_samples import pages, text

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-25"
_ITEMS = "invoice_no;customer_no;amount;due_date;issue_date;currency;branch;language"
_CUSTOMERS = "customer_no;name;street;postcode;town;country;language;dispatch;email;type;branch"


def _company(*lines: str, dunning_keys: str = "") -> bytes:
    return "\n".join((
        "[company]", 'name = "Optik Beispiel GmbH"', 'street = "Hauptstr. 1"', 'postcode = "50667"', 'town = "Köln"',
        "[[accounts]]", 'iban = "DE89370400440532013000"', 'bic = "COBADEFFXXX"', "[dunning]", 'preset = "amparex"',
        "staleness_bank_days = 300", dunning_keys, *lines,
    )).encode()  # fmt: skip


@pytest.fixture
def own(books_url: str, opened: Opened) -> Callable[..., Callable[[str], Context]]:
    """Books of a company with settings, customers and items of the test's own; the books as of a day."""

    def made(customers: Iterable[str], items: Iterable[str], *levels: str, keys: str = "") -> Callable[[str], Context]:
        setting_up.init(books_url, stamp("2026-01-02"), (_company(*levels, dunning_keys=keys), "company.toml"))
        context = opened(books_url, "2026-01-02")
        text_in(context, customers="\n".join((_CUSTOMERS, *customers)))
        text_in(context, items="\n".join((_ITEMS, *items)))
        return lambda day: opened(books_url, day)

    return made


Own = Callable[..., Callable[[str], Context]]


def _issued(context: Context) -> list[tuple[str, Notice]]:
    run = dunning.freeze(context, Scope()).run
    assert run is not None
    return [(name or "", notice) for name, notice in dunning.issue(context, run).notices]


def _pdf(context: Context, name: str) -> bytes:
    with context.books.engine.connect() as connection:
        return pdf_of(connection, int(name[1:]))


def _kept(url: str) -> dict[str, Letter]:
    """What the letters say, by notice."""
    return {f"N{row.notice_id}": decoded(row.content) for row in rows(url, select(letters))}


def _written(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _table(folder: Path, run: str) -> list[list[str]]:
    content = (folder / f"Uebersicht_{run}.csv").read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(content), delimiter=";"))


_ERIKA = "K1;Erika Beispiel;Weg 1;50667;Köln;DE;de;post;;person;"
_THREE = ("RE-1;K1;100,00;01.01.2026;15.12.2025;EUR;;", "RE-2;K1;200,00;02.01.2026;15.12.2025;EUR;;",
          "RE-3;K1;300,00;03.01.2026;15.12.2025;EUR;;")  # fmt: skip


@pytest.mark.parametrize(("combine", "documents"), [("none", 3), ("customer", 1), ("address", 1)])
def test_a_11_x_08_three_invoices_in_one_document_or_in_three(own: Own, combine: str, documents: int) -> None:
    """On: one document with three lines; off: three documents. Two customers at one address are never joined."""
    other = "K2;Max Beispiel;Weg 1;50667;Köln;DE;de;post;;person;"
    at = own([_ERIKA, other], [*_THREE, "RE-4;K2;400,00;01.01.2026;;EUR;;"], keys=f'combine = "{combine}"')
    context = at("2026-02-01")
    told = [text(_pdf(context, name)) for name, notice in _issued(context) if notice.customer_no == "K1"]
    assert len(told) == documents
    listed = [[number for number in ("RE-1", "RE-2", "RE-3") if f"{number} 15.12.2025" in one] for one in told]
    assert sorted(number for one in listed for number in one) == ["RE-1", "RE-2", "RE-3"]
    assert {len(one) for one in listed} == {3 // documents}
    assert all("RE-4" not in one for one in told)


@pytest.mark.parametrize(("mixed", "totals"), [("highest", ["305,00"]), ("separate", ["100,00", "205,00"])])
def test_o_10_one_notice_of_two_levels_or_two(own: Own, mixed: str, totals: list[str]) -> None:
    """100 at step 1 and 200 at step 2, fees 0 and 5: the paper says 305; with separate levels 100 and 205."""
    levels = ("[[dunning.levels]]", "number = 1", "after_days = 1", 'fee = "0.00"', "[[dunning.levels]]", "number = 2",
              "after_days = 1", 'anchor = "previous_deadline"', 'fee = "5.00"')  # fmt: skip
    at = own([_ERIKA], ["B;K1;200,00;01.01.2026;;EUR;;", "A;K1;100,00;25.01.2026;;EUR;;"], *levels,
             keys=f'mixed_levels = "{mixed}"')  # fmt: skip
    _issued(at("2026-01-10"))
    context = at("2026-02-01")
    told = sorted((text(_pdf(context, name)) for name, _ in _issued(context)), key=lambda one: "Mahnung 2" in one)
    assert len(told) == len(totals)
    for one, total in zip(told, totals, strict=True):
        assert f"Zu zahlen bis zum 11.02.2026 {total}" in one
    assert "Mahnung 2" in told[-1]
    assert "Mahngebühr 5,00" in told[-1]


@pytest.mark.parametrize(
    ("items", "fee", "reference"), [(1, "5.00", "RF18539007547034"), (1, "5.00", ""), (2, "0.00", ""), (2, "5.00", "")]
)
def test_o_11_a_payment_as_the_girocode_asks_for_it_settles_the_notice(
    own: Own, books_url: str, items: int, fee: str, reference: str
) -> None:
    """What the letter says is to be quoted is read by matching: the items, and the fee to the cent. Of one item it is
    booked, of several a person says yes."""
    band = "certain" if items == 1 else "high"
    levels = ("[[dunning.levels]]", "number = 1", "after_days = 1", f'fee = "{fee}"')
    given = ["RE-2026-0001;10042;100,00;01.01.2026;;EUR;;", "RE-2026-0002;10042;200,00;02.01.2026;;EUR;;"]
    at = own([_ERIKA.replace("K1", "10042")], given[:items], *levels)
    if reference:
        text_in(at("2026-01-03"), items=f"invoice_no;customer_no;amount;due_date;creditor_reference\n"
                                        f"RE-2026-0001;10042;100,00;01.01.2026;{reference}\n")  # fmt: skip
    ((name, _),) = _issued(at("2026-02-01"))
    code = _kept(books_url)[name].girocode.split("\n")
    quoted = code[9] or code[10]
    numbers = " ".join(line.split(";")[0] for line in given[:items])
    assert quoted == (reference or f"{numbers} 10042 {name}")
    paid = Booked(parse_amount(code[7].removeprefix("EUR")), quoted, "2026-02-05", name="Erika Beispiel")
    context = at("2026-02-05")
    import_sources(context, [Source("1.sta", mt940(paid, number="1", day="2026-02-05").encode())])
    found = matching.match_all(context).bands
    assert {one.value: count for one, count in found.items() if count} == {band: 1}
    if band == "high":
        confirming.confirm(context, "L1")
    assert {entry.item.status.value for entry in listing.list_items(context)} == {"paid"}
    kinds = [str(one.kind) for one in listing.list_allocations(context)]
    assert kinds.count("payment") == items
    assert kinds.count("dunning_fee") == (fee != "0.00")
    sound(books_url)


def test_v_25_o_07_issuing_makes_the_letters_of_the_preview(books_at: BooksAt, opened: Opened) -> None:
    """One for each written notice, with its sums; sealed into the record of the log."""
    url = books_at("frozen")
    result = dunning.issue(opened(url, DAY), "D3")
    kept = _kept(url)
    for name, notice in result.notices:
        letter = kept[name or ""]
        assert (letter.total, letter.level, letter.title, letter.deadline) == (
            notice.total, notice.level, notice.title, notice.deadline
        )  # fmt: skip
        assert letter.asked + letter.fee + letter.lump_sum + letter.interest == letter.total
        assert sum(line.amount for line in letter.statement) == letter.balance
    (after,) = rows(url, select(log.c.after).where(log.c.action == "dunning-issue", log.c.subject == "D3"))[0]
    assert '"table":"letters"' in after
    sound(url)


def test_a_letter_stays_whatever_becomes_of_texts_names_and_settings(books_at: BooksAt, opened: Opened) -> None:
    """The same bytes after the customer has moved, the company is called otherwise and the invoice was paid."""
    url = books_at("reminded")
    context = opened(url, "2026-10-21")
    before = {name: _pdf(context, name) for name in _kept(url)}
    text_in(context, customers="customer_no;name;street\n10002;Erna Anders;Anderer Weg 9\n")
    setting_up.change(context, "company.name", "Andere GmbH")
    setting_up.change(context, "dunning.deadline_days", "20")
    texts.set_text(opened(url, "2026-10-22"), 1, "before", "de", "Ganz anders")
    assert {name: _pdf(context, name) for name in before} == before


def test_v_20_d_11_a_file_a_letter_one_bundle_and_one_summary(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """The bundle holds the letters for the post in the order of the postcodes; the summary names every notice."""
    url = books_at("frozen")
    result = dunning.issue(opened(url, DAY), "D3")
    made = letter_files.write_letters(opened(url, DAY), "D3", tmp_path)
    kept = _kept(url)
    by_post = [name for name, notice in result.notices if notice.channel == "letter"]
    assert sorted(one.notice for one in made.summary.printed) == sorted(map(str, by_post))
    singles = {one.notice: (tmp_path / one.file).read_bytes() for one in made.summary.printed}
    context = opened(url, DAY)
    assert singles == {name: _pdf(context, name) for name in singles}
    order = [one.notice for one in made.summary.printed]
    assert order == sorted(order, key=lambda name: (kept[name].postcode, kept[name].customer_no))
    bundle = pages((tmp_path / "Sammeldruck_D3.pdf").read_bytes())
    assert bundle == [page for name in order for page in pages(singles[name])]
    table = _table(tmp_path, "D3")
    listed = table[1 : len(result.notices) + 1]
    assert sorted(row[0] for row in listed) == sorted(str(name) for name, _ in result.notices)
    assert {row[7] for row in listed} == {"Brief", "E-Mail"}
    assert [row[-1] for row in listed if row[7] == "E-Mail"] == ["geht per E-Mail"] * (len(listed) - len(by_post))
    told = text((tmp_path / "Uebersicht_D3.pdf").read_bytes())
    total = sum(notice.total for _, notice in result.notices if notice.channel == "letter")
    assert f"alle Briefe {len(by_post)} EUR" in told
    assert shown(total, "de") in told
    for said in ("Summen nach Stufe", "Summen nach Filiale", "Ohne Brief", "geht per E-Mail", "Im Lauf nicht gemahnt"):
        assert said in told
    # The text of a mail is in no letter.
    assert not any("beigefügten PDF" in page for page in bundle)


def test_d_11_letters_of_notices_by_mail_only_when_asked_for(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """They are never in the bundle, and do not count as sent by post."""
    url = books_at("reminded")
    made = letter_files.write_letters(opened(url, DAY), "D1", tmp_path, everything=True)
    assert {one.channel for one in made.summary.printed} == {"letter", "email"}
    posted = [one.notice for one in made.summary.printed if one.channel == "letter"]
    assert sorted(made.dispatched) == sorted(posted)
    bundle = "".join(pages((tmp_path / "Sammeldruck_D1.pdf").read_bytes()))
    assert [one.notice for one in made.summary.printed if f"Mahnung Nr. {one.notice}\n" in bundle] == posted


def test_x_14_written_twice_is_sent_once(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """The same bytes in another folder on another day; each notice keeps the day it went out, one record of the log."""
    url = books_at("reminded")
    first = letter_files.write_letters(opened(url, DAY), "D1", tmp_path / "one")
    after = dump(url)
    again = letter_files.write_letters(opened(url, "2026-12-01"), "d1", tmp_path / "two")
    assert first.dispatched
    assert again.dispatched == ()
    assert _written(tmp_path / "one") == _written(tmp_path / "two")
    assert dump(url) == after
    days = rows(url, select(notices.c.channel, notices.c.dispatched_on).where(notices.c.run_id == 1))
    assert {(row.channel, str(row.dispatched_on)) for row in days} == {("letter", DAY), ("email", "None")}
    assert len(rows(url, select(log.c.id).where(log.c.action == "dunning-dispatch"))) == 1
    sound(url)


def test_files_that_are_there_stay_unless_forced(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Nothing is written beside them, and nothing counts as sent."""
    url = books_at("reminded")
    name = next(iter(_kept(url)))
    (tmp_path / "Sammeldruck_D1.pdf").write_bytes(b"mine")
    before = dump(url)
    with pytest.raises(Refused) as no:
        letter_files.write_letters(opened(url, DAY), "D1", tmp_path)
    assert codes_of(no) == ["file-exists"]
    assert [path.name for path in tmp_path.iterdir()] == ["Sammeldruck_D1.pdf"]
    assert dump(url) == before
    made = letter_files.write_letters(opened(url, DAY), "D1", tmp_path, force=True)
    assert made.dispatched
    assert (tmp_path / "Sammeldruck_D1.pdf").read_bytes().startswith(b"%PDF")
    assert any(one.notice == name for one in made.summary.notices)


def test_files_that_cannot_be_written_are_not_sent(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    url = books_at("reminded")
    (tmp_path / "post").write_text("a file")
    before = dump(url)
    with pytest.raises(Refused) as no:
        letter_files.write_letters(opened(url, DAY), "D1", tmp_path / "post")
    assert codes_of(no) == ["folder-unwritable"]
    assert dump(url) == before


def test_a_dry_run_writes_nothing(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """It tells what would be written and sent."""
    url = books_at("reminded")
    before = dump(url)
    tried = letter_files.write_letters(opened(url, DAY, dry_run=True), "D1", tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert dump(url) == before
    made = letter_files.write_letters(opened(url, DAY), "D1", tmp_path)
    assert tried == made
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(made.files)


def test_v_24_a_draft_can_be_looked_at(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Marked on every page; nothing is kept, nothing counts as sent; issued, it says the same without the mark."""
    url = books_at("frozen")
    before = dump(url)
    made = letter_files.write_letters(opened(url, DAY), "D3", tmp_path, everything=True)
    assert dump(url) == before
    assert made.summary.draft
    drafts = {one.notice: text((tmp_path / one.file).read_bytes()) for one in made.summary.printed}
    assert all("ENTWURF" in said or "DRAFT" in said for said in drafts.values())
    assert all(path.name.startswith(("Entwurf_", "Sammeldruck_D3_Entwurf", "Uebersicht_D3_Entwurf"))
               for path in tmp_path.iterdir())  # fmt: skip
    context = opened(url, DAY)
    dunning.issue(context, "D3")
    for name, said in drafts.items():
        assert text(_pdf(context, name)) == " ".join(
            said.replace("ENTWURF", "").replace("DRAFT", "").split()
        )  # fmt: skip


def test_f_24_who_has_no_complete_address_gets_no_letter_and_others_do(
    own: Own, books_url: str, tmp_path: Path
) -> None:
    """He is named with what is missing, in the answer and in the summary; his notice does not count as sent."""
    at = own([_ERIKA, "K2;Max Muster;;50667;Köln;DE;de;post;;person;", "K3;Ohne Alles;;;;;de;post;;person;"],
             [_THREE[0], "RE-4;K2;10,00;01.01.2026;;EUR;;", "RE-5;K3;20,00;01.01.2026;;EUR;;"])  # fmt: skip
    (before,) = [one for one in dunning.preview(at("2026-02-01"), Scope()).findings if one.code.startswith("letter")]
    assert (before.code, dict(before.facts)) == ("letter-addresses-missing", {"count": "2", "numbers": "K2, K3"})
    _issued(at("2026-02-01"))
    made = letter_files.write_letters(at("2026-02-01"), "D1", tmp_path)
    assert [(one.customer_no, one.reason) for one in made.summary.notices] == [
        ("K3", "address_missing"), ("K1", ""), ("K2", "address_missing"),
    ]  # fmt: skip
    told = {facts["customer"]: facts["fields"] for finding in made.findings for facts in [dict(finding.facts)]}
    assert told == {"K3": "street, postcode, town", "K2": "street"}
    assert [one.customer_no for one in made.summary.printed] == ["K1"]
    assert len(made.dispatched) == 1
    assert "Anschrift unvollständig, nicht in der Post: Straße" in text((tmp_path / "Uebersicht_D1.pdf").read_bytes())
    sound(books_url)


def test_what_customers_are_called_is_safe_in_a_spreadsheet_and_in_names_of_files(own: Own, tmp_path: Path) -> None:
    """A name is no formula, a customer number no way out of the folder."""
    at = own(["../../=K1;=HYPERLINK(1);Weg 1;50667;Köln;DE;de;post;;person;"],
             ["RE-1;../../=K1;100,00;01.01.2026;;EUR;;"])  # fmt: skip
    _issued(at("2026-02-01"))
    made = letter_files.write_letters(at("2026-02-01"), "D1", tmp_path / "post")
    assert made.files[0] == "Mahnung_N1_..-..-K1.pdf"
    assert {path.name for path in (tmp_path / "post").iterdir()} == set(made.files)
    assert [path.name for path in tmp_path.iterdir()] == ["post"]
    row = _table(tmp_path / "post", "D1")[1]
    assert (row[1], row[2]) == ("../../=K1", "'=HYPERLINK(1)")


def test_d_13_the_language_of_the_customer_decides(own: Own, books_url: str) -> None:
    """German and English letters in one run."""
    at = own([_ERIKA, "K2;John Sample;1 High Street;SW1A 1AA;London;GB;en;post;;person;"],
             [_THREE[0], "RE-4;K2;1234,50;01.01.2026;;EUR;;"])  # fmt: skip
    context = at("2026-02-01")
    told = {notice.customer_no: text(_pdf(context, name)) for name, notice in _issued(context)}
    assert "Zu zahlen bis zum 11.02.2026 100,00" in told["K1"]
    assert "Please pay by 11 Feb 2026 1,234.50" in told["K2"]
    assert "London UNITED KINGDOM" in told["K2"]
    assert "Zahlungserinnerung" not in told["K2"]


def test_d_16_interest_and_lump_sum_stand_by_themselves_with_rate_and_days(own: Own, books_url: str) -> None:
    """500.00 of a company, the first deadline was 25.01.: 4 days at 10.27 % are 0.56, and 40.00 once (§ 288 BGB)."""
    firm = "K1;Muster GmbH;Weg 1;50667;Köln;DE;de;post;;company;"
    at = own([firm], ["RE-1;K1;500,00;01.01.2026;;EUR;;"], keys="interest = true\nlump_sum = true")
    _issued(at("2026-01-15"))
    context = at("2026-01-29")
    ((name, notice),) = _issued(context)
    assert (notice.interest, notice.lump_sum) == (56, 40_00)
    told = text(_pdf(context, name))
    assert "Verzugspauschale (§ 288 Abs. 5 BGB) 40,00" in told
    assert "Verzugszinsen (§ 288 BGB) RE-1: 10,27 % p. a., 26.01.2026 bis 29.01.2026, 4 Tage 0,56" in told
    assert "Zu zahlen bis zum 08.02.2026 540,56" in told
    assert "Mahngebühr" not in told
    sound(books_url)


def test_v_18_payments_of_the_books_stand_on_the_statement(books_at: BooksAt, opened: Opened) -> None:
    """A part payment of a bank line with its day; one that was booked and taken back is not told of."""
    url = books_at("frozen")
    context = opened(url, DAY)
    line = next(one.id for one in listing.list_lines(context) if one.line.bank_ref == "1120A04")
    confirming.confirm(context, line, [Wanted("RE-2026-0805", 10000)])
    undoing.undo(context, last=True)
    confirming.confirm(context, line, [Wanted("RE-2026-0805", 20000)])
    dunning.issue(context, "D3")
    (letter,) = [one for one in _kept(url).values() if one.run == "D3" and one.customer_no == "10012"]
    assert [(entry.kind, entry.amount) for entry in letter.statement] == [("claim", 84560), ("payment", -20000)]
    assert (letter.lines[0].amount, letter.lines[0].paid, letter.lines[0].open) == (84560, 20000, 64560)
    assert letter.statement[1].day is not None
    assert "20.11.2026 Zahlung -200,00" in text(_pdf(context, letter.notice))


def test_what_was_changed_in_the_books_does_not_go_out(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    url = books_at("reminded")
    context = opened(url, DAY)
    with context.books.engine.begin() as connection:
        first = connection.execute(select(letters).order_by(letters.c.id)).first()
        assert first is not None
        changed = first.content.replace('"iban":"DE', '"iban":"XX')
        connection.execute(update(letters).where(letters.c.id == first.id).values(content=changed))
    with pytest.raises(Refused) as no:
        letter_files.write_letters(opened(url, DAY), "D1", tmp_path)
    assert codes_of(no) == ["letter-damaged"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["D99", "N9999", "quatsch"])
def test_what_is_not_there_has_no_letters(books_at: BooksAt, opened: Opened, tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as no:
        letter_files.write_letters(opened(books_at("reminded"), DAY), name, tmp_path)
    assert codes_of(no) == ["notice-unknown" if name == "N9999" else "dunning-run-unknown"]


def test_a_single_notice(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Its letter, alone in bundle and summary; the run's others do not count as sent."""
    url = books_at("reminded")
    made = letter_files.write_letters(opened(url, DAY), "n1", tmp_path)
    assert made.dispatched == ("N1",)
    assert sorted(made.files) == ["Mahnung_N1_10002.pdf", "Sammeldruck_N1.pdf", "Uebersicht_N1.csv",
                                  "Uebersicht_N1.pdf"]  # fmt: skip
