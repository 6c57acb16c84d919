"""The life of a debit file by commands: preview, create, announce, release by a second person, one debit taken out,
export with its sheets, submitted. Exit codes as scripts see them."""

from collections.abc import Callable
from pathlib import Path

from tests.books import sound
from tests.commandline import Ran, command, document

BooksAt = Callable[[str], str]
_WINDOW = ("--due-until", "2026-11-25", "--branch", "K01")


def test_four_eyes_from_the_preview_to_the_bank(books_at: BooksAt, tmp_path: Path) -> None:
    url = books_at("matched")
    out = str(tmp_path / "out")

    def words(*more: str, actor: str = "first") -> tuple[str, ...]:
        return ("--books", url, "--as-of", "2026-11-20", "--lang", "de", "--actor", actor, *more)

    def told(*more: str, actor: str = "first", code: int = 0) -> Ran:
        ran = command(*words(*more, actor=actor))
        assert ran.code == code, ran.err
        return ran

    told("settings", "set", "collect.release", "four_eyes")
    preview = told("collect", "preview", *_WINDOW).out
    assert "Weiter mit: opos collect create" in preview
    assert "RE-2026-0839  Kontoinhaber" in preview
    made = told("collect", "create", *_WINDOW).out
    assert "opos --actor NAME collect release B1 B2" in made
    assert "noch nicht freigegeben" in told("collect", "export", "--out", out, code=7).err
    assert "kann ihn nicht selbst freigeben" in told("collect", "release", "B1", "B2", code=7).err
    assert "freigegeben" in told("collect", "release", "B1", "B2", actor="second").out
    assert "collect submitted B1 B2" in told("collect", "export", "--out", out).out
    ran = told("collect", "cancel", "B1", "--item", "RE-2026-0839")
    assert "darf nicht mehr an die Bank gehen" in ran.err
    assert "collect release B3" in ran.out
    shown = document(*words("collect", "show", "B3"))
    assert "RE-2026-0839" not in {debit["item"] for debit in shown["debits"]}
    assert (shown["batch"]["replaces"], shown["batch"]["count"]) == ("B1", 14)
    told("collect", "release", "B3", actor="second")
    told("collect", "export", "--out", out, "B3")
    told("collect", "submitted", "B1", code=4)
    for batch in ("B2", "B3"):
        told("collect", "submitted", batch)
    told("collect", "cancel", "B3", "--item", "RE-2026-0859", code=7)
    files = {batch["batch"]: batch["status"] for batch in document(*words("collect", "list"))["files"]}
    assert files == {"B1": "cancelled", "B2": "submitted", "B3": "submitted"}
    ends = sorted(path.suffix for path in (tmp_path / "out").iterdir())
    assert ends == sorted([".xml", ".pdf", ".csv", ".sha256"] * 3)
    sound(url)
