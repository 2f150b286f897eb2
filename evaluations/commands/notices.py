"""What commands say on stderr while they work: `tell` a sentence, `StatusLine` how far they are."""

from __future__ import annotations

import sys
import time

WATCHED, QUIET = 1.0, 10.0  # seconds between two notices on a terminal, and where nobody watches


def tell(words: str) -> None:
    """One line on stderr."""
    print(words, file=sys.stderr, flush=True)


class StatusLine:
    """One line of a terminal that is written over; elsewhere, a line now and then."""

    def __init__(self) -> None:
        self._shown_at = float("-inf")

    def is_due(self) -> bool:
        """Whether it is time for another notice; if so, the next pause begins."""
        if time.monotonic() - self._shown_at < (WATCHED if sys.stderr.isatty() else QUIET):
            return False
        self._shown_at = time.monotonic()
        return True

    def write(self, words: str) -> None:
        """Show `words` in place of those before."""
        if sys.stderr.isatty():
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
        else:
            tell(words)

    def end(self) -> None:
        """Leave the line as it is."""
        if sys.stderr.isatty():
            print(file=sys.stderr)


def in_megabytes(size: float) -> str:
    """Bytes as people compare them with a disk."""
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.1f} GB"
