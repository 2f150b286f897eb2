"""The columns of a table: what they are called, and the rows with those that somebody chose.

In reading order: `Column`, `names` (what the cells of a first row are called), `Offer` (the columns
of a table, found while its first rows pass by), `Choice` (the chosen cells of a row), then the two
kinds of text: `TableHead` and `KeptTable` for .csv and .tsv, `members`, `JsonKeys` and `kept_line`
for .jsonl. Text comes in pieces, and no result depends on where one ends. `readers` and `excel`
make sentences of what is wrong.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from evaluations.documents import pieces
from evaluations.documents.cleaning import one_line

if TYPE_CHECKING:
    from _csv import Reader

MOST_COLUMNS = 200  # a table with more is stored whole: nothing is offered
LONGEST_LABEL = 80  # characters of a name or sample
MOST_CELLS = 16_384  # of a first row that have a name, as in Excel
MOST_MEMBERS = 100_000  # of an object that is taken apart: a line may hold millions
WIDEST = 1_000  # cells of a first row that are looked at, empty ones at its end included
LOOKED_CHARACTERS = 256 * 1024  # at the start of a .csv, in which its columns are found
LOOKED_ROWS = 1_000  # in which samples are found, and the keys of a .jsonl
LONGEST_ROW = 4_000_000  # characters; a quote that never ends would be the rest of the file
DELIMITERS = ",;\t|"  # of a .csv; the first counts where there are as many of two
_NUMBERED = re.compile("#[0-9]+")
_QUOTED = re.compile('"[^"]*"?')


class Column(NamedTuple):
    """A column as a person sees it: both safe on one line, at most LONGEST_LABEL characters."""

    name: str  # "#3" for the third one where that is empty, or the name of one before it
    sample: str  # its first value that is not empty; empty where none was found


class OpenQuote(Exception):
    """The row that begins in `line`, from 1, has no end: most likely a quote that is not closed."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class NoSuchColumn(Exception):
    """None of the chosen columns is there; those that are."""

    def __init__(self, found: Sequence[str]) -> None:
        super().__init__(found)
        self.found = tuple(found)


def label(text: str) -> str:
    """`text` on one line without control, format (bidi, zero-width) or broken characters."""
    beginning = text.strip()[: 10 * LONGEST_LABEL]
    line = one_line("".join(one for one in beginning if unicodedata.category(one) != "Cf"))
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1]}…"


class _Namer:
    """Names columns one after the other, no two of them alike."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self._count = 0

    def name(self, header: str) -> str:
        """The name of the next one."""
        self._count += 1
        name = label(header)
        if not name or name in self.taken or _NUMBERED.fullmatch(name):
            name = f"#{self._count}"
        self.taken.add(name)
        return name


def names(headers: Iterable[str]) -> tuple[str, ...]:
    """What the columns below a first row are called."""
    namer = _Namer()
    return tuple(namer.name(header) for header in headers)


class Offer:
    """The columns of one or more tables, found while their first rows pass by."""

    def __init__(self) -> None:
        self._samples: dict[str, str] = {}
        self._names: tuple[str, ...] = ()
        self._is_too_wide = False
        self._left = 0  # rows of this table to look at

    def header(self, cells: Sequence[str]) -> None:
        """The first row of the next table."""
        if len(cells) > WIDEST or len(self._samples) > WIDEST:
            self._is_too_wide = True
        self._names = () if self._is_too_wide else names(cells)
        self._left = LOOKED_ROWS if self._names else 0
        for name in self._names:
            self._samples.setdefault(name, "")

    def row(self, cells: Sequence[str]) -> None:
        """The next row of this table."""
        if not self._left:
            return
        self._left -= 1
        for name, cell in zip(self._names, cells, strict=False):
            if cell and not self._samples[name]:
                self._samples[name] = label(cell)

    def columns(self) -> tuple[Column, ...]:
        """Those that have a name of their own or a value; none where there is no choice."""
        found = tuple(
            Column(name, sample)
            for name, sample in self._samples.items()
            if sample or not _NUMBERED.fullmatch(name)
        )
        return () if self._is_too_wide else _offered(found)


def _offered(found: tuple[Column, ...]) -> tuple[Column, ...]:
    return found if 1 < len(found) <= MOST_COLUMNS else ()


def with_kept(offered: tuple[Column, ...], kept: Iterable[str]) -> tuple[Column, ...]:
    """What a table offers, and what was kept of it by a name that is not offered."""
    known = {column.name for column in offered}
    more = (Column(name, "") for name in kept if name not in known)
    return tuple(islice(chain(offered, more), MOST_COLUMNS))


class Choice:
    """The chosen cells of each row of a table; cells beyond its first row are counted."""

    def __init__(self, columns: Iterable[str]) -> None:
        self.found: dict[str, None] = {}  # names of all columns, in order
        self.kept: dict[str, None] = {}  # of those that were chosen
        self.rows = self.cells = 0  # that were left out beyond the first row of their table
        self._columns = frozenset(map(label, columns))
        self._places: list[int] = []
        self._width = 0

    def header(self, cells: Sequence[str]) -> bool:
        """Whether the next table, which has that first row, has any of the columns."""
        called = names(cells[:MOST_CELLS])
        self.found.update(dict.fromkeys(called))
        self._places = [place for place, name in enumerate(called) if name in self._columns]
        self._width = len(called)
        self.kept.update((called[place], None) for place in self._places)
        return bool(self._places)

    def of(self, row: list[str]) -> list[str]:
        """The chosen cells of a row, in the table's order; missing ones are empty."""
        if len(row) < self._width:
            row = row + [""] * (self._width - len(row))
        elif len(row) > self._width:
            beyond = sum(map(bool, row[self._width :]))
            self.cells += beyond
            self.rows += beyond > 0
        return [row[place] for place in self._places]


# --- .csv and .tsv -----------------------------------------------------------------------------


class TableHead:
    """The start of a table, in which its columns are found; it comes in pieces."""

    def __init__(self, delimiter: str | None) -> None:
        self._delimiter = delimiter
        self._held: list[str] = []
        self._left = LOOKED_CHARACTERS + 1  # the last one only shows that there is more

    @property
    def is_full(self) -> bool:
        """Whether more would change nothing."""
        return self._left == 0

    def take(self, piece: str) -> None:
        """The next piece."""
        if self._left:
            self._held.append(piece[: self._left])
            self._left -= len(self._held[-1])

    def delimiter(self) -> str:
        """The one that was given, or that is most frequent in the first line outside quotes."""
        if self._delimiter:
            return self._delimiter
        first, _, _ = _QUOTED.sub("", self._text()).lstrip("\n").partition("\n")
        return max(DELIMITERS, key=first.count)

    def columns(self) -> tuple[Column, ...]:
        """What the table has to offer, whatever it really is."""
        offer, is_begun = Offer(), False
        filled = filter(any, _reader(_lines(self._text()), self.delimiter()))
        rows = list(islice(filled, LOOKED_ROWS + 2))
        for row in rows[:-1] if self.is_full else rows:  # the last one may be cut off
            if is_begun:
                offer.row(row)
            else:
                offer.header(row)
                is_begun = True
        return offer.columns()

    def _text(self) -> str:
        return "".join(self._held)[:LOOKED_CHARACTERS]


class KeptTable:
    """The chosen columns of a table in its own form, as pieces of text."""

    def __init__(self, text: Iterable[str], columns: Iterable[str], delimiter: str | None) -> None:
        self.choice = Choice(columns)
        self.head = TableHead(delimiter)
        self._text = iter(text)

    def __iter__(self) -> Iterator[str]:
        """Rows with their line ends; those without anything in them are left out.

        Raises:
            OpenQuote: a row has no end.
            NoSuchColumn: the table has none of the columns.
        """
        begun = []
        for piece in self._text:
            begun.append(piece)
            self.head.take(piece)
            if self.head.is_full:
                break
        delimiter = self.head.delimiter()
        written = io.StringIO()
        write = csv.writer(written, delimiter=delimiter, lineterminator="\n").writerow
        for row in filter(any, self._rows(_Records(chain(begun, self._text), delimiter))):
            write(row)
            if written.tell() >= pieces.PIECE:
                yield written.getvalue()
                written.seek(0)
                written.truncate()
        yield written.getvalue()

    def _rows(self, rows: Iterable[list[str]]) -> Iterator[list[str]]:
        filled = filter(any, rows)
        first = next(filled, [])
        if not self.choice.header(first):
            raise NoSuchColumn(tuple(self.choice.found))
        yield from map(self.choice.of, chain([first], filled))


class _Records:
    """The rows of a text that comes in pieces; one row is held at a time."""

    def __init__(self, text: Iterable[str], delimiter: str) -> None:
        self._rows = _reader(self._counted(text), delimiter)
        self._line = 1  # in which the row begins
        self._length = 0  # characters of the row so far
        self._is_over = False

    def __iter__(self) -> Iterator[list[str]]:
        for row in self._rows:
            if self._is_over:  # a row that goes on where the text ends: its quote is open
                raise OpenQuote(self._line)
            yield row
            self._line = self._rows.line_num + 1
            self._length = 0

    def _counted(self, text: Iterable[str]) -> Iterator[str]:
        held: list[str] = []
        for part in chain.from_iterable(map(_lines, text)):
            self._length += len(part)
            if self._length > LONGEST_ROW:
                raise OpenQuote(self._line)
            if not part.endswith("\n"):
                held.append(part)
            elif held:
                yield "".join([*held, part])
                held.clear()
            else:
                yield part
        if held:
            yield "".join(held)
        self._is_over = True


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends; only LF ends one."""
    return io.StringIO(text, newline="\n")


def _reader(lines: Iterable[str], delimiter: str) -> Reader:
    csv.field_size_limit(LONGEST_ROW)  # of this process; a whole report may stand in one cell
    return csv.reader(lines, delimiter=delimiter)


# --- .jsonl ------------------------------------------------------------------------------------

_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)  # a number of any length
_SPACE = re.compile(r"[ \t\n\r]*")
_SIMPLE = re.compile(  # most members, several times faster: no escapes, no arrays and objects
    r'("([^"\\\x00-\x1f]*)"[ \t\n\r]*:[ \t\n\r]*("[^"\\\x00-\x1f]*"|true|false|null'
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?))[ \t\n\r]*(,[ \t\n\r]*|(?=\}))"
)


class Member(NamedTuple):
    """One of an object's members, as it stands in the line."""

    key: str
    text: str  # with its key
    value: str  # as JSON


def members(line: str) -> list[Member] | None:
    """The members of the JSON object that a line is; None: it is none, or one of far too many."""
    try:
        return _members(line)
    except (ValueError, RecursionError):
        return None


def _members(line: str) -> list[Member]:
    """As `members`.

    Raises:
        ValueError, RecursionError: it is no object, or too large.
    """
    at = _after(line, _skip(line, 0), "{")
    found: list[Member] = []
    has_more = not line.startswith("}", at)
    while has_more:
        if len(found) == MOST_MEMBERS:
            raise ValueError("too many members")
        if simple := _SIMPLE.match(line, at):
            text, key, value, comma = simple.groups()
            found.append(Member(key, text, value))
            at, has_more = simple.end(), comma != ""
        else:
            found.append(_member(line, at))
            at = _skip(line, at + len(found[-1].text))
            has_more = line.startswith(",", at)
            at = _after(line, at, ",") if has_more else at
    if _after(line, at, "}") != len(line):
        raise ValueError("something follows the object")
    return found


def _member(line: str, start: int) -> Member:
    """The member that begins at `start`."""
    if not line.startswith('"', start):
        raise ValueError("a key is a string")
    key, end = _DECODER.raw_decode(line, start)
    begin = _after(line, _skip(line, end), ":")
    _, stop = _DECODER.raw_decode(line, begin)
    return Member(key, line[start:stop], line[begin:stop])


def _skip(line: str, at: int) -> int:
    """Where the white space at `at` ends."""
    space = _SPACE.match(line, at)
    return at if space is None else space.end()


def _after(line: str, at: int, sign: str) -> int:
    """Where the white space after the sign at `at` ends."""
    if not line.startswith(sign, at):
        raise ValueError(f"{sign} expected")
    return _skip(line, at + 1)


class JsonKeys:
    """The keys of the objects in a .jsonl, as columns."""

    def __init__(self) -> None:
        self._namer = _Namer()
        self._names: dict[str, str] = {}
        self._samples: dict[str, str] = {}
        self._lines = 0

    def see(self, found: Sequence[Member]) -> None:
        """The next object; keys that only come later are not offered."""
        if self._lines == LOOKED_ROWS:
            return
        self._lines += 1
        for member in found:
            if member.key not in self._names:
                if len(self._names) > MOST_COLUMNS:
                    return
                self._names[member.key] = self._namer.name(member.key)
            name = self._names[member.key]
            if not self._samples.get(name):
                self._samples[name] = _sample(member.value)

    def name(self, key: str) -> str:
        """What a key is called, also one that was not seen; empty: as another one is."""
        known = self._names.get(key)
        if known is not None:
            return known
        name = label(key)
        return "" if name in self._namer.taken else name

    def names(self) -> tuple[str, ...]:
        """What the keys that were seen are called."""
        return tuple(self._names.values())

    def columns(self) -> tuple[Column, ...]:
        """What the file has to offer."""
        return _offered(tuple(Column(*one) for one in self._samples.items()))


def _sample(value: str) -> str:
    if value.startswith('"'):
        return label(json.loads(value))
    return "" if value == "null" else label(value)


def kept_line(found: Sequence[Member], keys: JsonKeys, kept: dict[str, bool]) -> str:
    """An object with the chosen members, as they stand in the line; empty: it has none.

    Args:
        kept: the chosen columns; those that the line has become true.
    """
    texts = []
    for member in found:
        name = keys.name(member.key)
        if name in kept:
            kept[name] = True
            texts.append(member.text)
    return f"{{{', '.join(texts)}}}" if texts else ""
