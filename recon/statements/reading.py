"""The door of the room: bytes of any bank file -> statements and findings, one at a time."""

from collections.abc import Iterator
from typing import BinaryIO

from recon.model.finding import Finding, error
from recon.model.statement import Statement
from recon.statements.containers import Member, unpack
from recon.statements.limits import DEFAULT_LIMITS, Limits
from recon.statements.source import SourceError


def read(stream: BinaryIO, name: str, limits: Limits = DEFAULT_LIMITS) -> Iterator[Statement | Finding]:
    """What a bank file says: statements in the order of the file, findings about the file between them.

    Streams: one statement (MT940) or one entry (camt) is held at a time. The format is recognised from the content;
    ZIP and gzip are opened. ``name`` only says where things are: ``name:line``, ``name/member:line`` in a ZIP.
    Raises nothing for any content. A statement with an error among its ``findings`` must not be posted.
    """
    for member in unpack(stream, name, limits):
        if isinstance(member, Finding):
            yield member
        else:
            yield from read_member(member, limits)


def read_member(member: Member, limits: Limits = DEFAULT_LIMITS) -> Iterator[Statement | Finding]:
    """The statements of one plain file; ``not-a-statement`` if it holds none."""
    statements = 0
    findings = 0
    try:
        for found in _read_plain(member, limits):
            statements += isinstance(found, Statement)
            findings += isinstance(found, Finding)
            yield found
    except SourceError as problem:
        findings += 1
        yield problem.finding
    if not statements:
        yield error("not-a-statement", member.name, kind=member.kind or "?")


def _read_plain(member: Member, limits: Limits) -> Iterator[Statement | Finding]:
    if member.kind in ("mt940", "mt942"):
        from recon.statements.mt940 import read_mt940

        yield from read_mt940(member.source, member.name, limits)
    elif member.kind is not None and member.kind.startswith("camt."):
        from recon.statements.camt import read_camt

        yield from read_camt(member.source, member.name, limits)
