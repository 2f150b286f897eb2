"""A file's bytes -> the texts that would be stored, and what to tell about them.

`extract` is what the sandboxed child runs. It is pure and imports neither NumPy nor pydantic, so
that a child process starts in a blink. Whatever a reader refuses or breaks on becomes a value here.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from evaluations.documents.archives import Allowance, Member, unpacked
from evaluations.documents.boundaries import Split, split_text
from evaluations.documents.cleaning import stored_text
from evaluations.documents.names import display_name, extension
from evaluations.documents.readers import ARCHIVES, Note, Source, read
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
    texts: tuple[str, ...] = ()  # one per document, safe to store
    members: tuple[Extraction, ...] = ()  # of a .zip: each file in it, which then has the texts


def extract(
    name: str, data: bytes, encoding: str | None = None, split: Split | None = None
) -> Extraction:
    """The texts of a file; never raises for anything that a file can hold."""
    file = display_name(name)
    original = hashlib.sha256(data).hexdigest()
    source = Source(file, data, encoding)
    if extension(file) not in ARCHIVES:
        return _of_member(Member(file, source), len(data), original, split)
    allowance = Allowance()
    members = tuple(
        _stored(_of_member(member, _size(member, source), original, split), allowance)
        for member in unpacked(file, source, allowance)
    )
    if [member.file for member in members] == [file]:  # a .gz, or an archive refused as a whole
        return members[0]
    return _archive(file, len(data), original, members)


def _size(member: Member, upload: Source) -> int:
    """Bytes of the uploaded file, or of a file in it as far as it came out."""
    if member.file == upload.name:
        return len(upload.data)
    return len(member.content.data) if isinstance(member.content, Source) else 0


def _archive(file: str, size: int, original: str, members: tuple[Extraction, ...]) -> Extraction:
    """What came out of an archive of several files."""
    found = {member.status for member in members}
    encodings = {member.encoding for member in members if member.texts}
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


def _stored(extraction: Extraction, allowance: Allowance) -> Extraction:
    """The same, or its refusal where the upload's texts would become too large to store."""
    try:
        allowance.store(extraction.texts, extraction.file)
    except RefusedDocument as refusal:
        return refused(extraction.file, refusal, extraction.bytes, extraction.original_sha256)
    return extraction


def _of_member(member: Member, size: int, original: str, split: Split | None) -> Extraction:
    """The texts of one file, which may have come out of another one."""
    source = member.content
    if isinstance(source, RefusedDocument):
        return refused(member.file, source, size, original)
    try:
        reading = read(source)
    except RefusedDocument as refusal:
        return refused(member.file, refusal, size, original)
    stored = stored_text(reading.text)
    warnings = reading.warnings
    if stored.replaced:
        note = Note("documents.warning.unsafe", {"characters": stored.replaced})
        warnings = (*warnings, note)
    parts = split_text(stored.text, split) if split else [stored.text]
    return Extraction(
        status="partial" if reading.losses else "warn" if warnings else "accept",
        file=member.file,
        bytes=size,
        notes=(*reading.losses, *warnings),
        format=extension(source.name),
        encoding=reading.encoding,
        text_sha256=hashlib.sha256(reading.text.encode("utf-8")).hexdigest(),
        original_sha256=original,
        texts=tuple(part.rstrip("\n") for part in parts),
    )


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
