"""What an upload would do with a file: its documents, or the sentence why there are none.

In reading order: `Ingested`, `ingest_bytes` (in this process, pure), `ingest_json` (the object of
SPEC section 11). `sandbox.ingest_path` does the same in a child process with limits.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from evaluations.documents.boundaries import Split
from evaluations.documents.extraction import Extraction, Status, extract
from evaluations.records import Document, Reason
from evaluations.wording import Language, say


@dataclass(frozen=True)
class ExtractedDocument:
    """One document of a file, with its stored text."""

    document: Document
    text: str


@dataclass(frozen=True)
class Ingested:
    """One file: accepted, accepted with a warning, read in part, or rejected.

    `text_sha256` covers the extracted text as a whole, in normal form and before unsafe characters
    are made visible; a document's id covers its stored text. The two are equal for a file of one
    document without such characters.
    """

    status: Status
    file: str  # safe to show
    messages: tuple[Reason, ...]  # the most serious first; every one has the value `file`
    encoding: str | None
    text_sha256: str | None
    original_sha256: str | None  # None: the file could not be read at all
    bytes: int  # of the file
    documents: tuple[ExtractedDocument, ...]
    members: tuple[Ingested, ...] = ()  # of a .zip: each file in it; their documents are above too

    @property
    def message(self) -> Reason | None:
        """The most serious message; None only when the file is accepted without one."""
        return self.messages[0] if self.messages else None

    def words(self, language: Language) -> str:
        """All messages as sentences; "" when there is none."""
        return " ".join(say(reason.key, language, **reason.values) for reason in self.messages)


def ingest_bytes(
    name: str, data: bytes, encoding: str | None = None, split: Split | None = None
) -> Ingested:
    """What becomes of a file called `name` that holds `data`; never raises for its contents.

    Args:
        name: as the user named the file; only its extension and its safe form are used.
        encoding: one of ENCODINGS, or None to detect it.
        split: how to make several documents of it, or None for one.
    """
    return from_extraction(extract(name, data, encoding, split))


def from_extraction(extraction: Extraction) -> Ingested:
    """The documents of what a reader, here or in a child process, got out of a file."""
    members = tuple(map(from_extraction, extraction.members))
    own = (
        Reason(key=key, values={**values, "file": extraction.file})
        for key, values in extraction.notes
    )
    documents = (_document(extraction, part, text) for part, text in enumerate(extraction.texts, 1))
    return Ingested(
        status=extraction.status,
        file=extraction.file,
        messages=(*own, *(reason for member in members for reason in member.messages)),
        encoding=extraction.encoding,
        text_sha256=extraction.text_sha256,
        original_sha256=extraction.original_sha256,
        bytes=extraction.bytes,
        documents=(*documents, *(one for member in members for one in member.documents)),
        members=members,
    )


def ingest_json(ingested: Ingested, language: Language) -> dict[str, Any]:
    """The object that `ingest --json` prints for one file; a .zip lists its files as well."""
    printed: dict[str, Any] = {
        "file": ingested.file,
        "status": ingested.status,
        "message": ingested.words(language) or None,
        "encoding": ingested.encoding,
        "text_sha256": ingested.text_sha256,
        "bytes": ingested.bytes,
        "documents": len(ingested.documents),
    }
    if ingested.members:
        printed["members"] = [ingest_json(member, language) for member in ingested.members]
    return printed


def _document(extraction: Extraction, part: int, text: str) -> ExtractedDocument:
    count = len(extraction.texts)
    utf8 = text.encode("utf-8")
    document = Document(
        id=hashlib.sha256(utf8).hexdigest(),
        name=extraction.file if count == 1 else f"{extraction.file} [{part}/{count}]",
        bytes=len(utf8),
        characters=len(text),
        encoding=extraction.encoding or "",
        format=extraction.format.removeprefix("."),
        original_sha256=extraction.original_sha256 or "",
    )
    return ExtractedDocument(document, text)
