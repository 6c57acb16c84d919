"""How single banks write :86: and :61: (domain.md 1.8): what is plainly said is read, what is not stays text."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon.model.finding import Finding, Severity
from recon.model.statement import Line, LineStatus, Statement
from recon.statements.mt940_details import read_details
from recon.statements.mt940_dialects import FORM_CHARS

ReadLine = Callable[..., Line]
ReadAll = Callable[[bytes | str], list[Statement | Finding]]
ReadOne = Callable[[bytes | str], Statement]

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "statements"
DIALECTS = sorted(GOLDEN.glob("dialect_*.sta.json"))
IBAN = "NL44INGB0000000101"
# What a bank writes to say what follows, and what says that there is nothing.
LABELS = frozenset(
    """IBAN BIC NAAM OMSCHRIJVING KENMERK MACHTIGING INCASSANT BETALINGSKENM REK AUFTRAGGEBER MITTEILUNGEN Z NA RACH OD
    DLA TYT Nr rach org pod Nazwa podat End to Referenz Kundenreferenz Mandatsreferenz ID des Auftraggebers NOTPROVIDED
    EREF MARF MREF CRED CSID TRTP NAME REMI USTD CNTP RTRN BAI BENM BBAN ACNO ORDP ULTD DBNM DACT DBIC""".split()  # noqa: SIM905
)
# A bank's code in front, the codes of sub-fields, and what is in raw alone: Primanota, text key, the own account.
CODES = re.compile(r"\A(?:000|999)|[>~^<?+](?:10\d{3,5}(?=[~? ])|10000000000+|34\d+|310666666666|[0-3]\d|6[0-3])")


@pytest.mark.parametrize(
    ("detail", "name", "account", "bank", "text"),
    [
        # ABN AMRO
        (f"SEPA OVERBOEKING                 IBAN: {IBAN}\nNAAM: BEISPIEL BV", "BEISPIEL BV", IBAN, None, None),
        (
            f"SEPA OVERBOEKING                 IBAN: {IBAN}\nNAAM: BEISPIEL BV                NAAM: NOG EEN",
            "BEISPIEL BV",
            IBAN,
            None,
            "NAAM: NOG EEN",
        ),
        (
            "SEPA OVERBOEKING                 zonder alles",
            None,
            None,
            None,
            "SEPA OVERBOEKING                 zonder alles",
        ),
        ("BEA               23.06.09/22.22 MUSTER,PAS590", "MUSTER", None, None, "23.06.09/22.22 PAS590"),
        ("BEA zonder datum,PAS590", None, None, None, "BEA zonder datum,PAS590"),
        ("GIRO   428428", None, "428428", None, None),
        ("12.34.56.789                    MUSTER B.V.", None, "123456789", None, "MUSTER B.V."),
        ("12.34.56 is geen rekening", None, None, None, "12.34.56 is geen rekening"),
        # Knab
        (f"REK: {IBAN}/NAAM: BEISPIEL", "BEISPIEL", IBAN, None, None),
        (f"a\nREK: {IBAN}/NAAM: BEISPIEL/b", None, None, None, f"a REK: {IBAN}/NAAM: BEISPIEL/b"),
        # SNS and ASN: the empty line below shows it
        (f"{IBAN} e beispiel\n\ntekst", "e beispiel", IBAN, None, "tekst"),
        (f"{IBAN} e beispiel\ntekst", None, None, None, f"{IBAN} e beispiel tekst"),
        # ING: only a creditor identifier ends the name
        (f"0123456789 {IBAN} INGBNL2A E. Beispiel tekst", None, IBAN, "INGBNL2A", "0123456789 E. Beispiel tekst"),
        (f"{IBAN} geenbic E. Beispiel", None, None, None, f"{IBAN} geenbic E. Beispiel"),
        # PostFinance: the reference ends the payer
        ("GIRO AUFTRAGGEBER: M MUSTER 131209CH98765432", "M MUSTER", None, None, "131209CH98765432"),
        ("GIRO AUFTRAGGEBER: M MUSTER", None, None, None, "GIRO AUFTRAGGEBER: M MUSTER"),
        # mBank
        ("770 PRZELEW; Z RACH.: 12345678; OD: MUSTER; TYT.: F 1", "MUSTER", "12345678", None, "F 1"),
        ("770 PRZELEW; OD: MUSTER", None, None, None, "770 PRZELEW; OD: MUSTER"),
        # Penta
        ("999PURCHASE:Laden:MUSTER:DE02120300000000202051", "MUSTER", "DE02120300000000202051", None, "Laden"),
        ("999GUTSCHRIFT:Rechnung 1", None, None, None, "GUTSCHRIFT:Rechnung 1"),
        # Triodos: zeros are no account, and >31 is the own one
        ("000>100000000000>20KOSTEN>310666666666", None, None, None, "KOSTEN"),
        ("000>100555555555>20KOSTEN>310666666666", None, "0555555555", None, "KOSTEN"),
        (f"000>100000000000>20INGBNL2A>21{IBAN}>22TEKST", None, IBAN, "INGBNL2A", "TEKST"),
        ("000>100000000000>20INGBNL2A>21TEKST", None, None, None, "INGBNL2ATEKST"),
        # Sub-fields without a code, in any order, and a plus that begins a number
        ("?20Miete?31DE02120300000000202051?32Muster", "Muster", "DE02120300000000202051", None, "Miete"),
        ("+20 Euro", None, None, None, "+20 Euro"),
        ("?20Miete im November", None, None, None, "?20Miete im November"),
        ("?202611 Miete?31 x", None, None, None, "?202611 Miete?31 x"),
        ("000+32MUSTER\n+20Plata\n+20nochmal", "MUSTER", None, None, "Plata +20nochmal"),
        ("166\n?00X\n?20Miete\n?32Muster", "Muster", None, None, "Miete"),
        ("123\n+20 Euro", None, None, None, "123 +20 Euro"),
        # Slash codes
        ("/EREF/1/DBNM/Muster/DACT/123", "Muster", "123", None, None),
        ("/EREF/1/DBNM/Wir/CRNM/Muster", None, None, None, "/DBNM/Wir /CRNM/Muster"),
        ("/TRTP/X/BBAN/90000014/NAME/A/NAME/B", "A", "90000014", None, "/NAME/B"),
        ("/BENM/Muster/REMI/x", "Muster", None, None, "x"),
        ("/BENM/Muster/Stadt/REMI/x", None, None, None, "x /BENM/Muster/Stadt"),
        (f"/CNTP/{IBAN}/INGBNL2A/MUSTER/STADT///\nREMI/USTD//x/", "MUSTER", IBAN, "INGBNL2A", "STADT x"),
        # Free text with identifiers in colon form
        ("Text EREF: E1 IBAN: DE02120300000000202051", None, "DE02120300000000202051", None, "Text"),
    ],
)
def test_counterparty_and_text(
    detail: str, name: str | None, account: str | None, bank: str | None, text: str | None
) -> None:
    found = read_details(detail)
    assert (found.name, found.account, found.bank, found.text) == (name, account, bank, text)


def test_what_is_too_long_for_any_form_stays_text() -> None:
    long = "BEA 23.06.09/22.22" + " " * FORM_CHARS + "x"
    assert read_details(long).name is None


@pytest.mark.parametrize(
    ("entry", "detail", "fields"),
    [
        ("D1,00N0440121470966      W. Muster", "x", ("W. Muster", "0121470966", None, None, None)),
        ("D1,00N0440121470966 W. Muster", "x", (None, None, "0121470966 W. Muster", None, None)),
        ("D1,00N044NONREF          Kosten", "x", ("Kosten", None, None, None, None)),
        ("D1,00N0440121470966      W. Muster", "105?20x?32Wer", ("Wer", None, "0121470966      W. Muster", None, None)),
        (f"D1,00NOVB{IBAN}\ne muster", f"{IBAN} e muster\n\nx", ("e muster", IBAN, None, None, None)),
        (f"D1,00NOVB{IBAN}\nanders", f"{IBAN} e muster\n\nx", ("e muster", IBAN, None, None, "anders")),
        ("D1,00NONREF", "x", (None, None, None, None, None)),
        ("D1,00NONREF//B1", "105?20x", (None, None, None, "B1", None)),
        (
            "C1,00FMSC01916//NONREF\n20131209007602198765432000000012",
            "x",
            (None, None, "01916", "20131209007602198765432000000012", None),
        ),
        (
            "C1,00FMSC01916//B1\n20131209007602198765432000000012",
            "x",
            (None, None, "01916", "B1", "20131209007602198765432000000012"),
        ),
    ],
)
def test_entry_says_the_other_side(line: ReadLine, entry: str, detail: str, fields: tuple[str | None, ...]) -> None:
    found = line(f"261120{entry}", detail)
    told = found.counterparty
    assert (told.name, told.iban, found.customer_ref, found.bank_ref, found.booking_text) == fields


def squeezed(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [line for one in json.loads(path.read_text(encoding="utf-8")) for line in one["lines"]]


@pytest.mark.parametrize("path", DIALECTS, ids=lambda path: path.stem)
def test_every_word_of_a_dialect_is_in_a_field(path: Path) -> None:
    for line in lines_of(path):
        told = {**line, **line["counterparty"], "raw": "", "where": "", "counterparty": ""}
        said = squeezed(" ".join(value for value in told.values() if isinstance(value, str)))
        rows = line["raw"].partition("\n:86:")[2].split("\n")
        detail = "".join(row if len(row) >= 64 else f"{row} " for row in rows)
        lost = [
            word for word in re.findall(r"[^\W_]+", CODES.sub(" ", detail)) if word not in said and word not in LABELS
        ]
        assert not lost, (detail, told)


def test_balance_report_has_no_gap_and_no_lines(one: ReadOne) -> None:
    head = ":20:X\n:25:1/2\n:28:212\n:13D:2611201515+0100\n:60F:C261120EUR100,00\n"
    page = f"{head}:90D:2EUR30,\n:90C:1EUR10,\n:62F:C261120EUR"
    found = one(f"{page}80,00\n-\n")
    assert [(told.code, told.severity) for told in found.findings] == [("balance-report", Severity.INFO)]
    assert dict(found.findings[0].facts) == {"opening": "100.00", "closing": "80.00"}
    assert (found.lines, found.opening, found.closing, found.balance_ok) == ((), None, None, None)
    # Counts that do not explain the balances are no answer to the gap.
    assert [told.code for told in one(f"{page}81,00\n-\n").findings] == ["balance-gap"]


def test_pending_report_with_lines_is_no_balance_report(one: ReadOne) -> None:
    found = one(":20:X\n:25:1/2\n:28:1\n:34F:EUR0,\n:13D:2611201515+0100\n:61:261120C1,00NTRFX\n:90C:1EUR1,\n-\n")
    assert [line.status for line in found.lines] == [LineStatus.PENDING]
    assert found.findings == ()


@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_utf16_says_the_same_as_utf8(read_all: ReadAll, encoding: str, mark: bytes) -> None:
    text = (GOLDEN / "dialect_postfinance.sta").read_text(encoding="utf-8").replace("ERIKA", "JÖRG € 😀")
    plain, (told, wide) = read_all(text), read_all(mark + text.encode(encoding))
    assert [wide] == plain
    assert isinstance(told, Finding)
    assert (told.code, dict(told.facts)) == ("encoding-fallback", {"encoding": "UTF-16"})


def test_utf16_that_ends_within_a_character_is_read(read_all: ReadAll) -> None:
    text = (GOLDEN / "dialect_postfinance.sta").read_text(encoding="utf-8")
    _, wide, *_ = read_all(b"\xff\xfe" + text.encode("utf-16-le") + b"-")
    assert isinstance(wide, Statement)
    assert wide.balance_ok
