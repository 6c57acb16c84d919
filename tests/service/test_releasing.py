"""Release of debit files: by one person, or, where the settings say so, by a second one (four eyes)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from recon.service import collecting, setting_up
from recon.service.answers import Exit, Refused
from recon.service.context import Context
from recon.store.tables import batches, log
from recon.texts import finding_text, remedy
from tests.books import dump, rows, sound
from tests.service.decided import codes_of

BooksAt = Callable[[str], str]
Opened = Callable[..., Context]
DAY = "2026-11-20"


def _four_eyes(context: Context) -> None:
    setting_up.change(context, "collect.release", "four_eyes")


def test_four_eyes_a_second_person_releases_then_it_goes_out(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """created → released → exported → submitted, each with who did it, in the books and in the log."""
    url = books_at("created")
    maker, second = opened(url, DAY), opened(url, "2026-11-21", actor="second")
    _four_eyes(maker)
    (released,) = collecting.release(second, ["B2"]).batches
    assert (released.status, released.created_by, released.released_by) == ("released", "tester", "second")
    assert str(released.released_on) == "2026-11-21"
    (out,) = collecting.export(maker, tmp_path, ["B2"]).batches
    assert out.status == "exported"
    assert collecting.submitted(maker, "B2").batches[0].status == "submitted"
    kept = rows(url, select(log.c.action, log.c.actor).where(log.c.subject == "B2").order_by(log.c.id))
    assert [tuple(row) for row in kept] == [
        ("collect", "tester"), ("release", "second"), ("export", "tester"), ("submit", "tester"),
    ]  # fmt: skip
    sound(url)


def test_four_eyes_without_a_release_nothing_goes_out(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Exit 7 with what to do, in both languages; neither books nor folder have changed, also by a second person."""
    url = books_at("created")
    _four_eyes(opened(url, DAY))
    before = dump(url)
    for actor in ("tester", "second"):
        with pytest.raises(Refused) as no:
            collecting.export(opened(url, DAY, actor=actor), tmp_path / "out")
        assert (codes_of(no), no.value.exit_code) == (["batch-unreleased"] * 4, Exit.NOT_PERMITTED)
    told = no.value.findings[0]
    assert "noch nicht freigegeben" in finding_text(told, "de")
    assert "collect release B1" in remedy(told, "en")
    assert dump(url) == before
    assert not (tmp_path / "out").exists()


def test_four_eyes_the_maker_cannot_release_his_own(books_at: BooksAt, opened: Opened) -> None:
    """Exit 7; one of several that is his own refuses all of them."""
    url = books_at("created")
    maker = opened(url, DAY)
    _four_eyes(maker)
    before = dump(url)
    with pytest.raises(Refused) as no:
        collecting.release(maker, ["B1", "B3"])
    assert (codes_of(no), no.value.exit_code) == (["batch-own-release"] * 2, Exit.NOT_PERMITTED)
    assert dump(url) == before


def test_single_a_release_is_possible_and_not_needed(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """As before: who creates may export; releasing one's own is no fault."""
    url = books_at("created")
    maker = opened(url, DAY)
    assert collecting.release(maker, ["B1"]).batches[0].status == "released"
    assert {one.status for one in collecting.export(maker, tmp_path).batches} == {"exported"}
    sound(url)


def test_released_again_changes_nothing(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """By the same or a third person, before and after the export: who released first stays."""
    url = books_at("created")
    _four_eyes(opened(url, DAY))
    collecting.release(opened(url, DAY, actor="second"), ["B1"])
    before = dump(url)
    for actor in ("second", "third"):
        collecting.release(opened(url, DAY, actor=actor), ["B1"])
    assert dump(url) == before
    collecting.export(opened(url, DAY), tmp_path, ["B1"])
    before = dump(url)
    collecting.release(opened(url, DAY, actor="third"), ["B1"])
    assert dump(url) == before


def test_four_eyes_put_in_force_later_ask_for_another_release(
    books_at: BooksAt, opened: Opened, tmp_path: Path
) -> None:
    """Released by its maker while that was enough: now a second person must."""
    url = books_at("created")
    maker = opened(url, DAY)
    collecting.release(maker, ["B1"])
    _four_eyes(maker)
    with pytest.raises(Refused) as no:
        collecting.export(maker, tmp_path, ["B1"])
    assert codes_of(no) == ["batch-unreleased"]
    collecting.release(opened(url, DAY, actor="second"), ["B1"])
    collecting.export(maker, tmp_path, ["B1"])
    # What went out before stays out, and is written again as it is.
    assert rows(url, select(batches.c.released_by).where(batches.c.id == 1))[0][0] == "second"
    sound(url)


def test_what_cannot_be_released(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """Unknown, taken back, out already."""
    url = books_at("created")
    context = opened(url, DAY)
    collecting.cancel(context, "B1")
    collecting.export(context, tmp_path, ["B2"])
    before = dump(url)
    for batch, code in (("B9", "batch-unknown"), ("B1", "batch-cancelled"), ("B2", "batch-out")):
        with pytest.raises(Refused) as no:
            collecting.release(context, [batch])
        assert codes_of(no) == [code]
    assert dump(url) == before


def test_exported_again_under_four_eyes_gives_the_same_bytes(books_at: BooksAt, opened: Opened, tmp_path: Path) -> None:
    """What went out before the rule was there can still be written again."""
    url = books_at("exported")
    context = opened(url, DAY)
    _four_eyes(context)
    collecting.export(context, tmp_path, ["B1"])
    name, content = rows(url, select(batches.c.file_name, batches.c.content).where(batches.c.id == 1))[0]
    assert (tmp_path / name).read_bytes() == bytes(content)
