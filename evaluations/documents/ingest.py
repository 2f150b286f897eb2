"""What an upload would do with a file: its documents, or the sentence why there are none.

In reading order: `Ingested`, `ingest_bytes` (in this process, pure), `ingest_json` (the object of
SPEC section 11). `sandbox.ingest_path` does the same in a child process with limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evaluations.documents.boundaries import Split, SplitOffer
from evaluations.documents.extraction import Extraction, Status, extract
from evaluations.documents.names import part_name
from evaluations.documents.pieces import Content
from evaluations.documents.texts import Part, Scratch, TextInFile
from evaluations.records import Document, Reason
from evaluations.wording import Language, say


@dataclass(frozen=True)
class ExtractedDocument:
    """One document of a file, with its stored text, which may be too large to hold."""

    document: Document  # its id is the hash of the text
    held: str | TextInFile = field(compare=False, repr=False)

    @property
    def text(self) -> str:
        """All of the text."""
        if isinstance(self.held, str):
            return self.held
        return b"".join(self.held.pieces()).decode("utf-8")

    def pieces(self) -> Iterator[bytes]:
        """The text as UTF-8, a piece at a time."""
        if isinstance(self.held, str):
            yield self.held.encode("utf-8")
        else:
            yield from self.held.pieces()

    def beginning(self, size: int) -> str:
        """The characters in its first bytes."""
        if isinstance(self.held, str):
            start = self.held[:size].encode("utf-8")[:size]
        else:
            start = self.held.beginning(size)
        return start.decode("utf-8", "ignore")


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
    offers: tuple[SplitOffer, ...] = ()  # how the one document may become many, where asked for
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
    scratch = Scratch()
    extraction = extract(name, Content.of(data), scratch.folder, encoding, split)
    return from_extraction(extraction, scratch)


def from_extraction(extraction: Extraction, scratch: Scratch) -> Ingested:
    """The documents of what a reader, here or in a child process, got out of a file.

    Args:
        scratch: the folder in which its texts are.
    """
    members = tuple(from_extraction(member, scratch) for member in extraction.members)
    own = (
        Reason(key=key, values={**values, "file": extraction.file})
        for key, values in extraction.notes
    )
    documents = (
        _document(extraction, number, part, scratch)
        for number, part in enumerate(extraction.documents, 1)
    )
    return Ingested(
        status=extraction.status,
        file=extraction.file,
        messages=(*own, *(reason for member in members for reason in member.messages)),
        encoding=extraction.encoding,
        text_sha256=extraction.text_sha256,
        original_sha256=extraction.original_sha256,
        bytes=extraction.bytes,
        documents=(*documents, *(one for member in members for one in member.documents)),
        offers=extraction.offers or tuple(offer for one in members for offer in one.offers),
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


def _document(
    extraction: Extraction, number: int, part: Part, scratch: Scratch
) -> ExtractedDocument:
    count = len(extraction.documents)
    document = Document(
        id=part.sha256,
        name=part_name(extraction.file, number, count),
        bytes=part.stop - part.start,
        characters=part.characters,
        encoding=extraction.encoding or "",
        format=extraction.format.removeprefix("."),
        original_sha256=extraction.original_sha256 or "",
    )
    assert extraction.text is not None  # else there were no documents
    return ExtractedDocument(document, TextInFile(extraction.text, part.start, part.stop, scratch))
