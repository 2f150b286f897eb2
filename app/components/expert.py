"""For experts: hashes, statistics, fingerprints, versions, speeds."""

from __future__ import annotations

from session import language, words

from components.markup import Element, element, table
from evaluations.charts import seen_words
from evaluations.numbers import interval, percent, plain, signed, size
from evaluations.records import CurveKind, Outcome, SensitiveTokens, Snapshot
from evaluations.reports.content import rows_words
from evaluations.reports.statistics import statistics


def expert_details(snapshot: Snapshot) -> Element:
    """Everything that is needed to compute the result again."""
    return element(
        "div",
        table(["", ""], _facts(snapshot)),
        element("h3", words("app.results.expert.arms"), class_="lab-section"),
        _arms(snapshot),
        element("p", words("app.results.expert.speed.why"), class_="lab-note"),
        element("h3", words("app.results.expert.targets"), class_="lab-section"),
        _targets(snapshot),
        *_sensitive(snapshot),
    )


def _facts(snapshot: Snapshot) -> list[list[object]]:
    facts: list[list[object]] = [
        [words("app.results.expert.plan"), _mono(snapshot.plan_hash)],
        [words("app.results.expert.seed"), snapshot.plan.seed],
        [words("app.results.expert.device"), snapshot.device or "-"],
        [
            words("app.results.expert.versions"),
            _mono(", ".join(f"{k} {v}" for k, v in snapshot.plan.versions.items())),
        ],
    ]
    if snapshot.plan.rows > 1:
        read = rows_words(snapshot.plan.rows, language())
        facts.append([words("app.results.expert.rows"), read])
    facts += [[line.label, line.value] for line in statistics(snapshot, language())]
    if snapshot.baselines is not None:
        simple = words(
            "app.results.expert.baselines",
            unigram=plain(snapshot.baselines.unigram),
            order2=plain(snapshot.baselines.order2),
        )
        facts.append(["", simple])
    return facts


def _arms(snapshot: Snapshot) -> Element:
    speeds = {speed.arm: speed for speed in snapshot.speed}
    header = [
        words(f"app.results.expert.{name}")
        for name in ("arm", "checkpoint", "fingerprint", "speed", "memory")
    ]
    rows: list[list[object]] = []
    for arm in snapshot.plan.arms:
        speed = speeds.get(arm.name)
        rows.append(
            [
                _mono(arm.name),
                _mono(arm.checkpoint),
                _mono(arm.fingerprint[:16]),
                "-" if speed is None else f"{speed.tokens_per_second:,.0f}",
                "-" if speed is None else size(speed.peak_memory_bytes),
            ]
        )
    return table(header, rows, numeric={3, 4})


def _targets(snapshot: Snapshot) -> Element:
    """One identity per length: every arm scored the same places, or the check above failed.

    Beside it what A and B had really read there.
    """
    found: dict[int, set[str]] = {}
    context: dict[tuple[str, int], str] = {}
    for point in snapshot.curve:
        if point.kind is CurveKind.MATCHED:
            found.setdefault(point.context_length, set()).add(point.target_hash)
            context[point.arm, point.context_length] = seen_words(point)
    sides = (snapshot.comparison.arm_a, snapshot.comparison.arm_b)
    rows: list[list[object]] = [
        [
            f"{length:,}",
            *(context.get((arm, length), "-") for arm in sides),
            _mono(", ".join(sorted(hashes))),
        ]
        for length, hashes in sorted(found.items())
    ]
    seen = [words("app.results.expert.seen", side=side) for side in "AB"]
    return table([words("app.results.expert.length"), *seen, "SHA-256"], rows, numeric={1, 2})


def _sensitive(snapshot: Snapshot) -> list[Element]:
    """Both arms on the tokens that distant text helps; nothing where a check withholds numbers."""
    found = snapshot.context_sensitive
    if found is None or snapshot.verdict.outcome is Outcome.WITHHELD:
        return []
    title = element("h3", words("app.results.sensitive"), class_="lab-section")
    note = words(
        "app.results.sensitive.why",
        drop=f"{found.drop:g}",
        shortest=f"{found.shortest:,}",
        longest=f"{found.longest:,}",
    )
    parts = [title, element("p", note, class_="lab-note")]
    if not found.sets:
        return [*parts, element("p", words("app.results.sensitive.none"), class_="lab-text")]
    header = [
        words(f"app.results.sensitive.{name}")
        for name in ("chosen_by", "tokens", "documents", "a", "b", "delta")
    ]
    rows: list[list[object]] = [
        [
            words(f"app.results.sensitive.by.{one.chosen_by}"),
            f"{one.tokens:,} ({percent(one.tokens / found.targets, 1)})",
            one.documents,
            plain(one.arm_a),
            plain(one.arm_b),
            _with_interval(one),
        ]
        for one in found.sets
    ]
    return [*parts, table(header, rows, numeric={1, 2, 3, 4, 5})]


def _with_interval(one: SensitiveTokens) -> str:
    if one.delta_bits_per_byte is None:
        return "-"
    value = signed(one.delta_bits_per_byte)
    if one.ci_low is None or one.ci_high is None:
        return value
    return f"{value} [{interval(one.ci_low, one.ci_high, language())}]"


def _mono(text: str) -> Element:
    return element("span", text, class_="lab-mono")
