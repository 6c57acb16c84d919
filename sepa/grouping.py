"""Which debits share a file and a block, and what a debit says: names, texts and addresses as the bank takes them."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from sepa.charset import MAX_NAME, MAX_REMITTANCE, convert, fit
from sepa.debits import Block, Claim, Creditor, Debit, PlannedFile, Rules
from sepa.identifiers import compact, is_bic, is_rf, needs_address
from sepa.mandate import MAX_TOWN, Amendment, Mandate, Scheme, amendment, country_code, sequence_type
from sepa.problem import Problem, problem

# Postal address of pain.008: StrtNm and PstCd.
MAX_STREET: Final = 70
MAX_POSTCODE: Final = 16

_WORD: Final = re.compile(r"[a-z0-9]+")
_FileKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim that is to be collected: under which mandate, for whom, when, and from whom (``debtor_name``)."""

    claim: Claim
    mandate: Mandate
    creditor: Creditor
    collection_date: date
    holder: str


def files_of(entries: Sequence[Entry], rules: Rules, notes: list[Problem]) -> tuple[PlannedFile, ...]:
    """One file for each branch, or for each account, and scheme: CORE and B2B never share one (A-24, Anlage 3). In it
    one block for each creditor, account, ultimate creditor, day, sequence type, and for service contracts where they go
    apart (A-23).

    A file of more than ``rules.max_debits`` is cut into files of that many, the last of what is left, in the order of
    its blocks and debits. What is changed in texts is added to ``notes``.
    """
    if rules.max_debits < 1:
        raise ValueError(f"a file holds at least one debit: {rules.max_debits}")
    groups: dict[_FileKey, dict[Block, list[Debit]]] = defaultdict(lambda: defaultdict(list))
    heads: dict[_FileKey, PlannedFile] = {}
    creditors: dict[Creditor, Creditor] = {}
    amended: set[str] = set()
    for entry in sorted(entries, key=_entry_order):
        claim, mandate = entry.claim, entry.mandate
        if entry.creditor not in creditors:
            creditors[entry.creditor] = _written_creditor(entry.creditor, rules, notes)
        creditor = creditors[entry.creditor]
        branch = claim.branch if rules.group_by_branch else None
        key: _FileKey = (branch or "", "" if rules.group_by_branch else creditor.iban, mandate.scheme)
        heads.setdefault(key, PlannedFile(branch, mandate.scheme, ()))
        apart = rules.service_contracts_apart and claim.service_contract is not None
        block = Block(
            creditor, entry.collection_date, sequence_type(mandate), (), apart, category_purpose=rules.category_purpose
        )
        groups[key][block].append(_debit(entry, rules, amended, notes))
    files: list[PlannedFile] = []
    for key in sorted(groups, key=_file_order):
        blocks = [replace(block, debits=tuple(groups[key][block])) for block in sorted(groups[key], key=_block_order)]
        files += [replace(heads[key], blocks=part) for part in _split(blocks, rules.max_debits)]
    return tuple(files)


def _file_order(key: _FileKey) -> tuple[str, str, bool]:
    """Branch by branch, CORE before B2B."""
    branch, account, scheme = key
    return branch, account, scheme != Scheme.CORE


def debtor_name(customer_name: str, mandate: Mandate) -> str:
    """The account holder of the mandate, or the customer where the mandate names none that can be written; empty where
    neither can."""
    names = (mandate.account_holder or "", customer_name)
    return next((name for name in names if fit(name, MAX_NAME).text), "")


def _split(blocks: Sequence[Block], limit: int) -> list[tuple[Block, ...]]:
    """Cut into files of at most ``limit`` debits; a block that is cut goes on in the next file."""
    parts: list[tuple[Block, ...]] = []
    current: list[Block] = []
    room = limit
    for block in blocks:
        start = 0
        while start < block.count:
            if room == 0:
                parts.append(tuple(current))
                current, room = [], limit
            taken = block.debits[start : start + room]
            current.append(replace(block, debits=taken))
            start += len(taken)
            room -= len(taken)
    return [*parts, tuple(current)]


def _debit(entry: Entry, rules: Rules, amended: set[str], notes: list[Problem]) -> Debit:
    claim, mandate = entry.claim, entry.mandate
    if mandate.signed_on is None:
        raise ValueError(f"mandate without signature: {mandate.mandate_id}")
    change = None
    if mandate.mandate_id not in amended:
        amended.add(mandate.mandate_id)
        change = amendment(mandate, entry.creditor.creditor_id, entry.creditor.name)

    iban = compact(mandate.iban)
    # Banks in Germany must take umlauts, others need not (Anlage 3).
    umlauts = rules.keep_umlauts and iban.startswith("DE")

    def written(text: str, limit: int, field: str) -> str:
        return _written(text, limit, umlauts, notes, field=field, invoice=claim.invoice_no)

    abroad = needs_address(iban)
    reference = compact(claim.creditor_reference or "")
    bic = compact(mandate.bic) if mandate.bic and is_bic(mandate.bic) else None
    if mandate.bic and bic is None:
        notes.append(problem("bic-left-out", invoice=claim.invoice_no, bic=mandate.bic))
    if claim.represents is not None:
        notes.append(problem("debit-represented", invoice=claim.invoice_no, reference=claim.represents))
    if change is not None and change.original_creditor_name is not None:
        name = written(change.original_creditor_name, MAX_NAME, "creditor") or None
        change = replace(change, original_creditor_name=name)
    holder = entry.holder
    other = claim.customer_name if _another(holder, claim.customer_name) else ""
    return Debit(
        item_id=claim.item_id,
        invoice_no=claim.invoice_no,
        customer_no=claim.customer_no,
        due_date=claim.due_date,
        amount=claim.amount,
        name=written(holder, MAX_NAME, "name"),
        iban=iban,
        mandate_id=mandate.mandate_id,
        signed_on=mandate.signed_on,
        remittance=written(_remittance(claim), MAX_REMITTANCE, "remittance"),
        bic=bic,
        reference=reference if rules.structured_reference and is_rf(reference) else None,
        amendment=None if change == Amendment() else change,
        street=(written(mandate.street or "", MAX_STREET, "street") or None) if abroad else None,
        postcode=(written(mandate.postcode or "", MAX_POSTCODE, "postcode") or None) if abroad else None,
        town=written(mandate.town or "", MAX_TOWN, "town") if abroad else None,
        country=country_code(mandate.country) if abroad else None,
        ultimate_debtor=written(other, MAX_NAME, "ultimate_debtor") or None,
        purpose=rules.purpose,
    )


def _another(holder: str, customer_name: str) -> bool:
    """Whether the customer is somebody else than the account holder: the words of their names differ. ``Muster, Max``
    is ``Max Muster``."""
    return holder != customer_name and _words(holder) != _words(customer_name)


def _words(name: str) -> list[str]:
    return sorted(_WORD.findall(convert(name).text.casefold()))


def _remittance(claim: Claim) -> str:
    """Names the invoice first, so that it stays in front of any cut."""
    issued = f" vom {claim.issue_date:%d.%m.%Y}" if claim.issue_date is not None else ""
    return f"Rechnung {claim.invoice_no}{issued}, Kunde {claim.customer_no}"


def _written_creditor(creditor: Creditor, rules: Rules, notes: list[Problem]) -> Creditor:
    def written(text: str, field: str) -> str:
        return _written(text, MAX_NAME, rules.keep_umlauts, notes, field=field, invoice="")

    ultimate = None if creditor.ultimate is None else written(creditor.ultimate, "ultimate_creditor")
    return replace(creditor, name=written(creditor.name, "creditor"), ultimate=ultimate)


def _written(text: str, limit: int, umlauts: bool, notes: list[Problem], *, field: str, invoice: str) -> str:
    made = fit(text, limit, umlauts)
    if made.replaced:
        listed = ", ".join(f"{before} -> {after or '(nothing)'}" for before, after in made.replaced)
        notes.append(problem("characters-replaced", invoice=invoice, field=field, replaced=listed, written=made.text))
    if made.cut:
        notes.append(problem("text-cut", invoice=invoice, field=field, limit=limit, written=made.text))
    return made.text


def _entry_order(entry: Entry) -> tuple[date, date, str, int]:
    claim = entry.claim
    return (entry.collection_date, claim.due_date, claim.invoice_no, claim.item_id)


def _block_order(block: Block) -> tuple[date, str, bool, str, str, str, str, str]:
    # RCUR before OOFF: what comes again and again is the bulk.
    order = "0" if block.sequence == "RCUR" else "1"
    creditor = block.creditor
    return (
        block.collection_date, order, block.service_contract, creditor.iban, creditor.creditor_id, creditor.name,
        creditor.bic or "", creditor.ultimate or "",
    )  # fmt: skip
