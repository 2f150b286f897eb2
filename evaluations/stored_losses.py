"""The losses of a run's finished tasks, read from the database when they are asked for.

One row holds a unit: the nats of its tokens as float32, 4 bytes each, 16 bytes for every range of
places, and some 200 bytes about the unit. Over the shipped pair on the sample documents (140 units,
315,392 losses) that was 4.31 bytes a token in the database file, indexes included.

They are not compressed. zlib keeps 82 % of those losses as they are and 77 % sorted by byte planes
(level 6: 75 %): their low bits are noise. A quarter less is not worth a second format in every
place that compares stored bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, select

from evaluations import database as tables
from evaluations.database import Database
from evaluations.records import Arm, IntArray, Plan, Span, TokenLosses
from evaluations.targets import effective_context
from evaluations.tokens import MappedTokens
from evaluations.units import positions

UNITS_AT_ONCE = 500  # in one query


@dataclass(frozen=True)
class StoredLosses:
    """The losses of a run's finished score tasks, read from the database when asked for."""

    database: Database
    plan: Plan
    finished: Mapping[tuple[str, str], int]  # (document, arm) -> task
    tokens: Callable[[str], MappedTokens | None]  # of a document; None: they are its bytes

    def prefix(self, document: str, arm: str) -> TokenLosses | None:
        """Losses of the prefix; None: the task is not finished."""
        return self._losses(document, arm, None, None)

    def targets(self, document: str, arm: str, context_length: int) -> TokenLosses | None:
        """Losses of the targets at one length; None: not finished, or not carried."""
        effective = effective_context(self._arms[arm], context_length)
        return self._losses(document, arm, context_length, effective)

    @cached_property
    def _arms(self) -> dict[str, Arm]:
        return {arm.name: arm for arm in self.plan.arms}

    def range(
        self, document: str, arm: str, start: int, stop: int, context_length: int | None = None
    ) -> TokenLosses | None:
        """Losses of the tokens from `start` to before `stop`; only units that hold some are read.

        Args:
            context_length: of the matched curve, where only targets have losses; None: of the
                prefix, read from the document's start.

        Returns:
            What there is of them, in order; None: the task is not finished, or has none there.
        """
        effective = None
        if context_length is not None:
            effective = effective_context(self._arms[arm], context_length)
        return self._losses(document, arm, context_length, effective, Span(start, stop))

    def _losses(
        self,
        document: str,
        arm: str,
        context_length: int | None,
        effective: int | None,
        within: Span | None = None,
    ) -> TokenLosses | None:
        task = self.finished.get((document, arm))
        if task is None:
            return None
        loss = tables.losses
        own = and_(loss.c.task_id == task, loss.c.context_length.is_not_distinct_from(effective))
        places, values = self._read(own, within)
        if not places:
            return None
        found, nll = np.concatenate(places), np.concatenate(values)
        if within is not None:
            inside = (within.start <= found) & (found < within.stop)
            found, nll = found[inside], nll[inside]
            if not found.size:
                return None  # a unit of targets reaches over places that it has none in
        ascending = np.argsort(found, kind="stable")  # units hold blocks of one shape together
        found = found[ascending]
        tokens = self.tokens(document)
        if tokens is None:
            first, behind = found, found + 1
        else:
            first, behind = np.split(tokens.bytes_before(np.concatenate([found, found + 1])), 2)
        return TokenLosses(
            document=document,
            arm=arm,
            context_length=context_length,
            positions=found,
            nll=nll[ascending],
            token_bytes=behind - first,
            byte_offsets=first,
        )

    def _read(
        self, own: ColumnElement[bool], within: Span | None
    ) -> tuple[list[IntArray], list[NDArray[np.float32]]]:
        """Positions and losses of the units that overlap `within`, or of all, unit by unit."""
        loss = tables.losses
        order = select(loss.c.unit, loss.c.ranges).where(own).order_by(loss.c.unit)
        with self.database.read() as connection:
            ranges = {
                row.unit: spans
                for row in connection.execute(order)
                if _overlap(spans := spans_in(row.ranges), within)
            }
            found: dict[int, NDArray[np.float32]] = {}
            for part in _portions(list(ranges)):
                query = select(loss.c.unit, loss.c.nll).where(own, loss.c.unit.in_(part))
                found |= {row.unit: nll_of(row.nll) for row in connection.execute(query)}
        return [positions(spans) for spans in ranges.values()], [found[unit] for unit in ranges]


def _overlap(spans: Sequence[Span], within: Span | None) -> bool:
    if within is None:
        return True
    return any(span.start < within.stop and within.start < span.stop for span in spans)


def _portions(units: list[int]) -> list[list[int]]:
    return [units[i : i + UNITS_AT_ONCE] for i in range(0, len(units), UNITS_AT_ONCE)]


def spans_in(ranges: bytes) -> list[Span]:
    """The stored ranges of positions."""
    return [Span(int(a), int(b)) for a, b in np.frombuffer(ranges, dtype="<i8").reshape(-1, 2)]


def nll_of(stored: bytes) -> NDArray[np.float32]:
    """The stored losses of a unit, nats."""
    return np.frombuffer(stored, dtype="<f4").astype(np.float32)
