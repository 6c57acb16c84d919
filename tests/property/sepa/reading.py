"""An independent reader of direct-debit files for the tests: element by element, by local names."""

from dataclasses import dataclass
from decimal import Decimal

from lxml import etree


@dataclass(frozen=True)
class ReadDebit:
    """A debit with what its block says of it."""

    message_id: str
    block_id: str
    scheme: str
    sequence: str
    collection_date: str
    creditor: str
    creditor_iban: str
    creditor_bic: str
    creditor_id: str
    end_to_end_id: str
    minor: int
    mandate_id: str
    signed_on: str
    amendment: tuple[tuple[str, str], ...]
    bic: str
    name: str
    address: tuple[tuple[str, str], ...]
    iban: str
    remittance: str
    reference: str
    ultimate_creditor: str
    ultimate_debtor: str
    purpose: str
    category_purpose: str


def read_debits(data: bytes) -> list[ReadDebit]:
    """All debits of a file in its order."""
    root = etree.fromstring(data)
    return [
        _debit(root, block, debit)
        for block in root.iterfind(".//{*}PmtInf")
        for debit in block.iterfind("{*}DrctDbtTxInf")
    ]


def _debit(root: "etree._Element", block: "etree._Element", debit: "etree._Element") -> ReadDebit:
    return ReadDebit(
        message_id=_text(root, "CstmrDrctDbtInitn/GrpHdr/MsgId"),
        block_id=_text(block, "PmtInfId"),
        scheme=_text(block, "PmtTpInf/LclInstrm/Cd"),
        sequence=_text(block, "PmtTpInf/SeqTp"),
        collection_date=_text(block, "ReqdColltnDt"),
        creditor=_text(block, "Cdtr/Nm"),
        creditor_iban=_text(block, "CdtrAcct/Id/IBAN"),
        creditor_bic=_agent(block, "CdtrAgt"),
        creditor_id=_text(block, "CdtrSchmeId/Id/PrvtId/Othr/Id"),
        end_to_end_id=_text(debit, "PmtId/EndToEndId"),
        minor=int(Decimal(_text(debit, "InstdAmt")) * 100),
        mandate_id=_text(debit, "DrctDbtTx/MndtRltdInf/MndtId"),
        signed_on=_text(debit, "DrctDbtTx/MndtRltdInf/DtOfSgntr"),
        amendment=_leaves(debit, "DrctDbtTx/MndtRltdInf/AmdmntInfDtls"),
        bic=_agent(debit, "DbtrAgt"),
        name=_text(debit, "Dbtr/Nm"),
        address=_leaves(debit, "Dbtr/PstlAdr"),
        iban=_text(debit, "DbtrAcct/Id/IBAN"),
        remittance=_text(debit, "RmtInf/Ustrd"),
        reference=_text(debit, "RmtInf/Strd/CdtrRefInf/Ref"),
        ultimate_creditor=_text(block, "UltmtCdtr/Nm"),
        ultimate_debtor=_text(debit, "UltmtDbtr/Nm"),
        purpose=_text(debit, "Purp/Cd"),
        category_purpose=_text(block, "PmtTpInf/CtgyPurp/Cd"),
    )


def _path(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def _text(element: "etree._Element", path: str) -> str:
    return element.findtext(_path(path)) or ""


def _agent(element: "etree._Element", side: str) -> str:
    given = _text(element, f"{side}/FinInstnId/BICFI") or _text(element, f"{side}/FinInstnId/BIC")
    return given or _text(element, f"{side}/FinInstnId/Othr/Id")


def _leaves(element: "etree._Element", path: str) -> tuple[tuple[str, str], ...]:
    found = element.find(_path(path))
    if found is None:
        return ()
    leaves = []
    for leaf in found.iter():
        if len(leaf) == 0:
            parents = [etree.QName(parent).localname for parent in leaf.iterancestors()]
            below = parents[: parents.index(path.rsplit("/", maxsplit=1)[-1])]
            leaves.append(("/".join([*reversed(below), etree.QName(leaf).localname]), leaf.text or ""))
    return tuple(leaves)
