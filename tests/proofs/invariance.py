"""Whether a document's losses have the same bits whatever else is computed, when and by how many.

One document is evaluated alone (repeated), among others in several orders, by several worker
processes at once, and interrupted after a random unit and resumed by another worker: every stored
unit must be equal to the last bit to the first time. The negative control reads with another chunk
length: it must be seen, or equal bits would prove nothing.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sqlalchemy import delete, select

from evaluations import core_scorer
from evaluations import database as tables
from evaluations.commands.run import wait_for
from evaluations.core_scorer import CoreScorer
from evaluations.plan import make_plan
from evaluations.records import Arm, Block, Depth, Document, Preset
from evaluations.scorer import PrefixLosses
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker_process import work
from longssm_core.config import MambaConfig
from tests.evaluations.queued import LENGTHS, ingested, some_text
from tests.evaluations.tiny_pair import TINY, save_tiny_pair

SIZE = 9_000  # bytes of the document that is looked at: three chunks of its prefix
MOVED = 0.3  # weights away from those of the start, whose heads remember up to 2,000 tokens
OTHER_CHUNK = 96


class Amount(NamedTuple):
    """How often each condition is tried."""

    repeats: int
    others: int
    orders: int
    workers: tuple[int, ...]  # real processes at once
    resumed: int


FULL = Amount(repeats=10, others=7, orders=3, workers=(1, 2, 3), resumed=10)
SHORT = Amount(repeats=1, others=2, orders=1, workers=(), resumed=1)
Losses = dict[tuple[str, int], bytes]  # (arm, unit) -> float32, little-endian


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--full", action="store_true", help="all conditions and checkpoints")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print every condition of every pair of checkpoints; 1 when one is missed."""
    started, is_good = time.perf_counter(), True
    amount = FULL if options.full else SHORT
    print(f"{'checkpoints':28}{'condition':22}{'times':>6}{'units':>7}{'equal':>7}{'nats':>10}")
    with tempfile.TemporaryDirectory(prefix="longssm-proof-") as folder:
        for name, pair in _pairs(Path(folder), options.full):
            bench = Bench(Path(folder) / name, pair, options.seed)
            for row in bench.rows(amount):
                is_good &= row.met
                counts = f"{row.times:>6}{row.units:>7}{row.equal:>7}{row.largest:>10.1e}"
                print(
                    f"{name:28}{row.condition:22}{counts}{'' if row.met else '  MISSED'}",
                    flush=True,
                )
    print(f"seed {options.seed}, {time.perf_counter() - started:.0f} s")
    return 0 if is_good else 1


def _pairs(folder: Path, full: bool) -> Iterator[tuple[str, tuple[str, str]]]:
    yield "tiny Mamba-2, slow decay", save_tiny_pair(folder / "mamba2", TINY, MOVED)
    if full:
        mamba = MambaConfig(d_model=16, n_layers=2, d_inner=32, d_state=4, delta_rank=2)
        yield "tiny Mamba, slow decay", save_tiny_pair(folder / "mamba", mamba, MOVED)
        yield "zero-t16, previous-t16", ("zero-t16", "previous-t16")
        yield "zero-t64, previous-t64", ("zero-t64", "previous-t64")


class Row(NamedTuple):
    """One condition. largest: difference in nats; met: as it should be."""

    condition: str
    times: int
    units: int
    equal: int
    largest: float
    met: bool


class Bench:
    """One document under one pair of checkpoints, evaluated again and again in new stores."""

    def __init__(self, folder: Path, pair: tuple[str, str], seed: int) -> None:
        self._folder = folder
        self._pair = pair
        self._rng = random.Random(seed)
        self._scorer = CoreScorer("cpu")
        self._stores = 0
        self._text = some_text(1_000 + seed, SIZE)

    def rows(self, amount: Amount) -> Iterator[Row]:
        """Every condition, and the negative control."""
        first = self._alone()
        yield _row("alone, repeated", first, [self._alone() for _ in range(amount.repeats)])
        others = [some_text(2_000 + n, 3_000 + 800 * n) for n in range(amount.others)]
        orders = [
            self._rng.sample(range(1 + len(others)), 1 + len(others)) for _ in range(amount.orders)
        ]
        shuffled = [self._among(others, order) for order in orders]
        yield _row(f"among {len(others)}, order", first, shuffled)
        for count in amount.workers:
            yield _row(f"{count} worker processes", first, [self._by_processes(others, count)])
        resumed = [self._resumed(len(first)) for _ in range(amount.resumed)]
        yield _row("resumed at a unit", first, resumed)
        yield _row(f"chunk {OTHER_CHUNK} (control)", first, [self._with_another_chunk()], False)

    def _alone(self) -> Losses:
        with self._queued([self._text]) as store:
            return self._computed(store)

    def _among(self, others: Sequence[str], order: Sequence[int]) -> Losses:
        with self._queued([self._text, *others], order) as store:
            return self._computed(store)

    def _by_processes(self, others: Sequence[str], count: int) -> Losses:
        with self._queued([self._text, *others]) as store:
            store.settings = store.settings.model_copy(update={"worker_processes": count})
            (only,) = store.runs()
            wait_for(store, {only.id: ""}, "en")
            return self._losses(store)

    def _resumed(self, units: int) -> Losses:
        with self._queued([self._text]) as store:
            stop = threading.Event()
            stopping = Stopping(self._rng.randrange(1, units), stop)
            work(store.settings, stopping, stop, until_idle=True, name="stops")
            assert stop.is_set(), "nothing was interrupted"
            return self._computed(store, "goes on")

    def _with_another_chunk(self) -> Losses:
        kept = core_scorer.CHUNK
        core_scorer.CHUNK = OTHER_CHUNK
        try:
            return self._alone()
        finally:
            core_scorer.CHUNK = kept

    def _queued(self, texts: Sequence[str], order: Sequence[int] | None = None) -> closing[Store]:
        """A new store with the evaluation queued: its scores alone, no checks."""
        self._stores += 1
        settings = Settings(data_dir=self._folder / str(self._stores), language="en")
        store = open_store(settings.model_copy(update={"reuse_losses": False}))
        documents = store.add_documents(ingested(list(texts)))
        planned = make_plan(
            Preset.MATCHED, Depth.STANDARD, documents, *self._pair, lengths=(*LENGTHS, 1_024)
        )
        parts = planned.run_documents
        if order is not None:
            parts = tuple(
                part.model_copy(update={"order": place})
                for part, place in zip(parts, order, strict=True)
            )
        store.create_run("a run", planned.plan, parts)
        with store.database.write() as connection:
            connection.execute(delete(tables.tasks).where(tables.tasks.c.kind != "score"))
        return closing(store)

    def _computed(self, store: Store, name: str = "a worker") -> Losses:
        work(store.settings, self._scorer, threading.Event(), until_idle=True, name=name)
        return self._losses(store)

    def _losses(self, store: Store) -> Losses:
        document: Document = ingested([self._text]).documents[0].document
        task, loss = tables.tasks, tables.losses
        query = (
            select(task.c.arm, loss.c.unit, loss.c.nll)
            .join(task, task.c.id == loss.c.task_id)
            .where(task.c.document_id == document.id, task.c.state == "done")
        )
        with store.database.read() as connection:
            return {(row.arm, row.unit): bytes(row.nll) for row in connection.execute(query)}


class Stopping(CoreScorer):
    """The real scorer, told to stop in the middle of a unit; the unit is still stored."""

    def __init__(self, units: int, stop: threading.Event) -> None:
        super().__init__("cpu")
        self._left = units
        self._stop = stop

    def read_prefix(self, arm: Arm, tokens: np.ndarray, state: bytes | None) -> PrefixLosses:
        self._count()
        return super().read_prefix(arm, tokens, state)

    def score_blocks(self, arm: Arm, tokens: np.ndarray, blocks: Sequence[Block]) -> np.ndarray:
        self._count()
        return super().score_blocks(arm, tokens, blocks)

    def _count(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self._stop.set()


def _row(condition: str, first: Losses, found: Sequence[Losses], same: bool = True) -> Row:
    equal, largest = 0, 0.0
    for losses in found:
        for key, nll in first.items():
            other = losses.get(key, b"")
            equal += other == nll
            if len(other) != len(nll):
                largest = float("inf")
            elif other != nll:
                apart = np.abs(np.frombuffer(nll, "<f4") - np.frombuffer(other, "<f4"))
                largest = max(largest, float(apart.max()))
    units = sum(len(losses) for losses in found)
    everything = units == equal == len(first) * len(found)
    return Row(condition, len(found), units, equal, largest, everything if same else equal < units)
