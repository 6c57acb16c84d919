"""What the settings of direct debits do to the files: read back by a reader of its own."""

from collections.abc import Callable
from datetime import date

from sqlalchemy import select

from recon.service import collecting, setting_up
from recon.service.collecting import Batch, CollectResult
from recon.service.context import Context
from recon.store.tables import batches
from tests.books import FIXTURES, rows, sound
from tests.property.sepa.reading import ReadDebit, read_debits

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"
UNTIL = date(2026, 11, 25)


def _set(context: Context, *changes: tuple[str, str]) -> None:
    text = (FIXTURES / "company.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    setting_up.apply(context, text.encode(), "company.toml")


def _collect(text: str) -> tuple[str, str]:
    return ("[collect]\n", f"[collect]\n{text}\n")


def _files(url: str) -> list[list[ReadDebit]]:
    return [read_debits(content) for (content,) in rows(url, select(batches.c.content).order_by(batches.c.id))]


def test_purposes_parties_and_umlauts(books_at: BooksAt, opened: Opened) -> None:
    """Each setting is seen in the files, and the auditor reads them as before."""
    url = books_at("matched")
    context = opened(url, DAY)
    plain = collecting.preview(context, due_until=UNTIL)
    _set(
        context,
        _collect('purpose = "SUBS"\ncategory_purpose = "TRAD"\nkeep_umlauts = true'),
        ('creditor_id_code = "K02"', 'creditor_id_code = "K02"\nultimate_creditor = "Hörstudio Süd GmbH"'),
    )
    made = collecting.create(context, due_until=UNTIL)
    assert (made.excluded, made.due) == (plain.excluded, plain.due)
    files = _files(url)
    assert {(debit.purpose, debit.category_purpose) for file in files for debit in file} == {("SUBS", "TRAD")}
    ultimate = {file.branch: {debit.ultimate_creditor for debit in read} for file, read in
                zip(made.batches, files, strict=True)}  # fmt: skip
    assert ultimate == {"K01": {""}, "K02": {"Hörstudio Süd GmbH"}, "K03": {""}}
    assert any("ä" in debit.name or "ö" in debit.name or "ü" in debit.name for file in files for debit in file)
    sound(url)


def test_a_file_holds_no_more_than_the_setting_says(books_at: BooksAt, opened: Opened) -> None:
    """Each file is full but the last of its branch; together they are what one file would be."""
    url = books_at("matched")
    context = opened(url, DAY)
    whole = collecting.preview(context, due_until=UNTIL)
    _set(context, _collect("max_debits = 4"))
    made = collecting.create(context, due_until=UNTIL)
    assert made.due == whole.due
    counts = [(one.branch, one.scheme, one.count) for one in made.batches]
    expected = [
        (one.branch, one.scheme, min(4, one.count - start)) for one in whole.batches for start in range(0, one.count, 4)
    ]
    assert counts == expected
    assert [len(file) for file in _files(url)] == [count for _, _, count in counts]
    assert len({one.message_id for one in made.batches}) == len({one.file for one in made.batches}) == len(counts)
    sound(url)


def test_lead_time_and_cut_off_of_an_account(books_at: BooksAt, opened: Opened) -> None:
    """The bank in Bonn wants five days and takes files until noon; the others go by ``[collect]``. Each file says by
    when it must be handed in, planned and in the books."""
    url = books_at("matched")
    context = opened(url, DAY)
    _set(context, ('bic = "COLSDE33XXX"', 'bic = "COLSDE33XXX"\nlead_days = 5\ncut_off = "12:00"'))
    before = _days(collecting.preview(context, due_until=UNTIL))
    assert before == {"K01": date(2026, 11, 23), "K02": date(2026, 11, 27), "K03": date(2026, 11, 24)}
    late = _days(collecting.preview(context, due_until=UNTIL, at="12:01"))
    assert late == {**before, "K02": date(2026, 11, 30)}
    made = collecting.create(context, due_until=UNTIL, at="12:00")
    assert _days(made) == before
    told = {one.branch: (one.submit_by, one.cut_off) for one in _core(collecting.batches_in_books(context))}
    assert told == {one.branch: (one.submit_by, one.cut_off) for one in _core(made)}
    assert told == {
        "K01": (date(2026, 11, 20), None), "K02": (date(2026, 11, 20), "12:00"), "K03": (date(2026, 11, 23), None),
    }  # fmt: skip


def _core(made: CollectResult) -> list[Batch]:
    return [one for one in made.batches if one.scheme == "CORE"]


def _days(made: CollectResult) -> dict[str | None, date]:
    return {one.branch: one.collection_date for one in _core(made)}
