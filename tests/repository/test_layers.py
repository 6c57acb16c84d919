"""Who may import whom. import-linter keeps the packages (pyproject.toml); here is what it cannot see: ``cli.py``, the
commands that it loads by name, and what the pure rooms may not even mention."""

import ast
import sys
import tomllib
from collections.abc import Iterator

import pytest

from tests.repository.code import PURE, ROOT, Module, dotted, imported, modules, none

_FORBIDDEN_PACKAGES = {"sqlalchemy", "alembic", "psycopg", "click", "rich"}
_FORBIDDEN_MODULES = {"time", "random", "secrets", "uuid", "getpass", "socket", "subprocess"}
# What would bring the clock or the environment into a decision, however it is spelt.
_FORBIDDEN_NAMES = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "datetime.date.today",
    "os.environ", "os.getenv", "os.getcwd", "Path.cwd", "Path.home",
}  # fmt: skip


def _settings() -> dict[str, list[dict[str, list[str]]]]:
    found: dict[str, list[dict[str, list[str]]]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]
    return found


def test_cli_imports_click_the_standard_library_and_the_commands_only() -> None:
    (cli,) = modules("cli.py")
    allowed = set(sys.stdlib_module_names) | {"click"}
    wrong = [
        f"{cli.path}:{line} {name}"
        for name, line in imported(cli)
        if name.partition(".")[0] not in allowed
        and name != "recon.__version__"
        and not name.startswith("recon.commands.")
    ]
    none(wrong)


def test_cli_loads_its_commands_by_name_from_the_commands_room() -> None:
    import cli

    assert [place for place, _ in cli.COMMANDS.values() if not place.startswith("recon.commands.")] == []


def test_every_room_stands_in_the_layers() -> None:
    """A new package of recon has to be given its place, or nothing keeps it."""
    layers = {name.strip() for layer in _settings()["contracts"][0]["layers"] for name in layer.split("|")}
    rooms = {f"recon.{path.parent.name}" for path in (ROOT / "recon").glob("*/__init__.py")}
    assert rooms | {"sepa"} == layers
    assert [path.name for path in (ROOT / "recon").glob("*.py")] == ["__init__.py"]


def test_pure_rooms_here_are_those_of_the_import_linter() -> None:
    pure = {name.replace(".", "/") for name in _settings()["contracts"][1]["source_modules"]}
    assert pure == set(PURE)


@pytest.mark.parametrize("module", modules(*PURE), ids=lambda module: module.path)
def test_pure_room_knows_no_database_no_command_line_no_clock(module: Module) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for name, line in imported(module)
        if name.partition(".")[0] in _FORBIDDEN_PACKAGES | _FORBIDDEN_MODULES
        or name in {"os.environ", "os.getenv", "os.environ.get"}
    ]
    wrong += [f"{module.path}:{line} says {name}" for name, line in _said(module) if name in _FORBIDDEN_NAMES]
    none(wrong)


def test_clock_and_environment_are_asked_in_the_commands_only() -> None:
    """The day comes in as ``as_of``: what is below the commands cannot look at a clock of its own."""
    wrong = [
        f"{module.path}:{line} {name}"
        for module in modules("recon", "sepa")
        if not module.path.startswith("recon/commands/")
        for name, line in _said(module)
        if name in _FORBIDDEN_NAMES
    ]
    none(wrong)


def _said(module: Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            yield dotted(node), node.lineno
