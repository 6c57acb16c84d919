"""Who is reminded, of what, for how much."""

from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from recon.model.items import PartKind


@dataclass(frozen=True, slots=True)
class PartState:
    """What has been sent for one part of an item: the level reached and the last notice that stands.

    ``first_notice_on`` and ``first_deadline`` are those of its first notice, ``repeats`` counts the notices after the
    one that reached the level (X-10). These three are told only where the procedure asks for them
    (``recon.dunning.past.asks``). ``calling``: the last notice is a call task that is not through yet."""

    level: int = 0
    last_notice_on: date | None = None
    last_deadline: date | None = None
    first_notice_on: date | None = None
    first_deadline: date | None = None
    repeats: int = 0
    calling: bool = False


@dataclass(frozen=True, slots=True)
class DunnablePart:
    """A part of an item as dunning sees it. ``hold`` names an exclusion reason that others have found
    (``in_collection``, ``payment_found``, ``blocked``, ``disputed`` …), ``hold_until`` the day it ends, if any. To
    remind of a ``free`` one costs no fee: it is a charge itself (decision 17). ``interest_met`` and ``lump_sum_met``
    are what was paid or waived already of the interest and the lump sum that earlier notices asked for."""

    item_id: int
    invoice_no: str
    customer_no: str
    branch: str | None
    part: PartKind
    due_date: date
    amount: int
    open: int
    currency: str
    state: PartState
    language: str | None = None
    hold: str | None = None
    hold_until: date | None = None
    hold_facts: tuple[tuple[str, str], ...] = ()
    free: bool = False
    interest_met: int = 0
    lump_sum_met: int = 0


@dataclass(frozen=True, slots=True)
class NoticeItem:
    """A line of a notice. ``fee`` is this item's own fee under ``fee_scope = per_item``, else 0; a ``free`` one has
    none. ``interest`` is the default interest on it (§ 288 BGB), which runs from ``interest_since``, that day included;
    ``lump_sum`` what of the lump sum it bears (§ 288 (5) BGB)."""

    item_id: int
    invoice_no: str
    part: PartKind
    due_date: date
    days_overdue: int
    open: int
    level: int
    fee: int = 0
    free: bool = False
    interest: int = 0
    interest_since: date | None = None
    lump_sum: int = 0

    @property
    def costs(self) -> bool:
        """Whether reminding of it may cost a fee: a claim that is no charge itself."""
        return self.level > 0 and not self.free


@dataclass(frozen=True, slots=True)
class Notice:
    """A dunning notice (Mahnung) for one customer. ``total`` = Σ open + fee + interest, minor units; ``lump_sum`` says
    how much of the fee is the lump sum of § 288 (5) BGB."""

    customer_no: str
    branch: str | None
    level: int
    title: str
    language: str
    channel: str
    deadline: date
    currency: str
    items: tuple[NoticeItem, ...]
    fee: int
    interest: int = 0
    lump_sum: int = 0

    @property
    def total(self) -> int:
        """What the notice asks for."""
        return sum(item.open for item in self.items) + self.fee + self.interest


# Made by the hundred thousand for a plan: a Struct (docs/decisions/0009).
class Undunned(Struct, frozen=True, gc=False):
    """An item part that gets no notice, with the reason (contract.md 6) and the next day it may get one."""

    item_id: int
    invoice_no: str
    part: PartKind
    reason: str
    next_on: date | None = None
    facts: tuple[tuple[str, str], ...] = ()
