"""The commands of `python -m evaluations`, one module each: arguments in, exit code out."""

from __future__ import annotations

DONE, FAILED, ALL_REFUSED = 0, 1, 2
