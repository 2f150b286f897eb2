"""What the bytes of a file are, whatever its name says.

`signature` recognizes common binary formats by their first bytes; `looks_binary` judges decoded
text by its control characters.
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
_CONTROL = re.compile("[\x00-\x07\x0e-\x1a\x1c-\x1f\x7f]")
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
    collapsed = _NUL_RUN.sub("\x00", text) if "\x00" in text else text
    if not collapsed.strip("\x00"):
        return True
    controls = sum(1 for _ in _CONTROL.finditer(collapsed))
    return controls > share * len(collapsed)
