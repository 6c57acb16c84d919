"""Every row of the seed documents is proved by a test that carries its id, or says why not."""

from docs.proofs import PAGE, proofs, requirements_page, rows
from tests.repository.code import none


def test_every_row_is_proved_or_says_why_not() -> None:
    proved = proofs()
    none(name for name, row in rows().items() if name not in proved and "not" not in row)


def test_no_row_says_that_it_is_not_there_while_a_test_proves_it() -> None:
    proved = proofs()
    none(name for name, row in rows().items() if name in proved and "not" in row)


def test_tests_name_rows_that_there_are() -> None:
    none(set(proofs()) - set(rows()))


def test_the_page_is_current() -> None:
    """``make docs`` brings it up to date."""
    assert PAGE.read_text("utf-8") == requirements_page()
