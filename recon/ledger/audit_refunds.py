"""The auditor's reading of refunds: the frozen file against its rows, what became of each transfer against what is
booked, what it takes against the credit that there is, and the steps of each file against the log.

The file is read with code of its own: what the bank was told must be what the books say.
"""

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from recon.ledger.audit_journal import flags_of
from recon.ledger.audit_log import History
from recon.ledger.audit_replay import number_of
from recon.ledger.audit_source import Checking, Row, Source, differs, money, same_rows, side_by_side
from recon.model.finding import Finding

_BATCH: Final = ("id", "account_id", "message_id", "payment_information_id", "file_name", "sha256", "content",
                 "execution_date", "count", "total", "status", "released_on", "exported_on",
                 "submitted_on")  # fmt: skip
_REFUND: Final = ("batch_id", "id", "customer_id", "allocation_id", "item_id", "amount", "end_to_end_id", "iban", "bic",
                  "name", "remittance", "status")  # fmt: skip
_ALLOCATION: Final = ("id", "kind", "line_id", "item_id", "customer_id", "amount", "flags", "reverses_id")
_LOGGED: Final = ("id", "message_id", "sha256", "count", "total", "created_on", "created_by", "status", "released_on",
                  "released_by", "exported_on", "submitted_on")  # fmt: skip
_LIVE: Final = ("created", "exported")
_NAMED: Final = "refund "
_CREDIT: Final = "credit A"
_AMOUNT: Final = re.compile(r"(\d+)\.(\d\d)\Z", re.ASCII)
# What the allocations of a refund come to by its status: taken from credit, left the account, come back.
_BOOKED: Final = {"created": (0, 0, 0), "cancelled": (0, 0, 0), "rejected": (0, 0, 0), "exported": (1, 0, 0),
                  "booked": (1, 1, 0), "returned": (1, 1, 1)}  # fmt: skip

# A file as the bank reads it: its head, and each transfer by end-to-end id.
_Told = tuple[tuple[Any, ...], dict[str, tuple[Any, ...]]]


def refunds(source: Source, history: History) -> Checking:
    """Every file of refunds and every transfer in it."""
    iban_of = {row[0]: row[1] for row in source.rows("accounts", ("id", "iban"))}
    booked, origins = _allocations(source)
    owner = {row[0]: row[1] for row in source.rows("items", ("id", "customer_id"))}
    live: Counter[tuple[str, int]] = Counter()
    count = 0
    for number, (heads, own) in side_by_side(
        source.rows("refund_batches", _BATCH), source.rows("refunds", _REFUND, by="batch_id")
    ):
        if not heads:
            continue
        count += 1 + len(own)
        record = source.shown("refund_batches", number)
        yield from _file(record, heads[0], own, iban_of.get(heads[0][1], "-"))
        yield from _steps(record, heads[0], own)
        for one in own:
            shown = source.shown("refunds", one[1])
            yield from _status(source, shown, one, booked.pop(one[6], []))
            yield from _credit(source, shown, one, origins, owner)
            if one[11] in _LIVE:
                live["allocation", one[3] or 0] += one[3] is not None
                live["item", one[4] or 0] += one[4] is not None
    for (kind, number), times in sorted(live.items()):
        if times > 1:
            yield differs("audit-refund-credit", source.shown(f"{kind}s", number), 1, times)
    for reference, rows in sorted(booked.items()):
        yield differs("audit-refund-status", source.shown("allocations", rows[0][0]), "-", reference)
    yield from _logged(source, history)
    yield from _two_people(history)
    return count


def _allocations(source: Source) -> tuple[dict[str, list[Row]], dict[int, tuple[int | None, int]]]:
    """What stands of refunds by end-to-end id, and the overpayments that stand: whose and how much."""
    found: dict[str, list[Row]] = {}
    origins: dict[int, tuple[int | None, int]] = {}
    back: set[int] = set()
    for row in source.rows("allocations", _ALLOCATION):
        if row[7] is not None:
            back.add(row[7])
        elif row[1] == "overpayment":
            origins[row[0]] = (row[4], row[5])
        elif row[1] in {"refund", "refund_return"}:
            names = [flag.removeprefix(_NAMED) for flag in flags_of(row[6]) if flag.startswith(_NAMED)]
            found.setdefault(names[0] if len(names) == 1 else f"{row[0]}?", []).append(row)
    standing = {name: [row for row in rows if row[0] not in back] for name, rows in found.items()}
    return (
        {name: rows for name, rows in standing.items() if rows},
        {number: told for number, told in origins.items() if number not in back},
    )


def _status(source: Source, shown: str, one: Row, rows: list[Row]) -> Iterator[Finding]:
    """What is booked of a refund fits its status, to the cent, and names its credit."""
    amount, status = one[5], one[11]
    taken = sum(row[5] for row in rows if row[1] == "refund" and row[2] is None)
    left = sum(row[5] for row in rows if row[1] == "refund" and row[2] is not None)
    back = sum(row[5] for row in rows if row[1] == "refund_return")
    ways = _BOOKED.get(status)
    expected = None if ways is None else (-amount * ways[0], -amount * ways[1], amount * ways[2])
    if expected is None or (taken, left, back) != expected:
        told = "-" if expected is None else ", ".join(money(part) for part in expected)
        yield differs("audit-refund-status", shown, f"{status}: {told}",
                      ", ".join(money(part) for part in (taken, left, back)))  # fmt: skip
    for row in rows:
        moves = row[1] == "refund_return" or row[2] is None
        named = {flag for flag in flags_of(row[6]) if flag.startswith(_CREDIT)}
        credit = {f"{_CREDIT}{one[3]}"} if one[3] is not None and moves else set()
        if named != credit or row[4] != one[2] or row[3] != (one[4] if moves else None):
            yield differs("audit-refund-credit", source.shown("allocations", row[0]), ", ".join(sorted(credit)) or "-",
                          ", ".join(sorted(named)) or "-")  # fmt: skip


def _credit(
    source: Source, shown: str, one: Row, origins: Mapping[int, tuple[int | None, int]], owner: Mapping[int, int]
) -> Iterator[Finding]:
    """A refund takes from one credit of its own customer, and not more than there ever was of an overpayment."""
    customer, allocation, item, amount, status = one[2], one[3], one[4], one[5], one[11]
    if (allocation is None) == (item is None) or amount <= 0:
        yield differs("audit-refund-credit", shown, 1, sum(each is not None for each in (allocation, item)))
    elif item is not None:
        if owner.get(item) != customer:
            yield differs("audit-refund-credit", shown, source.shown("customers", customer), owner.get(item, "-"))
    elif status in {*_LIVE, "booked"}:
        whose, whole = origins.get(allocation, (None, 0))
        if whose != customer or amount > whole:
            yield differs("audit-refund-credit", shown, money(whole), money(amount))


def _steps(record: str, head: Row, own: list[Row]) -> Iterator[Finding]:
    """A file's status against its dates and its transfers."""
    status, released_on, exported_on, submitted_on = head[10:14]
    states = {one[11] for one in own}
    fits = {
        "created": states == {"created"} and not (released_on or exported_on or submitted_on),
        "released": states == {"created"} and bool(released_on) and not (exported_on or submitted_on),
        "exported": not states & {"created", "cancelled"} and bool(released_on and exported_on),
        "cancelled": states == {"cancelled"} and not submitted_on,
    }
    if not fits.get(status, False):
        yield differs("audit-refund-status", record, " | ".join(fits), f"{status}, {', '.join(sorted(states)) or '-'}")


def _file(record: str, head: Row, own: list[Row], account: str) -> Iterator[Finding]:
    """The frozen file: its hash, its head and each transfer in it."""
    content = head[6]
    digest = hashlib.sha256(content).hexdigest()
    if digest != head[5]:
        yield differs("audit-refund-file", record, head[5], digest)
        return
    told = _read(content)
    if told is None:
        yield differs("audit-refund-file", record, "pain.001", "-")
        return
    total = sum(one[5] for one in own)
    if (len(own), total) != (head[8], head[9]):
        yield differs("audit-refund-head", record, f"{len(own)}, {money(total)}", f"{head[8]}, {money(head[9])}")
    wanted = (head[2], str(head[8]), head[9], head[3], str(head[8]), head[9], head[7], account)
    name = f"SCT_{head[7]}_{account[:4]}-{account[-4:]}_{head[2]}.xml"
    if told[0] != (wanted,):
        yield differs("audit-refund-head", record, _listed(told[0][0] if told[0] else ()), _listed(wanted))
    if head[4] != name:
        yield differs("audit-refund-head", record, name, head[4])
    rows = {one[6]: (one[5], one[7], one[8] or "", one[9], one[10]) for one in own}
    for reference in sorted(told[1].keys() | rows.keys()):
        if told[1].get(reference) != rows.get(reference):
            yield differs("audit-refund-transfer", reference, _listed(told[1].get(reference, ())),
                          _listed(rows.get(reference, ())))  # fmt: skip


def _read(content: bytes) -> _Told | None:
    """What a frozen file says; ``None`` for one that is no XML."""
    from lxml import etree

    heads: list[tuple[Any, ...]] = []
    transfers: dict[str, tuple[Any, ...]] = {}
    group: tuple[Any, ...] = ()
    try:
        reading = etree.iterparse(io.BytesIO(content), tag=("{*}GrpHdr", "{*}PmtInf"), resolve_entities=False,
                                  no_network=True, load_dtd=False)  # fmt: skip
        for _, node in reading:
            if node.tag.endswith("GrpHdr"):
                group = (_text(node, "MsgId"), _text(node, "NbOfTxs"), _minor(_text(node, "CtrlSum")))
                continue
            heads.append((
                *group, _text(node, "PmtInfId"), _text(node, "NbOfTxs"), _minor(_text(node, "CtrlSum")),
                _text(node, "ReqdExctnDt/Dt"), _text(node, "DbtrAcct/Id/IBAN"),
            ))  # fmt: skip
            for one in node.iterfind("{*}CdtTrfTxInf"):
                transfers[_text(one, "PmtId/EndToEndId")] = (
                    _minor(_text(one, "Amt/InstdAmt")), _text(one, "CdtrAcct/Id/IBAN"),
                    _text(one, "CdtrAgt/FinInstnId/BICFI"), _text(one, "Cdtr/Nm"), _text(one, "RmtInf/Ustrd"),
                )  # fmt: skip
    except etree.XMLSyntaxError:
        return None
    return tuple(heads), transfers


def _logged(source: Source, history: History) -> Iterator[Finding]:
    """Every file was made, released, exported, submitted and taken back as the log says, by whom it says."""
    made: dict[int, dict[str, Any]] = {}
    for event in history.of("refund-create", "refund-release", "refund-export", "refund-submit", "refund-cancel"):
        row = made.setdefault(number_of(event.subject), {})
        if event.action == "refund-create":
            row |= {name: event.after.get(name) for name in ("message_id", "sha256", "count")}
            row |= {"total": event.after.get("sum"), "created_on": event.as_of, "created_by": event.actor}
            row |= {"status": "created"}
        elif event.action == "refund-release":
            row |= {"released_on": event.as_of, "released_by": event.actor, "status": "released"}
        elif event.action == "refund-export":
            row |= {"exported_on": event.as_of, "status": "exported"}
        elif event.action == "refund-submit":
            row |= {"submitted_on": event.as_of}
        else:
            row |= {"status": "cancelled"}
    wanted = [(number, *(row.get(name) for name in _LOGGED[1:])) for number, row in made.items()]
    yield from same_rows(source, "refund_batches", _LOGGED, wanted, source.rows("refund_batches", _LOGGED))


def _two_people(history: History) -> Iterator[Finding]:
    """Where the settings named users and asked for four eyes at that moment, no file was released or exported that
    nobody but its maker has released."""
    asked = False
    maker: dict[str, str] = {}
    released: dict[str, str] = {}
    for event in history.of("init", "settings", "refund-create", "refund-release", "refund-export"):
        if event.action in {"init", "settings"}:
            rules = event.after.get("refunds")
            asked = bool(event.after.get("users")) and isinstance(rules, dict) and rules.get("release") == "four_eyes"
            continue
        if event.action == "refund-create":
            maker[event.subject] = event.actor
        elif event.action == "refund-release":
            released[event.subject] = event.actor
        made_by = maker.get(event.subject)
        if asked and event.action != "refund-create" and released.get(event.subject, made_by) == made_by:
            yield differs("audit-four-eyes", event.subject, f"≠ {made_by}", released.get(event.subject, "-"),
                          log=event.id)  # fmt: skip


def _text(node: Any, path: str) -> str:
    return str(node.findtext("/".join(f"{{*}}{step}" for step in path.split("/"))) or "")


def _minor(text: str) -> int | None:
    found = _AMOUNT.match(text)
    return None if found is None else int(found[1] + found[2])


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join("-" if value is None else str(value) for value in values) or "-"
