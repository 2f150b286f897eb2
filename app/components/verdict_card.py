"""The verdict first: one word, one sentence, and what it rests on."""

from __future__ import annotations

from session import language, words

from components.evaluations import OUTCOME_TONES
from components.markup import Element, element
from evaluations.charts import point_at_primary, side_name
from evaluations.numbers import apart, interval, plain, signed
from evaluations.records import CurvePoint, Outcome, Snapshot
from evaluations.reports.content import memo


def verdict_card(snapshot: Snapshot) -> Element:
    """Outcome and reason; small beside them what was asked, and how each side reads."""
    content = memo(snapshot, language())
    outcome = snapshot.verdict.outcome.value
    head = [element("p", content.verdict, class_="outcome")]
    if content.stamp:
        head.append(element("p", content.stamp, class_="stamp"))
    about = words(
        "app.results.about",
        question=words(f"app.results.question.{snapshot.plan.preset}"),
        documents=snapshot.comparison.documents,
        length=f"{snapshot.comparison.primary_length:,}",
        unit=snapshot.plan.unit,
        depth=words(f"app.plan.depth.{snapshot.plan.depth}"),
    )
    parts = [
        element("div", *head, element("p", about, class_="about"), class_="head"),
    ]
    if content.tendency:
        parts.append(element("p", content.tendency, class_="reason"))
    parts.append(element("p", content.reason, class_="reason"))
    if content.sides:
        parts.append(element("p", content.sides, class_="about"))
    return element(
        "section", *parts, class_=f"lab-verdict {OUTCOME_TONES[outcome]}", data_outcome=outcome
    )


def figures(snapshot: Snapshot) -> Element:
    """A, B and their difference at the primary length, each with its unit."""
    result = snapshot.comparison
    a, b = (point_at_primary(snapshot, arm) for arm in (result.arm_a, result.arm_b))
    boxes = [_side(snapshot, "a", a), _side(snapshot, "b", b)]
    if result.delta_bits_per_byte is not None:
        more = [_interval_words(snapshot)]
        if a is not None and a.bits_per_byte:
            more.append(_relative(result.delta_bits_per_byte / a.bits_per_byte))
        boxes.append(_figure(words("app.results.delta"), signed(result.delta_bits_per_byte), *more))
    return element("div", *boxes, class_="lab-figures")


def _relative(share: float) -> str:
    """By how much B is better or worse, in words: a signed per cent is read the wrong way."""
    way, value = apart(share)
    return words(f"app.results.relative.{way}", value=value)


def _side(snapshot: Snapshot, side: str, point: CurvePoint | None) -> Element:
    name = element(
        "span",
        words(f"app.results.{side}", name=side_name(snapshot, side, language())),
        class_=f"lab-{side}",
    )
    if point is None:
        return _figure(name, "-")
    return _figure(
        name,
        words("app.results.bits", value=plain(point.bits_per_byte)),
        words("app.results.perplexity", value=plain(point.perplexity, 2), unit=snapshot.plan.unit),
    )


def _interval_words(snapshot: Snapshot) -> str:
    result = snapshot.comparison
    if result.ci_low is None or result.ci_high is None:
        return words("app.results.delta.none")
    return words(
        "app.results.delta.more",
        confidence=f"{100 * snapshot.plan.rule.confidence:g}",
        interval=interval(result.ci_low, result.ci_high, language()),
    )


def _figure(what: object, value: str, *more: str) -> Element:
    return element(
        "div",
        element("p", what, class_="what"),
        element("p", value, class_="value"),
        *(element("p", line, class_="more") for line in more),
        class_="lab-figure",
    )


def is_withheld(snapshot: Snapshot) -> bool:
    """Whether a failed check forbids showing a result."""
    return snapshot.verdict.outcome is Outcome.WITHHELD
