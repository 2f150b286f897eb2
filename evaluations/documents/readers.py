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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from evaluations.documents.cleaning import NormalPieces, normal_text
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


@dataclass(frozen=True)
class Reading:
    """The text of a file that is read whole, in normal form (see `cleaning`)."""

    text: str
    encoding: str | None
    warnings: tuple[Note, ...] = ()
    losses: tuple[Note, ...] = ()

    def written(self, writer: TextWriter) -> Told:
        """Give the text to `writer`; the rest."""
        writer.write(self.text)
        return Told(self.encoding, self.warnings, self.losses)


Reader = Callable[[Source, TextWriter], Told]
READERS: dict[str, Reader] = {}

# Formats that are text as they stand: read in pieces, of any size.
PLAIN = frozenset({".txt", ".log", ".md", ".csv", ".tsv", ".jsonl"})

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


# --- the readers -------------------------------------------------------------------------------


@reader(".txt")
@reader(".log")
@reader(".md")
def read_text(source: Source, writer: TextWriter) -> Told:
    """The file as it is."""
    return _read_plain(source, writer.write)


@reader(".csv")
@reader(".tsv")
def read_table(source: Source, writer: TextWriter) -> Told:
    """A table as the text it is, line by line, header and separators included."""
    return read_text(source, writer)


def _read_plain(source: Source, take: Callable[[str], None]) -> Told:
    """The file as it is, given to `take` piece by piece in normal form."""
    _check_encoding(source, source.encoding)
    _check_kind(source)
    chosen = source.encoding
    encoding, alternative = Guess(chosen, None) if chosen else detect(source.content)
    decoded, controls, is_empty = DecodedPieces(source.content, encoding), ControlCharacters(), True
    for piece in NormalPieces(decoded):
        is_empty = False
        controls.count(piece)
        if chosen is None and controls.will_look_binary(source.content.size):
            break
        take(piece)
    places = decoded.places
    is_binary = controls.look_binary() and not is_empty
    if chosen is not None and (is_binary or not decoded.is_credible):
        # NUL everywhere is what a wrongly chosen encoding looks like too
        raise _not_that_encoding(source, places)
    if is_binary:
        raise RefusedDocument("documents.refused.binary", file=source.name)
    if not decoded.is_credible:
        raise RefusedDocument(
            "documents.refused.undecodable", file=source.name, encoding=encoding, places=places
        )
    warnings: tuple[Note, ...] = ()
    losses: tuple[Note, ...] = ()
    if alternative:
        values = {"encoding": encoding, "alternative": alternative}
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
    """JSON objects, one a line, as the text they are; lines that are not JSON are counted."""
    lines = _JsonLines()

    def take(piece: str) -> None:
        writer.write(piece)
        lines.take(piece)

    told = _read_plain(source, take)
    return Told(told.encoding, (*told.warnings, *lines.notes()), told.losses)


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
    """Counts the lines of a text that are JSON; the text comes in pieces."""

    def __init__(self) -> None:
        self._number = self._lines = self._broken = self._first = self._too_long = 0
        self._held: list[str] = []  # the line that has begun
        self._length = 0

    def take(self, piece: str) -> None:
        """The next piece."""
        first, *others = piece.split("\n")
        self._hold(first)
        for part in others:
            self._end_line()
            self._hold(part)

    def _hold(self, part: str) -> None:
        self._length += len(part)
        self._held = [*self._held, part] if self._length <= LONGEST_JSON else []

    def _end_line(self) -> None:
        self._number += 1
        self._lines += self._length > 0
        if self._length > LONGEST_JSON:
            self._too_long += 1
        elif self._length and not _is_json("".join(self._held)):
            self._broken += 1
            self._first = self._first or self._number
        self._held, self._length = [], 0

    def notes(self) -> tuple[Note, ...]:
        """What is to be said when the last piece was taken."""
        self._end_line()
        found = []
        if self._broken:
            values = {"broken": self._broken, "lines": self._lines, "first": self._first}
            found.append(Note("documents.warning.not_json", values))
        if self._too_long:
            values = {"long": self._too_long, "limit": LONGEST_JSON // (1024 * 1024)}
            found.append(Note("documents.warning.json_long", values))
        return tuple(found)


def _is_json(line: str) -> bool:
    if line.isspace():
        return True
    try:
        json.loads(line, parse_int=str)  # str: a number of 5,000 digits is JSON, if not an int
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
