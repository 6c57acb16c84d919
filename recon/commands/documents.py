"""The JSON shapes of statements and lines (contract.md 3)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from recon.commands.output import iso
from recon.model.matching import Evidence, Proposal, Share
from recon.model.statement import Line
from recon.texts import told
from sepa.money import Language, plain

if TYPE_CHECKING:
    from recon.service.importing_statements import Heading


def optional_amount(minor: int | None, currency: str) -> str | None:
    """An amount, or null where there is none."""
    return None if minor is None else plain(minor, currency)


def line_document(line: Line) -> dict[str, Any]:
    """A line of `opos read`."""
    return {
        "booking_date": iso(line.booking_date),
        "value_date": iso(line.value_date),
        "amount": plain(line.amount, line.currency),
        "currency": line.currency,
        "status": line.status.value,
        "kind": line.kind.value,
        "reversal": line.reversal,
        "counterparty": {
            "name": line.counterparty.name,
            "iban": line.counterparty.iban,
            "bic": line.counterparty.bic,
            "ultimate_name": line.counterparty.ultimate_name,
        },
        "remittance": line.remittance,
        "creditor_reference": line.creditor_reference,
        "end_to_end_id": line.end_to_end_id,
        "mandate_id": line.mandate_id,
        "creditor_id": line.creditor_id,
        "payment_information_id": line.payment_information_id,
        "message_id": line.message_id,
        "bank_ref": line.bank_ref,
        "customer_ref": line.customer_ref,
        "gvc": line.gvc,
        "bank_code": line.bank_code,
        "purpose": line.purpose,
        "return_reason": line.return_reason,
        "original_amount": optional_amount(line.original_amount, line.currency),
        "charges": optional_amount(line.charges, line.currency),
        "booking_text": line.booking_text,
        "details": [line_document(detail) for detail in line.details],
    }


def statement_document(statement: "Heading", **more: Any) -> dict[str, Any]:
    """A statement; ``more`` are the fields that only one of `read` and `import` can tell."""
    known: Mapping[str, Any] = {
        "id": None,
        "account": statement.account or None,
        "number": statement.number,
        "page": statement.page,
        "currency": statement.currency,
        "from": iso(statement.period_from),
        "to": iso(statement.period_to),
        "opening": optional_amount(statement.opening, statement.currency),
        "closing": optional_amount(statement.closing, statement.currency),
        "lines": statement.lines,
        "new": None,
        "known": None,
        "balance_ok": statement.balance_ok,
    }
    return {**known, **more}


def evidence_document(evidence: Iterable[Evidence], language: Language = "en") -> list[dict[str, str]]:
    """Reasons with their text. JSON takes the English one."""
    return [{"rule": reason.rule, "text": told("evidence", reason.rule, reason.facts, language)} for reason in evidence]


def proposal_document(proposal: Proposal, rank: int, currency: str) -> dict[str, Any]:
    """A proposal (contract.md 4)."""
    return {
        "rank": rank,
        "class": proposal.match_class,
        "band": proposal.band.value,
        "allocations": shares_document(proposal.shares, currency),
        "evidence": evidence_document(proposal.evidence),
    }


def shares_document(shares: Iterable[Share], currency: str) -> list[dict[str, Any]]:
    """What a line is shared out to."""
    return [
        {
            "item": share.invoice_no if share.kind.value != "overpayment" else None,
            "customer": share.customer_no,
            "amount": plain(share.amount, currency),
            "kind": share.kind.value,
            "flags": list(share.flags),
        }
        for share in shares
    ]


def settled_by(proposal: Proposal) -> list[str]:
    """What a proposal settles: invoices, or the customer where there is none; each once."""
    return list(dict.fromkeys(share.invoice_no or share.customer_no or "" for share in proposal.shares))
