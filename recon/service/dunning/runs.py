"""A preview writes nothing; a run freezes it, to be looked at before it is issued (contract.md 6)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from recon.model.dunning import Notice
from recon.model.finding import error
from recon.model.items import PartKind
from recon.model.roles import Action
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.dunnable import Scope, plan_for
from recon.service.dunning.cancelling import cancel_run
from recon.service.dunning.preflight import accepting, digest_of, see_current, see_switched_on, told, told_accepted
from recon.service.dunning.results import DunningResult, encode_undunned, head_of, result_of
from recon.store import dunning_runs as runs
from recon.store import notices as store
from recon.store.dunning_tables import dunning_runs
from recon.store.ids import next_ids, shown_id
from recon.store.journal import encode
from recon.store.log import Stamp, record
from recon.store.settings import settings_of


def preview(context: Context, scope: Scope) -> DunningResult:
    """Who would be reminded today; writes nothing."""
    as_of = context.stamp.as_of
    with reading(context, Action.READ) as connection:
        settings = settings_of(connection)
        made = plan_for(connection, as_of, settings, scope)
        findings = told(connection, as_of, settings, made.notices, made.undunned)
    return DunningResult(None, as_of, "preview", tuple((None, notice) for notice in made.notices), made.undunned,
                         findings)  # fmt: skip


def freeze(
    context: Context, scope: Scope, *, replace_drafts: bool = False, accept_stale: str | None = None
) -> DunningResult:
    """Freeze a preview as a run, with the hash of the settings it was made under.

    Nothing stands in two drafts: Refused where an item is in one already, unless ``replace_drafts`` cancels that.
    Refused where an account's last statement is old, unless ``accept_stale`` says why that is no harm.
    """
    as_of = context.stamp.as_of
    with run(context, Action.PREPARE_NOTICES, *accepting(accept_stale)), writing(context) as connection:
        settings = settings_of(connection)
        see_switched_on(settings)
        made = plan_for(connection, as_of, settings, scope)
        findings = told(connection, as_of, settings, made.notices, made.undunned)
        accepted = see_current(findings, accept_stale)
        number = next(next_ids(connection, dunning_runs))
        shown = shown_id("dunning_runs", number)
        _see_drafts(connection, context.stamp, made.notices, replaced_by=shown if replace_drafts else None)
        digest = digest_of(settings.dunning)
        row = {
            "id": number, "as_of": as_of, "status": "draft", "settings_hash": digest,
            "scope": encode([scope.branch, scope.customer, scope.level]), "excluded": encode_undunned(made.undunned),
            "accepted": accepted,
        }  # fmt: skip
        store.insert_run(connection, row, made.notices)
        after = {"notices": len(made.notices), "settings": digest, **told_accepted(accepted)}
        reason = accept_stale if accepted else None
        record(connection, context.stamp, "dunning-run", shown, after=after, reason=reason)
        return replace(result_of(connection, number), findings=findings)


def _see_drafts(connection: Connection, stamp: Stamp, made: Sequence[Notice], *, replaced_by: str | None) -> None:
    """See that nothing of a plan stands in a draft already. Raises Refused, or cancels such drafts."""
    wanted: dict[int, set[PartKind]] = {}
    for notice in made:
        for line in notice.items:
            wanted.setdefault(line.item_id, set()).add(line.part)
    twice = Counter(
        of for of, item, part in runs.drafted(connection) if item in wanted and _same(part, wanted[item])
    )  # fmt: skip
    if replaced_by is None and twice:
        raise Refused(
            *(
                error("dunning-draft-there", shown_id("dunning_runs", of), run=shown_id("dunning_runs", of),
                      as_of=head_of(connection, of).as_of, count=count)
                for of, count in sorted(twice.items())
            )
        )  # fmt: skip
    for of in sorted(twice):
        cancel_run(connection, stamp, of, f"--replace {replaced_by}")


def _same(part: PartKind, others: Iterable[PartKind]) -> bool:
    """Whether a part of an item is among others of it; a total that is told in two parts since is in both."""
    return any(part is other or PartKind.TOTAL in {part, other} for other in others)
