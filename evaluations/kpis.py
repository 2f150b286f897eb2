"""Business figures: their targets stand in the locked rule, what came out is entered afterwards.

`with_actuals(snapshot, entries)` is all that a page, `show --json` and a report show: the stored
snapshot is what was computed and never changes; an entry changes what is shown, for all of them at
once and by this function alone. All figures together are one item of the rule:

- all met: the outcome stays what was computed;
- one is missing or missed: Go becomes Conditional, Conditional (another item is open) becomes
  Undecided; every other outcome stays, because a figure of the business cannot make up for what the
  computed evidence does not show.

A figure that an amendment added or changed once results could be seen (`late_kpis`) is entered and
shown like the others, and marked as such: it counts in the amended verdict alone, never in the one
that decides.

A missed target never says No-Go: the rule keeps that for harm that was measured on the documents.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from evaluations import entries
from evaluations.amendments import late_rule
from evaluations.database import Database
from evaluations.documents.cleaning import one_line
from evaluations.entries import Entry
from evaluations.errors import RefusedPlan
from evaluations.records import (
    Criterion,
    Kpi,
    KpiActual,
    Outcome,
    Reason,
    Snapshot,
    Verdict,
)

KPI = "results.criterion.kpi"
KIND = "kpi"
Mark = Literal["met", "open", "missed"]


def asked_for(snapshot: Snapshot) -> tuple[Kpi, ...]:
    """Every figure that can be entered: the rule's, and behind them those that came later."""
    names = {kpi.name for kpi in snapshot.plan.rule.kpis}
    later = (kpi for kpi in late_kpis(snapshot) if kpi.name not in names)
    return (*snapshot.plan.rule.kpis, *later)


def late_kpis(snapshot: Snapshot) -> tuple[Kpi, ...]:
    """Figures that the last amendment after the results adds, or asks for in another way."""
    late = late_rule(snapshot.amendments)
    known = snapshot.plan.rule.kpis
    return () if late is None else tuple(kpi for kpi in late.kpis if kpi not in known)


def enter(
    database: Database, snapshot: Snapshot, name: str, actual: float, author: str = ""
) -> None:
    """Append what came out of a figure; the last entry counts, the earlier ones stay.

    Raises:
        RefusedPlan: neither the rule nor its amendment has such a figure, or that is no number.
    """
    if name not in {kpi.name for kpi in asked_for(snapshot)}:
        raise RefusedPlan("kpi.unknown", name=name)
    if not math.isfinite(actual):
        raise RefusedPlan("kpi.number", name=name)
    values = {"actual": actual}
    entries.add(database, snapshot.run, KIND, values, key=name, author=one_line(author))


def with_actuals(snapshot: Snapshot, entered: Mapping[str, Entry]) -> Snapshot:
    """The snapshot as it is shown: with a row for every figure, and the outcome that follows.

    Args:
        snapshot: as it was computed.
        entered: the last entry of every figure, by its name.
    """
    rule, late = snapshot.plan.rule, late_rule(snapshot.amendments)
    actuals = {name: float(entry.values["actual"]) for name, entry in entered.items()}
    other = snapshot.amended_verdict
    if other is not None and late is not None:
        other = judged(other, late.kpis, actuals)
    told = tuple(
        KpiActual(
            name=kpi.name,
            actual=actuals[kpi.name],
            author=entered[kpi.name].author,
            entered_at=entered[kpi.name].entered_at.isoformat(timespec="seconds"),
            is_late=kpi not in rule.kpis,
        )
        for kpi in asked_for(snapshot)
        if kpi.name in entered
    )
    verdict = judged(snapshot.verdict, rule.kpis, actuals)
    changed = {"verdict": verdict, "amended_verdict": other, "kpi_actuals": told}
    return snapshot.model_copy(update=changed)


def judged(verdict: Verdict, kpis: Sequence[Kpi], actuals: Mapping[str, float]) -> Verdict:
    """A computed verdict with the rows of the figures and the outcome that follows."""
    if not kpis:
        return verdict
    rows = tuple(_row(kpi, actuals.get(kpi.name)) for kpi in kpis)
    shown = verdict.model_copy(update={"criteria": (*verdict.criteria, *rows)})
    marks = [row.mark for row in rows]
    if all(mark == "met" for mark in marks):
        return shown
    if verdict.outcome is Outcome.GO:
        key = "conditional.kpi_missed" if "missed" in marks else "conditional.kpi"
        return _turned(shown, Outcome.CONDITIONAL, key)
    if verdict.outcome is Outcome.CONDITIONAL:
        return _turned(shown, Outcome.UNDECIDED, "undecided.kpi")
    return shown


def _row(kpi: Kpi, actual: float | None) -> Criterion:
    return Criterion(
        key=KPI,
        target=kpi.target,
        actual=actual,
        unit=kpi.unit,
        mark=mark_of(kpi, actual),
        name=kpi.name,
        direction=kpi.direction,
    )


def mark_of(kpi: Kpi, actual: float | None) -> Mark:
    """Whether a figure meets its target; open: nobody has entered it."""
    if actual is None:
        return "open"
    met = actual >= kpi.target if kpi.direction == "at_least" else actual <= kpi.target
    return "met" if met else "missed"


def _turned(verdict: Verdict, outcome: Outcome, key: str) -> Verdict:
    """Another outcome with its own reason, said of the same sides and numbers."""
    side = ".reading" if verdict.reason.key.endswith(".reading") else ""
    reason = Reason(key=f"results.reason.{key}{side}", values=verdict.reason.values)
    return verdict.model_copy(update={"outcome": outcome, "reason": reason})
