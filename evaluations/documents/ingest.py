"""What an upload would do with a file: its documents, or the sentence why there are none.

In reading order: `Ingested`, `ingest_bytes` (in this process, pure), `ingest_json` (the object of
SPEC section 11). `sandbox.ingest_path` does the same in a child process with limits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from evaluations.documents.boundaries import Split, SplitOffer
from evaluations.documents.columns import Column, label
from evaluations.documents.extraction import Extraction, Private, Status, extract
from evaluations.documents.masking import KINDS, Masking, masked_text
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
    columns: tuple[Column, ...] = ()  # that the tables in the file have, chosen or not
    private: Private = field(default_factory=Private)  # personal data in it
    members: tuple[Ingested, ...] = ()  # of a .zip: each file in it; their documents are above too

    @property
    def message(self) -> Reason | None:
        """The most serious message; None only when the file is accepted without one."""
        return self.messages[0] if self.messages else None

    def words(self, language: Language) -> str:
        """All messages as sentences; "" when there is none."""
        return " ".join(say(reason.key, language, **reason.values) for reason in self.messages)


def ingest_bytes(
    name: str,
    data: bytes,
    encoding: str | None = None,
    split: Split | None = None,
    *,
    suggest: bool = False,
    columns: Sequence[str] | None = None,
    masking: Masking | None = None,
) -> Ingested:
    """What becomes of a file called `name` that holds `data`; never raises for its contents.

    Args:
        name: as the user named the file; only its extension and its safe form are used.
        encoding: one of ENCODINGS, or None to detect it.
        split: how to make several documents of it, or None for one.
        suggest, columns, masking: as for `extract`.
    """
    scratch = Scratch()
    extraction = extract(
        name,
        Content.of(data),
        scratch.folder,
        encoding,
        split,
        suggest=suggest,
        columns=columns,
        masking=masking,
    )
    return from_extraction(extraction, scratch, columns, masking)


def from_extraction(
    extraction: Extraction,
    scratch: Scratch,
    columns: Sequence[str] | None,
    masking: Masking | None,
) -> Ingested:
    """The documents of what a reader, here or in a child process, got out of a file.

    Args:
        scratch: the folder in which its texts are.
        columns, masking: with which it was read.
    """
    members = tuple(
        from_extraction(member, scratch, columns, masking) for member in extraction.members
    )
    left_out = _left_out(_kept(extraction, columns), masking)
    own = (
        Reason(key=key, values={**values, "file": extraction.file})
        for key, values in extraction.notes
    )
    documents = (
        _document(extraction, number, part, scratch, left_out)
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
        columns=extraction.columns,
        private=extraction.private,
        members=members,
    )


def _kept(extraction: Extraction, columns: Sequence[str] | None) -> tuple[str, ...] | None:
    """The columns that a table was cut down to; None: it is whole, or no table."""
    if columns is None or not extraction.columns:
        return None
    wanted = set(map(label, columns))
    return tuple(column.name for column in extraction.columns if column.name in wanted)


def places_in_words(counts: Mapping[str, int], language: Language) -> str:
    """How many places of each kind of personal data, as a list."""
    kinds = (kind for kind in KINDS if kind in counts)
    said = (say(f"documents.masked.{kind}", language, places=counts[kind]) for kind in kinds)
    return say("documents.masked.comma", language).join(said)


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
    if ingested.private.masked:
        printed["masked"] = dict(ingested.private.masked)
    if ingested.members:
        printed["members"] = [ingest_json(member, language) for member in ingested.members]
    return printed


class _LeftOut(NamedTuple):
    """What of a file is not in its texts."""

    columns: tuple[str, ...] | None  # those that are there
    masked: tuple[str, ...]


def _left_out(columns: tuple[str, ...] | None, masking: Masking | None) -> _LeftOut:
    """With names of columns as they are in a masked text: who has no header row names its cells."""
    if masking is None:
        return _LeftOut(columns, ())
    if columns is not None:
        columns = tuple(masked_text("\n".join(columns), masking).split("\n"))
    return _LeftOut(columns, masking.kinds)


def _document(
    extraction: Extraction, number: int, part: Part, scratch: Scratch, left_out: _LeftOut
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
        columns=left_out.columns,
        masked=left_out.masked,
    )
    assert extraction.text is not None  # else there were no documents
    return ExtractedDocument(document, TextInFile(extraction.text, part.start, part.stop, scratch))
