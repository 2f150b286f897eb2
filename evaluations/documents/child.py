"""The process in which a file is parsed: `python -m evaluations.documents.child`.

It reads one JSON request from standard input, lowers its own limits, reads the file, writes its
texts as files into its working folder, and answers with JSON (the header) on standard output: which
bytes of those files are documents, and their hashes. It never returns objects that the parent would
have to trust: no pickle, only numbers and text. Plain text passes through it in pieces.

`sandbox` is the parent. Limits on memory, processor time and file size are those of POSIX; on
Windows the parent's clock is the only one.
"""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from evaluations.documents.boundaries import Split
from evaluations.documents.extraction import Extraction, extract, refused
from evaluations.documents.masking import Masking
from evaluations.documents.pieces import Content
from evaluations.errors import RefusedDocument


def main() -> int:
    """Answer the one request on standard input."""
    answers = _private_output()
    request: dict[str, Any] = json.load(sys.stdin)
    limit_resources(request["memory_bytes"], request["processor_seconds"], request["output_bytes"])
    sys.addaudithook(_refuse_the_outside)
    answer(request, answers)
    return 0


def answer(request: dict[str, Any], output: BinaryIO) -> None:
    """Read the file that `request` names and write the header to `output`."""
    try:
        with open(request["path"], "rb") as file:
            extraction = extract(
                name=request["name"],
                content=Content(file),
                folder=Path.cwd(),
                encoding=request["encoding"],
                split=Split(**request["split"]) if request["split"] else None,
                suggest=request["suggest"],
                largest_text=request["largest_text"],
                columns=request["columns"],
                masking=Masking.of(request["masking"]),
            )
    except MemoryError:
        extraction = _refused(request, "documents.refused.memory")
    except OSError:  # no room on the disk
        extraction = _refused(request, "documents.refused.no_child")
    output.write(json.dumps(_header(extraction)).encode("ascii"))
    output.flush()


def _refused(request: dict[str, Any], key: str) -> Extraction:
    refusal = RefusedDocument(key, file=request["name"])
    return refused(request["name"], refusal, request["bytes"])


def _header(extraction: Extraction) -> dict[str, Any]:
    """An extraction as JSON; its text is named by its file."""
    return {
        "status": extraction.status,
        "file": extraction.file,
        "bytes": extraction.bytes,
        "notes": [[note.key, dict(note.values)] for note in extraction.notes],
        "format": extraction.format,
        "encoding": extraction.encoding,
        "text_sha256": extraction.text_sha256,
        "original_sha256": extraction.original_sha256,
        "text": None if extraction.text is None else extraction.text.name,
        "documents": extraction.documents,
        "offers": [asdict(offer) for offer in extraction.offers],
        "columns": extraction.columns,
        "private": asdict(extraction.private),
        "members": [_header(member) for member in extraction.members],
    }


def limit_resources(memory_bytes: int, processor_seconds: int, output_bytes: int) -> None:
    """Lower this process's limits; a limit that the system does not know is left out.

    Args:
        memory_bytes: on top of what the interpreter holds already.
        processor_seconds: after which the process is ended.
        output_bytes: that each file which it writes may have.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        resource.RLIMIT_AS: _address_space() + memory_bytes,
        resource.RLIMIT_CPU: processor_seconds,
        resource.RLIMIT_FSIZE: output_bytes,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        _, hard = resource.getrlimit(kind)
        lowered = value if hard == resource.RLIM_INFINITY else min(value, hard)
        try:
            resource.setrlimit(kind, (lowered, lowered))
        except (ValueError, OSError):  # macOS has no limit on address space
            continue


def _address_space() -> int:
    """Bytes of address space that the interpreter has mapped already (0 where unknown)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _private_output() -> BinaryIO:
    """Standard output for the answer alone: whatever a parser prints goes nowhere."""
    output = io.FileIO(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    return io.BufferedWriter(output)


def _refuse_the_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """No network, no other program: a second fence for Python code, not for machine code."""
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system")):
        raise PermissionError(f"a file's reader may not use {event}")


if __name__ == "__main__":
    sys.exit(main())
