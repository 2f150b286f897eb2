"""NaN or an infinity at random places of a model: found in the same unit, marked, left out.

Real, tiny checkpoints of four layers in one process. At every place (layer, token) one value of a
layer's hidden state, of its output, or of the convolution's inputs becomes NaN or infinite while
that token is read. The worker must say so with the unit in which it happened, and name a token at
or right after the place; the document is left out of every mean with a count beside, and the other
documents' numbers are what they would be without it. No NaN reaches what is shown or exported.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from sqlalchemy import select
from torch import Tensor

from evaluations import database as tables
from evaluations.contract import snapshot_json
from evaluations.core_scorer import CoreScorer
from evaluations.plan import make_plan
from evaluations.records import Arm, Depth, IntArray, Policy, Preset, Snapshot
from evaluations.reports import write_report
from evaluations.scorer import PrefixLosses
from evaluations.store import Store
from evaluations.units import PREFIX_UNIT
from evaluations.validity import FINITE_LOSSES, NOT_FINITE
from evaluations.worker_process import work
from longssm_core.models import Block
from tests.evaluations.queued import ingested, some_text
from tests.evaluations.tiny_pair import TINY, save_tiny_pair
from tests.proofs.faults import LENGTHS, Place, place

SHORT, FULL = 12, 200
LAYERS = 4
BYTES = 9_000  # of every document: two whole units and a part
AT_ONCE = 20  # documents of one evaluation, one of them untouched
KINDS = ("state", "output", "convolution")
VALUES = (math.nan, math.inf)
FORMATS = ("md", "json")
BLOCK = 64  # tokens that a scan reads at once: NaN at one of them spoils those before it as well


@dataclass(frozen=True)
class Injection:
    """Where a value is put into a model's layer, and what."""

    layer: int
    token: int  # of the document: the input that is read when it happens
    kind: str
    value: float


@dataclass
class Found:
    """What was said about one injection."""

    injection: Injection
    unit: int | None  # None: nobody noticed
    position: int
    layer: int | None

    @property
    def in_the_same_unit(self) -> bool:
        """Whether it was found where it happened."""
        return self.unit == self.injection.token // PREFIX_UNIT

    @property
    def place_is_right(self) -> bool:
        """Whether the named token is the place, or the next one, or stands in its block."""
        return -BLOCK < self.position - self.injection.token <= 1

    @property
    def layer_is_right(self) -> bool:
        """Whether the named layer was hit, or is the first that remembers it."""
        return self.layer in (self.injection.layer, self.injection.layer + 1)


class SpoiledScorer(CoreScorer):
    """The real scorer; the carrying arm of the candidate meets one injection per document."""

    def __init__(self, arm: str, injections: dict[bytes, Injection]) -> None:
        super().__init__("cpu")
        self._arm, self._injections = arm, injections

    def read_prefix(self, arm: Arm, tokens: IntArray, state: bytes | None) -> PrefixLosses:
        start = 0 if state is None else _position(state)
        known = self._injections.get(bytes(tokens[:64].astype("u1"))) if start == 0 else None
        if start == 0:
            self._current = known
        at = self._current
        if arm.name != self._arm or at is None or not start <= at.token < start + len(tokens):
            return super().read_prefix(arm, tokens, state)
        with spoiled(self._model(arm).backbone.blocks()[at.layer], at, at.token - start):
            return super().read_prefix(arm, tokens, state)


def _position(state: bytes) -> int:
    from longssm_core.scoring import ReadingState

    return ReadingState.from_bytes(state).position


@contextmanager
def spoiled(block: Block, at: Injection, offset: int) -> Iterator[None]:
    """The layer has a broken value when it reads its input number `offset` from here."""
    honest, read = block.forward, [0]

    def forward(x: Tensor, state: Any, sequential: bool = False) -> Any:
        here = offset - read[0]
        read[0] += x.shape[1]
        if not 0 <= here < x.shape[1]:
            return honest(x, state, sequential)
        before, after = x[:, :here], x[:, here:]
        parts = []
        if here:
            y, state = honest(before, state, sequential)
            parts.append(y)
        if at.kind == "output":
            y, state = honest(after, state, sequential)
            y = y.clone()
            y[:, 0, 0] = at.value
        else:
            y, state = honest(after, _broken(state, at), sequential)
        return torch.cat([*parts, y], dim=1), state

    block.forward = forward  # type: ignore[method-assign]
    try:
        yield
    finally:
        block.forward = honest  # type: ignore[method-assign]


def _broken(state: Any, at: Injection) -> Any:
    name = "hidden" if at.kind == "state" else "convolution"
    tensor = getattr(state, name).clone()
    tensor.view(-1)[-1] = at.value
    return replace(state, **{name: tensor})


def spoil(count: int, seed: int) -> tuple[list[Found], list[str]]:
    """So many injections, some to an evaluation; what was said, and what went wrong besides."""
    rng, found, wrong = random.Random(seed), list[Found](), list[str]()
    while len(found) < count:
        injections = [
            Injection(
                layer=rng.randrange(LAYERS),
                token=rng.randrange(BYTES - 100),
                kind=rng.choice(KINDS),
                value=rng.choice(VALUES),
            )
            for _ in range(min(AT_ONCE - 1, count - len(found)))
        ]
        with place("sqlite", ()) as where, tempfile.TemporaryDirectory() as folder:
            pair = save_tiny_pair(Path(folder) / "deep", replace(TINY, n_layers=LAYERS))
            some, trouble = _one_evaluation(replace(where, pair=pair), injections)
        found += some
        wrong += trouble
    return found, wrong


def _one_evaluation(where: Place, injections: list[Injection]) -> tuple[list[Found], list[str]]:
    with where.store() as store:
        texts = [some_text(number, BYTES) for number in range(len(injections) + 1)]
        documents = store.add_documents(ingested(texts))
        planned = make_plan(
            Preset.MATCHED,
            Depth.STANDARD,
            documents,
            zero=where.pair[0],
            proposed=where.pair[1],
            lengths=LENGTHS,
        )
        run = store.create_run("a run", planned.plan, planned.run_documents)
        arm = next(
            arm.name
            for arm in planned.plan.arms
            if arm.policy is Policy.CARRY and arm.name == planned.plan.candidate
        )
        starts = {text.encode()[:64]: at for text, at in zip(texts[1:], injections, strict=True)}
        for name in ("first", "second"):
            scorer = SpoiledScorer(arm, starts)
            work(where.settings, scorer, threading.Event(), True, name)
        marked = _marked(store, run)
        found = [
            Found(at, **marked.get(document.id, {"unit": None, "position": -1, "layer": None}))
            for document, at in zip(documents[1:], injections, strict=True)
        ]
        return found, _wrongly_shown(store.snapshot(run), documents[0].id, len(found))


def _marked(store: Store, run: str) -> dict[str, dict[str, Any]]:
    """What the worker stored beside the tasks, by document."""
    check, task = tables.checks, tables.tasks
    query = select(task.c.document_id, check.c.value).join(task, task.c.id == check.c.task_id)
    query = query.where(
        task.c.run_id == run, task.c.kind.in_(("score", "part")), check.c.check == NOT_FINITE
    )
    with store.database.read() as connection:
        return {row.document_id: row.value for row in connection.execute(query)}


def _wrongly_shown(snapshot: Snapshot, untouched: str, expected: int) -> list[str]:
    """Whatever is not as it should be in what is shown."""
    wrong = []
    check = next(one for one in snapshot.validity if one.check == FINITE_LOSSES)
    if check.passed or check.value["documents"] != expected:
        wrong.append(f"the count beside is {check.value}, expected {expected} documents")
    marked = {one.id for one in snapshot.documents if one.not_finite}
    if untouched in marked or len(marked) != expected:
        wrong.append(f"{len(marked)} documents are marked, expected {expected}")
    if any(one.documents > 1 for one in snapshot.curve):
        wrong.append("a document that is left out is in a mean")
    for language in ("ja", "en"):
        try:
            json.dumps(snapshot_json(snapshot, language), allow_nan=False)
        except ValueError:
            wrong.append(f"NaN in the JSON ({language})")
    with tempfile.TemporaryDirectory() as folder:
        for path in write_report(snapshot, FORMATS, Path(folder), "en"):
            shown = path.read_bytes()
            if any(word in shown for word in (b"NaN,", b" nan", b"Infinity")):
                wrong.append(f"NaN in {path.name}")
    return wrong


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many places."""
    parser.add_argument("--places", type=int, help=f"unset: {SHORT}, with --full {FULL}")
    parser.add_argument("--full", action="store_true", help=f"{FULL} places")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print what was found; 1 when a goal is missed."""
    started = time.monotonic()
    found, wrong = spoil(options.places or (FULL if options.full else SHORT), options.seed)
    same = sum(one.in_the_same_unit for one in found)
    right = sum(one.place_is_right for one in found)
    layers = sum(one.layer_is_right for one in found)
    known = sum(one.layer is not None for one in found)
    print(f"{len(found)} places: found in the same unit {same}, at the token {right}, "
          f"layer named {known} and right {layers}")  # fmt: skip
    for one in found:
        if not (one.in_the_same_unit and one.place_is_right):
            print(f"  {one}")
    print("\n".join(wrong) or "no NaN is shown or exported; counts and means are right")
    print(f"seed {options.seed}, {time.monotonic() - started:.0f} s")
    return 0 if same == right == len(found) and layers == known and not wrong else 1
