"""How long an evaluation will take and how much memory: measured on a little of one document.

`estimate_run` asks a process of its own (`main`), which scores the first unit of every kind that
the plan holds (the prefix, and the blocks of each context length, under each arm), and counts up
what all documents need at that pace.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from evaluations.baselines import second_half, simple_models
from evaluations.children import watch_parent
from evaluations.commands.failures import computing_on
from evaluations.plan import PlannedRun, targets_of
from evaluations.records import Arm, Plan, Policy, RunDocument
from evaluations.scorer import Scorer
from evaluations.settings import Settings
from evaluations.short_probe import answer, ask, seconds_alive
from evaluations.store import PROBE_PREFIX, Store
from evaluations.targets import TooShort
from evaluations.tokens import ByteTokens, DocumentTokens, MappedTokens
from evaluations.units import BlocksUnit, PrefixUnit, SharedUnit, Unit, gathered, units_of
from longssm_core.memory import watched_memory
from longssm_core.overlap import sketch

TASK_SECONDS = 0.08  # of a document under an arm beside its units: claiming it, opening its text
WARMING = 256  # tokens that are read before anything is timed

Kind = tuple[str, int | None]  # an arm, and a context length; None: the prefix


class RunEstimate(NamedTuple):
    """Of a whole evaluation on this machine."""

    seconds: float
    memory: int  # bytes, of all processes together
    processes: int
    device: str  # in plain words


def estimate_run(settings: Settings, store: Store, planned: PlannedRun) -> RunEstimate:
    """Measured on this machine now, in about ten seconds.

    Raises:
        EvaluationError: a checkpoint cannot be read, or the measurement did not end.
    """
    parts = [part for part in planned.run_documents if part.role != "too_short"]
    sample = sorted(parts, key=lambda part: part.token_count)[len(parts) // 2]
    tokens = None if sample.tokens is None else str(store.files.path(sample.tokens.file))
    request = {
        "plan": planned.plan.model_dump(mode="json"),
        "parts": [part.model_dump(mode="json") for part in parts],
        "sample": sample.document.id,
        "text": str(store.files.path(sample.document.id)),
        "tokens": tokens,
        "workers": len(store.workers()),
        "is_companion": False,
    }
    return RunEstimate(**ask("run_estimate", request, settings))


def main() -> int:
    """Answer the request on standard input."""
    return answer(_measured)


def _measured(request: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    from evaluations.core_scorer import CoreScorer  # only here: it loads torch
    from evaluations.worker import sensible_processes

    plan = Plan.model_validate(request["plan"])
    parts = [RunDocument.model_validate(one) for one in request["parts"]]
    sample = next(part for part in parts if part.document.id == request["sample"])
    text = Path(request["text"])
    read = request["tokens"]
    tokens = ByteTokens(text) if read is None else MappedTokens(Path(read))
    scorer = CoreScorer(settings.device, settings.loaded_models)
    wanted = request["workers"] or settings.worker_processes or sensible_processes()
    with watched_memory() as memory, computing_on(settings.device, "task.out_of_memory"):
        for arm in plan.arms:
            scorer.read_prefix(arm, tokens.ids(0, WARMING), None)
        startup = 0.0 if request["workers"] else seconds_alive()
        if request["is_companion"]:
            _keep_busy(scorer, plan, sample, tokens)
        with _companions(request, wanted - 1):
            pace = _pace(scorer, plan, sample, tokens)
        checks = _checks(scorer, plan, sample, tokens)
        facts = _facts(text.read_bytes(), sample, plan)
    on_device = scorer.peak_memory()
    work = [_seconds(plan, part, pace) for part in parts]
    shortest = min(range(len(parts)), key=lambda number: parts[number].document.bytes)
    total = sum(work) + work[shortest] + checks + facts * len(parts)
    peak = memory.peak if on_device is None else on_device
    return {
        "seconds": startup + total / wanted,
        "memory": peak * wanted,
        "processes": wanted,
        "device": scorer.device().words,
    }


@contextmanager
def _companions(request: Mapping[str, Any], count: int) -> Iterator[None]:
    """As many processes at the same work as workers will be: they share caches and processors."""
    command = [sys.executable, "-m", "evaluations.run_estimate"]
    pipe = subprocess.PIPE
    started = [subprocess.Popen(command, stdin=pipe, stdout=pipe) for _ in range(count)]
    try:
        for one in started:
            assert one.stdin is not None
            one.stdin.write(json.dumps({**request, "is_companion": True}).encode("ascii") + b"\n")
            one.stdin.flush()
        for one in started:
            assert one.stdout is not None
            one.stdout.readline()  # it is at work; or it has ended, and then nobody shares
        yield
    finally:
        for one in started:
            one.kill()
            one.communicate()


def _keep_busy(scorer: Scorer, plan: Plan, sample: RunDocument, tokens: DocumentTokens) -> NoReturn:
    """Do the same work again and again, until whoever started it kills this process or dies."""
    watch_parent()
    print("busy", flush=True)
    while True:
        _pace(scorer, plan, sample, tokens)


def _pace(
    scorer: Scorer, plan: Plan, sample: RunDocument, tokens: DocumentTokens
) -> dict[Kind, float]:
    """Seconds a token for each kind of unit that the sample holds."""
    found: dict[Kind, float] = {}
    for arm, unit in _units(plan, sample):
        kind = (arm.name, unit.context_length)
        if kind in found or isinstance(unit, SharedUnit):
            continue
        began = time.perf_counter()
        _compute(scorer, arm, tokens, unit)
        found[kind] = (time.perf_counter() - began) / unit.read_tokens
    return found


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


def _seconds(plan: Plan, part: RunDocument, pace: Mapping[Kind, float]) -> float:
    """What a document takes under all arms; a kind that was not measured takes what most do."""
    usual = statistics.median(pace.values())
    units = [
        unit.read_tokens * pace.get((arm.name, unit.context_length), usual)
        for arm, unit in _units(plan, part)
    ]
    return sum(units) + TASK_SECONDS * len(plan.arms)


def _checks(scorer: Scorer, plan: Plan, sample: RunDocument, tokens: DocumentTokens) -> float:
    """Seconds of the checks that every checkpoint gets once: chunk sizes, the state's norm."""
    carrying = {arm.fingerprint: arm for arm in plan.arms if arm.policy is Policy.CARRY}
    read = tokens.ids(0, min(sample.token_count, PROBE_PREFIX))
    began = time.perf_counter()
    scorer.probe(next(iter(carrying.values())), read)
    return len(carrying) * (time.perf_counter() - began)


def _facts(text: bytes, sample: RunDocument, plan: Plan) -> float:
    """Seconds of what a document gets once: simple models of it, and a sketch."""
    targets = targets_of(sample, plan)
    prefix = 0 if isinstance(targets, TooShort) else targets.prefix
    began = time.perf_counter()
    if prefix:
        simple_models(text[:prefix], second_half(np.ones(prefix, dtype=np.int64)))
    sketch(text)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
