"""How long an evaluation will take and how much memory: measured on a little of one document.

`estimate_run` asks a process of its own (`main`). Beside as many companions as there will be other
workers it starts, loads the checkpoints, scores a little of every kind of unit that the plan holds
(the prefix, and the blocks of each context length, under each arm), and has an evaluation without a
model done (`rehearsal`). Then it deals out all tasks at that pace, as the queue does.
"""

from __future__ import annotations

import heapq
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from evaluations.baselines import second_half, simple_models
from evaluations.children import watch_parent
from evaluations.commands.failures import computing_on
from evaluations.plan import PlannedRun, targets_of
from evaluations.records import Arm, Plan, Policy, RunDocument, Span
from evaluations.scorer import Scorer
from evaluations.settings import Settings
from evaluations.short_probe import answer, ask, nobody_leaves, seconds_alive
from evaluations.store import PROBE_PREFIX, Store
from evaluations.targets import TooShort
from evaluations.tokens import ByteTokens, DocumentTokens, MappedTokens
from evaluations.units import BlocksUnit, PrefixUnit, SharedUnit, Unit, gathered, parts_of, units_of
from longssm_core.memory import watched_memory
from longssm_core.overlap import SKETCHED, sketch

WARMING = 256  # tokens that are read under each arm before anything is timed
LITTLE = 4_096  # tokens of each kind that are read at a time
TIMED = 5.0  # seconds of reading, unless reading everything once takes longer

Kind = tuple[str, int | None]  # an arm, and a context length; None: the prefix


class RunEstimate(NamedTuple):
    """Of a whole evaluation on this machine."""

    seconds: float
    memory: int  # bytes, of all processes together
    processes: int
    device: str  # in plain words


class Pace(NamedTuple):
    """What work takes here, in seconds.

    token: of each kind of unit; unit: beside its tokens; probe: of a checkpoint, once; facts: of a
    document, once; process: until a new one has loaded what it needs.
    """

    token: Mapping[Kind, float]
    unit: float
    probe: float
    facts: float
    process: float


class Check(NamedTuple):
    """Computing something again, which nobody may do who has computed any of it.

    of: numbers of the tasks that computed it.
    """

    seconds: float
    of: frozenset[int]


class Work(NamedTuple):
    """All tasks of an evaluation in the order of the queue, in seconds; A/A at the end."""

    tasks: list[float]
    checks: list[Check]


def estimate_run(
    settings: Settings,
    store: Store,
    planned: PlannedRun,
    meanwhile: Callable[[], None] = nobody_leaves,
) -> RunEstimate:
    """Measured on this machine now, in about twenty seconds.

    Args:
        meanwhile: as in `short_probe.ask`.

    Raises:
        EvaluationError: a checkpoint cannot be read, or the measurement did not end.
    """
    parts = [part for part in planned.run_documents if part.role != "too_short"]
    sample = sorted(parts, key=lambda part: part.token_count)[len(parts) // 2]
    tokens = None if sample.tokens is None else str(store.files.path(sample.tokens.file))
    workers = store.workers()
    # of this process: the other one may be killed in the middle
    with tempfile.TemporaryDirectory(prefix="estimate-", dir=settings.data_dir) as folder:
        request = {
            "plan": planned.plan.model_dump(mode="json"),
            "parts": [part.model_dump(mode="json") for part in parts],
            "sample": sample.document.id,
            "text": str(store.files.path(sample.document.id)),
            "tokens": tokens,
            "folder": folder,
            "workers": len(workers),
            "here": sum(worker.host == socket.gethostname() for worker in workers),
            "is_companion": False,
        }
        return RunEstimate(**ask("run_estimate", request, settings, meanwhile))


def main() -> int:
    """Answer the request on standard input."""
    return answer(_measured)


def _measured(request: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    supervisor = seconds_alive()  # it starts as this process did, and knows no torch either
    from evaluations.core_scorer import CoreScorer  # only here: it loads torch
    from evaluations.rehearsal import seconds_beside
    from evaluations.worker import sensible_processes

    plan = Plan.model_validate(request["plan"])
    parts = [RunDocument.model_validate(one) for one in request["parts"]]
    sample = next(part for part in parts if part.document.id == request["sample"])
    wanted = request["workers"] or settings.worker_processes or sensible_processes()
    here = max(1, request["here"]) if request["workers"] else wanted
    text, read = Path(request["text"]), request["tokens"]
    tokens = ByteTokens(text) if read is None else MappedTokens(Path(read))
    with (
        computing_on(settings.device, "task.out_of_memory"),
        _companions(request, here - 1) as all_are_busy,
    ):
        with watched_memory() as memory:
            scorer = CoreScorer(settings.device, settings.loaded_models)
            first = tokens.ids(0, WARMING)
            states = {arm.name: scorer.read_prefix(arm, first, None).state for arm in plan.arms}
            process = seconds_alive()
            if request["is_companion"]:
                _keep_busy(scorer, plan, sample, tokens)
            all_are_busy()
            token = _pace(scorer, plan, sample, tokens, TIMED)
            probe = _probe(scorer, plan, sample, tokens)
            facts = _facts(text, sample, plan)
        # what is made up takes memory that no worker does
        unit = seconds_beside(settings, Path(request["folder"]), plan, sample, states)
        pace = Pace(token=token, unit=unit, probe=probe, facts=facts, process=process)
    on_device = scorer.peak_memory()
    peak = memory.peak if on_device is None else on_device
    startup = 0.0 if request["workers"] else supervisor + process
    return {
        "seconds": startup + ends(work_of(plan, parts, pace), wanted, process),
        "memory": peak * here,
        "processes": wanted,
        "device": scorer.device().words,
    }


@contextmanager
def _companions(request: Mapping[str, Any], wanted: int) -> Iterator[Callable[[], None]]:
    """As many processes at the same work as workers will be: they share caches and processors.

    They load beside this one, as workers do; what is given waits until all of them work.
    """
    wanted = 0 if request["is_companion"] else wanted
    command = [sys.executable, "-m", "evaluations.run_estimate"]
    pipe = subprocess.PIPE
    started = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(wanted)]

    def all_are_busy() -> None:
        for one in started:
            assert one.stdout is not None
            one.stdout.readline()  # it is at work; or it has ended, and then nobody shares

    try:
        for one in started:
            assert one.stdin is not None
            one.stdin.write(json.dumps({**request, "is_companion": True}).encode("ascii") + b"\n")
            one.stdin.flush()
        yield all_are_busy
    finally:
        for one in started:
            one.kill()
            one.communicate()


def _keep_busy(scorer: Scorer, plan: Plan, sample: RunDocument, tokens: DocumentTokens) -> NoReturn:
    """Do the same work again and again, until whoever started it kills this process or dies."""
    watch_parent()
    print("busy", flush=True)
    while True:
        _pace(scorer, plan, sample, tokens, TIMED)


# --- pace ------------------------------------------------------------------------------------


def _pace(
    scorer: Scorer, plan: Plan, sample: RunDocument, tokens: DocumentTokens, seconds: float
) -> dict[Kind, float]:
    """Seconds a token for each kind of unit that the sample holds, over about so many seconds."""
    kinds: dict[Kind, tuple[Arm, PrefixUnit | BlocksUnit]] = {}
    for arm, unit in _units(plan, sample):
        if not isinstance(unit, SharedUnit):
            kinds.setdefault((arm.name, unit.context_length), (arm, _little_of(unit)))
    read: Counter[Kind] = Counter()
    took: defaultdict[Kind, float] = defaultdict(float)
    until = time.perf_counter() + seconds
    while not read or time.perf_counter() < until:
        for kind, (arm, unit) in kinds.items():
            began = time.perf_counter()
            _compute(scorer, arm, tokens, unit)
            took[kind] += time.perf_counter() - began
            read[kind] += unit.read_tokens
    return {kind: took[kind] / read[kind] for kind in kinds}


def _little_of(unit: PrefixUnit | BlocksUnit) -> PrefixUnit | BlocksUnit:
    """About LITTLE tokens of a unit, in the same shape; more where a single block is longer."""
    if isinstance(unit, PrefixUnit):
        return PrefixUnit(Span(0, min(LITTLE, unit.read_tokens)))
    each = unit.read_tokens // len(unit.blocks)
    return BlocksUnit(unit.context_length, unit.blocks[: max(1, LITTLE // each)])


def _units(plan: Plan, part: RunDocument) -> Iterator[tuple[Arm, Unit]]:
    targets = targets_of(part, plan)
    if not isinstance(targets, TooShort):
        for arm in plan.arms:
            for unit in units_of(arm, targets):
                yield arm, unit


def _compute(
    scorer: Scorer, arm: Arm, tokens: DocumentTokens, unit: PrefixUnit | BlocksUnit
) -> None:
    """As a worker computes it; what comes out is of no interest."""
    if isinstance(unit, PrefixUnit):
        scorer.read_prefix(arm, tokens.ids(0, unit.read_tokens), None)
        return
    together = gathered(unit.blocks, arm.window)
    read = np.zeros(together.length, dtype=np.int64)
    for start, span in together.reads:
        read[start : start + span.stop - span.start] = tokens.ids(span.start, span.stop)
    scorer.score_blocks(arm, read, together.blocks)


def _probe(scorer: Scorer, plan: Plan, sample: RunDocument, tokens: DocumentTokens) -> float:
    """Seconds of what every checkpoint gets once: chunk sizes, the state's norm."""
    carrying = next((arm for arm in plan.arms if arm.policy is Policy.CARRY), None)
    if carrying is None:
        return 0.0
    read = tokens.ids(0, min(sample.token_count, PROBE_PREFIX))
    began = time.perf_counter()
    scorer.probe(carrying, read)
    return time.perf_counter() - began


def _facts(text: Path, sample: RunDocument, plan: Plan) -> float:
    """Seconds of what a document gets once: simple models of it, and a sketch."""
    targets = targets_of(sample, plan)
    prefix = 0 if isinstance(targets, TooShort) else targets.prefix
    began = time.perf_counter()
    with text.open("rb") as file:
        read = file.read(SKETCHED)
    if prefix:
        simple_models(read[:prefix], second_half(np.ones(prefix, dtype=np.int64)))
    sketch(read)
    return time.perf_counter() - began


# --- all of it -------------------------------------------------------------------------------


def work_of(plan: Plan, parts: Iterable[RunDocument], pace: Pace) -> Work:
    """What the queue will hold, at that pace."""
    carrying = {arm.fingerprint: arm for arm in plan.arms if arm.policy is Policy.CARRY}
    arms = sorted(plan.arms, key=lambda arm: arm.policy is not Policy.CARRY)
    scored = [
        (part.document.bytes, part.document.id, targets)
        for part in sorted(parts, key=lambda part: part.order)
        if not isinstance(targets := targets_of(part, plan), TooShort)
    ]
    _, sample, shortest = min(scored, key=lambda one: one[:2])
    tasks = [pace.probe] * len(carrying)
    number: dict[str, int] = {}  # by arm: the last task that scores the shortest document
    for _, document, targets in scored:
        tasks.append(pace.facts)
        for arm in arms:
            units = units_of(arm, targets)
            pieces = parts_of(arm, units) or [(0, len(units))]
            tasks += [_seconds(arm, units[start:stop], pace, carrying) for start, stop in pieces]
            if document == sample:
                number[arm.name] = len(tasks) - 1
    checks = []
    for arm in plan.arms:
        units, computed = units_of(arm, shortest), {number[arm.name]}
        if any(isinstance(unit, SharedUnit) for unit in units) and arm.fingerprint in carrying:
            computed.add(number[carrying[arm.fingerprint].name])
        seconds = _seconds(arm, units, pace, carrying, is_check=True)
        checks.append(Check(seconds, frozenset(computed)))
    return Work(tasks, checks)


def _seconds(
    arm: Arm,
    units: Iterable[Unit],
    pace: Pace,
    carrying: Mapping[str, Arm],
    is_check: bool = False,
) -> float:
    """Of these units of a document; a kind that was not measured takes what most do.

    What an arm has in common with the carry arm of its checkpoint is computed by that one, but for
    a check.
    """
    usual, total = statistics.median(pace.token.values()), 0.0
    for unit in units:
        name, tokens = arm.name, unit.read_tokens
        if isinstance(unit, SharedUnit) and (is_check or arm.fingerprint not in carrying):
            name = carrying.get(arm.fingerprint, arm).name
            tokens = unit.batch.read_tokens
        total += pace.unit + tokens * pace.token.get((name, unit.context_length), usual)
    return total


def ends(work: Work, processes: int, process: float) -> float:
    """When all is done, each task in its turn taken by the process that is free first.

    Who has computed all that is left to check steps aside for a process that is new.
    """
    free = [(0.0, name) for name in range(processes)]
    computed_by, last = [], 0.0
    for seconds in work.tasks:
        at, name = free[0]
        heapq.heapreplace(free, (at + seconds, name))
        computed_by.append(name)
        last = max(last, at + seconds)
    left, names = list(work.checks), count(processes)
    while left:
        at, name = free[0]
        found = next((one for one in left if all(computed_by[k] != name for k in one.of)), None)
        if found is None:
            heapq.heapreplace(free, (at + process, next(names)))
            continue
        left.remove(found)
        heapq.heapreplace(free, (at + found.seconds, name))
        last = max(last, at + found.seconds)
    return last


if __name__ == "__main__":
    sys.exit(main())
