"""Reading a hostile byte stream: a limit on its size, a look at its head, faults of a packer as one exception."""

import io
import zlib
from typing import BinaryIO

from recon.model.finding import Finding, error

# What a broken ZIP member or gzip stream raises while it is read; gzip.BadGzipFile is an OSError.
UNPACK_FAULTS = (zlib.error, EOFError, OSError, ValueError)


# A fact quotes this much of a file.
FACT_WIDTH = 80


def printable(text: str, width: int = FACT_WIDTH) -> str:
    """A piece of a file as it may be shown: no control characters, bearable length."""
    return "".join(mark if mark.isprintable() else " " for mark in text[:width])


class SourceError(Exception):
    """A stream that cannot be read to its end. Stays inside this room: ``finding`` is what the caller gets."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


class Source(io.RawIOBase):
    """A stream that counts what it gives, stops at a limit, and can show its head before it is read.

    Raises SourceError from ``read`` when the limit is passed or the packed data are broken.
    """

    def __init__(self, stream: BinaryIO, name: str, limit: int) -> None:
        super().__init__()
        self._stream = stream
        self._name = name
        self._limit = limit
        self._head = b""
        seekable = getattr(stream, "seekable", None)
        self._start = stream.tell() if seekable is not None and seekable() else None
        self.count = 0
        self._window: int | None = None
        self._marked = 0

    def mark(self, window: int) -> None:
        """From here on at most ``window`` bytes until the next mark: what is held in memory at once."""
        self._window, self._marked = window, self.count

    @property
    def since_mark(self) -> int:
        """Bytes given since the last mark."""
        return self.count - self._marked

    def peek(self, size: int) -> bytes:
        """The first ``size`` bytes (fewer at the end); a later read gives them again."""
        while len(self._head) < size:
            chunk = self._take(size - len(self._head))
            if not chunk:
                break
            self._head += chunk
        return self._head[:size]

    def rewind(self) -> bool:
        """Back to the first byte, if the stream can do that."""
        if self._start is None:
            return False
        try:
            self._stream.seek(self._start)
        except UNPACK_FAULTS as fault:
            raise SourceError(error("packed-data-broken", self._name, reason=printable(str(fault)))) from fault
        self._head, self.count, self._marked = b"", 0, 0
        return True

    def readable(self) -> bool:
        """Always; io asks."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """As of a file, at most ``size`` bytes, the whole rest for -1."""
        if size is None or size < 0:
            parts = [self._head]
            self._head = b""
            while chunk := self._take(1 << 20):
                parts.append(chunk)
            return b"".join(parts)
        if self._head:
            given, self._head = self._head[:size], self._head[size:]
            return given
        return self._take(size)

    def _take(self, size: int) -> bytes:
        try:
            chunk = self._stream.read(size)
        except UNPACK_FAULTS as fault:
            raise SourceError(error("packed-data-broken", self._name, reason=printable(str(fault)))) from fault
        self.count += len(chunk)
        if self.count > self._limit:
            raise SourceError(error("too-large", self._name, limit=self._limit))
        if self._window is not None and self.count - self._marked > self._window:
            raise SourceError(error("too-large", self._name, limit=self._window))
        return chunk
