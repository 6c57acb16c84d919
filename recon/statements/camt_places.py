"""Where in an entry stands what a line is made of (domain.md 2.2 and 2.3): asked once for all entries of one shape.

A place counts the texts of the entry in the order of the document; 0 is nothing. Which of two elements is taken where
both may stand depends on what is there, never on what it says; what depends on the text itself is camt_entry's.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from recon.statements.camt_tree import EMPTY, Node, node_at, nodes, place_at, places


class MoneyPlace(NamedTuple):
    """An amount element; ``currency`` is its attribute, empty if it has none."""

    text: int
    currency: str


class ChargePlaces(NamedTuple):
    """One charge: ``Chrgs`` of .02 or ``Chrgs/Rcrd`` of .08."""

    amount: MoneyPlace
    total: MoneyPlace
    included: int
    direction: int


class PartyPlaces(NamedTuple):
    """Debtor or creditor, with account, bank and the party behind it."""

    name: int
    account: int
    bic: int
    ultimate_name: int


@dataclass(frozen=True, slots=True)
class TransactionPlaces:
    """One ``TxDtls``.

    ``codes`` are domain, family, sub-family, then issuer and code of each ``Prtry``; ``creditor_ids`` are pairs with
    whether it stands under PrvtId; ``structured`` has for each ``Strd`` the reference, and the texts beside it.
    """

    codes: tuple[int, ...]
    amount: MoneyPlace
    tx_amount: MoneyPlace
    instructed: MoneyPlace
    direction: int
    charges: tuple[ChargePlaces, ...]
    debtor: PartyPlaces
    creditor: PartyPlaces
    creditor_ids: tuple[tuple[int, bool], ...]
    unstructured: tuple[int, ...]
    structured: tuple[tuple[int, tuple[int, ...]], ...]
    end_to_end_id: int
    mandate_id: int
    payment_information_id: int
    message_id: int
    bank_ref: int
    customer_ref: int
    purpose: int
    return_code: int
    return_own_code: int
    return_texts: tuple[int, ...]
    text: int


class BatchPlaces(NamedTuple):
    """One ``Btch``."""

    transactions: int
    payment_information_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class EntryPlaces:
    """One ``Ntry`` with its transactions and batches, of all its ``NtryDtls``."""

    amount: MoneyPlace
    direction: int
    status: int
    booking_date: int
    value_date: int
    reversal: int
    bank_ref: int
    booking_text: int
    codes: tuple[int, ...]
    instructed: MoneyPlace
    charges: tuple[ChargePlaces, ...]
    transactions: tuple[TransactionPlaces, ...]
    batches: tuple[BatchPlaces, ...]


def entry_places(entry: Node) -> EntryPlaces:
    """The places of a numbered ``Ntry``."""
    parts = list(nodes(entry, "NtryDtls"))
    return EntryPlaces(
        amount=_money(entry, "Amt"),
        direction=place_at(entry, "CdtDbtInd"),
        status=place_at(entry, "Sts") or place_at(entry, "Sts", "Cd") or place_at(entry, "Sts", "Prtry"),
        booking_date=place_at(entry, "BookgDt", "Dt") or place_at(entry, "BookgDt", "DtTm"),
        value_date=place_at(entry, "ValDt", "Dt") or place_at(entry, "ValDt", "DtTm"),
        reversal=place_at(entry, "RvslInd"),
        bank_ref=place_at(entry, "AcctSvcrRef"),
        booking_text=place_at(entry, "AddtlNtryInf"),
        codes=_codes(entry),
        instructed=_money(node_at(entry, "AmtDtls", "InstdAmt"), "Amt"),
        charges=_charges(entry),
        transactions=tuple(transaction_places(tx) for part in parts for tx in nodes(part, "TxDtls")),
        batches=tuple(
            BatchPlaces(place_at(batch, "NbOfTxs"), place_at(batch, "PmtInfId"), place_at(batch, "MsgId"))
            for part in parts
            for batch in nodes(part, "Btch")
        ),
    )


def transaction_places(tx: Node) -> TransactionPlaces:
    """The places of a numbered ``TxDtls``."""
    returned = node_at(tx, "RtrInf")
    info = node_at(tx, "RmtInf")
    amounts = node_at(tx, "AmtDtls")
    refs = node_at(tx, "Refs")
    return TransactionPlaces(
        codes=_codes(tx),
        amount=_money(tx, "Amt"),
        tx_amount=_money(node_at(amounts, "TxAmt"), "Amt"),
        instructed=_money(node_at(amounts, "InstdAmt"), "Amt"),
        direction=place_at(tx, "CdtDbtInd"),
        charges=_charges(tx),
        debtor=_party(tx, "Dbtr"),
        creditor=_party(tx, "Cdtr"),
        creditor_ids=_creditor_ids(node_at(tx, "RltdPties", "Cdtr")),
        unstructured=places(info, "Ustrd"),
        structured=tuple(_structured(one) for one in nodes(info, "Strd")),
        end_to_end_id=place_at(refs, "EndToEndId"),
        mandate_id=place_at(refs, "MndtId"),
        payment_information_id=place_at(refs, "PmtInfId"),
        message_id=place_at(refs, "MsgId"),
        bank_ref=place_at(refs, "AcctSvcrRef"),
        customer_ref=place_at(refs, "InstrId"),
        purpose=place_at(tx, "Purp", "Cd") or place_at(tx, "Purp", "Prtry"),
        return_code=place_at(returned, "Rsn", "Cd"),
        return_own_code=place_at(returned, "Rsn", "Prtry"),
        return_texts=places(returned, "AddtlInf"),
        text=place_at(tx, "AddtlTxInf"),
    )


def _money(node: Node, name: str) -> MoneyPlace:
    return MoneyPlace(place_at(node, name), next(iter(node.get(f"{name}@Ccy", ())), ""))


def _codes(node: Node) -> tuple[int, ...]:
    code = node_at(node, "BkTxCd")
    if not code:
        return ()
    domain = node_at(code, "Domn")
    family = node_at(domain, "Fmly")
    german = [place_at(own, name) for own in nodes(code, "Prtry") for name in ("Issr", "Cd")]
    return place_at(domain, "Cd"), place_at(family, "Cd"), place_at(family, "SubFmlyCd"), *german


def _charges(node: Node) -> tuple[ChargePlaces, ...]:
    """``Chrgs`` repeated (.02), or their records (.08)."""
    records = [record for charge in nodes(node, "Chrgs") for record in (list(nodes(charge, "Rcrd")) or [charge])]
    return tuple(
        ChargePlaces(
            _money(record, "Amt"),
            _money(record, "TtlChrgsAndTaxAmt"),
            place_at(record, "ChrgInclInd"),
            place_at(record, "CdtDbtInd"),
        )
        for record in records
    )


def _party(tx: Node, role: str) -> PartyPlaces:
    parties = node_at(tx, "RltdPties")
    bank = node_at(tx, "RltdAgts", f"{role}Agt", "FinInstnId")
    account = node_at(parties, f"{role}Acct", "Id")
    return PartyPlaces(
        name=_name(parties, role),
        account=place_at(account, "IBAN") or place_at(account, "Othr", "Id"),
        bic=place_at(bank, "BICFI") or place_at(bank, "BIC"),
        ultimate_name=_name(parties, f"Ultmt{role}"),
    )


def _name(parties: Node, role: str) -> int:
    """``Nm`` beside the party (.02) or under ``Pty`` (.08); a bank as party has it under ``Agt``."""
    party = node_at(parties, role)
    if not party:
        return 0
    return place_at(party, "Pty", "Nm") or place_at(party, "Nm") or place_at(party, "Agt", "FinInstnId", "Nm")


def _creditor_ids(creditor: Node) -> tuple[tuple[int, bool], ...]:
    if not creditor:
        return ()
    return tuple(
        (place, kind == "PrvtId")
        for party in (node_at(creditor, "Pty"), creditor)
        for kind in ("PrvtId", "OrgId")
        for other in nodes(node_at(party, "Id", kind), "Othr")
        if (place := place_at(other, "Id"))
    )


def _structured(node: Node) -> tuple[int, tuple[int, ...]]:
    numbers = [number for found in nodes(node, "RfrdDocInf") if (number := place_at(found, "Nb"))]
    return place_at(node, "CdtrRefInf", "Ref"), (*numbers, *places(node, "AddtlRmtInf"))


NO_ENTRY: Final = entry_places(EMPTY)
NO_TRANSACTION: Final = transaction_places(EMPTY)
