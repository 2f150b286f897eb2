"""The tokens of a document under a vocabulary that is not one of bytes, as a file of the store.

A text is read by its tokenizer once, when its evaluation is planned: `packed` is what is stored,
`unpacked` what workers and the evidence find there. So all arms read the same ids, and nobody
needs the tokenizer again. `in_bytes` says which bytes the chosen targets are.

The file is 8 bytes a token, little-endian: its id and its UTF-8 bytes in the text.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from evaluations.records import DocumentTargets, InBytes, IntArray, Span
from longssm_core.tokenizer import TokenizedText

_ROW = np.dtype([("id", "<u4"), ("size", "<u4")])


def packed(tokens: TokenizedText) -> bytes:
    """The file of these tokens."""
    rows = np.empty(len(tokens.ids), dtype=_ROW)
    rows["id"], rows["size"] = tokens.ids, tokens.sizes
    return rows.tobytes()


def unpacked(file: bytes) -> TokenizedText:
    """The tokens in a file that `packed` made."""
    rows = np.frombuffer(file, dtype=_ROW)
    return TokenizedText(rows["id"].astype(np.int64), rows["size"].astype(np.int64))


def text_bytes(file: Path) -> int | None:
    """Bytes of the text whose tokens are in `file`; None: it is none of these files."""
    count, rest = divmod(file.stat().st_size, _ROW.itemsize)
    if rest or not count:
        return None
    return int(np.memmap(file, dtype=_ROW, mode="r", shape=count)["size"].sum(dtype=np.int64))


def starts(sizes: IntArray) -> IntArray:
    """The first byte of every token, and behind them the end of the text, (length + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)])


def in_bytes(targets: DocumentTargets, sizes: IntArray) -> InBytes:
    """Which bytes of the text the chosen tokens are.

    Args:
        sizes: UTF-8 bytes of every token of the document.
    """
    at = starts(sizes)
    return InBytes(
        spans=tuple(Span(int(at[span.start]), int(at[span.stop])) for span in targets.spans),
        prefix=int(at[targets.prefix]),
    )
