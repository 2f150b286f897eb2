"""Names that users give to files: shown to people, never used as a path.

`display_name` makes one safe to show; `extension` says which reader it asks for.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120  # characters; the end, with the extension, is kept
_ROTATED = re.compile(
    r"(\.(?:log|txt))[.\-_]\d[\d.\-_T]*$", re.IGNORECASE
)  # app.log.1, a.log-20260401


def display_name(name: str) -> str:
    """The last part of `name` without control, format (bidi, zero-width) or broken characters.

    Japanese and every other script stay. A name of which nothing is left becomes "unnamed".
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(" " if _is_space(c) else c for c in last if _is_shown(c))
    composed = unicodedata.normalize("NFC", " ".join(kept.split())).strip()
    if not composed.strip(". "):
        return "unnamed"
    if len(composed) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        composed = f"{composed[:half]}…{composed[-(half - 1) :]}"
    return composed


def extension(name: str) -> str:
    """The extension in lower case with its dot, or "" when there is none.

    A rotated log (`app.log.1`, `app.log-20260401`) is still a `.log`.
    """
    rotated = _ROTATED.search(name)
    if rotated:
        return rotated.group(1).lower()
    stem, dot, last = name.rpartition(".")
    return f".{last.strip().lower()}" if dot and stem and last.strip() else ""


def _is_shown(character: str) -> bool:
    # Cf holds the bidi controls and zero-width characters, Cs the lone surrogates that stand
    # for bytes of a file name that are not text, Co private use, Cn unassigned
    return _is_space(character) or unicodedata.category(character)[0] != "C"


def _is_space(character: str) -> bool:
    return character in "\t\n\r" or unicodedata.category(character)[0] == "Z"
