"""What the program can say: every call that names a code of a catalogue of texts, found in the syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.repository.code import Module, dotted, modules


@dataclass(frozen=True, slots=True)
class Sink:
    """A function or class that takes a code: the place of the code among its arguments, the severity of the finding
    that comes of it (``None``: not told by the call), and the facts that it adds by itself."""

    place: int
    severity: str | None
    adds: frozenset[str] = frozenset()
    # Where its facts stand: as keywords, as a mapping at a place, or somewhere that a reader cannot follow (-1).
    facts_at: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """One call: the code, its severity, and the facts it gives (``None`` where they are put together elsewhere)."""

    code: str
    severity: str | None
    facts: frozenset[str] | None
    where: str


FINDING_SINKS: Final = {
    "error": Sink(0, "error"),
    "warning": Sink(0, "warning"),
    "info": Sink(0, "info"),
    "BooksError": Sink(0, "error"),
    "CellError": Sink(0, "error", frozenset({"value", "heading"})),
    "SettingError": Sink(0, "error", frozenset({"value", "key"})),
    "CollectionError": Sink(0, "error", frozenset({"date", "next"}), facts_at=-2),
    "differs": Sink(0, "error", frozenset({"record", "expected", "found"})),
    "wrong": Sink(1, "error", frozenset({"key"})),
    "_identifier": Sink(1, "error", frozenset({"value", "key"})),
    "_refuse": Sink(2, "error", frozenset({"batch"}), facts_at=-2),
    "Fault": Sink(1, "error", facts_at=2),
}
EVIDENCE_SINKS: Final = {"fact": Sink(0, None), "Evidence": Sink(0, None, facts_at=1),
                         "_evidence": Sink(0, None, facts_at=-1)}  # fmt: skip


@cache
def said(evidence: bool = False) -> tuple[Said, ...]:
    """Everything said with a code that can be read off: a literal, a choice of literals, or a local name for one."""
    sinks = EVIDENCE_SINKS if evidence else FINDING_SINKS
    return tuple(one for module in modules("recon", "sepa") for one in _said(module, sinks))


def _said(module: Module, sinks: dict[str, Sink]) -> Iterator[Said]:
    for call, names in _calls(module.tree, {}):
        sink = sinks.get(dotted(call.func).rpartition(".")[2])
        if sink is None or len(call.args) <= sink.place:
            continue
        severity = _severity(call) or sink.severity
        for code in _codes(call.args[sink.place], names):
            yield Said(code, severity, _facts(call, sink), f"{module.path}:{call.lineno}")


def _calls(node: ast.AST, names: dict[str, ast.expr]) -> Iterator[tuple[ast.Call, dict[str, ast.expr]]]:
    """Every call with what the names around it were set to in its function."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        names = {
            target.id: inner.value
            for inner in ast.walk(node)
            if isinstance(inner, ast.Assign)
            for target in inner.targets
            if isinstance(target, ast.Name)
        }
    if isinstance(node, ast.Call):
        yield node, names
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, names)


def _codes(node: ast.expr, names: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _codes(node.body, names)
        yield from _codes(node.orelse, names)
    elif isinstance(node, ast.Name) and node.id in names:
        yield from _codes(names[node.id], {})


def _severity(call: ast.Call) -> str | None:
    """A severity named among the arguments: ``Severity.WARNING``."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    named = [dotted(value).partition(".")[2] for value in values if dotted(value).startswith("Severity.")]
    return named[0].lower() if named else None


def _facts(call: ast.Call, sink: Sink) -> frozenset[str] | None:
    if sink.facts_at == -1:
        return None
    if sink.facts_at == -2:
        return sink.adds
    if sink.facts_at is not None:
        if len(call.args) <= sink.facts_at:
            return sink.adds
        names = _literal_names(call.args[sink.facts_at])
        return None if names is None else names | sink.adds
    if any(keyword.arg is None for keyword in call.keywords):
        return None
    return sink.adds | {str(keyword.arg) for keyword in call.keywords}


def _literal_names(node: ast.expr) -> frozenset[str] | None:
    """The names in ``{"a": …}`` or ``(("a", …), …)``."""
    if isinstance(node, ast.Dict):
        keys: list[ast.expr | None] = list(node.keys)
    elif isinstance(node, ast.Tuple) and all(isinstance(pair, ast.Tuple) and pair.elts for pair in node.elts):
        keys = [pair.elts[0] for pair in node.elts if isinstance(pair, ast.Tuple)]
    else:
        return None
    if not all(isinstance(key, ast.Constant) for key in keys):
        return None
    return frozenset(str(key.value) for key in keys if isinstance(key, ast.Constant))
