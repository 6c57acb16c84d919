"""What an address of a mail looks like, for settings and customers alike."""

import re
from typing import Final

# RFC 5321 4.1.2 without quoted local parts and literals, 4.5.3.1: nothing that could end a header or a command.
ADDRESS: Final = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]\Z",
    re.ASCII,
)


def is_address(text: str) -> bool:
    """Whether a mail can be sent there.

    >>> is_address("max.muster@example.com"), is_address("max@example.com\nBcc: x@example.com"), is_address("max")
    (True, False, False)
    """
    return ADDRESS.match(text) is not None
