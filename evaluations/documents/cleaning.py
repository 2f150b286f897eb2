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
"""

from __future__ import annotations

import re
from typing import NamedTuple

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]"
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


def stored_text(text: str) -> StoredText:
    """`text` with every unsafe character made visible."""
    return StoredText(*_UNSAFE.subn(_picture, text))


def one_line(name: str) -> str:
    """A name or remark on one line, with nothing in it that a terminal would obey."""
    return stored_text(" ".join(normal_text(name).split())).text


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else REPLACEMENT
