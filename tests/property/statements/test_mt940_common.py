"""The short way through a booking of the common form says the same as the general reader, field by field."""

from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.bankfiles import bookings, mt940_entry
from recon.model.finding import Finding
from recon.model.statement import LineStatus
from recon.statements.mt940_common import read_common
from recon.statements.mt940_entry import read_entry

ENTRY = "2601020102CR3779,39NTRFNONREF//000012"
DETAIL = (
    "166?00GUTSCHRIFT?109310?20EREF+E-1?21SVWZ+Rechnung?22 RE-1?30BEISDE22XXX?31DE02120300000000202051?32Max Muster"
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
TOKENS = [
    "166", "105", "109", "079", "164", "116", "?00GUTSCHRIFT", "?00", "?109310", "?20", "?21", "?22", "?23", "?29",
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
    pieces = [draw(st.sampled_from(["166", "105", "116", "020", "109", "167"]))]
    pieces += [f"?00{draw(text)}", "?109310"][: draw(st.integers(0, 2))]
    code = 20
    for name in ("EREF+", "KREF+", "MREF+", "CRED+", "SVWZ+", "", ""):
        if code < 30 and (name == "SVWZ+" or draw(st.booleans())):
            pieces.append(f"?{code}{name}{draw(text)}")
            code += draw(st.sampled_from([1, 1, 1, 1, 1, 1, 1, 2, 0]))
    pieces += [f"?{place}{draw(text)}" for place in (30, 31, 32) if draw(st.booleans())]
    if draw(st.integers(0, 3)) == 0:
        pieces.insert(draw(st.integers(0, len(pieces))), draw(odd))
    value = "".join(pieces)
    return "\n".join(value[at : at + 65] for at in range(0, len(value), 65))


@settings(max_examples=600, deadline=None)
@given(
    value=VALUES | HEADS | st.just(ENTRY),
    detail=DETAILS | written() | written() | st.just(DETAIL),
    expected=st.booleans(),
)
@example(value=ENTRY, detail=DETAIL, expected=False)
@example(value=ENTRY, detail="16\n6?00x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166\n?00x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166?00x?20SVWZ+y?20z", expected=True)
@example(value=ENTRY, detail="166?00x?20EREF+" + "x" * 22 + "?21yyy?22SVWZ+z", expected=True)
def test_common_form_is_read_as_the_general_reader_reads_it(value: str, detail: str, expected: bool) -> None:
    common = read_common(value, detail, "EUR", "f:1", LineStatus.PENDING if expected else LineStatus.BOOKED)
    if common is not None:
        told: list[Finding] = []
        general = read_entry(
            value, detail, "EUR", "f:1", told.append, expected=expected, closing_date=date(2026, 1, 31)
        )
        assert common == general
        assert told == []


def test_most_bookings_of_a_german_bank_have_the_common_form() -> None:
    common = 0
    told: list[Finding] = []
    for booking in bookings(500):
        value, detail = mt940_entry(booking).replace("\r\n", "\n").removeprefix(":61:").rstrip("\n").split("\n:86:")
        found = read_common(value, detail, "EUR", "f:1", LineStatus.BOOKED)
        common += found is not None
        assert found in (None, read_entry(value, detail, "EUR", "f:1", told.append))
    assert common > 400
