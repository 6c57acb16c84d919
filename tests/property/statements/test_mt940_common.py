"""The short way through a booking of the common form says the same as the general reader, field by field."""

from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.bankfiles import bookings, mt940_entry
from recon.model.finding import Finding
from recon.model.statement import LineStatus
from recon.statements.mt940_common import read_common
from recon.statements.mt940_entry import read_entry
from recon.statements.mt940_messages import BOOKING, DETAIL_TAG, _fields, fields
from recon.statements.mt940_pages import cut_apart

ENTRY = "2601020102CR3779,39NTRFNONREF//000012"
DETAIL = (
    "166?00GUTSCHRIFT?109310?20EREF+E-1?21SVWZ+Rechnung?22 RE-1?30BEISDE22XXX?31DE02120300000000202051?32Max Muster"
)
RETURN = "2601020102DR53,50NRTINONREF//000013\n/OCMT/EUR50,00/CHGS/EUR3,50"
RETURN_DETAIL = (
    "109?00RETOURE BASISLASTSCHRIFT?109310?20EREF+E2E-2026-01-02-0000013?21-AB?22MREF+M-1?23CRED+DE98ZZZ09999999999"
    "?24SVWZ+Beitrag November Mit?25glied 4711?30BEISDE22XXX?31DE02120300000000202051?32Muster und Partner Grosshande"
    "?33l KG?34912"
)
# Pieces that have a meaning somewhere in the two fields, and some that have none.
PIECES = [
    "260102", "0102", "260230", "991301", "C", "D", "CR", "RC", "RD", "EC", "ED", "R", "1", "0", "3779", "00", ",",
    ".", "39", "5", "NTRF", "NRTI", "NDDT", "S166", "NONREF", "KREF+", "E-1", " ", "/", "//", "00012", "\n", "١",
]  # fmt: skip
VALUES = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)
HEADS = st.builds(
    "{}{}{}{},{}{}{}".format,
    st.sampled_from(["260102", "260230", "000229", "991231"]),
    st.sampled_from(["0102", "0230", "0229", "1231", "1301"]),
    st.sampled_from(["C", "D", "CR", "DR", "RC", "RD", "EC"]),
    st.sampled_from(["0", "00", "1", "0123", "3779", "9" * 15, "9" * 16]),
    st.sampled_from(["00", "39", "5", "", "123"]),
    st.sampled_from(["NTRF", "NRTI", "FDDT", "S166", "NCHG", "N", ""]),
    st.sampled_from(["NONREF//0012", "NONREF", "KREF+//1/2", "RE/1//2", " R 1 //", "//NONREF", "E-1 ", ""]),
)
SUPPLEMENTS = st.sampled_from(
    [
        "",
        "",
        "\n/OCMT/EUR50,00/CHGS/EUR3,50",
        "\n/OCMT/EUR0050,00/CHGS/EUR0,00",
        "\n/OCMT/USD50,00/CHGS/EUR3,50",
        "\n/OCMT/EUR50,0/CHGS/EUR3,50",
        "\n/CHGS/EUR3,50/OCMT/EUR50,00",
        "\n/OCMT/EUR50,00",
        "\n/OCMT/EUR50,00/CHGS/EUR3,\n50",
        "\n50,00",
    ]
)
TOKENS = [
    "166", "105", "109", "079", "164", "116", "?00GUTSCHRIFT", "?00", "?109310", "?20", "?21", "?22", "?23", "?29",
    "912", "?34", "?33", "ORG BT50,00 PLUS ENTG.3,50", "MD06", "OAMT+", "\n\n", "ANZAHL 2",
    "?2", "?30BEISDE22XXX", "?31DE02 1203", "?31", "?32Max Muster", "?33 Meier", "?34912", "?60x", "?38DE0212", "?61y",
    "EREF+", "KREF+", "MREF+", "CRED+", "SVWZ+", "ABWA+", "IBAN+", "EREF: ", "SVWZ", "eref+", "E-1", "NOTPROVIDED",
    " ", "+", ":", "?", "-", "12", "x" * 22, "x" * 27, "RF18539007547034", "\n", "\x1f", "\x1e", "Ä", "KREF",
]  # fmt: skip
DETAILS = st.lists(st.sampled_from(TOKENS), max_size=14).map("".join)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A structured :86: in the order of Anlage 3, here and there with something that is not common."""
    text = st.text("aB1 -.,/ßxxxxxxxx", max_size=27)
    odd = st.sampled_from(TOKENS)
    pieces = [draw(st.sampled_from(["166", "105", "116", "020", "109", "109", "159", "167", "899"]))]
    pieces += [f"?00{draw(text)}", "?109310"][: draw(st.integers(0, 2))]
    code = 20
    for name in ("EREF+", "KREF+", "MREF+", "CRED+", "SVWZ+", "", ""):
        if code < 30 and (name == "SVWZ+" or draw(st.booleans())):
            value = f"{name}{draw(text)}"
            if name != "SVWZ+" and draw(st.integers(0, 3)) == 0:
                # Wrapped, from a full sub-field or from one that a mark or two are missing in.
                value = value.ljust(draw(st.integers(23, 27)), "x")[:27] + f"?{min(code + 1, 29)}{draw(text)}"
                code += 1
            pieces.append(f"?{code - value.count('?')}{value}")
            code += draw(st.sampled_from([1, 1, 1, 1, 1, 1, 1, 2, 0]))
    number = st.text("aB1X9", max_size=27)
    pieces += [f"?{place}{draw(number | number | number | text)}" for place in (30, 31) if draw(st.booleans())]
    pieces += [f"?{place}{draw(text)}" for place in (32, 33) if draw(st.booleans())]
    if draw(st.booleans()):
        pieces.append(f"?34{draw(st.sampled_from(['912', '901', '905', '', ' 912', '997 MD06']))}")
    if draw(st.integers(0, 3)) == 0:
        pieces.insert(draw(st.integers(0, len(pieces))), draw(odd))
    value = "".join(pieces)
    return "\n".join(value[at : at + 65] for at in range(0, len(value), 65))


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str]:
    """A booking of the common form with a few small changes anywhere: something put in, taken out or put twice."""
    value, detail = draw(st.sampled_from([(ENTRY, DETAIL), (RETURN, RETURN_DETAIL)]))
    if draw(st.booleans()):
        detail = "\n".join(detail[at : at + 65] for at in range(0, len(detail), 65))
    booking = f"{value}\x00{detail}"
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(booking)))
        cut = draw(st.integers(0, 4))
        put = draw(st.sampled_from(["", "", booking[at : at + cut] * 2, *TOKENS]))
        booking = booking[:at] + put + booking[at + cut :]
    value, _, detail = booking.partition("\x00")
    return value, detail.replace("\x00", "")


def same_from_both(value: str, detail: str, expected: bool) -> bool:
    """Whether the booking has the common form; if so, both readers say the same of it and find nothing."""
    status = LineStatus.PENDING if expected else LineStatus.BOOKED
    common = read_common(f"{value}{DETAIL_TAG}{detail}", "EUR", "f:1", status)
    if common is None:
        return False
    told: list[Finding] = []
    general = read_entry(value, detail, "EUR", "f:1", told.append, expected=expected, closing_date=date(2026, 1, 31))
    assert common == general
    assert told == []
    return True


@settings(max_examples=600, deadline=None)
@given(
    value=VALUES | st.builds("{}{}".format, HEADS, SUPPLEMENTS) | st.sampled_from([ENTRY, RETURN]),
    detail=DETAILS | written() | written() | st.sampled_from([DETAIL, RETURN_DETAIL]),
    expected=st.booleans(),
)
@example(value=ENTRY, detail=DETAIL, expected=False)
@example(value=ENTRY, detail="16\n6?00x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166\n?00x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166?0\n\n0x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166?00x?20SVWZ+y?20z", expected=True)
@example(value=ENTRY, detail="166?00x?20EREF+" + "x" * 22 + "?21yyy?22SVWZ+z", expected=True)
@example(value=ENTRY, detail="166?00x?20EREF+" + "x" * 19 + "?21yyy?22SVWZ+z", expected=True)
@example(value=ENTRY, detail="166?00x?20EREF+?21" + "y" * 22 + "?22SVWZ+z", expected=True)
@example(value=RETURN, detail="109?00x?20SVWZ+ORG BT50,00 PLUS ENTG.3,50 AC01", expected=True)
@example(value=ENTRY, detail="109?00x?20SVWZ+ORG BT50,00 PLUS ENTG.3,50 AC01", expected=True)
def test_common_form_is_read_as_the_general_reader_reads_it(value: str, detail: str, expected: bool) -> None:
    same_from_both(value, detail, expected)


@settings(max_examples=600, deadline=None)
@given(booking=changed(), expected=st.booleans())
def test_small_changes_are_read_the_same_by_both(booking: tuple[str, str], expected: bool) -> None:
    same_from_both(*booking, expected)


def test_returns_and_wrapped_identifiers_have_the_common_form() -> None:
    assert same_from_both(RETURN, RETURN_DETAIL, False)
    line = read_common(f"{RETURN}{DETAIL_TAG}{RETURN_DETAIL}", "EUR", "f:1", LineStatus.BOOKED)
    assert line is not None
    assert (line.original_amount, line.charges, line.return_reason) == (5000, 350, "MD06")
    assert (line.end_to_end_id, line.creditor_id) == ("E2E-2026-01-02-0000013-AB", "DE98ZZZ09999999999")
    assert line.counterparty.name == "Muster und Partner Grosshandel KG"


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(
        st.sampled_from(
            [f":61:{ENTRY}", f":61:{RETURN}", f":86:{DETAIL}", ":86:x", ":28:15 Uhr", ":62F:C260102EUR1,00", ":NS:01x",
             ":60F:C260102EUR1,00", ":20:X", ":25:1", "", "text", "-", ":ab:c", ":61: x", ":90C:1EUR1,00", "a:61:b"]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_bookings_given_whole_are_the_fields_of_the_message(rows: list[str]) -> None:
    found: list[tuple[str, str, int]] = []
    stray: list[Finding] = []
    for tag, value, line in fields("\n".join(rows), "f", 1, stray):
        if tag == BOOKING:
            entry, (detail,) = cut_apart((line, value, None))
            found += [("61", entry, line), ("86", detail, line + value.partition(DETAIL_TAG)[0].count("\n") + 1)]
        else:
            found.append((tag, value, line))
    piecewise: list[Finding] = []
    assert found == list(_fields("\n".join(rows), "f", 1, piecewise, last=True))
    assert stray == piecewise


def test_most_bookings_of_a_german_bank_have_the_common_form() -> None:
    common = 0
    told: list[Finding] = []
    for booking in bookings(500):
        value, detail = mt940_entry(booking).replace("\r\n", "\n").removeprefix(":61:").rstrip("\n").split("\n:86:")
        found = read_common(f"{value}{DETAIL_TAG}{detail}", "EUR", "f:1", LineStatus.BOOKED)
        common += found is not None
        assert found in (None, read_entry(value, detail, "EUR", "f:1", told.append))
    assert common == 500
