"""One evaluation as evidence: from the losses of its finished tasks to a `Snapshot`.

`assemble` is a pure function: the same plan, documents and losses give the same snapshot to the
last digit, on one machine; its random draws come from the plan's seed. It reads top to bottom:
sums of every document under every arm, which documents count, calibration, contrasts, curves,
effects, checks, verdict.

While an evaluation runs, the documents that count are the completed beginning of their seeded
order, and intervals are the always-valid ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from evaluations import validity
from evaluations.baselines import pooled_baselines
from evaluations.curves import (
    ArmSums,
    Scored,
    arm_sums,
    curve_points,
    document_curves,
    pooled,
)
from evaluations.extension import extension_classes
from evaluations.metrics import Totals, bits_per_byte
from evaluations.paired import (
    LN2,
    NOTHING,
    Estimate,
    Slowdown,
    by_group,
    compare_all,
    curve_bands,
    holm,
    if_skewed,
    one_document,
    ratio,
    slowdown,
    watch,
)
from evaluations.plan import CALIBRATION_SHARE
from evaluations.power import detectable_effect, documents_needed, documents_to_add
from evaluations.records import (
    Arm,
    Baselines,
    Check,
    ComparisonRecord,
    Contrast,
    Detectable,
    Document,
    DocumentResult,
    DocumentTargets,
    Effects,
    FloatArray,
    NotFinite,
    Plan,
    Policy,
    RunDocument,
    RunFacts,
    RunLosses,
    Snapshot,
    Speed,
    Timing,
    TokenLosses,
)
from evaluations.sensitive import context_sensitive
from evaluations.targets import effective_context
from evaluations.verdict import Findings, decide, main_contrast

ZERO_TRAININGS = frozenset({"zero", "zero_control"})
FINAL = frozenset({"done", "failed"})
USUAL_UNITS = (20, 50)  # for which the smallest detectable effect is told


def assemble(
    run: RunFacts,
    plan: Plan,
    documents: Sequence[RunDocument],
    targets: Mapping[str, DocumentTargets],
    losses: RunLosses,
    checks: Sequence[Check],
    speed: Sequence[Speed],
    timings: Sequence[Timing],
    baselines: Mapping[str, Baselines],
    not_finite: Mapping[str, Sequence[NotFinite]] = MappingProxyType({}),
) -> Snapshot:
    """Everything that pages, commands and reports say about one evaluation.

    Args:
        run: id, name, times, status.
        plan: what was fixed beforehand.
        documents: in any order; they count in their seeded `order`.
        targets: of every document that is long enough.
        losses: of the finished tasks.
        checks: what the worker found, and `validity.distinct_documents`.
        speed: of every arm that was measured.
        timings: of every unit of the documents' starts, for the guardrail on time.
        baselines: simple models of every document that was read.
        not_finite: by document, where workers met NaN or an infinity.
    """
    is_final = run.status in FINAL
    parts = _gather(plan, documents, targets, losses, not_finite)
    scored = parts.counting(is_final)
    study = _Study(plan, scored, losses, is_final, parts.is_one_document)
    calibration = _calibration_bits(plan, parts.calibration)
    contrasts = study.contrasts()
    deciding = _deciding(plan, contrasts, calibration)
    main = main_contrast(deciding, plan.rule.margin)
    contrasts = _with_holm(contrasts, plan.rule.primary_length, {one.arm_a for one in deciding})
    pooled_simple = pooled_baselines(
        [
            (baselines[one.document.id], _second_half_bytes(one))
            for one in scored
            if one.document.id in baselines
        ]
    )
    found = (
        *_checks(plan, parts, scored, checks, main, baselines, pooled_simple, is_final),
        *study.skewness_check(deciding),
    )
    bits = study.bits(plan.rule.primary_length)
    time = _slowdown(plan, timings, main)
    shown = _shown_arms(plan, main)
    window = next((arm.window for arm in shown if arm.window is not None), None)
    findings = Findings(
        rule=plan.rule,
        depth=plan.depth,
        is_final=is_final,
        is_cancelled=run.status == "cancelled",
        deciding=deciding,
        short=_find(contrasts, plan.short_baseline, plan.rule.short_length),
        slowdown=None if time is None else time.ratio,
        slowdown_interval=None if time is None else (time.low, time.high),
        memory_ratio=_memory_ratio(speed, main),
        checks=found,
        units=study.units(plan.rule.primary_length),
        expected=parts.expected,
        documents_needed=study.needed(main),
        bits=bits,
        same_weights=_same_weights(plan, main),
        unit=plan.unit,
        is_perturbed=plan.perturbation is not None,
    )
    return Snapshot(
        run=run.run,
        name=run.name,
        created=run.created,
        status=run.status,
        plan=plan,
        plan_hash=run.plan_hash,
        locked_at=run.locked_at,
        documents=_document_results(plan, documents, targets, parts, main, not_finite),
        curve=curve_points(
            plan.arms, plan.lengths, scored, _generator(plan, "curve"), plan.rule.confidence, window
        ),
        comparison=_comparison(plan, main),
        contrasts=contrasts,
        calibration=calibration,
        validity=found,
        verdict=decide(findings),
        effects=study.effects(),
        speed=tuple(speed),
        baselines=pooled_simple,
        device=run.device,
        document_curves=document_curves(shown, scored, window),
        extension=extension_classes(
            plan.arms, plan.lengths, plan.rule, scored, _generator(plan, "extension")
        )
        if is_final
        else (),
        detectable=study.detectable(main),
        context_sensitive=(
            context_sensitive(plan, main.arm_a, scored, losses, _generator(plan, "sensitive"))
            if is_final and main is not None
            else None
        ),
    )


def _shown_arms(plan: Plan, main: Contrast | None) -> tuple[Arm, ...]:
    """A and B."""
    return tuple(arm for arm in plan.arms if arm.name in _names(plan, main))


# --- which documents count -------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """The documents of a run by what became of them, in their seeded order."""

    scored: tuple[Scored, ...]  # complete and finite under every arm
    beginning: int  # how many of `scored` come before the first incomplete one
    calibration: tuple[Scored, ...]
    too_short: tuple[Document, ...]  # do not carry the primary length
    expected: int  # documents that are to be scored
    is_one_document: bool  # there is and will be no other one to compare the arms on
    tasks: int  # document x arm, of all documents with targets
    tasks_done: int
    broken: tuple[tuple[str, str], ...]  # document, arm with losses that are not finite
    sums: Mapping[str, Mapping[str, ArmSums]]  # what is there, by document and arm

    def counting(self, is_final: bool) -> tuple[Scored, ...]:
        """At the end all that are complete; before it the completed beginning."""
        return self.scored if is_final else self.scored[: self.beginning]


def _gather(
    plan: Plan,
    documents: Sequence[RunDocument],
    targets: Mapping[str, DocumentTargets],
    losses: RunLosses,
    not_finite: Mapping[str, Sequence[NotFinite]],
) -> _Parts:
    ordered = sorted(documents, key=lambda one: one.order)
    primary = plan.rule.primary_length
    with_targets = [one for one in ordered if one.document.id in targets]
    reaching = [one for one in with_targets if primary in targets[one.document.id].lengths]
    sums: dict[str, dict[str, ArmSums]] = {}
    windows = sorted({arm.window for arm in plan.arms if arm.window is not None})
    for one in with_targets:
        found = {
            arm.name: arm_sums(targets[one.document.id], arm, losses, windows) for arm in plan.arms
        }
        sums[one.document.id] = {name: own for name, own in found.items() if own is not None}
    # where nothing reaches the length that decides, the curve still shows what there is
    used = reaching or with_targets
    counted: dict[str, list[Scored]] = {"scored": [], "calibration": []}
    is_beginning, beginning = True, 0
    for one in used:
        own = sums[one.document.id]
        is_complete = len(own) == len(plan.arms) and all(arm.is_finite for arm in own.values())
        if is_complete:
            counted[one.role].append(Scored(one.document, targets[one.document.id], own))
        if one.role == "scored":
            is_beginning = is_beginning and is_complete
            beginning += is_beginning
    short = [one.document for one in ordered if one not in reaching]
    return _Parts(
        scored=tuple(counted["scored"]),
        beginning=beginning,
        calibration=tuple(counted["calibration"]),
        too_short=tuple(short),
        expected=sum(one.role == "scored" for one in reaching),
        is_one_document=sum(one.role == "scored" for one in used) == 1,
        tasks=len(with_targets) * len(plan.arms),
        tasks_done=sum(len(own) for own in sums.values()),
        broken=tuple(
            (document, arm)
            for document, own in sums.items()
            for arm, found_sums in own.items()
            if not found_sums.is_finite
            or any(one.arm == arm for one in not_finite.get(document, ()))
        ),
        sums=sums,
    )


# --- contrasts -------------------------------------------------------------------------------


class _AtLength(NamedTuple):
    """Documents that carry one context length, pooled into units."""

    documents: tuple[Scored, ...]
    nll: Mapping[str, FloatArray]  # arm -> nats of each unit
    sizes: FloatArray  # bytes of each unit


class _Study:
    """The scored documents of one plan and every difference that is taken between arms."""

    def __init__(
        self,
        plan: Plan,
        scored: Sequence[Scored],
        losses: RunLosses,
        is_final: bool,
        is_one_document: bool,
    ) -> None:
        self.plan = plan
        self.scored = tuple(scored)
        self.losses = losses
        self.is_final = is_final
        self.is_one_document = is_one_document
        self._at = {c: self._pool(c) for c in plan.lengths}

    def _pool(self, context_length: int) -> _AtLength:
        carried = tuple(one for one in self.scored if context_length in one.targets.lengths)
        arms = [arm.name for arm in self.plan.arms]
        rows = [
            [one.sums[arm].matched[context_length].nll for arm in arms]
            + [float(one.sums[self.plan.candidate].matched[context_length].bytes)]
            for one in carried
        ]
        values = by_group(
            np.array(rows).reshape(len(carried), len(arms) + 1),
            [one.document.group for one in carried],
        )
        return _AtLength(carried, dict(zip(arms, values.T, strict=False)), values[:, -1])

    def units(self, context_length: int) -> int:
        """Documents or groups with targets at that length."""
        return len(self._at[context_length].sizes) if context_length in self._at else 0

    def bits(self, context_length: int) -> dict[str, float]:
        """Bits per byte of every arm at that length; empty without documents."""
        if not self.units(context_length):
            return {}
        at = self._at[context_length]
        return {arm: ratio(nll, at.sizes) for arm, nll in at.nll.items()}

    def contrasts(self) -> tuple[Contrast, ...]:
        """B against every ZERO arm (and what else A may be), at every length."""
        rivals = _rivals(self.plan)
        found = {c: self._contrasts_at(c, rivals) for c in self.plan.lengths}
        by_rival = [[found[c][k] for c in self.plan.lengths] for k in range(len(rivals))]
        banded = {
            (one.arm_a, one.context_length): one
            for series in by_rival
            for one in self._with_bands(series)
        }
        return tuple(banded[rival, c] for c in self.plan.lengths for rival in rivals)

    def _contrasts_at(self, context_length: int, rivals: Sequence[str]) -> list[Contrast]:
        at, candidate = self._at[context_length], self.plan.candidate
        differences = np.stack([at.nll[candidate] - at.nll[rival] for rival in rivals], axis=1)
        if self.is_one_document and at.documents:
            estimates: Sequence[Estimate] = [
                self._one_document(at.documents[0], rival, context_length) for rival in rivals
            ]
        else:
            estimates = self._estimates(differences, at.sizes, f"contrast:{context_length}")
        each = np.ones(len(at.sizes))
        macros = self._estimates(differences / at.sizes[:, None], each, f"macro:{context_length}")
        return [
            self._contrast(rival, candidate, context_length, estimate, at, macro)
            for rival, estimate, macro in zip(rivals, estimates, macros, strict=True)
        ]

    def _estimates(
        self, differences: FloatArray, sizes: FloatArray, purpose: str
    ) -> Sequence[Estimate]:
        rule = self.plan.rule
        if self.is_final:
            return compare_all(differences, sizes, _generator(self.plan, purpose), rule.confidence)
        return [
            watch(differences[:, k], sizes, rule.confidence) for k in range(differences.shape[1])
        ]

    def _one_document(self, one: Scored, rival: str, context_length: int) -> Estimate:
        """The difference along one text, when there is no other."""
        arms = {arm.name: arm for arm in self.plan.arms}
        a, b = arms[rival], arms[self.plan.candidate]
        read = [self._targets(one, arm, context_length) for arm in (a, b)]
        if read[0] is None or read[1] is None or len(read[0].nll) != len(read[1].nll):
            return Estimate(None, None, None, None, "none", 1)
        windows = [arm.window for arm in (a, b) if arm.window is not None]
        return one_document(
            read[1].nll.astype(np.float64) - read[0].nll.astype(np.float64),
            read[1].token_bytes,
            max(windows, default=b.training_length),
            _generator(self.plan, f"document:{context_length}"),
            self.plan.rule.confidence,
        )

    def _targets(self, one: Scored, arm: Arm, context_length: int) -> TokenLosses | None:
        return self.losses.targets(
            one.document.id, arm.name, effective_context(arm, context_length)
        )

    def _contrast(
        self,
        arm_a: str,
        arm_b: str,
        context_length: int,
        estimate: Estimate,
        at: _AtLength,
        macro: Estimate = NOTHING,
    ) -> Contrast:
        is_grouped = any(one.document.group for one in at.documents)
        return Contrast(
            arm_a=arm_a,
            arm_b=arm_b,
            context_length=context_length,
            delta_bits_per_byte=estimate.delta,
            ci_low=estimate.ci_low,
            ci_high=estimate.ci_high,
            p_value=estimate.p_value,
            method=estimate.method,
            documents=len(at.documents),
            groups=len(at.sizes) if is_grouped else None,
            macro=macro.delta,
            macro_low=macro.ci_low,
            macro_high=macro.ci_high,
        )

    def _with_bands(self, series: Sequence[Contrast]) -> list[Contrast]:
        """The contrasts of two arms with bands that hold at all lengths at once."""
        known = [one for one in series if one.delta_bits_per_byte is not None]
        enough = (
            self.is_final and len(self.scored) > 1 and any(one.ci_low is not None for one in known)
        )
        if not enough:
            return list(series)
        groups = [one.document.group for one in self.scored]
        a, b = series[0].arm_a, series[0].arm_b
        differences, sizes = (np.zeros((len(self.scored), len(known))) for _ in range(2))
        for row, document in enumerate(self.scored):
            for column, one in enumerate(known):
                totals = document.sums[b].matched.get(one.context_length)
                if totals is not None:
                    other = document.sums[a].matched[one.context_length]
                    differences[row, column] = totals.nll - other.nll
                    sizes[row, column] = totals.bytes
        differences, sizes = by_group(differences, groups), by_group(sizes, groups)
        bands = curve_bands(
            differences,
            sizes,
            [range(len(known))],
            _generator(self.plan, "bands"),
            self.plan.rule.confidence,
        )
        banded = {
            one.context_length: one.model_copy(
                update={"band_low": float(bands.low[k]), "band_high": float(bands.high[k])}
            )
            for k, one in enumerate(known)
            if np.isfinite(bands.low[k])
        }
        return [banded.get(one.context_length, one) for one in series]

    # --- power -------------------------------------------------------------------------------

    def _units_of(self, one: Contrast) -> tuple[FloatArray, FloatArray]:
        """d and b of the units of a contrast."""
        at = self._at[one.context_length]
        return at.nll[one.arm_b] - at.nll[one.arm_a], at.sizes

    def _is_bounded(self, one: Contrast | None) -> bool:
        return self.is_final and one is not None and one.method == "flips_and_bootstrap"

    def needed(self, main: Contrast | None) -> int | None:
        """Documents to add until the main interval leaves -δ; None where it has left it.

        Where documents are set aside for calibration, the same share of the new ones will be.
        """
        rule = self.plan.rule
        if main is None or not self._is_bounded(main) or not _holds(main, -rule.margin):
            return None
        further = documents_needed(
            *self._units_of(main), rule.margin, _generator(self.plan, "needed"), rule.confidence
        )
        share = CALIBRATION_SHARE if self.plan.calibration else 0.0
        return documents_to_add(max(1, further), share)

    def detectable(self, main: Contrast | None) -> tuple[Detectable, ...]:
        """The smallest detectable effect with the units there are, and with usual numbers."""
        if main is None or not self._is_bounded(main):
            return ()
        differences, sizes = self._units_of(main)
        found = {
            units: detectable_effect(
                differences,
                sizes,
                units,
                _generator(self.plan, f"detectable:{units}"),
                self.plan.rule.confidence,
            )
            for units in sorted({len(sizes), *USUAL_UNITS})
        }
        return tuple(
            Detectable(units=units, effect=effect)
            for units, effect in found.items()
            if effect is not None
        )

    def skewness_check(self, deciding: Sequence[Contrast]) -> tuple[Check, ...]:
        """Whether what lies below -δ would stay there if a few documents lost far more."""
        bounded = [one for one in deciding if self._is_bounded(one) and one.ci_high is not None]
        if not bounded or len(bounded) < len(deciding):
            return ()
        highest = max(one.ci_high for one in bounded if one.ci_high is not None)
        moved = max(
            if_skewed(*self._units_of(one), one.ci_high)
            for one in bounded
            if one.ci_high is not None
        )
        return (validity.holds_if_skewed(highest, moved, self.plan.rule.margin),)

    # --- the 2x2 -----------------------------------------------------------------------------

    def effects(self) -> Effects:
        """Training, reading and interaction at the primary length, from the same units.

        From zero+reset:T: `training` changes the checkpoint, `reading` the policy, `total` both;
        `interaction` is what total has beyond their sum.
        """
        primary = self.plan.rule.primary_length
        if not self.units(primary):
            return Effects(training=None, reading=None, interaction=None, total=None)
        zero_reset, zero_carry, own_reset, own_carry = _cells(self.plan)
        at = self._at[primary]
        wanted: dict[str, tuple[Arm, Arm, FloatArray]] = {}
        if own_reset and own_carry and not zero_reset and not zero_carry:
            wanted["reading"] = (own_reset, own_carry, _minus(at, own_carry, own_reset))
        if zero_reset and zero_carry:
            wanted["reading"] = (zero_reset, zero_carry, _minus(at, zero_carry, zero_reset))
        if zero_reset and own_reset:
            wanted["training"] = (zero_reset, own_reset, _minus(at, own_reset, zero_reset))
        if zero_reset and own_carry:
            wanted["total"] = (zero_reset, own_carry, _minus(at, own_carry, zero_reset))
        if zero_reset and zero_carry and own_reset and own_carry:
            beyond = _minus(at, own_carry, own_reset) - _minus(at, zero_carry, zero_reset)
            wanted["interaction"] = (zero_reset, own_carry, beyond)
        if not wanted:
            return Effects(training=None, reading=None, interaction=None, total=None)
        differences = np.stack([column for _, _, column in wanted.values()], axis=1)
        # the resamples of the contrasts at this length: `total` is the same number there and here
        estimates = self._estimates(differences, at.sizes, f"contrast:{primary}")
        found = {
            name: self._contrast(a.name, b.name, primary, estimate, at)
            for (name, (a, b, _)), estimate in zip(wanted.items(), estimates, strict=True)
        }
        parts = [name for name in ("training", "reading", "interaction") if name in found]
        for name, p in zip(parts, holm([found[name].p_value for name in parts]), strict=True):
            found[name] = found[name].model_copy(update={"holm_p_value": p})
        return Effects(
            training=found.get("training"),
            reading=found.get("reading"),
            interaction=found.get("interaction"),
            total=found.get("total"),
        )


def _minus(at: _AtLength, b: Arm, a: Arm) -> FloatArray:
    difference: FloatArray = at.nll[b.name] - at.nll[a.name]
    return difference


def _rivals(plan: Plan) -> list[str]:
    """Arms that B is compared with: ZERO arms, and what the plan names."""
    named = {*plan.baseline, plan.short_baseline}
    return [
        arm.name
        for arm in plan.arms
        if arm.name != plan.candidate
        and (arm.name in named or arm.training_initialization in ZERO_TRAININGS)
    ]


def _cells(plan: Plan) -> tuple[Arm | None, Arm | None, Arm | None, Arm | None]:
    """zero+reset:T, zero+carry, proposed+reset:T, proposed+carry, as far as the plan has them."""
    candidate = next(arm for arm in plan.arms if arm.name == plan.candidate)

    def cell(is_own: bool, policy: Policy) -> Arm | None:
        for arm in plan.arms:
            of_side = (
                arm.fingerprint == candidate.fingerprint
                if is_own
                else arm.fingerprint != candidate.fingerprint
                and arm.training_initialization in ZERO_TRAININGS
            )
            window = arm.training_length if policy is Policy.RESET else None
            if of_side and arm.policy is policy and arm.window == window:
                return arm
        return None

    return (
        cell(False, Policy.RESET),
        cell(False, Policy.CARRY),
        cell(True, Policy.RESET),
        cell(True, Policy.CARRY),
    )


# --- which contrast decides ------------------------------------------------------------------


def _calibration_bits(plan: Plan, documents: Sequence[Scored]) -> dict[str, float]:
    """Bits per byte of every ZERO candidate at the primary length, on calibration documents."""
    primary = plan.rule.primary_length
    usable = [one for one in documents if primary in one.targets.lengths]
    if not usable:
        return {}
    return {
        arm: bits_per_byte(pooled(one.sums[arm].matched[primary] for one in usable))
        for arm in plan.baseline
    }


def _deciding(
    plan: Plan, contrasts: Sequence[Contrast], calibration: Mapping[str, float]
) -> tuple[Contrast, ...]:
    """Against the best ZERO arm of the calibration documents; without any, against each one."""
    names = plan.baseline
    if calibration:
        names = (min(plan.baseline, key=lambda arm: calibration[arm]),)
    at_primary = [
        one for one in contrasts if one.context_length == plan.rule.primary_length and one.documents
    ]
    return tuple(one for name in names for one in at_primary if one.arm_a == name)


def _with_holm(
    contrasts: Sequence[Contrast], primary_length: int, deciding: Set[str]
) -> tuple[Contrast, ...]:
    """At the length that decides, the arms beside the deciding one with p for being several."""
    further = [
        k
        for k, one in enumerate(contrasts)
        if one.context_length == primary_length and one.arm_a not in deciding
    ]
    found = list(contrasts)
    for k, p in zip(further, holm([contrasts[k].p_value for k in further]), strict=True):
        found[k] = found[k].model_copy(update={"holm_p_value": p})
    return tuple(found)


def _holds(one: Contrast, value: float) -> bool:
    return one.ci_low is not None and one.ci_high is not None and one.ci_low <= value <= one.ci_high


def _find(contrasts: Sequence[Contrast], arm_a: str, context_length: int) -> Contrast | None:
    for one in contrasts:
        if one.arm_a == arm_a and one.context_length == context_length and one.documents:
            return one
    return None


def _comparison(plan: Plan, main: Contrast | None) -> ComparisonRecord:
    if main is None:
        return ComparisonRecord(
            preset=plan.preset,
            primary_length=plan.rule.primary_length,
            arm_a=plan.baseline[0],
            arm_b=plan.candidate,
            delta_bits_per_byte=None,
            ci_low=None,
            ci_high=None,
            p_value=None,
            method="none",
            documents=0,
        )
    return ComparisonRecord(
        preset=plan.preset,
        primary_length=main.context_length,
        arm_a=main.arm_a,
        arm_b=main.arm_b,
        delta_bits_per_byte=main.delta_bits_per_byte,
        ci_low=main.ci_low,
        ci_high=main.ci_high,
        p_value=main.p_value,
        method=main.method,
        documents=main.documents,
        groups=main.groups,
        macro=main.macro,
        macro_low=main.macro_low,
        macro_high=main.macro_high,
    )


# --- checks, guardrails, rows ----------------------------------------------------------------


def _checks(
    plan: Plan,
    parts: _Parts,
    scored: Sequence[Scored],
    from_worker: Sequence[Check],
    main: Contrast | None,
    baselines: Mapping[str, Baselines],
    pooled_simple: Baselines | None,
    is_final: bool,
) -> tuple[Check, ...]:
    own = [
        validity.documents_long_enough(
            parts.expected, [one.id for one in parts.too_short], plan.rule.primary_length
        )
    ]
    if is_final:
        own.append(validity.pairs_complete(parts.tasks_done, parts.tasks))
    own.append(validity.finite_losses(parts.broken))
    if scored:
        arms = [main.arm_a, main.arm_b] if main else [plan.baseline[0], plan.candidate]
        own += [
            validity.same_targets(plan.arms, plan.lengths, scored),
            validity.curves_not_flat(plan.arms, plan.lengths, scored),
        ]
        if is_final or pooled_simple is not None:
            own += validity.knows_the_text(arms, scored, baselines, pooled_simple)
    return (*own, *validity.from_worker(from_worker, is_final))


def _slowdown(plan: Plan, timings: Sequence[Timing], main: Contrast | None) -> Slowdown | None:
    """Time per token, B over A, from the pieces that both read on one kind of device."""
    if main is None:
        return None
    a, b = (
        {
            (one.document, one.unit, one.device, one.source): one.seconds
            for one in timings
            if one.arm == arm
        }
        for arm in (main.arm_a, main.arm_b)
    )
    pairs = sorted(key for key in a.keys() & b.keys() if a[key] > 0 and b[key] > 0)
    return slowdown(
        np.array([b[key] / a[key] for key in pairs]),
        [document for document, *_ in pairs],
        _generator(plan, "time"),
        plan.rule.confidence,
    )


def _memory_ratio(speed: Sequence[Speed], main: Contrast | None) -> float | None:
    """Peak memory, B over A."""
    sides = _sides(speed, main)
    if sides is None or sides[0].peak_memory_bytes <= 0:
        return None
    return sides[1].peak_memory_bytes / sides[0].peak_memory_bytes


def _sides(speed: Sequence[Speed], main: Contrast | None) -> tuple[Speed, Speed] | None:
    by_arm = {one.arm: one for one in speed}
    if main is None or main.arm_a not in by_arm or main.arm_b not in by_arm:
        return None
    return by_arm[main.arm_a], by_arm[main.arm_b]


def _same_weights(plan: Plan, main: Contrast | None) -> bool:
    by_name = {arm.name: arm for arm in plan.arms}
    a = main.arm_a if main else plan.baseline[0]
    return by_name[a].fingerprint == by_name[plan.candidate].fingerprint


def _second_half_bytes(one: Scored) -> int:
    return next(iter(one.sums.values())).second_half.bytes


def _document_results(
    plan: Plan,
    documents: Sequence[RunDocument],
    targets: Mapping[str, DocumentTargets],
    parts: _Parts,
    main: Contrast | None,
    not_finite: Mapping[str, Sequence[NotFinite]],
) -> tuple[DocumentResult, ...]:
    """One row per document in the seeded order; numbers as soon as both arms have scored it."""
    short = {one.id for one in parts.too_short}
    rows = []
    for one in sorted(documents, key=lambda part: part.order):
        document, own = one.document, parts.sums.get(one.document.id, {})
        at = targets.get(document.id)
        row = DocumentResult(
            id=document.id,
            name=document.name,
            bytes=document.bytes,
            encoding=document.encoding,
            columns=document.columns,
            masked=document.masked,
            role="too_short" if document.id in short else one.role,
            group=document.group,
            prefix_tokens=at.prefix if at else 0,
            prefix_bytes=at.in_bytes.prefix if at else 0,
            spans=tuple((span.start, span.stop) for span in at.in_bytes.spans) if at else (),
            not_finite=tuple(not_finite.get(document.id, ())),
        )
        a, b = (_primary_totals(plan, own, arm) for arm in _names(plan, main))
        if a is not None and b is not None and document.id not in short:
            row = row.model_copy(
                update={
                    "target_bytes": b.bytes,
                    "arm_a": bits_per_byte(a),
                    "arm_b": bits_per_byte(b),
                    "delta": (b.nll - a.nll) / (LN2 * b.bytes),
                }
            )
        rows.append(row)
    return tuple(rows)


def _names(plan: Plan, main: Contrast | None) -> tuple[str, str]:
    return (main.arm_a if main else plan.baseline[0], plan.candidate)


def _primary_totals(plan: Plan, own: Mapping[str, ArmSums], arm: str) -> Totals | None:
    if arm not in own or not own[arm].is_finite:
        return None
    totals = own[arm].matched.get(plan.rule.primary_length)
    return totals if totals is not None and totals.bytes else None


def _generator(plan: Plan, purpose: str) -> np.random.Generator:
    """One stream per purpose, so that one more length or arm moves no other number."""
    digest = hashlib.sha256(f"evidence:{plan.seed}:{purpose}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
