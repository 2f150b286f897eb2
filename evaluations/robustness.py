"""Does the gain survive a bad day? Re-runs of a finished evaluation on perturbed documents.

A re-run is an ordinary evaluation: its documents are those that its parent scored, each disturbed
by one `Perturbation`; its arms are the two that the parent compared (its calibration documents have
done their part), its rule the parent's. `plan_rerun` makes its plan, `queue_reruns` stores and
queues it, `robustness_of` reads the re-runs of a parent as one table.

A derived document names its origin in `original_sha256`, so parent and re-run are paired document
by document. "Gain kept" is the perturbed difference over the parent's, both summed over the same
documents at the same length, with a bootstrap over documents that draws both together. It says
something only where the parent's gain itself is beyond zero. A re-run never decides anything.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from evaluations.distributions import normal_level, t_quantile
from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import RefusedPlan
from evaluations.numbers import interval, percent, plain, signed
from evaluations.paired import CURVE_DRAWS, LN2, Estimate, by_group, compare, minimum_units
from evaluations.perturbations import perturb
from evaluations.plan import CARRIED_BY, PlannedRun, carried_lengths, versions
from evaluations.records import (
    DERIVED,
    Arm,
    DecisionRule,
    Document,
    FloatArray,
    Frozen,
    Outcome,
    Perturbation,
    PerturbationKind,
    Plan,
    RunDocument,
    Snapshot,
    Status,
)
from evaluations.store import Store
from evaluations.stored_losses import StoredLosses
from evaluations.wording import Language, say

MOST_BYTES = 12_000_000  # of the documents that are disturbed: all are held, some 13 bytes for each
ENOUGH_KEPT = 0.5  # of the gain: what a re-run must leave of it
Note = Literal["withheld", "no_gain", "few", "too_short"]


class Bounded(Frozen):
    """A number with its interval; None where the documents do not carry one."""

    value: float | None
    low: float | None
    high: float | None


class RobustnessRow(Frozen):
    """One re-run beside its parent. before, after: B - A in bits per byte, on paired documents.

    mark: met where all of the interval of `kept` is at least a half, missed where all of it is
    below, open across it; None where nothing can be said, and `note` says why.
    """

    run: str
    status: Status
    perturbation: Perturbation
    context_length: int
    documents: int  # paired
    changed: int  # documents in which the perturbation found something to disturb
    before: Bounded | None = None
    after: Bounded | None = None
    kept: Bounded | None = None
    mark: Literal["met", "open", "missed"] | None = None
    note: Note | None = None


class Robustness(Frozen):
    """The re-runs of one evaluation."""

    parent: str
    confidence: float
    rows: tuple[RobustnessRow, ...]


class Rerun(NamedTuple):
    """A re-run that can be queued, and the documents that it needs."""

    planned: PlannedRun
    derived: tuple[ExtractedDocument, ...]


class Pairs(NamedTuple):
    """Documents (or groups) of a parent and its re-run, (units,) each: nats of B - A, and bytes."""

    before: FloatArray
    before_bytes: FloatArray
    after: FloatArray
    after_bytes: FloatArray


# --- planning --------------------------------------------------------------------------------


def check_parent(parent: Snapshot) -> None:
    """Raise RefusedPlan unless a re-run of this evaluation could say something.

    Raises:
        RefusedPlan
    """
    if parent.plan.perturbation is not None:
        raise RefusedPlan("robustness.of_rerun", run=parent.run)
    if parent.plan.unit != "bytes":  # the disturbed texts would have to be read by its tokenizer
        raise RefusedPlan("robustness.tokens", run=parent.run)
    if parent.status != "done":
        raise RefusedPlan("robustness.not_finished", run=parent.run)
    if parent.verdict.outcome is Outcome.WITHHELD or parent.comparison.delta_bits_per_byte is None:
        raise RefusedPlan("robustness.no_result", run=parent.run)


def check_size(parts: Sequence[RunDocument]) -> None:
    """Raise RefusedPlan where the texts are more than the page that disturbs them should hold.

    Raises:
        RefusedPlan
    """
    scored = [part.document for part in parts if part.role == "scored"]
    _check_bytes(scored, "robustness.too_large")


def check_donors(donors: Sequence[Document]) -> None:
    """Raise RefusedPlan where texts of another site are more than is held beside the others.

    Raises:
        RefusedPlan
    """
    _check_bytes(donors, "robustness.donors_too_large")


def _check_bytes(documents: Sequence[Document], key: str) -> None:
    size = sum(document.bytes for document in documents)
    if size > MOST_BYTES:
        raise RefusedPlan(
            key,
            file=max(documents, key=lambda document: document.bytes).name,
            megabytes=f"{size / 1e6:.1f}",
            most=f"{MOST_BYTES / 1e6:.0f}",
        )


def plan_rerun(
    parent: Snapshot,
    parts: Sequence[RunDocument],
    perturbation: Perturbation,
    text_of: Callable[[str], str],
) -> Rerun | None:
    """The re-run of `parent` under one perturbation; None: it changes no document.

    Where few of the disturbed documents still carry the primary length, the longest one that most
    of them carry takes its place, in the re-run and in the parent's half of the comparison.

    Args:
        parent: finished.
        parts: its documents.
        perturbation: typed.
        text_of: the stored text of a document, also of the perturbation's donors.
    """
    check_parent(parent)
    check_size(parts)
    donors = [text_of(document) for document in perturbation.donors]
    derived: dict[str, ExtractedDocument] = {}
    orders: dict[str, int] = {}
    changed = False
    for part in sorted(parts, key=lambda part: part.order):
        if part.role != "scored":
            continue
        text = text_of(part.document.id)
        found = _derived(part.document, perturb(text, perturbation, part.document.id, donors))
        if found.document.id not in derived:  # two origins may become one text: it counts once
            derived[found.document.id], orders[found.document.id] = found, part.order
        changed = changed or found.document.id != part.document.id
    if not changed:
        return None
    arms = _compared(parent)
    carried = {
        one.document.id: carried_lengths(
            one.document, parent.plan.lengths, arms, parent.plan.depth, parent.plan.seed
        )
        for one in derived.values()
    }
    documents = tuple(
        RunDocument(
            document=one.document,
            role="scored" if carried[one.document.id] else "too_short",
            order=orders[one.document.id],
        )
        for one in derived.values()
    )
    plan = _plan(parent, arms, perturbation, [carried[one.document.id] for one in documents])
    return Rerun(PlannedRun(plan, documents), tuple(derived.values()))


def _derived(origin: Document, text: str) -> ExtractedDocument:
    utf8 = text.encode("utf-8")
    document = origin.model_copy(
        update={
            "id": hashlib.sha256(utf8).hexdigest(),
            "bytes": len(utf8),
            "characters": len(text),
            "format": DERIVED,
            "original_sha256": origin.id,
        }
    )
    return ExtractedDocument(document, text)


def _compared(parent: Snapshot) -> tuple[Arm, Arm]:
    by_name = {arm.name: arm for arm in parent.plan.arms}
    return by_name[parent.comparison.arm_a], by_name[parent.comparison.arm_b]


def _plan(
    parent: Snapshot,
    arms: tuple[Arm, Arm],
    perturbation: Perturbation,
    carried: Sequence[tuple[int, ...]],
) -> Plan:
    a, b = (arm.name for arm in arms)
    lengths = tuple(c for c in parent.plan.lengths if any(c in own for own in carried))
    return parent.plan.model_copy(
        update={
            "arms": arms,
            "baseline": (a,),
            "candidate": b,
            "short_baseline": a,
            "calibration": (),
            "lengths": lengths or parent.plan.lengths,
            "rule": _rule(parent, lengths, carried),
            "versions": versions(),
            "perturbation": perturbation,
            "parent": parent.run,
        }
    )


def _rule(
    parent: Snapshot, lengths: Sequence[int], carried: Sequence[tuple[int, ...]]
) -> DecisionRule:
    """The parent's, at lengths that the perturbed documents carry."""
    rule = parent.plan.rule
    if not lengths:
        return rule
    primary, before = rule.primary_length, len(_differences(parent))
    if sum(primary in own for own in carried) < CARRIED_BY * before:
        needed = CARRIED_BY * len(carried)
        reached = [c for c in lengths if sum(c in own for own in carried) >= needed]
        primary = max((c for c in reached if c < primary), default=min(lengths))
    short = rule.short_length if rule.short_length in lengths else min(lengths)
    return rule.model_copy(update={"primary_length": primary, "short_length": short})


# --- the table -------------------------------------------------------------------------------


def row_of(
    parent: Snapshot,
    rerun: Snapshot,
    parts: Sequence[RunDocument],
    parent_losses: Callable[[], StoredLosses],
) -> RobustnessRow:
    """One re-run beside its parent.

    Args:
        parent, rerun: what is known of them.
        parts: documents of the re-run, with their origins.
        parent_losses: of the parent; asked for where the length that decides is another one.
    """
    perturbation, rule = rerun.plan.perturbation, rerun.plan.rule
    assert perturbation is not None
    row = RobustnessRow(
        run=rerun.run,
        status=rerun.status,
        perturbation=perturbation,
        context_length=rule.primary_length,
        documents=0,
        changed=sum(part.document.id != part.document.original_sha256 for part in parts),
    )
    if rerun.status != "done":
        return row
    if rerun.verdict.outcome is Outcome.WITHHELD:
        failed = {check.check for check in rerun.validity if not check.passed}
        short = "documents_long_enough" in failed
        return row.model_copy(update={"note": "too_short" if short else "withheld"})
    pairs = _pairs(parent, rerun, parts, parent_losses)
    if not len(pairs.before):
        return row.model_copy(update={"note": "too_short"})
    rng = _generator(rerun.plan, perturbation)
    before = compare(pairs.before, pairs.before_bytes, rng, rule.confidence)
    after = compare(pairs.after, pairs.after_bytes, rng, rule.confidence)
    found = {
        "documents": len(pairs.before),
        "before": _bounded(before),
        "after": _bounded(after),
    }
    if before.ci_high is None:
        found["note"] = "few"
    elif before.ci_high >= 0:
        found["note"] = "no_gain"
    else:
        kept = gain_kept(pairs, rng, rule.confidence)
        found |= {"kept": kept, "mark": mark_of(kept)}
    return row.model_copy(update=found)


def gain_kept(pairs: Pairs, rng: np.random.Generator, confidence: float = 0.95) -> Bounded:
    """The perturbed difference over the parent's, with a paired bootstrap over documents.

    A resample without any gain in the parent has no such share: it counts against both ends of
    the interval, and an end that only such resamples reach is left out. Levels are widened by
    Student's t, as those of `paired.bca_interval` (Hesterberg 2015, arXiv:1411.5279).
    """
    units = len(pairs.before)
    value = _share(*(column.sum() for column in pairs))
    if units < minimum_units(confidence):
        return Bounded(value=value, low=None, high=None)
    drawn = rng.integers(0, units, size=(CURVE_DRAWS, units))
    sums = [column[drawn].sum(axis=1) for column in pairs]
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (sums[2] / sums[3]) / (sums[0] / sums[1])
    has_gain = sums[0] < 0
    wide = math.sqrt(units / (units - 1)) * t_quantile((1 + confidence) / 2, units - 1)
    level = normal_level(wide)
    low = np.quantile(np.where(has_gain, shares, -np.inf), 1 - level, method="lower")
    high = np.quantile(np.where(has_gain, shares, np.inf), level, method="higher")
    return Bounded(value=value, low=_finite(low), high=_finite(high))


def mark_of(kept: Bounded) -> Literal["met", "open", "missed"]:
    """Whether at least half of the gain is left, by the whole interval."""
    if kept.low is not None and kept.low >= ENOUGH_KEPT:
        return "met"
    if kept.high is not None and kept.high < ENOUGH_KEPT:
        return "missed"
    return "open"


def _share(before: float, before_bytes: float, after: float, after_bytes: float) -> float | None:
    return float((after / after_bytes) / (before / before_bytes)) if before < 0 else None


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _bounded(estimate: Estimate) -> Bounded:
    return Bounded(value=estimate.delta, low=estimate.ci_low, high=estimate.ci_high)


def _pairs(
    parent: Snapshot,
    rerun: Snapshot,
    parts: Sequence[RunDocument],
    parent_losses: Callable[[], StoredLosses],
) -> Pairs:
    """Documents with a difference on both sides, by their groups where those are declared."""
    length = rerun.plan.rule.primary_length
    if length == parent.plan.rule.primary_length:
        before = _differences(parent)
    else:
        before = _differences_at(parent, length, parent_losses())
    after = _differences(rerun)
    origins = {part.document.id: part.document.original_sha256 for part in parts}
    rows, groups = [], []
    for document in rerun.documents:
        origin = origins[document.id]
        if document.id in after and origin in before:
            rows.append((*before[origin], *after[document.id]))
            groups.append(document.group)
    return Pairs(*by_group(np.array(rows, dtype=np.float64).reshape(len(rows), 4), groups).T)


def _differences(snapshot: Snapshot) -> dict[str, tuple[float, float]]:
    """Nats of B - A and bytes of every scored document at the primary length."""
    return {
        one.id: (one.delta * LN2 * one.target_bytes, float(one.target_bytes))
        for one in snapshot.compared
        if one.delta is not None
    }


def _differences_at(
    snapshot: Snapshot, length: int, losses: StoredLosses
) -> dict[str, tuple[float, float]]:
    """The same at another length, from the stored losses."""
    found = {}
    for one in snapshot.documents:
        sides = [
            losses.targets(one.id, arm, length)
            for arm in (snapshot.comparison.arm_a, snapshot.comparison.arm_b)
        ]
        if one.role != "scored" or sides[0] is None or sides[1] is None:
            continue
        a, b = (float(side.nll.sum(dtype="float64")) for side in sides if side is not None)
        if math.isfinite(a) and math.isfinite(b):
            found[one.id] = (b - a, float(sides[1].token_bytes.sum()))
    return found


def _generator(plan: Plan, perturbation: Perturbation) -> np.random.Generator:
    named = f"robustness:{plan.seed}:{perturbation.model_dump_json()}"
    return np.random.default_rng(
        int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "little")
    )


# --- with the store --------------------------------------------------------------------------


class Queued(NamedTuple):
    """What became of one perturbation. run: None where it changes no document."""

    perturbation: Perturbation
    run: str | None


def queue_reruns(
    store: Store, run: str, perturbations: Iterable[Perturbation], language: Language
) -> list[Queued]:
    """Queue the re-runs of a finished evaluation; those that are there go on or are shown.

    Raises:
        UnknownRun: no evaluation has that id.
        RefusedPlan: it is not finished, has no result, or is a re-run itself; or there is more text
            than is held.
        UnknownDocument: no document has the id of a donor.
    """
    parent, parts = store.snapshot(run), store.run_documents(run)
    check_parent(parent)
    perturbations = tuple(perturbations)
    for perturbation in perturbations:
        check_donors([store.find_document(donor) for donor in perturbation.donors])
    queued = []
    for perturbation in perturbations:
        rerun = plan_rerun(parent, parts, perturbation, store.document_text)
        if rerun is None:
            queued.append(Queued(perturbation, None))
            continue
        kind = kind_words(perturbation, language)
        name = say("robustness.name", language, kind=kind, name=parent.name)
        planned = rerun.planned
        found = store.start_run(name, planned.plan, planned.run_documents, derived=rerun.derived)
        queued.append(Queued(perturbation, found))
    return queued


def robustness_of(
    store: Store, parent: Snapshot, snapshot_of: Callable[[str], Snapshot] | None = None
) -> Robustness:
    """The re-runs of one evaluation as a table, in the order of the kinds.

    Args:
        store: where they are.
        parent: the evaluation.
        snapshot_of: how a re-run's snapshot is found; None: from the store.
    """
    order = {kind: number for number, kind in enumerate(PerturbationKind)}
    rows = [
        row_of(
            parent,
            (snapshot_of or store.snapshot)(run),
            store.run_documents(run),
            lambda: store.losses(parent.run),
        )
        for run in store.reruns(parent.run)
    ]
    rows.sort(key=lambda row: (order[row.perturbation.kind], row.perturbation.strength))
    confidence = parent.plan.rule.confidence
    return Robustness(parent=parent.run, confidence=confidence, rows=tuple(rows))


# --- in words --------------------------------------------------------------------------------

COLUMNS = ("kind", "strength", "length", "documents", "before", "after", "kept", "mark")


def column_words(language: Language) -> list[str]:
    """The head of the table."""
    return [say(f"robustness.column.{name}", language) for name in COLUMNS]


def row_words(row: RobustnessRow, language: Language) -> list[str]:
    """One line of the table, for commands and pages alike."""
    if row.mark is not None:
        mark = say(f"robustness.mark.{row.mark}", language)
    elif row.note is not None:
        mark = say(f"robustness.note.{row.note}", language)
    else:
        mark = say(f"command.status.{row.status}", language)
    return [
        kind_words(row.perturbation, language),
        strength_words(row.perturbation, language),
        f"{row.context_length:,}",
        f"{row.documents}" if row.documents else "-",
        _difference_words(row.before, language),
        _difference_words(row.after, language),
        _kept_words(row.kept),
        mark,
    ]


def kind_words(perturbation: Perturbation, language: Language) -> str:
    """What kind it is."""
    return say(f"robustness.kind.{perturbation.kind}", language)


def strength_words(perturbation: Perturbation, language: Language) -> str:
    """How much of what is disturbed."""
    donors = ".donors" if perturbation.donors else ""
    return say(
        f"robustness.strength.{perturbation.kind}{donors}",
        language,
        strength=f"{perturbation.strength:g}",
        percent=f"{100 * perturbation.strength:g}",
    )


def _difference_words(found: Bounded | None, language: Language) -> str:
    if found is None or found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return signed(found.value)
    return f"{signed(found.value)} [{interval(found.low, found.high, language)}]"


def _kept_words(found: Bounded | None) -> str:
    """A share with its interval, in per cent; an end without a bound is left open."""
    if found is None or found.value is None:
        return "-"
    low, high = ("" if end is None else plain(100 * end, 0) for end in (found.low, found.high))
    return percent(found.value) + (f" [{low} … {high}]" if low or high else "")
