"""A mail as it goes over the wire: headers that nothing can be slipped into, any letter, the PDF as it is."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from recon.model.addresses import is_address
from recon.outside.mail import Mail, Server, file_names, message_of

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
MAIL = Mail(
    "<opos-1-ab@example.com>",
    ("dunning@example.com", "Müller & Söhne GmbH"),
    ("max@example.com", 'Max "Ä" Muster, Dr.'),
    "Mahnung 2: 1.234,56 € fällig " + "ä" * 120,
    "Guten Tag,\n\n.\nFrom hier\nÄ" + "x" * 2000,
    (("Mahnung-2.pdf", b"%PDF-\x00\xff"),),
    "answers@example.com",
)


def test_what_was_meant_is_what_is_read() -> None:
    wire = message_of(MAIL, AT).as_bytes()
    assert wire.isascii()
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998
    assert b"\n" not in wire.replace(b"\r\n", b"")
    read = message_from_bytes(wire, policy=policy.default)
    assert read["Subject"] == MAIL.subject
    assert read["To"].addresses[0].display_name == MAIL.to[1]
    assert read["From"].addresses[0].display_name == MAIL.sender[1]
    assert read["Reply-To"].addresses[0].addr_spec == MAIL.reply_to
    assert read["Date"].datetime == AT
    assert read["Auto-Submitted"] == "auto-generated"
    body = read.get_body()
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == MAIL.body
    (file,) = read.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Mahnung-2.pdf", b"%PDF-\x00\xff")


@pytest.mark.parametrize("evil", ["a\nBcc: x@example.com", "a\r\nX: y", "a\rX: y"])
def test_a_line_end_in_a_header_is_refused(evil: str) -> None:
    from dataclasses import replace

    for mail in (
        replace(MAIL, subject=evil), replace(MAIL, message_id=f"<{evil}>"), replace(MAIL, to=("max@example.com", evil)),
        replace(MAIL, sender=("dunning@example.com", evil)), replace(MAIL, to=(evil, "Max")),
    ):  # fmt: skip
        with pytest.raises(ValueError):  # noqa: PT011 - whichever header it is
            message_of(mail, AT).as_bytes()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("max@example.com", True),
        ("max.muster+dunning@mail.example.co.uk", True),
        ("max", False),
        ("max@localhost", False),
        ("max@example.com\n", False),
        ("max@example.com>", False),
        ("<max@example.com", False),
        ("max muster@example.com", False),
        ("max@example.com, eva@example.com", False),
        ("mäx@example.com", False),
        (".max@example.com", False),
        ("max@-example.com", False),
        ("x" * 250 + "@example.com", False),
        ("", False),
    ],
)
def test_what_is_an_address(text: str, *, good: bool) -> None:
    assert is_address(text) is good


def test_names_of_files_are_safe_and_apart() -> None:
    names = file_names(["Mahnung 2", "Mahnung 2", "../../etc/passwd", "Zahlungserinnerung für Ä", "\r\n"])
    assert names == ["Mahnung-2.pdf", "Mahnung-2-2.pdf", "etc-passwd.pdf", "Zahlungserinnerung-f-r.pdf", "document.pdf"]


def test_a_server_does_not_tell_its_password() -> None:
    assert "secret" not in repr(Server("mail.example.com", 587, "starttls", "dunning", "secret"))
