"""Files on their way in: an upload box is a folder, a file in it grows piece by piece.

A box belongs to one visit of the Data page and its name is in that page's URL, so a refresh
finds the same files. While a file arrives it is `<id>.part` beside `<id>.json` (its name as the
user has it, its size); when the last byte is on the disk it is renamed to `<id>`. Box and file
ids are made here or checked against a pattern: a name given by a user never becomes a path.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

KEPT_SECONDS = 24 * 3600.0  # an upload box that nobody touches
SWEEP_PAUSE = 3600.0  # seconds between two looks for such boxes
PIECE_BYTES = 8 * 1024 * 1024
FREE_DISK_BYTES = 256 * 1024 * 1024  # what an upload leaves to everything else
_BOX = re.compile(r"[0-9a-f]{32}")
_FILE = re.compile(r"[0-9a-f]{8,64}")
log = logging.getLogger("longssm.app")


class UploadError(Exception):
    """An upload cannot go on: `reason` names why, `offset` where the file stands."""

    def __init__(self, reason: str, status: int, offset: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.status, self.offset = reason, status, offset


@dataclass(frozen=True)
class Upload:
    """One complete file in a box."""

    id: str
    name: str
    bytes: int
    path: Path


def new_box() -> str:
    """A name that cannot be guessed."""
    return secrets.token_hex(16)


def is_box(text: str) -> bool:
    """Whether the text can be the name of a box."""
    return _BOX.fullmatch(text) is not None


class Box:
    """The files of one visit."""

    def __init__(self, root: Path, box: str) -> None:
        if not is_box(box):
            raise UploadError("box", 404)
        self.folder = root / box

    def _path(self, file: str, suffix: str = "") -> Path:
        if not _FILE.fullmatch(file):
            raise UploadError("file", 404)
        return self.folder / (file + suffix)

    def size(self, file: str) -> int:
        """Bytes of this file that have arrived."""
        for path in (self._path(file), self._path(file, ".part")):
            if path.exists():
                return path.stat().st_size
        return 0

    def begin(self, file: str, name: str, length: int, offset: int) -> None:
        """Make room for a piece at `offset`; refuse it where it does not fit on what is there."""
        present = self.size(file)
        if offset != present:
            raise UploadError("offset", 409, present)
        if self._path(file).exists() and present == length and length > 0:
            raise UploadError("offset", 409, present)
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < length - offset + FREE_DISK_BYTES:
            raise UploadError("disk", 507, present)
        if offset == 0:
            description = json.dumps({"name": name, "bytes": length}, ensure_ascii=False)
            self._path(file, ".json").write_text(description, encoding="utf-8")

    def append(self, file: str, data: bytes) -> None:
        """Put bytes at the end of the part."""
        with self._path(file, ".part").open("ab") as part:
            part.write(data)

    def finish(self, file: str) -> None:
        """The last byte is there: on the disk first, then under its own name."""
        part = self._path(file, ".part")
        with part.open("ab") as open_part:
            open_part.flush()
            os.fsync(open_part.fileno())
        os.replace(part, self._path(file))

    def complete(self) -> list[Upload]:
        """The files that have arrived whole, oldest first."""
        found = []
        for description in self.folder.glob("*.json") if self.folder.is_dir() else ():
            path = description.with_suffix("")
            if path.exists():
                about = json.loads(description.read_text(encoding="utf-8"))
                found.append(Upload(path.name, about["name"], path.stat().st_size, path))
        return sorted(found, key=lambda upload: upload.path.stat().st_mtime_ns)

    def remove(self, file: str) -> None:
        """Forget one file, whole or in part."""
        for suffix in ("", ".part", ".json"):
            self._path(file, suffix).unlink(missing_ok=True)


def sweep(root: Path, older_than_seconds: float) -> None:
    """Remove the boxes that nobody has touched for so long."""
    limit = time.time() - older_than_seconds
    for folder in root.iterdir() if root.is_dir() else ():
        newest = max((p.stat().st_mtime for p in folder.glob("*")), default=folder.stat().st_mtime)
        if folder.is_dir() and is_box(folder.name) and newest < limit:
            shutil.rmtree(folder, ignore_errors=True)


async def keep_swept(root: Path, pause: float = SWEEP_PAUSE, kept: float = KEPT_SECONDS) -> None:
    """Sweep now and after every `pause` seconds, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(sweep, root, kept)
        except OSError as error:  # a box went while it was looked at: the next sweep sees the rest
            log.warning("upload boxes were not swept: %s", type(error).__name__)
        await asyncio.sleep(pause)
