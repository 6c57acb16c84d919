"""The auditor's reading of mandates: an id is one mandate's for good, and the files told each debtor's bank what had
changed since it was last told.

What was told is read from the files of the batches, not from the columns that the program decides by.
"""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from recon.ledger.audit_log import History
from recon.ledger.audit_source import Checking, Source, differs, side_by_side
from recon.model.finding import Finding
from sepa.charset import MAX_NAME, fit

# Debits that the bank was never given, or has not taken.
_GONE: Final = ("cancelled", "rejected")
_BEFORE: Final = ("id", "original_mandate_id", "original_iban", "original_creditor_id", "original_creditor_name")


class _State(NamedTuple):
    """What a debtor's bank was told of a mandate; ``None`` where nobody knows. The creditor identifier stands without
    its business code, which is not part of who it is (EPC262-08)."""

    mandate_id: str | None
    iban: str | None
    creditor_id: str | None
    creditor: str | None


class _Debit(NamedTuple):
    """A debit as its file tells it: what the mandate is, and what it was; ``None`` where the file does not say."""

    now: _State
    amended: bool
    mandate_id: str | None
    creditor_id: str | None
    creditor: str | None
    new_account: bool


class _Known(NamedTuple):
    """What was told of a mandate so far, each state once; ``counts`` from the first that stands."""

    states: tuple[_State, ...] = ()
    counts: bool = False


def mandate_names(source: Source) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every mandate with the ids that it has and had; a list that is none counts as empty."""
    for number, name, former in source.rows("mandates", ("id", "mandate_id", "former_ids")):
        try:
            once = json.loads(former or "[]")
        except ValueError:
            once = []
        names = once if isinstance(once, list) else []
        yield number, (name, *(one for one in names if isinstance(one, str)))


def mandates(source: Source, _history: History) -> Checking:
    """No mandate has an id that another has or had. Each debit tells what is other than its bank was told before, as it
    was told, and nothing else."""
    owner: dict[str, int] = {}
    count = 0
    for number, names in mandate_names(source):
        count += 1
        for name in dict.fromkeys(names):
            first = owner.setdefault(name, number)
            if first != number:
                yield differs("audit-mandate-id", source.shown("mandates", number), "-", name,
                              other=source.shown("mandates", first))  # fmt: skip
    yield from _amendments(source)
    return count


def _amendments(source: Source) -> Iterator[Finding]:
    """Every debit against what was told before it: by other debits, and before these books."""
    told: dict[int, _Known] = {}
    for number, mandate_id, iban, creditor_id, creditor in source.rows("mandates", _BEFORE):
        written = fit(creditor, MAX_NAME).text if creditor else None
        state = _State(mandate_id, iban, _identity(creditor_id), written or None)
        if any(state):
            told[number] = _Known((state,), counts=True)
    columns = ("batch_id", "id", "mandate_id", "end_to_end_id", "status")
    contents = source.rows("batches", ("id", "content"))
    for _, (heads, rows) in side_by_side(contents, source.rows("collections", columns, by="batch_id")):
        sent = _read(heads[0][1]) if heads else {}
        for _, number, mandate, end_to_end_id, status in rows:
            debit = sent.get(end_to_end_id)
            if debit is None:
                continue  # ``audit_batches`` says so
            known = told.get(mandate, _Known())
            wrong = _wrong(debit, known)
            if wrong is not None:
                yield differs("audit-amendment", source.shown("collections", number), *wrong)
            if debit.now not in known.states or (status not in _GONE and not known.counts):
                states = dict.fromkeys((*known.states, debit.now))
                told[mandate] = _Known(tuple(states), known.counts or status not in _GONE)


def _wrong(debit: _Debit, known: _Known) -> tuple[str, str] | None:
    """What a debit should say and what it says, given what was told before it.

    Which of those counted when it was made is not known: a file may have been taken back since. So what it says that
    the mandate was must have been told once; and where it says nothing, what the mandate is must have been.
    """
    now, states = debit.now, known.states
    if not debit.amended:
        if not known.counts or any(_same(now, state) for state in states):
            return None
        return _listed(states[-1]), _listed(now)
    for said, place, current in (
        (debit.mandate_id, 0, now.mandate_id), (debit.creditor_id, 2, now.creditor_id),
        (debit.creditor, 3, now.creditor),
    ):  # fmt: skip
        once = {state[place] for state in states}
        if said is not None and (said == current or said not in once):
            return " | ".join(sorted(one for one in once if one)) or "-", said
    if debit.new_account and all(state.iban in {None, now.iban} for state in states):
        return "-", "SMNDA"
    if not (debit.new_account or debit.mandate_id or debit.creditor_id or debit.creditor):
        return "-", "AmdmntInd"
    return None


def _same(one: _State, other: _State) -> bool:
    """Whether two states are the same as far as they are known."""
    return all(None in pair or pair[0] == pair[1] for pair in zip(one, other, strict=True))


def _identity(creditor_id: str | None) -> str | None:
    return creditor_id and creditor_id[:4] + creditor_id[7:]


def _listed(state: Sequence[str | None]) -> str:
    return ", ".join(part or "-" for part in state)


def _read(content: bytes) -> Mapping[str, _Debit]:
    """The debits of a file by their end-to-end ids; of one that is no XML none."""
    from lxml import etree

    found: dict[str, _Debit] = {}
    try:
        for _, block in etree.iterparse(io.BytesIO(content), tag="{*}PmtInf", resolve_entities=False, no_network=True,
                                        load_dtd=False):  # fmt: skip
            creditor = (_identity(_text(block, "CdtrSchmeId/Id/PrvtId/Othr/Id")), _text(block, "Cdtr/Nm"))
            for node in block.iterfind("{*}DrctDbtTxInf"):
                found[_text(node, "PmtId/EndToEndId") or ""] = _debit(node, creditor)
            block.clear()
    except etree.XMLSyntaxError:
        return {}
    return found


def _debit(node: Any, creditor: tuple[str | None, str | None]) -> _Debit:
    told = node.find("{*}DrctDbtTx/{*}MndtRltdInf")
    if told is None:
        return _Debit(_State(None, None, *creditor), amended=False, mandate_id=None, creditor_id=None, creditor=None,
                      new_account=False)  # fmt: skip
    now = _State(_text(told, "MndtId"), _text(node, "DbtrAcct/Id/IBAN"), *creditor)
    if _text(told, "AmdmntInd") != "true":
        return _Debit(now, amended=False, mandate_id=None, creditor_id=None, creditor=None, new_account=False)
    was = "AmdmntInfDtls/"
    return _Debit(
        now,
        amended=True,
        mandate_id=_text(told, f"{was}OrgnlMndtId"),
        creditor_id=_identity(_text(told, f"{was}OrgnlCdtrSchmeId/Id/PrvtId/Othr/Id")),
        creditor=_text(told, f"{was}OrgnlCdtrSchmeId/Nm"),
        new_account=_text(told, f"{was}OrgnlDbtrAcct/Id/Othr/Id") == "SMNDA",
    )


def _text(node: Any, path: str) -> str | None:
    told: str | None = node.findtext("/".join(f"{{*}}{step}" for step in path.split("/")))
    return told or None
