"""A file's bytes, whatever its size: read a piece at a time, never all at once.

`Content` is a file that can be read anywhere, on a disk or in memory. `PIECE` is how much of it
is held; no result depends on where a piece ends.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from typing import BinaryIO

PIECE = 1024 * 1024


class Content:
    """The bytes of a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    @classmethod
    def of(cls, data: bytes) -> Content:
        """Bytes that are in memory."""
        return cls(io.BytesIO(data))

    def read(self, start: int, stop: int) -> bytes:
        """Bytes [start, stop), as far as there are any."""
        self._file.seek(start)
        return self._file.read(max(0, min(stop, self.size) - start))

    def file(self) -> BinaryIO:
        """The file, at its start; whoever reads it must not close it."""
        self._file.seek(0)
        return self._file

    def whole(self) -> bytes:
        """All of it, for formats that cannot be read in pieces."""
        return self.read(0, self.size)

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Bytes [start, stop), or to the end, a piece at a time."""
        end = self.size if stop is None else min(stop, self.size)
        while start < end:
            piece = self.read(start, min(start + PIECE, end))
            yield piece
            start += len(piece)

    def find(self, wanted: bytes, start: int, stop: int | None = None) -> int:
        """Where the byte `wanted` first is in [start, stop); -1: nowhere."""
        for piece in self.pieces(start, stop):
            at = piece.find(wanted)
            if at >= 0:
                return start + at
            start += len(piece)
        return -1

    def rfind(self, wanted: bytes, start: int, stop: int) -> int:
        """Where the byte `wanted` last is in [start, stop); -1: nowhere."""
        stop = min(stop, self.size)
        while stop > start:
            begin = max(start, stop - PIECE)
            at = self.read(begin, stop).rfind(wanted)
            if at >= 0:
                return begin + at
            stop = begin
        return -1

    def sha256(self, start: int = 0, stop: int | None = None) -> str:
        """The hash of bytes [start, stop), or to the end."""
        digest = hashlib.sha256()
        for piece in self.pieces(start, stop):
            digest.update(piece)
        return digest.hexdigest()
