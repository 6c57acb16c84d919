"""Messages of camt written down in tests: entries, balances and the document around them."""

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
IBAN = "DE89370400440532013000"
OPENING = ("PRCD", "1000.00", "2026-11-19")
CLOSING = ("CLBD", "1100.00", "2026-11-20")


def balance(code: str, amount: str, day: str, mark: str = "CRDT") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount}</Amt>"
        f"<CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def entry(
    amount: str = "100.00", mark: str = "CRDT", inside: str = "", status: str = "<Cd>BOOK</Cd>", before: str = ""
) -> str:
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{before}<Sts>{status}</Sts>"
        f"<BookgDt><Dt>2026-11-20</Dt></BookgDt>{inside}</Ntry>"
    )


def document(
    entries: str = "",
    *,
    balances: str = balance(*OPENING) + balance(*CLOSING),
    head: str = "",
    statement: str = "Stmt",
    message: str = "BkToCstmrStmt",
    paging: str = "",
) -> str:
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<Document xmlns='{NAMESPACE}'>\n<{message}><GrpHdr><MsgId>M-1</MsgId>"
        f"{paging}</GrpHdr>\n<{statement}><Id>S-1</Id>{head}<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balances}\n{entries or entry()}\n</{statement}></{message}></Document>"
    )


def code(domain: str = "", proprietary: str = "", issuer: str = "DK") -> str:
    parts = domain.split("/")
    iso = (
        f"<Domn><Cd>{parts[0]}</Cd><Fmly><Cd>{parts[1]}</Cd><SubFmlyCd>{parts[2]}</SubFmlyCd></Fmly></Domn>"
        if domain
        else ""
    )
    own = f"<Prtry><Cd>{proprietary}</Cd><Issr>{issuer}</Issr></Prtry>" if proprietary else ""
    return f"<BkTxCd>{iso}{own}</BkTxCd>"


BATCH = "<Btch><MsgId>MSG-9</MsgId><PmtInfId>PMT-9</PmtInfId><NbOfTxs>2</NbOfTxs></Btch>"


def transaction(amount: str, name: str) -> str:
    return (
        f"<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><AmtDtls><TxAmt><Amt Ccy='EUR'>{amount}</Amt></TxAmt>"
        f"</AmtDtls><RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties></TxDtls>"
    )
