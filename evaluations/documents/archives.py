"""Files inside a compressed file: each comes out as a file of its own, or as a sentence.

In reading order: `Allowance` (how much may come out of one upload), `Member`, `unpacked` (a file
-> the files in it, archives in archives included). Sizes are counted while inflating: what an
archive says of itself only ever makes a refusal come sooner. Only the plain text in a .gz that was
uploaded as such is written to a disk, since it may be large; no name out of an archive is a path.
"""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from evaluations.documents.names import display_name, extension, member_name
from evaluations.documents.pieces import Content
from evaluations.documents.readers import (
    ARCHIVES,
    LARGEST_FILE,
    LARGEST_TEXT,
    PLAIN,
    Source,
    reader_for,
)
from evaluations.errors import RefusedDocument

EXPANDED_BYTES = LARGEST_FILE  # that all files of one upload may have together, unpacked
STORED_BYTES = 240 * 1024 * 1024  # the same in UTF-8: below the output that a child may write
DISCARDED_BYTES = 4 * EXPANDED_BYTES  # inflated in all, also for files that are then refused
DEEPEST = 3  # archives in archives: logs.zip > day.zip > app.log.gz
MOST_MEMBERS = 1000  # files in one upload
PIECE = 1024 * 1024
BROKEN = (  # what gzip and zipfile raise for damaged bytes
    zlib.error,
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    OverflowError,
    NotImplementedError,
)
_ENTRY = b"PK\x01\x02"  # begins each entry in the list of a zip
_ENCRYPTED = 0x1 | 0x40  # flags: encrypted, strongly encrypted
_UTF8 = 0x800  # flag: the name is in UTF-8
_READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others inflate without a limit
_MAC_FORKS = "__MACOSX/"  # what macOS adds to every zip: icons and the like, no file of the user


class Readable(Protocol):
    """What inflates while it is read."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class Allowance:
    """What may still come out of one upload, over all of its archives."""

    def __init__(self, folder: Path, largest_text: int = LARGEST_TEXT) -> None:
        self.bytes = EXPANDED_BYTES
        self.patience = DISCARDED_BYTES
        self.stored = STORED_BYTES
        self.members = MOST_MEMBERS
        self.largest_text = largest_text
        self._folder = folder  # for what is too large to be held

    def read(self, stream: Readable, file: str) -> bytes:
        """All of `stream`.

        Raises:
            RefusedDocument: it holds more than is allowed; at most that much was inflated.
        """
        pieces, size = [], 0
        while piece := stream.read(PIECE):
            size += len(piece)
            self.patience -= len(piece)
            if size > self.bytes or self.patience < 0:
                raise expands(file, EXPANDED_BYTES)
            pieces.append(piece)
        self.bytes -= size
        return b"".join(pieces)

    def unpack(self, stream: Readable, file: str) -> Content:
        """All of `stream` as a file without a name: one text, by the limit for plain text.

        Raises:
            RefusedDocument: it holds more than is allowed; at most that much was inflated.
        """
        written = cast(BinaryIO, tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - returned
        size = 0
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > self.largest_text:
                raise expands(file, self.largest_text)
            try:
                written.write(piece)
            except OSError as error:  # no room on the disk: nothing is wrong with the file
                raise RefusedDocument("documents.refused.no_child", file=file) from error
        return Content(written)

    def count(self, members: int, file: str) -> None:
        """Count the files of one archive.

        Raises:
            RefusedDocument: they are more than is allowed; they are not counted then.
        """
        if members > self.members:
            key = "documents.refused.archive_too_many"
            raise RefusedDocument(key, file=file, members=members, limit=MOST_MEMBERS)
        self.members -= members

    def store(self, size: int, file: str) -> None:
        """Count bytes of text that would be stored.

        Raises:
            RefusedDocument: they are more than is allowed; they are not counted then.
        """
        if size > self.stored:
            raise expands(file, EXPANDED_BYTES)
        self.stored -= size


@dataclass(frozen=True)
class Member:
    """One file that came out of an upload, or why it did not."""

    file: str  # safe to show
    content: Source | RefusedDocument  # the source's name says which reader it asks for


def unpacked(file: str, source: Source, allowance: Allowance, depth: int = 0) -> Iterator[Member]:
    """The files in `source`, which is shown as `file`; a plain file is its own only member."""
    if extension(source.name) not in ARCHIVES:
        yield Member(file, source)
    elif depth == DEEPEST:
        yield Member(
            file, RefusedDocument("documents.refused.archive_nested", file=file, depth=DEEPEST)
        )
    elif extension(source.name) == ".gz":
        yield from _gzip_member(file, source, allowance, depth)
    else:
        yield from _zip_members(file, source, allowance, depth)


def expands(file: str, limit: int) -> RefusedDocument:
    """The refusal of what is too large once it is unpacked."""
    key = "documents.refused.archive_expands"
    return RefusedDocument(key, file=file, limit=limit // (1024 * 1024))


def _gzip_member(file: str, source: Source, allowance: Allowance, depth: int) -> Iterator[Member]:
    """The one file in a gzip, under the gzip's name without its ending."""
    name = source.name.rpartition(".")[0]
    try:
        if not extension(name):
            raise RefusedDocument("documents.refused.gzip_name", file=file)
        is_large = depth == 0 and extension(name) in PLAIN
        content = _inflated(file, source.content, allowance, is_large)
    except RefusedDocument as refusal:
        yield Member(file, refusal)
    else:
        found = replace(source, name=name, content=content)
        yield from unpacked(file, found, allowance, depth + 1)


def _inflated(file: str, packed: Content, allowance: Allowance, is_large: bool) -> Content:
    if not packed.size:
        raise RefusedDocument("documents.refused.empty", file=file)
    try:
        with gzip.GzipFile(fileobj=packed.file()) as stream:
            if is_large:
                return allowance.unpack(stream, file)
            return Content.of(allowance.read(stream, file))
    except BROKEN as error:
        raise RefusedDocument("documents.refused.archive_damaged", file=file) from error


def _zip_members(file: str, source: Source, allowance: Allowance, depth: int) -> Iterator[Member]:
    """The files in a zip, each read or refused by itself."""
    try:
        archive, entries = _opened(file, source.data, allowance)
    except RefusedDocument as refusal:
        yield Member(file, refusal)
        return
    for entry in entries:
        name = _entry_name(entry)
        inside = member_name(file, name)
        try:
            data = _entry_data(archive, entry, inside, display_name(name), allowance)
        except RefusedDocument as refusal:
            yield Member(inside, refusal)
        else:
            found = replace(source, name=display_name(name), content=Content.of(data))
            yield from unpacked(inside, found, allowance, depth + 1)


def _opened(
    file: str, data: bytes, allowance: Allowance
) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """A zip and what it lists, without folders."""
    if not data:
        raise RefusedDocument("documents.refused.empty", file=file)
    # before a list of millions is made; zips inside, if stored as they are, are counted too
    listed = data.count(_ENTRY)
    if listed > 20 * MOST_MEMBERS:
        allowance.count(listed, file)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except BROKEN as error:
        raise RefusedDocument("documents.refused.archive_damaged", file=file) from error
    entries = [
        entry
        for entry in archive.infolist()
        if not entry.filename.endswith("/") and not entry.filename.startswith(_MAC_FORKS)
    ]
    if not entries:
        raise RefusedDocument("documents.refused.empty", file=file)
    allowance.count(len(entries), file)
    return archive, entries


def _entry_name(entry: zipfile.ZipInfo) -> str:
    """A name as it was meant: zips made on Japanese Windows have it in CP932 and do not say so."""
    if entry.flag_bits & _UTF8:
        return entry.orig_filename
    written = entry.orig_filename.encode("cp437")  # undoes what zipfile takes it for
    for encoding in ("utf-8", "cp932"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def _entry_data(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    file: str,
    name: str,
    allowance: Allowance,
) -> bytes:
    """The bytes of one file in a zip; nothing is inflated that no reader could read anyway."""
    if entry.flag_bits & _ENCRYPTED:
        raise RefusedDocument("documents.refused.archive_encrypted", file=file)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise RefusedDocument("documents.refused.not_a_file", file=file)
    if extension(name) not in ARCHIVES:
        reader_for(name)
    if entry.compress_type not in _READ_METHODS:
        raise RefusedDocument("documents.refused.zip_method", file=file)
    if entry.file_size > allowance.bytes:
        raise expands(file, EXPANDED_BYTES)
    try:
        with archive.open(entry) as stream:
            return allowance.read(stream, file)
    except BROKEN as error:
        raise RefusedDocument("documents.refused.archive_damaged", file=file) from error
