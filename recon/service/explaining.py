"""Why a bank line is booked, proposed or left (``opos match explain``)."""

from dataclasses import dataclass
from itertools import zip_longest

from recon.model.finding import error
from recon.service.answers import Refused
from recon.service.context import Context
from recon.service.listing import ListedAllocation, ListedItem, ListedLine, list_allocations, list_items, list_lines
from recon.store.ids import read_id, shown_id
from recon.texts import term, told
from sepa.money import Language, shown


@dataclass(frozen=True, slots=True)
class Explained:
    """A line with what is booked on it and proposed for it; ``why_not`` is the rule that speaks against an item."""

    line: ListedLine
    booked: tuple[ListedAllocation, ...]
    why_not: str | None
    facts: tuple[tuple[str, str], ...]

    def told(self, language: Language) -> list[str]:
        """The explanation as lines of text."""
        line = self.line.line
        head = f"{self.line.id}  {shown(line.amount, language, line.currency)} {line.currency}  "
        head += f"{line.counterparty.name or ''}  „{line.remittance or ''}“"
        texts = [head, ""]
        for entry, following in zip_longest(self.booked, self.booked[1:]):
            amount = shown(entry.amount, language, entry.currency)
            texts.append(f"{term('booked', language)} {entry.match_class} {term(entry.kind, language)} "
                         f"{entry.item or entry.customer or ''} {amount}")  # fmt: skip
            if following is None or following.evidence != entry.evidence:
                texts += [f"  - {told('evidence', reason.rule, reason.facts, language)}" for reason in entry.evidence]
        for rank, proposal in enumerate(self.line.proposals, start=1):
            band = term(proposal.band.value, language)
            texts.append(f"{term('proposal', language)} {rank} {proposal.match_class} ({band})")
            for share in proposal.shares:
                to = share.invoice_no or share.customer_no or ""
                texts.append(f"    {term(share.kind.value, language)} {to} "
                             f"{shown(share.amount, language, line.currency)}")  # fmt: skip
            texts += [f"  - {told('evidence', reason.rule, reason.facts, language)}" for reason in proposal.evidence]
        if not self.booked and not self.line.proposals:
            texts.append(term("no_proposal", language))
        if self.why_not is not None:
            texts.append(told("explaining", self.why_not, self.facts, language))
        return texts


def explain_line(context: Context, name: str, invoice_no: str | None = None) -> Explained:
    """Everything known of a line. Raises Refused for an unknown line or item."""
    number = read_id("lines", name)
    shown_name = "" if number is None else shown_id("lines", number)
    line = next((entry for entry in list_lines(context) if entry.id == shown_name), None)
    if line is None:
        raise Refused(error("line-unknown", name, line=name))
    booked = tuple(entry for entry in list_allocations(context) if entry.line == line.id and entry.status == "booked")
    if invoice_no is None:
        return Explained(line, booked, None, ())
    item = next((entry for entry in list_items(context) if entry.item.invoice_no == invoice_no), None)
    if item is None:
        raise Refused(error("item-unknown", invoice_no, item=invoice_no))
    if any(entry.item == invoice_no for entry in booked):
        return Explained(line, booked, None, ())
    why, facts = _why_not(line, item)
    return Explained(line, booked, why, facts)


def _why_not(line: ListedLine, item: ListedItem) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The first thing that keeps the item from being this line's, as far as the stored proposals tell."""
    number = item.item.invoice_no
    for rank, proposal in enumerate(line.proposals, start=1):
        if any(share.invoice_no == number for share in proposal.shares):
            return "why-proposed", (("item", number), ("rank", str(rank)), ("class", proposal.match_class))
    if item.item.open == 0:
        return "why-closed", (("item", number),)
    if item.item.currency != line.line.currency:
        return "why-currency", (("item", number), ("currency", item.item.currency))
    return "why-nothing", (("item", number),)
