"""The RF reference (ISO 11649) of an invoice: its number with two check digits before it, for the payer to quote."""

from typing import Final

from sepa.identifiers import MAX_RF_BODY, IdentifierError, make_rf

# What stands between the letters and digits of an invoice number and is not told in its reference.
_BETWEEN: Final = {ord(sign): None for sign in " \t\u00a0-‐‑–./\\_,:;#+*()[]'\""}


def reference_body(invoice_no: str) -> str:
    """The letters and digits of an invoice number in capitals: what its reference is made of. Whatever is neither and
    does not merely stand between them is left in.

    >>> reference_body("re-2026/0815"), reference_body("RÜ 1")
    ('RE20260815', 'RÜ1')
    """
    body = invoice_no.translate(_BETWEEN)
    # Beyond ASCII, capitals may be other letters: "ß" would become "SS", and two numbers one reference.
    return body.upper() if body.isascii() else body


def reference_of(invoice_no: str) -> str:
    """The RF reference of an invoice number. Raises IdentifierError: ``empty``, ``length`` for more than 21 letters and
    digits, ``characters`` for any that a reference cannot hold.

    Nothing is cut or replaced, so two numbers share a reference only where they differ in nothing but what stands
    between their letters and digits, or in capitals; whoever hands references out asks for those
    (``recon.service.referencing``).

    >>> reference_of("RE-2026-1234")
    'RF20RE20261234'
    """
    body = reference_body(invoice_no)
    if not body:
        raise IdentifierError("empty", invoice_no)
    if not (body.isascii() and body.isalnum()):
        raise IdentifierError("characters", invoice_no)
    if len(body) > MAX_RF_BODY:
        raise IdentifierError("length", invoice_no)
    return make_rf(body)


def format_reference(reference: str) -> str:
    """In groups of four, as printed on paper.

    >>> format_reference("RF20RE20261234")
    'RF20 RE20 2612 34'
    """
    return " ".join(reference[start : start + 4] for start in range(0, len(reference), 4))
