"""Bank files as a German bank writes them, of any length, the same for the same number of lines: MT940 and
camt.053.001.08 of the same bookings, a statement a day."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

SEED: Final = 940
# Lines of one day's statement: an account on which direct debits and transfers of many customers arrive.
LINES_A_DAY: Final = 500
OWN_IBAN: Final = "DE89370400440532013000"
_FIRST_DAY: Final = date(2026, 1, 2)
_DAYS: Final = 250

# (weight, GVC, booking text, SWIFT type, ISO family and sub-family, sign)
_KINDS: Final = (
    (60, "166", "GUTSCHR. UEBERWEISUNG", "TRF", "RCDT", "ESCT", 1),
    (12, "105", "BASISLASTSCHRIFT", "DDT", "RDDT", "ESDD", -1),
    (12, "116", "UEBERWEISUNG", "TRF", "ICDT", "ESCT", -1),
    (8, "106", "KARTENZAHLUNG", "MSC", "CCRD", "POSD", -1),
    (5, "109", "RETOURE BASISLASTSCHRIFT", "RTI", "IDDT", "UPDD", -1),
    (3, "808", "ENTGELT", "CHG", "MDOP", "CHRG", -1),
)
_NAMES: Final = ("Max Muster", "Erika Beispiel", "Beispiel GmbH", "Muster und Partner KG", "Käthe Beispiel",
                 "Musterwerk Süd GmbH", "Beispielhandel AG", "Erika Muster")  # fmt: skip
_TEXTS: Final = ("Rechnung RE-2026-{0} vom {1}", "RE-2026-{0} Kd-Nr {2}", "Beitrag November Mitglied {2}",
                 "RNr. {0} / {2} abzgl. Skonto, vielen Dank fuer die schnelle Lieferung",
                 "Kundennummer {2}, Rechnungen RE-2026-{0} und RE-2025-{2} ohne Abzug, Lieferung vom {1}")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking, amount in cents and signed."""

    amount: int
    gvc: str
    booking_text: str
    swift_type: str
    family: tuple[str, str]
    name: str
    iban: str
    bic: str
    end_to_end_id: str
    mandate_id: str | None
    text: str
    bank_ref: str
    booked: date
    valued: date
    charges: int


def bookings(count: int) -> Iterator[Booking]:
    """So many bookings, in the order of their days."""
    chance = random.Random(SEED)
    weights = [kind[0] for kind in _KINDS]
    for number in range(count):
        _, gvc, booking_text, swift_type, family, sub_family, sign = chance.choices(_KINDS, weights)[0]
        booked = _FIRST_DAY + timedelta(days=number // LINES_A_DAY % _DAYS)
        bank, account = chance.randrange(10_000_000, 90_000_000), chance.randrange(10**10)
        text = chance.choice(_TEXTS).format(100_000 + number, f"{booked:%d.%m.%Y}", chance.randrange(10_000, 99_999))
        direct_debit = gvc in ("105", "109")
        yield Booking(
            amount=sign * chance.randrange(100, 500_000),
            gvc=gvc,
            booking_text=booking_text,
            swift_type=swift_type,
            family=(family, sub_family),
            name=chance.choice(_NAMES),
            iban=_iban(f"{bank}{account:010}"),
            bic=f"{chance.choice(('BEIS', 'MUST'))}DE{chance.randrange(10, 99)}XXX",
            end_to_end_id=f"E2E-{booked:%Y%m%d}-{number:07}" if chance.random() < 0.8 else "NOTPROVIDED",
            mandate_id=f"MND-{chance.randrange(1000, 9999)}-01" if direct_debit else None,
            text=text,
            bank_ref=f"{number:012}",
            booked=booked,
            valued=booked - timedelta(days=chance.choice((0, 0, 0, 1))),
            charges=350 if gvc == "109" else 0,
        )


def write_mt940(path: Path, count: int) -> None:
    """The bookings as MT940: a message a day, lines of :86: of 65 characters, sub-fields of 27."""
    with path.open("w", encoding="utf-8", newline="") as out:
        for number, balance, day in _days(count):
            head = f":20:STARTUMSE\r\n:25:37040044/0532013000\r\n:28C:{number:05}/001\r\n"
            out.write(f"{head}:60F:{_mt_balance(balance, day[0].booked)}\r\n")
            out.writelines(mt940_entry(booking) for booking in day)
            closing = balance + sum(booking.amount for booking in day)
            out.write(f":62F:{_mt_balance(closing, day[-1].booked)}\r\n-\r\n")


def write_camt(path: Path, count: int) -> None:
    """The bookings as camt.053.001.08: one message, a ``Stmt`` a day."""
    with path.open("w", encoding="utf-8", newline="") as out:
        out.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
            "<GrpHdr><MsgId>BENCH-1</MsgId><CreDtTm>2026-11-20T06:00:00+01:00</CreDtTm></GrpHdr>"
        )
        for number, balance, day in _days(count):
            closing = balance + sum(booking.amount for booking in day)
            out.write(
                f"<Stmt><Id>{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb>"
                f"<CreDtTm>{day[0].booked}T20:00:00+01:00</CreDtTm>"
                f"<Acct><Id><IBAN>{OWN_IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
                f"{_camt_balance('OPBD', balance, day[0].booked)}{_camt_balance('CLBD', closing, day[-1].booked)}"
            )
            out.writelines(_camt(booking) for booking in day)
            out.write("</Stmt>\n")
        out.write("</BkToCstmrStmt></Document>\n")


def _days(count: int) -> Iterator[tuple[int, int, list[Booking]]]:
    """(number of the statement, opening balance, its bookings)."""
    day: list[Booking] = []
    number, balance = 1, 10_000_000
    for booking in bookings(count):
        day.append(booking)
        if len(day) == LINES_A_DAY:
            yield number, balance, day
            number, balance, day = number + 1, balance + sum(one.amount for one in day), []
    if day:
        yield number, balance, day


def _mt_balance(minor: int, day: date) -> str:
    return f"{'D' if minor < 0 else 'C'}{day:%y%m%d}EUR{_money(minor, ',')}"


def _money(minor: int, point: str) -> str:
    return f"{abs(minor) // 100}{point}{abs(minor) % 100:02}"


def mt940_entry(booking: Booking) -> str:
    """The fields :61: and :86: of a booking."""
    supplement = ""
    if booking.charges:
        original = abs(booking.amount) - booking.charges
        supplement = f"\r\n/OCMT/EUR{_money(original, ',')}/CHGS/EUR{_money(booking.charges, ',')}"
    entry = (
        f":61:{booking.valued:%y%m%d}{booking.booked:%m%d}{'D' if booking.amount < 0 else 'C'}R"
        f"{_money(booking.amount, ',')}N{booking.swift_type}NONREF//{booking.bank_ref}{supplement}\r\n"
    )
    mandate = f"MREF+{booking.mandate_id}" if booking.mandate_id else ""
    texts = (f"EREF+{booking.end_to_end_id}", mandate, f"SVWZ+{booking.text}")
    pieces = [text[at : at + 27] for text in texts for at in range(0, len(text), 27)]
    purpose = "".join(f"?{20 + at}{piece}" for at, piece in enumerate(pieces[:10]))
    key = "?34912" if booking.gvc == "109" else ""
    detail = (
        f"{booking.gvc}?00{booking.booking_text}?109310{purpose}"
        f"?30{booking.bic}?31{booking.iban}?32{booking.name[:27]}{key}"
    )
    return entry + ":86:" + "\r\n".join(detail[at : at + 65] for at in range(0, len(detail), 65)) + "\r\n"


def _camt(booking: Booking) -> str:
    amount = f'<Amt Ccy="EUR">{_money(booking.amount, ".")}</Amt>'
    sign = f"<CdtDbtInd>{'DBIT' if booking.amount < 0 else 'CRDT'}</CdtDbtInd>"
    # On a return the parties keep the roles of the debit that came back.
    side = "Dbtr" if booking.amount > 0 or booking.gvc == "109" else "Cdtr"
    mandate = f"<MndtId>{booking.mandate_id}</MndtId>" if booking.mandate_id else ""
    returned = "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>" if booking.gvc == "109" else ""
    return (
        f"<Ntry>{amount}{sign}<Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><Dt>{booking.booked}</Dt></BookgDt><ValDt><Dt>{booking.valued}</Dt></ValDt>"
        f"<AcctSvcrRef>{booking.bank_ref}</AcctSvcrRef><BkTxCd/>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{booking.end_to_end_id}</EndToEndId>{mandate}</Refs>{amount}{sign}"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{booking.family[0]}</Cd><SubFmlyCd>{booking.family[1]}</SubFmlyCd>"
        f"</Fmly></Domn><Prtry><Cd>N{booking.swift_type}+{booking.gvc}+9310</Cd><Issr>DK</Issr></Prtry></BkTxCd>"
        f"<RltdPties><{side}><Pty><Nm>{booking.name}</Nm></Pty></{side}>"
        f"<{side}Acct><Id><IBAN>{booking.iban}</IBAN></Id></{side}Acct></RltdPties>"
        f"<RltdAgts><{side}Agt><FinInstnId><BICFI>{booking.bic}</BICFI></FinInstnId></{side}Agt></RltdAgts>"
        f"<RmtInf><Ustrd>{booking.text}</Ustrd></RmtInf>{returned}</TxDtls></NtryDtls>"
        f"<AddtlNtryInf>{booking.booking_text}</AddtlNtryInf></Ntry>\n"
    )


def _camt_balance(code: str, minor: int, day: date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="EUR">{_money(minor, ".")}</Amt><CdtDbtInd>{"DBIT" if minor < 0 else "CRDT"}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _iban(bban: str) -> str:
    return f"DE{98 - int(f'{bban}131400') % 97:02}{bban}"
