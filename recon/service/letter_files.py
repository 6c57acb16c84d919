"""Letters as files: a PDF for each notice, one bundle of all for the post, and a summary for whoever sends them (V-20).
What was written for the post counts as sent; the same command again gives the same bytes and marks nothing."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, select

from recon.dunning.letter import Letter
from recon.model.dunning import Notice, Undunned
from recon.model.finding import Finding, error, warning
from recon.model.roles import Action
from recon.outside import letter_summary as summary
from recon.outside.joining import joined
from recon.outside.letter_setting import Set, Wanted, set_all
from recon.outside.letter_summary import Noted, Summary
from recon.service.answers import Refused
from recon.service.context import Context, reading, run, writing
from recon.service.letters import WRITTEN, letters_for, read_letter
from recon.service.writing_files import placing
from recon.store import letters as kept
from recon.store import notices as store
from recon.store.dunning_tables import dunning_runs, notices
from recon.store.ids import read_id, shown_id
from recon.store.log import record
from recon.store.masters import each_customer
from recon.store.settings import settings_of
from recon.store.tables import customers
from sepa.money import Language

# What may stand in the name of a file.
_OTHERS: Final = re.compile(r"[^A-Za-z0-9.-]+")
# Long numbers would make names that no file system takes.
_LONG: Final = 60
# Files that are named when they are in the way; a run may have ten thousand.
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class LettersResult:
    """What was written, or would be: ``summary`` has each notice with its file, or the reason why it has none.
    ``dispatched`` are the notices that count as sent from now on."""

    summary: Summary
    files: tuple[str, ...]
    dispatched: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A notice that was asked for: its row, and its letter with what is kept of it."""

    row: Any
    notice: Notice
    name: str
    letter: Letter | None = None
    content: str = ""

    @property
    def reason(self) -> str:
        """Why it gets no file, whatever was asked for; empty where it may get one."""
        if self.row.status in {"cancelled", "dropped"}:
            return str(self.row.status)
        if self.notice.channel not in WRITTEN:
            return "phone"
        return "" if self.letter is not None else "no_letter"


@dataclass(frozen=True, slots=True)
class _Job:
    """Everything that is to be written. ``name`` is the run, or the notice where only that was asked for: the summary
    of its run stays as it is then."""

    name: str
    summary: Summary
    letters: tuple[_Chosen, ...]
    posted: tuple[_Chosen, ...]
    findings: tuple[Finding, ...]


def write_letters(
    context: Context,
    name: str,
    folder: Path,
    *,
    language: Language = "de",
    everything: bool = False,
    force: bool = False,
    done: Callable[[int, int], None] | None = None,
) -> LettersResult:
    """Write the letters of a run or a notice into ``folder``; with ``everything`` also those that go by e-mail. A draft
    is set with a mark across each page, and nothing counts as sent. ``done`` is told how many of how many are set.

    The files are written before the books say so: a run that was cut off between the two is repeated and ends the same.
    Raises Refused for files that are there already, unless ``force``.
    """
    with run(context, Action.ISSUE_NOTICES), placing() as place:
        with reading(context, Action.ISSUE_NOTICES) as connection:
            job = _job(connection, name, everything=everything)
        names = [*_names(job), *(suffixed for suffixed in _summary_names(job))]
        if not force:
            _refuse_existing(folder, names)
        if not context.dry_run:
            place(folder, list(_files(job, language, done)))
        marked = [] if job.summary.draft else _dispatch(context, job)
    shown = tuple(shown_id("notices", number) for number in marked)
    return LettersResult(job.summary, tuple(names), shown, job.findings)


def _dispatch(context: Context, job: _Job) -> list[int]:
    with writing(context) as connection:
        marked = store.mark_dispatched(connection, [one.row.id for one in job.posted], context.stamp.as_of)
        if marked:
            after = {"count": len(marked), "notices": [shown_id("notices", number) for number in marked]}
            record(connection, context.stamp, "dunning-dispatch", job.summary.run, after=after)
    return marked


def _job(connection: Connection, name: str, *, everything: bool) -> _Job:
    head, chosen = _chosen(connection, name)
    draft, run_name = head.status == "draft", shown_id("dunning_runs", head.id)
    found = sorted(_with_letters(connection, head, chosen, draft=draft), key=_post_order)
    noted: list[Noted] = []
    letters: list[_Chosen] = []
    for one in found:
        reason = one.reason or _kept_back(one, everything=everything)
        noted.append(_noted(one, "" if reason else _file_name(one, draft=draft), reason))
        if not reason:
            letters.append(one)
    findings = [
        warning("letter-address-missing", one.notice, notice=one.notice, customer=one.customer_no,
                fields=", ".join(one.fields))
        for one in noted if one.reason == "address_missing"
    ]  # fmt: skip
    if any(one.letter is not None and not one.letter.iban for one in letters):
        findings.append(warning("letter-no-account", run_name, run=run_name))
    first = next((one.letter for one in found if one.letter is not None), None)
    told = Summary(
        run_name, head.as_of if first is None else first.issued_on,
        settings_of(connection).company.name if first is None else first.sender[0],
        draft, tuple(noted), _excluded(head) if _whole(name) else (),
    )  # fmt: skip
    posted = tuple(one for one in letters if one.notice.channel == "letter")
    asked_for = run_name if _whole(name) else shown_id("notices", chosen[0][0].id)
    job = _Job(asked_for, told, tuple(letters), posted, tuple(findings))
    return replace(job, summary=replace(told, bundle=_bundle_name(job) if posted else ""))


def _kept_back(one: _Chosen, *, everything: bool) -> str:
    """Why a letter is not written that could be: it goes by e-mail, or the post could not deliver it (F-24)."""
    if one.notice.channel != "letter":
        return "" if everything else "email"
    return "address_missing" if one.letter is not None and one.letter.missing else ""


def _excluded(head: Any) -> tuple[Undunned, ...]:
    return tuple(msgspec.json.decode(head.excluded, type=list[Undunned]))


def _whole(name: str) -> bool:
    return not name.strip().upper().startswith("N")


def _chosen(connection: Connection, name: str) -> tuple[Any, list[tuple[Any, Notice]]]:
    """The run and the notices that a name stands for. Raises Refused."""
    if _whole(name):
        number = read_id("dunning_runs", name)
        wanted = notices.c.run_id == number
    else:
        notice = read_id("notices", name)
        found = connection.execute(select(notices.c.run_id).where(notices.c.id == notice)).scalar()
        if notice is None or found is None:
            raise Refused(error("notice-unknown", name, notice=name))
        number, wanted = found, notices.c.id == notice
    head = connection.execute(select(dunning_runs).where(dunning_runs.c.id == number)).one_or_none()
    if head is None:
        raise Refused(error("dunning-run-unknown", name, run=name))
    if head.status == "cancelled":
        raise Refused(error("dunning-run-cancelled", name, run=name))
    return head, store.load_notices(connection, wanted)


def _with_letters(
    connection: Connection, head: Any, chosen: Sequence[tuple[Any, Notice]], *, draft: bool
) -> Iterator[_Chosen]:
    """The notices with their letters: as they were kept, or of a draft as they would be on the day of the run."""
    contents: dict[int, tuple[Letter | None, str]] = {}
    ids = [row.id for row, _ in chosen]
    if draft:
        written = [(row.id, one) for row, one in chosen if one.channel in WRITTEN and row.status == "draft"]
        for number, made in letters_for(connection, head.as_of, settings_of(connection), written):
            contents[number] = (made, kept.encoded(made))
    else:
        for number, text, digest in kept.letters_of(connection, ids):
            contents[number] = (read_letter(number, text, digest), text)
    owners = select(notices.c.customer_id).where(notices.c.run_id == head.id)
    names = {one.customer_no: one.name for one in each_customer(connection, customers.c.id.in_(owners))}
    for row, notice in chosen:
        letter, content = contents.get(row.id, _NONE)
        own = letter.address[0] if letter is not None and letter.address else names[notice.customer_no]
        yield _Chosen(row, notice, own, letter, content)


_NONE: Final[tuple[Letter | None, str]] = (None, "")


def _post_order(one: _Chosen) -> tuple[str, str, str, int]:
    """By country, postcode, customer: as the post likes to have them."""
    letter = one.letter
    if letter is None:
        return ("\U0010ffff", "", one.notice.customer_no, one.row.id)
    return (letter.country, letter.postcode, letter.customer_no, one.row.id)


def _noted(one: _Chosen, file: str, reason: str) -> Noted:
    notice, letter = one.notice, one.letter
    return Noted(
        shown_id("notices", one.row.id), notice.customer_no, one.name, letter.postcode if letter else "",
        notice.branch or "", notice.level, notice.title, notice.channel, notice.deadline, notice.currency,
        sum(line.open for line in notice.items), notice.fee - notice.lump_sum, notice.lump_sum, notice.interest,
        notice.total, file, reason, letter.missing if letter else (),
    )  # fmt: skip


def _files(
    job: _Job, language: Language, done: Callable[[int, int], None] | None
) -> Iterator[tuple[str, bytes | Iterable[bytes]]]:
    """The files by their names, each with a content that comes when it is asked for: letters, bundle, summary."""
    posted = {one.row.id for one in job.posted}
    wanted = [Wanted(one.content, bundled=one.row.id in posted) for one in job.letters]
    counted = 0

    def count(more: int) -> None:
        nonlocal counted
        counted += more
        if done is not None:
            done(counted, len(wanted))

    parts: list[bytes] = []
    single = _singles(set_all(wanted, draft=job.summary.draft, done=count), parts)
    yield from ((_file_name(one, draft=job.summary.draft), _next(single)) for one in job.letters)
    if posted:
        yield job.summary.bundle, joined(parts)
    for name in _summary_names(job):
        make = summary.pdf if name.endswith(".pdf") else summary.table
        yield name, make(job.summary, language)


def _singles(sets: Iterator[Set], parts: list[bytes]) -> Iterator[bytes]:
    """The letters one by one; the pages for the bundle are put by."""
    for one in sets:
        if one.part is not None:
            parts.append(one.part)
        yield from one.files


def _next(single: Iterator[bytes]) -> Iterator[bytes]:
    yield next(single)


def _names(job: _Job) -> Iterator[str]:
    yield from (_file_name(one, draft=job.summary.draft) for one in job.letters)
    if job.posted:
        yield job.summary.bundle


def _file_name(one: _Chosen, *, draft: bool) -> str:
    """``Mahnung_N17_10042.pdf``, whatever the customer's number holds."""
    number = _OTHERS.sub("-", one.notice.customer_no)[:_LONG]
    return f"{'Entwurf' if draft else 'Mahnung'}_{shown_id('notices', one.row.id)}_{number}.pdf"


def _bundle_name(job: _Job) -> str:
    return f"Sammeldruck_{_stem(job)}.pdf"


def _summary_names(job: _Job) -> tuple[str, str]:
    return (f"Uebersicht_{_stem(job)}.pdf", f"Uebersicht_{_stem(job)}.csv")


def _stem(job: _Job) -> str:
    return f"{job.name}_Entwurf" if job.summary.draft else job.name


def _refuse_existing(folder: Path, names: Sequence[str]) -> None:
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise Refused(*(error("file-exists", name, file=str(folder / name)) for name in there[:_SHOWN]))
