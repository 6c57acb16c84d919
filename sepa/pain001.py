"""The writer of credit-transfer files: pain.001.001.09 for refunds of customer credit (domain.md 5.1; Anlage 3).

``sepaxml`` puts the message together. What it takes at random or from the clock (MsgId, PmtInfId, CreDtTm) is put in
here, and so is what it leaves out (an agent without BIC is NOTPROVIDED in Germany): the same file always gives the same
bytes (decision 22). What was written is proved by ``sepa.pain001_check``, which reads it back.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from lxml import etree
from sepaxml import SepaTransfer

SCHEMA: Final = "pain.001.001.09"
SPACE: Final = f"{{urn:iso:std:iso:20022:tech:xsd:{SCHEMA}}}"
NOT_PROVIDED: Final = "NOTPROVIDED"
_CURRENCY: Final = "EUR"
_DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Transfer:
    """A credit transfer: ``amount`` in cents, ``name`` as the bank has the account holder (payee check, domain.md 5.2),
    ``bic`` and the address only where the payee's bank is outside the EEA (EPC153-22)."""

    end_to_end_id: str
    amount: int
    name: str
    iban: str
    remittance: str
    bic: str | None = None
    street: str | None = None
    postcode: str | None = None
    town: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class TransferFile:
    """A file for one own account, executed on one day: one block, booked in one sum."""

    message_id: str
    payment_information_id: str
    name: str
    iban: str
    bic: str | None
    execution_date: date
    transfers: tuple[Transfer, ...]

    @property
    def count(self) -> int:
        """How many transfers there are."""
        return len(self.transfers)

    @property
    def sum(self) -> int:
        """What they add up to, cents."""
        return sum(transfer.amount for transfer in self.transfers)


def file_name(file: TransferFile) -> str:
    """``SCT_2026-11-23_DE89-3000_OPOS-R20261120-0001.xml``: execution date, own account with its middle left out,
    message id. Plain ASCII, as the names of debit files."""
    account = f"{file.iban[:4]}-{file.iban[-4:]}"
    return f"SCT_{file.execution_date.isoformat()}_{account}_{file.message_id}.xml"


def write(file: TransferFile, created_on: date) -> bytes:
    """The whole file, UTF-8 without a byte order mark. ``created_on`` is the day of the decision, written as CreDtTm at
    midnight. Texts are expected in the character set of SEPA; nothing is replaced here."""
    config = {"name": file.name, "IBAN": file.iban, "batch": True, "currency": _CURRENCY}
    if file.bic is not None:
        config["BIC"] = file.bic
    made = SepaTransfer(config, schema=SCHEMA, clean=False)
    for transfer in file.transfers:
        made.add_payment(_payment(transfer, file.execution_date))
    # The library's own validation loads a whole second reader of schemas; ours is the check that reads back.
    root = etree.fromstring(made.export(validate=False), etree.XMLParser(resolve_entities=False, no_network=True))
    _put(root, "CstmrCdtTrfInitn/GrpHdr/MsgId", file.message_id)
    _put(root, "CstmrCdtTrfInitn/GrpHdr/CreDtTm", f"{created_on.isoformat()}T00:00:00")
    _put(root, "CstmrCdtTrfInitn/PmtInf/PmtInfId", file.payment_information_id)
    if file.bic is None:
        agent = _at(root, "CstmrCdtTrfInitn/PmtInf/DbtrAgt/FinInstnId")
        etree.SubElement(etree.SubElement(agent, f"{SPACE}Othr"), f"{SPACE}Id").text = NOT_PROVIDED
    etree.cleanup_namespaces(root)
    for part in root.iter(*(f"{SPACE}{name}" for name in ("CstmrCdtTrfInitn", "GrpHdr", "PmtInf", "CdtTrfTxInf"))):
        part.tail = "\n"
    return _DECLARATION + bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=False)) + b"\n"


def _payment(transfer: Transfer, day: date) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": transfer.name, "IBAN": transfer.iban, "amount": transfer.amount, "execution_date": day,
        "description": transfer.remittance, "endtoend_id": transfer.end_to_end_id,
    }  # fmt: skip
    if transfer.bic is not None:
        made["BIC"] = transfer.bic
    if transfer.town is not None and transfer.country is not None:
        parts = {"street_name": transfer.street, "postcode": transfer.postcode, "town": transfer.town,
                 "country": transfer.country}  # fmt: skip
        made["address"] = {key: text for key, text in parts.items() if text is not None}
    return made


def _at(root: Any, path: str) -> Any:
    found = root.find("/".join(f"{SPACE}{step}" for step in path.split("/")))
    if found is None:
        raise ValueError(f"{path} is missing in what was written")
    return found


def _put(root: Any, path: str, text: str) -> None:
    _at(root, path).text = text
