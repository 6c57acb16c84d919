"""Which credit a person wants to be paid back, and to which account."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from recon.ledger.refunding import Payee
from recon.matching.payers import plain_iban
from recon.model.finding import Finding, error, warning
from recon.service.answers import Exit, Refused
from recon.service.confirming import Wanted
from recon.service.context import Context
from recon.service.refundable import Candidate, candidates
from recon.store import refundable
from recon.store.settings import account_ids
from sepa.identifiers import IdentifierError, parse_iban
from sepa.money import plain


@dataclass(frozen=True, slots=True)
class Other:
    """Another account that a person names for a credit, with the reason; ``name`` is its holder's."""

    iban: str
    name: str | None
    reason: str


def chosen_credits(
    connection: Connection,
    context: Context,
    wanted: Sequence[Wanted],
    customer: str | None,
    other: Other | None,
) -> tuple[list[Candidate], tuple[Candidate, ...], list[Finding]]:
    """The credits to be paid back, those that are held, and what wants a look. What is named and held is refused."""
    as_of = context.stamp.as_of
    if other is not None and len(wanted) != 1:
        raise Refused(error("refund-iban-for-one", "--iban", iban=other.iban), exit_code=Exit.USAGE)
    amounts = {one.invoice_no: one.amount for one in wanted if one.amount is not None}
    known = {one.credit.key: one for one in candidates(connection, as_of, customer, amounts=amounts)}
    _see_wanted(wanted, known)
    findings: list[Finding] = []
    if other is not None:
        key = wanted[0].invoice_no
        payee, findings = _named(connection, known[key], other)
        again = candidates(connection, as_of, known[key].credit.customer_no, named={key: payee}, amounts=amounts)
        known |= {one.credit.key: one for one in again}
    if not wanted:
        free = [one for one in known.values() if not one.judged.held]
        return free, tuple(one for one in known.values() if one.judged.held), findings
    chosen = [known[one.invoice_no] for one in wanted]
    against = [
        error("refund-held", one.credit.key, credit=one.credit.key, reasons=", ".join(
            held.reason for held in one.judged.held
        ))
        for one in chosen if one.judged.held
    ]  # fmt: skip
    if against:
        raise Refused(*against)
    return chosen, (), findings


def _see_wanted(wanted: Sequence[Wanted], known: dict[str, Candidate]) -> None:
    wrong: list[Finding] = []
    seen: set[str] = set()
    for one in wanted:
        key = one.invoice_no
        if key not in known or key in seen:
            wrong.append(error("refund-credit-unknown", key, credit=key))
        elif one.amount is not None and not 0 < one.amount <= known[key].credit.left:
            facts = {"credit": key, "amount": plain(one.amount), "left": plain(known[key].credit.left)}
            wrong.append(error("refund-too-large", key, **facts))
        seen.add(key)
    if wrong:
        raise Refused(*wrong)


def _named(connection: Connection, one: Candidate, other: Other) -> tuple[Payee, list[Finding]]:
    """The account that a person names, as far as the books know it; his word decides, but an account of our own it
    cannot be, and its holder must have a name."""
    try:
        iban = parse_iban(other.iban)
    except IdentifierError as fault:
        raise Refused(error("refund-iban-wrong", "--iban", iban=other.iban), exit_code=Exit.USAGE) from fault
    if iban in account_ids(connection):
        raise Refused(error("refund-iban-own", "--iban", iban=iban))
    sent = [row for row in refundable.sent_by(connection, [one.customer.id]) if plain_iban(row.iban) == iban]
    others = refundable.others_of(connection, [iban]).get(iban, set()) - {one.customer.customer_no}
    name = other.name or (sent[0].name if sent else None)
    if not name:
        raise Refused(error("refund-name-missing", "--name", iban=iban), exit_code=Exit.USAGE)
    told: list[Finding] = []
    if not sent:
        told.append(warning("refund-iban-new", one.credit.key, iban=iban, credit=one.credit.key))
    if others:
        told.append(warning("refund-iban-shared", one.credit.key, iban=iban, customers=", ".join(sorted(others))))
    bic = next((row.bic for row in sent if row.bic), one.customer.bic if one.customer.iban == iban else None)
    return Payee(iban, name, "named", bic), told
