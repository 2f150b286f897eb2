"""A file -> the texts that would be stored, and what to tell about them.

`extract` is what the sandboxed child runs: the texts go to files in a folder, what is told and
which bytes of them are documents is an `Extraction`. It imports neither NumPy nor pydantic, so that
a child process starts in a blink. Whatever a reader refuses or breaks on becomes a value here.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from evaluations.documents.archives import Allowance, Member, unpacked
from evaluations.documents.boundaries import Split, SplitOffer, split_content, suggest_splits
from evaluations.documents.names import display_name, extension
from evaluations.documents.pieces import Content
from evaluations.documents.readers import ARCHIVES, LARGEST_TEXT, Note, Source, is_plain, read
from evaluations.documents.texts import Part, TextWriter, WrittenText, part_of
from evaluations.errors import RefusedDocument

Status = Literal["accept", "warn", "partial", "reject"]


@dataclass(frozen=True)
class Extraction:
    """What a file gave: its stored texts, or the reason why there are none."""

    status: Status
    file: str  # safe to show
    bytes: int  # of the file
    notes: tuple[Note, ...] = ()
    format: str = ""  # extension, with its dot; of what is inside, for a .gz
    encoding: str | None = None
    text_sha256: str | None = None  # of the extracted text, whole and before it is made safe
    original_sha256: str | None = None  # of the uploaded file; None when it could not be read
    text: Path | None = field(default=None, compare=False)  # the stored text, safe to show
    documents: tuple[Part, ...] = ()  # which bytes of it they are
    offers: tuple[SplitOffer, ...] = ()  # how the one document may become many, where asked for
    members: tuple[Extraction, ...] = ()  # of a .zip: each file in it, which then has the texts


def extract(
    name: str,
    content: Content,
    folder: Path,
    encoding: str | None = None,
    split: Split | None = None,
    suggest: bool = False,
    largest_text: int = LARGEST_TEXT,
) -> Extraction:
    """The texts of a file; never raises for anything that a file can hold.

    Args:
        folder: where texts are written to.
        suggest: whether to look how a single document may be split.
        largest_text: bytes that plain text in a .gz may have.
    """
    file = display_name(name)
    source = Source(file, content, encoding)
    extracting = _Extracting(folder, content.sha256(), split)
    if extension(file) not in ARCHIVES:
        return _suggested(extracting.member(Member(file, source), content.size), suggest)
    allowance = Allowance(folder, largest_text)
    members = tuple(
        _stored(extracting.member(member, _size(member, source)), allowance, is_plain(file))
        for member in unpacked(file, source, allowance)
    )
    if [member.file for member in members] == [file]:  # a .gz, or an archive refused as a whole
        return _suggested(members[0], suggest)
    if sum(len(member.documents) for member in members) == 1:
        members = tuple(_suggested(member, suggest) for member in members)
    return _archive(file, content.size, extracting.original, members)


def _size(member: Member, upload: Source) -> int:
    """Bytes of the uploaded file, or of a file in it as far as it came out."""
    if member.file == upload.name:
        return upload.content.size
    return member.content.content.size if isinstance(member.content, Source) else 0


def _suggested(extraction: Extraction, wanted: bool) -> Extraction:
    """The same with ways to split its only document, where they are wanted."""
    if not wanted or extraction.text is None or len(extraction.documents) != 1:
        return extraction
    (only,) = extraction.documents
    with extraction.text.open("rb") as file:
        offers = suggest_splits(Content(file), only.characters)
    return replace(extraction, offers=tuple(offers))


def _archive(file: str, size: int, original: str, members: tuple[Extraction, ...]) -> Extraction:
    """What came out of an archive of several files."""
    found = {member.status for member in members}
    encodings = {member.encoding for member in members if member.documents}
    return Extraction(
        status=found.pop() if len(found) == 1 else "partial" if found & _LOSSES else "warn",
        file=file,
        bytes=size,
        format=extension(file),
        encoding=encodings.pop() if len(encodings) == 1 else None,
        original_sha256=original,
        members=members,
    )


_LOSSES: frozenset[Status] = frozenset(("partial", "reject"))


def _stored(extraction: Extraction, allowance: Allowance, is_single: bool) -> Extraction:
    """The same, or its refusal where the upload's texts would become too large to store.

    One plain text that was packed alone has the limit of plain texts instead.
    """
    if extraction.text is None or is_single:
        return extraction
    try:
        size = sum(part.stop - part.start for part in extraction.documents)
        allowance.store(size, extraction.file)
    except RefusedDocument as refusal:
        extraction.text.unlink()
        return refused(extraction.file, refusal, extraction.bytes, extraction.original_sha256)
    return extraction


class _Extracting:
    """Reads the files of one upload; each text becomes a file of its own."""

    def __init__(self, folder: Path, original: str, split: Split | None) -> None:
        self.original = original  # SHA-256 of the upload
        self._folder = folder
        self._split = split
        self._written = 0

    def member(self, member: Member, size: int) -> Extraction:
        """The text of one file, which may have come out of another one."""
        source = member.content
        if isinstance(source, RefusedDocument):
            return refused(member.file, source, size, self.original)
        writer = TextWriter(self._folder / f"{self._written}.text")
        self._written += 1
        try:
            told = read(source, writer)
        except RefusedDocument as refusal:
            writer.discard()
            return refused(member.file, refusal, size, self.original)
        text, warnings = writer.close(), told.warnings
        if text.replaced:
            note = Note("documents.warning.unsafe", {"characters": text.replaced})
            warnings = (*warnings, note)
        return Extraction(
            status="partial" if told.losses else "warn" if warnings else "accept",
            file=member.file,
            bytes=size,
            notes=(*told.losses, *warnings),
            format=extension(source.name),
            encoding=told.encoding,
            text_sha256=text.sha256,
            original_sha256=self.original,
            text=text.path,
            documents=self._documents(text),
        )

    def _documents(self, text: WrittenText) -> tuple[Part, ...]:
        if self._split is None:
            return (Part(0, text.bytes, text.stored_sha256, text.characters),)
        with text.path.open("rb") as file:
            content = Content(file)
            parts = split_content(content, text.characters, self._split)
            return tuple(part_of(content, *part) for part in parts)


def refused(
    file: str, refusal: RefusedDocument, size: int = 0, original_sha256: str | None = None
) -> Extraction:
    """The extraction of a file that is not read."""
    values = {key: _plain(value) for key, value in refusal.values.items() if key != "file"}
    return Extraction(
        status="reject",
        file=file,
        bytes=size,
        notes=(Note(refusal.key, values),),
        format=extension(file),
        original_sha256=original_sha256,
    )


def _plain(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)
