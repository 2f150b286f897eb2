"""A file parsed in a child process, so that no file can take the page or the queue down with it.

`ingest_path` checks what can be known from outside (a regular file, a readable format, not too
large), starts `child` with limits on memory, processor time and output, and checks its answer. The
texts stay in files: this process reads them a piece at a time, to check them and to store them.
However the child ends, the caller gets a value with a sentence.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import IO, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from evaluations.documents.boundaries import Split, SplitOffer
from evaluations.documents.columns import MOST_COLUMNS, Column
from evaluations.documents.extraction import Extraction, Private, Status, refused
from evaluations.documents.ingest import Ingested, from_extraction
from evaluations.documents.limits import MEBIBYTE, USUAL, Limits
from evaluations.documents.masking import LONGEST_PLACE, Found, Kind, Masking
from evaluations.documents.names import display_name, extension, is_member_name
from evaluations.documents.pieces import Content
from evaluations.documents.readers import (
    ARCHIVES,
    LARGEST_FILE,
    LARGEST_TEXT,
    Note,
    is_plain,
    reader_for,
    too_large,
)
from evaluations.documents.texts import Part, Scratch, decoded
from evaluations.errors import RefusedDocument
from evaluations.wording import CATALOGUE

LARGEST_INFLATION = 1032  # of which a gzip is capable
LARGEST_GROWTH = 4  # UTF-8 needs three bytes for a half-width kana that CP932 writes in one
MODULE = "evaluations.documents.child"
_ENVIRONMENT = (  # what a child needs to start; keys and database addresses stay out
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPATH",
)
_SETTINGS = {
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    # openpyxl loads NumPy where there is one, whose threads would take the child's memory
    "OPENBLAS_NUM_THREADS": "1",
}

Count = Annotated[int, Field(ge=0)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Shown = Annotated[str, Field(max_length=400)]  # of a file's text: a name, what is beside a place
Place = Annotated[
    str, Field(max_length=LONGEST_PLACE)
]  # that was found: a mail address may be long
MOST_SAMPLES = 100
MASKING_TAKES = 4  # times as long: a table of customers has a phone number and a name in each row


class PrivateHeader(BaseModel):
    """What a child says about personal data."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    seen: list[tuple[Kind, Count]] = []
    masked: list[tuple[Kind, Count]] = []
    samples: list[tuple[Kind, Place, Shown, Shown, Shown]] = Field([], max_length=MOST_SAMPLES)


class Header(BaseModel):
    """A child's answer; the texts are files in its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    status: Status
    file: str
    bytes: int = Field(ge=0)
    notes: list[tuple[str, dict[str, str | int]]]
    format: str
    encoding: str | None
    text_sha256: Sha256 | None
    original_sha256: Sha256 | None
    text: Annotated[str, Field(pattern=r"^\d{1,9}\.text$")] | None = None
    documents: list[tuple[Count, Count, Sha256, Count]] = []  # start, stop, hash, characters
    offers: list[dict[str, Any]] = []
    columns: list[tuple[Shown, Shown]] = Field([], max_length=MOST_COLUMNS)
    private: PrivateHeader = PrivateHeader()
    members: list[Header] = []


def ingest_path(
    path: Path,
    name: str | None = None,
    encoding: str | None = None,
    split: Split | None = None,
    *,
    suggest: bool = False,
    columns: Sequence[str] | None = None,
    masking: Masking | None = None,
    largest_text: int = LARGEST_TEXT,
    limits: Limits = USUAL,
    wall_seconds: float | None = None,
) -> Ingested:
    """What becomes of the file at `path`, read in a child process; never raises for a file.

    Args:
        path: a file of ours or of the user at the command line.
        name: as the user named it (an upload is stored under an id); None: the path's own name.
        encoding, split: as for `ingest_bytes`.
        suggest, columns, masking: as for `extract`.
        largest_text: bytes that plain text may have.
        limits: what the child may use.
        wall_seconds: how long to wait; None: four times the processor time that its size
            allows, since other work may share the processor.
    """
    file = display_name(path.name if name is None else name)
    scratch, size = Scratch(), 0
    try:
        size = _size_of_regular_file(path, file)
        if extension(file) not in ARCHIVES:
            reader_for(file)
        limit = largest_text if is_plain(file) else LARGEST_FILE
        if size > limit:
            raise too_large(file, size, limit)
        request = {
            "path": str(path.absolute()),
            "name": file,
            "bytes": size,
            "encoding": encoding,
            "split": asdict(split) if split else None,
            "suggest": suggest,
            "columns": None if columns is None else list(columns),
            "masking": None if masking is None else asdict(masking),
            "largest_text": largest_text,
            **_limits(file, size, limit, limits, masking is not None),
        }
        extraction = _in_child(request, file, scratch.folder, wall_seconds)
    except RefusedDocument as refusal:
        extraction = refused(file, refusal, size)
    return from_extraction(extraction, scratch, columns, masking)


def _limits(
    file: str, size: int, limit: int, limits: Limits, masks: bool = False
) -> dict[str, int]:
    """What a child may use, by how much it may have to read."""
    # an archive is small for what comes out of it
    work = min(limit, LARGEST_INFLATION * size) if extension(file) in ARCHIVES else size
    seconds = limits.seconds * (MASKING_TAKES if masks else 1)
    return {
        "memory_bytes": limits.memory_mb * MEBIBYTE,
        "processor_seconds": seconds * max(1, -(-work // 100_000_000)),
        "output_bytes": max(limits.scratch_mb * MEBIBYTE, LARGEST_GROWTH * work),
    }


def _size_of_regular_file(path: Path, file: str) -> int:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a folder, or a pipe that would never end
            raise RefusedDocument("documents.refused.not_a_file", file=file)
        with path.open("rb"):
            return found.st_size
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # ValueError: NUL in it
        raise RefusedDocument("documents.refused.missing", file=file) from error
    except OSError as error:
        raise RefusedDocument("documents.refused.no_access", file=file) from error


def _in_child(
    request: Mapping[str, Any], file: str, folder: Path, wall_seconds: float | None
) -> Extraction:
    try:
        with tempfile.TemporaryFile() as output:
            patience = wall_seconds or 4.0 * request["processor_seconds"]
            code = _run(request, folder, output, patience)
            if code != 0:
                raise RefusedDocument(_death(code), file=file)
            output.seek(0)
            return _answer(output, file, folder)
    except subprocess.TimeoutExpired as error:
        raise RefusedDocument("documents.refused.time", file=file) from error
    except OSError as error:  # no process, no scratch space: ours to mend, not the user's
        raise RefusedDocument("documents.refused.no_child", file=file) from error


def _run(
    request: Mapping[str, object], folder: Path, output: IO[bytes], wall_seconds: float
) -> int:
    """The exit status of a child that writes its answer to `output`."""
    root = str(Path(__file__).resolve().parents[2])
    kept = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    search_path = os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH"))))
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={**kept, **_SETTINGS, "PYTHONPATH": search_path},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        child.communicate(json.dumps(request).encode("ascii"), timeout=wall_seconds)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    return child.returncode


def _death(code: int) -> str:
    """The wording key for the way in which a child ended."""
    if code == -getattr(signal, "SIGXCPU", 24):
        return "documents.refused.time"
    # the system's own killer of processes that take too much memory sends SIGKILL
    return "documents.refused.memory" if code == -9 else "documents.refused.crash"


def _answer(output: IO[bytes], file: str, folder: Path) -> Extraction:
    """The child's answer, checked as data from outside."""
    try:
        header = Header.model_validate_json(output.read())
        return _extraction(header, file, folder)
    except (ValueError, FileNotFoundError) as error:  # ValidationError, UnicodeDecodeError too
        raise RefusedDocument("documents.refused.crash", file=file) from error


def _extraction(header: Header, file: str, folder: Path) -> Extraction:
    """What one header stands for.

    Raises:
        ValueError: header or texts are not as a child writes them.
        FileNotFoundError: there is no such text.
    """
    if any(key not in CATALOGUE for key, _ in header.notes):
        raise ValueError("no such message")
    members = header.members
    if any(not is_member_name(file, one.file) or one.members for one in members):
        raise ValueError("this is not how a file in another one is called")
    documents = tuple(Part(*part) for part in header.documents)
    text = None if header.text is None else folder / header.text
    _check_text(text, documents)
    return Extraction(
        status=header.status,
        file=file,
        bytes=header.bytes,
        notes=tuple(Note(key, values) for key, values in header.notes),
        format=header.format,
        encoding=header.encoding,
        text_sha256=header.text_sha256,
        original_sha256=header.original_sha256,
        text=text,
        documents=documents,
        offers=tuple(_offer(offer) for offer in header.offers),
        columns=tuple(Column(*column) for column in header.columns),
        private=_private(header.private),
        members=tuple(_extraction(member, member.file, folder) for member in members),
    )


def _check_text(path: Path | None, documents: Sequence[Part]) -> None:
    """Every document lies in the file, is UTF-8, and has the hash and length that were told.

    Raises:
        ValueError: one does not.
        FileNotFoundError: there is no such file.
    """
    if path is None:
        if documents:
            raise ValueError("documents without a text")
        return
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("a text is a file, no link")
    if any(one.stop > other.start for one, other in pairwise(documents)):
        raise ValueError("documents overlap")
    with path.open("rb") as file:
        content = Content(file)
        for part in documents:
            if not part.start <= part.stop <= content.size:
                raise ValueError("there is less than the header says")
            digest, characters = hashlib.sha256(), 0
            for piece, text in decoded(content, part.start, part.stop):
                digest.update(piece)
                characters += len(text)
            if (digest.hexdigest(), characters) != (part.sha256, part.characters):
                raise ValueError("a text is not what the header says")


def _private(header: PrivateHeader) -> Private:
    samples = tuple(Found(*sample) for sample in header.samples)
    return Private(tuple(header.seen), tuple(header.masked), samples)


def _offer(values: Mapping[str, Any]) -> SplitOffer:
    """A way to split, as a child told it.

    Raises:
        ValueError: it did not tell one.
    """
    try:
        offer = SplitOffer(**{**values, "split": Split(**values["split"])})
    except (TypeError, KeyError) as error:
        raise ValueError("this is no offer") from error
    if offer.label not in CATALOGUE:
        raise ValueError("no such message")
    return offer
