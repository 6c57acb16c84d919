"""``make bench``, or ``python -m bench [PART…] [OPTION…]``: prints what it measures."""

import argparse
import tempfile
from pathlib import Path
from typing import Final

PARTS: Final = ("statements", "debits", "matching", "verify", "dunning", "letters")


def _run(part: str, folder: Path, given: argparse.Namespace) -> None:
    """Run one part. It is loaded only now: the memory of a process that is measured begins with that of its parent."""
    peers = given.peers or folder / "peers"
    if part == "statements":
        from bench import statements

        statements.run(folder, given.lines, peers)
    elif part == "debits":
        from bench import debits

        debits.run(folder, given.debits, peers)
    elif part == "matching":
        from bench import matching

        matching.run(folder, given)
    elif part == "verify":
        from bench import verifying

        verifying.run(folder, given)
    elif part == "dunning":
        from bench import dunning

        dunning.run(folder, given)
    else:
        from bench import letters

        letters.run(folder, given)


def main() -> None:
    """Run the parts named, or all, one after the other on a machine that should do nothing else."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="opos beside its peers, measured in one run")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is named")
    parser.add_argument("--lines", nargs="+", type=int, default=[10_000, 100_000], help="bank lines of a file")
    parser.add_argument("--peers", type=Path, help="folder for the peers' environments; kept and used again")
    parser.add_argument("--debits", nargs="+", type=int, default=[1_000, 10_000, 100_000], help="debits of a file")
    of_matching = parser.add_argument_group("matching")
    of_matching.add_argument("--seeds", type=int, default=10, help="worlds of the table of quality; 0 for none")
    of_matching.add_argument("--world", nargs=2, type=int, default=(10_000, 30_000), metavar=("LINES", "ITEMS"))
    of_matching.add_argument("--sizes", nargs="*", default=["10000x100000", "100000x1000000"], metavar="LINESxITEMS")
    of_matching.add_argument("--runs", type=int, default=3, help="runs of a speed, of which the median is told")
    of_matching.add_argument("--show", metavar="SEED/LINE", help="one line of a world, and nothing else")
    of_verify = parser.add_argument_group("verify")
    of_verify.add_argument("--postings", type=int, default=1_000_000, help="postings of the books")
    of_verify.add_argument("--books", metavar="URL", help="an empty PostgreSQL database; SQLite without")
    of_dunning = parser.add_argument_group("dunning")
    of_dunning.add_argument("--items", nargs="+", type=int, default=[100_000, 1_000_000], help="open items")
    parser.add_argument_group("letters").add_argument("--letters", nargs="+", type=int, default=[10_000])
    given = parser.parse_args()
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="opos-bench-") as folder:
        for part in given.parts or PARTS:
            _run(part, Path(folder), given)


if __name__ == "__main__":
    main()
