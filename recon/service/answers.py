"""How a use case says no, and the exit codes. Light: loads nothing of the database."""

from enum import IntEnum

from recon.model.finding import Finding


class Exit(IntEnum):
    """Exit codes (contract.md 1). The one place that names them."""

    DONE = 0
    FAULT = 1
    USAGE = 2
    PARTIAL = 3
    REFUSED = 4
    CONDITION = 5
    LOCKED = 6
    NOT_PERMITTED = 7
    INTERRUPTED = 130


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """The use case was refused as a whole; nothing was written. ``findings`` say why, ``exit_code`` how to leave."""

    def __init__(self, *findings: Finding, exit_code: Exit = Exit.REFUSED) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = findings
        self.exit_code = exit_code
