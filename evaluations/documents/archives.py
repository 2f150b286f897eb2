"""Files inside a compressed file: each comes out as a file of its own, or as a sentence.

In reading order: `Allowance` (how much may come out of one upload), `Member`, `unpacked` (a file
-> the files in it, archives in archives included). Sizes are counted while inflating: what an
archive says of itself only ever makes a refusal come sooner. Nothing is written to a disk, and no
name out of an archive is used as a path.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from evaluations.documents.boundaries import utf8_bytes
from evaluations.documents.names import extension
from evaluations.documents.readers import ARCHIVES, LARGEST_FILE, Source
from evaluations.errors import RefusedDocument

EXPANDED_BYTES = LARGEST_FILE  # that all files of one upload may have together, unpacked
STORED_BYTES = 240 * 1024 * 1024  # the same in UTF-8: below the output that a child may write
DISCARDED_BYTES = 4 * EXPANDED_BYTES  # inflated in all, also for files that are then refused
DEEPEST = 3  # archives in archives: logs.zip > day.zip > app.log.gz
PIECE = 1024 * 1024
BROKEN = (zlib.error, EOFError, OSError)  # what gzip raises for damaged bytes


class Readable(Protocol):
    """What inflates while it is read."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class Allowance:
    """What may still come out of one upload, over all of its archives."""

    def __init__(self) -> None:
        self.bytes = EXPANDED_BYTES
        self.patience = DISCARDED_BYTES
        self.stored = STORED_BYTES

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
                raise expands(file)
            pieces.append(piece)
        self.bytes -= size
        return b"".join(pieces)

    def store(self, texts: Iterable[str], file: str) -> None:
        """Count texts that would be stored.

        Raises:
            RefusedDocument: they are more than is allowed; they are not counted then.
        """
        size = sum(map(utf8_bytes, texts))
        if size > self.stored:
            raise expands(file)
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
        yield Member(file, RefusedDocument("documents.refused.nested", file=file, depth=DEEPEST))
    else:
        yield from _gzip_member(file, source, allowance, depth)


def expands(file: str) -> RefusedDocument:
    """The refusal of what is too large once it is unpacked."""
    limit = EXPANDED_BYTES // (1024 * 1024)
    return RefusedDocument("documents.refused.expands", file=file, limit=limit)


def _gzip_member(file: str, source: Source, allowance: Allowance, depth: int) -> Iterator[Member]:
    """The one file in a gzip, under the gzip's name without its ending."""
    name = source.name.rpartition(".")[0]
    try:
        if not extension(name):
            raise RefusedDocument("documents.refused.gzip_name", file=file)
        data = _inflated(file, source.data, allowance)
    except RefusedDocument as refusal:
        yield Member(file, refusal)
    else:
        yield from unpacked(file, Source(name, data, source.encoding), allowance, depth + 1)


def _inflated(file: str, data: bytes, allowance: Allowance) -> bytes:
    if not data:
        raise RefusedDocument("documents.refused.empty", file=file)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            return allowance.read(stream, file)
    except BROKEN as error:
        raise RefusedDocument("documents.refused.damaged", file=file) from error
