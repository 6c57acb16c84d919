"""Danish customers for tests: settings, tables, and files as the operator of Betalingsservice sends them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from recon.service import setting_up
from recon.service.context import Context
from recon.service.importing import Source, import_sources
from recon.service.pbs import agreements as agreements_of
from recon.service.pbs import creating, handing_over
from recon.service.pbs.deliveries import deliveries_in_books
from tests.books import FIXTURES, text_in

CREDITOR = "87654321"
SETTINGS = f"""
[pbs]
enabled = true
supplier = "12345678"
creditor = "{CREDITOR}"
registration = "0040"
account = "440116243"
user = "OPOS"
"""
DANSKE = "DK5000400440116243"
ACCOUNT = f'\n[[accounts]]\niban = "{DANSKE}"\ncurrency = "DKK"\nname = "Danske konto"\n'
CUSTOMERS = """customer_no;name;street;postcode;town;country
90001;Søren Eksempel;Prøvevej 1;2100;København Ø;DK
90002;Åse Prøve;Prøvevej 2;8000;Aarhus C;DK
90003;Uden Adresse;;5000;Odense;DK
K-9;Bodil Prøve;Prøvevej 3;9000;Aalborg;DK
"""
ITEMS = """invoice_no;customer_no;amount;due_date;issue_date;currency;payment_method
DK-1;90001;1234,56;2026-11-20;2026-11-01;DKK;direct_debit
DK-2;90001;100,00;2026-11-25;2026-11-02;DKK;direct_debit
DK-3;90002;75,50;2026-11-20;2026-11-03;DKK;direct_debit
DK-4;90003;50,00;2026-11-20;2026-11-03;DKK;direct_debit
DK-5;K-9;60,00;2026-11-20;2026-11-03;DKK;direct_debit
DK-6;90001;70,00;2026-11-20;2026-11-03;EUR;direct_debit
DK-7;90002;80,00;2026-11-20;2026-11-03;DKK;transfer
"""


def company(**changed: str) -> bytes:
    """The demo company with Betalingsservice switched on; ``changed`` are further keys of its section."""
    more = "".join(f"{name} = {value}\n" for name, value in changed.items())
    return ((FIXTURES / "company.toml").read_text("utf-8") + ACCOUNT + SETTINGS + more).encode()


def prepare(context: Context, **changed: str) -> None:
    """Switch Betalingsservice on and take Danish customers and their items in."""
    setting_up.apply(context, company(**changed), "company.toml")
    taken = text_in(context, customers=CUSTOMERS, items=ITEMS)
    assert [result.status for result in taken] == ["imported", "imported"], taken


def laid(kind: str, **fields: tuple[int, str]) -> str:
    """A record of 128 characters: ``laid("BS042", code=(14, "0236"))``; a field is its first position and its text."""
    record = kind.ljust(128)
    for first, text in fields.values():
        record = record[: first - 1] + text + record[first - 1 + len(text) :]
    assert len(record) == 128
    return record


def answer(
    kind: str, records: Iterable[str], section: str, creditor: str = CREDITOR, count: int | None = None
) -> bytes:
    """A delivery of the operator with these records BS042."""
    body = list(records)
    told = f"{len(body) if count is None else count:011d}"
    lines = [
        laid("BS002", supplier=(6, "12345678"), system=(14, "BS1"), what=(17, kind), number=(21, "0000000009"),
             made=(50, "021226")),
        laid("BS012", creditor=(6, creditor), section=(14, section), group=(21, "00001")),
        *body,
        laid("BS092", creditor=(6, creditor), section=(14, section), count=(32, told)),
        laid("BS992", supplier=(6, "12345678"), system=(14, "BS1"), what=(17, kind), count=(32, told)),
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def paid(
    reference: str, payer: str, amount: int, *, code: str = "0236", due: str = "011226", got: int | None = None
) -> str:
    """A record of 0602."""
    return laid(
        "BS042", creditor=(6, CREDITOR), code=(14, code), group=(21, "00001"), payer=(26, payer.zfill(15)),
        agreement=(41, "000000055"), due=(50, due), sign=(56, "1"), amount=(57, f"{amount:013d}"),
        reference=(70, reference), paid_on=(104, due), booked_on=(110, "021226"),
        got=(116, f"{amount if got is None else got:013d}"),
    )  # fmt: skip


def agreed(payer: str, *, code: str = "0231", number: str = "55", since: str = "011126", until: str = "000000") -> str:
    """A record of 0603."""
    return laid(
        "BS042", creditor=(6, CREDITOR), code=(14, code), group=(21, "00001"), payer=(26, payer.zfill(15)),
        agreement=(41, number.zfill(9)), since=(50, since), until=(56, until),
    )  # fmt: skip


def payments(records: Iterable[str], **more: object) -> bytes:
    """A delivery 0602."""
    return answer("0602", records, "0211", **more)  # type: ignore[arg-type]


def agreements(records: Iterable[str], **more: object) -> bytes:
    """A delivery 0603."""
    return answer("0603", records, "0212", **more)  # type: ignore[arg-type]


def references(debits: Iterable[object]) -> Mapping[str, str]:
    """The references of a delivery's debits by customer."""
    found = {debit.customer: debit.reference for debit in debits}  # type: ignore[attr-defined]
    return defaultdict(lambda: "none", found)


def decided(context: Context, folder: Path) -> Iterator[Callable[[], object]]:
    """Decisions that put rows into every table of Betalingsservice, to be carried out in this order."""

    def answered(name: str, *records: tuple[str, int, str]) -> object:
        reference = references(deliveries_in_books(context).deliveries[0].debits)
        told = [paid(reference[who], who, amount, code=code, due="010127") for who, amount, code in records]
        return import_sources(context, [Source(name, payments(told))])

    due = date(2027, 1, 10)
    yield lambda: text_in(context, customers=CUSTOMERS, items=ITEMS)
    yield lambda: agreements_of.enter(context, "90001", agreement="55", since=date(2026, 11, 1))
    yield lambda: agreements_of.enter(context, "90002")
    yield lambda: agreements_of.enter(context, "K-9", payer="77")
    yield lambda: agreements_of.end(context, "K-9")
    yield lambda: creating.create(context, due_until=due)
    yield lambda: handing_over.export(context, folder)
    yield lambda: handing_over.submitted(context, "P1")
    yield lambda: answered("0602-a", ("90001", 133456, "0236"), ("90002", 7550, "0237"), ("90003", 1, "0236"))
    yield lambda: answered("0602-b", ("90001", 133456, "0239"))
    yield lambda: import_sources(
        context, [Source("0603", agreements([agreed("90001", code="0232", until="151226"), agreed("90002")]))]
    )
    yield lambda: creating.create(context, due_until=due)
    yield lambda: handing_over.cancel(context, "P2")
    yield lambda: creating.create(context, due_until=due)
    yield lambda: handing_over.export(context, folder, ["P3"])
