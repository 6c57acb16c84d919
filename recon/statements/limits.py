"""Limits on what a file may ask of us. Every bank file is hostile until read."""

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024

# A year of a large account (ten million entries) stays below this; nothing real is larger.
MAX_FILE_BYTES: Final = 8 * 1024 * MIB
# One MT940 message is held in memory; one with half a million entries has about 150 MiB.
MAX_MESSAGE_BYTES: Final = 256 * MIB
# So is one camt entry with its transactions; a batch booking with 100,000 of them has about 150 MiB of XML.
MAX_ENTRY_BYTES: Final = 192 * MIB
# Entries of one statement, for they are given together. Nothing real comes near.
MAX_ENTRIES: Final = 1_000_000
# DFÜ-Abkommen delivers one ZIP a day with one member an account; a year of 100 accounts has 36,500 members.
MAX_MEMBERS: Final = 50_000
# Repetitive XML shrinks to about 1:60. Deflate cannot do more than 1:1032, which only a bomb reaches.
MAX_RATIO: Final = 300
# Small members may exceed the ratio (a megabyte of blanks harms nobody).
RATIO_FREE_BYTES: Final = 16 * MIB
# ZIP in ZIP occurs (a folder of daily ZIPs, packed once more); deeper nesting does not.
MAX_DEPTH: Final = 3
# A ZIP's directory is at its end: a stream that cannot seek is kept in memory up to this, beyond it on disk.
SPOOL_BYTES: Final = 16 * MIB
# The second reader is slow and not ours: it is asked only about messages of ordinary size.
MAX_SECOND_READER_CHARS: Final = 2 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one reading; the defaults are the constants of this module."""

    file_bytes: int = MAX_FILE_BYTES
    message_bytes: int = MAX_MESSAGE_BYTES
    entry_bytes: int = MAX_ENTRY_BYTES
    entries: int = MAX_ENTRIES
    members: int = MAX_MEMBERS
    ratio: int = MAX_RATIO
    ratio_free_bytes: int = RATIO_FREE_BYTES
    depth: int = MAX_DEPTH


DEFAULT_LIMITS: Final = Limits()
