"""The verdict first: one word, one sentence, and what it rests on; figures behind the words."""

from __future__ import annotations

from session import language, words

from components.evaluations import OUTCOME_TONES
from components.markup import Element, element
from evaluations.charts import Side, interval_finding, point_at_primary, side_name
from evaluations.findings import parts_of
from evaluations.numbers import apart, interval, plain, signed
from evaluations.records import CurvePoint, Outcome, Snapshot
from evaluations.reports.content import Memo, memo, reason_in_words


def verdict_card(snapshot: Snapshot) -> Element:
    """Outcome, reason and with whose models; small beside them what was asked of how much."""
    content = memo(snapshot, language())
    outcome = snapshot.verdict.outcome.value
    head = [element("p", content.verdict, class_="outcome")]
    if content.stamp:
        head.append(element("p", content.stamp, class_="stamp"))
    about = words(
        "app.results.about",
        question=words(f"app.results.question.{snapshot.plan.preset}"),
        documents=_documents(snapshot),
        length=f"{snapshot.comparison.primary_length:,}",
        unit=snapshot.plan.unit,
        depth=words(f"app.plan.depth.{snapshot.plan.depth}"),
    )
    reason = reason_in_words(snapshot, language())
    said = ("" if language() == "ja" else " ").join(filter(None, (content.tendency, reason)))
    parts = [
        element("div", *head, element("p", about, class_="about"), class_="head"),
        element("p", said, class_="reason"),
    ]
    if content.caution:
        parts.append(element("p", content.caution, class_="caution"))
    if reason != content.reason:
        parts.append(_in_figures(content))
    return element(
        "section", *parts, class_=f"lab-verdict {OUTCOME_TONES[outcome]}", data_outcome=outcome
    )


def _in_figures(content: Memo) -> Element:
    """The reason with its figures, and how each side reads: for who opens it."""
    return element(
        "details",
        element("summary", words("app.results.in_figures")),
        element("p", content.reason, class_="about"),
        element("p", content.sides, class_="about"),
    )


def _documents(snapshot: Snapshot) -> str:
    """How many were compared, and whether they are parts of fewer files."""
    n = snapshot.comparison.documents
    cut = parts_of(one.name for one in snapshot.compared)
    if cut is None:
        return words("app.results.about.documents", n=n)
    key = "cut" if cut.parts == n else "partly_cut"
    return words(f"app.results.about.documents.{key}", n=n, parts=cut.parts, files=cut.files)


def figures(snapshot: Snapshot) -> Element:
    """By how much B is better or worse, in words; below it both levels and what they count."""
    result = snapshot.comparison
    a, b = (point_at_primary(snapshot, arm) for arm in (result.arm_a, result.arm_b))
    boxes = []
    if result.delta_bits_per_byte is not None:
        delta = value = signed(result.delta_bits_per_byte)
        if a is not None and a.bits_per_byte:
            value = _relative(result.delta_bits_per_byte / a.bits_per_byte)
        more = [words("app.results.error.more", delta=delta, interval=_interval_words(snapshot))]
        if interval_finding(result.ci_low, result.ci_high) == "open":
            more.insert(0, words("app.results.error.open"))  # the large words read like a finding
        boxes.append(_figure(words("app.results.error"), value, *more))
    boxes.append(_levels(snapshot, a, b))
    return element("div", *boxes, class_="lab-figures")


def _relative(share: float) -> str:
    """By how much B is better or worse, in words: a signed per cent is read the wrong way."""
    way, value = apart(share)
    return words(f"app.results.relative.{way}", value=value)


def _levels(snapshot: Snapshot, a: CurvePoint | None, b: CurvePoint | None) -> Element:
    """Bits per byte of A and of B, their unit in words, and perplexity beside it."""
    lines = [_level(snapshot, "a", a), _level(snapshot, "b", b)]
    notes = [words("app.results.bits.why")]
    if a is not None and b is not None:
        perplexities = {"a": plain(a.perplexity, 2), "b": plain(b.perplexity, 2)}
        notes.append(words("app.results.perplexity", unit=snapshot.plan.unit, **perplexities))
    more = (element("p", note, class_="more") for note in notes)
    return element("div", *lines, *more, class_="lab-figure")


def _level(snapshot: Snapshot, side: Side, point: CurvePoint | None) -> Element:
    name = words(f"app.results.{side}", name=side_name(snapshot, side, language()))
    value = "-" if point is None else plain(point.bits_per_byte)
    return element(
        "p",
        element("span", name, class_=f"lab-{side}"),
        element("strong", value),
        class_="level",
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
