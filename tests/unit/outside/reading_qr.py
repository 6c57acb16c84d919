"""A QR code read back, by ISO/IEC 18004 and without the program that drew it: one byte segment of error correction
level M, versions 1 to 13, no damage. And the pictures that it comes in."""

import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

Modules = Sequence[Sequence[int]]

# Level M: the data codewords of each block, by version.
_BLOCKS: Final = {
    1: [16], 2: [28], 3: [44], 4: [32] * 2, 5: [43] * 2, 6: [27] * 4, 7: [31] * 4, 8: [38] * 2 + [39] * 2,
    9: [36] * 3 + [37] * 2, 10: [43] * 4 + [44], 11: [50] + [51] * 4, 12: [36] * 6 + [37] * 2, 13: [37] * 8 + [38],
}  # fmt: skip
_ALIGNED: Final = {
    1: [], 2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38], 8: [6, 24, 42], 9: [6, 26, 46],
    10: [6, 28, 50], 11: [6, 30, 54], 12: [6, 32, 58], 13: [6, 34, 62],
}  # fmt: skip
_MASKS: Final[tuple[Callable[[int, int], bool], ...]] = (
    lambda r, c: (r + c) % 2 == 0,
    lambda r, c: r % 2 == 0,
    lambda r, c: c % 3 == 0,
    lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0,
    lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0,
    lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0,
)


def version_of(modules: Modules) -> int:
    """The version of a code by its size."""
    return (len(modules) - 17) // 4


def level_of(modules: Modules) -> str:
    """The level of error correction that the code states."""
    return {0: "M", 1: "L", 2: "H", 3: "Q"}[_format(modules) >> 3]


def content_of(modules: Modules) -> bytes:
    """The bytes of the code's one segment."""
    version = version_of(modules)
    bits = list(_bits(modules, version, _MASKS[_format(modules) & 7]))
    words = [int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits) - 7, 8)]
    blocks: list[list[int]] = [[] for _ in _BLOCKS[version]]
    left = iter(words)
    for place in range(max(_BLOCKS[version])):
        for block, size in zip(blocks, _BLOCKS[version], strict=True):
            if place < size:
                block.append(next(left))
    data = "".join(f"{word:08b}" for block in blocks for word in block)
    assert data[:4] == "0100", "no byte segment"
    count = 8 if version < 10 else 16
    start, size = 4 + count, int(data[4 : 4 + count], 2)
    assert data[start + 8 * size :][:4] in {"0000", "000", "00", "0", ""}, "more than one segment"
    return bytes(int(data[start + 8 * at : start + 8 * at + 8], 2) for at in range(size))


def modules_of_png(content: bytes, scale: int, border: int) -> Modules:
    """The modules of a PNG of one bit a pixel, dark is 1."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, dark = 8, b"", 0
    width = height = 0
    while at < len(content):
        (size,), kind = struct.unpack(">I", content[at : at + 4]), content[at + 4 : at + 8]
        body = content[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) in {(1, 0), (1, 3)}
        elif kind == b"PLTE":
            dark = [body[0:3], body[3:6]].index(b"\0\0\0")
        elif kind == b"IDAT":
            data += body
        at += 12 + size
    raw, stride = zlib.decompress(data), 1 + (width + 7) // 8
    rows, above = [], bytes(stride - 1)
    for line in range(height):
        row = raw[line * stride : (line + 1) * stride]
        assert row[0] in {0, 2}, "as it is, or added to the row above"
        above = bytes((one + other) % 256 for one, other in zip(row[1:], above, strict=True)) if row[0] else row[1:]
        rows.append(above)
    pixels = [[int((row[x // 8] >> (7 - x % 8) & 1) == dark) for x in range(width)] for row in rows]
    inner = range(border * scale + scale // 2, width - border * scale, scale)
    assert not any(map(any, pixels[: border * scale])), "the border is white"
    return [[pixels[y][x] for x in inner] for y in inner]


def modules_of_svg(content: bytes, size: int, border: int) -> Modules:
    """The modules of segno's SVG: one path of strokes, a module high each."""
    path = re.findall(rb'<path [^>]*class="qrline"[^>]* d="([^"]*)"', content)[-1].decode()
    found = [[0] * size for _ in range(size)]
    x = y = 0.0
    for step, values in re.findall(r"([Mmh])([-0-9. ]+)", path):
        numbers = [float(value) for value in re.findall(r"-?[0-9.]+", values)]
        if step == "h":
            for column in range(int(x), int(x + numbers[0])):
                found[int(y) - border][column - border] = 1
            x += numbers[0]
        elif step == "M":
            x, y = numbers
        else:
            x, y = x + numbers[0], y + numbers[1]
    return found


def _format(modules: Modules) -> int:
    """Level and mask: the five bits of the format that are told around the upper left finder."""
    places = [(8, column) for column in (0, 1, 2, 3, 4, 5, 7, 8)] + [(row, 8) for row in (7, 5, 4, 3, 2, 1, 0)]
    told = int("".join(str(int(modules[row][column] == 1)) for row, column in places), 2)
    return (told ^ 0b101010000010010) >> 10


def _bits(modules: Modules, version: int, mask: Callable[[int, int], bool]) -> Iterator[int]:
    """The data in the order in which it is laid: two columns at a time from the right, up and down."""
    size = len(modules)
    upwards = True
    right = size - 1
    while right > 0:
        if right == 6:
            right = 5
        for step in range(size):
            row = size - 1 - step if upwards else step
            for column in (right, right - 1):
                if not _is_function(row, column, size, version):
                    yield int(modules[row][column]) ^ mask(row, column)
        upwards = not upwards
        right -= 2


def _is_function(row: int, column: int, size: int, version: int) -> bool:
    low, high = 9, size - 8
    if row == 6 or column == 6 or (row < low and (column < low or column >= high)) or (row >= high and column < low):
        return True
    if version >= 7 and ((row < 6 and column >= size - 11) or (column < 6 and row >= size - 11)):
        return True
    centres = _ALIGNED[version]
    for y in centres:
        for x in centres:
            corner = (y, x) in {(6, 6), (6, centres[-1]), (centres[-1], 6)}
            if not corner and abs(row - y) <= 2 and abs(column - x) <= 2:
                return True
    return False
