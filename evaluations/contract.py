"""The JSON object that other programs read: `run --json` and `show --json` print it.

Its names are a contract (README): fields may be added, none renamed or removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evaluations.findings import reason_of
from evaluations.outputs import OutputsSummary
from evaluations.records import Check, Contrast, DocumentResult, Effects, Snapshot, Verdict
from evaluations.wording import Language, say

EFFECTS = ("training", "reading", "interaction", "total")


def snapshot_json(
    snapshot: Snapshot, language: Language = "en", outputs: OutputsSummary | None = None
) -> dict[str, Any]:
    """The object of one evaluation; `verdict.reason` is a sentence in `language`.

    Args:
        outputs: what A and B wrote; None: nothing, and then the object does not speak of it.
    """
    written = {} if outputs is None else {"outputs": outputs.model_dump(mode="json")}
    plan = snapshot.plan
    return {
        **written,
        "run": snapshot.run,
        "name": snapshot.name,
        "status": snapshot.status,
        "created": snapshot.created,
        "preset": plan.preset.value,
        "depth": plan.depth.value,
        "parent": plan.parent,
        "perturbation": (
            None if plan.perturbation is None else plan.perturbation.model_dump(mode="json")
        ),
        "plan_hash": snapshot.plan_hash,
        "locked_at": snapshot.locked_at,
        "documents": [_document(document) for document in snapshot.documents],
        "arms": [
            {
                "name": arm.name,
                "checkpoint": arm.checkpoint,
                "fingerprint": arm.fingerprint,
                "training_initialization": arm.training_initialization,
                "training_length": arm.training_length,
                "policy": arm.policy.value,
                "window": arm.window,
            }
            for arm in plan.arms
        ],
        "curve": [point.model_dump(mode="json") for point in snapshot.curve],
        "document_curves": [curve.model_dump(mode="json") for curve in snapshot.document_curves],
        "extension": [found.model_dump(mode="json") for found in snapshot.extension],
        "comparison": snapshot.comparison.model_dump(mode="json"),
        "contrasts": [contrast.model_dump(mode="json") for contrast in snapshot.contrasts],
        "calibration": snapshot.calibration,
        "validity": [check.model_dump(mode="json") for check in snapshot.validity],
        "verdict": _verdict(snapshot.verdict, snapshot.validity, language),
        "effects": _effects(snapshot.effects),
        "speed": [speed.model_dump(mode="json") for speed in snapshot.speed],
        "baselines": (
            None if snapshot.baselines is None else snapshot.baselines.model_dump(mode="json")
        ),
        "tokenizer": plan.tokenizer,
        "context_sensitive": (
            None
            if snapshot.context_sensitive is None
            else snapshot.context_sensitive.model_dump(mode="json")
        ),
        "rule": plan.rule.model_dump(mode="json"),
        "rule_lock": (
            None if snapshot.rule_lock is None else snapshot.rule_lock.model_dump(mode="json")
        ),
        "amendments": [one.model_dump(mode="json") for one in snapshot.amendments],
        "amended_verdict": (
            None
            if snapshot.amended_verdict is None
            else _verdict(snapshot.amended_verdict, snapshot.validity, language)
        ),
        "kpi_actuals": [one.model_dump(mode="json") for one in snapshot.kpi_actuals],
        "versions": plan.versions,
        "canonical": None if plan.canonical is None else plan.canonical.model_dump(mode="json"),
        "rows": plan.rows,
        "computed_by": [found.model_dump(mode="json") for found in snapshot.computed_by],
        "device": snapshot.device,
        "detectable": [one.model_dump(mode="json") for one in snapshot.detectable],
    }


def _verdict(verdict: Verdict, checks: Sequence[Check], language: Language) -> dict[str, Any]:
    reason = reason_of(verdict, checks)
    return {
        "outcome": verdict.outcome.value,
        "reason": say(reason.key, language, **reason.values),
        "reason_key": verdict.reason.key,
        "documents_needed": verdict.documents_needed,
        "criteria": [criterion.model_dump(mode="json") for criterion in verdict.criteria],
    }


def _document(document: DocumentResult) -> dict[str, Any]:
    values = document.model_dump(mode="json")
    values["spans"] = [list(span) for span in document.spans]
    return values


def _effects(effects: Effects) -> dict[str, Any]:
    """Bits per byte at the primary length, which add up; their intervals beside them."""
    contrasts: dict[str, Contrast | None] = {name: getattr(effects, name) for name in EFFECTS}
    values: dict[str, Any] = {
        name: None if found is None else found.delta_bits_per_byte
        for name, found in contrasts.items()
    }
    values["intervals"] = {
        name: None if found is None else [found.ci_low, found.ci_high]
        for name, found in contrasts.items()
    }
    return values
