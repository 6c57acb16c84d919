"""The summary of a run's letters: as many as may be, the sums are those of all."""

from dataclasses import replace
from datetime import date

from recon.outside.letter_summary import PRINTED, Noted, Summary, pdf, sums_of, table
from tests.unit.outside.letter_samples import text

_ONE = Noted("N1", "10042", "Max Muster", "50667", "K01", 2, "Mahnung 2", "letter", date(2026, 3, 25), "EUR", 100_00,
             5_00, 0, 1_00, 106_00, "Mahnung_N1_10042.pdf")  # fmt: skip


def _summary(*notices: Noted) -> Summary:
    return Summary("D3", date(2026, 3, 15), "Optik Beispiel GmbH", False, notices, ())


def test_v_20_sums_by_level_branch_and_currency() -> None:
    notices = (_ONE, replace(_ONE, level=1, branch="K02"), replace(_ONE, currency="CHF"),
               replace(_ONE, file="", reason="phone"))  # fmt: skip
    found = [(one.key, one.currency, one.count, one.total) for one in sums_of(_summary(*notices).printed, "level")]
    assert found == [("1", "EUR", 1, 106_00), ("2", "CHF", 1, 106_00), ("2", "EUR", 1, 106_00)]
    told = text(pdf(_summary(*notices), "de"))
    assert "Stufe 2 1 EUR 100,00 5,00 1,00 106,00" in told
    assert "alle Briefe 2 EUR 200,00 10,00 2,00 212,00" in told
    assert "Anruf, kein Brief" in told


def test_v_20_very_many_are_listed_in_the_table_and_counted_on_paper() -> None:
    notices = tuple(replace(_ONE, notice=f"N{at}", customer_no=str(at)) for at in range(PRINTED + 30))
    told = text(pdf(_summary(*notices), "de"))
    assert "… und 30 weitere in der CSV-Datei." in told
    assert f"alle Briefe {PRINTED + 30} EUR 103.000,00" in told
    rows = table(_summary(*notices), "de").decode("utf-8-sig").splitlines()
    assert len(rows) == PRINTED + 31
    assert rows[-1].startswith(f"N{PRINTED + 29};{PRINTED + 29};Max Muster;50667;K01;2;Mahnung 2;Brief;25.03.2026;EUR;")


def test_what_names_hold_is_neither_markup_nor_formula() -> None:
    hostile = _summary(replace(_ONE, name='=cmd|" /C calc"!A1 #read("x") *fett*', customer_no="+49"))
    assert '=cmd|" /C calc"!A1 #read("x") *fett*' in text(pdf(hostile, "en"))
    row = table(hostile, "en").decode("utf-8-sig").splitlines()[1]
    assert "\"'=cmd|" in row
    assert ";'+49;" in row
