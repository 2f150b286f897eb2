"""For experts: hashes, statistics, fingerprints, versions, speeds."""

from __future__ import annotations

from session import language, words

from components.format import size
from components.markup import Element, element, table
from evaluations.charts import plain, seen_words
from evaluations.records import CurveKind, Snapshot
from evaluations.reports.statistics import statistics


def expert_details(snapshot: Snapshot) -> Element:
    """Everything that is needed to compute the result again."""
    return element(
        "div",
        table(["", ""], _facts(snapshot)),
        element("h3", words("app.results.expert.arms"), class_="lab-section"),
        _arms(snapshot),
        element("h3", words("app.results.expert.targets"), class_="lab-section"),
        _targets(snapshot),
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


def _mono(text: str) -> Element:
    return element("span", text, class_="lab-mono")
