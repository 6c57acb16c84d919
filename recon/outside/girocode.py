"""The picture of a GiroCode (``sepa.girocode``), drawn by segno, which is loaded only here. The same payload gives the
same bytes."""

import io
from typing import Any, Final

from sepa.girocode import MAX_QR_VERSION, GiroCodeError

# A module of 0.4 mm and more is read by every telephone; letters set the size of the SVG themselves.
SCALE: Final = 8
# ISO/IEC 18004: four modules of white around the code.
BORDER: Final = 4


def svg(payload: str) -> bytes:
    """The code as SVG. Raises GiroCodeError where it would be too large."""
    return _drawn(payload, "svg")


def png(payload: str) -> bytes:
    """The code as PNG, black on white. Raises GiroCodeError where it would be too large."""
    return _drawn(payload, "png")


def matrix(payload: str) -> tuple[tuple[int, ...], ...]:
    """The modules of the code, row by row, dark ones 1, without the white around. For letters that draw it themselves.
    Raises GiroCodeError where it would be too large."""
    return tuple(tuple(row) for row in _code(payload).matrix)


def _drawn(payload: str, kind: str) -> bytes:
    out = io.BytesIO()
    _code(payload).save(out, kind=kind, scale=SCALE, border=BORDER, dark="#000", light="#fff")
    return out.getvalue()


def _code(payload: str) -> Any:
    """EPC069-12: level M, which is not raised where there is room, and at most version 13."""
    import segno

    content = payload.encode()
    made = segno.make(content, error="m", mode="byte", micro=False, boost_error=False)
    if int(made.version) > MAX_QR_VERSION:
        raise GiroCodeError("bytes", str(len(content)))
    return made
