"""The short way through a booking of the common form says the same as the general reader, field by field."""

from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.bankfiles import bookings, mt940_entry
from recon.model.finding import Finding
from recon.statements.mt940_common import read_common
from recon.statements.mt940_entry import read_entry

ENTRY = "2601020102CR3779,39NTRFNONREF//000012"
DETAIL = (
    "166?00GUTSCHRIFT?109310?20EREF+E-1?21SVWZ+Rechnung?22 RE-1?30BEISDE22XXX?31DE02120300000000202051?32Max Muster"
)
# Pieces that have a meaning somewhere in the two fields, and some that have none.
VALUES = st.lists(
    st.sampled_from(
        (
            "260102~0102~260230~0230~991301~C~D~CR~RC~RD~EC~ED~R~1~0~3779~00~,~.~39~5~NTRF~NRTI~NDDT~S166~NONREF~KREF+~E-1"
            "~ ~/~//~00012~\n~/OCMT/EUR5,00/CHGS/EUR3,50~١"
        ).split("~")
    ),
    max_size=10,
).map("".join)
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
TOKENS = st.sampled_from(
    (
        "166~105~109~079~164~116~808~999~?00GUTSCHRIFT~?00~?109310~?10~?20~?21~?22~?23~?29~?2~?30BEISDE22XXX~?31DE02 1203"
        "~?31~?32Max Muster~?32 ~?33 Meier~?34912~?60x~?38DE0212~?61y~EREF+~KREF+~MREF+~CRED+~SVWZ+~ABWA+~IBAN+~EREF: "
        "~SVWZ~eref+~E-1~NOTPROVIDED~Rechnung~ RE-1~ ~+~:~?~-~12~xxxxxxxxxxxxxxxxxxxxxx~xxxxxxxxxxxxxxxxxxxxxxxxxxx"
        "~RF18539007547034~\n~\x1f~\x1e~Ä~KREF"
    ).split("~")
)
DETAILS = st.lists(TOKENS, max_size=14).map("".join)
ORDERED = st.builds(
    "{}{}{}{}{}{}{}".format,
    st.sampled_from(["166", "105", "109", "079", "167", "020", "201"]),
    st.sampled_from(["", "?00GUT\nSCHRIFT", "?00", "?00  ?109310"]),
    st.sampled_from(["", "?20EREF+E-1", "?20EREF+NOTPROVIDED", "?20EREF+", "?20EREF+" + "x" * 22, "?20 EREF+E-1"]),
    st.sampled_from(["", "?21MREF+M-1", "?21KREF+K", "?20MREF+M", "?21MREF+M ABWA+Y", "?21MR"]),
    st.sampled_from(["", "?22CRED+DE98 ZZZ", "?22CRED+NOTPROVIDED", "?22EF+M"]),
    st.sampled_from(
        ["", "?23SVWZ+", "?23SVWZ+RE-1?24 vom?25 2.", "?23SVWZ+a?23b", "?23SVWZ+a?25b?24c", "?23svwz+x", "?23x"]
    ),
    st.sampled_from(["", "?30BIC?31DE02 12?32A  B", "?31?32 ", "?32A?33B", "?30B?34912", "?31D?30B", "?32A?60x", "?3"]),
)


@settings(max_examples=600, deadline=None)
@given(value=VALUES | HEADS | st.just(ENTRY), detail=DETAILS | ORDERED | st.just(DETAIL), expected=st.booleans())
@example(value=ENTRY, detail=DETAIL, expected=False)
@example(value=ENTRY, detail="16\n6?00x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166\n?00x?20SVWZ+y", expected=True)
@example(value=ENTRY, detail="166?00x?20SVWZ+y?20z", expected=True)
@example(value=ENTRY, detail="166?00x?20EREF+" + "x" * 22 + "?21yyy?22SVWZ+z", expected=True)
def test_common_form_is_read_as_the_general_reader_reads_it(value: str, detail: str, expected: bool) -> None:
    common = read_common(value, detail, "EUR", "f:1", expected=expected)
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
        found = read_common(value, detail, "EUR", "f:1", expected=False)
        common += found is not None
        assert found in (None, read_entry(value, detail, "EUR", "f:1", told.append))
    assert common > 400
