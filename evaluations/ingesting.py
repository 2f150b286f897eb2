"""The kind `ingest`: a file that was uploaded is read and its documents stored, by a worker.

`run` starts this module as a program of its own, which gives its memory back and can be killed at
any moment with the reader that it starts in turn; it stores the texts, named by their content, and
prints how far it is and what it found, one JSON object a line. The documents are listed in the
transaction that ends the job, under its token. A file that is refused is a result, not an error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection

from evaluations.children import kill_group, watch_parent
from evaluations.documents import Masking, Split, ingest_path, names_in
from evaluations.erasing import forget_upload
from evaluations.errors import RefusedDocument
from evaluations.files import ContentFiles, open_files
from evaluations.jobs import Job
from evaluations.keeping import check_kept, files_of, kept
from evaluations.records import Document
from evaluations.settings import load_settings
from evaluations.store import keep_text, list_documents
from evaluations.unlisted import note, noted

SHARES = 2  # a byte of the file is work twice: to read and to store


def run(job: Job) -> None:
    """Read the file of the request and list its documents.

    Raises:
        RefusedDocument: the program that reads it was ended from outside.
    """
    total = SHARES * job.request["bytes"]
    job.progress(0, total)
    with noted(job.store) as notes:
        note(notes, *files_of(job.request))  # should this be killed before they are forgotten
        documents = kept(
            lambda: _found(job, notes, total), lambda found: _finish(job, notes, found)
        )
    if job.request.get("names") or not any(document.original_kept for document in documents):
        forget_upload(job.store, job.request)


def _found(job: Job, notes: Path, total: int) -> dict[str, Any]:
    """What the file gave; its texts are stored.

    Raises:
        RefusedDocument: the program that reads it was ended from outside.
    """
    with TemporaryDirectory(prefix="longssm-ingest-", ignore_cleanup_errors=True) as folder:
        found = _read(job, folder, notes, total)
    if found is None:
        raise RefusedDocument("documents.refused.crash", file=job.request["name"])
    return found


def _finish(job: Job, notes: Path, found: dict[str, Any]) -> list[Document]:
    """List what was found, with the job's end."""
    documents = [Document(**one) for one in found["documents"]]

    def write(connection: Connection) -> None:
        check_kept(connection, job.store.files, [document.id for document in documents])
        note(notes, *list_documents(connection, documents))

    job.finish(found, write)
    return documents


def _read(job: Job, folder: str, notes: Path, total: int) -> dict[str, Any] | None:
    """What the program found; None: it was ended. Its texts are in `folder` while they are texts:
    killed, which is how a job is cancelled, it could not remove them itself."""
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    environment = {**os.environ, **job.store.settings.environment(), **places}
    command = [sys.executable, "-m", "evaluations.ingesting", str(notes)]
    reader = job.start(command, environment=environment)
    assert reader.stdin is not None
    reader.stdin.write(json.dumps(dict(job.request)).encode("ascii") + b"\n")
    reader.stdin.flush()
    found: dict[str, Any] | None = None
    try:
        for line in job.lines(reader):
            said = json.loads(line)
            if "done" in said:
                job.progress(said["done"], total)
            else:
                found = said
    finally:
        kill_group(reader)  # before its folder goes
    return found


def main() -> int:
    """Answer the request on standard input; the argument is the file for notes."""
    notes = Path(sys.argv[1])
    request = json.loads(sys.stdin.buffer.readline())
    watch_parent()
    settings = load_settings()
    files = open_files(settings)
    ingested = ingest_path(
        files.path(request["file"]),
        name=request["name"],
        encoding=request["encoding"],
        split=Split(**request["split"]) if request["split"] else None,
        columns=request.get("columns"),
        masking=_masking(files, request),
        largest_text=settings.largest_text,
        limits=settings.reader_limits,
    )
    done, keeps = request["bytes"], request.get("keep_original", True)
    for extracted in ingested.documents:
        _say({"done": done})
        note(notes, extracted.document.id)
        keep_text(files, extracted)
        done += min(extracted.document.bytes, (SHARES * request["bytes"] - done))
    _say(
        {
            "status": ingested.status,
            "messages": [reason.model_dump(mode="json") for reason in ingested.messages],
            "documents": [
                one.document.model_copy(update={"original_kept": keeps}).model_dump(mode="json")
                for one in ingested.documents
            ],
            "masked": dict(ingested.private.masked),
        }
    )
    return 0


def _masking(files: ContentFiles, request: Mapping[str, Any]) -> Masking | None:
    """What the request wants masked; its names are in a file of their own."""
    if not request.get("masking"):
        return None
    names = request["names"]
    text = "" if names is None else files.path(names).read_text(encoding="utf-8")
    return Masking(tuple(request["masking"]), names_in(text))


def _say(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    sys.exit(main())
