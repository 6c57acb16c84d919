"""A reader of DATEV's files for tests: bytes -> fields, each with whether it stood in quotes. Shares nothing with the
writer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """What stands between two semicolons."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Extf:
    """A file: its header, its captions and its rows."""

    header: tuple[Field, ...]
    captions: tuple[str, ...]
    rows: tuple[tuple[Field, ...], ...]

    def column(self, number: int) -> list[str]:
        """What stands in a column, counted from 1 as DATEV does."""
        return [row[number - 1].text for row in self.rows]


def read(content: bytes) -> Extf:
    """Read a file. Any deviation from its outer form fails the test."""
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r") == content.count(b"\r\n")
    lines = content.decode("cp1252").split("\r\n")[:-1]
    header, captions, *rows = (_fields(line) for line in lines)
    assert not any(field.quoted for field in captions)
    return Extf(header, tuple(field.text for field in captions), tuple(rows))


def _fields(line: str) -> tuple[Field, ...]:
    found: list[Field] = []
    place = 0
    while True:
        if line[place : place + 1] == '"':
            text, place = _quoted(line, place + 1)
            found.append(Field(text, quoted=True))
        else:
            end = line.find(";", place)
            end = len(line) if end < 0 else end
            assert '"' not in line[place:end], line
            found.append(Field(line[place:end], quoted=False))
            place = end
        if place == len(line):
            return tuple(found)
        assert line[place] == ";", line[place:]
        place += 1


def _quoted(line: str, place: int) -> tuple[str, int]:
    text = ""
    while True:
        end = line.index('"', place)
        text += line[place:end]
        if line[end + 1 : end + 2] != '"':
            return text, end + 1
        text, place = text + '"', end + 2
