"""A :86: in a form that single banks or countries write, which is neither the German structure nor free text."""

from typing import Final

from recon.statements.mt940_columns import read_columns
from recon.statements.mt940_details import Details
from recon.statements.mt940_forms import read_form
from recon.statements.mt940_slash import looks_slashed, read_slashed
from recon.statements.mt940_subfields import read_headless

# A :86: has 390 characters, with some banks a few more; what is longer has no bank's form and is not searched for one.
FORM_CHARS: Final = 4096


def read_dialect(value: str) -> Details | None:
    """What the field says; None where it has no form that we know.

    >>> read_dialect("/EREF/E-1/NAME/Muster/REMI/Miete").name, read_dialect("Miete von Muster")
    ('Muster', None)
    """
    if looks_slashed(value):
        return read_slashed(value)
    if len(value) > FORM_CHARS:
        return None
    return read_headless(value) or read_columns(value) or read_form(value)
