"""What is handed out: a wheel and an sdist, the wheel tried in a fresh environment outside the repository."""

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from recon import __version__
from tests.repository.code import ROOT

pytestmark = pytest.mark.slow

# What programs without code of their own load at run time; without one of them the program stands still.
DATA = (
    "recon/texts/terms.toml",
    "recon/texts/findings/books.toml",
    "recon/dunning/presets/amparex.toml",
    "recon/ledger/charts.toml",
    "recon/store/migrations/script.py.mako",
    "recon/store/migrations/versions/0001_books.py",
    "recon/py.typed",
    "sepa/py.typed",
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the wheel and the sdist of this repository; the wheel is built from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def opos(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command in a fresh environment that knows nothing of the repository."""
    place = tmp_path_factory.mktemp("fresh") / "venv"
    venv.create(place, with_pip=True)
    python = place / "bin/python"
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *constraints, str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return place / "bin/opos"


def _run(command: Path, *arguments: str, cwd: Path) -> str:
    """What a command prints, started far from the repository and without its paths."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "OPOS_"))}
    done = subprocess.run(
        [str(command), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_wheel_has_three_top_level_names(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"recon", "sepa", "cli.py"}
    assert [name for name in DATA if name not in names] == []
    assert [name for name in names if "__pycache__" in name or name.endswith((".db", ".pyc"))] == []


def test_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
        licences = [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    assert f"\nName: opos\nVersion: {__version__}\n" in text
    assert "\nLicense-Expression: Apache-2.0\n" in text
    assert len(licences) == 1


def test_sdist_brings_the_demo_and_the_licence(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml", "cli.py", "fixtures/company.toml"} <= names
    assert [name for name in names if name.startswith((".venv", ".git/", "tests/", "docs/"))] == []
    assert [name for name in names if "_cache" in name or name.endswith(".db")] == []


def test_installed_command_runs_from_another_folder(opos: Path, tmp_path: Path) -> None:
    assert _run(opos, "--version", cwd=tmp_path).strip() == f"opos, version {__version__}"
    where = "import recon, sepa, cli; print(recon.__file__, sepa.__file__, cli.__file__)"
    places = _run(opos.with_name("python"), "-c", where, cwd=tmp_path).split()
    assert [place for place in places if not place.startswith(str(opos.parents[1]))] == []


def test_installed_distribution_adds_three_names(opos: Path, tmp_path: Path) -> None:
    asked = (
        "from importlib.metadata import files, packages_distributions as of;"
        "print(*sorted(name for name, dists in of().items() if 'opos' in dists))"
    )
    assert _run(opos.with_name("python"), "-c", asked, cwd=tmp_path).split() == ["cli", "recon", "sepa"]


def test_installed_command_makes_books_and_does_the_job(opos: Path, tmp_path: Path) -> None:
    """Migrations, texts, charts and presets load from where the wheel has put them."""
    fixtures = ROOT / "fixtures"
    books = ["--books", str(tmp_path / "opos.db"), "--as-of", "2026-11-20", "--lang", "en"]
    _run(opos, *books, "init", "--company", str(fixtures / "company.toml"), cwd=tmp_path)
    _run(opos, *books, "import", *(str(fixtures / name) for name in ("customers.csv", "items.csv")), cwd=tmp_path)
    _run(opos, *books, "import", str(fixtures / "bank/2026-11-20.sta"), cwd=tmp_path)
    _run(opos, *books, "match", cwd=tmp_path)
    assert " notices, " in _run(opos, *books, "dunning", "preview", cwd=tmp_path)


def test_installed_command_reads_a_bank_file(opos: Path, tmp_path: Path) -> None:
    for name in ("2026-11-20.sta", "camt053_2026-11-23_24.zip"):
        shown = _run(opos, "read", str(ROOT / "fixtures/bank" / name), "--json", cwd=tmp_path)
        assert '"balance_ok": true' in shown
