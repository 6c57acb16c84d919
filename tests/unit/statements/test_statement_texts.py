"""Every finding of the room has its texts, every text its finding, and every fact that a text quotes is given."""

import ast
import doctest
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import recon.statements
import recon.texts

ROOM = Path(recon.statements.__file__).parent
MODULES = sorted(path.stem for path in ROOM.glob("*.py") if path.stem != "__init__")
TEXTS = tomllib.loads((Path(recon.texts.__file__).parent / "findings" / "statements.toml").read_text(encoding="utf-8"))


def told() -> dict[str, list[set[str]]]:
    """Code -> the names of the facts, once for each place that tells it."""
    found: dict[str, list[set[str]]] = {}
    for module in MODULES:
        for node in ast.walk(ast.parse((ROOM / f"{module}.py").read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            if node.func.id not in ("error", "warning", "info", "tell"):
                continue
            for code in ast.walk(node.args[0]):
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.setdefault(code.value, []).append({word.arg for word in node.keywords if word.arg})
    return found


def test_codes_and_texts_are_the_same() -> None:
    assert set(told()) == set(TEXTS)


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_text_is_complete_and_quotes_only_given_facts(code: str) -> None:
    entry = TEXTS[code]
    assert set(entry) == {"de", "en", "remedy_de", "remedy_en"}
    quoted = {name: set(re.findall(r"\{([a-z_]+)\}", text)) for name, text in entry.items()}
    for facts in told()[code]:
        assert set().union(*quoted.values()) <= facts
    assert quoted["de"] == quoted["en"]
    assert quoted["remedy_de"] == quoted["remedy_en"]


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"recon.statements.{module}")).failed == 0


def test_the_room_opens_without_a_parser() -> None:
    code = (
        "import sys, recon.statements as s; s.sniff(b'<x/>'); print([m for m in ('lxml', 'mt940') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
