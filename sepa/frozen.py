"""A debit file that ``sepa.pain008`` has written and the books have kept: what its head says, and the same file without
some of its debits.

Only for files of our own, whose bytes were checked against their hash: they are read as the text that they are.
"""

import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Final, get_args

from sepa.collection import RUNNING_DIGITS
from sepa.money import parse_amount, plain
from sepa.pain008 import Schema

# The head ends long before: a name has 70 signs.
_HEAD: Final = 4096
_SCHEMA: Final = re.compile(rb'xmlns="urn:iso:std:iso:20022:tech:xsd:([a-z0-9.]+)"')
_NAME: Final = re.compile(rb"<InitgPty><Nm>([^<]*)</Nm>")
_BLOCK_BEGIN: Final = b"<PmtInf>"
_BLOCK_END: Final = b"</PmtInf>\n"
_FILE_END: Final = b"</CstmrDrctDbtInitn>\n</Document>\n"
_DEBIT_BEGIN: Final = b"<DrctDbtTxInf>"
_MESSAGE_ID: Final = re.compile(rb"<MsgId>([^<]*)</MsgId>")
_CREATED: Final = re.compile(rb"<CreDtTm>([^<T]*)T")
_COUNT: Final = re.compile(rb"<NbOfTxs>([^<]*)</NbOfTxs>")
_SUM: Final = re.compile(rb"<CtrlSum>([^<]*)</CtrlSum>")
_BLOCK_ID: Final = re.compile(rb"<PmtInfId>([^<]*)</PmtInfId>")
_END_TO_END: Final = re.compile(rb"<EndToEndId>([^<]*)</EndToEndId>")
_AMOUNT: Final = re.compile(rb'<InstdAmt Ccy="EUR">([^<]*)</InstdAmt>')
_TEXT: Final = re.compile(rb"<(?:Ustrd|Ref)>([^<]*)</")
_MANDATE: Final = re.compile(rb"<MndtRltdInf>(.*?)</MndtRltdInf>")
_MANDATE_ID: Final = re.compile(rb"<MndtRltdInf><MndtId>([^<]*)</MndtId>")


@dataclass(frozen=True, slots=True)
class Head:
    """The schema of a file and the creditor's name in it."""

    schema: Schema
    creditor: str


def head_of(content: bytes) -> Head:
    """What the head of a file says. Raises ValueError for a file that is none of ours."""
    schema, name = _SCHEMA.search(content, 0, _HEAD), _NAME.search(content, 0, _HEAD)
    if schema is None or name is None:
        raise ValueError("no debit file of ours")
    found = next((one for one in get_args(Schema) if one == schema[1].decode()), None)
    if found is None:
        raise ValueError("no debit file of ours")
    return Head(found, unescape(name[1].decode()))


@dataclass(frozen=True, slots=True)
class Again:
    """A file made of an earlier one without some of its debits. ``debits`` gives each debit's end-to-end id then and
    now, ``blocks`` each block's id then and now with what is in it; both in the order of the file. ``amended`` are the
    debits (ids of now) that tell an amendment which a debit left out had told."""

    content: bytes
    debits: dict[str, str]
    blocks: dict[str, tuple[str, int, int]]
    amended: frozenset[str]


def without(content: bytes, message_id: str, created_on: date, left_out: Set[str]) -> Again:
    """The file once more without the debits whose end-to-end ids are ``left_out``: new ids, as ``sepa.collection``
    derives them, new counts and sums, every other byte of a debit as it was. An amendment that a debit left out has
    told goes to the next one under its mandate: it is told once, and with the first.

    Raises ValueError for a file that is none of ours, or where no debit is left.
    """
    head, blocks = _taken_apart(content)
    waiting = _amendments(blocks, left_out)
    debits: dict[str, str] = {}
    made: dict[str, tuple[str, int, int]] = {}
    amended: set[str] = set()
    written: list[bytes] = []
    for block_head, own in blocks:
        kept = [debit for debit in own if _of(_END_TO_END, debit) not in left_out]
        if not kept:
            continue
        block_id = f"{message_id}-{len(made) + 1}"
        again = []
        for debit in kept:
            now = f"{message_id}-{len(debits) + 1:0{RUNNING_DIGITS}d}"
            debits[_of(_END_TO_END, debit)] = now
            told = waiting.pop(_of(_MANDATE_ID, debit), None)
            if told is not None:
                amended.add(now)
            again.append(_put(_END_TO_END, now, debit if told is None else _put(_MANDATE, told, debit)))
        total = sum(map(_amount, kept))
        made[_of(_BLOCK_ID, block_head)] = (block_id, len(kept), total)
        written += [_summed(_put(_BLOCK_ID, block_id, block_head), len(kept), total), *again, _BLOCK_END]
    if not debits:
        raise ValueError("no debit is left")
    head = _put(_CREATED, created_on.isoformat(), _put(_MESSAGE_ID, message_id, head))
    head = _summed(head, len(debits), sum(total for _, _, total in made.values()))
    return Again(b"".join([head, *written, _FILE_END]), debits, made, frozenset(amended))


def _taken_apart(content: bytes) -> tuple[bytes, list[tuple[bytes, list[bytes]]]]:
    """The head of a file, and of each block its head and its debits."""
    head, *rest = content.split(_BLOCK_BEGIN)
    blocks = []
    for number, part in enumerate(rest, start=1):
        end = _BLOCK_END + _FILE_END if number == len(rest) else _BLOCK_END
        if not part.endswith(end):
            raise ValueError("no debit file of ours")
        body = _BLOCK_BEGIN + part.removesuffix(end)
        first = body.find(_DEBIT_BEGIN)
        debits = body[first:].splitlines(keepends=True) if first >= 0 else []
        if not debits or any(not debit.startswith(_DEBIT_BEGIN) for debit in debits):
            raise ValueError("no debit file of ours")
        blocks.append((body[:first], debits))
    return head, blocks


def _amendments(blocks: Iterable[tuple[bytes, list[bytes]]], left_out: Set[str]) -> dict[str, str]:
    """By mandate what the debits left out say of it, where they tell an amendment."""
    return {
        _of(_MANDATE_ID, debit): _of(_MANDATE, debit)
        for _, debits in blocks
        for debit in debits
        if b"<AmdmntInd>true</AmdmntInd>" in debit and _of(_END_TO_END, debit) in left_out
    }


def _of(place: re.Pattern[bytes], part: bytes) -> str:
    found = place.search(part)
    if found is None:
        raise ValueError("no debit file of ours")
    return found[1].decode()


def _put(place: re.Pattern[bytes], text: str, part: bytes) -> bytes:
    found = place.search(part)
    if found is None:
        raise ValueError("no debit file of ours")
    return part[: found.start(1)] + text.encode() + part[found.end(1) :]


def _summed(part: bytes, count: int, total: int) -> bytes:
    return _put(_SUM, plain(total), _put(_COUNT, str(count), part))


def _amount(debit: bytes) -> int:
    return parse_amount(_of(_AMOUNT, debit))


def texts_of(content: bytes) -> dict[str, str]:
    """What a file says to each debtor, by end-to-end id: the remittance, or the reference that stands in its place.
    Raises ValueError for a file that is none of ours."""
    return {
        _of(_END_TO_END, debit): unescape(_of(_TEXT, debit)) for _, own in _taken_apart(content)[1] for debit in own
    }
