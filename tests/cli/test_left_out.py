"""What is not collected: each reason of contract.md 5 as a user meets it, with its text in both languages; and input
that is refused before anything is due."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from recon.model.roles import Action
from recon.service.context import open_context, run, writing
from recon.store.holds import COLLECT, put_hold
from recon.store.log import record
from sepa.debits import REASONS
from sepa.money import parse_amount
from tests.books import stamp
from tests.commandline import Ran, command

DAY = "2026-11-20"
COMPANY = """
[company]
name = "Optik Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
[[accounts]]
iban = "DE89370400440532013000"
lead_days = 3
cut_off = "14:00"
[[accounts]]
iban = "DE27370501980000012345"
[[branches]]
code = "K01"
name = "Filiale Köln"
account = "DE27370501980000012345"
[[branches]]
code = "K02"
name = "Filiale Bonn"
[collect]
one_mandate_per_customer = false
"""
GOOD, LONDON, ANKARA = "DE42100100100000067890", "GB29NWBK60161331926819", "TR330006100519786457841326"
MANDATE = "mandate_id;customer_no;iban;signed_on;account_holder;scheme;kind;last_used_on;status"
ITEM = "invoice_no;customer_no;amount;due_date;issue_date;payment_method;currency;branch;mandate_id"
DUE = "119,00;2026-11-25;2026-10-01;direct_debit"

SIGNED = f"{GOOD};2025-01-01"


class Row(NamedTuple):
    """A customer with a mandate and an item, the reason why it is not collected and what the German text says."""

    reason: str
    about: str
    german: str
    mandate: str | None = SIGNED
    item: str = DUE
    name: str = "Max Muster"


ROWS = [
    Row("not_direct_debit", "transfer", "Zahlungsart", item="119,00;2026-11-25;2026-10-01;transfer;;;@"),
    Row("currency", "USD", "USD", item=f"{DUE};USD"),
    Row("amount", "ten to the ten", "999.999.999,99", item="10000000000,00;2026-11-25;2026-10-01;direct_debit"),
    Row("no_mandate", "none", "kein Mandat", mandate=None),
    Row("mandate_unknown", "named, unknown", "M-99", mandate=None, item=f"{DUE};;;M-99"),
    Row("mandate_unknown", "another's", "sondern für 1", item=f"{DUE};;;M-1"),
    Row("scheme_mismatch", "B2B from a person", "B2B", mandate=f"{SIGNED};;B2B"),
    Row("mandate_revoked", "revoked", "widerrufen", mandate=f"{SIGNED};;;;;revoked"),
    Row("mandate_expired", "36 months", "01.01.2023", mandate=f"{GOOD};2020-01-01"),
    Row("mandate_expired", "said so", "abgelaufen", mandate=f"{SIGNED};;;;;expired"),
    Row("mandate_expired", "one-off, used", "05.01.2026", mandate=f"{SIGNED};;;one_off;2026-01-05"),
    Row("no_signature_date", "missing", "Unterschriftsdatum", mandate=f"{GOOD};"),
    Row("no_signature_date", "from the future", "01.01.2027 liegt in der Zukunft", mandate=f"{GOOD};2027-01-01"),
    Row("iban_invalid", "outside SEPA", "außerhalb des SEPA-Raums", mandate=f"{ANKARA};2025-01-01"),
    Row("address_missing", "London", "Ort, Land, BIC", mandate=f"{LONDON};2025-01-01"),
    Row("address_missing", "emoji for a name", "Name", mandate=f"{SIGNED};😀", name="😀"),
    Row("no_creditor", "branch without account", "K02", item=f"{DUE};;K02"),
    Row("blocked", "by a person", "gesperrt: Zusage"),
    Row("blocked", "suspended mandate", "gesperrt", mandate=f"{SIGNED};;;;;suspended"),
    Row("disputed", "complaint", "Reklamation: Ware fehlt"),
    Row("with_agency", "with the agency", "beim Inkassobüro"),
    Row("already_exported", "in a batch", "B1", item=f"{DUE};;K01"),
]
IDS = [f"{row.reason}-{row.about}" for row in ROWS]
# Collected: names that must be changed, and one that is there already.
TAKEN = [
    Row("", "name of 200 characters", "", name="N" * 200),
    Row("", "blank account holder", "", mandate=f"{SIGNED};   "),
    Row("", "emoji beside a name", "", name="Max 😀 Muster"),
]


def _opos(books: Path, *arguments: str) -> Ran:
    return command("--books", str(books), "--as-of", DAY, *arguments)


def _filled(line: str, head: str) -> str:
    return line + ";" * (head.count(";") - line.count(";"))


def _tables(folder: Path) -> None:
    customers, mandates, items = ["customer_no;name;type", "1;Erika Beispiel;person"], [MANDATE], [ITEM]
    mandates.append(_filled(f"M-1;1;{SIGNED}", MANDATE))
    for number, row in enumerate([*ROWS, *TAKEN], start=100):
        customers.append(f"{number};{row.name};person")
        if row.mandate is not None:
            mandates.append(_filled(f"M-{number};{number};{row.mandate}", MANDATE))
        items.append(_filled(f"RE-{number};{number};{row.item}".replace("@", f"M-{number}"), ITEM))
    for name, lines in (("customers", customers), ("mandates", mandates), ("items", items)):
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books with a customer, a mandate and a due item for each reason; one item is in a batch already."""
    folder = tmp_path_factory.mktemp("left-out")
    path = folder / "opos.db"
    (folder / "company.toml").write_text(COMPANY, encoding="utf-8")
    _tables(folder)
    assert _opos(path, "init", "--company", str(folder / "company.toml")).code == 0
    done = _opos(path, "import", *(str(folder / f"{name}.csv") for name in ("customers", "mandates", "items")))
    assert done.code == 0, done.err
    made = _opos(path, "collect", "create", "--due-until", "2026-11-30", "--branch", "K01", "--json")
    assert [file["count"] for file in made.document["files"]] == [1], made.err
    _hold(path, "by a person", "blocked", "Zusage bis Dezember")
    _hold(path, "complaint", "disputed", "Ware fehlt")
    _hold(path, "with the agency", "with_agency", "abgegeben")
    return path


def _hold(path: Path, about: str, kind: str, reason: str) -> None:
    number = next(at for at, row in enumerate(ROWS) if row.about == about)
    if kind == "blocked":
        given = ("dunning", "block", f"RE-{100 + number}", "--reason", reason, "--only", "collect")
        assert _opos(path, *given).code == 0
        return
    context = open_context(str(path), stamp(DAY))
    with run(context, Action.BLOCK), writing(context) as connection:
        item = connection.exec_driver_sql(f"SELECT id FROM items WHERE invoice_no = 'RE-{100 + number}'").scalar()
        assert isinstance(item, int)
        put_hold(connection, item, kind=kind, scope=COLLECT, reason=reason, since=stamp(DAY).as_of, until=None,
                 actor="tester")  # fmt: skip
        record(connection, stamp(DAY), "block", f"RE-{100 + number}")
    context.books.engine.dispose()


@pytest.mark.parametrize("row", range(len(ROWS)), ids=IDS)
def test_each_reason_is_told_with_its_text(books: Path, row: int) -> None:
    """In JSON by its code with an English text; in German as people read it."""
    reason, german = ROWS[row].reason, ROWS[row].german
    preview = ("collect", "preview", "--due-until", "2026-11-30")
    found = {entry["item"]: entry for entry in _opos(books, *preview, "--json").document["excluded"]}
    entry = found[f"RE-{100 + row}"]
    assert entry["reason"] == reason
    assert entry["text"]
    assert "{" not in entry["text"]
    told = _opos(books, "--lang", "de", *preview).out
    line = next(line for line in told.splitlines() if line.startswith(f"RE-{100 + row} "))
    assert german in line


def test_a_day_that_cannot_be_made(books: Path) -> None:
    """Lead time: three days at the first account's bank, and after its cut-off one more. Pre-notification: 14 days
    from the invoice."""
    window = ("collect", "preview", "--due-until", "2026-11-30", "--json")
    made = _opos(books, *window, "--collection-date", "2026-11-25").document
    assert sum(file["count"] for file in made["files"]) == len(TAKEN)
    late = _opos(books, *window, "--collection-date", "2026-11-25", "--at", "14:01").document
    found = {entry["item"]: entry for entry in late["excluded"] if entry["reason"] == "lead_time"}
    assert [entry["text"] for entry in found.values()] == ["too little lead time: 26 Nov 2026 at the earliest"] * 3
    early = _opos(books, *window, "--collection-date", "2026-11-24", "--as-of", "2026-11-18").document
    reasons = {entry["reason"] for entry in early["excluded"] if int(entry["item"][3:]) >= 100 + len(ROWS)}
    assert reasons == {"prenotification"}


def test_every_reason_has_a_row() -> None:
    assert {row.reason for row in ROWS} | {"lead_time", "prenotification"} == set(REASONS)


def test_what_is_due_is_collected_or_left_out(books: Path) -> None:
    """Σ included + Σ excluded = Σ due, in number and amount."""
    made = _opos(books, "collect", "preview", "--due-until", "2026-11-30", "--json").document
    euros = [entry for entry in made["excluded"] if entry["currency"] == "EUR"]
    amount = sum(parse_amount(one["sum"]) for one in made["files"])
    assert (
        len(made["excluded"]) + sum(one["count"] for one in made["files"])
        == made["due"]["count"]
        == len(ROWS) + len(TAKEN)
    )
    assert amount + sum(parse_amount(one["amount"]) for one in euros) == parse_amount(made["due"]["sum"])


def test_what_was_changed_in_names_is_listed(books: Path) -> None:
    """A name of 200 characters is cut, an emoji replaced: collected all the same, and told."""
    notes = _opos(books, "collect", "preview", "--due-until", "2026-11-30", "--json").document["notes"]
    told = {(note["code"], note["invoice"]) for note in notes if "invoice" in note}
    first = 100 + len(ROWS)
    assert {("text-cut", f"RE-{first}"), ("characters-replaced", f"RE-{first + 2}")} <= told


@pytest.mark.parametrize(
    ("table", "line", "code"),
    [
        ("mandates", "M-1;1;DE43100100100000067890;2025-01-01", "iban-check-digits"),
        ("items", "RE-1;1;119,00;2026-11-25;2026-10-01;direct_debit;;K99", "branch-unknown"),
        ("customers", "7; ;person", "value-missing"),
    ],
    ids=["IBAN with wrong check digits", "unknown branch", "blank name"],
)  # fmt: skip
def test_what_is_refused_when_it_comes_in(books: Path, tmp_path: Path, table: str, line: str, code: str) -> None:
    copy = tmp_path / "opos.db"
    shutil.copy(books, copy)
    head = {"mandates": MANDATE, "items": ITEM, "customers": "customer_no;name;type"}[table]
    (tmp_path / f"{table}.csv").write_text(f"{head}\n{_filled(line, head)}\n", encoding="utf-8")
    refused = _opos(copy, "import", str(tmp_path / f"{table}.csv"), "--json")
    assert refused.code == 4
    assert code in {finding["code"] for file in refused.document["files"] for finding in file["findings"]}


def test_an_amount_of_nothing_makes_no_item(books: Path, tmp_path: Path) -> None:
    """A-34: nothing is due, so there is nothing to leave out."""
    copy = tmp_path / "opos.db"
    shutil.copy(books, copy)
    (tmp_path / "items.csv").write_text(
        f"{ITEM}\nRE-1;1;0,00;2026-11-25;2026-10-01;direct_debit;;;\n", encoding="utf-8"
    )
    done = _opos(copy, "import", str(tmp_path / "items.csv"), "--json")
    assert done.code == 0
    assert done.document["files"][0]["records"]["new"] == 0
