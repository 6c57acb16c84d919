"""An entry cut by its shape says the same as a walk through its elements, whatever the entry looks like."""

import io
import random
from copy import deepcopy
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from bench.bankfiles import write_camt
from recon.model.finding import Finding
from recon.statements import read
from recon.statements.camt_places import NO_ENTRY
from recon.statements.camt_shape import MOST_SHAPES, Entry, Shapes, entry_of, walked_entry
from recon.statements.camt_tree import Texts

# Element -> what stands in it; an element that is not named here has a text.
_PARTY: Final = "Nm Pty Agt Id"
CHILDREN: Final = {name: kinds.split() for name, kinds in {
    "Ntry": "NtryRef Amt CdtDbtInd RvslInd Sts BookgDt ValDt AcctSvcrRef BkTxCd Chrgs AmtDtls NtryDtls AddtlNtryInf",
    "BookgDt": "Dt DtTm", "ValDt": "Dt DtTm", "BkTxCd": "Domn Prtry", "Domn": "Cd Fmly", "Fmly": "Cd SubFmlyCd",
    "Prtry": "Cd Issr", "Chrgs": "TtlChrgsAndTaxAmt Amt CdtDbtInd Rcrd", "Rcrd": "Amt CdtDbtInd ChrgInclInd",
    "AmtDtls": "InstdAmt TxAmt", "InstdAmt": "Amt", "TxAmt": "Amt", "NtryDtls": "Btch TxDtls TxDtls",
    "Btch": "MsgId PmtInfId NbOfTxs", "Refs": "MsgId AcctSvcrRef PmtInfId InstrId EndToEndId MndtId",
    "TxDtls": "Refs Amt CdtDbtInd AmtDtls BkTxCd Chrgs RltdPties RltdAgts Purp RmtInf RtrInf AddtlTxInf",
    "RltdPties": "Dbtr DbtrAcct UltmtDbtr Cdtr CdtrAcct UltmtCdtr", "Dbtr": _PARTY, "Cdtr": _PARTY, "UltmtDbtr": _PARTY,
    "UltmtCdtr": _PARTY, "Pty": "Nm Id", "Agt": "FinInstnId", "DbtrAcct": "Id", "CdtrAcct": "Id",
    "DbtrAgt": "FinInstnId", "CdtrAgt": "FinInstnId", "RltdAgts": "DbtrAgt CdtrAgt", "FinInstnId": "BIC BICFI Nm",
    "PrvtId": "Othr", "OrgId": "Othr Othr", "Othr": "Id", "Id": "IBAN Othr PrvtId OrgId", "Purp": "Cd Prtry",
    "RmtInf": "Ustrd Ustrd Strd", "Strd": "CdtrRefInf RfrdDocInf AddtlRmtInf", "CdtrRefInf": "Ref", "RfrdDocInf": "Nb",
    "Rsn": "Cd Prtry", "RtrInf": "Rsn AddtlInf",
}.items()}  # fmt: skip
# What an element says as a rule, and what any of them may say.
TEXTS: Final = {
    "Amt": ["119.00", "50.00", ".5", "1,2", "9" * 20], "CdtDbtInd": ["CRDT", "DBIT"], "Sts": ["BOOK", "PDNG"],
    "Dt": ["2026-11-20", "2026-02-30"], "Cd": ["PMNT", "NTRF+166+9251", "NRTI+109+9250+912", "109", "MD06", "IDDT"],
    "Issr": ["DK", "ZKA", "OTHER"], "IBAN": ["DE89370400440532013000", "DE04 5001 0517"], "NbOfTxs": ["1", "2", "x"],
    "ChrgInclInd": ["true", "false"], "Ustrd": ["Rechnung RE-2026-0815", "EREF+E-1 SVWZ+Beitrag", "x" * 140],
}  # fmt: skip
ODD: Final = [
    "", " ", "\n", " \t", "&#13;", "&#160;", "\u2003x\u2003", "  a  ", "a\n b", "A &amp; B", "&lt;Nm&gt;", "&amp;amp;",
    "<![CDATA[ <Nm>&x; ]]>", "<![CDATA[]]>", "a<!-- <Nm>c</Nm> -->b", "<?pi <Nm>?>", "&#13;a&#13;", "ä€𝄞",
    "NOTPROVIDED", "a > b", "'\"", "0", "x" * 9000,
]  # fmt: skip


def written(chance: random.Random, name: str, odd: float, prefix: str, parent: str = "") -> str:
    """One element: nearly as a bank writes it (``odd`` 0), or with elements left out, repeated, moved and added."""
    tag = f"{prefix}{name}"
    unit = ' Ccy="EUR"' if "Amt" in name and name != "AmtDtls" else ""
    if chance.random() < odd:
        unit = chance.choice(["", ' Ccy="USD"', " Ccy='a>b &amp; &lt;&quot;&#10;'", ' a="&gt;x&lt;" Ccy=""'])
    kinds = CHILDREN.get(name) if parent != "Othr" else None
    if kinds is None or chance.random() < odd / 8:
        text = chance.choice(ODD) if chance.random() < odd else escape(chance.choice(TEXTS.get(name, ["A-1", "B"])))
        return f"<{tag}{unit}>{text}</{tag}>"
    chosen = [kind for kind in kinds if chance.random() > max(odd, 0.1)]
    if chance.random() < odd:
        chosen += chance.choices([*kinds, "Stranger"], k=2)
        chance.shuffle(chosen)
    inner = "".join(
        written(chance, kind, odd, prefix, name) + (chance.choice(ODD) if chance.random() < odd / 4 else "")
        for kind in chosen
    )
    return f"<{tag}{unit}>{inner}</{tag}>"


def elements(text: str) -> list[Any]:
    """The entries in a piece of XML, as the reader's parser gives them."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    return list(etree.fromstring(text.encode(), parser).iter("{*}Ntry"))


def said(entry: Entry) -> Any:
    """What stands at the places of an entry and its transactions, which count texts of their own or all texts."""
    own = [(name, at(getattr(entry.places, name), entry.texts)) for name in entry.places.__slots__ if name[0] != "t"]
    return own, [[at(getattr(tx, name), texts) for name in tx.__slots__] for tx, texts in entry.transactions]


def at(place: Any, texts: Texts) -> Any:
    """The text of a place, and of all places in tuples of them; a currency and a flag are what they are."""
    if isinstance(place, tuple):
        return [at(one, texts) for one in place]
    return texts[place] if type(place) is int else place


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=True), st.sampled_from([0.0, 0.05, 0.2, 0.5]), st.sampled_from(["", "n:", "c.x:"]))
def test_shape_says_what_a_walk_says(chance: random.Random, odd: float, prefix: str) -> None:
    names = f' xmlns:{prefix[:-1]}="urn:x"' if prefix else ' xmlns="urn:x"'
    seed = chance.random()
    # Some entries of the same shape, with texts of their own, then any others.
    alike = [written(random.Random(seed), "Ntry", 0, prefix).replace("A-1", text) for text in ("A-1", *ODD)]
    others = [written(chance, "Ntry", odd, prefix) for _ in range(5)]
    seen = Shapes()
    for element in elements(f"<all{names}>{''.join(alike + others + others)}</all>"):
        for size in (0, 1 << 20):
            assert said(entry_of(deepcopy(element), size, seen)) == said(walked_entry(element))


def test_entries_of_a_bank_are_walked_once_a_shape(tmp_path: Path) -> None:
    write_camt(tmp_path / "bank.xml", 500)
    many = elements((tmp_path / "bank.xml").read_text())
    seen = Shapes()
    told = [entry_of(element, 0, seen) for element in many]
    assert told == [walked_entry(element) for element in many]
    assert len({id(entry.places) for entry in told}) == len(seen.entries) == 4


def test_transactions_of_batches_are_walked_once_a_shape() -> None:
    each = [f"<TxDtls><Refs><EndToEndId>{number}</EndToEndId></Refs></TxDtls>" for number in range(60)]
    batches = [f"<Ntry><NtryDtls>{''.join(each[:length])}</NtryDtls></Ntry>" for length in (60, 2)]
    seen = Shapes()
    told = [entry_of(element, 0, seen) for element in elements(f"<all>{''.join(batches)}</all>")]
    assert [len(entry.transactions) for entry in told] == [60, 2]
    assert len({id(places) for entry in told for places, _ in entry.transactions}) == len(seen.transactions) == 1


def test_shapes_are_remembered_up_to_a_limit() -> None:
    many = elements(f"<all>{''.join(f'<Ntry><N{number}/></Ntry>' for number in range(3 * MOST_SHAPES))}</all>")
    seen = Shapes()
    assert {len(seen.entries) <= MOST_SHAPES for element in many if entry_of(element, 0, seen)} == {True}


@pytest.mark.parametrize("inside", ["", "text", " <!-- x --> "])
def test_entry_without_elements_says_nothing(inside: str) -> None:
    (element,) = elements(f"<all><Ntry>{inside}</Ntry></all>")
    seen = Shapes()
    assert entry_of(element, 0, seen).places == entry_of(element, 0, seen).places == NO_ENTRY


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=True), st.integers(1, 14), st.sampled_from(["n:", "c.x:"]))
def test_version_and_prefix_do_not_matter(chance: random.Random, version: int, prefix: str) -> None:
    seed = chance.random()

    def told(version: int, prefix: str) -> list[Any]:
        again = random.Random(seed)
        entries = "".join(written(again, "Ntry", 0.1, prefix) for _ in range(4))
        name = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"
        names = f'xmlns:{prefix[:-1]}="{name}"' if prefix else f'xmlns="{name}"'
        path = [f"{prefix}{part}" for part in ("Document", "BkToCstmrStmt", "Stmt")]
        text = f"<{path[0]} {names}><{path[1]}><{path[2]}>{entries}</{path[2]}></{path[1]}></{path[0]}>"
        return list(read(io.BytesIO(text.encode()), "x.xml"))

    plain = told(8, "")
    assert plain
    assert not isinstance(plain[0], Finding)
    assert told(version, prefix) == plain
    assert told(version, "") == plain
