"""What the change costs and saves, in yen: from what the run measured and what people assume.

In reading order: `MoneyInputs` (what people assume; nothing is filled in for them), `Measured` and
`measured` (what the run gives), `Money` and `money` (scenarios, or why there are none), and the
formulas below. A quality gain is no yen by itself: the minutes that it saves are an assumption, and
they are counted only where the run shows a gain at all.

All formulas are linear in every assumption, so the value at which the decision turns is exact:

    saved   = documents per month x minutes saved / 60 x yen per hour of labour
    machine = documents per month x tokens per document / tokens per second of A / 3600
              x yen per hour of the machine x (time of B / time of A - 1)
    net     = saved - machine - running costs per month
    payback = one-off cost / net, in months; never where a month brings nothing (net <= 0.5 yen,
              which is printed as 0)

"It pays" is said of the payback that is shown: at most the months wanted, those included. A month
that brings nothing never pays back, whatever the one-off cost, be it zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import ConfigDict, Field

from evaluations.records import MOVING, Frozen, Outcome, Snapshot
from evaluations.validity import BETTER_THAN_ORDER2, found_unknown
from evaluations.verdict import SLOWDOWN

ScenarioName = Literal["careful", "base", "hopeful"]
SCENARIOS: tuple[ScenarioName, ...] = ("careful", "base", "hopeful")
ASSUMED = (  # without any of them no scenario can be computed
    "documents_per_month",
    "yen_per_labour_hour",
    "yen_per_machine_hour",
    "running_yen_per_month",
    "one_off_yen",
)
TURNING = ("documents_per_month", "minutes_base", *ASSUMED[1:])  # in which a decision can turn

NOTHING_YEN = 0.5  # a month's net effect up to here is printed as 0 yen, and brings nothing back
PAYS_WITHIN = 1e-9  # of the months wanted: a payback just in time is not missed by its rounding

# why there are no scenarios, although nothing is missing
Refusal = Literal["withheld", "unfinished", "unmeasured", "not_better", "order"]


class MoneyInputs(Frozen):
    """Assumptions of people; None: nobody has entered it, which is not zero.

    minutes_*: working time that one document takes less, in minutes, in three scenarios.
    payback_months_wanted: within how many months the one-off cost is to come back.
    long_training_yen: what training with long windows would cost, once: the alternative.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    documents_per_month: float | None = Field(default=None, ge=0, le=1e9)
    minutes_careful: float | None = Field(default=None, ge=0, le=1e6)
    minutes_base: float | None = Field(default=None, ge=0, le=1e6)
    minutes_hopeful: float | None = Field(default=None, ge=0, le=1e6)
    yen_per_labour_hour: float | None = Field(default=None, ge=0, le=1e9)
    yen_per_machine_hour: float | None = Field(default=None, ge=0, le=1e9)
    running_yen_per_month: float | None = Field(default=None, ge=0, le=1e12)
    one_off_yen: float | None = Field(default=None, ge=0, le=1e12)
    payback_months_wanted: float | None = Field(default=None, gt=0, le=1200)
    long_training_yen: float | None = Field(default=None, ge=0, le=1e12)


NO_INPUTS = MoneyInputs()


@dataclass(frozen=True)
class Ratio:
    """Time per token, B over A, with its interval; no interval: the run gave none."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Measured:
    """What the run measured that matters for money; None: it did not.

    tokens_per_second and memory_bytes are of A and B; gain is B - A in bits per byte with its
    interval (negative: B is better), at context_length.
    """

    device: str
    documents: int
    tokens_per_document: float | None
    context_length: int
    longest_length: int
    tokens_per_second: tuple[float, float] | None
    memory_bytes: tuple[int, int] | None
    slowdown: Ratio | None
    gain: float | None
    gain_low: float | None
    gain_high: float | None


@dataclass(frozen=True)
class Scenario:
    """One month in yen; payback_months None: the one-off cost never comes back."""

    name: ScenarioName
    minutes: float  # saved per document
    slowdown: float
    saved: float
    machine: float
    running: float
    net: float
    payback_months: float | None


@dataclass(frozen=True)
class Turn:
    """At which value of one assumption the decision turns, all others as entered.

    turns_at None: at no value that can be; change: how far away it is, as a share of `entered`.
    """

    name: str
    entered: float
    turns_at: float | None
    change: float | None  # None also where 0 was entered


@dataclass(frozen=True)
class Alternative:
    """Training with long windows instead, granted the same yen per month as the base scenario."""

    one_off: float
    payback_months: float | None
    dearer_by: float  # than the one-off cost of the change


@dataclass(frozen=True)
class Money:
    """All that can be said in yen, and what is missing for the rest."""

    measured: Measured
    inputs: MoneyInputs
    refusal: Refusal | None
    missing: tuple[str, ...]  # names of assumptions that nobody has entered
    scenarios: tuple[Scenario, ...]
    pays: bool | None  # base scenario within the months wanted; None: cannot be said
    turns: tuple[Turn, ...]  # nearest first
    alternative: Alternative | None
    is_settled: bool  # the evaluation says to adopt it: what it brings is more than a trial sum
    costs_only: float | None  # yen per month where no saving counts; negative: it costs
    never_pays: bool  # the base scenario, or the costs alone where no saving counts


def money(snapshot: Snapshot, inputs: MoneyInputs) -> Money:
    """Scenarios, payback and turning points, as far as they can be known."""
    found = measured(snapshot)
    refusal = _refusal(snapshot, found, inputs)
    scenarios: tuple[Scenario, ...] = ()
    if refusal is None:
        made = (scenario(name, found, inputs) for name in SCENARIOS)
        scenarios = tuple(one for one in made if one is not None)
    base = next((one for one in scenarios if one.name == "base"), None)
    pays = None if base is None else _pays(inputs, base)
    costs_only = _costs_only(found, inputs) if refusal == "not_better" else None
    return Money(
        measured=found,
        inputs=inputs,
        refusal=refusal,
        missing=tuple(name for name, value in inputs if value is None),
        scenarios=scenarios,
        pays=pays,
        turns=() if pays is None else turns(found, inputs),
        alternative=None if base is None else _alternative(inputs, base),
        is_settled=is_settled(snapshot),
        costs_only=costs_only,
        never_pays=(base is not None and base.payback_months is None)
        or (refusal == "not_better" and _only_costs(found, costs_only)),
    )


def is_settled(snapshot: Snapshot) -> bool:
    """Whether the evaluation is for adoption, of models that know the text."""
    adopts = snapshot.verdict.outcome in (Outcome.GO, Outcome.CONDITIONAL)
    return adopts and not found_unknown(snapshot.validity, BETTER_THAN_ORDER2)


# --- what was measured -----------------------------------------------------------------------


def measured(snapshot: Snapshot) -> Measured:
    """The figures of A and B in a snapshot."""
    comparison = snapshot.comparison
    speeds = {speed.arm: speed for speed in snapshot.speed}
    a, b = speeds.get(comparison.arm_a), speeds.get(comparison.arm_b)
    both = (a, b) if a is not None and b is not None else None
    has_memory = both is not None and min(one.peak_memory_bytes for one in both) > 0
    return Measured(
        device=snapshot.device,
        documents=comparison.documents,
        tokens_per_document=_tokens_per_document(snapshot),
        context_length=comparison.primary_length,
        longest_length=max(snapshot.plan.lengths),
        tokens_per_second=None
        if both is None
        else (both[0].tokens_per_second, both[1].tokens_per_second),
        memory_bytes=(both[0].peak_memory_bytes, both[1].peak_memory_bytes)
        if both is not None and has_memory
        else None,
        slowdown=_slowdown(snapshot),
        gain=comparison.delta_bits_per_byte,
        gain_low=comparison.ci_low,
        gain_high=comparison.ci_high,
    )


def _tokens_per_document(snapshot: Snapshot) -> float | None:
    """Mean over the scored documents; bytes become tokens at the rate of what was read of them."""
    counts = []
    for one in snapshot.documents:
        if one.role != "scored":
            continue
        if snapshot.plan.unit == "bytes":
            counts.append(float(one.bytes))
        elif one.prefix_bytes:
            counts.append(one.bytes * one.prefix_tokens / one.prefix_bytes)
        else:
            return None
    return sum(counts) / len(counts) if counts else None


def _slowdown(snapshot: Snapshot) -> Ratio | None:
    """The guardrail's own number: page, table and yen cannot differ."""
    found = next((c for c in snapshot.verdict.criteria if c.key == SLOWDOWN), None)
    if found is None or found.actual is None:
        return None
    return Ratio(found.actual, found.low, found.high)


def _refusal(snapshot: Snapshot, found: Measured, inputs: MoneyInputs) -> Refusal | None:
    minutes = [inputs.minutes_careful, inputs.minutes_base, inputs.minutes_hopeful]
    entered = [one for one in minutes if one is not None]
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return "withheld"
    if snapshot.status in MOVING:
        return "unfinished"
    if found.tokens_per_second is None or found.slowdown is None or not found.tokens_per_document:
        return "unmeasured"
    if found.tokens_per_second[0] <= 0:
        return "unmeasured"  # it is divided by
    if found.gain_high is None or found.gain_high >= 0:
        return "not_better"
    return "order" if entered != sorted(entered) else None


# --- formulas --------------------------------------------------------------------------------


def scenario(name: ScenarioName, found: Measured, inputs: MoneyInputs) -> Scenario | None:
    """One month; None: an assumption or a measurement that it needs is missing.

    careful takes the upper end of the measured time ratio, hopeful the lower one.
    """
    minutes: float | None = getattr(inputs, f"minutes_{name}")
    per_hour, rate = inputs.yen_per_labour_hour, inputs.yen_per_machine_hour
    documents, running = inputs.documents_per_month, inputs.running_yen_per_month
    if minutes is None or per_hour is None or rate is None or documents is None or running is None:
        return None
    if inputs.one_off_yen is None or found.slowdown is None or found.tokens_per_document is None:
        return None
    if found.tokens_per_second is None:
        return None
    ratio = found.slowdown
    ends = {"careful": ratio.high, "base": ratio.value, "hopeful": ratio.low}
    end = ends[name]
    slowdown = ratio.value if end is None else end
    hours = documents * found.tokens_per_document / found.tokens_per_second[0] / 3600
    saved = documents * minutes / 60 * per_hour
    machine = hours * rate * (slowdown - 1)
    net = saved - machine - running
    return Scenario(
        name=name,
        minutes=minutes,
        slowdown=slowdown,
        saved=saved,
        machine=machine,
        running=running,
        net=net,
        payback_months=payback_months(inputs.one_off_yen, net),
    )


def _costs_only(found: Measured, inputs: MoneyInputs) -> float | None:
    """Net yen of a month in which nothing is saved; None: a cost is missing."""
    nothing = inputs.model_copy(update={"minutes_base": 0.0, "yen_per_labour_hour": 0.0})
    month = scenario("base", found, nothing)
    return None if month is None else month.net


def _only_costs(found: Measured, costs_only: float | None) -> bool:
    """Whether a month without a saving brings nothing; of B at least as slow as A, whatever costs.

    Args:
        costs_only: as in `Money`.
    """
    if costs_only is not None:
        return costs_only <= NOTHING_YEN
    return found.slowdown is not None and found.slowdown.value >= 1


def payback_months(one_off: float, net: float) -> float | None:
    """Months until `net` yen per month have brought back `one_off` yen; None: never."""
    return one_off / net if net > NOTHING_YEN else None


def _pays(inputs: MoneyInputs, base: Scenario) -> bool | None:
    """Whether the payback that is shown is within the months wanted; None: nobody wants any."""
    wanted = inputs.payback_months_wanted
    if wanted is None:
        return None
    return base.payback_months is not None and base.payback_months <= wanted * (1 + PAYS_WITHIN)


def _worth(inputs: MoneyInputs, base: Scenario) -> float | None:
    """Yen left after the months wanted; negative: it has not paid back by then."""
    if inputs.payback_months_wanted is None or inputs.one_off_yen is None:
        return None
    return base.net * inputs.payback_months_wanted - inputs.one_off_yen


def turns(found: Measured, inputs: MoneyInputs) -> tuple[Turn, ...]:
    """For every assumption the value at which the base scenario just pays back, nearest first.

    Where a month brings nothing, no one-off cost can turn it.
    """

    def worth(name: str, value: float) -> float:
        changed = inputs.model_copy(update={name: value})
        base = scenario("base", found, changed)
        left = None if base is None else _worth(changed, base)
        if left is None:
            raise ValueError("turning points need a complete base scenario")
        return left

    base = scenario("base", found, inputs)
    never = base is not None and base.payback_months is None
    made = [
        Turn(name, getattr(inputs, name), None, None)
        if never and name == "one_off_yen"
        else _turn(name, getattr(inputs, name), worth)
        for name in TURNING
    ]
    return tuple(
        sorted(made, key=lambda one: float("inf") if one.change is None else abs(one.change))
    )


def _turn(name: str, entered: float, worth: Callable[[str, float], float]) -> Turn:
    here = worth(name, entered)
    step = max(1.0, entered)
    slope = (worth(name, entered + step) - here) / step  # exact: it is a straight line
    at = entered - here / slope if slope != 0 else None
    if at is not None and abs(at) <= PAYS_WITHIN * step:
        at = 0.0  # what is left of it is rounding
    if at is None or at < 0:
        return Turn(name, entered, None, None)
    return Turn(name, entered, at, (at - entered) / entered if entered > 0 else None)


def _alternative(inputs: MoneyInputs, base: Scenario) -> Alternative | None:
    if inputs.long_training_yen is None or inputs.one_off_yen is None:
        return None
    return Alternative(
        one_off=inputs.long_training_yen,
        payback_months=payback_months(inputs.long_training_yen, base.net),
        dearer_by=inputs.long_training_yen - inputs.one_off_yen,
    )
