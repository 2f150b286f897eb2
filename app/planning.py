"""From what was chosen on the Run page to a plan, and to how long it should take."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from session import open_store, settings, snapshot, state

from evaluations.plan import PlannedRun, make_plan, plan_hash, targets_of
from evaluations.records import DecisionRule, Depth, Document, Preset
from evaluations.targets import TooShort
from evaluations.units import read_tokens, units_of

TRAINING_LENGTHS = (16, 64)
KINDS = ("previous", "zero_adapted")


class Choice(NamedTuple):
    """The question, the pair of models and the depth."""

    preset: Preset
    training_length: int
    kind: str
    depth: Depth

    @property
    def proposed(self) -> str:
        """The shipped checkpoint of this kind; its record names the fair ZERO."""
        return f"{self.kind.replace('_', '-')}-t{self.training_length}"


def planned(
    choice: Choice, documents: Sequence[Document], rule: DecisionRule | None = None
) -> PlannedRun:
    """The plan of a choice; without a rule, with the default one."""
    return make_plan(
        choice.preset,
        choice.depth,
        documents,
        proposed=choice.proposed,
        rule=rule,
        rows=settings().rows,
        tokenize=open_store().tokenize,
    )


def amount_and_time(planned: PlannedRun) -> tuple[int, float | None]:
    """Bytes that all arms read together, and the seconds it should take.

    None where no finished evaluation has measured the speed on this computer yet.
    """
    known: dict[str, dict[str, int]] = state("amounts", {})
    plan = planned.plan.model_copy(update={"rule": _ANY_RULE})
    key = " ".join([plan_hash(plan), *(part.document.id for part in planned.run_documents)])
    if key not in known:
        known[key] = _tokens_by_arm(planned)
    tokens = known[key]
    speeds = _measured_speeds()
    if not speeds:
        return sum(tokens.values()), None
    usual = sum(speeds.values()) / len(speeds)
    processes = settings().worker_processes or os.cpu_count() or 1
    seconds = sum(count / speeds.get(arm, usual) for arm, count in tokens.items())
    return sum(tokens.values()), seconds / processes


_ANY_RULE = DecisionRule(primary_length=1, short_length=1)


def _tokens_by_arm(planned: PlannedRun) -> dict[str, int]:
    plan = planned.plan
    found = [targets_of(part, plan) for part in planned.run_documents if part.role != "too_short"]
    return {
        arm.name: sum(
            read_tokens(units_of(arm, targets))
            for targets in found
            if not isinstance(targets, TooShort)
        )
        for arm in plan.arms
    }


def _measured_speeds() -> dict[str, float]:
    """Tokens per second by arm, from the last evaluation that was finished."""
    for run in open_store().runs():
        if run.status == "done":
            return {speed.arm: speed.tokens_per_second for speed in snapshot(run.id).speed}
    return {}
