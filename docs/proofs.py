"""Which test proves which row of the seed documents, read from the names of the tests: ``docs/requirements.md``.

A test names the rows that it proves: ``test_a_06_fourteen_days_inclusive``, ``test_v_11_x_01_…``, ``test_a08_…``.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from docs.running import ROOT

PAGE: Final = ROOT / "docs/requirements.md"
_ROW: Final = re.compile(r"(?:(?<=_)|^)([avfdxo])_?(\d\d)(?=_|$)")
_INTRO: Final = """# Which test proves which requirement

opos reconciles the rules of four systems. Each row here is something that one of them asks for, a contradiction between
them, or a worked example; beside it the tests that prove it, by file and name. Where there is no test the row says why.
The rows: `docs/requirements.toml`.
"""


def rows() -> dict[str, Mapping[str, str]]:
    """Every row: ``is`` what it asks for, ``not`` why no test proves it, where none does."""
    return {name: {"is": told} if isinstance(told, str) else told for name, told in _read()["rows"].items()}


def proofs() -> dict[str, tuple[str, ...]]:
    """The tests that name a row, ``file::test``, by the row's id."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in _tests(path):
            for letter, number in _ROW.findall(name.removeprefix("test_")):
                found.setdefault(f"{letter.upper()}-{number}", []).append(f"{path.relative_to(ROOT / 'tests')}::{name}")
    return {row: tuple(dict.fromkeys(names)) for row, names in found.items()}


def requirements_page() -> str:
    """The page, table by table."""
    proved = proofs()
    text = [_INTRO]
    for letter, table in _read()["tables"].items():
        text += [f"\n## {table['title']}\n", "| row | what is asked | proved by |", "| --- | --- | --- |"]
        text += [
            f"| {name} | {row['is']} | {_told(row, proved.get(name, ()))} |"
            for name, row in rows().items()
            if name.startswith(letter)
        ]
    return "\n".join(text) + "\n"


def _told(row: Mapping[str, str], tests: tuple[str, ...]) -> str:
    return "<br>".join(f"`{test}`" for test in tests) or f"*{row.get('not', '')}*"


def _tests(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name


def _read() -> dict[str, Any]:
    return tomllib.loads((ROOT / "docs/requirements.toml").read_text("utf-8"))
