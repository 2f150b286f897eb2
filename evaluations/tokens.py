"""The tokens of a document under a vocabulary that is not one of bytes, as a file of the store.

A text is read by its tokenizer once, when its evaluation is planned, a piece at a time
(`text_pieces`): `packed` is what is stored of each, `MappedTokens` what workers and the evidence
read of it. So all arms read the same ids, and nobody needs the tokenizer again. `ByteTokens` is the
same for texts whose tokens are their bytes. `in_bytes` says which bytes the chosen targets are.
Nobody holds all of a long document: what is asked for is read, and a sum for every BLOCK tokens.

The file is 8 bytes a token, little-endian: its id and its UTF-8 bytes in the text.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluations.records import DocumentTargets, InBytes, IntArray, Span
from longssm_core.tokenizer import PIECE, TokenizedText

BLOCK = 1 << 16  # tokens whose bytes are summed up together
_ROW = np.dtype([("id", "<u4"), ("size", "<u4")])


def text_pieces(text: Path) -> Iterator[str]:
    """A text in the parts in which a tokenizer reads it anyway, so that the tokens are the same.

    At most PIECE characters, cut behind a line end where there is one.
    """
    with text.open(encoding="utf-8", newline="") as file:
        rest = file.read(PIECE + 1)
        while len(rest) > PIECE:
            stop = rest.rfind("\n", 0, PIECE) + 1 or PIECE
            yield rest[:stop]
            rest = rest[stop:] + file.read(stop)
        if rest:
            yield rest


def packed(tokens: TokenizedText) -> bytes:
    """The file of these tokens."""
    rows = np.empty(len(tokens.ids), dtype=_ROW)
    rows["id"], rows["size"] = tokens.ids, tokens.sizes
    return rows.tobytes()


class ByteTokens:
    """The tokens of a text under a vocabulary of bytes; only what is asked for is read."""

    def __init__(self, text: Path) -> None:
        self._file = text.open("rb")  # held: a copy that makes room meanwhile stays readable

    def ids(self, start: int, stop: int) -> IntArray:
        """Ids of the tokens [start, stop), as far as there are any."""
        self._file.seek(start)
        return np.frombuffer(self._file.read(stop - start), dtype=np.uint8).astype(np.int64)

    def sizes(self, start: int, stop: int) -> IntArray:
        """UTF-8 bytes behind each of them: one."""
        return np.ones(len(self.ids(start, stop)), dtype=np.int64)


class MappedTokens:
    """The tokens in a file that `packed` made; only what is asked for is read."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("rb")

    def ids(self, start: int, stop: int) -> IntArray:
        """Ids of the tokens [start, stop), as far as there are any."""
        return self._rows(start, stop)["id"].astype(np.int64)

    def sizes(self, start: int, stop: int) -> IntArray:
        """UTF-8 bytes behind each of them."""
        return self._rows(start, stop)["size"].astype(np.int64)

    @property
    def bytes(self) -> int:
        """Of the whole text."""
        return int(self._before[-1])

    def bytes_before(self, tokens: IntArray) -> IntArray:
        """The first byte of each of these tokens, (tokens,); behind the last one: of the end."""
        places, back = np.unique(tokens, return_inverse=True)
        found = np.empty(len(places), dtype=np.int64)
        blocks = places // BLOCK
        borders = [*np.flatnonzero(np.diff(blocks, prepend=-1)).tolist(), len(places)]
        for first, stop in pairwise(borders):
            block = int(blocks[first])
            sizes = self.sizes(block * BLOCK, (block + 1) * BLOCK)
            inside = places[first:stop] - block * BLOCK
            found[first:stop] = self._before[block] + starts(sizes)[inside]
        return found[back]

    @cached_property
    def _before(self) -> IntArray:
        """Bytes before each block of tokens, and of all, (blocks + 1,)."""
        sums: list[int] = []
        while len(sizes := self.sizes(len(sums) * BLOCK, (len(sums) + 1) * BLOCK)):
            sums.append(int(sizes.sum()))
        return np.array([0, *np.cumsum(sums, dtype=np.int64).tolist()], dtype=np.int64)

    def _rows(self, start: int, stop: int) -> NDArray[np.void]:
        self._file.seek(start * _ROW.itemsize)
        return np.frombuffer(self._file.read((stop - start) * _ROW.itemsize), dtype=_ROW)


DocumentTokens = ByteTokens | MappedTokens


def text_bytes(file: Path) -> int | None:
    """Bytes of the text whose tokens are in `file`; None: it is none of these files."""
    size = file.stat().st_size
    return MappedTokens(file).bytes if size and size % _ROW.itemsize == 0 else None


def token_count(file: Path) -> int:
    """How many tokens a file of `packed` holds."""
    return file.stat().st_size // _ROW.itemsize


def starts(sizes: IntArray) -> IntArray:
    """The first byte of every token, and behind them the end of the text, (length + 1,)."""
    return np.concatenate([[0], np.cumsum(sizes)])


def in_bytes(targets: DocumentTargets, tokens: MappedTokens) -> InBytes:
    """Which bytes of the text the chosen tokens are.

    Args:
        tokens: of the document.
    """
    borders = [place for span in targets.spans for place in (span.start, span.stop)]
    *at, prefix = tokens.bytes_before(np.array([*borders, targets.prefix])).tolist()
    spans = (Span(start, stop) for start, stop in zip(at[::2], at[1::2], strict=True))
    return InBytes(spans=tuple(spans), prefix=prefix)
