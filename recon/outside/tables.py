"""Tables beside sheets and letters, for a spreadsheet as German Excel opens it."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recon.texts.telling import printable, safe


@dataclass(frozen=True, slots=True)
class Number:
    """A number or day in a cell, which is none of the texts that are guarded."""

    shown: str


def table_bytes(rows: Iterable[Sequence[str | Number]]) -> bytes:
    """Rows as CSV: UTF-8 with its mark, semicolons, CRLF; texts so that none is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(printable(cell)) if isinstance(cell, str) else cell.shown for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")
