"""The unpackers behind ``unpack``: ZIP and gzip, within limits on what they may grow to."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from recon.model.finding import Finding, error
from recon.statements.containers import Member, unpack
from recon.statements.limits import SPOOL_BYTES, Limits
from recon.statements.source import Source, SourceError, printable

# A member's name in findings and places.
NAME_WIDTH = 200
_COPY_BYTES = 1 << 20
# What zipfile raises for a broken directory or member, an unknown method, or a password.
_ZIP_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
)


def gunzip(source: Source, name: str, limits: Limits, depth: int) -> Iterator[Member | Finding]:
    """What a gzip stream holds."""
    opened = cast("BinaryIO", gzip.GzipFile(fileobj=source))
    yield from unpack(cast("BinaryIO", _Bounded(opened, source, name, limits)), name, limits, depth + 1)


def unzip(source: Source, name: str, limits: Limits, depth: int) -> Iterator[Member | Finding]:
    """What the members of a ZIP hold, in the order of its directory."""
    with SpooledTemporaryFile(max_size=SPOOL_BYTES) as copy:
        try:
            while chunk := source.read(_COPY_BYTES):
                copy.write(chunk)
            archive = zipfile.ZipFile(copy)
        except SourceError as problem:
            yield problem.finding
            return
        except _ZIP_FAULTS as fault:
            yield error("zip-broken", name, reason=_said(fault))
            return
        with archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > limits.members:
                yield error("zip-too-many", name, found=len(members), limit=limits.members)
                return
            for member in members:
                yield from _member(archive, member, f"{name}/{printable(member.filename, NAME_WIDTH)}", limits, depth)


def _member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, limits: Limits, depth: int
) -> Iterator[Member | Finding]:
    try:
        opened = archive.open(member)
    except _ZIP_FAULTS as fault:
        yield error("zip-broken", where, reason=_said(fault))
        return
    with opened:
        bounded = _Bounded(opened, None, where, limits, packed=member.compress_size)
        yield from unpack(cast("BinaryIO", bounded), where, limits, depth + 1)


class _Bounded:
    """An unpacking stream that stops when it has grown out of proportion to what was packed."""

    def __init__(self, stream: IO[bytes], source: Source | None, name: str, limits: Limits, packed: int = 0) -> None:
        self._stream = stream
        self._source = source
        self._name = name
        self._limits = limits
        self._packed = packed
        self._grown = 0

    def read(self, size: int) -> bytes:
        """As of a file. Raises SourceError when the ratio is passed or the data are broken."""
        try:
            chunk = self._stream.read(size)
        except SourceError:
            raise
        except _ZIP_FAULTS as fault:
            raise SourceError(error("packed-data-broken", self._name, reason=_said(fault))) from fault
        self._grown += len(chunk)
        packed = self._source.count if self._source is not None else self._packed
        if self._grown > self._limits.ratio_free_bytes and self._grown > packed * self._limits.ratio:
            raise SourceError(error("packed-too-tight", self._name, limit=self._limits.ratio))
        return chunk


def _said(fault: Exception) -> str:
    return printable(f"{type(fault).__name__}: {fault}")
