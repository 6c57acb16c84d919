"""The classes of matching as lists of rules, in the order in which they are tried (users.md 2.2).

==  ======================================================================================================
C1  end-to-end id of an own direct debit and its amount, or reference of a block (or details) and its sum
C2  creditor reference (RF and others) of exactly one open item, amount = residual
C3  full invoice number of exactly one open item, amount = residual (or its part that is due first)
C4  as C2 or C3, amount = residual + exactly the fee of the last issued notice (decision 0003)
C5  number without its prefix or with other zeros, of one item alone; amount = residual; surely its customer pays
C6  end-to-end id of an own refund and its amount, or reference of its file (or details) and its sum
R1  return that names exactly one own direct debit by end-to-end id, with its principal
R3  own refund that came back whole, by end-to-end id
--  only these book by themselves; all others are proposed
H1  several numbers, residuals add up (credit notes against it); H2 with cash discount; H3 with fees, interest, charges;
    H3 too is the fee of a paid item that came alone (``unpaid_fees = "claim"``)
H4  known IBAN and exact residual, one item
H5  number and amount agree, a named obstacle stands against booking
H6  batch credit without reference: sum and day of one block
H7  number without its prefix, with other zeros or in pieces, of one item alone, amount = residual
H8  debit without reference: sum and day of one own file of refunds
M1  number (or block) found, amount differs: the split filled in
M2  name or customer number and exact amount; M3 IBAN and one set of items
M4  number in doubt, or one typing error away, with amount or payer
M5  number or known IBAN, the amount differs by no more than the tolerance (0 unless set)
M6  own refund or its file is named, the sum differs
L1  amount only, one item; L2 several; L3 only a paid item is named; L4 the payer only: oldest first
R2  any other return
R4  own refund that came back otherwise
==  ======================================================================================================

Of the rules that propose, the first that hits leads, and what else explains the line follows it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Final

from recon.matching import batches, by_number, by_payer, own_debits, own_refunds, sums
from recon.matching.case import Case
from recon.matching.world import way
from recon.model.matching import Proposal
from recon.model.statement import LineKind

Rule = Callable[[Case], Iterator[Proposal]]
# What a rule needs of a case: it is not asked where there is no such thing.
Need = Callable[[Case], object]
_ANYTHING: Final[Need] = bool
_NAMED: Final[Need] = attrgetter("named")
_CLAIMS: Final[Need] = attrgetter("claims")
_FIRM: Final[Need] = attrgetter("firm")
_ONLY: Final[Need] = attrgetter("only")
_CREDITS: Final[Need] = attrgetter("credits")
_SETTLED: Final[Need] = attrgetter("settled")
_PAYERS: Final[Need] = attrgetter("payers")

# What a person is offered for one line; the keys 1 to 5 pick.
MAX_PROPOSALS: Final = 5

# For money that came in, in the order of the table, but for three: a paid item with the very amount leads (paid twice),
# what has the exact amount comes before a number whose amount differs, and before another customer's number with the
# payer's own amount comes his own that is one typing error away.
_STRONG: Final[tuple[tuple[Need, Rule], ...]] = (
    (_ANYTHING, own_debits.collection_but),
    (_ONLY, by_number.own_instead),
    (_ONLY, by_number.exact_but),
    (_CLAIMS, sums.several),
    (_CLAIMS, sums.some_of_several),
    (_ONLY, sums.with_discount),
    (_ONLY, sums.with_extras),
    (_CLAIMS, by_number.without_prefix),
    (_FIRM, sums.within_tolerance),
    (_SETTLED, by_number.fee_alone),
    (_SETTLED, by_number.paid_twice),
    (_PAYERS, by_payer.known_iban),
    (_ANYTHING, by_number.nearly_named),
    (_ANYTHING, by_payer.known_name),
    (_FIRM, sums.amount_differs),
    (_CREDITS, sums.note_named),
    (_FIRM, by_number.nearly_strangers),
    (_PAYERS, by_payer.sum_of_set),
    (_PAYERS, by_payer.nearly_exact),
    (_SETTLED, by_number.already_paid),
    (_NAMED, by_number.foreign),
)
# Asked only where nothing else says anything.
_WEAK: Final[tuple[tuple[Need, Rule], ...]] = (
    (_ANYTHING, by_payer.amount_only),
    (_PAYERS, by_payer.payer_only),
)

# Bank business that no customer pays.
_NO_PAYMENT: Final = frozenset({LineKind.INTEREST, LineKind.CHARGE})


def certain(case: Case) -> Proposal | None:
    """The match that may be booked without a person, if there is one, and nobody has said no to it."""
    found = _certain(case)
    return None if found is None or case.declines(found) else found


def _certain(case: Case) -> Proposal | None:
    if own_refunds.comes_back(case):
        return own_refunds.certain_return(case)
    if own_debits.is_return(case):
        return own_debits.certain_return(case)
    if case.amount < 0:
        return own_refunds.certain_refund(case)
    if case.line.kind in _NO_PAYMENT:
        return None
    found = own_debits.certain_collection(case)
    if found is None and case.line.details:
        return batches.certain_batch(case)
    if found is not None or not case.named:
        return found
    return by_number.certain_by_number(case) or by_number.certain_by_digits(case)


def proposed(case: Case) -> tuple[Proposal, ...]:
    """What a person may choose from, best first; each way to share the money once, none that was rejected."""
    if own_refunds.comes_back(case):
        return _distinct(case, own_refunds.proposed_return(case))
    if own_debits.is_return(case):
        return _distinct(case, own_debits.proposed_return(case))
    if case.line.kind in _NO_PAYMENT:
        return ()
    if case.amount < 0:
        return _distinct(case, chain(own_refunds.refund_but(case), by_number.pays_out(case)))
    return _distinct(case, _by_rules(case, _STRONG)) or _distinct(case, _by_rules(case, _WEAK))


def _by_rules(case: Case, rules: Sequence[tuple[Need, Rule]]) -> Iterator[Proposal]:
    for need, rule in rules:
        if need(case):
            yield from rule(case)


def _distinct(case: Case, found: Iterator[Proposal]) -> tuple[Proposal, ...]:
    kept: dict[object, Proposal] = {}
    for proposal in found:
        if case.declined(proposal):
            continue
        kept.setdefault(way(proposal.shares), proposal)
        if len(kept) == MAX_PROPOSALS:
            break
    return tuple(kept.values())
