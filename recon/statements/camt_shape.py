"""An entry as the places of what it says, and its texts: a walk through its elements only for a shape not yet seen.

The shape of an element is its XML without the texts. A bank writes hundreds of thousands of entries of a handful of
shapes; libxml2 writes such an entry out again in one piece, without comments and CDATA, and one expression cuts the
texts from it. The transactions of a batch are cut one by one, for hardly two batches are alike. Both ways say the same
of every entry (tests/property/statements).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeVar

from lxml import etree

from recon.statements.camt_places import EntryPlaces, TransactionPlaces, entry_places, transaction_places
from recon.statements.camt_tree import EMPTY, Node, Texts, numbered

# What stands between two tags, if it is more than blanks. libxml2 writes no > but at the end of a tag.
_split: Final = re.compile(r">\s*+([^<]++)<").split
_NOT_IN_XML: Final = "\0"
# A longer element is not worth remembering; an entry with its one transaction has one or two KiB.
_LONGEST: Final = 4 * 1024
# The file is read in pieces of 32 KiB, so an entry may be shorter than this.
_LONG_SINCE: Final = 64 * 1024
# A bank has some dozens, each of one or two KiB; a hostile file has any number, each below the length above.
MOST_SHAPES: Final = 1024

_Places = TypeVar("_Places", EntryPlaces, TransactionPlaces)


class Entry(NamedTuple):
    """Places and texts of an ``Ntry``. The texts of its transactions are its own, unless there are several of them."""

    places: EntryPlaces
    texts: Texts
    transactions: list[tuple[TransactionPlaces, Texts]]


@dataclass(slots=True)
class Shapes:
    """The shapes seen in a file."""

    entries: dict[str, EntryPlaces] = field(default_factory=dict)
    transactions: dict[str, TransactionPlaces] = field(default_factory=dict)


def entry_of(element: Any, size: int, shapes: Shapes) -> Entry:
    """An ``Ntry``; the transactions of a batch are freed. ``size``: bytes of the file read since the entry before."""
    written = _written(element) if size <= _LONG_SINCE else None
    if written is not None and written.count("TxDtls>") <= 2:
        places, texts = _read(element, written, entry_places, shapes.entries)
        return Entry(places, texts, [(tx, texts) for tx in places.transactions])
    parts = element.iterchildren("{*}NtryDtls")
    several = [tx for part in parts for tx in part.iterchildren("{*}TxDtls") if len(tx)]
    if len(several) < 2:
        return walked_entry(element)
    transactions = []
    for tx in several:
        transactions.append(_read(tx, _written(tx), transaction_places, shapes.transactions))
        tx.clear()
    return walked_entry(element)._replace(transactions=transactions)


def walked_entry(element: Any) -> Entry:
    """The same from a walk through all its elements."""
    places, texts = _walked(element, entry_places)
    return Entry(places, texts, [(tx, texts) for tx in places.transactions])


def _written(element: Any) -> str:
    written: str = etree.tostring(element, encoding="unicode", with_tail=False)
    return written


def _read(
    element: Any, written: str, ask: Callable[[Node], _Places], seen: dict[str, _Places]
) -> tuple[_Places, Texts]:
    if len(written) > _LONGEST:
        return _walked(element, ask)
    parts: list[str] = _split(written)
    shape = _NOT_IN_XML.join(parts[::2])
    texts: Texts = [None]
    texts += [text.strip() for text in (parts[1::2] if "&" not in written else map(_unescape, parts[1::2]))]
    if "" in texts:
        # A reference to a blank; a walk takes it for nothing.
        return _walked(element, ask)
    places = seen.get(shape)
    if places is None:
        places, found = _walked(element, ask)
        if found != texts:
            return places, found
        if len(seen) >= MOST_SHAPES:
            seen.clear()
        seen[shape] = places
    return places, texts


def _unescape(text: str) -> str:
    """The references that libxml2 writes in a text. (``xml.sax.saxutils`` does the same and loads urllib.request.)"""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&#13;", "\r").replace("&amp;", "&")


def _walked(element: Any, ask: Callable[[Node], _Places]) -> tuple[_Places, Texts]:
    texts: Texts = [None]
    node = numbered(element, texts)
    return ask(node if isinstance(node, dict) else EMPTY), texts
