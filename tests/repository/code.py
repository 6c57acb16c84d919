"""The program's own source, read as syntax trees: what the tests of the repository look at."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
# Rooms that decide: values in, values out. They know no database, no command line, no clock, no environment.
PURE: Final = ("sepa", "recon/model", "recon/texts", "recon/statements", "recon/items", "recon/matching",
               "recon/ledger", "recon/dunning")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Module:
    """A module: its path from the root of the repository, its text and its syntax tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The name it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def modules(*rooms: str) -> tuple[Module, ...]:
    """The modules of rooms (paths from the root), default: all that is installed."""
    found: list[Path] = []
    for room in rooms or ("recon", "sepa", "cli.py"):
        place = ROOT / room
        found += [place] if place.is_file() else sorted(place.rglob("*.py"))
    return tuple(_module(path) for path in found if "__pycache__" not in path.parts)


def none(wrong: Iterable[str]) -> None:
    """Fail where something is wrong, with all of it, a line each."""
    listed = sorted(set(wrong))
    assert not listed, "\n" + "\n".join(listed)


def _module(path: Path) -> Module:
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def imported(module: Module, *, also_for_types: bool = True) -> Iterator[tuple[str, int]]:
    """Every name that a module imports, at its top or inside a function, with the line. ``from a import b`` gives
    ``a.b``: b may be a module."""
    skipped = set() if also_for_types else _type_checking(module.tree)
    for node in ast.walk(module.tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((entry.name, node.lineno) for entry in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{entry.name}", node.lineno) for entry in node.names)


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of an expression of names and attributes, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def calls(module: Module, *names: str) -> Iterator[ast.Call]:
    """The calls of functions by the name they are called with."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and dotted(node.func) in names:
            yield node


def _type_checking(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and dotted(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            found |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    return found
