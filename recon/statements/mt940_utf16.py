"""MT940 as Windows programs save it: UTF-16 with a byte order mark, given on as UTF-8 while it is read."""

import codecs
from typing import BinaryIO, Final, cast

from recon.statements.limits import Limits
from recon.statements.source import Source

_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def as_utf8(source: Source, name: str, limits: Limits) -> Source | None:
    """The same text as UTF-8; None where the source does not begin with a mark of UTF-16."""
    if source.peek(2) not in _MARKS:
        return None
    # Two bytes become three at most.
    return Source(cast("BinaryIO", _Utf16(source)), name, 2 * limits.file_bytes)


class _Utf16:
    """Reads UTF-16, gives UTF-8; half a pair becomes the replacement character."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def read(self, size: int) -> bytes:
        """Some of the text, nothing only at its end. Raises SourceError as the source does."""
        while chunk := self._source.read(size):
            text = self._decoder.decode(chunk)
            if text:
                return text.encode("utf-8")
        return self._decoder.decode(b"", final=True).encode("utf-8")
