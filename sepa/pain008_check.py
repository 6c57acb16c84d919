"""The second look at a direct-debit file before it is released: what was written is read back.

Against the ISO schema (shipped with ``sepaxml``, applied by lxml) and, in the same pass, against the rules that a
schema cannot say: sums, ids, characters, days, grouping, accounts, addresses (domain.md 3.2, 3.3, 3.7). A file with
any problem must never be released.
"""

import codecs
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from io import BytesIO
from typing import BinaryIO, Final

from lxml import etree

from sepa.pain008 import DEFAULT_SCHEMA, Schema
from sepa.pain008_rules import MAX_PROBLEMS, Level, Look, check_block, check_debit, check_group, compare
from sepa.problem import Problem, problem

__all__ = ["CODES", "MAX_BYTES", "MAX_PROBLEMS", "validate"]

# Every code that ``validate`` gives, for the texts that tell people of them.
CODES: Final = (
    "file-too-large", "byte-order-mark", "encoding", "not-xml", "schema", "dtd", "namespace-prefix", "count",
    "control-sum", "identifier", "identifier-twice", "value", "schemes-mixed", "collection-date-closed",
    "collection-date-past", "amount", "currency", "mandate-id", "signature-date", "amendment", "twice",
    "creditor-id-once", "creditor-id", "blank", "characters", "too-long", "iban", "country", "bic", "address-missing",
    "address-unstructured", "remittance", "code", "not-allowed",
)  # fmt: skip

# A file of 100,000 debits takes some 90 MB; what is far larger is none of ours.
MAX_BYTES: Final = 200_000_000
# An XML declaration stands at the very start and is short.
HEAD_BYTES: Final = 200
# Shapes of transactions that are remembered: ours have a few dozen, a hostile file one for each transaction.
MAX_LAYOUTS: Final = 500
_ENCODING = re.compile(rb"""^[^<]*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_Texts = dict[str, str]
_Shape = tuple[tuple[str, ...], tuple[int, ...]]
_Layout = tuple[_Texts, tuple[str, ...], tuple[int, ...], int | None]


def validate(source: bytes | BinaryIO, schema: Schema = DEFAULT_SCHEMA, umlauts: bool = False) -> tuple[Problem, ...]:
    """What is wrong with a direct-debit file; empty where it may be released. At most MAX_PROBLEMS are listed.

    ``source`` may be an open file, at any size: memory stays flat. ``umlauts`` allows in texts what banks in Germany
    must take (Anlage 3). Nothing is fetched, no entity is resolved, a file with a DTD is refused.
    """
    stream = BytesIO(source) if isinstance(source, bytes) else source
    size = stream.seek(0, 2)
    if size > MAX_BYTES:
        return (problem("file-too-large", size=size, limit=MAX_BYTES),)
    stream.seek(0)
    look = Look(umlauts)
    _check_encoding(stream.read(HEAD_BYTES), look)
    stream.seek(0)
    try:
        _read(stream, schema, look)
    except etree.XMLSyntaxError as bad:
        # The schema's message names the element and what it expected instead.
        look.add("schema" if bad.msg.startswith("Element '") else "not-xml", text=_without_namespaces(bad.msg))
        return tuple(look.problems)
    if not look.complete:
        # The parser itself lets a file pass that breaks off between two elements.
        if not look.problems:
            look.add("not-xml", text="the file ends too early")
        return tuple(look.problems)
    compare("GrpHdr", look.group, look)
    if len(look.schemes) > 1:
        look.add("schemes-mixed", schemes=", ".join(sorted(look.schemes)))
    return tuple(look.problems)


def _check_encoding(head: bytes, look: Look) -> None:
    """UTF-8 without a byte order mark (Anlage 3)."""
    if head.startswith(codecs.BOM_UTF8):
        look.add("byte-order-mark")
    declared = _ENCODING.search(head)
    if declared is not None and declared[1].upper() != b"UTF-8":
        look.add("encoding", found=declared[1].decode("ascii"))
    elif b"\x00" in head:
        look.add("encoding", found="UTF-16")


def _read(stream: BinaryIO, schema: Schema, look: Look) -> None:
    space = f"{{urn:iso:std:iso:20022:tech:xsd:{schema}}}"
    skip = len(space)
    # A parsed schema gathers the errors of all its readers, so each file gets its own.
    checker = etree.XMLSchema(etree.fromstring(_schema_text(schema)))
    events = etree.iterparse(
        stream,
        events=("end",),
        tag=[space + name for name in ("Document", "GrpHdr", "PmtInf", "DrctDbtTxInf")],
        schema=checker,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    layouts: dict[_Shape, _Layout] = {}
    debit = f"{space}DrctDbtTxInf"
    before: etree._Element | None = None
    for _, element in events:
        tag = element.tag
        if tag == debit:
            block = element.getparent()
            if before is None:
                # All that stands in a block before its first transaction has been read by now.
                check_block(_texts(block, skip, layouts), look)
            elif before.getparent() is block and block is not None:
                # No more of a block is kept than its head and its last transaction.
                block.remove(before)
            check_debit(_texts(element, skip, layouts), look)
            element.clear()
            before = element
            continue
        name = tag[skip:]
        if name == "PmtInf":
            compare(look.block_id, look.block, look)
            look.block, before = Level(), None
            element.clear()
        elif name == "GrpHdr":
            if element.getroottree().docinfo.internalDTD is not None:
                look.add("dtd")
                return
            if element.prefix is not None:
                look.add("namespace-prefix", found=element.prefix)
            check_group(_texts(element, skip, layouts), look)
        else:
            look.complete = True


def _texts(element: "etree._Element | None", skip: int, layouts: dict[_Shape, _Layout]) -> _Texts:
    """Most transactions of a file are built alike, so the paths are worked out once for each shape: the tags in their
    order with the number of children of each, which determine the tree."""
    if element is None:
        return {}
    nodes = list(element.iter())
    shape = (tuple([node.tag for node in nodes]), tuple([len(node) for node in nodes]))
    layout = layouts.get(shape)
    if layout is None:
        layout = _layout(nodes, skip)
        if len(layouts) < MAX_LAYOUTS:
            layouts[shape] = layout
    parents, names, places, amount = layout
    found = parents.copy()
    found.update(zip(names, [nodes[place].text or "" for place in places], strict=True))
    if amount is not None:
        found["InstdAmt@Ccy"] = nodes[amount].get("Ccy", "")
    return found


def _layout(nodes: "Sequence[etree._Element]", skip: int) -> _Layout:
    """The paths of elements with children, and of leaves with their places. A block's transactions are left out."""
    paths = {nodes[0]: ""}
    parents: _Texts = {}
    leaves: dict[str, int] = {}
    for place, node in enumerate(nodes[1:], start=1):
        parent = node.getparent()
        if parent is None or parent not in paths:
            continue
        name = paths[parent] + node.tag[skip:]
        if len(node):
            if name != "DrctDbtTxInf":
                paths[node] = name + "/"
                parents[name + "/"] = "/"
            continue
        number = 2
        numbered = name
        while numbered in leaves:
            numbered = f"{name}#{number}"
            number += 1
        leaves[numbered] = place
    return parents, tuple(leaves), tuple(leaves.values()), leaves.get("InstdAmt")


def _without_namespaces(message: str) -> str:
    return re.sub(r"\{[^}]*\}", "", message)


@cache
def _schema_text(schema: Schema) -> bytes:
    return resources.files("sepaxml").joinpath(f"schemas/{schema}.xsd").read_bytes()
