"""What the code can say stands in the catalogues of texts, and what stands there can be said."""

import ast
import re
from collections.abc import Iterator

from recon.dunning.dropping import DROPPED
from recon.ledger.refunding import REASONS as REFUND_REASONS
from recon.model.roles import Action, UserRole
from recon.texts import catalogue
from sepa.debits import REASONS as COLLECT_REASONS
from sepa.pbs_plan import REASONS as PBS_REASONS
from tests.repository.code import ROOT, calls, dotted, modules, none
from tests.repository.said import said

_KEBAB = re.compile(r"[a-z]+(-[a-z0-9]+)+")
_HEAD = re.compile(r"[a-z]+([-_.][a-z]+)*[-_.]")
_PLACE = re.compile(r"\{([a-z_]+)\}")
# Kebab words in recon that are no codes: encodings, actions of the log, names of commands and readings of a cell.
_NO_CODES = {
    "a-2b",
    "utf-8", "utf-8-sig", "utf-16", "latin-1", "one-off", "check-digits", "open-items",
    "mail-operator", "auto-generated", "quoted-printable",
    "dunning-run", "dunning-issue", "dunning-cancel", "dunning-drop", "dunning-dispatch", "dunning-days",
    "mandate-add", "mandate-amend", "mandate-revoke",
    "mandate-suspend", "mandate-release",
    "complaint-open", "complaint-acknowledge", "complaint-evidence", "complaint-resolve", "complaint-files",
    "customer-block", "customer-unblock",
    "return-retry", "return-close", "debit-represented",
    "refund-create", "refund-release", "refund-export", "refund-submit", "refund-cancel", "refund-reject",
    "pbs-create", "pbs-export", "pbs-submit", "pbs-cancel", "pbs-agreement", "iso-8859-1",
}  # fmt: skip


def _strings() -> Iterator[tuple[str, str]]:
    for module in modules("recon", "sepa"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value, f"{module.path}:{node.lineno}"


def _amounts_are_told() -> set[str]:
    """``amount-<reason>``: put together from the reasons of AmountError; an empty cell is told before."""
    reasons = {
        node.value
        for module in modules("sepa/money.py")
        for call in calls(module, "AmountError")
        for node in ast.walk(call.args[0])
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {f"amount-{reason}" for reason in reasons - {"empty"}}


def test_every_finding_has_its_texts() -> None:
    texts = catalogue("findings")
    none({f"{one.where} {one.code}" for one in said() if one.code not in texts})
    none(_amounts_are_told() - set(texts))


def test_every_text_of_a_finding_can_be_said() -> None:
    used = {text for text, _ in _strings()} | _amounts_are_told()
    none(set(catalogue("findings")) - used)


def test_whatever_looks_like_a_code_is_one() -> None:
    """A net under the two above: codes that go through a variable."""
    known = {code for name in ("findings", "evidence", "explaining") for code in catalogue(name)} | _NO_CODES
    found = {(text, where) for text, where in _strings() if where.startswith("recon/") and _KEBAB.fullmatch(text)}
    none(f"{where} {text}" for text, where in found if text not in known)


def test_a_finding_gives_the_facts_that_its_texts_quote() -> None:
    wrong = []
    for one in said():
        texts = catalogue("findings").get(one.code, {})
        quoted = set(_PLACE.findall(" ".join(texts.values())))
        if one.facts is not None and quoted - one.facts:
            wrong.append(f"{one.where} {one.code}: {sorted(quoted - one.facts)}")
    none(wrong)


def test_every_rule_of_evidence_has_its_text_and_its_facts() -> None:
    texts = {**catalogue("evidence"), **catalogue("explaining")}
    none({f"{one.where} {one.code}" for one in said(evidence=True) if one.code not in texts})
    wrong = []
    for one in said(evidence=True):
        quoted = set(_PLACE.findall(" ".join(texts.get(one.code, {}).values())))
        if one.facts is not None and quoted - one.facts:
            wrong.append(f"{one.where} {one.code}: {sorted(quoted - one.facts)}")
    none(wrong)
    used = {text for text, _ in _strings()} | _made_of_pieces()
    none(set(texts) - used)


def test_every_reason_of_exclusion_has_its_text() -> None:
    assert {code for code in catalogue("exclusions") if ".with." not in code} == set(COLLECT_REASONS)
    plain = {code.removeprefix("dunning.") for code in catalogue("reasons") if not code.startswith("dunning.with.")}
    assert plain == set(DROPPED)
    assert set(catalogue("refunds")) == set(REFUND_REASONS)


def test_every_reason_of_betalingsservice_has_its_text() -> None:
    assert set(catalogue("pbs")) == set(PBS_REASONS)


def test_dunning_texts_are_those_of_its_rules() -> None:
    """Texts that are put together from the names of conditions, rules and origins."""
    texts = set(catalogue("dunning"))
    conditions = {
        str(call.args[0].value)
        for module in modules("recon/dunning")
        for call in calls(module, "Condition")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert conditions
    assert {code for code in texts if code.startswith("condition.")} == {
        f"condition.{name}.{answer}" for name in conditions for answer in ("yes", "no")
    }


def test_roles_and_actions_have_their_words() -> None:
    assert set(catalogue("roles")) == {*UserRole, *Action}


def test_every_heading_and_label_has_its_text() -> None:
    """``term("…")`` and the headings of columns; and no label that nothing shows."""
    texts = set(catalogue("terms"))
    wrong = []
    for module in modules("recon", "cli.py"):
        for call in calls(module, "term", "Column"):
            place = 1 if dotted(call.func) == "Column" else 0
            node = call.args[place] if len(call.args) > place else None
            if isinstance(node, ast.Constant) and node.value not in texts:
                wrong.append(f"{module.path}:{call.lineno} {node.value!r}")
    none(wrong)
    used = {text for text, _ in _strings()}
    none(texts - used - _made_of_pieces())


def test_everything_that_verify_counts_has_a_word() -> None:
    from recon.ledger.auditor import CHECKS

    words = {code.removeprefix("checked_") for code in catalogue("terms") if code.startswith("checked_")}
    assert words == {name for name, _ in CHECKS}


def _made_of_pieces() -> set[str]:
    """Codes that are put together: for every ``f"bucket_{name}"`` and every word in the code that fits its place."""
    words = {text for text, _ in _strings()}
    made = set()
    for module in modules("recon"):
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.JoinedStr):
                continue
            head, *rest = node.values
            start = head.value if isinstance(head, ast.Constant) else None
            if isinstance(start, str) and len(rest) == 1 and _HEAD.fullmatch(start):
                made |= {start + word for word in words}
    return made


def test_every_value_that_is_shown_has_a_word() -> None:
    """The states, kinds and bands of the model are told in words of the language, never as a code."""
    texts = set(catalogue("terms"))
    shown = {
        "ItemStatus", "LineState", "LineKind", "AllocationKind", "Band", "PartKind",
    }  # fmt: skip
    wrong = []
    for module in modules("recon/model"):
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and node.name in shown:
                values = [str(inner.value.value) for inner in node.body
                          if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Constant)]  # fmt: skip
                wrong += [f"{node.name}.{value}" for value in values if value not in texts]
    none(wrong)


def test_texts_lie_where_this_looks() -> None:
    names = {path.stem for path in (ROOT / "recon/texts").glob("*.toml")}
    assert names == {
        "evidence", "reasons", "exclusions", "refunds", "explaining", "dunning", "pbs", "roles", "terms", "sheets",
        "announcing", "letters", "letter_summary", "countries",
    }  # fmt: skip
