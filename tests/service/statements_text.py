"""Bank statements written down in a test: MT940 and camt.053 with the same lines, and with balances that add up."""

from dataclasses import dataclass
from datetime import date, timedelta

IBAN = "DE89370400440532013000"
BONN = "DE27370501980000012345"


@dataclass(frozen=True, slots=True)
class Booked:
    """A line: cents, purpose, and who paid."""

    amount: int
    text: str
    day: str = "2026-11-20"
    name: str = "Max Muster"
    iban: str = "DE44370501980000010002"
    reference: str = "NONREF"


def mt940(
    *lines: Booked,
    opening: int = 100_000,
    number: str = "224",
    page: str = "1",
    account: str = IBAN,
    day: str = "2026-11-20",
    off: int = 0,
    marks: str = "FF",
) -> str:
    """One MT940 page. ``off`` makes its closing balance wrong by so many cents; ``marks`` says whether opening and
    closing are final (``F``) or of a page between (``M``)."""
    closing = opening + sum(line.amount for line in lines) + off
    before = (date.fromisoformat(min((line.day for line in lines), default=day)) - timedelta(days=1)).isoformat()
    head = f":20:STARTUMS\n:25:{account}\n:28C:{number}/{page}\n:60{marks[0]}:{_balance(opening, before)}\n"
    body = "".join(
        f":61:{_short(line.day)}{line.day[5:7]}{line.day[8:]}{_sign(line.amount)}R{_comma(line.amount)}"
        f"NTRFNONREF//{line.reference}\n"
        f":86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+{line.text}?31{line.iban}?32{line.name}\n"
        for line in lines
    )
    return f"{head}{body}:62{marks[1]}:{_balance(closing, day)}\n-\n"


def camt053(*lines: Booked, opening: int = 100_000, number: str = "224", account: str = IBAN) -> str:
    """The same day as camt.053.001.08."""
    closing = opening + sum(line.amount for line in lines)
    day = max(line.day for line in lines)
    entries = "".join(
        f"<Ntry><Amt Ccy='EUR'>{_point(line.amount)}</Amt><CdtDbtInd>{_side(line.amount)}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.day}</Dt></BookgDt><ValDt><Dt>{line.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{line.reference}-CAMT</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><RltdPties><{_party(line)}><Pty><Nm>{line.name}</Nm></Pty></{_party(line)}>"
        f"<{_party(line)}Acct><Id><IBAN>{line.iban}</IBAN></Id></{_party(line)}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{line.text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        for line in lines
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-21T06:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S1</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>2026-11-21T06:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_camt_balance('OPBD', opening, day)}{_camt_balance('CLBD', closing, day)}{entries}"
        "</Stmt></BkToCstmrStmt></Document>"
    )


def _short(day: str) -> str:
    return day[2:].replace("-", "")


def _sign(amount: int) -> str:
    return "C" if amount >= 0 else "D"


def _side(amount: int) -> str:
    return "CRDT" if amount >= 0 else "DBIT"


def _party(line: Booked) -> str:
    return "Dbtr" if line.amount >= 0 else "Cdtr"


def _comma(amount: int) -> str:
    return f"{abs(amount) // 100},{abs(amount) % 100:02d}"


def _point(amount: int) -> str:
    return f"{abs(amount) // 100}.{abs(amount) % 100:02d}"


def _balance(amount: int, day: str) -> str:
    return f"{_sign(amount)}{_short(day)}EUR{_comma(amount)}"


def _camt_balance(code: str, amount: int, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{_point(amount)}</Amt>"
        f"<CdtDbtInd>{_side(amount)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def mt942(*lines: Booked, account: str = "37040044/0532013000", number: str = "1") -> str:
    """The same lines as they are shown during the day, before the bank has booked them."""
    paid = sum(line.amount for line in lines)
    body = "".join(
        f":61:{_short(line.day)}{line.day[5:7]}{line.day[8:]}{_sign(line.amount)}R{_comma(line.amount)}"
        f"NTRFNONREF//{line.reference}\n"
        f":86:166?00SEPA-GUTSCHRIFT?109251?20SVWZ+{line.text}?31{line.iban}?32{line.name}\n"
        for line in lines
    )
    return (
        f":20:STARTDISP\n:25:{account}\n:28C:{number}/1\n:34F:EUR0,\n:13D:2611201200+0100\n{body}"
        f":90D:0EUR0,\n:90C:{len(lines)}EUR{_comma(paid)}\n-\n"
    )


def returned(
    amount: int, charge: int, end_to_end_id: str, *, opening: int = 100_000, day: str = "2026-11-25", code: str = "914"
) -> str:
    """A statement with one debit that came back: its amount and the bank's charge (``?34914`` is MS03)."""
    total = amount + charge
    return (
        f":20:STARTUMS\n:25:{IBAN}\n:28C:300/1\n:60F:{_balance(opening, day)}\n"
        f":61:{_short(day)}{day[5:7]}{day[8:]}DR{_comma(total)}NRTINONREF//R1\n"
        f"/OCMT/EUR{_comma(amount)}//CHGS/EUR{_comma(charge)}/\n"
        f":86:109?00RUECKLASTSCHRIFT?109250?20EREF+{end_to_end_id}?22CRED+DE98K0109999999999\n"
        f"?23SVWZ+Rueckgabe?30PBNKDEFFXXX?31DE42100100100000067890?32Max Muster?34{code}\n"
        f":62F:{_balance(opening - total, day)}\n-\n"
    )
