"""What is looked at before notices are made or go out (users.md 2.6, X-31): are the statements current, which payments
wait for a decision, are the settings those that a person has looked at."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Connection

from recon.dunning.check import switched_off
from recon.dunning.interest import rate_doubts
from recon.dunning.presets import effective
from recon.model.dunning import Notice, Undunned
from recon.model.finding import Finding, error, warning
from recon.model.roles import Action
from recon.model.settings import DunningSettings, Settings
from recon.service.answers import Exit, Refused
from recon.service.dunnable import stale_accounts
from recon.service.fees import still_claimed
from recon.service.letters import address_doubts
from recon.service.outbox import mail_doubts
from recon.store.journal import encode


class Accepted(msgspec.Struct, frozen=True):
    """The old statements that a person has accepted: their accounts with the last day each has, and why."""

    accounts: dict[str, str]
    reason: str


def digest_of(settings: DunningSettings) -> str:
    """What a run is made under, as a hash: the whole procedure, but for how old statements may be."""
    whole = replace(effective(settings), given=(), staleness_bank_days=0)
    return hashlib.sha256(repr(whole).encode()).hexdigest()


def told(
    connection: Connection, as_of: date, settings: Settings, notices: Iterable[Notice], excluded: Iterable[Undunned]
) -> tuple[Finding, ...]:
    """What whoever makes notices should know: statements that are old, payments found that nobody has decided on, fees
    of earlier notices still claimed."""
    notices = list(notices)
    asked_of = {notice.customer_no for notice in notices}
    waiting = sum(1 for entry in excluded if entry.reason == "payment_found")
    return (
        *stale_accounts(connection, as_of, settings),
        *((warning("dunning-payments-found", "lines", count=waiting),) if waiting else ()),
        *still_claimed(connection, as_of, settings, asked_of),
        *rate_doubts(notices, settings.dunning, as_of),
        *mail_doubts(settings, notices),
        *address_doubts(connection, notices),
    )


def accepting(accept_stale: str | None) -> tuple[Action, ...]:
    """What else somebody must be allowed who accepts old statements: he answers for notices to people who have paid.
    Raises Refused for a reason that says nothing."""
    if accept_stale is None:
        return ()
    see_reason(accept_stale, "--accept-stale")
    return (Action.ISSUE_NOTICES,)


def see_reason(reason: str | None, where: str) -> None:
    """Raises Refused where no reason is given."""
    if reason is None or not reason.strip():
        raise Refused(error("reason-missing", where), exit_code=Exit.USAGE)


def see_current(
    findings: Sequence[Finding], accept_stale: str | None, accepted_before: str | None = None
) -> str | None:
    """See that the statements are current, unless somebody accepts that they are not. ``findings`` are those of
    ``told``; ``accepted_before`` is what was accepted when the run was made: it holds as long as no statement is older
    in days than then. Returns what is accepted, for the books. Raises Refused."""
    stale = [dict(finding.facts) for finding in findings if finding.code == "statements-stale"]
    known = Accepted({}, "") if accepted_before is None else msgspec.json.decode(accepted_before, type=Accepted)
    asked = [facts for facts in stale if known.accounts.get(facts["account"]) != facts["last"]]
    if not asked:
        return accepted_before
    if accept_stale is None:
        raise Refused(*(error("dunning-statements-stale", facts["account"], **facts) for facts in asked))
    accounts = {facts["account"]: facts["last"] for facts in stale}
    return encode(msgspec.to_builtins(Accepted(accounts, accept_stale.strip())))


def see_switched_on(settings: Settings) -> None:
    """Raises Refused where nobody is dunned from these books (D-03, V-01)."""
    if (off := switched_off(settings.dunning, "[dunning] mode")) is not None:
        raise Refused(off)


def see_settings(head: Any, settings: Settings) -> None:
    """See that a frozen run was made under the settings in force. Raises Refused."""
    if head.settings_hash != digest_of(settings.dunning):
        raise Refused(error("dunning-settings-changed", f"D{head.id}", run=f"D{head.id}", as_of=head.as_of))


def told_accepted(accepted: str | None) -> dict[str, Any]:
    """What was accepted, for the record of the log."""
    return {} if accepted is None else {"stale": msgspec.json.decode(accepted, type=Accepted).accounts}
