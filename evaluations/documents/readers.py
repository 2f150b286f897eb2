"""One reader per file format: bytes -> text, with what a person should know about the reading.

In reading order: `Source` (a file), `Told` (how it was read), `@reader(".ext")` (the registry),
`read` (the reader that a file's name asks for), then the readers. To add a format, write one
function here and put a small sample into `tests/samples/`. Plain text is read in pieces, whatever
its size; formats that hold their text in other ways are read whole and have a smaller limit.

A reader raises `RefusedDocument` when the file cannot become text, and knows nothing of limits on
memory or time: `sandbox` gives it those.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from evaluations.documents.cleaning import NormalPieces, normal_text
from evaluations.documents.columns import (
    LONGEST_ROW,
    LOOKED_ROWS,
    Choice,
    Column,
    JsonKeys,
    KeptTable,
    NoSuchColumn,
    OpenQuote,
    TableHead,
    kept_line,
    label,
    members,
    with_kept,
)
from evaluations.documents.contents import ControlCharacters, signature
from evaluations.documents.encodings import ENCODINGS, DecodedPieces, Guess, detect
from evaluations.documents.names import extension
from evaluations.documents.pieces import Content
from evaluations.documents.texts import TextWriter
from evaluations.documents.xes import XesError, encoding_of, event_log
from evaluations.errors import RefusedDocument

LARGEST_FILE = 200 * 1024 * 1024  # bytes of a format that is read whole: what a child may hold
LARGEST_TEXT = 2 * 1024 * 1024 * 1024  # bytes of plain text, where nobody sets another limit
SIGNATURE_BYTES = 1024  # at the start of a file, by which its format is known
MOST_LISTED = 8  # columns that a sentence names
LONGEST_JSON = 16 * 1024 * 1024  # characters of a line that are parsed at once


class Note(NamedTuple):
    """A sentence about one file: wording key and values, ready for JSON. The file is implied."""

    key: str
    values: Mapping[str, str | int]


@dataclass(frozen=True)
class Source:
    """One file as its user gave it."""

    name: str  # safe to show
    content: Content
    encoding: str | None = None  # None: detect
    columns: tuple[str, ...] | None = None  # of a table, those to keep; None: the file as it is

    @cached_property
    def data(self) -> bytes:
        """All of it, for formats that are read whole."""
        return self.content.whole()


@dataclass(frozen=True)
class Told:
    """How a file was read."""

    encoding: str | None  # None: the format itself says how its characters are written
    warnings: tuple[Note, ...] = ()
    losses: tuple[Note, ...] = ()  # what could not be read: the file is only partly there
    columns: tuple[Column, ...] = ()  # that a table offers, and those that were kept of it


@dataclass(frozen=True)
class Reading:
    """The text of a file that is read whole, in normal form (see `cleaning`)."""

    text: str
    encoding: str | None
    warnings: tuple[Note, ...] = ()
    losses: tuple[Note, ...] = ()
    columns: tuple[Column, ...] = ()

    def written(self, writer: TextWriter) -> Told:
        """Give the text to `writer`; the rest."""
        writer.write(self.text)
        return Told(self.encoding, self.warnings, self.losses, self.columns)


Reader = Callable[[Source, TextWriter], Told]
READERS: dict[str, Reader] = {}

# Formats that are text as they stand: read in pieces, of any size.
PLAIN = frozenset({".txt", ".log", ".md", ".csv", ".tsv", ".jsonl"})

# Formats of which columns may be chosen; the others are read whole whatever is chosen.
TABLES = frozenset({".csv", ".tsv", ".jsonl", ".xlsx"})

# Files that hold files, which `archives` takes out for the readers.
ARCHIVES = (".gz", ".zip")

# Formats that people try and that have a better answer than "unknown extension".
SAVE_AS_TEXT: Mapping[str, str] = {
    ".doc": "documents.refused.word",
    ".xls": "documents.refused.excel",
}

# Formats that say themselves how their characters are written.
OWN_ENCODING = frozenset({".docx", ".pdf", ".xlsx"})


def reader(ending: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader of files that end in `ending`, such as ".log".

    Raises:
        ValueError: that ending has a reader already, or is not a dot and lower-case letters.
    """
    if not ending.startswith(".") or ending != ending.lower():
        raise ValueError(f"{ending!r} is not an extension such as '.log'")

    def register(function: Reader) -> Reader:
        if ending in READERS:
            raise ValueError(f"{ending} has a reader already: {READERS[ending].__name__}")
        READERS[ending] = function
        return function

    return register


def supported() -> tuple[str, ...]:
    """The extensions that can be read, in alphabetical order."""
    return tuple(sorted((*READERS, *ARCHIVES)))


def has_own_encoding(name: str) -> bool:
    """Whether there is no encoding to detect or to choose for a file of that name."""
    return extension(name) in OWN_ENCODING


def reader_for(name: str) -> Reader:
    """The reader that a file's name asks for.

    Raises:
        RefusedDocument: no reader has that extension; the message lists those there are.
    """
    ending = extension(name)
    if ending in READERS:
        return READERS[ending]
    if ending in SAVE_AS_TEXT:
        raise RefusedDocument(SAVE_AS_TEXT[ending], file=name)
    key = "documents.refused.extension" if ending else "documents.refused.no_extension"
    raise RefusedDocument(key, file=name, extension=ending, supported=", ".join(supported()))


def is_plain(name: str) -> bool:
    """Whether a file of that name, or the one in it when it is a .gz, is read in pieces."""
    ending = extension(name)
    if ending == ".gz":
        ending = extension(name.rpartition(".")[0])
    return ending in PLAIN


def read(source: Source, writer: TextWriter) -> Told:
    """How a file was read by the reader that its name asks for; its text goes to `writer`.

    Raises:
        RefusedDocument: no such reader, nothing in the file, or the reader refused it.
    """
    read_format = reader_for(source.name)
    if not source.content.size:
        raise RefusedDocument("documents.refused.empty", file=source.name)
    if source.content.size > LARGEST_FILE and extension(source.name) not in PLAIN:
        raise too_large(source.name, source.content.size, LARGEST_FILE)
    told = read_format(source, writer)
    if writer.is_blank:
        if source.columns is not None and extension(source.name) in TABLES:
            raise columns_refused("documents.refused.columns_empty", source)
        raise RefusedDocument("documents.refused.blank", file=source.name)
    return told


def too_large(name: str, size: int, limit: int) -> RefusedDocument:
    """The refusal of a file above the limit of its kind."""
    mebibyte = 1024 * 1024
    return RefusedDocument(
        "documents.refused.too_large",
        file=name,
        size=-(-size // mebibyte),
        limit=limit // mebibyte,
    )


def columns_refused(key: str, source: Source, found: Sequence[str] = ()) -> RefusedDocument:
    """The refusal of a table for its chosen columns; `found` are those that it has."""
    chosen = map(label, source.columns or ())
    return RefusedDocument(key, file=source.name, columns=_listed(chosen), found=_listed(found))


def _listed(columns: Iterable[str]) -> str:
    """Names for a sentence, not more than fit into one."""
    named = list(columns)
    shown = named[:MOST_LISTED]
    return ", ".join(shown if len(shown) == len(named) else [*shown, "…"])


def no_such_column(source: Source, found: Sequence[str]) -> RefusedDocument:
    """The refusal of a table that has other columns, or none."""
    kind = "no_columns" if found else "no_table"
    return columns_refused(f"documents.refused.{kind}", source, found)


def beyond_header(choice: Choice) -> tuple[Note, ...]:
    """What is to be said of cells to which no column belongs."""
    if not choice.cells:
        return ()
    values = {"cells": choice.cells, "rows": choice.rows}
    return (Note("documents.warning.extra_cells", values),)


# --- the readers -------------------------------------------------------------------------------


@reader(".txt")
@reader(".log")
@reader(".md")
def read_text(source: Source, writer: TextWriter) -> Told:
    """The file as it is."""
    plain = _PlainText(source)
    for piece in plain:
        writer.write(piece)
    return plain.told()


@reader(".csv")
@reader(".tsv")
def read_table(source: Source, writer: TextWriter) -> Told:
    """A table as the text it is, line by line, or the chosen columns of it in the same form."""
    plain, delimiter = _PlainText(source), "\t" if extension(source.name) == ".tsv" else None
    if source.columns is not None:
        return _read_columns(source, plain, KeptTable(plain, source.columns, delimiter), writer)
    head = TableHead(delimiter)
    for piece in plain:
        writer.write(piece)
        head.take(piece)
    return replace(plain.told(), columns=head.columns())


def _read_columns(source: Source, plain: _PlainText, kept: KeptTable, writer: TextWriter) -> Told:
    try:
        for piece in NormalPieces(kept):
            writer.write(piece)
    except (OpenQuote, NoSuchColumn) as error:
        plain.told()  # what is no text at all is refused for that
        if isinstance(error, NoSuchColumn):
            raise no_such_column(source, error.found) from error
        values = {"line": error.line, "limit": LONGEST_ROW}
        raise RefusedDocument("documents.refused.open_quote", file=source.name, **values) from error
    told = plain.told()
    warnings = (*told.warnings, *beyond_header(kept.choice))
    columns = with_kept(kept.head.columns(), kept.choice.kept)
    return replace(told, warnings=warnings, columns=columns)


class _PlainText:
    """The text of a plain file, piece by piece in normal form; then how it was read."""

    def __init__(self, source: Source) -> None:
        _check_encoding(source, source.encoding)
        _check_kind(source)
        self._source = source
        chosen = source.encoding
        encoding, self._alternative = Guess(chosen, None) if chosen else detect(source.content)
        self._decoded = DecodedPieces(source.content, encoding)
        self._controls, self._is_empty = ControlCharacters(), True

    def __iter__(self) -> Iterator[str]:
        """Pieces, none of them empty; less than all where it is no text."""
        for piece in NormalPieces(self._decoded):
            self._is_empty = False
            self._controls.count(piece)
            size = self._source.content.size
            if self._source.encoding is None and self._controls.will_look_binary(size):
                break
            yield piece

    def told(self) -> Told:
        """How it was read, as far as it was.

        Raises:
            RefusedDocument: it is no text, or not in that encoding.
        """
        source, encoding, places = self._source, self._decoded.encoding, self._decoded.places
        is_binary = self._controls.look_binary() and not self._is_empty
        if source.encoding is not None and (is_binary or not self._decoded.is_credible):
            # NUL everywhere is what a wrongly chosen encoding looks like too
            raise _not_that_encoding(source, places)
        if is_binary:
            raise RefusedDocument("documents.refused.binary", file=source.name)
        if not self._decoded.is_credible:
            raise RefusedDocument(
                "documents.refused.undecodable", file=source.name, encoding=encoding, places=places
            )
        warnings: tuple[Note, ...] = ()
        losses: tuple[Note, ...] = ()
        if self._alternative:
            values = {"encoding": encoding, "alternative": self._alternative}
            warnings = (Note("documents.warning.encoding", values),)
        if places:
            losses = (Note("documents.partial.places", {"encoding": encoding, "places": places}),)
        return Told(encoding, warnings, losses)


@reader(".xes")
def read_event_log(source: Source, writer: TextWriter) -> Told:
    """The cases and events of a log of process mining, a line each."""
    _check_kind(source)
    encoding = source.encoding or encoding_of(source.data)
    _check_encoding(source, encoding)
    try:
        found = event_log(source.data, encoding, LARGEST_FILE)
    except XesError as error:
        values = {"line": error.line, "limit": LARGEST_FILE // (1024 * 1024)}
        raise RefusedDocument(_XES[error.reason], file=source.name, **values) from error
    except UnicodeError as error:
        key = "documents.refused.undecodable"
        raise RefusedDocument(key, file=source.name, encoding=encoding, places=1) from error
    if not found.events:
        raise RefusedDocument("documents.refused.xes_no_events", file=source.name)
    return Reading(normal_text(found.text), encoding).written(writer)


_XES: Mapping[str, str] = {
    "doctype": "documents.refused.xes_doctype",
    "damaged": "documents.refused.xes_damaged",
    "other": "documents.refused.xes_other",
    "large": "documents.refused.archive_expands",
}


@reader(".jsonl")
def read_json_lines(source: Source, writer: TextWriter) -> Told:
    """JSON objects, one a line, as the text they are, or the chosen members of each."""
    plain = _PlainText(source)
    lines = _JsonLines() if source.columns is None else _KeptJsonLines(source.columns)
    for piece in plain:
        writer.write(lines.take(piece))
    writer.write(lines.end())
    told = plain.told()
    if source.columns is not None and writer.is_blank:
        raise no_such_column(source, lines.keys.names())
    warnings = (*told.warnings, *lines.notes())
    return replace(told, warnings=warnings, columns=lines.columns())


@reader(".docx")
def read_word(source: Source, writer: TextWriter) -> Told:
    """A Word document; its reader is loaded only when there is one."""
    from evaluations.documents.word import read_document

    return read_document(source).written(writer)


@reader(".xlsx")
def read_excel(source: Source, writer: TextWriter) -> Told:
    """An Excel workbook; its reader is loaded only when there is one."""
    from evaluations.documents.excel import read_workbook

    return read_workbook(source).written(writer)


@reader(".pdf")
def read_pdf(source: Source, writer: TextWriter) -> Told:
    """The text of a PDF; its reader is loaded only when there is one."""
    from evaluations.documents.pdf import read_pages

    return read_pages(source).written(writer)


class _JsonLines:
    """Looks at the lines of a text that comes in pieces; those that are not JSON are counted."""

    def __init__(self) -> None:
        self.keys = JsonKeys()
        self._number = self._lines = self._broken = self._first = self._too_long = 0
        self._first_long = 0
        self._held: list[str] = []  # the line that has begun
        self._length = 0

    def take(self, piece: str) -> str:
        """The next piece; what is to be written for it."""
        first, *others = piece.split("\n")
        self._hold(first)
        for part in others:
            self._end_line()
            self._hold(part)
        return piece

    def end(self) -> str:
        """There is no other piece; what is still to be written."""
        self._end_line()
        return ""

    def _hold(self, part: str) -> None:
        self._length += len(part)
        self._held = [*self._held, part] if self._length <= LONGEST_JSON else []

    def _end_line(self) -> None:
        self._number += 1
        self._lines += self._length > 0
        if self._length > LONGEST_JSON:
            self._too_long += 1
            self._first_long = self._first_long or self._number
        elif self._length and not self._is_good("".join(self._held)):
            self._broken += 1
            self._first = self._first or self._number
        self._held, self._length = [], 0

    def _is_good(self, line: str) -> bool:
        """Whether the line is JSON."""
        found = members(line) if self._number <= LOOKED_ROWS else None
        if found is None:
            return _is_json(line)
        self.keys.see(found)
        return True

    def columns(self) -> tuple[Column, ...]:
        """What the lines have to offer."""
        return self.keys.columns()

    def notes(self) -> tuple[Note, ...]:
        """What is to be said at the end."""
        found = []
        if self._broken:
            values = {"broken": self._broken, "lines": self._lines, "first": self._first}
            found.append(Note("documents.warning.not_json", values))
        if self._too_long:
            values = {"long": self._too_long, "limit": LONGEST_JSON // (1024 * 1024)}
            found.append(Note("documents.warning.json_long", values))
        return tuple(found)


class _KeptJsonLines(_JsonLines):
    """Keeps the chosen members of the objects; other lines are left out."""

    def __init__(self, columns: Iterable[str]) -> None:
        super().__init__()
        self._columns = dict.fromkeys(filter(None, map(label, columns)), False)
        self._kept: list[str] = []
        self._is_begun = False

    def take(self, piece: str) -> str:
        super().take(piece)
        return self._written()

    def end(self) -> str:
        super().end()
        return self._written()

    def _written(self) -> str:
        """The lines that were kept meanwhile, each after the end of the one before."""
        if not self._kept:
            return ""
        text = "\n".join(self._kept)
        text, self._kept, self._is_begun = f"\n{text}" if self._is_begun else text, [], True
        return text

    def _is_good(self, line: str) -> bool:
        """Whether the line is an object, or empty."""
        if line.isspace():
            return True
        found = members(line)
        if found is None:
            return False
        if self._number <= LOOKED_ROWS:
            self.keys.see(found)
        if kept := kept_line(found, self.keys, self._columns):
            self._kept.append(kept)
        return True

    def columns(self) -> tuple[Column, ...]:
        return with_kept(self.keys.columns(), [one for one, has in self._columns.items() if has])

    def notes(self) -> tuple[Note, ...]:
        left_out = self._broken + self._too_long
        if not left_out:
            return ()
        first = min(filter(None, (self._first, self._first_long)))
        values = {"left": left_out, "lines": self._lines, "first": first}
        return (Note("documents.warning.not_objects", values),)


_DECODER = json.JSONDecoder(parse_int=str)  # str: a number of 5,000 digits is JSON, if not an int


def _is_json(line: str) -> bool:
    if line.isspace():
        return True
    try:
        _DECODER.decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def _check_kind(source: Source) -> None:
    kind = signature(source.content.read(0, SIGNATURE_BYTES))
    if kind:
        raise RefusedDocument("documents.refused.kind", file=source.name, kind=kind)


def _check_encoding(source: Source, encoding: str | None) -> None:
    if encoding is not None and encoding not in ENCODINGS:
        raise RefusedDocument(
            "documents.refused.unknown_encoding",
            file=source.name,
            encoding=encoding,
            encodings=", ".join(ENCODINGS),
        )


def _not_that_encoding(source: Source, places: int) -> RefusedDocument:
    return RefusedDocument(
        "documents.refused.not_that_encoding",
        file=source.name,
        encoding=source.encoding,
        places=places,
        detected=detect(source.content).encoding,
    )
