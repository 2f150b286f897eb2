"""A scorer without a model: exact, quick, and with something happening before a unit on demand.

Its state is a number that forgets slowly, so its losses depend on what was read before, on the
policy and on the arm.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

import numpy as np

from evaluations.records import Arm, Block, Policy
from evaluations.scorer import (
    Device,
    NextTokens,
    PrefixLosses,
    Probe,
    RowLosses,
    WrittenText,
)


class FakeScorer:
    """Losses from a recurrence that anyone can compute by hand."""

    def __init__(self, before_unit: Callable[[Arm, int], None] = lambda arm, start: None) -> None:
        self._before_unit = before_unit  # called with the arm and the first token that is read

    def device(self) -> Device:
        return Device("a test's processor", 1)

    def prepare(self, arm: Arm) -> None:
        pass

    def watch(self, check: Callable[[], None]) -> None:
        pass

    def read_prefix(self, arm: Arm, tokens: np.ndarray, state: bytes | None) -> PrefixLosses:
        position, h = (0, 0.0) if state is None else struct.unpack("<qd", state)
        self._before_unit(arm, position)
        nll, h = _read(arm, tokens, position, h)
        return PrefixLosses(nll, struct.pack("<qd", position + len(tokens), h))

    def read_side_by_side(
        self, arm: Arm, texts: Sequence[NextTokens], rows: int
    ) -> list[RowLosses]:
        assert len(texts) <= rows
        return [RowLosses(*self.read_prefix(arm, *text)) for text in texts]

    def blank_state(self, arm: Arm, position: int, last: int) -> bytes:
        assert arm.window is not None
        assert position % arm.window == 0
        return struct.pack("<qd", position, 0.0)

    def score_blocks(self, arm: Arm, tokens: np.ndarray, blocks: Sequence[Block]) -> np.ndarray:
        self._before_unit(arm, blocks[0].read_from)
        rows = []
        for block in blocks:
            read = tokens[block.read_from : block.targets.stop]
            nll, _ = _read(arm, read, block.read_from, 0.0)
            rows.append(nll[block.targets.start - block.read_from :])
        return np.stack(rows)

    def write_on(self, arm: Arm, state: bytes, most: int, lines: int) -> WrittenText:
        """A text that spells the state that it was written from."""
        position, h = struct.unpack("<qd", state)
        text = f"{arm.training_initialization} {position} {h:.9f}\n".encode()[:most]
        return WrittenText(text, np.arange(len(text), dtype=np.float32))

    def probe(self, arm: Arm, tokens: np.ndarray) -> Probe:
        return Probe(chunk_difference=0.0, state_growth=1.5)

    def peak_memory(self) -> int | None:
        return None


def _read(arm: Arm, tokens: np.ndarray, position: int, h: float) -> tuple[np.ndarray, float]:
    """nll_t = 1 + |sin(h_{t-1} + token_t)|, h_t = 0.99 h_{t-1} + token_t / 256."""
    shift = 0.0 if arm.training_initialization == "zero" else 0.25
    losses = []
    for offset, token in enumerate(tokens.tolist()):
        if arm.policy is Policy.RESET and (position + offset) % arm.window == 0:
            h = 0.0
        losses.append(1.0 + abs(np.sin(h + token + shift)))
        h = 0.99 * h + token / 256
    return np.array(losses, dtype=np.float32), h
