"""The stored files of a team: an object store that all machines reach, and copies of it here.

`ObjectStore(url)` is the store through fsspec (S3 and what speaks like it): objects by name, whole
or not there. `SharedFiles` puts a folder of copies before it, with the same methods as
`files.ContentFiles`: a file is fetched when it is first asked for, its SHA-256 is checked on
arrival, and those not used for longest make room. A store that does not answer raises `FilesAway`,
which tasks wait for as they do for a database.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
from filelock import FileLock

from evaluations.errors import DamagedFileStored, EvaluationError, FilesAway
from evaluations.files import ContentFiles, damaged, file_pieces, sha256_of

PIECE = 8 << 20  # bytes in one request; with the few at once below, what a transfer holds in memory
AT_ONCE = 4
LOOKS_AT_ONCE = 16  # requests that only ask whether something is there
KEPT_SECONDS = 600.0  # a copy that was asked for since may be about to be opened
MARKED_SECONDS = 86_400.0  # nobody takes longer from storing a file to naming it
SHA256_LENGTH = 64
_MARK = ".erased"
# S3: endpoint and keys come from the usual environment (AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, ...)
_S3 = {
    "default_block_size": PIECE,
    "max_concurrency": AT_ONCE,
    "config_kwargs": {
        "connect_timeout": 10,
        "read_timeout": 60,
        "retries": {"mode": "standard", "max_attempts": 3},
    },
}
_OPTIONS: dict[str, dict[str, Any]] = {"s3": _S3, "s3a": _S3}


class ObjectStore:
    """Objects below one address, by name."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._protocol, _, self._root = url.partition("://")
        self._opened: Any = None

    def size(self, name: str) -> int | None:
        """Bytes of an object; None: there is none of that name.

        Raises:
            FilesAway: the store does not answer.
        """
        with self._reached():
            try:
                return int(self._system.info(self._at(name))["size"])
            except FileNotFoundError:
                return None

    def names(self) -> Iterator[str]:
        """Every object below the address.

        Raises:
            FilesAway: the store does not answer.
        """
        with self._reached():
            found = self._system.find(self._root)
        for place in sorted(found):
            yield place.removeprefix(self._root).lstrip("/")

    def upload(self, source: Path, name: str) -> None:
        """Store a copy of `source`; it appears when all of it is there.

        Raises:
            FilesAway: the store does not answer, or takes nothing.
        """
        # a part of an upload in many parts is as large as this; other stores have their own option
        sized = {"chunksize": PIECE} if self._protocol in ("s3", "s3a") else {}
        with self._reached():
            self._system.put_file(str(source), self._at(name), **sized)

    def download(self, name: str, target: Path) -> None:
        """Write the object to the file `target`.

        Raises:
            FileNotFoundError: there is no such object.
            FilesAway: the store does not answer.
        """
        with self._reached():
            try:
                self._system.get_file(self._at(name), str(target))
            except FileNotFoundError as error:
                place = f"{self.url}/{name}"
                raise FileNotFoundError(errno.ENOENT, "no such object", place) from error

    def remove(self, name: str) -> None:
        """Take an object away; nothing happens where there is none.

        Raises:
            FilesAway: the store does not answer.
        """
        with self._reached():
            try:
                self._system.rm_file(self._at(name))
            except FileNotFoundError:
                return

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    @property
    def _system(self) -> Any:
        """fsspec's file system, opened when it is first needed: pages start without it."""
        if self._opened is None:
            options = _OPTIONS.get(self._protocol, {})
            try:
                # a listing that fsspec remembers would hide what another machine has stored
                self._opened = fsspec.filesystem(
                    self._protocol, skip_instance_cache=True, use_listings_cache=False, **options
                )
            except ImportError as error:
                needed = "s3fs" if self._protocol in ("s3", "s3a") else str(error)
                raise EvaluationError("files.package", place=self.url, package=needed) from error
        return self._opened

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Every store's library has errors of its own: none of them is about the file itself.

        But for FileNotFoundError, which those who can meet it tell apart inside.
        """
        try:
            yield
        except (EvaluationError, FileNotFoundError, MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:
            raise FilesAway(self.url, error) from error


class SharedFiles(ContentFiles):
    """An object store, with copies of what is used on this machine in a folder.

    The copies of all processes of a machine are one folder: a lock per part of it lets one process
    fetch while the others wait for the same file.
    """

    def __init__(self, folder: Path, store: ObjectStore, most_bytes: int) -> None:
        super().__init__(folder)
        self.store = store
        self._most = most_bytes

    def put(self, data: bytes) -> str:
        """Store `data`, here and for all; its SHA-256."""
        return self.put_pieces((data,), hashlib.sha256(data).hexdigest())

    def put_pieces(self, pieces: Iterable[bytes], sha256: str) -> str:
        """Store what `pieces` are together, here and for all."""
        with self._part_of(sha256):
            self._mark_of(sha256).unlink(missing_ok=True)  # before it is there: see `erase`
            self._share(super().put_pieces(pieces, sha256))
        self._make_room()
        return sha256

    def put_file(self, source: Path) -> str:
        """Store a copy of the file `source`, here and for all; its SHA-256."""
        return self.put_pieces(file_pieces(source), sha256_of(source))

    def path(self, sha256: str) -> Path:
        """A copy here, fetched where there is none; it stays for KEPT_SECONDS at least.

        Raises:
            FileNotFoundError: it was never stored, or was erased.
            DamagedFileStored: the store holds something else under that name.
            FilesAway: the store does not answer.
        """
        place = self._place(sha256)
        if not _touched(place):
            with self._part_of(sha256):
                if not _touched(place):
                    self._fetch(sha256, place)
            self._make_room()
        return place

    def read(self, sha256: str) -> bytes:
        """The content; a copy that was damaged here is fetched once more."""
        try:
            return super().read(sha256)
        except DamagedFileStored:
            super().erase(sha256)
            return super().read(sha256)

    def check(self, sha256: str) -> None:
        """Raise what `read` would raise, without holding the content in memory."""
        try:
            super().check(sha256)
        except DamagedFileStored:
            super().erase(sha256)
            super().check(sha256)

    def missing(self, named: Collection[str]) -> set[str]:
        """Those of the contents that the store does not have, whatever copies there are."""
        names = sorted(set(named))
        with ThreadPoolExecutor(LOOKS_AT_ONCE) as looking:
            sizes = looking.map(self.store.size, map(_name, names))
            return {sha256 for sha256, size in zip(names, sizes, strict=True) if size is None}

    def erased(self, named: Collection[str]) -> set[str]:
        """Those that were put, erased on this machine, and not put again; no store is asked."""
        return {sha256 for sha256 in named if self._mark_of(sha256).exists()}

    def erase(self, sha256: str) -> None:
        """Take the content away from the store and from here; a mark says so, see `erased`.

        Copies on other machines go with their next `drop_erased`.
        """
        mark = self._mark_of(sha256)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()  # first: this process may be killed before it can set the other one
        self.store.remove(_name(sha256))
        super().erase(sha256)
        mark.touch()  # again: who put it meanwhile took the mark away, and may have put it in vain

    def names(self) -> Iterator[str]:
        """SHA-256 of every file in the store, in order."""
        for name in self.store.names():
            if _name(sha256 := name.rpartition("/")[2]) == name and len(sha256) == SHA256_LENGTH:
                yield sha256

    def drop_erased(self) -> int:
        """Take away the copies of files that the store has no longer; how many."""
        for mark in self.folder.glob(f"??/*{_MARK}"):
            with suppress(OSError):  # another process was faster
                if time.time() - mark.stat().st_mtime > MARKED_SECONDS:
                    mark.unlink()
        gone = [
            copy.place for copy in self._copies() if self.store.size(_name(copy.place.name)) is None
        ]
        dropped = 0
        for place in gone:
            with self._part_of(place.name):  # it may just be on its way there
                if self.store.size(_name(place.name)) is None:
                    place.unlink(missing_ok=True)
                    dropped += 1
        return dropped

    def _mark_of(self, sha256: str) -> Path:
        return self._place(sha256).with_name(f"{sha256}{_MARK}")

    @contextmanager
    def _part_of(self, sha256: str) -> Iterator[None]:
        """The lock of the part of the folder in which that content is."""
        folder = self._place(sha256).parent
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock"):
            yield

    def _share(self, sha256: str) -> None:
        """Have the store hold what is here; it may be cut off at any moment and be done again."""
        place = self._place(sha256)
        _touched(place)
        try:
            if self.store.size(_name(sha256)) != place.stat().st_size:
                self.store.upload(place, _name(sha256))
        except FileNotFoundError:
            if place.exists():
                raise
            # it was just erased: whoever names it finds that out, see `keeping.kept`

    def _fetch(self, sha256: str, place: Path) -> None:
        arriving = place.with_name(f"{sha256}.{secrets.token_hex(4)}.part")
        try:
            self.store.download(_name(sha256), arriving)
            if sha256_of(arriving) != sha256:
                raise damaged(sha256)
            with arriving.open("rb") as file:
                os.fsync(file.fileno())
            arriving.replace(place)
        finally:
            arriving.unlink(missing_ok=True)

    def _make_room(self) -> None:
        """Take away copies, those used last longest ago first, until the others are few enough."""
        copies = sorted(self._copies(), key=lambda copy: copy.used)
        too_much = sum(copy.bytes for copy in copies) - self._most
        for copy in copies:
            if too_much <= 0 or time.time() - copy.used < KEPT_SECONDS:
                return
            with suppress(OSError):  # Windows: somebody reads it now
                copy.place.unlink(missing_ok=True)
                too_much -= copy.bytes

    def _copies(self) -> Iterator[_Copy]:
        """All copies."""
        for place in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            try:
                found = place.stat()
            except FileNotFoundError:
                continue  # another process was faster
            if len(place.name) == SHA256_LENGTH:
                yield _Copy(place, found.st_size, found.st_mtime)


class _Copy(NamedTuple):
    place: Path
    bytes: int
    used: float  # seconds since the epoch


def _name(sha256: str) -> str:
    """Of the object: as the files of a folder are called, so that a folder can be copied there."""
    return f"{sha256[:2]}/{sha256}"


def _touched(place: Path) -> bool:
    """Whether there is a copy; if so, it is in use from now on."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True
