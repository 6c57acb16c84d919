"""Whatever pieces of the forms of single banks come together in a :86:, no word of it is lost."""

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from recon.statements.mt940_details import read_details

IBAN = "NL44INGB0000000101"
PIECES = [
    "SEPA OVERBOEKING                 ", f"IBAN: {IBAN}", "BIC: INGBNL2A", "NAAM: MUSTER BV", "OMSCHRIJVING: F 1",
    "KENMERK: E1", "MACHTIGING: M1", "INCASSANT: C1", "BETALINGSKENM.: 16", "VOOR: W", "BEA   ", "GEA   ", "NR:X1 ",
    "20.11.26/12.54 ", ",PAS001", "GIRO   ", "123456 ", "12.34.56.789 ", f"REK: {IBAN}", "/NAAM: MUSTER", IBAN,
    " INGBNL2A ", "0123456789 ", "Europese Incasso doorlopend ", " NL57ZZZ010000000000 ", "GIRO AUS ", "AUFTRAGGEBER: ",
    " 131209CH98765432", " MITTEILUNGEN: ", "770 PRZELEW", "; Z RACH.: ", "; OD: ", "; TYT.: ", "; TNR: ", "999", ":",
    "SEPA_TRANSFER:", " End-to-End-Referenz: ", " Mandatsreferenz: ", " Kundenreferenz: ", " ID des Auftraggebers: ",
    "/EREF/", "/NAME/", "/ORDP/", "/BENM/", "/ULTD/", "/CNTP/", "/REMI/", "/IBAN/", "/BBAN/", "/DBNM/", "/CRNM/",
    "/TRTP/", "/RTRN/", "/CUR/", "/PREF/", "/KREF/", "/BAI/", "MD06", "/", " ", "\n", "\n\n", "Text", "Wort ", "1",
    "x" * 32,
]  # fmt: skip
LABELS = re.compile(
    r"\b(?:IBAN|BIC|NAAM|OMSCHRIJVING|KENMERK|MACHTIGING|INCASSANT|BETALINGSKENM\.|REK|AUFTRAGGEBER|MITTEILUNGEN|OD):"
    r"|; Z RACH\.:|TYT\.:|(?:End-to-End-Referenz|Mandatsreferenz|Kundenreferenz|ID des Auftraggebers):"
    r"|/(?:EREF|NAME|ORDP|BENM|ULTD|CNTP|REMI|IBAN|BBAN|DBNM|CRNM|TRTP|RTRN|CUR|PREF|KREF|BAI)(?=/)"
)


def squeezed(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


@settings(max_examples=600, deadline=None)
@given(value=st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
@example(value=f"SEPA OVERBOEKING                 IBAN: {IBAN}\nNAAM: A                          NAAM: B")
@example(value="/ULTD//NAME/A/ULTD//NAME/B/EREF/1/EREF/2")
def test_no_word_is_lost(value: str) -> None:
    found = read_details(value)
    fields = (found.text, found.gvc, found.booking_text, found.name, found.account, found.bank, *found.ids.values())
    said = squeezed(" ".join(filter(None, fields)))
    words = re.findall(r"[^\W_]+", LABELS.sub(" ", value.strip().removeprefix("999")))
    assert [word for word in words if word not in said] == [], found
