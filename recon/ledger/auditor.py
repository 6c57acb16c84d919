"""The auditor: recomputes the books from what was written, with code that shares nothing with posting or with the log.

It is given rows (``recon.ledger.audit_source``) and says what is off: each check names the first record that differs,
what it should say and what it says, and how many more there are. It reads in streams and holds little more than one
record's family at a time, so that a million postings are a matter of seconds.

What it cannot see:

- from inside the books, that the newest records of the log were taken away together with all that they wrote, or that
  the log was written anew from some record on. Whoever keeps the last hash outside (``Audit.head``) and has it looked
  for later (``opos verify --head``) sees that too.

Whatever else is changed in any row of any table is found: append-only tables are sealed row by row, all others are
summed up (``audit_sums``), and most differences are named by a check that knows what the record should say.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from recon.ledger import (
    audit_answers,
    audit_bank,
    audit_batches,
    audit_charges,
    audit_closings,
    audit_complaints,
    audit_credits,
    audit_decisions,
    audit_dunning,
    audit_exports,
    audit_journal,
    audit_letters,
    audit_log,
    audit_mails,
    audit_mandates,
    audit_notices,
    audit_pbs,
    audit_refunds,
    audit_release,
    audit_replay,
    audit_sums,
)
from recon.ledger.audit_log import History, read_history
from recon.ledger.audit_source import Checking, Source, differs
from recon.model.finding import Finding

Check = Callable[[Source, History], Checking]

# What is counted, and how it is checked. The names are keys of the JSON document and stay; checks that look at the same
# records share one.
CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("log_records", audit_log.chain),
    ("sealed_rows", audit_log.seals),
    ("removals", audit_log.removals),
    ("records", audit_replay.ids),
    ("records", audit_log.links),
    ("settings", audit_replay.settings),
    ("files", audit_bank.files),
    ("files", audit_replay.deliveries),
    ("master_records", audit_decisions.masters),
    ("statements", audit_bank.statements),
    ("entries", audit_journal.entries),
    ("postings", audit_journal.trial_balance),
    ("items", audit_journal.items),
    ("item_parts", audit_journal.item_parts),
    ("lines", audit_journal.lines),
    ("allocations", audit_journal.reversals),
    ("netted", audit_credits.netting),
    ("refunds", audit_refunds.refunds),
    ("return_charges", audit_charges.charges),
    ("matching_runs", audit_replay.runs),
    ("notices", audit_dunning.notices),
    ("notice_lines", audit_dunning.customers_of_notices),
    ("letters", audit_letters.letters),
    ("dunning_texts", audit_mails.texts),
    ("mails", audit_mails.mails),
    ("dunning_states", audit_dunning.part_states),
    ("notices", audit_notices.dispatches),
    ("notice_lines", audit_notices.reminders),
    ("dunning_runs", audit_notices.paid_before),
    ("dunning_runs", audit_decisions.dunning),
    ("holds", audit_decisions.holds),
    ("complaints", audit_complaints.complaints),
    ("calls", audit_complaints.calls),
    ("promises", audit_complaints.promises),
    ("closings", audit_closings.closings),
    ("batches", audit_batches.batches),
    ("collections", audit_batches.collections),
    ("mandates", audit_mandates.mandates),
    ("batches", audit_replay.batches),
    ("batches", audit_release.releases),
    ("batches", audit_release.replacements),
    ("prenotifications", audit_release.announcements),
    ("answers", audit_answers.answers),
    ("return_decisions", audit_answers.decisions),
    ("pbs_deliveries", audit_pbs.deliveries),
    ("pbs_debits", audit_pbs.debits),
    ("pbs_debits", audit_pbs.answers),
    ("exports", audit_exports.exports),
    ("summed_rows", audit_sums.sums),
    ("summed_rows", audit_sums.kept),
)


_IF_ANY: Final = frozenset(
    {"pbs_deliveries", "pbs_debits", "complaints", "calls", "promises", "dunning_texts", "mails"}
)


@dataclass(frozen=True, slots=True)
class Audit:
    """What the auditor found, one finding for each kind of difference, how many records each check looked at, and the
    hash of the log's last record, in which all before it is contained."""

    findings: tuple[Finding, ...]
    counts: dict[str, int]
    head: str


def audit(source: Source, head: str | None = None) -> Audit:
    """Recompute everything. ``head`` is a hash that was kept outside: one of the log's records must have it."""
    history = read_history(source)
    findings: list[Finding] = []
    counts: dict[str, int] = {}
    for name, check in CHECKS:
        found, count = _run(check(source, history))
        findings += found
        # Of what a company does not use nothing is told.
        if count or name not in _IF_ANY:
            counts[name] = max(count, counts.get(name, 0))
    if head is not None and all(found != head for (found,) in source.rows("log", ("hash",))):
        findings.append(differs("audit-head", "log", head, history.head))
    return Audit(tuple(findings), counts, history.head)


def _run(checking: Checking) -> tuple[list[Finding], int]:
    """The first finding of each code, with the number of further ones, and what the check has counted."""
    first: dict[str, Finding] = {}
    more: dict[str, int] = {}
    while True:
        try:
            finding = next(checking)
        except StopIteration as end:
            told = [replace(found, facts=(*found.facts, ("more", str(more[code])))) for code, found in first.items()]
            return told, int(end.value)
        first.setdefault(finding.code, finding)
        more[finding.code] = more.get(finding.code, -1) + 1
