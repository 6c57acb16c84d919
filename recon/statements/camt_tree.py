"""An XML element as plain dictionaries by local names: one shape for every version, namespace and prefix of camt."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

# A node is {local name: [children]}; a child is a text or a node; the attribute Ccy of "Amt" is under "Amt@Ccy".
Node = dict[str, list[Any]]
EMPTY: Final[Node] = {}


@lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def tree(element: Any) -> Node | str:
    """The content of an element; comments and processing instructions are left out."""
    node: Node = {}
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        name = local(tag)
        if len(child):
            content: Node | str = tree(child)
        else:
            text = child.text
            content = text.strip() if text else ""
            unit = child.get("Ccy")
            if unit is not None:
                node.setdefault(f"{name}@Ccy", []).append(unit)
        if name in node:
            node[name].append(content)
        else:
            node[name] = [content]
    return node or (element.text or "").strip()


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
    found: Any = node
    for name in path:
        if found.__class__ is not dict:
            return None
        children = found.get(name)
        if not children:
            return None
        found = children[0]
    return found or None if found.__class__ is str else None


def texts(node: Node, name: str) -> list[str]:
    """All texts of a name that are not empty."""
    return [found for found in node.get(name, ()) if isinstance(found, str) and found]
