"""An entry as the places of what it says, and its texts: a walk through its elements only for a shape not yet seen.

The shape of an entry is its XML without the texts. A bank writes hundreds of thousands of entries of a handful of
shapes; libxml2 writes such an entry out again in one piece, without comments and CDATA, and one expression cuts the
texts from it. Both ways say the same of every entry (tests/property/statements).
"""

import re
from typing import Any, Final
from xml.sax.saxutils import unescape

from lxml import etree

from recon.statements.camt_places import NO_ENTRY, EntryPlaces, entry_places
from recon.statements.camt_tree import Texts, numbered

# What stands between two tags, if it is more than blanks. libxml2 writes no > but at the end of a tag.
_split: Final = re.compile(r">\s*+([^<]++)<").split
# The other references that libxml2 writes in a text.
_RETURN: Final = {"&#13;": "\r"}
_NOT_IN_XML: Final = "\0"
# A longer entry is a batch with its transactions; hardly two of them are alike.
_LONGEST: Final = 8 * 1024
# The file is read in pieces of 32 KiB, so an entry may be shorter than this.
_LONG_SINCE: Final = 64 * 1024
# A bank has a dozen, each of one or two KiB; a hostile file has any number of them, each below the length above.
MOST_SHAPES: Final = 256

# The shapes seen in a file.
Shapes = dict[str, EntryPlaces]


def entry_of(element: Any, size: int, seen: Shapes) -> tuple[EntryPlaces, Texts]:
    """The places of an ``Ntry`` and its texts. ``size``: bytes of the file read since the entry before it."""
    if size > _LONG_SINCE:
        return walked(element)
    written = etree.tostring(element, encoding="unicode", with_tail=False)
    if len(written) > _LONGEST:
        return walked(element)
    parts: list[str] = _split(written)
    shape = _NOT_IN_XML.join(parts[::2])
    if "&" in written:
        parts = [unescape(part, _RETURN) for part in parts]
    texts: Texts = [None]
    texts += [text.strip() for text in parts[1::2]]
    if "" in texts:
        # A reference to a blank; a walk takes it for nothing.
        return walked(element)
    places = seen.get(shape)
    if places is not None:
        return places, texts
    places, found = walked(element)
    if found == texts and len(places.transactions) < 2:
        if len(seen) >= MOST_SHAPES:
            seen.clear()
        seen[shape] = places
    return places, found


def walked(element: Any) -> tuple[EntryPlaces, Texts]:
    """The same from a walk through the elements."""
    texts: Texts = [None]
    node = numbered(element, texts)
    return entry_places(node) if isinstance(node, dict) else NO_ENTRY, texts
