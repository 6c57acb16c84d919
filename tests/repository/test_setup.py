"""Setting up: what is installed is what was tested, named in constraints.txt and nowhere else; and a quick start."""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.repository.code import ROOT

# Brought along by Python's venv itself (3.11), not installed by us.
_BY_VENV = {"setuptools"}
# Too heavy to be loaded before a command needs them.
_HEAVY = {
    "pandas",
    "numpy",
    "lxml",
    "schwifty",
    "sqlalchemy",
    "alembic",
    "openpyxl",
    "rich",
    "rapidfuzz",
    "sepaxml",
    "psycopg",
    "typst",
    "segno",
}
_MAX_CPU_SECONDS = 0.3


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pinned() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {_normal(name): version for name, version in pairs}


def test_constraints_name_packages_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    wrong = [line for line in lines if not re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9A-Za-z.+!]+", line)]
    assert wrong == []
    assert not any("://" in line for line in lines)
    names = [_normal(line.partition("==")[0]) for line in lines if not line.startswith("#")]
    assert len(names) == len(set(names))


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="not run from the repository's own .venv")
def test_everything_installed_is_pinned() -> None:
    """What ``make setup`` installs is what constraints.txt says, package by package."""
    pinned = _pinned()
    installed = {_normal(found.name): found.version for found in distributions()}
    wrong = {
        name: version
        for name, version in installed.items()
        if name != "opos" and name not in _BY_VENV and pinned.get(name) != version
    }
    assert wrong == {}


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="not run from the repository's own .venv")
def test_nothing_is_pinned_that_is_not_used() -> None:
    installed = {_normal(found.name) for found in distributions()}
    assert sorted(set(_pinned()) - installed) == []


def test_everything_asked_for_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["test"],
        *project["build-system"]["requires"],
    ]
    names = {_normal(re.split(r"[\[<>=!~; ]", entry)[0]) for entry in asked}
    assert sorted(names - set(_pinned())) == []
    assert not any("://" in entry or " @ " in entry for entry in asked)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_start_loads_nothing_heavy(arguments: list[str]) -> None:
    assert sorted(_loaded(arguments) & _HEAVY) == []


@pytest.mark.parametrize("arguments", [["import", "--help"], ["dunning", "issue", "--help"], ["report", "--help"]])
def test_small_command_loads_no_reader_of_files(arguments: list[str]) -> None:
    assert sorted(_loaded(arguments) & (_HEAVY - {"sqlalchemy"})) == []


def _loaded(arguments: list[str]) -> set[str]:
    """The packages that a call of the program has loaded when it ends."""
    code = (
        "import atexit, json, sys; sys.argv = ['opos', *sys.argv[1:]];"
        "names = lambda: sorted({name.partition('.')[0] for name in sys.modules});"
        "atexit.register(lambda: print(json.dumps(names()), file=sys.stderr));"
        "import cli; cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr))


def test_help_is_quick() -> None:
    """Median of five starts, CPU seconds of user and system; a cold disk does not count."""
    spent = [_cpu_seconds() for _ in range(6)][1:]
    assert statistics.median(spent) < _MAX_CPU_SECONDS, spent


def _cpu_seconds() -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    program = Path(sys.executable).with_name("opos")
    subprocess.run(
        [str(program), "--help"], check=True, capture_output=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
