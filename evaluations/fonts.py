"""The one place where fonts are found: Noto Sans CJK JP, regular and bold, from its package.

Charts and reports draw Japanese with it on every machine, whatever the system has installed.
In reading order: `FAMILY` (the name to ask for), `font_folders` (where a renderer finds the
files), `printable` (a text in which every character has a glyph, so that nothing prints as an
empty box).
"""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

import noto_cjk

FAMILY = "Noto Sans CJK JP"

# Characters without a picture of their own: joiners, variation selectors, direction marks.
_DROPPED = ("Cc", "Cf")
_VARIATION_SELECTORS = frozenset(range(0xFE00, 0xFE10)) | frozenset(range(0xE0100, 0xE01F0))


def font_files() -> tuple[Path, Path]:
    """The regular and the bold file."""
    return (
        Path(noto_cjk.font_path("sans", "jp", "regular")),
        Path(noto_cjk.font_path("sans", "jp", "bold")),
    )


def font_folders() -> tuple[str, ...]:
    """The folders of `font_files`, as renderers want them."""
    return tuple(str(file.parent) for file in font_files())


def printable(text: str) -> str:
    """`text` in NFC on one line, every character with a glyph in the font.

    A line end or tab becomes a space; a control, direction or joining mark is dropped (a file
    name could turn the rest of a line around with one); a character that the font lacks, such as
    an emoji, is written as its code point, `[U+1F600]`.
    """
    shown: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        code = ord(character)
        if character.isspace():
            shown.append(" ")
        elif unicodedata.category(character) in _DROPPED or code in _VARIATION_SELECTORS:
            continue
        elif code in covered():
            shown.append(character)
        else:
            shown.append(f"[U+{code:04X}]")
    return "".join(shown)


@cache
def covered() -> frozenset[int]:
    """The code points that have a glyph in both files."""
    regular, bold = (_code_points(file) for file in font_files())
    return regular & bold


def _code_points(file: Path) -> frozenset[int]:
    """The keys of an OpenType file's character map, format 12 (OpenType 1.9, `cmap`)."""
    with file.open("rb") as font:
        count = struct.unpack(">H", font.read(12)[4:6])[0]
        tables = [struct.unpack(">4sLLL", font.read(16)) for _ in range(count)]
        offset, length = next((at, size) for tag, _, at, size in tables if tag == b"cmap")
        font.seek(offset)
        cmap = font.read(length)
    subtables = (
        struct.unpack(">HHL", cmap[4 + 8 * i : 12 + 8 * i])[2]
        for i in range(struct.unpack(">H", cmap[2:4])[0])
    )
    for start in subtables:
        if struct.unpack(">H", cmap[start : start + 2])[0] == 12:
            groups = struct.unpack(">L", cmap[start + 12 : start + 16])[0]
            found = struct.iter_unpack(">LLL", cmap[start + 16 : start + 16 + 12 * groups])
            return frozenset(code for low, high, _ in found for code in range(low, high + 1))
    raise ValueError(f"{file.name}: no character map of format 12")
