"""A file -> the texts that would be stored, and what to tell about them.

`extract` is what the sandboxed child runs: the texts go to files in a folder, what is told and
which bytes of them are documents is an `Extraction`. It imports neither NumPy nor pydantic, so that
a child process starts in a blink. Whatever a reader refuses or breaks on becomes a value here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from evaluations.documents.archives import Allowance, Member, unpacked
from evaluations.documents.boundaries import Split, SplitOffer, split_content, suggest_splits
from evaluations.documents.columns import MOST_COLUMNS, Column
from evaluations.documents.masking import PATTERNS, Found, Kind, Masker, Masking, masked_text
from evaluations.documents.names import display_name, extension
from evaluations.documents.pieces import Content
from evaluations.documents.readers import ARCHIVES, LARGEST_TEXT, Note, Source, is_plain, read
from evaluations.documents.texts import Part, TextWriter, WrittenText, part_of
from evaluations.errors import RefusedDocument

Status = Literal["accept", "warn", "partial", "reject"]
Count = tuple[Kind, int]
LOOKED_AT = 4 * 1024 * 1024  # characters in which personal data is looked for before it is masked


@dataclass(frozen=True)
class Private:
    """Personal data in a file: what the rules found there, and what was masked of it."""

    seen: tuple[Count, ...] = ()  # places that rules without a list find, in the first LOOKED_AT
    masked: tuple[Count, ...] = ()  # places that are marks now, in all of it
    samples: tuple[Found, ...] = ()  # some of the masked places, or of those that were seen


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
    columns: tuple[Column, ...] = ()  # that the tables in it have
    private: Private = field(default_factory=Private)  # in all texts of the upload
    members: tuple[Extraction, ...] = ()  # of a .zip: each file in it, which then has the texts


def extract(
    name: str,
    content: Content,
    folder: Path,
    encoding: str | None = None,
    split: Split | None = None,
    suggest: bool = False,
    largest_text: int = LARGEST_TEXT,
    columns: Sequence[str] | None = None,
    masking: Masking | None = None,
) -> Extraction:
    """The texts of a file; never raises for anything that a file can hold.

    Args:
        folder: where texts are written to.
        suggest: whether to look how a single document may be split, and for personal data.
        largest_text: bytes that plain text in a .gz may have.
        columns: of tables, those that are kept, by name; None: all, as they stand.
        masking: what becomes a mark in the texts; None: nothing.
    """
    file = display_name(name)
    kept = None if columns is None else tuple(columns)
    look = _Look() if suggest else None
    extracting = _Extracting(folder, content.sha256(), split, kept, masking, look)
    source = Source(file, content, encoding)
    found = _extracted(extracting, source, suggest, largest_text)
    return replace(found, private=extracting.private)


def _extracted(
    extracting: _Extracting, source: Source, suggest: bool, largest_text: int
) -> Extraction:
    file, content, folder = source.name, source.content, extracting.folder
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
        columns=_united(members),
        members=members,
    )


def _united(members: tuple[Extraction, ...]) -> tuple[Column, ...]:
    """The columns of several tables: each name once, with the sample of the first that has it."""
    found = {column.name: column for one in reversed(members) for column in one.columns}
    names = dict.fromkeys(column.name for one in members for column in one.columns)
    return tuple(found[name] for name in names) if len(names) <= MOST_COLUMNS else ()


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


class _Look:
    """Looks for personal data at the beginning of an upload's texts."""

    def __init__(self) -> None:
        self._masker = Masker(Masking(PATTERNS))
        self._left = LOOKED_AT

    def __call__(self, piece: str) -> None:
        """The next piece; what is beyond the limit is not looked at."""
        if self._left > 0:
            deque(self._masker.take(piece[: self._left]), maxlen=0)
            self._left -= len(piece)

    def end(self) -> Masker:
        """What was found."""
        deque(self._masker.end(), maxlen=0)
        return self._masker


class _Extracting:
    """Reads the files of one upload; each text becomes a file of its own."""

    def __init__(
        self,
        folder: Path,
        original: str,
        split: Split | None,
        columns: tuple[str, ...] | None,
        masking: Masking | None,
        look: _Look | None,
    ) -> None:
        self.folder = folder
        self.original = original  # SHA-256 of the upload
        self._split = split
        self._columns = columns
        self._masking = masking
        self._masker = None if masking is None else Masker(masking)
        self._look = look
        self._written = 0

    @property
    def private(self) -> Private:
        """Personal data in all that was read."""
        seen = None if self._look is None else self._look.end()
        masked = self._masker
        shown = masked or seen
        return Private(
            seen=() if seen is None else tuple(seen.counts.items()),
            masked=() if masked is None else tuple(masked.counts.items()),
            samples=() if shown is None else tuple(shown.samples),
        )

    def member(self, member: Member, size: int) -> Extraction:
        """The text of one file, which may have come out of another one."""
        source = member.content
        if isinstance(source, RefusedDocument):
            return refused(member.file, source, size, self.original)
        path = self.folder / f"{self._written}.text"
        writer = TextWriter(path, self._masker, self._look)
        self._written += 1
        try:
            told = read(replace(source, columns=self._columns), writer)
        except RefusedDocument as refusal:
            writer.discard()
            return refused(member.file, self._masked(refusal), size, self.original)
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
            columns=told.columns,
        )

    def _masked(self, refusal: RefusedDocument) -> RefusedDocument:
        """The same in what is said of the file's text: a table without a header names its cells."""
        masking = self._masking
        if masking is None:
            return refusal
        values = {
            name: masked_text(value, masking)
            if isinstance(value, str) and name != "file"
            else value
            for name, value in refusal.values.items()
        }
        return RefusedDocument(refusal.key, **values)

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
