"""The peers, each in a virtual environment of its own: two of them are imported by the same name."""

import subprocess
import sys
from pathlib import Path
from typing import Final

_LIST: Final = Path(__file__).with_name("peers.txt")


def versions() -> dict[str, str]:
    """Name of the distribution -> pinned version."""
    pins = (row.partition("==") for row in _LIST.read_text(encoding="utf-8").split())
    return {name: version for name, _, version in pins}


def python_with(name: str, folder: Path) -> Path | None:
    """The interpreter of an environment that holds one peer; None, told on the screen, if it cannot be installed."""
    pin = f"{name}=={versions()[name]}"
    place = folder / pin
    python = place / "bin" / "python"
    if (place / "ready").exists():
        return python
    steps = (
        [sys.executable, "-m", "venv", str(place)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", pin],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{pin} cannot be installed and is left out: {done.stderr.strip().splitlines()[-1:]}")
            return None
    (place / "ready").touch()
    return python
