"""Files named by the SHA-256 of their content: stored once, never changed.

`open_files(settings)` gives the one store of files that everybody shares: a folder
(`ContentFiles`) or an object store behind a folder of copies (`shared_files.SharedFiles`). `put`,
`put_pieces` and `put_file` store bytes, `path` and `read` find them again, `check` says whether
they are still what they were, `erase` takes them away. A file appears whole or not at all: it is
written beside its place, synced, renamed, and the folder synced.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from evaluations.errors import DamagedFileStored
from evaluations.settings import Settings

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20
OLD_PART = 3_600.0  # seconds without a byte more, after which an unfinished file is nobody's


def open_files(settings: Settings) -> ContentFiles:
    """The store of files of `settings`."""
    if settings.object_store is None:
        return ContentFiles(settings.files_dir)
    from evaluations.shared_files import ObjectStore, SharedFiles  # only where there is one

    store = ObjectStore(settings.object_store)
    return SharedFiles(settings.files_dir, store, settings.files_cache_bytes)


class ContentFiles:
    """A folder of files that are named by their content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: bytes) -> str:
        """Store `data`; its SHA-256."""
        return self._put((data,), hashlib.sha256(data).hexdigest())

    def put_pieces(self, pieces: Iterable[bytes], sha256: str) -> str:
        """Store what `pieces` are together, whose SHA-256 is known.

        Raises:
            OSError: it is another one.
        """
        return self._put(pieces, sha256)

    def put_made(self, pieces: Iterable[bytes]) -> str:
        """Store what `pieces` are together, whose SHA-256 is known only when all are made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made, digest = self.folder / f"{secrets.token_hex(8)}.part", hashlib.sha256()
        try:
            with made.open("xb") as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
            return self.put_pieces(file_pieces(made), digest.hexdigest())
        finally:
            made.unlink(missing_ok=True)

    def put_file(self, source: Path) -> str:
        """Store a copy of the file `source`, whatever its size; its SHA-256."""
        return self._put(file_pieces(source), sha256_of(source))

    def path(self, sha256: str) -> Path:
        """Where the file of that content is, or would be.

        Raises:
            FilesAway: it has to be fetched, and its store does not answer.
        """
        return self._place(sha256)

    def read(self, sha256: str) -> bytes:
        """The content.

        Raises:
            FileNotFoundError: it was never stored, or was erased.
            DamagedFileStored: something else is stored there now.
            FilesAway: it has to be fetched, and its store does not answer.
        """
        data = self.path(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise damaged(sha256)
        return data

    def check(self, sha256: str) -> None:
        """Raise what `read` would raise, without holding the content in memory."""
        if sha256_of(self.path(sha256)) != sha256:
            raise damaged(sha256)

    def is_there(self, sha256: str) -> bool:
        """Whether that content is stored.

        Raises:
            FilesAway: its store does not answer.
        """
        try:
            return self.path(sha256).exists()
        except FileNotFoundError:
            return False

    def missing(self, named: Collection[str]) -> set[str]:
        """Those of the contents that nobody can have: a copy on one machine is not enough.

        Raises:
            FilesAway: their store does not answer.
        """
        return {sha256 for sha256 in named if not self._place(sha256).exists()}

    def erased(self, named: Collection[str]) -> set[str]:
        """Those that were put, erased on this machine, and not put again; no store is asked."""
        return self.missing(named)

    def erase(self, sha256: str) -> None:
        """Take the content away, for good; nothing happens where it is not there.

        Where rows may name it this is left to `keeping.erase_unnamed`.
        """
        place = self._place(sha256)
        place.unlink(missing_ok=True)
        if place.parent.is_dir():
            sync_folder(place.parent)

    def drop_unfinished(self) -> int:
        """Take away what processes that were killed have left half written; how many files."""
        dropped = 0
        for place in (*self.folder.glob("*.part"), *self.folder.glob("??/*.part")):
            with suppress(OSError):  # another process was faster
                if time.time() - place.stat().st_mtime > OLD_PART:
                    place.unlink()
                    dropped += 1
        return dropped

    def drop_erased(self) -> int:
        """Take away copies of files that were erased elsewhere; how many: here are no copies."""
        return 0

    def _place(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256")
        return self.folder / sha256[:2] / sha256

    def names(self) -> Iterator[str]:
        """SHA-256 of every stored file, in order."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            for path in sorted(folder.iterdir()):
                if _SHA256.fullmatch(path.name):
                    yield path.name

    def _put(self, pieces: Iterable[bytes], sha256: str) -> str:
        place = self._place(sha256)
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
        sync_folder(place.parent)
        sync_folder(self.folder)
        return sha256


def damaged(sha256: str) -> DamagedFileStored:
    """The error that names the file."""
    return DamagedFileStored("files.damaged", file=sha256[:12])


def sha256_of(source: Path) -> str:
    """SHA-256 of a file's content, read in pieces."""
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_pieces(source: Path) -> Iterator[bytes]:
    """A file's content, a piece at a time."""
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    if os.name == "nt":
        return  # Windows has no handle on a folder to sync
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
