"""``make bench``, or ``python -m bench [PART…] [--lines N…] [--peers FOLDER]``: prints what it measures."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

from bench import statements

PARTS: Final = {"statements": statements.run}


def main() -> None:
    """Run the parts named, or all, one after the other on a machine that should do nothing else."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="opos beside its peers, measured in one run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--lines", nargs="+", type=int, default=[10_000, 100_000], help="bank lines of a file")
    parser.add_argument("--peers", type=Path, help="folder for the peers' environments; kept and used again")
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="opos-bench-") as folder:
        for part in given.parts or PARTS:
            PARTS[part](Path(folder), given.lines, given.peers or Path(folder) / "peers")


if __name__ == "__main__":
    main()
