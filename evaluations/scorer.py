"""What a worker needs of the models, in bytes and NumPy: no torch here.

`CoreScorer` in `core_scorer` is longssm_core behind it; tests put a recurrence there that anyone
can compute by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluations.records import Arm, Block, IntArray


class Device(NamedTuple):
    """Where a worker computes, in plain words."""

    words: str
    threads: int
    arithmetic: str = ""  # what else decides how it rounds, such as the width of its vectors


class PrefixLosses(NamedTuple):
    """nll (length,) float32, and the reading state after it.

    broken_layer: the first layer, from 0, whose state is not finite; None: all are.
    """

    nll: NDArray[np.float32]
    state: bytes
    broken_layer: int | None = None


class NextTokens(NamedTuple):
    """What comes next of one document: ids (length,), and the state before; None: its start."""

    tokens: IntArray
    state: bytes | None


class RowLosses(NamedTuple):
    """Losses of one document among several, as in `PrefixLosses`.

    state: None where the document ended inside a chunk: nothing goes on from there.
    """

    nll: NDArray[np.float32]
    state: bytes | None
    broken_layer: int | None = None


class WrittenText(NamedTuple):
    """What a model writes on: its bytes, and nats of each token under it, (tokens,) float32."""

    text: bytes
    nll: NDArray[np.float32]


class Probe(NamedTuple):
    """What a checkpoint does on a real document."""

    chunk_difference: float  # nats: largest difference between chunk sizes
    state_growth: float  # norm of the state at the end over its norm after T tokens


class Scorer(Protocol):
    """What a worker needs of the models."""

    def device(self) -> Device:
        """Where it computes."""

    def prepare(self, arm: Arm) -> None:
        """Have the arm's checkpoint in memory, so that its loading is in no measured time."""

    def watch(self, check: Callable[[], None]) -> None:
        """Call `check` often while a unit is computed: what it raises ends the unit."""

    def read_prefix(self, arm: Arm, tokens: IntArray, state: bytes | None) -> PrefixLosses:
        """Losses of `tokens` read on from `state`; None: from the document's start."""

    def read_side_by_side(
        self, arm: Arm, texts: Sequence[NextTokens], rows: int
    ) -> list[RowLosses]:
        """The same under `carry` for up to `rows` documents, in passes of exactly `rows` rows.

        What one gives does not depend on the others, nor on how many there are.
        """

    def blank_state(self, arm: Arm, position: int, last: int) -> bytes:
        """The state where a window begins, at `position`; last: the token before it."""

    def score_blocks(
        self, arm: Arm, tokens: IntArray, blocks: Sequence[Block]
    ) -> NDArray[np.float32]:
        """Losses (blocks, targets) of blocks of one shape, each from a blank state."""

    def write_on(self, arm: Arm, state: bytes, most: int, lines: int) -> WrittenText:
        """The likeliest tokens after `state`: at most `most`, up to line end number `lines`."""

    def probe(self, arm: Arm, tokens: IntArray) -> Probe:
        """Whether the arm's checkpoint scores exactly and its state stays in bounds."""

    def peak_memory(self) -> int | None:
        """Peak bytes on the accelerator since the last call; None: there is none."""
