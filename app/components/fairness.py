"""How the two methods were compared and why that is fair, in words with this run's numbers."""

from __future__ import annotations

from session import language, words

from components.format import moment
from components.markup import Element, element
from evaluations.charts import one_checkpoint
from evaluations.records import Preset, Snapshot
from evaluations.reports.content import memo


def fairness(snapshot: Snapshot) -> Element:
    """The question, the five rules of the comparison, and what the memo says about it."""
    preset = snapshot.plan.preset
    parts = [
        words(
            "app.results.fair.context",
            question=words(f"app.results.question.{preset}"),
            why=words(f"app.plan.preset.{preset}.why"),
        )
    ]
    if not one_checkpoint(snapshot):
        parts.append(words("app.results.fair.1"))
    parts += [words("app.results.fair.2"), words("app.results.fair.3")]
    method = words(f"results.method.{snapshot.comparison.method}")
    parts.append(words("app.results.fair.4", method=method))
    if snapshot.rule_lock is None:
        parts.append(words("app.results.fair.5", when=moment(snapshot.locked_at)))
    parts += [words(f"results.note.{note}") for note in _notes(snapshot)]
    lines = [f"{line.label}: {line.value}" for line in memo(snapshot, language()).comparison]
    return element(
        "div",
        *(element("p", part, class_="lab-text") for part in parts),
        *(element("p", line, class_="lab-note") for line in lines),
        class_="lab-prose",
    )


def _notes(snapshot: Snapshot) -> list[str]:
    """What a reader must know beside the rules."""
    notes = []
    if one_checkpoint(snapshot):
        notes.append("reading_policy")
    elif snapshot.plan.preset is Preset.PAPER:
        notes.append("contexts_differ")
    if snapshot.plan.preset is Preset.BEST_ZERO and not snapshot.plan.calibration:
        notes.append("every_candidate")
    if snapshot.comparison.method == "block_bootstrap":
        notes.append("one_document")
    if not one_checkpoint(snapshot):
        notes.append("checkpoints")
    return notes
