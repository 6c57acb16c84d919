"""The presets as data, the titles, and what is wrong with settings."""

import re
import tomllib
from dataclasses import replace
from importlib import resources

import pytest

from recon.dunning.check import check, switched_off
from recon.dunning.presets import PRESETS, preset
from recon.dunning.titles import title
from recon.items import read_company
from recon.model.finding import Finding, Severity
from recon.model.settings import Branch, DunningSettings, LevelSettings
from recon.texts import finding_text, remedy
from tests.unit.dunning.daily import levels


@pytest.mark.parametrize(
    ("name", "boundary", "expected"),
    [
        ("amparex", "inclusive", [(14, "due_date"), (4, "previous_deadline"), (4, "previous_deadline")]),
        ("prepayment", "strict", [(10, "due_date"), (10, "previous_notice"), (10, "previous_notice")]),
        ("fintecrity", "inclusive", [(3, "due_date"), (7, "previous_notice"), (7, "previous_notice")]),
        ("desk4", "inclusive", [(1, "due_date"), (10, "due_date"), (20, "due_date")]),
    ],
)
def test_v_04_a_08_f_36_d_09_three_levels_of_each_preset(
    name: str, boundary: str, expected: list[tuple[int, str]]
) -> None:
    found = preset(name)
    assert (found.preset, found.boundary) == (name, boundary)
    assert [(level.after_days, level.anchor) for level in found.levels] == expected
    assert [level.fee for level in found.levels] == [0, 0, 0]
    assert check(found) == ()


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_names_the_seed_lines_it_follows(name: str) -> None:
    text = resources.files("recon.dunning").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    assert re.search(r"# [AVFD]-\d\d.* S[1-4] lines? \d+", text)


def test_every_preset_file_is_offered() -> None:
    files = resources.files("recon.dunning").joinpath("presets").iterdir()
    assert {file.name for file in files} == {f"{name}.toml" for name in PRESETS}


@pytest.mark.parametrize(
    ("name", "level", "language", "expected"),
    [
        (None, 1, "de", "Zahlungserinnerung"),
        (None, 4, "en", "Reminder 4"),
        ("prepayment", 1, "de", "1. Mahnung"),
        ("prepayment", 3, "en", "Reminder 3"),
        ("fintecrity", 2, "de", "Mahnung"),
        ("fintecrity", 3, "en", "Telephone call"),
        ("desk4", 2, "de", "Mahnung 2"),
    ],
)
def test_x_13_title_with_its_number(name: str | None, level: int, language: str, expected: str) -> None:
    assert title(name, level, language) == expected


def test_d_13_no_title_in_another_language_instead() -> None:
    with pytest.raises(KeyError):
        title("amparex", 1, "fr")


def test_an_unknown_preset_is_a_broken_promise() -> None:
    with pytest.raises(KeyError):
        preset("../amparex")


def codes(found: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in found]


WRONG: list[tuple[DunningSettings, tuple[Branch, ...], str, Severity]] = [
        (
            DunningSettings(preset=None, levels=(LevelSettings(1, 1, "previous_notice"),)),
            (), "dunning-first-anchor", Severity.ERROR,
        ),
        (replace(preset("prepayment"), deadline_days=20), (), "dunning-level-comes-later", Severity.WARNING),
        (DunningSettings(preset=None, levels=levels(2_50)), (), "dunning-first-fee", Severity.INFO),
        (
            DunningSettings(), (Branch("K01", "Köln", dunning_days=(14, 10, 10, 10)),),
            "dunning-branch-days-ignored", Severity.WARNING,
        ),
        (replace(preset("prepayment"), repeat_last=True), (), "dunning-repeats-endless", Severity.WARNING),
        (DunningSettings(preset=None, levels=levels(0, 2_50)), (), "dunning-fee-recoverable", Severity.INFO),
        (DunningSettings(interest=True, interest_from="due_date"), (), "dunning-interest-from-due-date", Severity.INFO),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "branches", "code", "severity"), WRONG)
def test_what_is_wrong_with_settings_is_told_in_both_languages(
    settings: DunningSettings, branches: tuple[Branch, ...], code: str, severity: Severity
) -> None:
    found = check(settings, branches)
    assert set(codes(found)) == {(code, severity)}
    for finding in found:
        for text in (finding_text(finding, "de"), finding_text(finding, "en"), remedy(finding, "de")):
            assert text
            assert "{" not in text


def test_the_warning_names_the_days_that_will_be() -> None:
    found = check(replace(preset("fintecrity"), deadline_days=10))
    assert [dict(finding.facts) for finding in found] == [
        {"level": "2", "wanted": "7", "actual": "11"},
        {"level": "3", "wanted": "7", "actual": "11"},
    ]


COMPANY = '[company]\nname = "Optik Beispiel GmbH"\n[dunning]\npreset = "none"\n'
LEVEL = "[[dunning.levels]]\nnumber = {}\nafter_days = 1\nfee = {}\n"


def of_fees(*fees: str) -> tuple[list[int], list[str]]:
    """Levels with these fees as a company writes them: fees in minor units, codes of what was found."""
    content = COMPANY + "".join(LEVEL.format(number, f'"{fee}"') for number, fee in enumerate(fees, start=1))
    settings, found = read_company(content.encode(), "company.toml")
    return [] if settings is None else [level.fee for level in settings.dunning.levels], [one.code for one in found]


@pytest.mark.parametrize(
    ("fees", "expected", "found"),
    [
        (("0.00", "5.00", "7.5", "10"), [0, 5_00, 7_50, 10_00], []),
        (("0,00", "2,50"), [0, 2_50], []),
        (("-1.00",), [], ["setting-range"]),
        (("1.005",), [], ["setting-money"]),
        # at most four levels
        (("0", "0", "0", "0", "0"), [], ["levels-too-many"]),
        # who enters fees without those before them is warned
        (("0.00", "5.00", "3.00"), [0, 5_00, 3_00], ["level-fee-falls"]),
    ],
)
def test_a_12_a_08_a_16_a_fee_for_each_of_at_most_four_levels(
    fees: tuple[str, ...], expected: list[int], found: list[str]
) -> None:
    assert of_fees(*fees) == (expected, found)


def test_a_20_x_22_a_fee_brings_a_hint_that_judges_nothing() -> None:
    """Neither refused nor warned of; without a fee, as every preset has it, nothing is said."""
    told = check(DunningSettings(preset=None, levels=levels(2_50, 5_00)))
    assert codes(told) == [("dunning-first-fee", Severity.INFO), ("dunning-fee-recoverable", Severity.INFO)]
    assert "nicht" in finding_text(told[1], "de")
    assert all(check(preset(name)) == () and preset(name).levels[0].fee == 0 for name in PRESETS)


# Said where runs are made and interest is reckoned.
ELSEWHERE = {"dunning-off", "dunning-external", "base-rate-unverified", "base-rate-old", "dunning-would-move"}


def test_every_finding_in_the_catalogue_of_dunning_is_provoked_above() -> None:
    text = resources.files("recon.texts").joinpath("findings", "dunning.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(text)) - ELSEWHERE == {code for _, _, code, _ in WRONG}


@pytest.mark.parametrize(("mode", "code"), [("on", None), ("off", "dunning-off"), ("external", "dunning-external")])
def test_d_03_v_01_nobody_duns_where_it_is_switched_off(mode: str, code: str | None) -> None:
    found = switched_off(DunningSettings(mode=mode), "[dunning] mode")  # type: ignore[arg-type]
    assert (None if found is None else found.code) == code
