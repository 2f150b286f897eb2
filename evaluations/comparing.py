"""Two arms of an evaluation on one of its documents, as the Compare page reads them.

`compared` says what there is to compare (`Compared`, or `Missing` with the reason why nothing is);
`Compared.overview` reads the document's losses once, `Compared.page` and `Compared.quoted` only the
range that is shown. The computing is in `token_view`; like `store`, this module holds
queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from sqlalchemy import select

from evaluations import database as tables
from evaluations.plan import targets_of
from evaluations.records import DocumentTargets, IntArray, Plan, Span, TokenLosses
from evaluations.stored_losses import StoredLosses
from evaluations.targets import TooShort
from evaluations.token_view import (
    Cells,
    Overview,
    Piece,
    Stretch,
    first_whole,
    line_ends,
    overview,
    read_before,
    read_behind,
    strip_edges,
    text_cells,
)
from evaluations.tokens import MappedTokens
from evaluations.units import PREFIX_UNIT

if TYPE_CHECKING:
    from pathlib import Path

    from evaluations.store import Store

PAGE_TOKENS = PREFIX_UNIT  # so that a page needs the losses of two units of an arm at most
PIECE_TOKENS = 1 << 18  # of a document that are held at a time
NEAR = 64  # tokens in which a character that a page border cuts has ended
QUOTED = 90  # bytes that are shown before and behind a stretch

Reading = Literal["start", "targets"]
READINGS: tuple[Reading, ...] = ("start", "targets")


class Missing(NamedTuple):
    """Why two arms cannot be compared on a document.

    erased, too_short; failed: a task that computes it, or it was cancelled; waiting: such a task
    has not ended.
    """

    why: Literal["erased", "too_short", "failed", "waiting"]


class Quote(NamedTuple):
    """The text of a stretch, with what stands before and behind it."""

    before: str
    text: str
    after: str


class TextPage(NamedTuple):
    """A page of a document: its cells, and the page's number of all pages."""

    cells: Cells
    number: int  # from 0
    pages: int


class Neighbours(NamedTuple):
    """Places on the pages around one; None: there is none."""

    before: int | None
    behind: int | None


@dataclass(frozen=True)
class Compared:
    """A document that both arms have read: where its losses, its text and its borders are.

    context_length: None: losses of the prefix, each arm under its own policy from the document's
    start; else of the targets, at that length.
    """

    losses: StoredLosses
    document: str
    arm_a: str
    arm_b: str
    context_length: int | None
    file: Path  # the text, UTF-8
    count: int  # tokens of the document
    tokens: MappedTokens | None  # None: a token is a byte

    @property
    def key(self) -> tuple[object, ...]:
        """All that the losses follow from: tasks that are done do not change."""
        tasks = (self.losses.finished[self.document, arm] for arm in (self.arm_a, self.arm_b))
        return (*tasks, self.context_length, self.count)

    def overview(self) -> Overview:
        """The whole document, read piece by piece; again where little of it was read.

        Only then is it known how the strip has to be divided, and there is little to read again.
        """
        whole = overview(self._pieces(), self.count)
        edges = strip_edges(whole.read, self.count)
        if np.array_equal(edges, whole.edges):
            return whole
        return overview(self._pieces(), self.count, edges)

    def page(self, at: int) -> TextPage:
        """The page that the token `at` is on; only its losses and its text are read."""
        pages = -(-self.count // PAGE_TOKENS)
        number = self._page_of(at)
        span = Span(self._page_start(number), self._page_start(number + 1))
        cells = text_cells(self._text(span), span.start, self._offsets(span), self._piece(span))
        return TextPage(cells, number, pages)

    def page_starts(self, number: int, read: Sequence[Span]) -> Neighbours:
        """Where something was first read on the pages before and behind a page that have some.

        Args:
            number: of the page, from 0.
            read: what was read, ascending.
        """
        last_before = read_before(read, self._page_start(number))
        behind = read_behind(read, self._page_start(number + 1))
        if last_before is None:
            return Neighbours(None, behind)
        page_start = self._page_start(self._page_of(last_before))
        return Neighbours(read_behind(read, page_start), behind)

    def pages_read(self, read: Sequence[Span]) -> tuple[Span, ...]:
        """Pages on which something was read, as numbers from 0, neighbouring ones together."""
        found: list[Span] = []
        for span in read:
            first, last = self._page_of(span.start), self._page_of(span.stop - 1)
            if found and found[-1].stop >= first:
                first = found.pop().start
            found.append(Span(first, last + 1))
        return tuple(found)

    def _page_of(self, token: int) -> int:
        """The number of the page that a token is on."""
        number = min(max(token, 0), self.count - 1) // PAGE_TOKENS
        return number - 1 if number and token < self._page_start(number) else number

    def quoted(self, stretch: Stretch | Span, around: int = QUOTED) -> Quote:
        """What a stretch says, and the bytes around it; cut characters are left out."""
        first, last = self._offsets(Span(stretch.start, stretch.stop))[[0, -1]]
        start = max(0, int(first) - around)
        text = self._bytes(start, int(last) + around)
        inside = slice(int(first) - start, int(last) - start)
        parts = (text[: inside.start], text[inside], text[inside.stop :])
        return Quote(*(part.decode("utf-8", "ignore") for part in parts))

    def _page_start(self, number: int) -> int:
        """Pages begin with a character: behind the token that a border would cut one in."""
        nominal = number * PAGE_TOKENS
        if nominal >= self.count:
            return self.count
        span = Span(nominal, min(nominal + NEAR, self.count))
        offsets = self._offsets(span)
        found = first_whole(self._text(span), offsets[:-1] - offsets[0])
        return nominal if found is None else nominal + found

    def _pieces(self) -> Iterator[Piece]:
        for start in range(0, self.count, PIECE_TOKENS):
            piece = self._piece(Span(start, min(start + PIECE_TOKENS, self.count)))
            if piece is not None:
                yield piece

    def _piece(self, span: Span) -> Piece | None:
        """Losses of the tokens of `span` that both arms have; None: there are none."""
        sides = [
            self.losses.range(self.document, arm, span.start, span.stop, self.context_length)
            for arm in (self.arm_a, self.arm_b)
        ]
        if sides[0] is None or sides[1] is None:
            return None
        (positions, a), (_, b) = _shared(sides[0], sides[1])
        offsets = self._offsets(span)
        ends = line_ends(self._bytes(int(offsets[0]), int(offsets[-1])), offsets - offsets[0])
        return Piece(positions, a, b, ends[positions - span.start])

    def _offsets(self, span: Span) -> IntArray:
        """First bytes of the tokens of `span`, and the end behind them."""
        places = np.arange(span.start, span.stop + 1, dtype=np.int64)
        return places if self.tokens is None else self.tokens.bytes_before(places)

    def _text(self, span: Span) -> bytes:
        offsets = self._offsets(span)
        return self._bytes(int(offsets[0]), int(offsets[-1]))

    def _bytes(self, start: int, stop: int) -> bytes:
        with self.file.open("rb") as file:
            file.seek(start)
            return file.read(stop - start)


def _shared(a: TokenLosses, b: TokenLosses) -> list[tuple[IntArray, np.ndarray]]:
    """Positions and losses of both where both have some."""
    if np.array_equal(a.positions, b.positions):
        return [(one.positions, one.nll) for one in (a, b)]
    both, in_a, in_b = np.intersect1d(
        a.positions, b.positions, assume_unique=True, return_indices=True
    )
    return [(both, a.nll[in_a]), (both, b.nll[in_b])]


def compared(
    store: Store, run: str, document: str, arm_a: str, arm_b: str, reading: Reading
) -> Compared | Missing:
    """Two arms on a document of a run; or why there is nothing to compare.

    Raises:
        UnknownRun: no evaluation has that id.
        KeyError: the document is none of the run's.
        FileNotFoundError: its text is not in this data folder.
    """
    if document in store.erased(run):
        return Missing("erased")
    part = {one.document.id: one for one in store.run_documents(run)}[document]
    losses = store.losses(run)
    targets = None if part.role == "too_short" else targets_of(part, losses.plan)
    if targets is None or isinstance(targets, TooShort):
        return Missing("too_short")
    states = _states(store, run, document, (arm_a, arm_b))
    if states != {"done"}:
        return Missing("waiting" if states & {"queued", "running"} else "failed")
    return Compared(
        losses=losses,
        document=document,
        arm_a=arm_a,
        arm_b=arm_b,
        context_length=None if reading == "start" else target_length(targets, losses.plan),
        file=store.files.path(document),
        count=part.token_count,
        tokens=None if part.tokens is None else store.mapped_tokens(part.tokens.file),
    )


def _states(store: Store, run: str, document: str, arms: Sequence[str]) -> set[str]:
    """States of the tasks that score a document under some of the arms."""
    task = tables.tasks
    query = select(task.c.state).where(
        *(task.c.run_id == run, task.c.kind == "score"),
        *(task.c.document_id == document, task.c.arm.in_(arms)),
    )
    with store.database.read() as connection:
        return set(connection.scalars(query))


def target_length(targets: DocumentTargets, plan: Plan) -> int:
    """The context length at which targets are shown: the one that decides, or the longest below."""
    below = [length for length in targets.lengths if length <= plan.rule.primary_length]
    return below[-1] if below else targets.lengths[0]
