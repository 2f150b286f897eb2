"""Two arms on one document, token by token: what the Compare page shows, from losses and text.

In reading order: `Piece` (losses of both arms on a stretch of the document), `overview` (the whole
document at a glance: bins of the strip, what was read, the ten largest gains and losses),
`strip_edges` (how the strip is divided where little was read) and `text_cells` (a page of text cut
into the smallest parts that are both whole tokens and whole characters). Differences are A - B:
above zero B is better. Nothing here reads a file or a database.

Gains and losses are looked for over lines: a line is cut every STRETCH tokens, and where losses are
missing. They are ranked by the sum of the differences, so neither a single token nor a long line of
nothing stands first by its shape alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations.paired import LN2
from evaluations.records import FloatArray, IntArray, Span
from evaluations.targets import spans_of

BINS = 480  # of the strip
LEAST_READ = 0.7  # share of the strip that shows what was read, where less of the text was
LEAST_BINS = 6  # of every stretch that was not read, as long as there are not too many of them
MOST = 10  # gains, and as many losses
STRETCH = 256  # tokens of a line that are looked at together
LEVELS = (0.25, 1.0, 3.0)  # bits per token from which a difference has a stronger tone
LINE_END = 10

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Piece:
    """Losses of both arms on ascending tokens of a document, nats; not all of them need be there.

    ends_line: whether a token's text holds a line end.
    """

    positions: IntArray
    a: NDArray[np.float32]
    b: NDArray[np.float32]
    ends_line: BoolArray

    @property
    def bits(self) -> FloatArray:
        """A - B of every token, in bits; not finite where one of both is not."""
        with np.errstate(invalid="ignore"):  # two infinities
            found: FloatArray = (self.a.astype(np.float64) - self.b.astype(np.float64)) / LN2
        return found

    def __getitem__(self, part: slice) -> Piece:
        return Piece(self.positions[part], self.a[part], self.b[part], self.ends_line[part])


class Stretch(NamedTuple):
    """Neighbouring tokens [start, stop) of one line, and the sum of A - B over them, in bits."""

    start: int
    stop: int
    bits: float


@dataclass(frozen=True)
class Overview:
    """A whole document at a glance.

    edges: the first token of every bin, and the end behind them, (bins + 1,). bin_bits: mean of
    A - B in each bin, bits per token; NaN where no token of it was read, or none has a finite loss.
    bin_tokens: tokens of each bin that were read. not_finite: tokens whose difference is no number;
    they are in no sum.
    """

    count: int  # tokens of the document
    edges: IntArray
    bin_bits: FloatArray
    bin_tokens: IntArray
    gains: tuple[Stretch, ...]  # B better, the largest first
    losses: tuple[Stretch, ...]  # A better
    read: tuple[Span, ...]
    bits: float  # sum of A - B
    not_finite: int

    @property
    def tokens(self) -> int:
        """Tokens with a loss under both arms."""
        return sum(span.stop - span.start for span in self.read)

    @property
    def is_stretched(self) -> bool:
        """Whether what was read takes more of the strip than it is of the text."""
        widths = np.diff(self.edges)
        return bool(len(widths)) and int(widths.max()) > int(widths.min()) + 1

    @property
    def mean(self) -> float | None:
        """A - B in bits per token; None: there is no finite difference."""
        finite = self.tokens - self.not_finite
        return self.bits / finite if finite else None


def overview(
    pieces: Iterable[Piece], count: int, edges: IntArray | None = None, most: int = MOST
) -> Overview:
    """The whole of a document from its pieces, one at a time.

    Args:
        pieces: in the order of the text; where they are cut does not matter.
        count: tokens of the document.
        edges: of the bins, `strip_edges` or `even_edges`; None: bins of one size.
    """
    gathered = _Gathered(count, even_edges(count) if edges is None else edges, most)
    rest: Piece | None = None
    for piece in pieces:
        gathered.add_tokens(piece)
        joined = piece if rest is None else _joined(rest, piece)
        if not len(joined.positions):
            continue
        last = int(stretch_starts(joined.positions, joined.ends_line)[-1])
        gathered.add_stretches(joined[:last])  # the last one may go on in the next piece
        rest = joined[last:]
    if rest is not None:
        gathered.add_stretches(rest)
    return gathered.result()


def even_edges(count: int, bins: int = BINS) -> IntArray:
    """Borders of bins of one size, fewer than `bins` where there are fewer tokens."""
    bins = min(bins, max(1, count))
    return -(-np.arange(bins + 1, dtype=np.int64) * count // bins)


def strip_edges(read: Sequence[Span], count: int, bins: int = BINS) -> IntArray:
    """Borders of bins of which most show what was read, however little of the text that is.

    Args:
        read: what was read, ascending, not touching each other.
        count: tokens of the document.
    """
    tokens = sum(span.stop - span.start for span in read)
    if not tokens or tokens >= LEAST_READ * count:
        return even_edges(count, bins)
    ends = (end for span in read for end in (span.start, span.stop))
    borders = np.unique([0, *ends, count])
    sizes = np.diff(borders)
    is_read = np.isin(borders[:-1], [span.start for span in read])
    share = np.where(is_read, LEAST_READ * sizes / tokens, 0.0)
    share[~is_read] = (1 - LEAST_READ) * sizes[~is_read] / (count - tokens)
    # each at least as wide as can be seen, and none of more bins than tokens
    least = max(1, min(LEAST_BINS, bins // (4 * len(sizes))))
    own = np.minimum(sizes, np.maximum(least, np.floor(share * bins))).astype(np.int64)
    parts = [
        start + even_edges(int(size), int(n))[:-1]
        for start, size, n in zip(borders[:-1], sizes, own, strict=True)
    ]
    return np.concatenate([*parts, [count]])


def read_behind(read: Sequence[Span], token: int) -> int | None:
    """The first token at `token` or behind it that was read; None: there is none."""
    return next((max(span.start, token) for span in read if span.stop > token), None)


def read_before(read: Sequence[Span], token: int) -> int | None:
    """The last token before `token` that was read; None: there is none."""
    return next((min(span.stop, token) - 1 for span in reversed(read) if span.start < token), None)


def stretch_starts(positions: IntArray, ends_line: BoolArray, longest: int = STRETCH) -> IntArray:
    """Indices at which a line, or a piece of one, begins.

    Behind a line end, behind a gap, and every `longest` tokens from there.
    """
    if not len(positions):
        return np.empty(0, dtype=np.int64)
    begins = np.concatenate([[True], ends_line[:-1] | (np.diff(positions) != 1)])
    index = np.arange(len(positions))
    since = index - np.maximum.accumulate(np.where(begins, index, 0))
    return np.flatnonzero(since % longest == 0)


def _joined(first: Piece, second: Piece) -> Piece:
    return Piece(
        np.concatenate([first.positions, second.positions]),
        np.concatenate([first.a, second.a]),
        np.concatenate([first.b, second.b]),
        np.concatenate([first.ends_line, second.ends_line]),
    )


@dataclass
class _Gathered:
    count: int
    edges: IntArray
    most: int
    read: list[Span] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    not_finite: int = 0

    def __post_init__(self) -> None:
        self._bins = len(self.edges) - 1
        self._sums, self._finite, self._tokens = (np.zeros(self._bins) for _ in range(3))

    def add_tokens(self, piece: Piece) -> None:
        bits = piece.bits
        finite = np.isfinite(bits)
        place = np.searchsorted(self.edges, piece.positions, side="right") - 1
        self._sums += np.bincount(place[finite], bits[finite], self._bins)
        self._finite += np.bincount(place[finite], minlength=self._bins)
        self._tokens += np.bincount(place, minlength=self._bins)
        self.not_finite += int((~finite).sum())
        for span in spans_of(piece.positions):
            if self.read and self.read[-1].stop == span.start:
                span = Span(self.read.pop().start, span.stop)
            self.read.append(span)

    def add_stretches(self, piece: Piece) -> None:
        """Keep those that may be among the largest."""
        starts = stretch_starts(piece.positions, piece.ends_line)
        if not len(starts):
            return
        sums = np.add.reduceat(piece.bits, starts)
        ends = np.append(starts[1:], len(piece.positions)) - 1
        ordered = np.argsort(sums, kind="stable")
        ordered = ordered[np.isfinite(sums[ordered])]
        for i in dict.fromkeys([*ordered[: self.most], *ordered[::-1][: self.most]]):
            first, last = piece.positions[starts[i]], piece.positions[ends[i]]
            self.stretches.append(Stretch(int(first), int(last) + 1, float(sums[i])))

    def result(self) -> Overview:
        gains = sorted((s for s in self.stretches if s.bits > 0), key=lambda s: (-s.bits, s.start))
        losses = sorted((s for s in self.stretches if s.bits < 0), key=lambda s: (s.bits, s.start))
        known = self._finite > 0
        return Overview(
            count=self.count,
            edges=self.edges,
            bin_bits=np.divide(
                self._sums, self._finite, out=np.full(self._bins, np.nan), where=known
            ),
            bin_tokens=self._tokens.astype(np.int64),
            gains=tuple(gains[: self.most]),
            losses=tuple(losses[: self.most]),
            read=tuple(self.read),
            bits=float(self._sums.sum()),
            not_finite=self.not_finite,
        )


# --- a page of text ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Cells:
    """A page of text, cut where a token and a character end together.

    starts: the first token of every cell, and behind them the end of the page, (cells + 1,).
    a, b: sums over the tokens of a cell, in bits; NaN where is_read is not set: a token of the cell
    has no loss under one of the arms.
    """

    texts: tuple[str, ...]
    starts: IntArray
    a: FloatArray
    b: FloatArray
    is_read: BoolArray

    @property
    def tokens(self) -> IntArray:
        """Tokens of every cell."""
        return np.diff(self.starts)

    @property
    def levels(self) -> IntArray:
        """-3 (A far better) to 3 (B far better), by the difference per token; 0: hardly any.

        0 as well where the difference is no number: who shows it looks at a and b.
        """
        with np.errstate(invalid="ignore"):
            bits = (self.a - self.b) / self.tokens
        bits = np.where(np.isfinite(bits), bits, 0.0)
        steps = np.searchsorted(LEVELS, np.abs(bits), side="right")
        return np.sign(bits).astype(np.int64) * steps


def text_cells(text: bytes, first: int, offsets: IntArray, piece: Piece | None) -> Cells:
    """The text of neighbouring tokens, with the losses of `piece` where it has them.

    Args:
        text: UTF-8 of these tokens, from the start of a character to the end of one.
        first: number of the first of them in the document.
        offsets: the first byte of each of them, and the end behind them, (tokens + 1,); where they
            count from does not matter.
        piece: losses of tokens of the document; None: there are none here.
    """
    at = offsets - offsets[0]
    borders = whole_borders(text, at)
    read, a, b = (np.zeros(len(offsets) - 1) for _ in range(3))
    if piece is not None:
        inside = (first <= piece.positions) & (piece.positions < first + len(read))
        here = piece.positions[inside] - first
        read[here], a[here], b[here] = 1, piece.a[inside] / LN2, piece.b[inside] / LN2
    edges = at[borders]
    is_read = np.add.reduceat(read, borders[:-1]) == np.diff(borders)
    sums = [np.where(is_read, np.add.reduceat(side, borders[:-1]), np.nan) for side in (a, b)]
    return Cells(
        texts=tuple(
            text[start:stop].decode("utf-8", "replace")
            for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        ),
        starts=borders + first,
        a=sums[0],
        b=sums[1],
        is_read=is_read,
    )


def whole_borders(text: bytes, at: IntArray) -> IntArray:
    """Which token borders are between two characters, as indices into `at`, both ends included.

    A token without bytes goes with the one after it, at the end with the one before it.

    Args:
        text: UTF-8 that begins with a character and ends with one; both ends are borders anyway.
        at: bytes of `text` before each token, and its length, (tokens + 1,); at least one token.
    """
    is_character = np.append(_heads(text), True)
    is_character[0] = True
    moves = np.diff(at, prepend=-1) > 0
    found = np.flatnonzero(is_character[at] & moves)
    if len(found) > 1 and at[found[-1]] == len(text):
        return np.append(found[:-1], len(at) - 1)
    return np.append(found, len(at) - 1)


def first_whole(text: bytes, at: IntArray) -> int | None:
    """The first border between two tokens that is one between two characters; None: there is none.

    Args:
        text: UTF-8, perhaps from inside a character on.
        at: bytes of `text` before each token.
    """
    heads = _heads(text)
    found = np.flatnonzero(heads[at[at < len(heads)]])
    return int(found[0]) if len(found) else None


def _heads(text: bytes) -> BoolArray:
    """Whether each byte is the first of a character."""
    found: BoolArray = (np.frombuffer(text, dtype=np.uint8) & 0xC0) != 0x80
    return found


def line_ends(text: bytes, offsets: IntArray) -> BoolArray:
    """Whether each token's text holds a line end.

    Args:
        text: bytes of the tokens.
        offsets: their first bytes and the end behind them, counted from the first one.
    """
    before = np.concatenate([[0], np.cumsum(np.frombuffer(text, dtype=np.uint8) == LINE_END)])
    found: BoolArray = np.diff(before[offsets]) > 0
    return found


# --- two texts --------------------------------------------------------------------------------


class TextPart(NamedTuple):
    """A part of a text beside another one: in both, or only here."""

    kind: Literal["same", "only"]
    text: str


def beside(text: str, other: str) -> tuple[TextPart, ...]:
    """`text` in parts: what `other` has as well, in the same order, and what only it has."""
    parts: list[TextPart] = []
    done = 0
    for start, _, size in SequenceMatcher(None, text, other, autojunk=False).get_matching_blocks():
        if start > done:
            parts.append(TextPart("only", text[done:start]))
        if size:
            parts.append(TextPart("same", text[start : start + size]))
        done = start + size
    return tuple(parts)


def part_at(one: str, other: str) -> int | None:
    """Characters that two texts have in common before they part; None: they are the same."""
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
