"""The locked rule applied to the findings: Go, Conditional, No-Go, Undecided or Withheld.

`decide(findings)` is all of it that is measured; `main_contrast` picks the contrast that stands for
several ZERO candidates. In order:

1. a failed check: Withheld, whatever the numbers say.
2. still running, or cancelled: Undecided; the always-valid interval is shown.
3. fewer units than signs can decide on (6 at 95 %): Undecided, with how many more. A re-run on
   perturbed documents is Undecided as well: it is evidence about its parent, and no decision.
4. quick: never Go or Conditional. No-Go only where B is worse at the primary length itself
   (interval above 0): the cost on short texts is shown among the criteria, but what a quick run
   finds there must not close the question. Its timings are too short to condemn anything. Else
   Undecided, because it was quick.
5. No-Go: the interval rules out -δ (lies above it), or a guardrail shows harm: short texts worse
   than +ε by the whole interval, slower than allowed by the whole interval, or larger.
6. interval across -δ: Undecided, with how many more documents.
7. the primary criterion is met: Go with nothing open, Conditional with one item open, Undecided
   with more. A warning among the checks is such an item, and so is what was not measured.

A blind review comes after all that (`with_review`): once its interval stands, "not worse" is one
more criterion. Not settled, it is an open item; shown to be worse, neither Go nor Conditional.

Bounds are those of the two-sided interval. Meeting a criterion is strict (< -δ, < +ε), ruling it
out as well (> -δ, > +ε): an interval that ends exactly there leaves it open. Guardrails may be met
exactly. Without calibration documents B must beat every ZERO candidate: the worst bound counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from evaluations.numbers import plain, signed
from evaluations.paired import WATCHED_UNITS, minimum_units
from evaluations.power import NEEDED_CAP
from evaluations.records import (
    HIGHEST,
    Check,
    Contrast,
    Criterion,
    DecisionRule,
    Depth,
    Outcome,
    Reason,
    ReviewSummary,
    Verdict,
)

Mark = Literal["met", "open", "missed"]

PRIMARY = "results.criterion.primary"
SHORT = "results.criterion.short"
SLOWDOWN = "results.criterion.slowdown"
MEMORY = "results.criterion.memory"
WARNINGS = "results.criterion.warnings"
DOCUMENTS = "results.criterion.documents"
REVIEW = "results.criterion.review"


@dataclass(frozen=True)
class Findings:
    """Everything that the rule looks at."""

    rule: DecisionRule
    depth: Depth
    is_final: bool
    deciding: tuple[Contrast, ...]  # at the primary length: one, or one per ZERO candidate
    short: Contrast | None  # at the short length
    slowdown: float | None  # time per token, B over A; None: not measured, or too little of it
    memory_ratio: float | None
    checks: tuple[Check, ...]
    units: int  # documents or groups that are complete
    expected: int  # documents that are to be scored
    slowdown_interval: tuple[float, float] | None = None  # None: the value is taken as exact
    is_cancelled: bool = False
    documents_needed: int | None = None  # further ones until the interval leaves -δ
    bits: Mapping[str, float] = field(default_factory=dict)  # of each arm, at the primary length
    same_weights: bool = False  # one checkpoint read in two ways: never called PROPOSED
    unit: str = "bytes"  # of lengths
    is_perturbed: bool = False  # a re-run on disturbed documents: it decides nothing itself


def main_contrast(deciding: Sequence[Contrast], margin: float) -> Contrast | None:
    """The one that decides among several: the ZERO candidate that is hardest to beat.

    If an interval lies above -margin, the highest lower bound; else the highest upper bound.
    """
    if not deciding:
        return None
    bounded = [one for one in deciding if one.ci_low is not None and one.ci_high is not None]
    if not bounded:
        return max(deciding, key=lambda one: _or_lowest(one.delta_bits_per_byte))
    above = [one for one in bounded if _or_lowest(one.ci_low) > -margin]
    if above:
        return max(above, key=lambda one: _or_lowest(one.ci_low))
    return max(bounded, key=lambda one: _or_lowest(one.ci_high))


def decide(findings: Findings) -> Verdict:
    """Outcome, reason with the numbers, documents still needed, and the row of every criterion."""
    criteria = _criteria(findings)
    marks = {criterion.key: criterion.mark for criterion in criteria}
    failed = [check for check in findings.checks if not check.passed and not check.warning]
    if failed:
        return Verdict(outcome=Outcome.WITHHELD, reason=_withheld(failed), criteria=criteria)
    main = main_contrast(findings.deciding, findings.rule.margin)
    if not findings.is_final:
        key = "undecided.cancelled" if findings.is_cancelled else _running(main)
        return _verdict(findings, Outcome.UNDECIDED, key, main, criteria)
    minimum = minimum_units(findings.rule.confidence)
    if findings.units < minimum or main is None or main.ci_low is None or main.ci_high is None:
        short_of = max(1, minimum - findings.units)
        return _verdict(findings, Outcome.UNDECIDED, _too_few(main), main, criteria, short_of)
    if findings.is_perturbed:
        key = "undecided.perturbed"
        return _verdict(findings, Outcome.UNDECIDED, key, main, criteria)
    if findings.depth is Depth.QUICK:
        outcome, key = _quick(main)
        return _verdict(findings, outcome, key, main, criteria)
    harm = _harm(main, marks)
    if harm is not None:
        return _verdict(findings, Outcome.NO_GO, harm, main, criteria)
    if marks[PRIMARY] != "met":
        needed = findings.documents_needed
        is_close = needed is None or needed >= NEEDED_CAP
        key = "undecided.too_close" if is_close else "undecided.interval"
        return _verdict(findings, Outcome.UNDECIDED, key, main, criteria, needed)
    return _adopt(findings, main, criteria, marks)


def _adopt(
    findings: Findings,
    main: Contrast,
    criteria: tuple[Criterion, ...],
    marks: Mapping[str, Mark],
) -> Verdict:
    """The primary criterion is met: what else is open?"""
    left = [key for key, mark in marks.items() if mark == "open"]
    if not left:
        key = "go" if len(findings.deciding) == 1 else "go.every"
        return _verdict(findings, Outcome.GO, key, main, criteria)
    if len(left) == 1:
        item = left[0].rsplit(".", 1)[1]
        return _verdict(findings, Outcome.CONDITIONAL, f"conditional.{item}", main, criteria)
    return _verdict(findings, Outcome.UNDECIDED, "undecided.open", main, criteria, open=len(left))


# --- the blind review ------------------------------------------------------------------------


def with_review(verdict: Verdict, review: ReviewSummary | None, margin: float) -> Verdict:
    """The verdict with what reviewers said since; unchanged while they are too few to say it.

    "Not worse": all of the interval of B's win rate above a half less `margin`, the rule's own.
    Worse: all of it below a half. Ties count half.
    """
    if review is None or review.ci_low is None or review.ci_high is None:
        return verdict
    if verdict.outcome is Outcome.WITHHELD:
        return verdict
    limit = review_limit(margin)
    row = Criterion(
        key=REVIEW,
        target=limit,
        actual=review.ci_low,
        unit="share",
        mark=_review_mark(limit, review.ci_low, review.ci_high),
        low=review.ci_low,
        high=review.ci_high,
    )
    reviewed = verdict.model_copy(update={"criteria": (*verdict.criteria, row)})
    if row.mark == "met" or verdict.outcome not in (Outcome.GO, Outcome.CONDITIONAL):
        return reviewed
    if row.mark == "missed":
        outcome, key = Outcome.UNDECIDED, "undecided.review"
    elif verdict.outcome is Outcome.GO:
        outcome, key = Outcome.CONDITIONAL, "conditional.review"
    else:
        outcome, key = Outcome.UNDECIDED, "undecided.open"
    side = ".reading" if verdict.reason.key.endswith(".reading") else ""
    values = {**verdict.reason.values, **_review_numbers(review, limit), "open": 2}
    reason = Reason(key=f"results.reason.{key}{side}", values=values)
    return reviewed.model_copy(update={"outcome": outcome, "reason": reason})


def review_limit(margin: float) -> float:
    """Above which all of the interval of B's win rate has to lie."""
    return round(0.5 - margin, 9)  # 0.5 - 0.15 is no more than 0.35


def review_numbers(rule: DecisionRule) -> dict[str, str]:
    """What a rule asks of a blind review: `{"limit": "40", "margin": "10"}`, in percent."""
    limit = review_limit(rule.review_margin)
    shares = {"limit": limit, "margin": rule.review_margin}
    return {name: f"{round(100 * value, 6):g}" for name, value in shares.items()}


def _review_mark(limit: float, low: float, high: float) -> Mark:
    if low > limit:
        return "met"
    return "missed" if high < 0.5 else "open"


def _review_numbers(review: ReviewSummary, limit: float) -> dict[str, Any]:
    shares = {"rate": review.win_rate, "low": review.ci_low, "high": review.ci_high}
    return {
        **{f"review_{n}": "-" if v is None else f"{100 * v:.1f}" for n, v in shares.items()},
        "review_votes": review.votes,
        "review_reviewers": len(review.reviewers),
        "review_limit": f"{round(100 * limit, 6):g}",
    }


# --- parts of the rule -----------------------------------------------------------------------


def _criteria(findings: Findings) -> tuple[Criterion, ...]:
    rule = findings.rule
    lows = [one.ci_low for one in findings.deciding if one.ci_low is not None]
    highs = [one.ci_high for one in findings.deciding if one.ci_high is not None]
    every = bool(highs) and len(highs) == len(findings.deciding)
    upper = max(highs) if every else None
    short = findings.short
    short_upper = None if short is None else short.ci_high
    warnings = sum(not check.passed and check.warning for check in findings.checks)
    planned = _planned_units(rule)
    return (
        Criterion(
            key=PRIMARY,
            target=-rule.margin + 0.0,
            actual=upper,
            unit="bits_per_byte",
            mark=_against(-rule.margin, max(lows) if lows else None, upper),
        ),
        Criterion(
            key=SHORT,
            target=rule.short_margin,
            actual=short_upper,
            unit="bits_per_byte",
            mark=_against(rule.short_margin, None if short is None else short.ci_low, short_upper),
        ),
        _guardrail(SLOWDOWN, rule.maximum_slowdown, findings.slowdown, findings.slowdown_interval),
        _guardrail(MEMORY, rule.maximum_memory_ratio, findings.memory_ratio),
        Criterion(
            key=WARNINGS,
            target=0,
            actual=warnings,
            unit="count",
            mark="open" if warnings else "met",
        ),
        Criterion(
            key=DOCUMENTS,
            target=planned,
            actual=findings.units,
            unit="documents",
            mark="met" if findings.units >= planned else "open",
        ),
    )


def _planned_units(rule: DecisionRule) -> int:
    """As many as the rule asks for, and never fewer than can carry a verdict."""
    return max(minimum_units(rule.confidence), rule.documents or 0)


def _against(limit: float, low: float | None, high: float | None) -> Mark:
    """Below the limit, above it, or across it."""
    if high is not None and high < limit:
        return "met"
    if low is not None and low > limit:
        return "missed"
    return "open"


def _guardrail(
    key: str, maximum: float, actual: float | None, interval: tuple[float, float] | None = None
) -> Criterion:
    """Met or missed where all of the interval says so; an exact value is an interval of itself."""
    row = Criterion(key=key, target=maximum, actual=actual, unit="ratio", mark="open")
    if actual is None:
        return row
    low, high = interval or (actual, actual)
    mark: Mark = "met" if high <= maximum else "missed" if low > maximum else "open"
    bounds = {} if interval is None else {"low": low, "high": high}
    return row.model_copy(update={"mark": mark, **bounds})


def _quick(main: Contrast) -> tuple[Outcome, str]:
    if _or_lowest(main.ci_low) > 0:
        return Outcome.NO_GO, "no_go.worse"
    return Outcome.UNDECIDED, "undecided.quick"


def _harm(main: Contrast, marks: Mapping[str, Mark]) -> str | None:
    if marks[PRIMARY] == "missed":
        return "no_go.worse" if _or_lowest(main.ci_low) > 0 else "no_go.small"
    for key in (SHORT, SLOWDOWN, MEMORY):
        if marks[key] == "missed":
            return f"no_go.{key.rsplit('.', 1)[1]}"
    return None


def _running(main: Contrast | None) -> str:
    if main is None or main.delta_bits_per_byte is None:
        return "undecided.waiting"
    if main.method == "block_bootstrap":
        return "undecided.running.one_document"
    if main.method == "confidence_sequence":
        return "undecided.running"
    return "undecided.running.few"


def _too_few(main: Contrast | None) -> str:
    if main is None or main.delta_bits_per_byte is None:
        return "undecided.nothing"
    if main.method == "block_bootstrap":
        return "undecided.one_document"
    return "undecided.few"


# --- words -----------------------------------------------------------------------------------


def _withheld(failed: Sequence[Check]) -> Reason:
    first = failed[0].check
    return Reason(key=f"results.reason.withheld.{first}", values={"failed": len(failed)})


def _verdict(
    findings: Findings,
    outcome: Outcome,
    key: str,
    main: Contrast | None,
    criteria: tuple[Criterion, ...],
    needed: int | None = None,
    **values: Any,
) -> Verdict:
    side = ".reading" if findings.same_weights else ""
    return Verdict(
        outcome=outcome,
        reason=Reason(
            key=f"results.reason.{key}{side}", values={**_numbers(findings, main), **values}
        ),
        documents_needed=needed,
        criteria=criteria,
    )


def _numbers(findings: Findings, main: Contrast | None) -> dict[str, Any]:
    """The values of every reason, as they are printed; the exact ones are in the contrasts."""
    rule, short = findings.rule, findings.short
    return {
        **_contrast_numbers(main, findings.bits, ""),
        **_contrast_numbers(short, {}, "short_"),
        "unit": findings.unit,
        "length": f"{rule.primary_length:,}",
        "short_length": f"{rule.short_length:,}",
        "margin": plain(rule.margin),
        "short_margin": plain(rule.short_margin),
        "confidence": f"{100 * rule.confidence:g}",
        **_rule_numbers(rule),
        "units": findings.units,
        "expected": findings.expected,
        "minimum": minimum_units(rule.confidence),
        "needed": _needed(findings),
        "candidates": len(findings.deciding),
        "slowdown": _optional(findings.slowdown),
        "maximum_slowdown": plain(rule.maximum_slowdown, 2),
        "memory": _optional(findings.memory_ratio),
        "maximum_memory": plain(rule.maximum_memory_ratio, 2),
        "warnings": sum(not check.passed and check.warning for check in findings.checks),
    }


def _contrast_numbers(
    contrast: Contrast | None, bits: Mapping[str, float], prefix: str
) -> dict[str, Any]:
    if contrast is None:
        names = ("arm_a", "arm_b", "delta", "low", "high", "percent", "percent_low", "percent_high")
        return {f"{prefix}{name}": "-" for name in names}
    estimates = {
        "": contrast.delta_bits_per_byte,
        "_low": contrast.ci_low,
        "_high": contrast.ci_high,
    }
    base = bits.get(contrast.arm_a)
    numbers: dict[str, Any] = {
        f"{prefix}arm_a": contrast.arm_a,
        f"{prefix}arm_b": contrast.arm_b,
    }
    for end, value in estimates.items():
        name = end.removeprefix("_") or "delta"
        numbers[f"{prefix}{name}"] = "-" if value is None else signed(value)
        share = None if value is None or not base else 100 * value / base
        numbers[f"{prefix}percent{end}"] = "-" if share is None else signed(share, 1)
    return numbers


def completed(verdict: Verdict, rule: DecisionRule) -> Verdict:
    """A stored verdict whose reason has every value that today's words ask for."""
    values = {**_rule_numbers(rule), **verdict.reason.values}
    reason = verdict.reason.model_copy(update={"values": values})
    return verdict.model_copy(update={"reason": reason})


def _rule_numbers(rule: DecisionRule) -> dict[str, Any]:
    """What follows from the rule alone."""
    return {
        "stricter": f"{100 * _stricter(rule.confidence):g}",
        "watched": max(WATCHED_UNITS, minimum_units(rule.confidence)),
        "planned": _planned_units(rule),
    }


def _stricter(confidence: float) -> float:
    """What to lock when one intends to decide twice: each look gets half of the risk."""
    return min(HIGHEST["confidence"], round(1 - (1 - confidence) / 2, 6))


def _needed(findings: Findings) -> int:
    minimum = minimum_units(findings.rule.confidence)
    if findings.units < minimum:
        return minimum - findings.units
    return findings.documents_needed or 0


def _or_lowest(value: float | None) -> float:
    return float("-inf") if value is None else value


def _optional(value: float | None) -> str:
    return "-" if value is None else plain(value, 2)
