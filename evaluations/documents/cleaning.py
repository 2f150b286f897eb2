"""Extracted text in its normal form, and the safe form that is stored.

Normal form (what `text_sha256` covers): no byte-order mark at the start, LF line ends, no trailing
line ends; characters are otherwise as they were, not composed (NFC) and not trimmed. Lone
surrogates, which UTF-8 cannot write, are the exception: U+FFFD stands for them.

Stored form (what is scored, shown and exported; the same text for almost every file): characters
that PostgreSQL, XML-based exports or a terminal refuse or obey are made visible, once and here, so
that no later room has to think of them:

* control characters except tab and LF become their Unicode pictures (NUL is ␀, ESC is ␛);
* C1 controls, noncharacters and the bidi embeddings, overrides and isolates, which would reorder
  the text around them, become the replacement mark U+FFFD.

`normal_text` and `stored_text` are the definitions; `NormalPieces` makes the normal form of a text
that comes piece by piece, and no result depends on where a piece ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from evaluations.documents import pieces

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(  # a block of zeros, of which there may be megabytes, is one match
    "\x00+|[\x01-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
)


class StoredText(NamedTuple):
    """The safe form of a text, and how many characters of it were made visible."""

    text: str
    replaced: int


def normal_text(text: str) -> str:
    """`text` without a byte-order mark at its start, with LF line ends and none at its end."""
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.rstrip("\n")
    return text if text.isascii() else _SURROGATE.sub(REPLACEMENT, text)


class NormalPieces:
    """The normal form of a text that comes in pieces, as `normal_text` makes it of the whole."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = text
        self._is_begun = False
        self._has_return = False  # a CR that may be the first half of a line end
        self._ends = 0  # line ends that count only if something follows them

    def __iter__(self) -> Iterator[str]:
        """Pieces, none of them empty."""
        for piece in self._text:
            body = self._body(piece)
            text = body.rstrip("\n")
            if text:
                yield from self._line_ends()
                yield text if text.isascii() else _SURROGATE.sub(REPLACEMENT, text)
            self._ends += len(body) - len(text)

    def _body(self, piece: str) -> str:
        """With LF line ends, and without what may belong to the next piece."""
        if piece and not self._is_begun:
            self._is_begun = True
            piece = piece.removeprefix("\ufeff")
        if self._has_return:
            piece = "\r" + piece
        self._has_return = piece.endswith("\r")
        if "\r" in piece:
            piece = piece.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
        return piece

    def _line_ends(self) -> Iterator[str]:
        while self._ends:  # a block of them may be as long as a file
            count = min(self._ends, pieces.PIECE)
            yield "\n" * count
            self._ends -= count


def stored_text(text: str) -> StoredText:
    """`text` with every unsafe character made visible, whatever stands beside it."""
    if text.isascii() and not _has_unsafe_ascii(text):
        return StoredText(text, 0)
    replaced = 0

    def picture(match: re.Match[str]) -> str:
        nonlocal replaced
        replaced += match.end() - match.start()
        return _picture(match)

    return StoredText(_UNSAFE.sub(picture, text), replaced)


def _has_unsafe_ascii(text: str) -> bool:
    # several times faster than a search by a regular expression, and most logs are ASCII
    data = text.encode("ascii")
    return len(data.translate(None, _UNSAFE_ASCII)) < len(data)


_UNSAFE_ASCII = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n")


def one_line(name: str) -> str:
    """A name or remark on one line, with nothing in it that a terminal would obey."""
    return stored_text(" ".join(normal_text(name).split())).text


def _picture(match: re.Match[str]) -> str:
    found = match.group()
    code = ord(found[0])
    if code < 0x20:
        return chr(0x2400 + code) * len(found)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else REPLACEMENT
