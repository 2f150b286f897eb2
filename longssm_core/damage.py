"""Reading what an earlier training left: whatever is wrong with a file becomes a `DamagedFile`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

from safetensors import SafetensorError

from longssm_core.errors import DamagedFile

# what JSON, NumPy and safetensors raise for bytes that are none of theirs, and what follows where
# a value of another type was found
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RecursionError,
    BadZipFile,
    SafetensorError,
)


@contextmanager
def undamaged(path: Path, folder: Path) -> Iterator[None]:
    """Says of errors inside, where `path` is read, that it is damaged.

    Args:
        folder: what to delete so that the file is made anew.

    Raises:
        DamagedFile: the file is missing or malformed.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise DamagedFile(path, folder, "missing") from error
    except _UNREADABLE as error:
        raise DamagedFile(path, folder, "malformed") from error
