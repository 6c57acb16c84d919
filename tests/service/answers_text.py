"""The bank's answers written down in a test: pain.002 of both versions, and statements with returns by camt.053."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.service.statements_text import IBAN


@dataclass(frozen=True, slots=True)
class Tx:
    """A transaction as the report tells of it; ``amount`` in cents, ``None`` where the bank does not repeat it."""

    end_to_end_id: str | None
    status: str | None = "RJCT"
    reason: str | None = "AC04"
    amount: int | None = None
    currency: str = "EUR"
    proprietary: str | None = None


@dataclass(frozen=True, slots=True)
class Pmt:
    """A block."""

    payment_information_id: str
    transactions: Sequence[Tx] = ()
    status: str | None = None
    reason: str | None = None


def pain002(
    message: str | None,
    *blocks: Pmt,
    status: str | None = None,
    reason: str | None = None,
    version: str = "001.10",
    own: str = "BANK-1",
) -> bytes:
    """A report on the message with an id."""
    original = "" if message is None else f"<OrgnlMsgId>{message}</OrgnlMsgId>"
    told = "".join(_block(block) for block in blocks)
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.002.{version}'><CstmrPmtStsRpt>"
        f"<GrpHdr><MsgId>{own}</MsgId><CreDtTm>2026-11-23T18:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts>{original}<OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>{_told('GrpSts', status, reason)}"
        f"</OrgnlGrpInfAndSts>{told}</CstmrPmtStsRpt></Document>"
    ).encode()


def _block(block: Pmt) -> str:
    inner = "".join(
        f"<TxInfAndSts><StsId>S{at}</StsId>"
        + ("" if one.end_to_end_id is None else f"<OrgnlEndToEndId>{one.end_to_end_id}</OrgnlEndToEndId>")
        + _told("TxSts", one.status, one.reason, one.proprietary)
        + ("" if one.amount is None else f"<OrgnlTxRef><Amt><InstdAmt Ccy='{one.currency}'>"
           f"{one.amount // 100}.{one.amount % 100:02d}</InstdAmt></Amt></OrgnlTxRef>")
        + "</TxInfAndSts>"
        for at, one in enumerate(block.transactions)
    )  # fmt: skip
    return (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{block.payment_information_id}</OrgnlPmtInfId>"
        f"{_told('PmtInfSts', block.status, block.reason)}{inner}</OrgnlPmtInfAndSts>"
    )


def _told(name: str, status: str | None, reason: str | None, proprietary: str | None = None) -> str:
    found = "" if status is None else f"<{name}>{status}</{name}>"
    if reason is not None or proprietary is not None:
        cause = f"<Cd>{reason}</Cd>" if reason is not None else f"<Prtry>{proprietary}</Prtry>"
        found += f"<StsRsnInf><Rsn>{cause}</Rsn><AddtlInf>told by the bank</AddtlInf></StsRsnInf>"
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """A booking of a camt.053: ``amount`` signed cents. A batch credit names its block, a return its debit, with the
    reason, the original amount and the charge where the bank tells them."""

    amount: int
    payment_information_id: str | None = None
    message_id: str | None = None
    end_to_end_id: str | None = None
    reason: str | None = None
    original: int | None = None
    charge: int | None = None
    reference: str = "R1"


def camt(*entries: Entry, day: str = "2026-11-25", opening: int = 100_000, number: str = "400") -> bytes:
    """A statement of one day."""
    closing = opening + sum(entry.amount for entry in entries)
    told = "".join(_entry(entry, day) for entry in entries)
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt>"
        f"<GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{day}T20:00:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{_balance('OPBD', opening, day)}{_balance('CLBD', closing, day)}{told}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _entry(entry: Entry, day: str) -> str:
    family = ("ESDD", "192") if entry.reason is None and entry.amount > 0 else ("UPDD", "109")
    ids = "".join(
        f"<{name}>{value}</{name}>"
        for name, value in (("MsgId", entry.message_id), ("PmtInfId", entry.payment_information_id))
        if value is not None
    )
    batch = f"<Btch>{ids}</Btch>" if ids else ""
    details = ""
    if entry.end_to_end_id is not None:
        original = "" if entry.original is None else (
            f"<AmtDtls><InstdAmt><Amt Ccy='EUR'>{_point(entry.original)}</Amt></InstdAmt></AmtDtls>"
        )  # fmt: skip
        charge = "" if entry.charge is None else (
            f"<Chrgs><Rcrd><Amt Ccy='EUR'>{_point(entry.charge)}</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>"
        )  # fmt: skip
        reason = "" if entry.reason is None else f"<RtrInf><Rsn><Cd>{entry.reason}</Cd></Rsn></RtrInf>"
        details = (
            f"<TxDtls><Refs><EndToEndId>{entry.end_to_end_id}</EndToEndId></Refs>"
            f"<Amt Ccy='EUR'>{_point(entry.amount)}</Amt><CdtDbtInd>{_side(entry.amount)}</CdtDbtInd>"
            f"{original}{charge}<RltdPties><Dbtr><Pty><Nm>Max Muster</Nm></Pty></Dbtr></RltdPties>{reason}</TxDtls>"
        )
    inner = f"<NtryDtls>{batch}{details}</NtryDtls>" if batch or details else ""
    return (
        f"<Ntry><Amt Ccy='EUR'>{_point(entry.amount)}</Amt><CdtDbtInd>{_side(entry.amount)}</CdtDbtInd>"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><ValDt><Dt>{day}</Dt></ValDt>"
        f"<AcctSvcrRef>{entry.reference}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd>"
        f"<SubFmlyCd>{family[0]}</SubFmlyCd></Fmly></Domn><Prtry><Cd>NDDT+{family[1]}</Cd><Issr>DK</Issr></Prtry>"
        f"</BkTxCd>{inner}</Ntry>"
    )


def _balance(code: str, amount: int, day: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{_point(amount)}</Amt>"
        f"<CdtDbtInd>{_side(amount)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _point(amount: int) -> str:
    return f"{abs(amount) // 100}.{abs(amount) % 100:02d}"


def _side(amount: int) -> str:
    return "CRDT" if amount >= 0 else "DBIT"
