"""Names that users give to files: shown to people, never used as a path.

`display_name` makes one safe to show, `member_name` that of a file inside another one, `part_name`
that of one document among several of a file, and `file_of_part` the way back; `extension` says
which reader it asks for.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120  # characters; the end, with the extension, is kept
INSIDE = " › "  # between an archive and what is inside it
_ROTATED = re.compile(
    r"(\.(?:log|txt))[.\-_]\d[\d.\-_T]*$", re.IGNORECASE
)  # app.log.1, a.log-20260401
_PART = re.compile(r"(.+) \[\d+/\d+\]", re.DOTALL)


def part_name(file: str, number: int, count: int) -> str:
    """What the document of that number, from 1, is called among `count` of one file."""
    return file if count == 1 else f"{file} [{number}/{count}]"


def file_of_part(name: str) -> str | None:
    """The file of which a document so called is a part; None: it is a whole one."""
    found = _PART.fullmatch(name)
    return None if found is None else found[1]


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


def member_name(file: str, name: str) -> str:
    """How the file that is called `name` inside the archive `file` is shown.

    Folders are kept, since the same name is often in many of them: "logs.zip › web › app.log".
    Upward steps and drives are left out, and so are folders beyond the last two.
    """
    parts = [part for part in re.split(r"[/\\]", name) if part.strip(". ")]
    *folders, last = map(display_name, parts or [""])
    kept = [folder for folder in folders if not folder.endswith(":")][-2:]
    return INSIDE.join((file, *kept, last))


def is_member_name(file: str, name: str) -> bool:
    """Whether `name` may be one of `member_name(file, ...)`: it can be shown, and begins alike."""
    is_shown = all(_is_shown(c) and c not in "\t\n\r/\\" for c in name)
    return is_shown and name.startswith(file + INSIDE)


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
