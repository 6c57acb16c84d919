"""An XML element as plain dictionaries by local names: one shape for every version, namespace and prefix of camt."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

# A node is {local name: [children]}; a child is a leaf or a node; the attribute Ccy of "Amt" is under "Amt@Ccy".
# A leaf is a text, and in a numbered tree the place of its text, 0 for none.
Node = dict[str, list[Any]]
EMPTY: Final[Node] = {}
# The texts of an element in the order of the document; before them, at place 0, stands what is not there.
Texts = list[str | None]


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def tree(element: Any) -> Node | str:
    """The content of an element; comments and processing instructions are left out."""
    node: Node = {}
    for child in element:
        if isinstance(child.tag, str):
            _add(node, child, tree(child) if len(child) else (child.text or "").strip())
    return node or (element.text or "").strip()


def numbered(element: Any, texts: Texts) -> Node | int:
    """As ``tree``, with places for leaves: the texts themselves, those between elements too, are added to ``texts``."""
    node: Node = {}
    own = _place(element.text, texts)
    for child in element:
        if isinstance(child.tag, str):
            _add(node, child, numbered(child, texts) if len(child) else _place(child.text, texts))
        _place(child.tail, texts)
    return node or own


def _add(node: Node, child: Any, content: Node | str | int) -> None:
    name = local(child.tag)
    unit = child.get("Ccy") if content.__class__ is not dict else None
    if unit is not None:
        node.setdefault(f"{name}@Ccy", []).append(unit)
    if name in node:
        node[name].append(content)
    else:
        node[name] = [content]


def _place(text: str | None, texts: Texts) -> int:
    bare = text.strip() if text else ""
    if not bare:
        return 0
    texts.append(bare)
    return len(texts) - 1


def node_at(node: Node, *path: str) -> Node:
    """The first node under a path; EMPTY if there is none."""
    for name in path:
        found = node.get(name)
        if not found or not isinstance(found[0], dict):
            return EMPTY
        node = found[0]
    return node


def nodes(node: Node, name: str) -> Iterator[Node]:
    """All child nodes of a name."""
    for found in node.get(name, ()):
        if isinstance(found, dict):
            yield found


def text_at(node: Node, *path: str) -> str | None:
    """The first text under a path; None if absent or empty."""
    found = _leaf(node, path)
    return found or None if found.__class__ is str else None


def place_at(node: Node, *path: str) -> int:
    """The place of the first text under a path of a numbered tree; 0 if absent or empty."""
    found = _leaf(node, path)
    return found if found.__class__ is int else 0


def places(node: Node, name: str) -> tuple[int, ...]:
    """The places of all texts of a name that are not empty, in a numbered tree."""
    return tuple(found for found in node.get(name, ()) if found.__class__ is int and found)


def _leaf(node: Node, path: tuple[str, ...]) -> Any:
    found: Any = node
    for name in path:
        children = found.get(name) if found.__class__ is dict else None
        if not children:
            return None
        found = children[0]
    return found
