"""A worker process without models: for what computes elsewhere, or only has to be interrupted."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Sequence

from evaluations.records import Arm
from evaluations.scorer import NextTokens, RowLosses, WrittenText
from evaluations.settings import load_settings
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer

PAUSE = 0.2  # seconds before a text is written: whoever watches can interrupt it
READING_PAUSE = 0.5  # the same before documents are read side by side


class Unhurried(FakeScorer):
    """Takes its time to write, and to read several documents at once."""

    def read_side_by_side(
        self, arm: Arm, texts: Sequence[NextTokens], rows: int
    ) -> list[RowLosses]:
        time.sleep(READING_PAUSE)
        return super().read_side_by_side(arm, texts, rows)

    def write_on(self, arm: Arm, state: bytes, most: int, lines: int) -> WrittenText:
        time.sleep(PAUSE)
        return super().write_on(arm, state, most, lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--name")
    parser.add_argument("--until-idle", action="store_true")
    chosen = parser.parse_args()
    sys.exit(work(load_settings(), Unhurried(), threading.Event(), chosen.until_idle, chosen.name))
