"""A GiroCode as a picture: read back by a reader of our own, it says what its payload says."""

import subprocess
import sys

import pytest

from recon.outside import girocode
from sepa.girocode import MAX_BYTES, GiroCodeError, Transfer, payload
from tests.unit.outside.reading_qr import content_of, level_of, modules_of_png, modules_of_svg, version_of

_SHORT = Transfer("Optik Beispiel GmbH", "DE89370400440532013000", 11900, reference="RF20RE20261234")
_LONG = Transfer("Ü" * 70, "DE89370400440532013000", 99_999_999_999, bic="COBADEFFXXX", text="x" * 106, note="n" * 16)


@pytest.mark.parametrize("length", [1, 40, 60, 80, 120, 150, 179, 180, 213, 250, 287, 288, 330, MAX_BYTES])
def test_every_size_up_to_331_bytes_is_read_back(length: int) -> None:
    text = ("BCD\n002\n1\nSCT\n" + "Aä€" * 200).encode()[:length].decode("utf-8", "ignore")
    modules = girocode.matrix(text)
    assert content_of(modules) == text.encode()
    assert level_of(modules) == "M"
    assert version_of(modules) <= 13


@pytest.mark.parametrize("transfer", [_SHORT, _LONG], ids=["short", "331 bytes"])
def test_both_pictures_hold_the_payload(transfer: Transfer) -> None:
    told = payload(transfer)
    modules = girocode.matrix(told)
    drawn = modules_of_png(girocode.png(told), girocode.SCALE, girocode.BORDER)
    lines = modules_of_svg(girocode.svg(told), len(modules), girocode.BORDER)
    assert content_of(drawn) == content_of(lines) == told.encode()


def test_331_bytes_are_version_13_and_one_more_is_refused() -> None:
    told = payload(_LONG)
    assert len(told.encode()) == MAX_BYTES
    assert version_of(girocode.matrix(told)) == 13
    with pytest.raises(GiroCodeError) as no:
        girocode.svg("x" * (MAX_BYTES + 1))
    assert (no.value.reason, no.value.value) == ("bytes", "332")


def test_the_same_bytes_in_another_process() -> None:
    told = payload(_SHORT)
    script = (
        "import sys; from recon.outside import girocode as g; told = sys.stdin.read();"
        "sys.stdout.buffer.write(g.svg(told) + g.png(told))"
    )
    again = subprocess.run([sys.executable, "-c", script], input=told.encode(), capture_output=True, check=True)
    assert again.stdout == girocode.svg(told) + girocode.png(told)
    assert b"20" + b"26-" not in again.stdout


def test_the_room_is_light_until_a_code_is_drawn() -> None:
    script = "import sys, recon.service.girocodes; sys.exit('segno' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
