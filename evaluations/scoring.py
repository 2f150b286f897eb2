"""The kinds `score`, `part`, `again` and `probe`: the losses of a run, unit by unit, their checks.

`run` does one task, `run_side_by_side` the prefixes of several whose documents one pass reads. A
unit is computed outside any transaction, then stored with the state after it and the progress in
one; so a process that is killed loses one unit. A `part` is some units of a
`score` task (`units.parts_of`), which ends when all its parts have.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations import tasks
from evaluations.baselines import second_half, simple_models
from evaluations.database import Database
from evaluations.errors import DeviceLost, LeaseLost
from evaluations.heart import Heart
from evaluations.jobs import Job, Outcome, patiently
from evaluations.plan import versions
from evaluations.records import COMPUTED_BY, Arm, Baselines, Check, ComputedBy, IntArray, Policy
from evaluations.scorer import Device, NextTokens, PrefixLosses, RowLosses, Scorer
from evaluations.shortage import is_out_of_memory
from evaluations.store import Store, Work
from evaluations.tasks import Task, UnitResult
from evaluations.tokens import DocumentTokens
from evaluations.units import (
    BlocksUnit,
    Part,
    PrefixUnit,
    SharedUnit,
    Unit,
    as_carry,
    begins_blank,
    gathered,
    parts_of,
    positions,
    work_key,
)
from evaluations.validity import chunk_invariance, not_finite, self_comparison, state_norm
from longssm_core.memory import watched_memory
from longssm_core.overlap import SKETCHED, Sketch, sketch

log = logging.getLogger("longssm.worker")


def run(job: Job) -> None:
    """Compute the task to its end; a unit is left in its middle where the task is lost."""
    job.scorer.watch(job.heart.check)
    if job.task.kind == "probe":
        _probe(job)
    else:
        steps = _steps(job, job.task)
        wanted = _next_wanted(steps, None)
        while wanted is not None:
            (result,) = _computed(job.scorer, job.heart, [wanted], [wanted.tokens()])
            wanted = _next_wanted(steps, result)


Attempt = Callable[[Job, Callable[[], None]], Outcome]


def run_side_by_side(jobs: Sequence[Job], attempt: Attempt) -> bool:
    """Read the prefixes of several tasks of one arm, unit by unit, as rows of one pass.

    Returns whether one of them has ended with it, done or failed: as a rule its blocks are left.

    Each is stored under its own token, and leaves when its prefix has been read. What happens to
    one costs its own row.

    Args:
        attempt: does something for one task, and sees to it where that fails.
    """
    scorer, heart = jobs[0].scorer, jobs[0].heart
    scorer.watch(heart.check)
    seats = [_Seat(job, _steps(job, job.task)) for job in jobs]
    reading, has_one_ended = seats, False
    while reading:
        outcomes = [attempt(seat.job, seat.go_on) for seat in reading]
        going = [
            seat
            for seat, outcome in zip(reading, outcomes, strict=True)
            if outcome is Outcome.WENT_WELL
        ]
        has_one_ended |= Outcome.FAILED in outcomes or any(seat.wanted is None for seat in going)
        reading = [seat for seat in going if seat.wants_row]
        if reading:
            _read_pass(scorer, heart, reading)
    return has_one_ended


def _read_pass(scorer: Scorer, heart: Heart, seats: Sequence[_Seat]) -> None:
    """Compute what the seats want in one pass; an error is kept for whom it is about.

    Where memory is short or all of them are lost, it is about all: fewer documents would need as
    much, see `CoreScorer.read_side_by_side`. Any other may be one document's, so that each is read
    in a pass of its own, of the same shape.
    """
    wanted = [seat.wanted for seat in seats if seat.wanted is not None]
    try:
        found: Sequence[UnitResult | Exception] = _computed(
            scorer, heart, wanted, [seat.tokens for seat in seats]
        )
    except DeviceLost:
        raise
    except Exception as error:
        found = [error] * len(seats)
        is_everybodys = isinstance(error, LeaseLost) or is_out_of_memory(error)
    else:
        is_everybodys = True
    if not is_everybodys and len(seats) > 1:  # outside of the handler, as in `shortage.with_room`
        for seat in seats:
            _read_pass(scorer, heart, [seat])
        return
    for seat, result in zip(seats, found, strict=True):
        seat.found = result


class Wanted(NamedTuple):
    """A unit that has to be computed: of which work, the state before it, the key of its losses."""

    work: Work
    number: int
    state: bytes | None
    key: str | None

    @property
    def unit(self) -> Unit:
        """What it is."""
        return self.work.units[self.number]

    @property
    def in_rows(self) -> bool:
        """Whether it is read in passes that have room for several documents."""
        is_prefix = isinstance(self.unit, PrefixUnit)
        return is_prefix and self.work.rows > 1 and self.work.arm.policy is Policy.CARRY

    def tokens(self) -> IntArray | None:
        """The tokens of a prefix; None: a unit that reads its own."""
        if not isinstance(self.unit, PrefixUnit):
            return None
        return self.work.tokens.ids(self.unit.span.start, self.unit.span.stop)


_Steps = Generator[Wanted, UnitResult, None]


@dataclass
class _Seat:
    """A task among others. found: what the last pass gave for it, or the error that ended it."""

    job: Job
    steps: _Steps
    wanted: Wanted | None = None
    tokens: IntArray | None = None
    found: UnitResult | Exception | None = None

    @property
    def wants_row(self) -> bool:
        """Whether its next unit is one of those that are read side by side."""
        return self.wanted is not None and self.wanted.in_rows

    def go_on(self) -> None:
        """Store what was found, and see what comes next; back into the queue after the prefix.

        Its blocks need nothing of the others, so whoever is free may compute them.
        """
        if isinstance(self.found, Exception):
            raise self.found
        self.wanted = _next_wanted(self.steps, self.found)
        if self.wants_row:
            assert self.wanted is not None
            self.tokens = self.wanted.tokens()
        else:
            self.steps.close()
            self.job.heart.drop(self.job.task)
            if self.wanted is not None:
                patiently(tasks.release, self.job.store.database, self.job.task)


def _next_wanted(steps: _Steps, result: UnitResult | None) -> Wanted | None:
    """The next unit that has to be computed, once `result` is stored; None: the task has ended."""
    try:
        return next(steps) if result is None else steps.send(result)
    except StopIteration:
        return None


def _steps(job: Job, task: Task) -> _Steps:
    """The units from the first one that is not stored: wants their results, and stores them.

    What was computed before, under the same key, is taken over; not by A/A, which is to find out
    whether it would come out the same.
    """
    store, heart = job.store, job.heart
    run, document, _ = task.part
    work = store.work_of(task)
    again = task.kind == "again"
    by = computed_by(heart.device)
    known = Known(store, document, work, None if again else scorer_identity(heart.device))
    own = _own_units(task, work)
    if own is None:
        log.warning(
            "task %d: an earlier version cut its document otherwise; it is left out", task.id
        )
        patiently(tasks.finish, store.database, task)
        return
    first, state = _where_to_go_on(store.database, task, work, known, own, by)
    for index in range(first, own.stop):
        job.check()
        taken = known.result(index)
        if taken is None and state is None and not begins_blank(work.arm, work.units[index]):
            log.warning("task %d: what it took over is gone; it starts over", task.id)
            tasks.start_over(store.database, task, own.stop, own.start)
            yield from _steps(job, replace(task, next_unit=own.start, units=own.stop))
            return
        result = taken or (yield Wanted(work, index, state, known.key(index)))
        state = result.state
        is_last = index + 1 == own.stop
        findings = _what_is_not_finite(work.units[index], result)
        if is_last:
            findings.append(_compare(store, task, index, result.nll) if again else _who(by))
        if is_last and task.kind != "part" and not store.has_facts(run, document):
            store.store_facts(run, document, *_facts(work))
        marked = replace(result, state=_mark(by) + (state or b""))
        patiently(tasks.store_unit, store.database, task, marked, is_last, findings)
    if first == own.stop:
        yield from _join(job, task, work, own, by)


def _who(by: ComputedBy) -> Check:
    """Who finished a task, as it is stored with its end."""
    return Check(check=COMPUTED_BY, passed=True, value=by.model_dump())


def _join(job: Job, task: Task, work: Work, own: Part, by: ComputedBy) -> _Steps:
    """End a task whose parts have computed everything; else it is done in one go."""
    run, document, _ = task.part
    if tasks.stored_units(job.store.database, task) != own.stop:
        log.warning("task %d: its parts were cut otherwise; it starts over", task.id)
        tasks.start_over(job.store.database, task, own.stop)
        yield from _steps(job, replace(task, next_unit=0))
        return
    if not job.store.has_facts(run, document):
        job.store.store_facts(run, document, *_facts(work))
    patiently(tasks.finish, job.store.database, task, [_who(by)])


def _own_units(task: Task, work: Work) -> Part | None:
    """The units that the task has to do, once it starts over; None: its part is no longer one."""
    if task.kind != "part":
        return Part(0, len(work.units))
    for part in parts_of(work.arm, work.units):
        if part.stop == task.units and part.start <= task.next_unit:
            return part
    return None


def _what_is_not_finite(unit: Unit, result: UnitResult) -> list[Check]:
    """The first token of a unit whose loss is not finite; nothing where all are."""
    bad = np.flatnonzero(~np.isfinite(result.nll))
    if bad.size == 0 and result.broken_layer is None:
        return []
    found = positions(unit.ranges)
    position = int(found[bad[0]]) if bad.size else int(found[-1]) + 1
    log.warning("unit %d is not finite from token %d", result.unit, position)
    return [not_finite(result.unit, position, result.broken_layer)]


def _where_to_go_on(
    database: Database, task: Task, work: Work, known: Known, own: Part, by: ComputedBy
) -> tuple[int, bytes | None]:
    """The first unit that is not stored, and the state before it.

    A task is computed by one class of machine with one version of the code. What another one has
    begun starts over: its state would carry other bits into ours.
    """
    if task.units != own.stop:
        log.warning("task %d: an earlier version cut its work otherwise; it starts over", task.id)
    elif task.next_unit in (own.start, own.stop):  # the second: its parts have done all of it
        return task.next_unit, None
    else:
        mark, stored = _mark(by), tasks.stored_state(database, task)
        needs_state = not begins_blank(work.arm, work.units[task.next_unit])
        if stored is not None and stored.startswith(mark):
            state = stored.removeprefix(mark) or None
            if state is not None or not needs_state or known.prefix:
                return task.next_unit, state if needs_state else None
        log.warning(
            "task %d: its state is missing, damaged, or of another kind of machine or version; "
            "it starts over",
            task.id,
        )
    tasks.start_over(database, task, own.stop, own.start)
    return own.start, None


def _mark(by: ComputedBy) -> bytes:
    """What stands before a stored state: who it belongs to."""
    return bytes.fromhex(by.identity)


def _computed(
    scorer: Scorer,
    heart: Heart,
    wanted: Sequence[Wanted],
    tokens: Sequence[IntArray | None],
) -> list[UnitResult]:
    """The results of one unit, or of the next units of several documents in one pass.

    Each took its share of the time and, since they were there together, all of the memory.

    Args:
        tokens: of each one's prefix.
    """
    scorer.prepare(wanted[0].work.arm)
    with measured(scorer) as measure:
        found = _losses(scorer, wanted, tokens)
    seconds = measure.seconds / len(wanted)
    return [
        _result(one, losses, seconds, measure.peak_memory, heart.name)
        for one, losses in zip(wanted, found, strict=True)
    ]


def _result(
    wanted: Wanted,
    losses: PrefixLosses | RowLosses,
    seconds: float,
    peak_memory: int,
    worker: str,
) -> UnitResult:
    unit, (nll, state, broken_layer) = wanted.unit, losses
    # what is not finite may be gone when it is tried again
    is_finite = broken_layer is None and bool(np.isfinite(nll).all())
    return UnitResult(
        unit=wanted.number,
        context_length=unit.context_length,
        ranges=unit.ranges,
        nll=nll,
        read_tokens=unit.read_tokens,
        seconds=seconds,
        peak_memory=peak_memory,
        state=state,
        worker=worker,
        key=None if isinstance(unit, SharedUnit) or not is_finite else wanted.key,
        broken_layer=broken_layer,
    )


def _losses(
    scorer: Scorer, wanted: Sequence[Wanted], tokens: Sequence[IntArray | None]
) -> Sequence[PrefixLosses | RowLosses]:
    """Losses in the order of each unit's ranges, and the state that the next unit reads on from."""
    first = wanted[0]
    if first.in_rows:
        texts = [
            NextTokens(read, one.state)
            for read, one in zip(tokens, wanted, strict=True)
            if read is not None
        ]
        return scorer.read_side_by_side(first.work.arm, texts, first.work.rows)
    return [_losses_alone(scorer, first, tokens[0])]


def _losses_alone(
    scorer: Scorer, wanted: Wanted, tokens: IntArray | None
) -> PrefixLosses | RowLosses:
    work, unit, state = wanted.work, wanted.unit, wanted.state
    match unit:
        case PrefixUnit():
            assert tokens is not None
            start = unit.span.start
            if state is None and start > 0:  # a window begins here
                (before,) = work.tokens.ids(start - 1, start).tolist()
                state = scorer.blank_state(work.arm, start, before)
            return scorer.read_prefix(work.arm, tokens, state)
        case SharedUnit():
            carry = as_carry(work.arm)
            return RowLosses(unit.taken(_blocks(scorer, carry, work.tokens, unit.batch)), None)
        case BlocksUnit():
            return RowLosses(_blocks(scorer, work.arm, work.tokens, unit).reshape(-1), None)


def _blocks(
    scorer: Scorer, arm: Arm, tokens: DocumentTokens, unit: BlocksUnit
) -> NDArray[np.float32]:
    """Losses (blocks, targets); of the document only what the blocks read is held."""
    together = gathered(unit.blocks, arm.window)
    read = np.zeros(together.length, dtype=np.int64)
    for start, span in together.reads:
        read[start : start + span.stop - span.start] = tokens.ids(span.start, span.stop)
    return scorer.score_blocks(arm, read, together.blocks)


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
        self._reuses = scorer is not None and store.settings.reuse_losses
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
        return self._key(arm, unit, self._scorer)

    def _key(self, arm: Arm, unit: PrefixUnit | BlocksUnit, scorer: str) -> str:
        return work_key(self._document, arm, unit, scorer, self._work.rows)

    def result(self, index: int) -> UnitResult | None:
        """The unit as it was computed before; None: it has to be computed."""
        unit, key = self._work.units[index], self.key(index)
        is_prefix = isinstance(unit, PrefixUnit)
        if key is None or not self._reuses or (is_prefix and not self.prefix):
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
        if self._scorer is None or not self._reuses or not chunks:
            return None
        firsts = [self._key(arm, chunks[0], self._scorer) for arm in self._work.arms]
        own = [self._key(self._work.arm, unit, self._scorer) for unit in chunks]
        for run in self._store.runs_that_know(firsts):
            if run != self._work.run and self._store.knows_all(own, run):
                return run
        return None


def scorer_identity(device: Device) -> str:
    """What computes here: another code, library or device may round otherwise."""
    return json.dumps([sorted(versions().items()), _own_sources(), *device])


@cache
def computed_by(device: Device) -> ComputedBy:
    """The same, as it is stored with what was computed."""
    identity = hashlib.sha256(scorer_identity(device).encode("utf-8")).hexdigest()[:32]
    return ComputedBy(
        identity=identity,
        device=device.words,
        threads=device.threads,
        arithmetic=device.arithmetic,
        versions=versions(),
    )


@cache
def _own_sources() -> str:
    """SHA-256 over what cuts and passes on the work in this room."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for name in ("core_scorer.py", "scoring.py", "targets.py", "units.py"):
        digest.update((here / name).read_bytes())
    return digest.hexdigest()[:16]


def _facts(work: Work) -> tuple[Baselines, Sketch]:
    """What simple models make of the document, and a sketch to find its near-copies by."""
    sizes = work.tokens.sizes(0, work.prefix)
    half = int(sizes[: second_half(sizes)].sum())  # where the checkpoints' half starts as well
    with work.text.open("rb") as file:
        read = file.read(int(sizes.sum()))
        file.seek(0)
        return simple_models(read, half), sketch(file.read(SKETCHED))


def _probe(job: Job) -> None:
    work = job.store.work_of(job.task)
    found = job.scorer.probe(work.arm, work.tokens.ids(0, work.prefix))
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
