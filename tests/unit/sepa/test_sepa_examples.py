"""The examples in the docstrings are true, and the room is light to enter."""

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import sepa

ROOT = Path(__file__).parents[3]
MODULES = sorted(module.name for module in pkgutil.iter_modules(sepa.__path__))
# What handles files with a library is itself loaded only where such a file is handled.
READERS = ("pain001", "pain001_check", "pain002", "pain008_check")
HEAVY = ("lxml", "schwifty", "stdnum", "sepaxml", "pandas", "openpyxl")


@pytest.mark.parametrize("module", MODULES)
def test_examples(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"sepa.{module}")).failed == 0


def test_only_what_handles_files_loads_a_heavy_library() -> None:
    """Small commands must start fast (design.md, libraries)."""
    light = [module for module in MODULES if module not in READERS]
    loaded = f"print([name for name in {HEAVY} if name in sys.modules])"
    code = f"import sys, {', '.join(f'sepa.{module}' for module in light)}; {loaded}"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES)
def test_the_room_knows_nothing_of_the_product(module: str) -> None:
    source = (ROOT / "sepa" / f"{module}.py").read_text(encoding="utf-8")
    assert "import recon" not in source
    assert "from recon" not in source
