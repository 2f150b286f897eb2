"""The commands of `python -m evaluations`, a module each: `add_arguments` and `main`."""

from __future__ import annotations

DONE, FAILED, ALL_REFUSED = 0, 1, 2  # exit codes
