"""Several PDF files of typst as one: for a bundle of so many letters that they could not be set at once.

What typst writes is plain: numbered objects one after the other, a table of their places, no objects in streams. The
pages of every file go under one root; catalogue, colour profile and metadata are those of the first file, so that the
whole is PDF/A as each of them is. Anything else is no file of ours and raises ValueError.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_OBJECT: Final = re.compile(rb"(\d+) 0 obj\n")
_REFERENCE: Final = re.compile(rb"\b(\d+) 0 R\b")
_LENGTH: Final = re.compile(rb"/Length (\d+)")
_START: Final = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_TRAILER: Final = re.compile(rb"trailer\s*<</Size (\d+)/Root (\d+) 0 R/Info (\d+) 0 R")
_PAGES: Final = re.compile(rb"/Pages (\d+) 0 R")
_METADATA: Final = re.compile(rb"/Metadata (\d+) 0 R")
_COUNT: Final = re.compile(rb"/Count (\d+)")
_STREAM: Final = b"\nstream\n"
_END: Final = b"\nendobj\n"
_MARK: Final = b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"
# What the catalogue of a file says of its own pages alone.
_OWN: Final = re.compile(rb"/(?:StructTreeRoot|PageLabels|Outlines|Dests|Names) (?:\d+ 0 R|<<.*?>>)|/MarkInfo<<.*?>>")
_PAGE_COUNT: Final = re.compile(rb"(<xmpTPg:NPages>)\d+(</xmpTPg:NPages>)")


@dataclass(frozen=True, slots=True)
class _File:
    """A file taken apart: its objects by number, without their heads and ends."""

    objects: dict[int, bytes]
    root: int
    info: int
    metadata: int
    pages: int
    count: int


def joined(files: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of one file with the pages of all, in their order. Holds one file at a time."""
    places: list[int] = []
    at = len(_MARK)
    yield _MARK
    kids: list[bytes] = []
    total = 0
    first: _File | None = None
    seen = hashlib.sha256()
    # Objects 1 to 3 are the whole's own: the root of its pages, its catalogue, its metadata.
    number = 3
    own: dict[int, tuple[int, int]] = {}
    for content in files:
        file = _read(content)
        seen.update(content)
        total += file.count
        shift = number
        first = first or file
        left_out = {file.root, file.metadata} if first is file else {file.root, file.metadata, file.info}
        for old, body in sorted(file.objects.items()):
            number = shift + old
            if old in left_out:
                places.append(0)
                continue
            told = _moved(body, shift)
            if old == file.pages:
                told = told.replace(b"<</Type/Pages", b"<</Type/Pages/Parent 1 0 R", 1)
                kids.append(b"%d 0 R" % number)
            piece = b"%d 0 obj\n%s%s" % (number, told, _END)
            places.append(at)
            at += len(piece)
            yield piece
        number = shift + max(file.objects)
    if first is None:
        raise ValueError("no files to join")
    for piece in _whole(first, kids, total):
        own[int(piece.split(b" ", 1)[0])] = (at, len(piece))
        at += len(piece)
        yield piece
    yield _table([*(own[key][0] for key in (1, 2, 3)), *places], at, first.info + 3, seen.hexdigest()[:32])


def _whole(first: _File, kids: list[bytes], total: int) -> Iterator[bytes]:
    """The three objects of the whole: the root of all pages, the catalogue, the metadata of the first file."""
    yield b"1 0 obj\n<</Type/Pages/Count %d/Kids[%s]>>%s" % (total, b" ".join(kids), _END)
    catalogue = _OWN.sub(b"", first.objects[first.root])
    catalogue = _METADATA.sub(b"/Metadata METADATA", _PAGES.sub(b"/Pages PAGES", catalogue))
    told = _moved(catalogue, 3).replace(b"PAGES", b"1 0 R").replace(b"METADATA", b"3 0 R")
    yield b"2 0 obj\n%s%s" % (told, _END)
    body = _PAGE_COUNT.sub(rb"\g<1>%d\g<2>" % total, first.objects[first.metadata])
    yield b"3 0 obj\n%s%s" % (_with_length(body), _END)


def _with_length(body: bytes) -> bytes:
    """A stream with the length that it has now."""
    head, _, stream = body.partition(_STREAM)
    if not stream:
        return body
    return _LENGTH.sub(b"/Length %d" % len(stream.removesuffix(b"\nendstream")), head) + _STREAM + stream


def _table(places: list[int], at: int, info: int, digest: str) -> bytes:
    lines = [b"0000000000 65535 f\r\n"]
    lines += [b"%010d 00000 n\r\n" % place if place else b"0000000000 65535 f\r\n" for place in places]
    size = len(places) + 1
    identity = digest.encode()
    return b"xref\n0 %d\n%strailer\n<</Size %d/Root 2 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF" % (
        size, b"".join(lines), size, info, identity, identity, at,
    )  # fmt: skip


def _moved(body: bytes, shift: int) -> bytes:
    """An object with its references moved; what is in a stream stays."""
    head, mark, stream = body.partition(_STREAM)
    return _REFERENCE.sub(lambda found: b"%d 0 R" % (int(found[1]) + shift), head) + mark + stream


def _read(content: bytes) -> _File:
    start, trailer = _START.search(content), _TRAILER.search(content)
    if start is None or trailer is None:
        raise ValueError("no PDF file of typst")
    size = int(trailer[1])
    table = content[int(start[1]) :].split(b"\n", 2)[2]
    objects: dict[int, bytes] = {}
    for number in range(1, size):
        row = table[20 * number : 20 * number + 20]
        if row[17:18] != b"n":
            continue
        objects[number] = _object(content, int(row[:10]), number)
    root, info = int(trailer[2]), int(trailer[3])
    pages, metadata = _PAGES.search(objects[root]), _METADATA.search(objects[root])
    count = None if pages is None else _COUNT.search(objects[int(pages[1])])
    if pages is None or count is None or metadata is None:
        raise ValueError("no PDF file of typst: no pages or no metadata")
    return _File(objects, root, info, int(metadata[1]), int(pages[1]), int(count[1]))


def _object(content: bytes, place: int, number: int) -> bytes:
    """The body of an object: what stands between its head and its end."""
    head = _OBJECT.match(content, place)
    if head is None or int(head[1]) != number:
        raise ValueError(f"no PDF file of typst: object {number} is not at its place")
    end = content.index(_END, head.end())
    stream = content.find(_STREAM, head.end(), end)
    if stream >= 0:
        length = _LENGTH.search(content, head.end(), stream)
        if length is None:
            raise ValueError(f"no PDF file of typst: object {number} has no length")
        end = content.index(_END, stream + len(_STREAM) + int(length[1]))
    return content[head.end() : end]
