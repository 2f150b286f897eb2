"""From what was chosen on the Plan or the Run page to a plan, and to how long it should take."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from session import open_store, settings, snapshot, state, stay_or_leave

from evaluations.plan import Pair, PlanFile, PlannedRun, make_plan, plan_hash, plan_of, targets_of
from evaluations.records import DecisionRule, Depth, Document, Preset
from evaluations.rules import Rule
from evaluations.run_estimate import RunEstimate, estimate_run
from evaluations.targets import TooShort, context_lengths
from evaluations.units import read_tokens, units_of

TRAINING_LENGTHS = (16, 64)
KINDS = ("previous", "zero_adapted")


class Choice(NamedTuple):
    """The question, the pair of models and the depth."""

    preset: Preset
    training_length: int
    kind: str
    depth: Depth
    pair: Pair | None = None  # of one's own; None: the shipped one of that kind and length

    @property
    def proposed(self) -> str:
        """The shipped checkpoint of this kind, whose record names the fair ZERO; or one's own."""
        if self.pair is not None:
            return self.pair.proposed
        return f"{self.kind.replace('_', '-')}-t{self.training_length}"

    @property
    def lengths(self) -> tuple[int, ...]:
        """The context lengths that are scored."""
        return context_lengths(self.training_length, self.depth)

    def file(self, rule: DecisionRule) -> PlanFile:
        """The plan file that says this choice and that rule."""
        return PlanFile(
            preset=self.preset,
            depth=self.depth,
            proposed=self.proposed,
            rule=rule.model_dump(mode="json"),
        )


USUAL = Choice(Preset.BEST_ZERO, TRAINING_LENGTHS[0], KINDS[0], Depth.STANDARD)


def choice_of(plan: PlanFile) -> Choice | None:
    """What a plan file chooses; None: models or settings that the page does not offer."""
    if plan.zero is not None or plan.lengths is not None or plan.seed is not None:
        return None
    if plan.preset is None or plan.depth is None:
        return None
    for kind in KINDS:
        for length in TRAINING_LENGTHS:
            choice = Choice(plan.preset, length, kind, plan.depth)
            if choice.proposed == plan.proposed:
                return choice
    return None


def planned(
    choice: Choice, documents: Sequence[Document], rule: DecisionRule | None = None
) -> PlannedRun:
    """The plan of a choice; without a rule, with the default one."""
    return make_plan(
        choice.preset,
        choice.depth,
        documents,
        zero=None if choice.pair is None else choice.pair.zero,
        proposed=choice.proposed,
        rule=rule,
        rows=settings().rows,
        tokenize=open_store().tokenize,
        text_of=open_store().document_start,
    )


def planned_by(rule: Rule, documents: Sequence[Document]) -> PlannedRun:
    """The plan of a locked rule over these documents, as `run --plan` makes it of the same file.

    Raises:
        RefusedPlan, CheckpointError: it cannot be carried out on them.
    """
    store = open_store()
    return plan_of(
        rule.plan, documents, settings().rows, store.tokenize, store.document_start, rule.hash
    )


def amount_and_time(planned: PlannedRun) -> tuple[int, float | None]:
    """Bytes that all arms read together, and the seconds it should take.

    None where no finished evaluation has measured the speed on this computer yet.
    """
    known: dict[str, dict[str, int]] = state("amounts", {})
    key = _work_key(planned)
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


def _work_key(planned: PlannedRun) -> str:
    """The same as long as the same is read, whatever decides."""
    plan = planned.plan.model_copy(update={"rule": _ANY_RULE})
    return " ".join([plan_hash(plan), *(part.document.id for part in planned.run_documents)])


def probed(planned: PlannedRun) -> RunEstimate | None:
    """What a short probe found of the same work in this visit; None: nobody asked for it."""
    found: dict[str, RunEstimate] = state("run_estimates", {})
    return found.get(_work_key(planned))


def probe(planned: PlannedRun) -> None:
    """Measure it, in about twenty seconds, unless the visitor leaves or asks for something else.

    Raises:
        EvaluationError: it cannot be measured.
    """
    found: dict[str, RunEstimate] = state("run_estimates", {})
    found[_work_key(planned)] = estimate_run(
        settings(), open_store(), planned, meanwhile=stay_or_leave()
    )


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
