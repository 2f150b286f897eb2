"""The kinds `score`, `again` and `probe`: the losses of a run, unit by unit, and their checks.

`run` does one task. A unit is computed outside any transaction, then stored with the state after it
and the progress in one; so a process that is killed loses one unit.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluations import tasks
from evaluations.baselines import second_half, simple_models
from evaluations.database import Database
from evaluations.heart import Heart
from evaluations.jobs import Job, patiently
from evaluations.plan import versions
from evaluations.records import Baselines, Check, IntArray
from evaluations.scorer import Device, Scorer
from evaluations.store import Store, Work
from evaluations.tasks import Task, UnitResult
from evaluations.units import BlocksUnit, PrefixUnit, SharedUnit, Unit, as_carry, work_key
from evaluations.validity import chunk_invariance, self_comparison, state_norm
from longssm_core.memory import watched_memory
from longssm_core.overlap import Sketch, sketch

log = logging.getLogger("longssm.worker")


def run(job: Job) -> None:
    """Compute the task to its end; a unit is left in its middle where the task is lost."""
    job.scorer.watch(job.heart.check)
    if job.task.kind == "probe":
        _probe(job)
    else:
        _score(job, job.task)


def _score(job: Job, task: Task) -> None:
    """The units from the first one that is not stored.

    What was computed before, under the same key, is taken over; not by A/A, which is to find out
    whether it would come out the same.
    """
    store, heart = job.store, job.heart
    run, document, _ = task.part
    work = store.work_of(task)
    tokens = work.tokens.ids
    again = task.kind == "again"
    reuses = store.settings.reuse_losses and not again
    known = Known(store, document, work, scorer_identity(heart.device) if reuses else None)
    first, state = _where_to_go_on(store.database, task, work, known)
    for index in range(first, len(work.units)):
        job.check()
        taken = known.result(index)
        if taken is None and state is None and _goes_on(work.units[index]):
            log.warning("task %d: what it took over is gone; it starts over", task.id)
            tasks.start_over(store.database, task, len(work.units))
            _score(job, replace(task, next_unit=0, units=len(work.units)))
            return
        result = taken or _compute(job.scorer, work, tokens, index, state, known, heart)
        state = result.state
        is_last = index + 1 == len(work.units)
        findings = [_compare(store, task, index, result.nll)] if is_last and again else []
        if is_last and not store.has_facts(run, document):
            store.store_facts(run, document, *_facts(work))
        patiently(tasks.store_unit, store.database, task, result, is_last, findings)


def _goes_on(unit: Unit) -> bool:
    """Whether the unit is read on from a state."""
    return isinstance(unit, PrefixUnit) and unit.span.start > 0


def _where_to_go_on(
    database: Database, task: Task, work: Work, known: Known
) -> tuple[int, bytes | None]:
    """The first unit that is not stored, and the state before it."""
    if task.units != len(work.units):
        log.warning("task %d: an earlier version cut its work otherwise; it starts over", task.id)
        tasks.start_over(database, task, len(work.units))
        return 0, None
    needs_state = 0 < task.next_unit < len(work.units) and isinstance(
        work.units[task.next_unit], PrefixUnit
    )
    if not needs_state or known.prefix:
        return task.next_unit, None
    state = tasks.stored_state(database, task)
    if state is not None:
        return task.next_unit, state
    log.warning("task %d: its stored state is missing or damaged; it starts over", task.id)
    tasks.start_over(database, task, len(work.units))
    return 0, None


def _compute(
    scorer: Scorer,
    work: Work,
    tokens: IntArray,
    index: int,
    state: bytes | None,
    known: Known,
    heart: Heart,
) -> UnitResult:
    unit = work.units[index]
    scorer.prepare(work.arm)
    with measured(scorer) as measure:
        nll, state = _losses(scorer, work, tokens, unit, state)
    is_finite = bool(np.isfinite(nll).all())  # what is not may be gone when it is tried again
    return UnitResult(
        unit=index,
        context_length=unit.context_length,
        ranges=unit.ranges,
        nll=nll,
        read_tokens=unit.read_tokens,
        seconds=measure.seconds,
        peak_memory=measure.peak_memory,
        state=state,
        worker=heart.name,
        key=None if isinstance(unit, SharedUnit) or not is_finite else known.key(index),
    )


def _losses(
    scorer: Scorer, work: Work, tokens: IntArray, unit: Unit, state: bytes | None
) -> tuple[NDArray[np.float32], bytes | None]:
    """Losses in the order of the unit's ranges, and the state that the next unit reads on from."""
    match unit:
        case PrefixUnit():
            read = tokens[unit.span.start : unit.span.stop]
            found = scorer.read_prefix(work.arm, read, state)
            return found.nll, found.state
        case SharedUnit():
            carry = as_carry(work.arm)
            return unit.taken(scorer.score_blocks(carry, tokens, unit.batch.blocks)), None
        case BlocksUnit():
            return scorer.score_blocks(work.arm, tokens, unit.blocks).reshape(-1), None


class Known:
    """What the database holds already of a task's losses, computed for whichever task.

    A unit's key names all that its losses depend on, so they are the same to the last bit. The
    prefix is taken over as a whole or not at all: losses are stored for good, states only until
    their task has ended. And only from a run that read it under every arm: what reading cost is
    compared between arms, and times of two moments are not comparable.
    """

    def __init__(self, store: Store, document: str, work: Work, scorer: str | None) -> None:
        self._store = store
        self._document = document
        self._work = work
        self._scorer = scorer  # None: nothing is taken over, nothing offered
        self._prefix_run = self._find_prefix()

    @property
    def prefix(self) -> bool:
        """Whether the prefix is taken over."""
        return self._prefix_run is not None

    def key(self, index: int) -> str | None:
        """The key under which the losses of a unit are found; None where nothing is shared."""
        if self._scorer is None:
            return None
        arm, unit = self._work.arm, self._work.units[index]
        if isinstance(unit, SharedUnit):
            arm, unit = as_carry(arm), unit.batch
        return work_key(self._document, arm, unit, self._scorer)

    def result(self, index: int) -> UnitResult | None:
        """The unit as it was computed before; None: it has to be computed."""
        unit, key = self._work.units[index], self.key(index)
        is_prefix = isinstance(unit, PrefixUnit)
        if key is None or (is_prefix and not self.prefix):
            return None
        found = self._store.known_losses(key, self._prefix_run if is_prefix else None)
        if found is None:
            return None
        return UnitResult(
            unit=index,
            context_length=unit.context_length,
            ranges=unit.ranges,
            nll=unit.taken(found.nll) if isinstance(unit, SharedUnit) else found.nll,
            read_tokens=unit.read_tokens,
            seconds=found.seconds,
            peak_memory=found.peak_memory,
            state=None,
            worker=found.worker,
            source=found.run,
        )

    def _find_prefix(self) -> str | None:
        """The run whose losses of the prefix are taken over; None: they have to be computed."""
        chunks = [unit for unit in self._work.units if isinstance(unit, PrefixUnit)]
        if self._scorer is None or not chunks:
            return None
        firsts = [work_key(self._document, arm, chunks[0], self._scorer) for arm in self._work.arms]
        own = [work_key(self._document, self._work.arm, unit, self._scorer) for unit in chunks]
        for run in self._store.runs_that_know(firsts):
            if run != self._work.run and self._store.knows_all(own, run):
                return run
        return None


def scorer_identity(device: Device) -> str:
    """What computes here: another code, library or device may round otherwise."""
    return json.dumps([sorted(versions().items()), _own_sources(), *device])


@cache
def _own_sources() -> str:
    """SHA-256 over what cuts and passes on the work in this room."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in ("core_scorer.py", "targets.py", "units.py"):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:16]


def _facts(work: Work) -> tuple[Baselines, Sketch]:
    """What simple models make of the document, and a sketch to find its near-copies by."""
    text, sizes = work.text.encode("utf-8"), work.tokens.sizes[: work.prefix]
    half = int(sizes[: second_half(sizes)].sum())  # where the checkpoints' half starts as well
    return simple_models(text[: int(sizes.sum())], half), sketch(text)


def _probe(job: Job) -> None:
    work = job.store.work_of(job.task)
    tokens = work.tokens.ids
    found = job.scorer.probe(work.arm, tokens[: work.prefix])
    job.check()
    findings = [chunk_invariance(found.chunk_difference), state_norm(found.state_growth)]
    patiently(tasks.finish, job.store.database, job.task, findings)


def _compare(store: Store, task: Task, index: int, last: NDArray[np.float32]) -> Check:
    """A/A: the largest difference between the first result and this one must be exactly 0."""
    again = {**store.own_result(task), index: last}
    return self_comparison(largest_difference(store.first_result(task), again))


def largest_difference(
    first: Mapping[int, NDArray[np.float32]], again: Mapping[int, NDArray[np.float32]]
) -> float:
    """Largest absolute difference, in nats; infinite where one has what the other has not.

    Equal bits are equal, NaN among them.
    """
    worst = 0.0
    for unit in first.keys() | again.keys():
        a, b = first.get(unit), again.get(unit)
        if a is None or b is None or a.shape != b.shape:
            return float("inf")
        differs = a.view(np.int32) != b.view(np.int32)
        if differs.any():
            apart = np.abs(a[differs].astype(np.float64) - b[differs].astype(np.float64))
            worst = max(worst, float(np.nan_to_num(apart, nan=np.inf).max()))
    return worst


class Measure:
    """What one unit cost."""

    seconds = 0.0
    peak_memory = 0  # bytes


@contextmanager
def measured(scorer: Scorer) -> Iterator[Measure]:
    """Wall time of the block, and its peak memory.

    On an accelerator what was allocated there; else the resident memory of the whole process,
    looked at every 20 ms.
    """
    found = Measure()
    with watched_memory() as memory:
        started = time.perf_counter()
        try:
            yield found
        finally:
            found.seconds = time.perf_counter() - started
    on_device = scorer.peak_memory()
    found.peak_memory = memory.peak if on_device is None else on_device
