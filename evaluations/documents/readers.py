"""One reader per file format: bytes -> text, with what a person should know about the reading.

In reading order: `Source` (a file), `Reading` (its text), `@reader(".ext")` (the registry),
`read` (the reader that a file's name asks for), then the readers. To add a format, write one
function here and put a small sample into `tests/samples/`.

A reader raises `RefusedDocument` when the file cannot become text, and knows nothing of limits on
memory or time: `sandbox` gives it those.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from evaluations.documents.cleaning import normal_text
from evaluations.documents.contents import looks_binary, signature
from evaluations.documents.encodings import ENCODINGS, decode
from evaluations.documents.names import extension
from evaluations.documents.xes import XesError, encoding_of, event_log
from evaluations.errors import RefusedDocument

LARGEST_FILE = 200 * 1024 * 1024  # bytes that fit, as text, into the memory that a child may use


class Note(NamedTuple):
    """A sentence about one file: wording key and values, ready for JSON. The file is implied."""

    key: str
    values: Mapping[str, str | int]


@dataclass(frozen=True)
class Source:
    """One file as its user gave it."""

    name: str  # safe to show
    data: bytes
    encoding: str | None = None  # None: detect


@dataclass(frozen=True)
class Reading:
    """The text of a file in normal form (see `cleaning`), before it is made safe to store."""

    text: str
    encoding: str | None  # None: the format itself says how its characters are written
    warnings: tuple[Note, ...] = ()
    losses: tuple[Note, ...] = ()  # what could not be read: the file is only partly there


Reader = Callable[[Source], Reading]
READERS: dict[str, Reader] = {}

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


def read(source: Source) -> Reading:
    """The text of a file, by the reader that its name asks for.

    Raises:
        RefusedDocument: no such reader, nothing in the file, or the reader refused it.
    """
    read_format = reader_for(source.name)
    if not source.data:
        raise RefusedDocument("documents.refused.empty", file=source.name)
    if len(source.data) > LARGEST_FILE:
        raise too_large(source.name, len(source.data))
    reading = read_format(source)
    if not reading.text.strip():
        raise RefusedDocument("documents.refused.blank", file=source.name)
    return reading


def too_large(name: str, size: int) -> RefusedDocument:
    """The refusal of a file above LARGEST_FILE."""
    mebibyte = 1024 * 1024
    return RefusedDocument(
        "documents.refused.too_large",
        file=name,
        size=-(-size // mebibyte),
        limit=LARGEST_FILE // mebibyte,
    )


# --- the readers -------------------------------------------------------------------------------


@reader(".txt")
@reader(".log")
@reader(".md")
def read_text(source: Source) -> Reading:
    """The file as it is."""
    _check_encoding(source, source.encoding)
    _check_kind(source)
    text, encoding, alternative, places, is_credible = decode(source.data, source.encoding)
    text = normal_text(text)
    if text and looks_binary(text):
        # NUL everywhere is what a wrongly chosen encoding looks like too
        if source.encoding is not None:
            raise _not_that_encoding(source, places)
        raise RefusedDocument("documents.refused.binary", file=source.name)
    if not is_credible:
        if source.encoding is not None:
            raise _not_that_encoding(source, places)
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
    return Reading(text, encoding, warnings, losses)


@reader(".csv")
@reader(".tsv")
def read_table(source: Source) -> Reading:
    """A table as the text it is, line by line, header and separators included."""
    return read_text(source)


@reader(".xes")
def read_event_log(source: Source) -> Reading:
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
    return Reading(normal_text(found.text), encoding)


_XES: Mapping[str, str] = {
    "doctype": "documents.refused.xes_doctype",
    "damaged": "documents.refused.xes_damaged",
    "other": "documents.refused.xes_other",
    "large": "documents.refused.archive_expands",
}


@reader(".jsonl")
def read_json_lines(source: Source) -> Reading:
    """JSON objects, one a line, as the text they are; lines that are not JSON are counted."""
    reading = read_text(source)
    lines = [(number, line) for number, line in enumerate(reading.text.split("\n"), 1) if line]
    broken = [number for number, line in lines if not _is_json(line)]
    if not broken:
        return reading
    values = {"broken": len(broken), "lines": len(lines), "first": broken[0]}
    note = Note("documents.warning.not_json", values)
    return Reading(reading.text, reading.encoding, (*reading.warnings, note), reading.losses)


@reader(".docx")
def read_word(source: Source) -> Reading:
    """A Word document; its reader is loaded only when there is one."""
    from evaluations.documents.word import read_document

    return read_document(source)


@reader(".xlsx")
def read_excel(source: Source) -> Reading:
    """An Excel workbook; its reader is loaded only when there is one."""
    from evaluations.documents.excel import read_workbook

    return read_workbook(source)


@reader(".pdf")
def read_pdf(source: Source) -> Reading:
    """The text of a PDF; its reader is loaded only when there is one."""
    from evaluations.documents.pdf import read_pages

    return read_pages(source)


def _is_json(line: str) -> bool:
    if line.isspace():
        return True
    try:
        json.loads(line, parse_int=str)  # str: a number of 5,000 digits is JSON, if not an int
    except (ValueError, RecursionError):
        return False
    return True


def _check_kind(source: Source) -> None:
    kind = signature(source.data)
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
        detected=decode(source.data).encoding,
    )
