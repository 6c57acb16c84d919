"""The taste of the house, as far as a machine can hold it."""

import ast
import re
import subprocess

import pytest

from tests.repository.code import PURE, ROOT, Module, calls, dotted, modules, none

# Aims are 400 and 60 lines; these are the limits.
MAX_MODULE = 450
MAX_FUNCTION = 80
# The one place that turns a fault of the program into an answer.
_LAST_DEFENCE = "recon/commands/leaving.py"


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


# A revision of the tables is a record of one day, written once and never touched again.
_REVISIONS = "recon/store/migrations/versions/"
_WRITTEN = [module for module in modules() if not module.path.startswith(_REVISIONS)]


@pytest.mark.parametrize("module", _WRITTEN, ids=lambda module: module.path)
def test_module_and_functions_are_short(module: Module) -> None:
    assert len(module.text.splitlines()) <= MAX_MODULE, f"{module.path}: split it"
    long = [
        f"{module.path}:{node.lineno} {node.name} has {_lines(node)} lines"
        for node in ast.walk(module.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _lines(node) > MAX_FUNCTION
    ]
    none(long)


@pytest.mark.parametrize("module", modules(*PURE), ids=lambda module: module.path)
def test_no_float_stands_near_money(module: Module) -> None:
    """Promise 1: no float literal, no ``float(…)``, no division that makes one. To ask whether a cell of a workbook is
    a float is allowed: it is how one is kept out. A cutoff of likeness between two headings is no money."""
    asked = {id(inner) for call in calls(module, "isinstance") for inner in ast.walk(call)}
    asked |= {id(likeness.value) for call in calls(module, "get_close_matches") for likeness in call.keywords}
    asked |= {id(inner) for node in module.tree.body if _names_cells(node) for inner in ast.walk(node)}
    wrong = [
        f"{module.path}:{getattr(node, 'lineno', 0)} {ast.unparse(node)}"
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float) and id(node) not in asked)
        or (isinstance(node, ast.Call) and dotted(node.func) == "round")
        or (isinstance(node, ast.Name) and node.id in {"float", "Decimal", "Fraction"} and id(node) not in asked)
        or (isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div))
    ]
    none(wrong)


def _names_cells(node: ast.stmt) -> bool:
    """``Cell = str | int | float …``: what a workbook may hold."""
    return isinstance(node, ast.Assign) and [dotted(target) for target in node.targets] == ["Cell"]


def test_nothing_is_swallowed() -> None:
    """No bare except, no ``except Exception`` outside the last line of defence."""
    wrong = []
    for module in modules():
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = _caught(node)
            if caught & {"", "Exception", "BaseException"} - ({"Exception"} if module.path == _LAST_DEFENCE else set()):
                wrong.append(f"{module.path}:{node.lineno} catches everything")
    none(wrong)


def _caught(handler: ast.ExceptHandler) -> set[str]:
    """The exceptions that a handler names; an empty text for a bare one."""
    if handler.type is None:
        return {""}
    return {dotted(part) for part in (handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type])}


def test_public_names_have_docstrings() -> None:
    wrong = []
    for module in modules():
        for node in module.tree.body:
            if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                wrong.append(f"{module.path}:{node.lineno} {node.name}")
    none(wrong)


def test_repository_names_no_place_of_a_machine_and_no_registry() -> None:
    """Nothing that would be true on one machine only: no home or work folder, no address of a package index."""
    told = re.compile(
        rb"/(?:home|root|work|Users)/[A-Za-z0-9._-]+|index-url|pypi\.org|files\.pythonhosted|://[^\s\"']*/simple\b"
    )
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    wrong = []
    for name in listed:
        path = ROOT / name.decode()
        if not name or path == ROOT / "tests/repository/test_tidy.py" or not path.is_file():
            continue
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            found = told.search(line)
            if found:
                wrong.append(f"{name.decode()}:{number} {found[0].decode()}")
    none(wrong)
