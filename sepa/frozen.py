"""A debit file that ``sepa.pain008`` has written and the books have kept: what its head says.

Only for files of our own, whose bytes were checked against their hash: they are read as the text that they are.
"""

import re
from dataclasses import dataclass
from html import unescape
from typing import Final

# The head ends long before: a name has 70 signs.
_HEAD: Final = 4096
_SCHEMA: Final = re.compile(rb'xmlns="urn:iso:std:iso:20022:tech:xsd:([a-z0-9.]+)"')
_NAME: Final = re.compile(rb"<InitgPty><Nm>([^<]*)</Nm>")


@dataclass(frozen=True, slots=True)
class Head:
    """The schema of a file and the creditor's name in it."""

    schema: str
    creditor: str


def head_of(content: bytes) -> Head:
    """What the head of a file says. Raises ValueError for a file that is none of ours."""
    schema, name = _SCHEMA.search(content, 0, _HEAD), _NAME.search(content, 0, _HEAD)
    if schema is None or name is None:
        raise ValueError("no debit file of ours")
    return Head(schema[1].decode(), unescape(name[1].decode()))
