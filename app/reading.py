"""Files that have arrived, read but not yet stored: what the Data page reviews.

`read_upload` reads one file in a child process and remembers the outcome for the session, without
its text; `store_upload` reads it again as it was decided (`Choices`, split) and stores the
documents. A text is in files all the way, never in the app's memory. Of a file that a worker will
read `read_beginning` reads the first part, so that it too is seen before it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from session import open_store, settings, state
from uploads import Box, Upload

from evaluations.documents import (
    PLAIN,
    Column,
    Ingested,
    Masking,
    Private,
    Split,
    SplitOffer,
    display_name,
    ingest_path,
)
from evaluations.documents.texts import Scratch
from evaluations.records import Document, Reason

PREVIEW_BYTES = 16 * 1024
BEGINNING_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Choices:
    """How a visitor wants a file to be read."""

    encoding: str | None  # None: recognize it
    masking: Masking | None = None
    columns: tuple[str, ...] = ()  # of a table; none: it stays as it stands


@dataclass(frozen=True)
class Reading:
    """What became of one file."""

    file: str  # its name, safe to show
    status: str  # accept, warn, partial, reject
    messages: tuple[Reason, ...]
    encoding: str | None
    documents: int
    bytes: int
    offers: tuple[SplitOffer, ...]
    columns: tuple[Column, ...]
    private: Private
    beginning: str


def read_upload(upload: Upload, choices: Choices) -> Reading:
    """The file as it would be stored; read once for each way to read it."""
    readings = state("readings", {})
    key = (upload.id, choices)
    if key not in readings:
        readings[key] = _reading(_ingested(upload, upload.path, choices, suggest=True))
    return readings[key]


def is_read(upload: Upload, choices: Choices) -> bool:
    """Whether `read_upload` would answer at once."""
    return (upload.id, choices) in state("readings", {})


def has_beginning(upload: Upload) -> bool:
    """Whether the first part of a file is a file of that kind: of a .gz it is a damaged one."""
    return Path(display_name(upload.name)).suffix.lower() in PLAIN


def read_beginning(upload: Upload, choices: Choices) -> Reading:
    """The first part of a large file as it would be stored; see `has_beginning`."""
    beginnings = state("beginnings", {})
    key = (upload.id, choices)
    if key not in beginnings:
        scratch = Scratch()  # of which nothing is left for long, should this process be killed
        part = scratch.folder / "part"
        part.write_bytes(_whole_lines(upload.path))
        beginnings[key] = _reading(_ingested(upload, part, choices, suggest=True))
    return beginnings[key]


def _whole_lines(path: Path) -> bytes:
    """The first bytes of a file, as far as the last line that ends in them."""
    with path.open("rb") as file:
        data = file.read(BEGINNING_BYTES)
    end = data.rfind(b"\n") + 1 or len(data)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        end += end % 2  # UTF-16: two bytes a character
    return data[:end]


def _ingested(
    upload: Upload,
    path: Path,
    choices: Choices,
    split: Split | None = None,
    suggest: bool = False,
) -> Ingested:
    return ingest_path(
        path,
        name=upload.name,
        encoding=choices.encoding,
        split=split,
        suggest=suggest,
        columns=choices.columns or None,
        masking=choices.masking,
        largest_text=settings().largest_text,
        limits=settings().reader_limits,
    )


def _reading(ingested: Ingested) -> Reading:
    documents = ingested.documents
    return Reading(
        file=ingested.file,
        status=ingested.status,
        messages=ingested.messages,
        encoding=ingested.encoding,
        documents=len(documents),
        bytes=sum(extracted.document.bytes for extracted in documents),
        offers=ingested.offers,
        columns=ingested.columns,
        private=ingested.private,
        beginning=documents[0].beginning(PREVIEW_BYTES) if documents else "",
    )


def store_upload(
    box: Box, upload: Upload, choices: Choices, split: Split | None, keep_original: bool
) -> list[Document]:
    """Store the file's documents and take it out of the box; none when it is refused after all."""
    ingested = _ingested(upload, upload.path, choices, split)
    if not ingested.documents:
        return []
    stored = open_store().add_documents(ingested, upload.path if keep_original else None)
    box.remove(upload.id)
    return stored
