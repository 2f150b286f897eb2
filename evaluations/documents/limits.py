"""What a process that reads a file may use; `Settings` says so, or these are the usual values."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one child process."""

    memory_mb: int = 928  # on top of what the interpreter holds: below 1 GiB together
    scratch_mb: int = 256  # output that any file may have, however small
    seconds: int = 30  # of a processor, for each 100 MB begun; four times as many to mask them


USUAL = Limits()
