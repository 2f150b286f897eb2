"""Files that have arrived, read but not yet stored: what the Data page reviews.

`read_upload` reads one file in a child process and remembers the outcome for the session, without
its text; `store_upload` reads it again as it was decided (encoding, split) and stores the
documents. A text is in files all the way, never in the app's memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from session import open_store, settings, state
from uploads import Box, Upload

from evaluations.documents import Ingested, Split, SplitOffer, ingest_path
from evaluations.records import Document, Reason

PREVIEW_BYTES = 4096


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
    beginning: str


def read_upload(upload: Upload, encoding: str | None) -> Reading:
    """The file as it would be stored; read once for each encoding."""
    readings = state("readings", {})
    key = (upload.id, encoding)
    if key not in readings:
        readings[key] = _reading(_ingested(upload, encoding, suggest=True))
    return readings[key]


def is_read(upload: Upload, encoding: str | None) -> bool:
    """Whether `read_upload` would answer at once."""
    return (upload.id, encoding) in state("readings", {})


def _ingested(
    upload: Upload, encoding: str | None, split: Split | None = None, suggest: bool = False
) -> Ingested:
    return ingest_path(
        upload.path,
        name=upload.name,
        encoding=encoding,
        split=split,
        suggest=suggest,
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
        beginning=documents[0].beginning(PREVIEW_BYTES) if documents else "",
    )


def store_upload(
    box: Box, upload: Upload, encoding: str | None, split: Split | None
) -> list[Document]:
    """Store the file's documents and take it out of the box; none when it is refused after all."""
    ingested = _ingested(upload, encoding, split)
    if not ingested.documents:
        return []
    stored = open_store().add_documents(ingested, upload.path)
    box.remove(upload.id)
    return stored
