"""``opos mandates``: who may be collected from, and what becomes of it."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import click

from recon.commands.call import DAY, Call, called
from recon.commands.output import (
    Column,
    day,
    iso,
    money,
    print_document,
    print_findings,
    print_list,
    print_tried,
    printable,
)
from recon.texts import filled, term
from sepa.mandate import MandateKind, MandateStatus, Scheme
from sepa.money import plain
from sepa.returns import return_reason

if TYPE_CHECKING:
    from recon.service.mandates import Happening, ListedMandate, MandateChange
    from sepa.mandate import Amendment

_LIST: Final = (
    Column("mandate_id", "mandate"),
    Column("customer_no", "customer"),
    Column("name", "name"),
    Column("iban", "iban"),
    Column("scheme", "scheme"),
    Column("sequence", "sequence"),
    Column("status", "status", "term"),
    Column("warn", "mandate_warn", "reason"),
    Column("signed_on", "signed_on", "date"),
    Column("last_used_on", "last_used_on", "date"),
    Column("uses", "mandate_uses", "number"),
    Column("lapses_on", "lapses_on", "date"),
)
_HISTORY: Final = (
    Column("on", "date", "date"),
    Column("what_told", "mandate_event"),
    Column("by", "by"),
    Column("text", "text"),
)
_HEAD: Final = (
    ("customer", "customer"), ("account_holder", "account_holder"), ("iban", "iban"), ("bic", "bic"),
    ("scheme", "scheme"), ("kind", "mandate_kind"), ("sequence", "sequence"), ("status", "status"),
    ("signed_on", "signed_on"), ("used", "mandate_uses"), ("lapses_on", "lapses_on"), ("revoked_on", "revoked_on"),
    ("former_ids", "former_ids"), ("pending", "mandate_pending"),
)  # fmt: skip
# How far the labels of a mandate reach.
_LABEL: Final = 26
_STATUSES: Final = [one.value for one in MandateStatus]
_SCHEMES: Final = [one.value for one in Scheme]
_KINDS: Final = [one.value for one in MandateKind]
_DATES: Final = frozenset({"signed_on", "last_used_on", "revoked_on"})
_TERMS: Final = frozenset({"status", "kind"})


@click.group("mandates")
def mandates() -> None:
    """Mandates for SEPA direct debits: enter, amend, revoke, release; whole files by opos import."""


@mandates.command("list")
@click.option("--customer", metavar="NO", help="Only this customer's")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice(_STATUSES),
    help="Only of this status; repeatable",
)
@click.option("--lapsing", is_flag=True, help="Only those unused for 30 months: they lapse after 36")
@called(sheets=True)
def list_mandates(call: Call, customer: str | None, status: Sequence[str], *, lapsing: bool) -> None:
    """List mandates with state, use and the day on which they lapse."""
    from recon.service.mandates import list_mandates as found

    wanted = [MandateStatus(one) for one in status]
    rows = [_document(one) for one in found(call.context(), customer, wanted, lapsing=lapsing)]
    print_list(call, {"mandates": rows}, "mandates", _LIST)


@mandates.command("show")
@click.argument("mandate_id")
@called()
def show(call: Call, mandate_id: str) -> None:
    """Show a mandate and its life: entered, amended, collected, returned, revoked."""
    from recon.service.mandates import show as found

    known = found(call.context(), mandate_id)
    language = "en" if call.as_json or call.as_csv else call.lang
    rows = [_happening(one, language) for one in known.happenings]
    if call.as_json:
        print_document({"command": "mandates show", "mandate": _document(known.mandate), "history": rows})
        return
    if call.for_people:
        _print_head(call, known.mandate)
        click.echo()
    print_list(call, {"mandate_events": rows}, "mandate_events", _HISTORY)


@mandates.command("add")
@click.option("--mandate-id", required=True, metavar="ID", help="The mandate reference that the debtor was told")
@click.option("--customer", required=True, metavar="NO", help="The customer who has signed")
@click.option("--iban", required=True, help="The account to collect from")
@click.option("--signed-on", required=True, type=DAY, metavar="DATE", help="The date of signature")
@click.option("--bic", help="The BIC; needed outside the EEA")
@click.option("--holder", metavar="NAME", help="The account holder, where it is not the customer")
@click.option("--scheme", type=click.Choice(_SCHEMES), default="CORE", show_default=True,
              help="CORE, or B2B between companies")  # fmt: skip
@click.option("--kind", type=click.Choice(_KINDS), default="recurrent", show_default=True,
              help="Whether it serves again and again or once")  # fmt: skip
@click.option("--replace", is_flag=True, help="Revoke the customer's other mandates in its favour")
@called(dry_run=True)
def add(
    call: Call, *, mandate_id: str, customer: str, iban: str, signed_on: date, bic: str | None, holder: str | None,
    scheme: str, kind: str, replace: bool,
) -> None:  # fmt: skip
    """Enter a signed mandate."""
    from recon.service import mandates as service

    new = service.NewMandate(mandate_id, customer, iban, signed_on, bic, holder, Scheme(scheme), MandateKind(kind))
    _print(call, "mandate_added", service.add(call.context(), new, replaces=replace))


@mandates.command("amend")
@click.argument("mandate_id")
@click.option("--iban", help="The debtor's new account; the bank is told with the next collection")
@click.option("--bic", help="Its BIC; needed outside the EEA")
@click.option("--holder", metavar="NAME", help="The new account holder")
@click.option("--new-id", metavar="ID", help="The new mandate reference; the old one stays known")
@called(dry_run=True)
def amend(
    call: Call, mandate_id: str, *, iban: str | None, bic: str | None, holder: str | None, new_id: str | None
) -> None:
    """Change account, account holder or reference of a mandate that goes on."""
    from recon.service import mandates as service

    if iban is None and bic is None and holder is None and new_id is None:
        raise click.UsageError("say what is new: --iban, --bic, --holder or --new-id")
    done = service.amend(call.context(), mandate_id, iban=iban, bic=bic, holder=holder, new_id=new_id)
    _print(call, "mandate_amended", done)


@mandates.command("revoke")
@click.argument("mandate_id")
@click.option("--reason", required=True, metavar="TEXT", help="What the debtor said, and how")
@click.option("--on", "day_", type=DAY, metavar="DATE", help="The day of the revocation [--as-of]")
@called(dry_run=True)
def revoke(call: Call, mandate_id: str, reason: str, day_: date | None) -> None:
    """The debtor has revoked the mandate. That is final: a new one needs a new reference."""
    from recon.service import mandates as service

    _print(call, "mandate_revoked_now", service.revoke(call.context(), mandate_id, reason, day_))


@mandates.command("suspend")
@click.argument("mandate_id")
@click.option("--reason", required=True, metavar="TEXT", help="Why nothing is to be collected under it")
@called(dry_run=True)
def suspend(call: Call, mandate_id: str, reason: str) -> None:
    """Collect nothing under the mandate until it is released."""
    from recon.service import mandates as service

    _print(call, "mandate_suspended_now", service.suspend(call.context(), mandate_id, reason))


@mandates.command("release")
@click.argument("mandate_id")
@click.option("--reason", required=True, metavar="TEXT", help="What has been settled with the debtor")
@called(dry_run=True)
def release(call: Call, mandate_id: str, reason: str) -> None:
    """Make a mandate active again that a return, a file or a person has stopped."""
    from recon.service import mandates as service

    _print(call, "mandate_released_now", service.release(call.context(), mandate_id, reason))


def _print(call: Call, code: str, done: "MandateChange") -> None:
    mandate = _document(done.mandate)
    changed = [{"field": name, "before": _plain(before), "after": _plain(after)} for name, before, after in done.fields]
    if call.as_json:
        print_document({
            "command": call.command, "dry_run": call.dry_run, "mandate": mandate, "changed": changed,
            "replaced": list(done.replaced),
        }, done.findings)  # fmt: skip
        return
    if call.as_csv:
        print_list(call, {"mandates": [mandate]}, "mandates", _LIST)
    elif not done.fields:
        click.echo(printable(filled("mandate_as_before", call.lang, mandate=mandate["mandate_id"])))
    else:
        facts = {"mandate": mandate["mandate_id"], "customer": mandate["customer_no"], "name": mandate["name"]}
        click.echo(printable(filled(code, call.lang, **facts)))
        for name, before, after in done.fields:
            if before is None and after is None:
                continue
            click.echo(printable(f"  {_field(name, before, after, call.lang)}"))
        for other in done.replaced:
            click.echo(printable(filled("mandate_replaced", call.lang, mandate=other)))
        _print_next(call, done.mandate)
    print_findings(done.findings, call.lang)


def _print_next(call: Call, one: "ListedMandate") -> None:
    """What comes of it, and what is to be done next."""
    if one.amendment is not None:
        click.echo(printable(filled("mandate_told_next", call.lang, what=_amended(one.amendment, call.lang))))
    if one.status in {MandateStatus.SUSPENDED, MandateStatus.BLOCKED}:
        click.echo(filled("mandate_next_release", call.lang, mandate=one.mandate.mandate_id))
    print_tried(call)


def _print_head(call: Call, one: "ListedMandate") -> None:
    told = _document(one)
    language = call.lang
    more = {
        "customer": f"{told['customer_no']}  {told['name']}",
        "kind": term(told["kind"], language),
        "status": term(told["status"], language) + (f" ({term(f'reason_{one.warn}', language)})" if one.warn else ""),
        "used": _use(one, language),
        "former_ids": ", ".join(told["former_ids"]),
        "pending": None if one.amendment is None else _amended(one.amendment, language),
    }
    dates = {"signed_on": one.mandate.signed_on, "lapses_on": one.lapses_on, "revoked_on": one.revoked_on}
    more |= {name: None if value is None else day(value, language) for name, value in dates.items()}
    click.echo(printable(f"{term('mandate', language):<{_LABEL}}{told['mandate_id']}"))
    for key, label in _HEAD:
        value = more.get(key, told.get(key))
        if value:
            click.echo(printable(f"{term(label, language):<{_LABEL}}{value}"))


def _use(one: "ListedMandate", language: Any) -> str:
    last = one.mandate.last_used_on
    if last is None:
        return term("mandate_unused", language)
    first = one.first_used_on
    if first is None:
        return filled("mandate_used_before", language, last=day(last, language))
    return filled("mandate_used", language, count=one.uses, first=day(first, language), last=day(last, language))


def _amended(change: "Amendment", language: Any) -> str:
    """What the debtor's bank is to be told, in words."""
    told = []
    if change.new_account:
        told.append(term("amendment_account", language))
    if change.original_mandate_id is not None:
        told.append(filled("amendment_mandate", language, old=change.original_mandate_id))
    if change.original_creditor_id is not None:
        told.append(filled("amendment_creditor_id", language, old=change.original_creditor_id))
    if change.original_creditor_name is not None:
        told.append(filled("amendment_creditor_name", language, old=change.original_creditor_name))
    return ", ".join(told)


def _happening(one: "Happening", language: Any) -> dict[str, Any]:
    told = [_field(name, before, after, language) for name, before, after in one.fields]
    return {
        "on": iso(one.on),
        "what": one.what,
        "what_told": term(f"mandate_was_{one.what}", language),
        "by": one.by,
        "changed": [{"field": name, "before": before, "after": after} for name, before, after in one.fields],
        "text": "; ".join([*told, *_facts(one, language)]) or None,
        **{name: one.facts[name] for name in ("file", "reason", "item", "batch", "status", "code", "amendment")
           if name in one.facts},
        **({"amount": plain(one.facts["amount"]), "collection_date": iso(one.facts["collection_date"])}
           if "amount" in one.facts else {}),
    }  # fmt: skip


def _facts(one: "Happening", language: Any) -> list[str]:
    facts = one.facts
    if one.what == "collected":
        status = term(_STATUS.get(facts["status"], facts["status"]), language)
        told = filled(
            "mandate_collected_as", language, item=facts["item"], amount=money(facts["amount"], language),
            date=day(facts["collection_date"], language), batch=facts["batch"],
            status=f"{status} ({facts['code']})" if facts["code"] else status,
        )  # fmt: skip
        return [told, term("mandate_with_amendment", language)] if facts["amendment"] else [told]
    if one.what == "added":
        return [_field(name, None, facts[name], language) for name in ("iban", "signed_on") if facts.get(name)]
    reason = facts.get("reason")
    if one.what == "returned" and reason is not None:
        known = return_reason(reason)
        text = None if known is None else known.de if language == "de" else known.en
        return [reason if text is None else f"{reason}: {text}"]
    if one.what == "given_back":
        return []
    from recon.service.mandates import REPLACED

    if one.what == "revoked" and str(reason).startswith(REPLACED):
        return [filled("mandate_replaced_by", language, mandate=str(reason).removeprefix(REPLACED))]
    return [text for text in (facts.get("file"), reason) if text]


_STATUS: Final = {"rejected": "debit_rejected", "returned": "debit_returned"}


def _field(name: str, before: Any, after: Any, language: Any) -> str:
    """``IBAN: DE89… -> DE42…``; without what stood before where there was nothing."""
    label = term(_LABELS.get(name, name), language)
    old, new = (_value(name, value, language) for value in (before, after))
    return f"{label}: {new}" if before is None else f"{label}: {old} → {new}"


_LABELS: Final = {"mandate_id": "mandate", "kind": "mandate_kind"}


def _value(name: str, value: Any, language: Any) -> str:
    if value is None:
        return "–"
    if name in _DATES:
        return day(value if isinstance(value, date) else date.fromisoformat(value), language)
    return term(str(value), language) if name in _TERMS else str(value)


def _document(one: "ListedMandate") -> dict[str, Any]:
    mandate = one.mandate
    change = one.amendment
    return {
        "mandate_id": mandate.mandate_id,
        "customer_no": mandate.customer_no,
        "name": one.customer_name,
        "account_holder": mandate.account_holder,
        "iban": mandate.iban,
        "bic": mandate.bic,
        "scheme": mandate.scheme.value,
        "kind": mandate.kind.value,
        "sequence": one.sequence.value,
        "status": one.status.value,
        "warn": one.warn,
        "signed_on": iso(mandate.signed_on),
        "first_used_on": iso(one.first_used_on),
        "last_used_on": iso(mandate.last_used_on),
        "uses": one.uses,
        "lapses_on": iso(one.lapses_on),
        "revoked_on": iso(one.revoked_on),
        "former_ids": list(mandate.former_ids),
        "amendment": None if change is None else {
            "new_account": change.new_account,
            "original_mandate_id": change.original_mandate_id,
            "original_creditor_id": change.original_creditor_id,
            "original_creditor_name": change.original_creditor_name,
        },
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
