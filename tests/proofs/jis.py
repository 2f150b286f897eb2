"""EUC-JP and ISO-2022-JP as Windows writes them, which Python's codecs do not.

Windows (code pages 51932 and 50221) puts its additions, NEC's rows 13 and 89 to 92, where JIS has
none; half-width kana stand behind 0x8E in the one and after ESC ( I in the other.

Source: JIS X 0208 (a pair of seven-bit bytes), Microsoft's table of code page 932 for the rows.
"""

from __future__ import annotations

from functools import cache

_ASCII, _KANA, _KANJI = b"\x1b(B", b"\x1b(I", b"\x1b$B"


def euc(text: str) -> bytes:
    """`text` in EUC-JP with the additions of Windows.

    Raises:
        UnicodeEncodeError: it holds a character that is in no row.
    """
    made = bytearray()
    for character in text:
        if character.isascii():
            made += character.encode()
        elif kana := _half_width(character):
            made += bytes((0x8E, kana | 0x80))
        else:
            made += bytes(byte | 0x80 for byte in _pair(character))
    return bytes(made)


def iso_2022(text: str) -> bytes:
    """`text` in ISO-2022-JP with the additions of Windows and half-width kana.

    Raises:
        UnicodeEncodeError: it holds a character that is in no row.
    """
    made, state = bytearray(), _ASCII
    for character in text:
        kana = 0 if character.isascii() else _half_width(character)
        wanted = _ASCII if character.isascii() else _KANA if kana else _KANJI
        made += b"" if wanted == state else wanted
        state = wanted
        made += (
            bytes((kana,)) if kana else _pair(character) if wanted == _KANJI else character.encode()
        )
    return bytes(made + (b"" if state == _ASCII else _ASCII))


def _half_width(character: str) -> int:
    """A half-width kana in seven bits; 0 for every other character."""
    return ord(character) - 0xFF40 if 0xFF61 <= ord(character) <= 0xFF9F else 0


def _pair(character: str) -> bytes:
    if character not in _rows():
        raise UnicodeEncodeError("windows-jis", character, 0, 1, "in no row")
    return _rows()[character]


@cache
def _rows() -> dict[str, bytes]:
    """Every character of rows 1 to 94 -> its pair; the first row that has it counts."""
    found: dict[str, bytes] = {}
    for row in range(1, 95):
        for cell in range(1, 95):
            lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
            trail = cell + 0x9E if row % 2 == 0 else cell + 0x3F + (cell > 63)
            try:
                character = bytes((lead, trail)).decode("cp932")
            except UnicodeDecodeError:
                continue
            # one character has two code points in places, and readers take that of JIS
            character = {"～": "〜", "－": "−", "∥": "‖"}.get(character, character)
            found.setdefault(character, bytes((row + 0x20, cell + 0x20)))
    return found
