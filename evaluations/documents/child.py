"""The process in which a file is parsed: `python -m evaluations.documents.child`.

It reads one JSON request from standard input, lowers its own limits, reads the file, and writes
one line of JSON (the header) followed by the UTF-8 bytes of the texts to standard output. It never
returns objects that the parent would have to trust: no pickle, only lengths and text.

`sandbox` is the parent. Limits on memory, processor time and file size are those of POSIX; on
Windows the parent's clock is the only one.
"""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any, BinaryIO

from evaluations.documents.boundaries import Split, utf8_bytes
from evaluations.documents.extraction import Extraction, extract, refused
from evaluations.errors import RefusedDocument

MEMORY_BYTES = 928 * 1024 * 1024  # on top of what the interpreter holds: below 1 GiB together


def main() -> int:
    """Answer the one request on standard input."""
    answers = _private_output()
    request: dict[str, Any] = json.load(sys.stdin)
    limit_resources(request["processor_seconds"], request["output_bytes"])
    sys.addaudithook(_refuse_the_outside)
    answer(request, answers)
    return 0


def answer(request: dict[str, Any], output: BinaryIO) -> None:
    """Read the file that `request` names and write header and texts to `output`."""
    data = b""
    try:
        with open(request["path"], "rb") as file:
            data = file.read(request["largest_file"] + 1)
        split = Split(**request["split"]) if request["split"] else None
        extraction = extract(request["name"], data, request["encoding"], split)
    except MemoryError:
        data = b""
        refusal = RefusedDocument("documents.refused.memory", file=request["name"])
        extraction = refused(request["name"], refusal, request["bytes"])
    write(extraction, output)


def write(extraction: Extraction, output: BinaryIO) -> None:
    """One line of JSON, then the texts, whose lengths in bytes the line gives."""
    output.write(json.dumps(_header(extraction)).encode("ascii") + b"\n")
    for part in (extraction, *extraction.members):
        for text in part.texts:
            output.write(text.encode("utf-8"))
    output.flush()


def _header(extraction: Extraction) -> dict[str, Any]:
    """An extraction without its texts; their lengths are in bytes."""
    return {
        "status": extraction.status,
        "file": extraction.file,
        "bytes": extraction.bytes,
        "notes": [[note.key, dict(note.values)] for note in extraction.notes],
        "format": extraction.format,
        "encoding": extraction.encoding,
        "text_sha256": extraction.text_sha256,
        "original_sha256": extraction.original_sha256,
        "lengths": [utf8_bytes(text) for text in extraction.texts],
        "members": [_header(member) for member in extraction.members],
    }


def limit_resources(processor_seconds: int, output_bytes: int) -> None:
    """Lower this process's limits; a limit that the system does not know is left out."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        resource.RLIMIT_AS: _address_space() + MEMORY_BYTES,
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
