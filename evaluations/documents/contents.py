"""What the bytes of a file are, whatever its name says.

`signature` recognizes common binary formats by their first bytes; `looks_binary` judges decoded
text by its control characters, `ControlCharacters` that of a text that comes in pieces.
"""

from __future__ import annotations

import re

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh91AY&SY", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"%PDF-", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Microsoft Office 97-2003"),
    (b"\x7fELF", "ELF"),
    (b"\xca\xfe\xba\xbe", "Java class"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"\x93NUMPY", "NumPy"),
    (b"ElfFile\x00", "Windows event log (evtx)"),
    (b"OggS\x00", "Ogg"),
)
# these begin with letters that a text may begin with too: they count only beside a NUL byte
_LETTER_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"MZ", "Windows EXE"),
    (b"RIFF", "RIFF (WAV, AVI, WebP)"),
    (b"ID3", "MP3"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
)
_NUL_RUN = re.compile("\x00+")
LARGEST_CONTROL_SHARE = 0.01


def signature(data: bytes) -> str | None:
    """The name of the binary format that `data` begins with, or None."""
    for start, kind in _SIGNATURES:
        if data.startswith(start):
            return kind
    head = data[:1024]
    if data[257:262] == b"ustar":
        return "tar"
    if head[4:8] == b"ftyp":
        return "MP4"
    if b"\x00" in head:
        for start, kind in _LETTER_SIGNATURES:
            if data.startswith(start) and head[1:2] != b"\x00":
                return kind
    return None


def looks_binary(text: str, share: float = LARGEST_CONTROL_SHARE) -> bool:
    """Whether control characters are a larger share than in any text.

    A run of NUL counts once: a log whose machine lost power may hold a block of zeros.
    """
    found = ControlCharacters()
    found.count(text)
    return found.look_binary(share)


class ControlCharacters:
    """How many there are in a text, of which pieces are counted one after the other."""

    def __init__(self) -> None:
        self._controls = 0
        self._counted = 0  # characters
        self._length = 0  # the same with runs of NUL collapsed
        self._is_all_nul = True
        self._ends_with_nul = False

    def count(self, text: str) -> None:
        """The next piece."""
        if not text:
            return
        collapsed = _NUL_RUN.sub("\x00", text) if "\x00" in text else text
        self._counted += len(text)
        goes_on = self._ends_with_nul and collapsed[0] == "\x00"
        self._ends_with_nul = collapsed[-1] == "\x00"
        self._length += len(collapsed) - goes_on
        self._controls += _controls(collapsed) - goes_on
        self._is_all_nul = self._is_all_nul and collapsed == "\x00"

    def look_binary(self, share: float = LARGEST_CONTROL_SHARE) -> bool:
        """As `looks_binary` of the whole text."""
        return self._is_all_nul or self._controls > share * self._length

    def will_look_binary(self, size: int) -> bool:
        """Whether it will be so, whatever comes next in a file of `size` bytes.

        A character that is left is at least one byte that no counted character was made of.
        """
        left = size - self._counted
        return self._controls > LARGEST_CONTROL_SHARE * (self._length + left)


def _controls(text: str) -> int:
    # several times faster than counting matches of a regular expression
    data = text.encode("utf-8", "surrogatepass")
    return len(data) - len(data.translate(None, _CONTROLS))


_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\x08\t\n\x0b\x0c\r\x1b")
