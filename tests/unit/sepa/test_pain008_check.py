"""What the second look finds: each row spoils a good file in one way."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from sepa.pain008_check import CODES, MAX_BYTES, MAX_PROBLEMS, validate

HERE = Path(__file__).parent
GOOD = (HERE.parents[1] / "golden" / "sepa" / "core_two_blocks_08.xml").read_text(encoding="utf-8")
GOOD_02 = (HERE.parents[1] / "golden" / "sepa" / "core_two_blocks_02.xml").read_text(encoding="utf-8")
SHARED = HERE.parents[3] / "shared"

FREE = "<Ustrd>Rechnung RE-1001 vom 02.11.2026, Kunde 10042</Ustrd>"
LONDON = "<StrtNm>Sample Street 12</StrtNm><PstCd>AB1 2CD</PstCd><TwnNm>London</TwnNm><Ctry>GB</Ctry>"
BRITISH_BANK = "<FinInstnId><BICFI>NWBKGB2LXXX</BICFI></FinInstnId>"
CI = (
    "<CdtrSchmeId><Id><PrvtId><Othr><Id>DE98K0109999999999</Id>"
    "<SchmeNm><Prtry>SEPA</Prtry></SchmeNm></Othr></PrvtId></Id></CdtrSchmeId>"
)

IN_DEBIT = "</IBAN></Id></DbtrAcct>"
IN_BLOCK = "</FinInstnId></CdtrAgt>"
REFERENCE = (
    "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp>"
    "<Ref>RF20RE20261234</Ref></CdtrRefInf></Strd>"
)
SMNDA_AS_BEFORE_2016 = "<OrgnlDbtrAgt><FinInstnId><Othr><Id>SMNDA</Id></Othr></FinInstnId></OrgnlDbtrAgt>"


def once(old: str, new: str) -> Callable[[str], str]:
    """Replace the first place; a place that is not there would prove nothing."""

    def spoil(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return spoil


SPOILED: list[tuple[str, Callable[[str], str]]] = [
    ("count", once("<NbOfTxs>4</NbOfTxs>", "<NbOfTxs>5</NbOfTxs>")),
    ("count", once("<NbOfTxs>3</NbOfTxs>", "<NbOfTxs>2</NbOfTxs>")),
    ("count", once("<NbOfTxs>4</NbOfTxs>", "<NbOfTxs>04</NbOfTxs>")),
    ("control-sum", once("<CtrlSum>123582.29</CtrlSum>", "<CtrlSum>123582.28</CtrlSum>")),
    ("control-sum", once("<CtrlSum>123582.28</CtrlSum>", "<CtrlSum>123582.29</CtrlSum>")),
    ("control-sum", once("<CtrlSum>123582.28</CtrlSum>", "")),
    ("amount", once('Ccy="EUR">0.01<', 'Ccy="EUR">0.00<')),
    ("amount", once('Ccy="EUR">0.01<', 'Ccy="EUR">0.011<')),
    ("amount", once('Ccy="EUR">123456.78<', 'Ccy="EUR">1000000000.00<')),
    ("currency", once('Ccy="EUR"', 'Ccy="CHF"')),
    ("identifier", once("<MsgId>OPOS-20261120-0001</MsgId>", "<MsgId>OPOS//1</MsgId>")),
    ("identifier", once("<PmtInfId>OPOS-20261120-0001-1", "<PmtInfId>OPOS 1")),
    ("identifier", once("<EndToEndId>OPOS-20261120-0001-0001", "<EndToEndId>/1")),
    ("identifier-twice", once("<PmtInfId>OPOS-20261120-0001-2", "<PmtInfId>OPOS-20261120-0001-1")),
    ("identifier-twice", once("<EndToEndId>OPOS-20261120-0001-0002", "<EndToEndId>OPOS-20261120-0001-0001")),
    ("value", once("<Cd>SEPA</Cd></SvcLvl>", "<Cd>URGP</Cd></SvcLvl>")),
    ("value", once("<Cd>CORE</Cd>", "<Cd>COR1</Cd>")),
    ("value", once("<SeqTp>RCUR</SeqTp>", "<SeqTp>RPRE</SeqTp>")),
    ("value", once("<ChrgBr>SLEV</ChrgBr>", "<ChrgBr>SHAR</ChrgBr>")),
    ("value", once("<Id>SMNDA</Id>", "<Id>SMNDX</Id>")),
    ("schemes-mixed", once("<Cd>CORE</Cd></LclInstrm><SeqTp>OOFF", "<Cd>B2B</Cd></LclInstrm><SeqTp>OOFF")),
    ("collection-date-closed", once("<ReqdColltnDt>2026-12-01", "<ReqdColltnDt>2026-12-25")),
    ("collection-date-closed", once("<ReqdColltnDt>2026-12-01", "<ReqdColltnDt>2026-11-28")),
    ("collection-date-past", once("<ReqdColltnDt>2026-12-01", "<ReqdColltnDt>2026-11-20")),
    ("signature-date", once("<DtOfSgntr>2026-11-01", "<DtOfSgntr>2026-11-21")),
    ("signature-date", once("<DtOfSgntr>2026-11-01</DtOfSgntr>", "")),
    ("mandate-id", once("<MndtId>M-SEM-0003", "<MndtId>M//3")),
    ("mandate-id", once("<MndtId>M-SEM-0003</MndtId>", "")),
    ("mandate-id", once("<OrgnlMndtId>M-10043/1", "<OrgnlMndtId>/M")),
    ("amendment", once("<AmdmntInd>true</AmdmntInd>", "")),
    ("amendment", once("<AmdmntInd>true</AmdmntInd>", "<AmdmntInd>false</AmdmntInd>")),
    (
        "amendment",
        once("</DtOfSgntr></MndtRltdInf>", "</DtOfSgntr><AmdmntInd>true</AmdmntInd></MndtRltdInf>"),
    ),
    ("creditor-id", once("DE98K0109999999999", "DE97K0109999999999")),
    ("creditor-id", once("DE13ZZZ00000012345", "DE14ZZZ00000012345")),
    ("creditor-id", once("<Prtry>SEPA</Prtry>", "<Prtry>CUST</Prtry>")),
    ("creditor-id-once", once(CI, "")),
    ("creditor-id-once", once("</MndtRltdInf></DrctDbtTx>", f"</MndtRltdInf>{CI}</DrctDbtTx>")),
    ("twice", once("</InstdAmt>", "</InstdAmt><ChrgBr>SLEV</ChrgBr>")),
    ("iban", once("<IBAN>DE89370400440532013000", "<IBAN>DE88370400440532013000")),
    ("iban", once("<IBAN>DE04500105170000012345", "<IBAN>DE05500105170000012345")),
    ("iban", once("<IBAN>GB29NWBK", "<IBAN>GB29nwbk")),
    ("country", once("<IBAN>AT611904300234573201", "<IBAN>TR330006100519786457841326")),
    ("bic", once("NOTPROVIDED", "NOTKNOWN")),
    ("address-missing", once(f"<PstlAdr>{LONDON}</PstlAdr>", "")),
    ("address-missing", once(BRITISH_BANK, "<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>")),
    ("address-unstructured", once(LONDON, "<AdrLine>Sample Street 12</AdrLine><AdrLine>London</AdrLine>")),
    ("address-unstructured", once("<Ctry>GB</Ctry>", "<Ctry>GB</Ctry>" + "<AdrLine>a</AdrLine>" * 3)),
    ("address-unstructured", once("<TwnNm>London</TwnNm>", "")),
    ("remittance", once(FREE, f"{FREE}<Ustrd>more</Ustrd>")),
    ("remittance", once("RF20RE20261234", "RF21RE20261234")),
    ("too-long", once(FREE, f"<Ustrd>{'x' * 141}</Ustrd>")),
    ("too-long", once("<Nm>Max Muster</Nm>", f"<Nm>{'x' * 71}</Nm>")),
    ("blank", once("<Nm>Max Muster</Nm>", "<Nm>   </Nm>")),
    ("blank", once("<Nm>Max Muster</Nm>", "")),
    ("blank", once(FREE, "<Ustrd> </Ustrd>")),
    ("characters", once("Max Muster", "Max Müster")),
    ("characters", once("Max Muster", "Max &lt;Muster&gt;")),
    ("identifier", once("<PmtId><EndToEndId>", "<PmtId><InstrId>I//1</InstrId><EndToEndId>")),
    ("currency", once("</IBAN></Id></CdtrAcct>", "</IBAN></Id><Ccy>CHF</Ccy></CdtrAcct>")),
    ("amendment", once("<OrgnlMndtId>M-10043/1", "<OrgnlMndtId>M-10043-2")),
    ("not-allowed", once("<OrgnlDbtrAcct><Id><Othr><Id>SMNDA</Id></Othr></Id></OrgnlDbtrAcct>", SMNDA_AS_BEFORE_2016)),
    ("not-allowed", once("</CtrlSum><InitgPty>", "</CtrlSum><Authstn><Cd>AUTH</Cd></Authstn><InitgPty>")),
    ("blank", once("</IBAN></Id></DbtrAcct>", "</IBAN></Id></DbtrAcct><UltmtDbtr><Id><PrvtId/></Id></UltmtDbtr>")),
    ("too-long", once(IN_DEBIT, f"{IN_DEBIT}<UltmtDbtr><Nm>{'x' * 71}</Nm></UltmtDbtr>")),
    ("too-long", once(IN_BLOCK, f"{IN_BLOCK}<UltmtCdtr><Nm>{'x' * 71}</Nm></UltmtCdtr>")),
    ("not-allowed", once(IN_DEBIT, f"{IN_DEBIT}<UltmtDbtr><Nm>A</Nm><PstlAdr>{LONDON}</PstlAdr></UltmtDbtr>")),
    (
        "twice",
        lambda text: once("</DrctDbtTx>", "</DrctDbtTx><UltmtCdtr><Nm>B</Nm></UltmtCdtr>")(
            once(IN_BLOCK, f"{IN_BLOCK}<UltmtCdtr><Nm>A</Nm></UltmtCdtr>")(text)
        ),
    ),
    ("code", once(IN_DEBIT, f"{IN_DEBIT}<Purp><Cd>subs</Cd></Purp>")),
    ("code", once(IN_DEBIT, f"{IN_DEBIT}<Purp><Cd>SUB</Cd></Purp>")),
    ("code", once(IN_DEBIT, f"{IN_DEBIT}<Purp><Prtry>Beitrag</Prtry></Purp>")),
    ("code", once("</SeqTp>", "</SeqTp><CtgyPurp><Cd>X</Cd></CtgyPurp>")),
    ("address-unstructured", once("<Ctry>GB</Ctry>", "<Ctry>GB</Ctry><AdrLine>London</AdrLine>")),
    ("remittance", once("<Cd>SCOR</Cd>", "<Cd>DISP</Cd>")),
    ("remittance", once("RF20RE20261234", "RE-2026-1234")),
    ("remittance", once("</Strd>", f"</Strd>{REFERENCE}")),
    ("schema", once("<PmtMtd>DD</PmtMtd>", "")),
    ("schema", once("<Nm>Max Muster</Nm>", "<Nm></Nm>")),
    ("schema", once("<BtchBookg>true</BtchBookg><NbOfTxs>3", "<NbOfTxs>3</NbOfTxs><NbOfTxs>3")),
    ("schema", once("pain.008.001.08", "pain.008.001.02")),
    ("not-xml", lambda text: text[:-30]),
    ("not-xml", lambda text: text[: len(text) // 2]),
    ("not-xml", lambda text: text + "more"),
    ("not-xml", lambda text: ""),
    ("not-xml", lambda text: "not XML at all"),
    ("not-xml", once("Max Muster", "Max &unknown;")),
    ("encoding", once("UTF-8", "ISO-8859-1")),
    ("byte-order-mark", lambda text: "\ufeff" + text),
    ("dtd", once("<Document", "<!DOCTYPE Document [<!ENTITY a 'Max'>]><Document")),
    ("dtd", once("<Document", "<!DOCTYPE Document SYSTEM 'file:///etc/hostname'><Document")),
]


@pytest.mark.parametrize(("code", "spoil"), SPOILED, ids=[f"{row:02d}-{code}" for row, (code, _) in enumerate(SPOILED)])
def test_a_spoiled_file_is_found_out(code: str, spoil: Callable[[str], str]) -> None:
    problems = validate(spoil(GOOD).encode())
    assert code in {problem.code for problem in problems}, problems


def test_the_good_file_is_good() -> None:
    assert validate(GOOD.encode()) == ()
    assert validate(io.BytesIO(GOOD.encode())) == ()
    assert validate(GOOD_02.encode(), "pain.008.001.02") == ()


@pytest.mark.parametrize(
    "added",
    [
        once(IN_DEBIT, f"{IN_DEBIT}<UltmtDbtr><Nm>Erika Beispiel</Nm></UltmtDbtr><Purp><Cd>SUBS</Cd></Purp>"),
        once(IN_BLOCK, f"{IN_BLOCK}<UltmtCdtr><Nm>Filiale Bonn</Nm></UltmtCdtr>"),
        once("</DrctDbtTx>", "</DrctDbtTx><UltmtCdtr><Nm>Filiale Bonn</Nm></UltmtCdtr>"),
        once("</SeqTp>", "</SeqTp><CtgyPurp><Cd>SUPP</Cd></CtgyPurp>"),
        once("</IBAN></Id></CdtrAcct>", "</IBAN></Id><Ccy>EUR</Ccy></CdtrAcct>"),
        once("<PmtId><EndToEndId>", "<PmtId><InstrId>I-1</InstrId><EndToEndId>"),
        once("<Ctry>GB</Ctry>", "<Ctry>GB</Ctry><AdrLine>2nd floor</AdrLine>"),
        once("</StrtNm>", "</StrtNm><BldgNb>12</BldgNb>"),
    ],
    ids=["ultimate debtor", "ultimate creditor", "of one debit", "category", "currency", "order", "hybrid", "number"],
)  # fmt: skip
def test_what_banks_take_passes(added: Callable[[str], str]) -> None:
    assert validate(added(GOOD).encode()) == ()


def test_a_prefix_is_not_what_german_banks_take() -> None:
    """Anlage 3: default namespace only."""
    prefixed = GOOD.replace("<", "<p:").replace("<p:/", "</p:").replace("<p:?", "<?").replace("xmlns=", "xmlns:p=")
    assert [problem.code for problem in validate(prefixed.encode())] == ["namespace-prefix"]


def test_umlauts_pass_where_they_are_wanted() -> None:
    with_umlaut = GOOD.replace("Max Muster", "Max Müster").encode()
    assert validate(with_umlaut, umlauts=True) == ()
    assert [problem.fact("found") for problem in validate(with_umlaut)] == ["Max Müster"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_refused(encoding: str) -> None:
    other = GOOD.replace('encoding="UTF-8"', "").encode(encoding)
    assert "encoding" in {problem.code for problem in validate(other)}


def test_problems_say_where() -> None:
    (found,) = validate(GOOD.replace("<CtrlSum>123582.28", "<CtrlSum>1.00").encode())
    assert found.facts == (("where", "OPOS-20261120-0001-1"), ("found", "1.00"), ("expected", "123582.28"))
    (found,) = validate(GOOD.replace("Max Muster", "Max_Muster").encode())
    assert dict(found.facts)["where"] == "OPOS-20261120-0001-0001"
    found = validate(GOOD.replace("<PmtMtd>DD</PmtMtd>", "", 1).encode())[-1]
    assert found.code == "schema"
    assert "PmtMtd" in dict(found.facts)["text"]
    assert "{" not in dict(found.facts)["text"]


def test_the_same_check_twice_gives_the_same_answer() -> None:
    """Nothing of one file's errors stays behind for the next."""
    spoiled = GOOD.replace("<PmtMtd>DD</PmtMtd>", "", 1).encode()
    assert validate(spoiled) == validate(spoiled)
    assert validate(GOOD.encode()) == ()


def test_entities_are_never_expanded() -> None:
    """A billion laughs and a local file: refused before anything is read of them."""
    laughs = "<!DOCTYPE Document [<!ENTITY a 'haha'>" + "".join(
        f"<!ENTITY {name} '{'&' + before + ';' * 1}{('&' + before + ';') * 9}'>"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    bomb = GOOD.replace("<Document", f"{laughs}]><Document", 1).replace("Max Muster", "&i;")
    assert [problem.code for problem in validate(bomb.encode())] == ["dtd"]
    leak = GOOD.replace("<Document", "<!DOCTYPE Document [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><Document", 1)
    assert [problem.code for problem in validate(leak.replace("Max Muster", "&x;").encode())] == ["dtd"]


def test_many_problems_are_cut_short() -> None:
    start, end = GOOD.index("<DrctDbtTxInf>"), GOOD.index("</DrctDbtTxInf>") + len("</DrctDbtTxInf>")
    many = GOOD[:end] + GOOD[start:end] * 150 + GOOD[end:]
    assert len(validate(many.encode())) == MAX_PROBLEMS


class Huge(io.BytesIO):
    """A stream that says it is larger than any file of ours."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return MAX_BYTES + 1 if whence == 2 else super().seek(offset, whence)


def test_a_file_beyond_the_limit_is_not_read() -> None:
    assert [problem.code for problem in validate(Huge(b"x"))] == ["file-too-large"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_the_sample_of_the_field_passes() -> None:
    assert validate((SHARED / "samples" / "pain008_08.xml").read_bytes()) == ()


# What the schemas of the German banks cannot say: check digits, days, the form of addresses, sums.
BEYOND_SCHEMAS = {
    "collection-date-closed", "collection-date-past", "creditor-id", "iban", "address-unstructured", "control-sum",
}  # fmt: skip


def public_files() -> list[dict[str, str]]:
    if not (SHARED / "corpus").is_dir():
        return []
    with (SHARED / "corpus" / "INDEX.csv").open(encoding="utf-8", newline="") as index:
        return [row for row in csv.DictReader(index) if row["format"] in {"pain.008.001.08", "pain.008.001.02"}]


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_public_files_are_judged_as_the_schemas_of_german_banks_judge_them() -> None:
    """A file that passes the GBIC schemas has no problem here but those that no schema can see."""
    passed = 0
    for row in public_files():
        problems = validate((SHARED / "corpus" / row["path"]).read_bytes(), row["format"], umlauts=True)  # type: ignore[arg-type]
        if "=ok" in row["features"] and "=no" not in row["features"]:
            passed += 1
            assert {problem.code for problem in problems} <= BEYOND_SCHEMAS, row["path"]
    assert passed >= 4


def test_every_code_has_a_spoiled_file() -> None:
    tested = {code for code, _ in SPOILED}
    assert tested | {"file-too-large", "namespace-prefix"} == set(CODES)
