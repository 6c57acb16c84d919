"""The keys of a dunning procedure in the company's file: read, kept in the books, shown again; wrong values named."""

from datetime import date

import pytest

from recon.items import dump_settings, load_settings, read_company, settings_document
from recon.model.settings import BaseRate, LevelSettings

HEAD = '[company]\nname = "Optik Beispiel GmbH"\n[dunning]\n'
WHOLE = (
    HEAD
    + """
preset = "none"
mode = "external"
repeat_last = true
max_repeats = 2
due_shift = "next_bank_day"
copy_on_create = true
countries = ["DE", "AT"]
interest = true
interest_from = "due_date"
day_count = "actual_actual"
lump_sum = true
[[dunning.levels]]
number = 1
after_days = 14
deadline_days = 7
min_amount = "5.00"
interest = false
[[dunning.base_rates]]
from = 2027-07-01
percent = "-0,88"
[[dunning.base_rates]]
from = 2027-01-01
percent = "1.5"
"""
)


def test_every_key_is_read_and_kept() -> None:
    settings, found = read_company(WHOLE.encode(), "company.toml")
    assert (settings is not None, found) == (True, ())
    assert settings is not None
    own = settings.dunning
    assert (own.mode, own.max_repeats, own.due_shift, own.copy_on_create) == ("external", 2, "next_bank_day", True)
    assert (own.countries, own.interest, own.interest_from) == (("DE", "AT"), True, "due_date")
    assert (own.day_count, own.lump_sum) == ("actual_actual", True)
    assert own.levels == (LevelSettings(1, 14, deadline_days=7, min_amount=5_00, interest=False),)
    assert own.base_rates == (BaseRate(date(2027, 1, 1), 1_50), BaseRate(date(2027, 7, 1), -88))
    assert load_settings(dump_settings(settings)) == settings
    shown = settings_document(settings)["dunning"]
    assert shown["base_rates"] == [
        {"from": "2027-01-01", "percent": "1.50"},
        {"from": "2027-07-01", "percent": "-0.88"},
    ]
    assert (shown["levels"][0]["min_amount"], shown["levels"][0]["interest"]) == ("5.00", False)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ('mode = "maybe"', "setting-choice"),
        ("max_repeats = -1", "setting-range"),
        ('countries = ["Deutschland"]', "setting-type"),
        ('interest = "yes"', "setting-type"),
        ("[[dunning.base_rates]]\nfrom = 2027-01-01\npercent = 1.52", "setting-money-unquoted"),
        ('[[dunning.base_rates]]\nfrom = 2027-01-01\npercent = "1.525"', "setting-type"),
        ('[[dunning.base_rates]]\nfrom = 2027-01-01\npercent = "152"', "setting-range"),
        ('[[dunning.base_rates]]\nfrom = "Januar"\npercent = "1.52"', "setting-type"),
        ('[[dunning.base_rates]]\nfrom = 2027-01-01T00:00:00\npercent = "1.52"', "setting-type"),
        ('[[dunning.base_rates]]\npercent = "1.52"', "setting-missing"),
        ('[[dunning.base_rates]]\nfrom = 2027-01-01\npercent = "1.5"\n' * 2, "setting-doubled"),
    ],
)
def test_a_wrong_value_is_named(lines: str, code: str) -> None:
    settings, found = read_company((HEAD + lines + "\n").encode(), "company.toml")
    assert (settings, [finding.code for finding in found]) == (None, [code])
    assert found[0].where.startswith("company.toml:dunning.")
