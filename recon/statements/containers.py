"""ZIP, ZIP in ZIP and gzip -> the plain files in them (domain.md 2.1). Names inside are shown, never used as paths."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from recon.model.finding import Finding, error
from recon.statements.limits import Limits
from recon.statements.sniffing import HEAD_BYTES, sniff
from recon.statements.source import Source, SourceError


@dataclass(frozen=True, slots=True)
class Member:
    """A plain file: its name for people, what ``sniff`` says of it, and its bytes. Read it before the next one."""

    name: str
    kind: str | None
    source: Source


def unpack(stream: BinaryIO, name: str, limits: Limits, depth: int = 0) -> Iterator[Member | Finding]:
    """The plain files in a stream: itself, or what its ZIP or gzip holds, in the order of the archive."""
    source = Source(stream, name, limits.file_bytes)
    try:
        head = source.peek(HEAD_BYTES)
    except SourceError as problem:
        yield problem.finding
        return
    kind = sniff(head)
    if kind not in ("zip", "gzip"):
        if head.strip():
            yield Member(name, kind, source)
        else:
            yield error("empty-file", name)
    elif depth >= limits.depth:
        yield error("nested-too-deep", name, limit=limits.depth)
    else:
        # Most files are plain: the unpackers are loaded for a packed one.
        from recon.statements.archives import gunzip, unzip

        yield from (gunzip if kind == "gzip" else unzip)(source, name, limits, depth)
