"""Memory that runs out: the same shapes with less beside them, or set aside with what was asked.

A made-up allocator of so many GiB stands before the real arithmetic: every loaded checkpoint takes
its part, so does a pass, and somebody else a part that changes by chance. Where a pass does not
fit, torch's own error is raised. The worker must drop the other checkpoints and try the same pass
again; the losses are bit-equal to those of a machine with room, and no pass has a shape that it
does not have there. One document asks for more than there is: its tasks are set aside with the GiB
in their sentence, and all others finish.
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from evaluations import core_scorer
from evaluations.core_scorer import CoreScorer
from evaluations.records import Arm, IntArray
from evaluations.scorer import PrefixLosses
from evaluations.store import Progress
from evaluations.wording import LANGUAGES, say
from evaluations.worker_process import work
from tests.evaluations.queued import some_text
from tests.proofs.faults import Rows, place, queue

SHORT, FULL = (3_000,) * 3, (3_000,) * 24 + (34_000,) * 2
GIANT, MARK = 6_000, "GIAN"  # bytes of the document that does not fit, and its beginning
ROOM = 8.0  # GiB
MODEL, PASS, ELSE = 1.5, 2.0, 4.0  # of a checkpoint, of a pass, at most of somebody else's
NEEDED = 20.0  # of a pass over the giant


@dataclass
class Allocator:
    """What fits into memory."""

    seed: int
    failures: int = 0  # passes that did not fit
    shapes: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def ask(self, models: int, needed: float) -> None:
        """Raise torch's error unless it fits beside the models and what somebody else takes."""
        other = self._random.uniform(0, ELSE)
        if models * MODEL + needed + other > ROOM:
            self.failures += 1
            raise torch.OutOfMemoryError(
                f"CUDA out of memory. Tried to allocate {needed:.2f} GiB. GPU 0 has a total "
                f"capacity of {ROOM:.2f} GiB"
            )


class TightScorer(CoreScorer):
    """The real scorer behind the allocator; without one it only writes its shapes down."""

    def __init__(self, allocator: Allocator, has_room: bool) -> None:
        super().__init__("cpu")
        self.allocator, self._has_room = allocator, has_room
        self._reads_giant = False

    def read_prefix(self, arm: Arm, tokens: IntArray, state: bytes | None) -> PrefixLosses:
        self._reads_giant = state is None and bytes(tokens[:4].astype("u1")) == MARK.encode()
        try:
            return super().read_prefix(arm, tokens, state)
        finally:
            self._reads_giant = False

    def passes(self, honest: Callable[..., Any]) -> Callable[..., Any]:
        """`honest`, a pass of the core, with the allocator before it."""

        def call(model: Any, tokens: Any, *arguments: Any, **named: Any) -> Any:
            self.allocator.shapes.add((honest.__name__, tuple(tokens.shape), str(arguments)))
            if not self._has_room:
                needed = NEEDED if self._reads_giant else PASS
                self.allocator.ask(len(self._models), needed)
            return honest(model, tokens, *arguments, **named)

        return call


@dataclass(frozen=True)
class Outcome:
    """What a machine with little memory came to, beside one with room."""

    failures: int
    other_shapes: int
    differing: int  # tasks of documents that fit
    unfinished: int  # of them
    set_aside: int  # tasks of the document that does not fit
    sentences: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return (
            self.failures > 0
            and self.other_shapes + self.differing + self.unfinished == 0
            and self.set_aside > 0
            and all(f"{NEEDED:.3g} GiB" in one for one in self.sentences)
        )


def tight(sizes: tuple[int, ...], seed: int) -> Outcome:
    """One evaluation with room and one without."""
    rooms = Allocator(seed), Allocator(seed)
    whole, _ = _scored(sizes, rooms[0], has_room=True)
    short, progress = _scored(sizes, rooms[1], has_room=False)
    own = [one for one in progress.failures if one.reason.key == "task.out_of_memory_needed"]
    giants = {key[1] for key in whole.losses} - {
        key[1] for key in short.losses if _is_whole(short, key)
    }
    fitting = {key: rows for key, rows in whole.losses.items() if key[1] not in giants}
    return Outcome(
        failures=rooms[1].failures,
        other_shapes=len(rooms[1].shapes - rooms[0].shapes),
        differing=sum(short.losses.get(key) != rows for key, rows in fitting.items()),
        unfinished=len(progress.failures) - len(own) + max(0, len(giants) - 1),
        set_aside=len(own),
        sentences=tuple(say(own[0].reason.key, word, **own[0].reason.values) for word in LANGUAGES)
        if own
        else (),
    )


def _is_whole(rows: Rows, key: tuple[str, str, str]) -> bool:
    return len(rows.losses[key]) == rows.expected[key]


def _scored(sizes: tuple[int, ...], allocator: Allocator, has_room: bool) -> tuple[Rows, Progress]:
    honest = core_scorer.score, core_scorer.score_blocks
    with place("sqlite", sizes) as where, where.store() as store:
        run = queue(store, where, [MARK + some_text(99, GIANT)])
        try:
            for name in ("first", "second"):
                scorer = TightScorer(allocator, has_room)
                core_scorer.score = scorer.passes(honest[0])
                core_scorer.score_blocks = scorer.passes(honest[1])
                work(where.settings, scorer, threading.Event(), True, name)
        finally:
            core_scorer.score, core_scorer.score_blocks = honest
        return Rows.of(store, run), store.progress(run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many documents."""
    parser.add_argument("--full", action="store_true", help=f"{len(FULL)} documents")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print what happened; 1 when a goal is missed."""
    started = time.monotonic()
    sizes = FULL if options.full else SHORT
    found = tight(sizes, options.seed)
    print(
        f"{len(sizes)} documents that fit and one that does not: passes without room "
        f"{found.failures}, other shapes {found.other_shapes}, tasks that differ "
        f"{found.differing}, not finished {found.unfinished}, set aside {found.set_aside}"
    )
    print("\n".join(f"  {sentence}" for sentence in found.sentences))
    seconds = time.monotonic() - started
    print(f"seed {options.seed}, {seconds:.0f} s: {'met' if found.met else 'MISSED'}")
    return 0 if found.met else 1
