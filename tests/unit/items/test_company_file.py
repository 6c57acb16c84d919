"""The settings file of contract.md 2: every key is checked, and every fault is named with its place and remedy."""

from typing import Any

import pytest

from recon.items import change_setting, dump_settings, load_settings, read_company, read_document, settings_document
from recon.model.finding import Severity
from recon.model.settings import (
    Account,
    Branch,
    CollectSettings,
    Company,
    DunningSettings,
    LevelSettings,
    MatchingSettings,
    Settings,
)

# The file of contract.md 2, every key set otherwise than by default where it can be.
WHOLE = """
[company]
name = "Optik Beispiel GmbH"
creditor_id = "DE98ZZZ09999999999"
chart = "SKR04"
street = "Hauptstr. 1"
postcode = "50667"
town = "Köln"
country = "DE"

[[accounts]]
iban = "DE89 3704 0044 0532 0130 00"
bic = "COBADEFFXXX"
name = "Geschäftskonto Köln"
ledger_account = "1810"
lead_days = 3
cut_off = "14:30"

[[branches]]
code = "K01"
name = "Filiale Köln"
account = "DE89370400440532013000"
creditor_id_code = "K01"
dunning_days = [14, 10, 10]
ultimate_creditor = "Hörstudio Süd GmbH"

[matching]
auto = "none"
fee_policy = "legal_order"
no_auto_types = ["credit_note"]
tolerance = "0,50"

[collect]
group_by_branch = false
on_export = "mark_paid"
one_mandate_per_customer = false
service_contracts_apart = true
prenotification_days = 5
lead_days = 2
schema = "pain.008.001.02"
max_debits = 5000
structured_reference = true
keep_umlauts = true
purpose = "SUBS"
category_purpose = "TRAD"

[dunning]
preset = "prepayment"
boundary = "strict"
fee_mode = "cumulative"
combine = "address"
deadline_days = 12
fee_scope = "per_item"
mixed_levels = "separate"
min_gap_days = 3
min_amount = "5,00"
repeat_last = true
staleness_bank_days = 5

[[dunning.levels]]
number = 1
after_days = 14

[[dunning.levels]]
number = 2
after_days = 7
anchor = "previous_notice"
fee = "5.00"
channel = "phone"

[ledger]
dunning_fee = "4835"
bank = "1800"
"""

HEAD = '[company]\nname = "Beispiel GmbH"\n'
USER = '[[users]]\nname = "A"\nrole = "supervisor"\n'
ACCOUNT = '[[accounts]]\niban = "DE89370400440532013000"\n'


def read(text: str) -> tuple[Settings | None, list[tuple[str, str]]]:
    settings, findings = read_company(text.encode(), "firma.toml")
    return settings, [(one.code, one.where.partition(":")[2]) for one in findings]


def good(text: str) -> Settings:
    settings, found = read(text)
    assert found == []
    assert settings is not None
    return settings


def test_the_whole_file() -> None:
    assert good(WHOLE) == Settings(
        Company("Optik Beispiel GmbH", "DE98ZZZ09999999999", "SKR04", "Hauptstr. 1", "50667", "Köln", "DE"),
        (Account("DE89370400440532013000", "COBADEFFXXX", "Geschäftskonto Köln", "EUR", "1810", 3, "14:30"),),
        (Branch("K01", "Filiale Köln", "DE89370400440532013000", "K01", (14, 10, 10), "Hörstudio Süd GmbH"),),
        MatchingSettings("none", "legal_order", ("credit_note",), 50),
        CollectSettings(
            False, "mark_paid", False, True, 5, 2, "pain.008.001.02", max_debits=5000, structured_reference=True,
            keep_umlauts=True, purpose="SUBS", category_purpose="TRAD",
        ),
        DunningSettings(
            "prepayment", "strict", "cumulative", "per_item", "address", "separate", 12, 3, 500, True, 5,
            (LevelSettings(1, 14), LevelSettings(2, 7, "previous_notice", 500, "phone")),
        ),
        (("bank", "1800"), ("dunning_fee", "4835")),
    )  # fmt: skip


def test_a_company_with_nothing_but_its_name_takes_the_defaults() -> None:
    assert good(HEAD) == Settings(Company("Beispiel GmbH"))


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read_company(b"\xef\xbb\xbf" + HEAD.encode(), "firma.toml")[0] == Settings(Company("Beispiel GmbH"))


def test_a_preset_without_levels_leaves_them_to_dunning() -> None:
    dunning = good(f'{HEAD}[dunning]\npreset = "desk4"\n').dunning
    assert (dunning.preset, dunning.levels) == ("desk4", ())


def test_levels_without_a_preset_stand_for_themselves() -> None:
    dunning = good(f"{HEAD}[[dunning.levels]]\nnumber = 1\nafter_days = 3\n").dunning
    assert (dunning.preset, dunning.levels) == (None, (LevelSettings(1, 3),))
    assert good(f'{HEAD}[dunning]\npreset = "none"\n').dunning.preset is None


def test_the_keys_that_the_file_states_are_kept_apart_from_defaults() -> None:
    dunning = good(f'{HEAD}[dunning]\npreset = "prepayment"\nboundary = "inclusive"\n').dunning
    assert dunning.given == ("boundary", "preset")
    assert dunning.boundary == "inclusive"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [("setting-missing", "company.name")]),
        ("[company]\n", [("setting-missing", "company.name")]),
        ('company = "x"\n', [("setting-type", "company"), ("setting-missing", "company.name")]),
        ('[company]\nname = ""\n', [("setting-text", "company.name")]),
        ("[company]\nname = 5\n", [("setting-type", "company.name")]),
        (f'[company]\nname = "{"x" * 201}"\n', [("setting-text", "company.name")]),
        ('[company]\nname = "A\\u200bB"\n', [("setting-text", "company.name")]),
        (f'{HEAD}creditor_id = "DE97ZZZ09999999999"\n', [("setting-creditor-id", "company.creditor_id")]),
        (f'{HEAD}chart = "SKR49"\n', [("setting-choice", "company.chart")]),
        (f'{HEAD}country = "Germany"\n', [("setting-type", "company.country")]),
        (f'{HEAD}[[accounts]]\niban = "DE88370400440532013000"\n', [("setting-iban", "accounts.1.iban")]),
        (f'{HEAD}[[accounts]]\nname = "Bank"\n', [("setting-missing", "accounts.1.iban")]),
        (f'{HEAD}{ACCOUNT}bic = "XYZ"\n', [("setting-bic", "accounts.1.bic")]),
        (f"{HEAD}{ACCOUNT}ledger_account = 1200\n", [("setting-type", "accounts.1.ledger_account")]),
        (f"{HEAD}{ACCOUNT}{ACCOUNT}", [("setting-doubled", "accounts.2.iban")]),
        (f"{HEAD}[accounts]\n", [("setting-type", "accounts")]),
        (f"{HEAD}{USER}{USER}", [("setting-doubled", "users.2.name")]),
        (f'{HEAD}{USER}[[users]]\nname = "B"\nrole = "boss"\n', [("setting-choice", "users.2.role")]),
        (f'{HEAD}[[users]]\nrole = "supervisor"\n', [("setting-missing", "users.1.name")]),
        (f'{HEAD}[[users]]\nname = "B"\nrole = "job"\n', [("users-no-supervisor", "users")]),
        (f'accounts = ["x"]\n{HEAD}', [("setting-type", "accounts.1"), ("setting-missing", "accounts.1.iban")]),
        (
            f'{HEAD}[[branches]]\ncode = "K01"\nname = "Köln"\naccount = "DE89370400440532013000"\n',
            [("branch-account-unknown", "branches.1.account")],
        ),
        (
            f'{HEAD}[[branches]]\ncode = "K01"\nname = "A"\n[[branches]]\ncode = "K01"\nname = "B"\n',
            [("setting-doubled", "branches.2.code")],
        ),
        (
            f'{HEAD}[[branches]]\ncode = "K01"\nname = "A"\ncreditor_id_code = "K1"\ndunning_days = [1, 2, 3, 4, 5]\n',
            [("setting-type", "branches.1.creditor_id_code"), ("setting-too-many", "branches.1.dunning_days")],
        ),
        (
            f'{HEAD}[[branches]]\ncode = "K01"\nname = "A"\ndunning_days = [14, "x"]\n',
            [("setting-type", "branches.1.dunning_days")],
        ),
        (f'{HEAD}[matching]\nauto = "yes"\n', [("setting-choice", "matching.auto")]),
        (f'{HEAD}[matching]\nno_auto_types = ["letter"]\n', [("setting-choice", "matching.no_auto_types")]),
        (f'{HEAD}[matching]\ntolerance = "50,01"\n', [("setting-range", "matching.tolerance")]),
        (f'{HEAD}[matching]\nno_auto_types = "invoice"\n', [("setting-type", "matching.no_auto_types")]),
        (f'{HEAD}[collect]\ngroup_by_branch = "yes"\n', [("setting-type", "collect.group_by_branch")]),
        (f"{HEAD}[collect]\ngroup_by_branch = 1\n", [("setting-type", "collect.group_by_branch")]),
        (f"{HEAD}[collect]\nprenotification_days = true\n", [("setting-type", "collect.prenotification_days")]),
        (f"{HEAD}[collect]\nprenotification_days = -1\n", [("setting-range", "collect.prenotification_days")]),
        (f"{HEAD}[collect]\nlead_days = 0\n", [("setting-range", "collect.lead_days")]),
        (f"{HEAD}[collect]\nmax_debits = 0\n", [("setting-range", "collect.max_debits")]),
        (f"{HEAD}[collect]\nmax_debits = 100001\n", [("setting-range", "collect.max_debits")]),
        (f'{HEAD}[collect]\npurpose = "subs"\n', [("setting-type", "collect.purpose")]),
        (f'{HEAD}[collect]\ncategory_purpose = "SUB"\n', [("setting-type", "collect.category_purpose")]),
        (f"{HEAD}{ACCOUNT}lead_days = 31\n", [("setting-range", "accounts.1.lead_days")]),
        (f'{HEAD}{ACCOUNT}cut_off = "24:00"\n', [("setting-type", "accounts.1.cut_off")]),
        (f'{HEAD}{ACCOUNT}cut_off = "9:00"\n', [("setting-type", "accounts.1.cut_off")]),
        (f'{HEAD}[collect]\nschema = "pain.008.003.02"\n', [("setting-choice", "collect.schema")]),
        (f'{HEAD}[dunning]\npreset = "sap"\n', [("setting-choice", "dunning.preset")]),
        (f"{HEAD}[dunning]\nmin_amount = 0.01\n", [("setting-money-unquoted", "dunning.min_amount")]),
        (f'{HEAD}[dunning]\nmin_amount = "1.234"\n', [("setting-money", "dunning.min_amount")]),
        (f'{HEAD}[dunning]\nmin_amount = "-1"\n', [("setting-range", "dunning.min_amount")]),
        (f'{HEAD}[dunning]\nlevels = "x"\n', [("setting-type", "dunning.levels")]),
        (f'{HEAD}[ledger]\nbank = "12"\n', [("setting-type", "ledger.bank")]),
        (f'{HEAD}[ledger]\nbanc = "1200"\n', [("setting-unknown", "ledger.banc")]),
    ],
)
def test_what_is_refused(text: str, found: list[tuple[str, str]]) -> None:
    assert read(text) == (None, found)


def level(number: object, days: object = 14, more: str = "") -> str:
    return f"[[dunning.levels]]\nnumber = {number}\nafter_days = {days}\n{more}\n"


def test_a08_a_fifth_dunning_level_is_refused() -> None:
    assert len(good(HEAD + "".join(level(number) for number in (1, 2, 3, 4))).dunning.levels) == 4
    assert read(HEAD + "".join(level(number) for number in (1, 2, 3, 4, 5))) == (
        None,
        [("levels-too-many", "dunning.levels")],
    )
    assert read(HEAD + level(5)) == (None, [("setting-range", "dunning.levels.1.number")])


@pytest.mark.parametrize("numbers", [(2,), (2, 1), (1, 3), (1, 1), (1, 2, 2)])
def test_a08_levels_are_numbered_in_order(numbers: tuple[int, ...]) -> None:
    assert read(HEAD + "".join(map(level, numbers))) == (None, [("levels-order", "dunning.levels")])


@pytest.mark.parametrize(("fee", "quoted"), [("5.00", '"5.00"'), ("5", '"5.00"'), ("5.5", '"5.50"')])
def test_a12_a_fee_is_quoted_so_that_no_cent_is_lost(fee: str, quoted: str) -> None:
    _settings, findings = read_company((HEAD + level(1, 14, f"fee = {fee}")).encode(), "firma.toml")
    (finding,) = findings
    assert (finding.code, finding.where) == ("setting-money-unquoted", "firma.toml:dunning.levels.1.fee")
    assert dict(finding.facts)["quoted"] == quoted


@pytest.mark.parametrize(("fee", "minor"), [("0.00", 0), ("5,00", 500), ("12.50", 1250)])
def test_a12_d17_fees_may_be_zero_and_have_two_decimals(fee: str, minor: int) -> None:
    assert good(HEAD + level(1, 14, f'fee = "{fee}"')).dunning.levels[0].fee == minor


def test_a16_a_fee_below_that_of_the_level_before_is_a_warning() -> None:
    text = HEAD + level(1, 14, 'fee = "5.00"') + level(2, 14, 'fee = "2.50"')
    settings, findings = read_company(text.encode(), "firma.toml")
    assert settings is not None
    assert [(one.code, one.severity) for one in findings] == [("level-fee-falls", Severity.WARNING)]


def test_f06_the_companys_own_postcode_is_looked_at() -> None:
    settings, findings = read_company(f'{HEAD}postcode = "5066"\n'.encode(), "firma.toml")
    assert settings is not None
    assert [(one.code, one.severity) for one in findings] == [("postcode-invalid", Severity.WARNING)]


@pytest.mark.parametrize(
    ("text", "where", "near"),
    [
        (f"{HEAD}[colect]\n", "colect", "collect"),
        (f"{HEAD}[dunning]\ndedline_days = 10\n", "dunning.dedline_days", "deadline_days"),
        (f'{HEAD}credtor_id = "x"\n', "company.credtor_id", "creditor_id"),
        (f"{HEAD}{level(1, 14, 'chanel = 1')}", "dunning.levels.1.chanel", "channel"),
        (f"{HEAD}[matching]\nzzz = 1\n", "matching.zzz", "auto, fee_policy, unpaid_fees, no_auto_types, tolerance"),
        (f"{HEAD}[dunning]\ngiven = []\n", "dunning.given", None),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest_known_one(text: str, where: str, near: str | None) -> None:
    _settings, findings = read_company(text.encode(), "firma.toml")
    (finding,) = findings
    assert (finding.code, finding.where) == ("setting-unknown", f"firma.toml:{where}")
    if near is not None:
        assert dict(finding.facts)["near"] == near


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{HEAD}street = Hauptstr. 1\n", "3"),
        (f'{HEAD}street = "Hauptstr.\n', "3"),
        (f"{HEAD}[company]\n", "3"),
        (f'{HEAD}name = "zweimal"\n', "3"),
        (f"{HEAD}x = [1, 2", "3"),
        ("x = " + "[" * 5000, "1"),
        ("x = " + "9" * 5000, "1"),
    ],
)
def test_a_syntax_error_names_its_line(text: str, line: str) -> None:
    settings, findings = read_company(text.encode(), "firma.toml")
    assert settings is None
    assert [(one.code, one.where) for one in findings] == [("settings-syntax", f"firma.toml:{line}")]


def test_other_encodings_are_refused_with_the_line() -> None:
    settings, findings = read_company(f'{HEAD}town = "Köln"\n'.encode("cp1252"), "firma.toml")
    assert settings is None
    assert [(one.code, one.where) for one in findings] == [("settings-encoding", "firma.toml:3")]


def test_all_faults_come_at_once() -> None:
    _settings, found = read(f'{HEAD}chart = "x"\n[collect]\nschema = "x"\n[dunning]\nboundary = "x"\n')
    assert [code for code, _where in found] == ["setting-choice"] * 3


def test_settings_survive_json() -> None:
    settings = good(WHOLE)
    text = dump_settings(settings)
    assert load_settings(text) == settings
    assert load_settings(text).dunning.given == settings.dunning.given
    assert dump_settings(load_settings(text)) == text


def test_money_stands_as_text_in_json() -> None:
    document: dict[str, Any] = settings_document(good(WHOLE))
    assert document["dunning"]["min_amount"] == "5.00"
    assert [one["fee"] for one in document["dunning"]["levels"]] == ["0.00", "5.00"]
    assert document["ledger"] == {"bank": "1800", "dunning_fee": "4835"}


def test_a_document_can_be_read_with_all_checks_again() -> None:
    document: dict[str, Any] = settings_document(good(WHOLE))
    settings, findings = read_document(document, "settings")
    assert (settings, findings) == (good(WHOLE), ())
    assert settings is not None
    assert settings.dunning.given == good(WHOLE).dunning.given
    document["dunning"]["boundary"] = "sometimes"
    assert [one.code for one in read_document(document, "settings")[1]] == ["setting-choice"]


def test_books_that_hold_no_settings_are_a_broken_promise() -> None:
    with pytest.raises(ValueError, match="company"):
        load_settings("{}")


@pytest.mark.parametrize(
    ("key", "typed", "meant"),
    [
        ("dunning.deadline_days", "12", 12), ("dunning.repeat_last", "true", True), ("dunning.min_amount", "5,00", 500),
        ("dunning.preset", "none", None), ("dunning.preset", "desk4", "desk4"), ("company.name", "true", "true"),
        ("company.postcode", "01067", "01067"), ("matching.no_auto_types", '["invoice"]', ("invoice",)),
        ("collect.group_by_branch", "false", False), ("matching.tolerance", "1,50", 150),
    ],
)  # fmt: skip
def test_one_setting_is_changed_and_no_other(key: str, typed: str, meant: object) -> None:
    before = good(f'{HEAD}[dunning]\npreset = "prepayment"\n')
    after, findings = change_setting(before, key, typed, "settings")
    assert findings == ()
    assert after is not None
    section, leaf = key.split(".")
    assert getattr(getattr(after, section), leaf) == meant
    changed = {f"{one}.{word}" for one, words in settings_document(after).items() if isinstance(words, dict)
               for word, value in words.items() if settings_document(before)[one].get(word) != value}  # fmt: skip
    assert changed - {"dunning.given", key} == set()
    assert (leaf in after.dunning.given) is (section == "dunning")


@pytest.mark.parametrize(
    ("key", "typed", "code"),
    [
        ("dunning.deadline_days", "bald", "setting-type"),
        ("dunning.deadline_days", "999", "setting-range"),
        ("dunning.dedline_days", "12", "setting-unknown"),
        ("dunning.given", "[]", "setting-unknown"),
        ("dunning.levels", "[]", "setting-unknown"),
        ("accounts", "x", "setting-unknown"),
        ("dunning.min_amount", "1.234", "setting-money"),
        ("company.creditor_id", "DE97ZZZ09999999999", "setting-creditor-id"),
    ],
)
def test_a_setting_changed_wrongly_is_refused(key: str, typed: str, code: str) -> None:
    after, findings = change_setting(good(HEAD), key, typed, "settings")
    assert after is None
    assert [one.code for one in findings] == [code]
