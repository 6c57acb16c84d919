"""The auditor's reading of direct-debit batches: the frozen file, its blocks and collections, and what became of them.

The file is read with code of its own: what the bank was told must be what the books say.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from recon.ledger.audit_answers import rejected_collections
from recon.ledger.audit_log import History, changed_ids
from recon.ledger.audit_mandates import mandate_names
from recon.ledger.audit_source import Checking, Row, Source, differs, money, side_by_side
from recon.model.finding import Finding

_AMOUNT: Final = re.compile(r"(\d+)\.(\d\d)\Z", re.ASCII)
_LIVE: Final = ("created", "exported")
_BATCH: Final = ("id", "sha256", "content", "message_id", "count", "total", "scheme", "collection_date", "status",
                 "exported_on", "submitted_on", "file_name", "account_id", "branch_id")  # fmt: skip
_BLOCK: Final = ("batch_id", "id", "payment_information_id", "sequence", "collection_date", "account", "creditor_id",
                 "count", "total", "creditor_name")  # fmt: skip
_DEBIT: Final = ("batch_id", "id", "block_id", "amount", "collection_date", "end_to_end_id", "iban", "amendment",
                 "mandate_ref", "status", "mandate_id")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """A file as the bank reads it: message id, count and sum; blocks and debits by the ids that the bank quotes."""

    head: tuple[Any, ...]
    blocks: dict[str, tuple[Any, ...]]
    debits: dict[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch as the books have it; columns as ``_BATCH``, ``_BLOCK`` and ``_DEBIT`` say."""

    record: str
    account: str
    branch: str | None
    head: Row
    blocks: list[Row]
    debits: list[Row]


def batches(source: Source, _history: History) -> Checking:
    """Every batch: the hash of its file, and the file, the blocks and the collections tell the same."""
    iban_of = {row[0]: row[1] for row in source.rows("accounts", ("id", "iban"))}
    code_of = {row[0]: row[1] for row in source.rows("branches", ("id", "code"))}
    names_of = dict(mandate_names(source))
    count = 0
    for number, (heads, blocks, debits) in side_by_side(
        source.rows("batches", _BATCH),
        source.rows("batch_blocks", _BLOCK, by="batch_id"),
        source.rows("collections", _DEBIT, by="batch_id"),
    ):
        if not heads:
            continue
        count += 1
        account, branch = iban_of.get(heads[0][12], "-"), code_of.get(heads[0][13])
        batch = _Batch(source.shown("batches", number), account, branch, heads[0], blocks, debits)
        yield from _states(batch)
        yield from _sums(source, batch)
        _, sha256, content = heads[0][:3]
        if hashlib.sha256(content).hexdigest() != sha256:
            yield differs("audit-batch-file", batch.record, sha256, hashlib.sha256(content).hexdigest())
            continue
        told = _read(content)
        if told is None:
            yield differs("audit-batch-file", batch.record, "pain.008", "-")
            continue
        yield from _head(told, batch)
        yield from _blocks(source, told, batch)
        yield from _debits(source, told, batch, names_of)
    return count


def collections(source: Source, history: History) -> Checking:
    """Every collection is booked where its money came and returned where it went back, rejected where an answer of the
    bank says so, else as its batch; what is due of an item on a day is with the bank once; attempts are counted."""
    rejected = rejected_collections(source)
    batch_status = {row[0]: row[1] for row in source.rows("batches", ("id", "status"))}
    count = 0
    for number, (heads, shares) in side_by_side(
        source.rows("collections", ("id", "batch_id", "status", "amount", "item_id")),
        source.rows("allocations", ("collection_id", "kind", "line_id", "amount", "item_id"), by="collection_id"),
    ):
        if not heads:
            continue
        count += 1
        _, batch, status, amount, item = heads[0]
        record = source.shown("collections", number)
        came = sum(share[3] for share in shares if share[1] == "collection" and share[2] is not None)
        back = sum(share[3] for share in shares if share[1] == "return")
        expected = "returned" if back else "booked" if came else batch_status.get(batch, "-")
        if number in rejected and not came and not back:
            expected = "rejected"
        if status != expected:
            yield differs("audit-collection-status", record, expected, status)
        if came not in {0, amount} or back not in {0, -amount}:
            yield differs("audit-collection-amount", record, money(amount), money(came if back == 0 else back))
        # The charge of a return is claimed with an item of its own.
        others = [share[4] for share in shares if share[4] != item and share[1] != "return_charge"]
        if others:
            yield differs("audit-collection-item", record, item, "-" if others[0] is None else others[0])
    yield from _once(source, changed_ids(history))
    return count


def _once(source: Source, changed: frozenset[int]) -> Iterator[Finding]:
    """No item is live twice for a due date, which is one of its own unless an import has moved it since; the attempts
    of a debit are counted from one."""
    for number, (heads, debits, parts) in side_by_side(
        source.rows("items", ("id", "customer_id")),
        source.rows("collections", ("item_id", "mandate_id", "due_date", "attempt", "status", "id"), by="item_id"),
        source.rows("item_parts", ("item_id", "due_date"), by="item_id"),
    ):
        if not heads or not debits:
            continue
        live: set[str] = set()
        attempts: dict[tuple[int, str], int] = {}
        for _, mandate, due, attempt, status, debit in debits:
            record = source.shown("collections", debit)
            if status in _LIVE and due in live:
                yield differs("audit-collection-twice", record, 1, 2, item=source.shown("items", number), due=due)
            if status in _LIVE:
                live.add(due)
            days = sorted(part[1] for part in parts)
            if due not in days and number not in changed:
                yield differs("audit-collection-due", record, " | ".join(days) or "-", due)
            attempts[mandate, due] = attempts.get((mandate, due), 0) + 1
            if attempt != attempts[mandate, due]:
                yield differs("audit-collection-attempt", record, attempts[mandate, due], attempt)


def _sums(source: Source, batch: _Batch) -> Iterator[Finding]:
    """Count and sum of the batch and of each block, from the collections."""
    wanted = [(batch.record, batch.head[4], batch.head[5], batch.debits)]
    for block in batch.blocks:
        own = [debit for debit in batch.debits if debit[2] == block[1]]
        wanted.append((source.shown("batch_blocks", block[1]), block[7], block[8], own))
    for record, count, total, debits in wanted:
        amount = sum(debit[3] for debit in debits)
        if (len(debits), amount) != (count, total):
            yield differs("audit-batch-sum", record, f"{len(debits)}, {money(amount)}", f"{count}, {money(total)}")


def _head(told: _Told, batch: _Batch) -> Iterator[Finding]:
    """Message id, count, sum, scheme, first collection date, own account and name of the file."""
    days = sorted(block[2] for block in told.blocks.values())
    message_id, count, total, scheme, day = batch.head[3:8]
    expected = (*told.head, {block[0] for block in told.blocks.values()}, days[0] if days else "-")
    if (message_id, str(count), total, {scheme}, day) != expected:
        yield differs("audit-batch-head", batch.record, _listed(expected),
                      _listed((message_id, count, total, scheme, day)))  # fmt: skip
    name = f"SDD_{scheme}_{day}_{_group(batch)}_{message_id}.xml"
    if batch.head[11] != name:
        yield differs("audit-batch-head", batch.record, name, batch.head[11])
    if not any(block[3] == batch.account for block in told.blocks.values()):
        yield differs("audit-batch-head", batch.record, " | ".join(sorted(block[3] for block in told.blocks.values())),
                      batch.account)  # fmt: skip


def _group(batch: _Batch) -> str:
    """What a file's name says of whose debits it holds: the account, its middle left out, and the branch."""
    account = f"{batch.account[:4]}-{batch.account[-4:]}"
    return account if not batch.branch else f"{account}_{re.sub('[^A-Za-z0-9]', '-', batch.branch)}"


def _blocks(source: Source, told: _Told, batch: _Batch) -> Iterator[Finding]:
    """Each block of the file against its row."""
    rows = {block[2]: (block[1], (batch.head[6], *block[3:7], str(block[7]), *block[8:])) for block in batch.blocks}
    yield from _compared(source, "audit-batch-block", "batch_blocks", told.blocks, rows)


def _debits(source: Source, told: _Told, batch: _Batch, names_of: Mapping[int, tuple[str, ...]]) -> Iterator[Finding]:
    """Each debit of the file against its collection, under an id that its mandate has or had."""
    name_of = {block[1]: block[2] for block in batch.blocks}
    rows = {
        end_to_end_id: (number, (name_of.get(block), amount, iban, name if name in names_of.get(mandate, ()) else None,
                                 amendment, day))
        for _, number, block, amount, day, end_to_end_id, iban, amendment, name, _, mandate in batch.debits
    }  # fmt: skip
    yield from _compared(source, "audit-batch-debit", "collections", told.debits, rows)


def _compared(
    source: Source, code: str, table: str, told: Mapping[str, Row], rows: Mapping[str, tuple[int, Row]]
) -> Iterator[Finding]:
    for key in sorted(told.keys() | rows.keys()):
        number, row = rows.get(key, (None, ()))
        if told.get(key, ()) != row:
            record = key if number is None else source.shown(table, number)
            yield differs(code, record, _listed(told.get(key, ())), _listed(row))


def _states(batch: _Batch) -> Iterator[Finding]:
    """A batch's status against its dates and its collections."""
    status, exported_on, submitted_on = batch.head[8:11]
    expected = status
    if status not in {*_LIVE, "cancelled"}:
        expected = "created | exported | cancelled"
    elif submitted_on or (exported_on and status == "created"):
        expected = "exported"
    elif status == "exported" and not exported_on:
        expected = "created"
    elif (status == "cancelled") != all(debit[9] == "cancelled" for debit in batch.debits):
        expected = " | ".join(sorted({debit[9] for debit in batch.debits}))
    if status != expected:
        yield differs("audit-batch-status", batch.record, expected, status)


def _read(content: bytes) -> _Told | None:
    """What a frozen file says; ``None`` for one that is no XML. Its hash is right, but it is read with entities, DTD
    and network off all the same."""
    from lxml import etree

    blocks: dict[str, tuple[Any, ...]] = {}
    debits: dict[str, tuple[Any, ...]] = {}
    head: tuple[Any, ...] = ()
    before: Any = None
    try:
        reading = etree.iterparse(io.BytesIO(content), tag=("{*}GrpHdr", "{*}PmtInf", "{*}DrctDbtTxInf"),
                                  resolve_entities=False, no_network=True, load_dtd=False)  # fmt: skip
        for _, node in reading:
            if node.tag.endswith("GrpHdr"):
                head = (_text(node, "MsgId"), _text(node, "NbOfTxs"), _minor(_text(node, "CtrlSum")))
                continue
            if node.tag.endswith("DrctDbtTxInf"):
                block = node.getparent()
                debits[_text(node, "PmtId/EndToEndId")] = (
                    _text(block, "PmtInfId"), _minor(_text(node, "InstdAmt")), _text(node, "DbtrAcct/Id/IBAN"),
                    _text(node, "DrctDbtTx/MndtRltdInf/MndtId"),
                    int(_text(node, "DrctDbtTx/MndtRltdInf/AmdmntInd") == "true"), _text(block, "ReqdColltnDt"),
                )  # fmt: skip
                # A file may hold a hundred thousand: what has been read of it goes.
                node.clear()
                if before is not None and before.getparent() is block:
                    block.remove(before)
                before = node
                continue
            name, day = _text(node, "PmtInfId"), _text(node, "ReqdColltnDt")
            blocks[name] = (
                _text(node, "PmtTpInf/LclInstrm/Cd"), _text(node, "PmtTpInf/SeqTp"), day,
                _text(node, "CdtrAcct/Id/IBAN"), _text(node, "CdtrSchmeId/Id/PrvtId/Othr/Id"), _text(node, "NbOfTxs"),
                _minor(_text(node, "CtrlSum")), _text(node, "Cdtr/Nm"),
            )  # fmt: skip
            node.clear()
    except etree.XMLSyntaxError:
        return None
    return _Told(head, blocks, debits) if head else None


def _text(node: Any, path: str) -> str:
    return str(node.findtext("/".join(f"{{*}}{step}" for step in path.split("/"))) or "")


def _minor(text: str) -> int | None:
    """Euro with two decimals as cents, without floats."""
    whole, point, cents = text.partition(".")
    return (
        int(whole + cents.ljust(2, "0")) if (whole + cents).isdigit() and len(cents) <= 2 and (point or whole) else None
    )


def _listed(values: tuple[Any, ...]) -> str:
    told = (", ".join(sorted(value)) if isinstance(value, set) else value for value in values)
    return ", ".join("-" if value is None else str(value) for value in told) or "-"
