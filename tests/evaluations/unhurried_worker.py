"""A worker process as it is, but for a pause in every unit: there is a moment to kill it in.

`python -m tests.evaluations.unhurried_worker` takes the arguments of `evaluations.worker_process`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from evaluations import core_scorer, worker_process
from evaluations.records import Arm, Block
from evaluations.scorer import PrefixLosses

PAUSE = 0.2  # seconds


class UnhurriedScorer(core_scorer.CoreScorer):
    """The real scorer; every unit takes at least PAUSE."""

    def read_prefix(self, arm: Arm, tokens: np.ndarray, state: bytes | None) -> PrefixLosses:
        time.sleep(PAUSE)
        return super().read_prefix(arm, tokens, state)

    def score_blocks(self, arm: Arm, tokens: np.ndarray, blocks: Sequence[Block]) -> np.ndarray:
        time.sleep(PAUSE)
        return super().score_blocks(arm, tokens, blocks)


if __name__ == "__main__":
    core_scorer.CoreScorer = UnhurriedScorer
    sys.exit(worker_process.main())
