"""Files named by the SHA-256 of their content: stored once, never changed.

`ContentFiles(folder)`: `put` and `put_file` store bytes, `path` and `read` find them again. A file
appears whole or not at all: it is written beside its place, synced, renamed, and the folder synced.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20


class ContentFiles:
    """A folder of files that are named by their content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Store `data`; its SHA-256."""
        return self._put((data,), hashlib.sha256(data).hexdigest())

    def put_file(self, source: Path) -> str:
        """Store a copy of the file `source`, whatever its size; its SHA-256."""
        with source.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return self._put(_pieces(source), sha256)

    def path(self, sha256: str) -> Path:
        """Where the file of that content is, or would be."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256")
        return self.folder / sha256[:2] / sha256

    def read(self, sha256: str) -> bytes:
        """The content.

        Raises:
            FileNotFoundError: it was never stored, or was erased.
        """
        return self.path(sha256).read_bytes()

    def names(self) -> Iterator[str]:
        """SHA-256 of every stored file, in order."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if _SHA256.fullmatch(path.name):
                    yield path.name

    def _put(self, pieces: Iterable[bytes], sha256: str) -> str:
        place = self.path(sha256)
        if place.exists():
            return sha256
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
        try:
            written = hashlib.sha256()
            with unfinished.open("xb") as file:
                for piece in pieces:
                    written.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if written.hexdigest() != sha256:
                raise OSError(f"{place.name}: the source changed while it was copied")
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_folder(place.parent)
        _sync_folder(self.folder)
        return sha256


def _pieces(source: Path) -> Iterator[bytes]:
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return  # Windows has no handle on a folder to sync
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
