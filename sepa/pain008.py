"""The writer of direct-debit files: pain.008.001.08 in the form that German banks take, and .001.02 for banks that are
behind (domain.md 3.2, 3.3; Anlage 3 of the DFÜ agreement).

The text is put together from templates, a transaction at a time: a file of any size takes little memory and the same
file always gives the same bytes. What was written is proved by ``sepa.pain008_check``, which reads it back.
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

from sepa.collection import Block, Debit, DebitFile
from sepa.mandate import Amendment
from sepa.money import plain

Schema = Literal["pain.008.001.08", "pain.008.001.02"]
DEFAULT_SCHEMA: Final[Schema] = "pain.008.001.08"
# Bytes are handed on in pieces of this many transactions: some 200 kB, a good size for files and sockets.
CHUNK_DEBITS: Final = 256

_MARKUP: Final = re.compile("[&<>]")
_BIC_TAG: Final[dict[str, str]] = {"pain.008.001.08": "BICFI", "pain.008.001.02": "BIC"}
_NO_AGENT: Final = "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>"
_SCHEME_ID: Final = (
    "<Id><PrvtId><Othr><Id>{}</Id><SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id>"  # the CI, AT-02
)
_HEAD: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{schema}">
<CstmrDrctDbtInitn>
<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{created_on}T00:00:00</CreDtTm><NbOfTxs>{count}</NbOfTxs>\
<CtrlSum>{sum}</CtrlSum><InitgPty><Nm>{name}</Nm></InitgPty></GrpHdr>
"""
_BLOCK: Final = """<PmtInf><PmtInfId>{id}</PmtInfId><PmtMtd>DD</PmtMtd><BtchBookg>true</BtchBookg>\
<NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum><PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl>\
<LclInstrm><Cd>{scheme}</Cd></LclInstrm><SeqTp>{sequence}</SeqTp>{category}</PmtTpInf>\
<ReqdColltnDt>{date}</ReqdColltnDt>\
<Cdtr><Nm>{name}</Nm></Cdtr><CdtrAcct><Id><IBAN>{iban}</IBAN></Id></CdtrAcct><CdtrAgt>{agent}</CdtrAgt>{ultimate}\
<ChrgBr>SLEV</ChrgBr><CdtrSchmeId>{creditor_id}</CdtrSchmeId>
"""
_BLOCK_END: Final = "</PmtInf>\n"
_FILE_END: Final = "</CstmrDrctDbtInitn>\n</Document>\n"


def write(file: DebitFile, created_on: date, schema: Schema = DEFAULT_SCHEMA) -> bytes:
    """The whole file. ``created_on`` is the day of the decision, written as CreDtTm at midnight."""
    return b"".join(chunks(file, created_on, schema))


def chunks(file: DebitFile, created_on: date, schema: Schema = DEFAULT_SCHEMA) -> Iterator[bytes]:
    """The file piece by piece, UTF-8 without a byte order mark. The debits of a block may be made as they are asked
    for: no more than CHUNK_DEBITS of them are held."""
    sums = [block.sum for block in file.blocks]
    head = _HEAD.format(
        schema=schema,
        message_id=_escape(file.message_id),
        created_on=created_on.isoformat(),
        count=file.count,
        sum=plain(sum(sums)),
        name=_escape(file.blocks[0].creditor.name),
    )
    yield head.encode()
    for block, total in zip(file.blocks, sums, strict=True):
        yield _block_head(block, total, file.scheme, schema).encode()
        for start in range(0, block.count, CHUNK_DEBITS):
            yield "".join(_debit(debit, schema) for debit in block.debits[start : start + CHUNK_DEBITS]).encode()
        yield _BLOCK_END.encode()
    yield _FILE_END.encode()


def file_name(file: DebitFile) -> str:
    """``SDD_CORE_2026-12-01_DE89-3000_K01_OPOS-20261120-0001.xml``: scheme, first collection date, masked account,
    branch if there is one, message id (users.md 2.8).

    ASCII letters, digits, ``-`` and ``_`` alone, so that no system trips over it: portals take neither an ellipsis nor
    two points. Other characters of the branch become ``-``.
    """
    account = file.blocks[0].creditor.iban
    branch = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in file.branch or "")
    parts = (
        "SDD", file.scheme, file.collection_date.isoformat(), f"{account[:4]}-{account[-4:]}", branch,
        file.message_id,
    )  # fmt: skip
    return f"{'_'.join(part for part in parts if part)}.xml"


def _block_head(block: Block, total: int, scheme: str, schema: Schema) -> str:
    creditor = block.creditor
    return _BLOCK.format(
        id=_escape(block.payment_information_id),
        count=block.count,
        sum=plain(total),
        scheme=scheme,
        sequence=block.sequence,
        date=block.collection_date.isoformat(),
        name=_escape(creditor.name),
        iban=creditor.iban,
        agent=_agent(creditor.bic, schema),
        category="" if block.category_purpose is None else f"<CtgyPurp><Cd>{block.category_purpose}</Cd></CtgyPurp>",
        ultimate="" if creditor.ultimate is None else f"<UltmtCdtr><Nm>{_escape(creditor.ultimate)}</Nm></UltmtCdtr>",
        creditor_id=_SCHEME_ID.format(creditor.creditor_id),
    )


def _debit(debit: Debit, schema: Schema) -> str:
    told = f"<Ustrd>{_escape(debit.remittance)}</Ustrd>" if debit.reference is None else _reference(debit.reference)
    ultimate, purpose = debit.ultimate_debtor, debit.purpose
    return (
        f"<DrctDbtTxInf><PmtId><EndToEndId>{_escape(debit.end_to_end_id)}</EndToEndId></PmtId>"
        f'<InstdAmt Ccy="EUR">{plain(debit.amount)}</InstdAmt>'
        f"<DrctDbtTx><MndtRltdInf><MndtId>{_escape(debit.mandate_id)}</MndtId><DtOfSgntr>{debit.signed_on}</DtOfSgntr>"
        f"{'' if debit.amendment is None else _amendment(debit.amendment)}</MndtRltdInf></DrctDbtTx>"
        f"<DbtrAgt>{_agent(debit.bic, schema)}</DbtrAgt><Dbtr><Nm>{_escape(debit.name)}</Nm>{_address(debit)}</Dbtr>"
        f"<DbtrAcct><Id><IBAN>{debit.iban}</IBAN></Id></DbtrAcct>"
        f"{'' if ultimate is None else f'<UltmtDbtr><Nm>{_escape(ultimate)}</Nm></UltmtDbtr>'}"
        f"{'' if purpose is None else f'<Purp><Cd>{purpose}</Cd></Purp>'}"
        f"<RmtInf>{told}</RmtInf></DrctDbtTxInf>\n"
    )


def _escape(text: str) -> str:
    """A text as XML has it: the signs of markup written out."""
    if _MARKUP.search(text) is None:
        return text
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _agent(bic: str | None, schema: Schema) -> str:
    if bic is None:
        return _NO_AGENT
    tag = _BIC_TAG[schema]
    return f"<FinInstnId><{tag}>{bic}</{tag}></FinInstnId>"


def _reference(reference: str) -> str:
    """An RF reference (ISO 11649)."""
    kind = "<Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp>"
    return f"<Strd><CdtrRefInf>{kind}<Ref>{reference}</Ref></CdtrRefInf></Strd>"


def _address(debit: Debit) -> str:
    """Structured, with TwnNm and Ctry, or none at all: right before and after unstructured addresses end (3.7)."""
    if debit.town is None or debit.country is None:
        return ""
    parts = (("StrtNm", debit.street), ("PstCd", debit.postcode), ("TwnNm", debit.town), ("Ctry", debit.country))
    lines = "".join(f"<{tag}>{_escape(text)}</{tag}>" for tag, text in parts if text is not None)
    return f"<PstlAdr>{lines}</PstlAdr>"


def _amendment(change: Amendment) -> str:
    """AT-24. A new account is always SMNDA in OrgnlDbtrAcct, the place since November 2016."""
    details = ""
    if change.original_mandate_id is not None:
        details += f"<OrgnlMndtId>{_escape(change.original_mandate_id)}</OrgnlMndtId>"
    if change.original_creditor_id is not None or change.original_creditor_name is not None:
        name = change.original_creditor_name
        details += "<OrgnlCdtrSchmeId>"
        details += "" if name is None else f"<Nm>{_escape(name)}</Nm>"
        details += "" if change.original_creditor_id is None else _SCHEME_ID.format(change.original_creditor_id)
        details += "</OrgnlCdtrSchmeId>"
    if change.new_account:
        details += "<OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id></OrgnlDbtrAcct>"
    return f"<AmdmntInd>true</AmdmntInd><AmdmntInfDtls>{details}</AmdmntInfDtls>"
