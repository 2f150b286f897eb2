"""Whether the Compare page opens a document of 100,000 tokens within three seconds.

The document is Japanese and English logs, all of it read (a precise evaluation). Its losses are
drawn, not computed: what the page does with them is the same. Measured are its own parts (the
whole document at a glance, one page of text, the lines beside it) and, with `--full`, a browser
that opens the page: for the first time, again at other places, and after one click on the strip. An
opening ends when the text is on the screen. The first page of an app that has just started is
printed beside them and has no goal here: it is the home page, and what it loads is loaded once.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evaluations.comparing import Compared, compared
from evaluations.plan import make_plan
from evaluations.records import Arm, Block, Depth, Outcome, Preset
from evaluations.scorer import PrefixLosses
from evaluations.settings import Settings, load_settings
from evaluations.store import Store, open_store
from longssm_core.corpus.generator import generate
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import LENGTHS, describe, ingested, work_off
from tests.proofs.size import browser, running_app

TOKENS = 100_000
GOAL = 3.0  # seconds
AGAIN = 3  # openings in the browser after the first one
PATIENCE = 60.0  # seconds: what takes longer is a failure, no figure
SEED = 9_700_000_000  # never used in training


class DrawnLosses(FakeScorer):
    """Losses that follow from the token and the arm: there is no model to wait for."""

    def read_prefix(self, arm: Arm, tokens: np.ndarray, state: bytes | None) -> PrefixLosses:
        """A number of nats between 1 and 2."""
        start = 0 if state is None else struct.unpack("<qd", state)[0]
        return PrefixLosses(_nll(arm, tokens), struct.pack("<qd", start + len(tokens), 0.0))

    def score_blocks(self, arm: Arm, tokens: np.ndarray, blocks: Sequence[Block]) -> np.ndarray:
        """For the targets of every block, less after more context: memory is at work."""
        return np.stack(
            [
                _nll(arm, tokens[b.targets.start : b.targets.stop])
                * np.float32(1 - 0.01 * np.log2(1 + b.targets.start - b.read_from))
                for b in blocks
            ]
        )


def _nll(arm: Arm, tokens: np.ndarray) -> np.ndarray:
    shift = 0.0 if arm.training_initialization == "zero" else 0.25
    found: np.ndarray = (1 + np.abs(np.sin(tokens + shift))).astype(np.float32)
    return found


class Timed(NamedTuple):
    """What was done, and how long it took."""

    what: str
    seconds: float
    has_goal: bool = True

    @property
    def met(self) -> bool:
        """Whether the page would be there in time."""
        return self.seconds <= GOAL or not self.has_goal


def finished_run(settings: Settings, store: Store, tokens: int = TOKENS) -> str:
    """A run over one document of that many bytes, which are its tokens."""
    text, number = "", 0
    while len(text.encode()) < tokens:
        text += generate(SEED + number, 30_000).text + "\n"
        number += 1
    whole = text.encode()[:tokens].decode("utf-8", "ignore")
    whole += "." * (tokens - len(whole.encode()))
    added = store.add_documents(ingested([whole]))
    planned = make_plan(Preset.MATCHED, Depth.PRECISE, added, lengths=LENGTHS, describe=describe)
    run = store.create_run("100,000 tokens", planned.plan, planned.run_documents)
    work_off(settings, DrawnLosses())
    return run


def parts(store: Store, run: str) -> tuple[Compared, list[Timed]]:
    """What the page computes when it opens a document that nobody has looked at."""
    found = store.snapshot(run)
    assert found.verdict.outcome is not Outcome.WITHHELD, found.validity  # the page would be empty
    (document,) = found.documents
    times = []
    began = time.perf_counter()
    there = compared(
        *(store, run, document.id, found.comparison.arm_a, found.comparison.arm_b), "start"
    )
    assert isinstance(there, Compared)
    whole = there.overview()
    times.append(Timed("the whole at a glance", time.perf_counter() - began))
    began = time.perf_counter()
    page = there.page(whole.count // 2)
    times.append(Timed("one page of text", time.perf_counter() - began))
    began = time.perf_counter()
    quotes = [there.quoted(stretch) for stretch in (*whole.gains, *whole.losses)]
    times.append(Timed(f"{len(quotes)} lines and what is around", time.perf_counter() - began))
    assert whole.tokens == whole.count
    assert len(page.cells.texts) > 1_000
    return there, times


def in_a_browser(data_dir: Path, run: str) -> list[Timed]:
    """Openings by a visitor, from the request to the text on the screen."""
    times = []
    with running_app(data_dir) as (address, _), browser() as page:
        page.set_default_timeout(PATIENCE * 1_000)
        began = time.perf_counter()
        page.goto(address)
        page.wait_for_selector(".lab-title")
        times.append(Timed("home page of a new app", time.perf_counter() - began, has_goal=False))
        for number in range(AGAIN + 1):
            at = (number + 1) * TOKENS // (AGAIN + 2)
            began = time.perf_counter()
            page.goto(f"{address}/compare?run={run}&lang=ja&at={at}")
            page.wait_for_selector(".viewer .text .cell")
            what = "opened again" if number else "opened for the first time"
            times.append(Timed(what, time.perf_counter() - began))
        times.append(_clicked(page))
    return times


def _clicked(page: Any) -> Timed:
    """One click on the strip, until another page of the text is there."""
    label = page.locator(".viewer .turn span")
    before = label.inner_text()
    place = page.locator(".viewer .bins").bounding_box()
    began = time.perf_counter()
    page.mouse.click(place["x"] + 0.05 * place["width"], place["y"] + place["height"] / 3)
    label.filter(has_not_text=before).wait_for()
    return Timed("a click on the strip", time.perf_counter() - began)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whether a browser opens it as well."""
    parser.add_argument("--full", action="store_true", help="in a browser too")


def run(options: argparse.Namespace) -> int:
    """Print how long each part took; 1 when one takes longer than the page may."""
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        settings = load_settings(data_dir=Path(folder) / "data")
        store = open_store(settings)
        try:
            made = finished_run(settings, store)
            _, times = parts(store, made)
        finally:
            store.close()
        if options.full:
            os.environ["LONGSSM_START_WORKER"] = "0"  # nothing is left to compute
            times += in_a_browser(settings.data_dir, made)
    for one in times:
        print(f"{one.what:48}{one.seconds:7.2f} s{'' if one.met else '  MISSED'}")
    worst = max(one.seconds for one in times if one.has_goal)
    print(json.dumps({"tokens": TOKENS, "goal": GOAL, "worst": round(worst, 2)}))
    return 0 if all(one.met for one in times) else 1
