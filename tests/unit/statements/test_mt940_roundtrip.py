"""What a bank writes by Anlage 3 comes back whole, wherever its 27 and 65 characters fall (domain.md 1.4, 1.5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st

from recon.model.statement import Statement
from recon.statements import read
from sepa.money import plain

# The SEPA character set without the separator and the signs that mark identifiers.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-(),.' ÄÖÜäöüß"
# What a bank writes where there is no reference is read as none.
ABSENT = ("NONREF", "NOTPROVIDED", "NOTAVAIL")
IDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-/", min_size=1, max_size=35).filter(lambda text: text not in ABSENT)


def words(size: int) -> st.SearchStrategy[str]:
    """Text as people write it: single blanks, none at the ends."""
    return st.text(LETTERS, min_size=1, max_size=size).map(lambda text: " ".join(text.split())).filter(bool)


@dataclass(frozen=True)
class Entry:
    amount: int
    value_date: date
    booked_after: int
    end_to_end_id: str | None
    mandate_id: str | None
    text: str
    name: str
    bank_ref: str


ENTRIES = st.builds(
    Entry,
    amount=st.integers(-(10**12), 10**12),
    value_date=st.dates(date(1990, 1, 1), date(2070, 12, 31)),
    booked_after=st.integers(-150, 150),
    end_to_end_id=st.none() | IDS,
    mandate_id=st.none() | IDS,
    text=words(140),
    name=words(54).filter(lambda text: text[26:27] != " " and text[27:28] != " "),
    bank_ref=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=16).filter(
        lambda text: text not in ABSENT
    ),
)


def cut(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def written(entry: Entry) -> str:
    """The two fields of an entry as a German bank writes them."""
    booked = entry.value_date + timedelta(days=entry.booked_after)
    sign, amount = "D" if entry.amount < 0 else "C", plain(abs(entry.amount)).replace(".", ",")
    head = f":61:{entry.value_date:%y%m%d}{booked:%m%d}{sign}R{amount}NTRFNONREF//{entry.bank_ref}"
    told = (("EREF", entry.end_to_end_id), ("MREF", entry.mandate_id), ("SVWZ", entry.text))
    purpose = [piece for name, value in told if value is not None for piece in cut(f"{name}+{value}", 27)]
    codes = [*range(20, 30), *range(60, 64)]
    subfields = "".join(f"?{code}{piece}" for code, piece in zip(codes, purpose, strict=False))
    names = "".join(f"?{code}{piece}" for code, piece in zip((32, 33), cut(entry.name, 27), strict=False))
    ordered = subfields.partition("?60")
    detail = f":86:166?00GUTSCHRIFT{ordered[0]}{names}{ordered[1]}{ordered[2]}"
    return "\r\n".join([head, *cut(detail, 65)])


@settings(max_examples=150, deadline=None)
@given(st.lists(ENTRIES, max_size=6), st.integers(-(10**13), 10**13))
def test_what_a_bank_writes_comes_back(entries: list[Entry], opening: int) -> None:
    closing = opening + sum(entry.amount for entry in entries)

    def balance(minor: int) -> str:
        return f"{'D' if minor < 0 else 'C'}261120EUR{plain(abs(minor)).replace('.', ',')}"

    page = [":20:STARTUMS", ":25:DE89370400440532013000", ":28C:1/1", f":60F:{balance(opening)}"]
    page += [*map(written, entries), f":62F:{balance(closing)}", "-", ""]
    (found,) = read(BytesIO("\r\n".join(page).encode()), "f")
    assert isinstance(found, Statement)
    assert (found.opening, found.closing, found.balance_ok, found.findings) == (opening, closing, True, ())
    for entry, line in zip(entries, found.lines, strict=True):
        assert line.amount == entry.amount
        assert line.value_date == entry.value_date
        assert line.booking_date == entry.value_date + timedelta(days=entry.booked_after)
        assert line.end_to_end_id == entry.end_to_end_id
        assert line.mandate_id == entry.mandate_id
        assert line.remittance == entry.text
        assert line.counterparty.name == entry.name
        assert line.bank_ref == entry.bank_ref
