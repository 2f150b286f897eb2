"""The text of a file on its way into the store: a file of its own, written and read in pieces.

`TextWriter` takes a text in normal form piece by piece, makes it safe, writes it as UTF-8 and
hashes it; `WrittenText` is what it made. `Part` names a document in it by its bytes; `TextInFile`
is such a document where it is read again, in a `Scratch` folder that is gone when nobody needs it.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import shutil
import tempfile
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from evaluations.documents.cleaning import stored_text
from evaluations.documents.masking import Masker
from evaluations.documents.pieces import Content

LEFT_SECONDS = 3_600.0  # longer than a file is read
_SCRATCH = re.compile(r"longssm-([0-9]{1,9})-\w+")


class Part(NamedTuple):
    """A document: bytes [start, stop) of a written text, and what they are."""

    start: int
    stop: int
    sha256: str
    characters: int


class WrittenText(NamedTuple):
    """A stored text in a file; the hash of its normal form, before it was made safe."""

    path: Path
    sha256: str
    stored_sha256: str
    bytes: int
    characters: int
    replaced: int  # characters that were made visible


class TextWriter:
    """Writes one text to a file.

    Args:
        path: of the file, which is not there yet.
        masker: what hides personal data in the text before it is written; None: nothing does.
        look: is shown every piece as it comes, before anything is masked.
    """

    def __init__(
        self, path: Path, masker: Masker | None = None, look: Callable[[str], None] | None = None
    ) -> None:
        self._path = path
        self._masker = masker
        self._look = look
        self._file = path.open("xb")
        self._normal, self._stored = hashlib.sha256(), hashlib.sha256()
        self._bytes = self._characters = self._replaced = 0
        self.is_blank = True  # nothing but white space so far

    def write(self, text: str) -> None:
        """The next piece, in normal form."""
        self.is_blank = self.is_blank and (not text or text.isspace())
        if self._look is not None:
            self._look(text)
        self._put([text] if self._masker is None else self._masker.take(text))

    def _put(self, pieces: Iterable[str]) -> None:
        for piece in pieces:
            self._put_one(piece)

    def _put_one(self, text: str) -> None:
        safe = stored_text(text)
        utf8 = safe.text.encode("utf-8")
        if safe.replaced and not self._replaced:
            self._stored = self._normal.copy()  # up to here the two are the same
        self._replaced += safe.replaced
        self._normal.update(text.encode("utf-8") if safe.replaced else utf8)
        if self._replaced:
            self._stored.update(utf8)
        self._file.write(utf8)
        self._bytes += len(utf8)
        self._characters += len(safe.text)

    def close(self) -> WrittenText:
        """What was written."""
        if self._masker is not None:
            self._put(self._masker.end())
        self._file.close()
        normal = self._normal.hexdigest()
        return WrittenText(
            path=self._path,
            sha256=normal,
            stored_sha256=self._stored.hexdigest() if self._replaced else normal,
            bytes=self._bytes,
            characters=self._characters,
            replaced=self._replaced,
        )

    def discard(self) -> None:
        """Nothing was written after all."""
        if self._masker is not None:
            deque(self._masker.end(), maxlen=0)  # nothing of it belongs to the next text
        self._file.close()
        self._path.unlink()


def part_of(content: Content, start: int, stop: int) -> Part:
    """The document in bytes [start, stop) of a text, without the line ends at its end."""
    while stop > start and content.read(stop - 1, stop) == b"\n":
        stop -= 1
    digest, characters = hashlib.sha256(), 0
    for piece, text in decoded(content, start, stop):
        digest.update(piece)
        characters += len(text)
    return Part(start, stop, digest.hexdigest(), characters)


def decoded(content: Content, start: int, stop: int) -> Iterator[tuple[bytes, str]]:
    """Bytes [start, stop) in pieces, each with the characters that end in it.

    Raises:
        UnicodeDecodeError: they are no UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    for piece in content.pieces(start, stop):
        yield piece, decoder.decode(piece)
    yield b"", decoder.decode(b"", True)


class Scratch:
    """A folder of its own, removed with everything in it when nobody holds this any more.

    A process that is killed leaves it behind, with texts: the next one that makes one removes it.
    """

    def __init__(self) -> None:
        place = Path(tempfile.gettempdir())
        _remove_left(place)
        self.folder = Path(tempfile.mkdtemp(prefix=f"longssm-{os.getpid()}-", dir=place))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


@cache
def _remove_left(place: Path) -> None:
    """Remove the folders of processes that are no more; once in each process."""
    import psutil  # only here: a child in which a file is parsed makes no folder

    for folder in place.glob("longssm-*"):
        named = _SCRATCH.fullmatch(folder.name)
        if named is None or psutil.pid_exists(int(named[1])):
            continue
        with suppress(OSError):  # somebody else's, or removed meanwhile
            # a container that shares the folder has numbers of its own: what is in use is young
            if time.time() - folder.stat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class TextInFile:
    """A document's text: bytes [start, stop) of a file."""

    path: Path
    start: int
    stop: int
    scratch: Scratch  # the file is there as long as this

    def pieces(self) -> Iterator[bytes]:
        """The text as UTF-8, a piece at a time."""
        with self.path.open("rb") as file:
            yield from Content(file).pieces(self.start, self.stop)

    def beginning(self, size: int) -> bytes:
        """Its first bytes."""
        with self.path.open("rb") as file:
            return Content(file).read(self.start, min(self.stop, self.start + size))
