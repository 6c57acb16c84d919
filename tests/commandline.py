"""Running the command line inside the test process: arguments in, exit code, document and messages out."""

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from typing import Any

from cli import opos
from recon.commands.leaving import run


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        assert next(iter(found)) == "schema_version"
        assert found["schema_version"] == 1
        return found


def command(*arguments: str, stdin: bytes = b"") -> Ran:
    """Run ``opos`` with these arguments."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv, sys.stdin
    sys.argv = ["opos", *arguments]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            run(opos)
    except SystemExit as left:
        code = int(left.code or 0)
    finally:
        sys.argv, sys.stdin = before
    assert "Traceback" not in err.getvalue()
    return Ran(code, out.getvalue(), err.getvalue())


def document(*arguments: str, code: int = 0) -> dict[str, Any]:
    """Run ``opos … --json``, expect an exit code, and give the document."""
    ran = command(*arguments, "--json")
    assert ran.code == code, ran.err
    return ran.document
