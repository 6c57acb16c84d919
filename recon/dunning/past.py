"""What a procedure has to know of earlier notices beside the level: asked only where it matters."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from recon.dunning.interest import bears
from recon.dunning.presets import effective
from recon.model.dunning import DunnablePart, PartState
from recon.model.items import PartKind
from recon.model.settings import DunningSettings

Key = tuple[int, PartKind]


@dataclass(frozen=True, slots=True)
class AskedLine:
    """What one line of an issued notice asks for beside its claim; lines in the order in which they stand."""

    notice_id: int
    issued_on: date
    item_id: int
    part: PartKind
    amount: int


@dataclass(frozen=True, slots=True)
class Past:
    """``states`` are those of all parts ever reminded of, with their first notice and their repeats; ``interest`` and
    ``lump_sums`` what was paid or waived of these, by part and by item."""

    states: Mapping[Key, PartState]
    interest: Mapping[Key, int]
    lump_sums: Mapping[int, int]

    def of(self, part: DunnablePart) -> DunnablePart:
        """The part with what its past says. Of a total that is told in two parts now, what was said of it goes on with
        the remainder."""
        own = part.item_id, part.part
        key = (part.item_id, PartKind.TOTAL) if part.part is PartKind.REMAINDER and own not in self.states else own
        known = self.states.get(key)
        if known is None or part.state.level == 0:
            return part
        state = replace(
            part.state,
            first_notice_on=known.first_notice_on,
            first_deadline=known.first_deadline,
            repeats=known.repeats,
        )
        return replace(
            part,
            state=state,
            interest_met=self.interest.get(key, 0),
            lump_sum_met=self.lump_sums.get(part.item_id, 0),
        )


def asks(settings: DunningSettings) -> bool:
    """Whether a procedure has to know more than level, last notice and deadline: for repeats that end, interest or lump
    sums."""
    whole = effective(settings)
    return bears(whole) or (whole.repeat_last and whole.max_repeats is not None)


def met_by_line(asked: Sequence[AskedLine], met: Iterable[tuple[int, int, date]]) -> dict[Key, int]:
    """What was paid or waived of what notices asked for, by part.

    ``met`` holds (item, amount, day). Whichever item of a notice bears it, it meets the last notice of that item that
    was out by then, line by line in their order.
    """
    notices: dict[int, list[AskedLine]] = defaultdict(list)
    of_item: dict[int, list[AskedLine]] = defaultdict(list)
    for line in asked:
        notices[line.notice_id].append(line)
        of_item[line.item_id].append(line)
    left = {(line.notice_id, line.item_id, line.part): line.amount for line in asked}
    found: dict[Key, int] = defaultdict(int)
    for item_id, amount, day in met:
        out = [line for line in of_item.get(item_id, ()) if line.issued_on <= day]
        if not out:
            continue
        last = max(out, key=lambda line: (line.issued_on, line.notice_id))
        for line in notices[last.notice_id]:
            place = (line.notice_id, line.item_id, line.part)
            taken = min(left[place], amount)
            left[place] -= taken
            amount -= taken  # noqa: PLW2901 - what is left of it
            if taken:
                found[line.item_id, line.part] += taken
    return dict(found)
