"""Validity checks: may anything be concluded from these numbers at all?

Each check is a `Check` with the numbers it saw. A failed one withholds the verdict, a failed
`warning` only forbids Go. The first group is computed here from the losses of an evaluation; the
second is made from what the worker measured (`self_comparison`, `chunk_invariance`, `state_norm`)
and from the texts (`distinct_documents`). Their words are
`results.check.<name>` and `results.check.<name>.action` in the catalogue.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluations.curves import Scored, matched_hash, pooled
from evaluations.metrics import bits_per_byte
from evaluations.records import Arm, Baselines, Check, DecisionRule, Plan
from evaluations.targets import effective_context, target_hash
from longssm_core.overlap import Sketch, containment

PAIRS_COMPLETE = "pairs_complete"
SAME_TARGETS = "same_targets"
FINITE_LOSSES = "finite_losses"
NOT_FINITE = "not_finite"  # of one task, as the worker finds it; part of FINITE_LOSSES
CURVES_NOT_FLAT = "curves_not_flat"
DOCUMENTS_LONG_ENOUGH = "documents_long_enough"
BETTER_THAN_UNIGRAM = "better_than_unigram"
BETTER_THAN_ORDER2 = "better_than_order2"
HOLDS_IF_SKEWED = "holds_if_skewed"

SELF_COMPARISON = "self_comparison"
CHUNK_INVARIANCE = "chunk_invariance"
STATE_NORM = "state_norm"
DISTINCT_DOCUMENTS = "distinct_documents"
RULE_LOCKED = "rule_locked"
RULE_NOT_EASIER = "rule_not_easier"
REQUIRED_OF_WORKER = (SELF_COMPARISON, CHUNK_INVARIANCE, DISTINCT_DOCUMENTS)

FLAT = 1e-5  # bits per byte between the best and the worst context length
CHUNK_TOLERANCE = 1e-4  # nats, float32
STATE_GROWTH = 100.0  # state norm late in a document over the norm after the training length
KNOWN = 0.98  # share of a text that stands in what was trained on: it was trained on
NEAR = 0.75  # share of one text's shingles that stand in the other: mostly the same text
PROBED, COMMON = 64, 50  # hashes by which documents are found; holders of one that are looked at
LEAST_MET = 0.15  # share of these hashes; more, where most of a text stands in the other


# --- from the losses -------------------------------------------------------------------------


def pairs_complete(complete: int, expected: int) -> Check:
    """Every document was scored under every arm: what is missing could be what would differ."""
    return Check(
        check=PAIRS_COMPLETE,
        passed=complete == expected,
        value={"complete": complete, "expected": expected},
    )


def same_targets(arms: Sequence[Arm], lengths: Sequence[int], scored: Sequence[Scored]) -> Check:
    """At each length all arms scored the planned tokens, and the same number of bytes."""
    differing = []
    for c in lengths:
        carried = [one for one in scored if c in one.targets.lengths]
        planned = target_hash((one.document.id, one.targets.in_bytes.spans) for one in carried)
        hashes = {matched_hash(carried, arm.name, c) for arm in arms} | {planned}
        same_bytes = all(
            len({one.sums[arm.name].matched[c].bytes for arm in arms}) == 1 for one in carried
        )
        if len(hashes) > 1 or not same_bytes:
            differing.append(c)
    return Check(check=SAME_TARGETS, passed=not differing, value={"differing_lengths": differing})


def finite_losses(broken: Sequence[tuple[str, str]]) -> Check:
    """No loss is NaN or infinite, and no state that losses were to be read on from.

    Args:
        broken: (document, arm) of those that are.
    """
    return Check(
        check=FINITE_LOSSES,
        passed=not broken,
        value={
            "broken": len(broken),
            "documents": len({document for document, _ in broken}),
            "arms": sorted({arm for _, arm in broken}),
        },
    )


def curves_not_flat(arms: Sequence[Arm], lengths: Sequence[int], scored: Sequence[Scored]) -> Check:
    """No arm has the same loss at every length: then the state would not reach the output.

    A reset arm is asked below its window only, where it sees more with a longer context.
    """
    flat = []
    carrying_all = [one for one in scored if set(lengths) <= set(one.targets.lengths)] or scored
    for arm in arms:
        common = [c for c in lengths if all(c in one.targets.lengths for one in carrying_all)]
        seen = sorted({effective_context(arm, c): c for c in common}.values())
        bits = [
            bits_per_byte(pooled(one.sums[arm.name].matched[c] for one in carrying_all))
            for c in seen
            if carrying_all
        ]
        if len(bits) > 1 and max(bits) - min(bits) < FLAT:
            flat.append(arm.name)
    return Check(check=CURVES_NOT_FLAT, passed=not flat, value={"arms": flat})


def documents_long_enough(scored: int, too_short: Sequence[str], primary_length: int) -> Check:
    """At least one document carries the length that decides; the others are listed."""
    return Check(
        check=DOCUMENTS_LONG_ENOUGH,
        passed=scored > 0,
        value={
            "scored": scored,
            "too_short": list(too_short),
            "primary_length": primary_length,
        },
    )


def knows_the_text(
    arms: Iterable[str],
    scored: Sequence[Scored],
    baselines: Mapping[str, Baselines],
    pooled_baselines: Baselines | None,
) -> tuple[Check, Check]:
    """Both arms beat a unigram (else withheld) and an order-2 byte model (else no Go).

    On the same bytes, the second half of the prefix; the arms under their own policy.
    """
    known = [one for one in scored if one.document.id in baselines]
    if pooled_baselines is None or not known:
        return (
            not_run(BETTER_THAN_UNIGRAM),
            Check(check=BETTER_THAN_ORDER2, passed=False, value=NOT_RUN, warning=True),
        )
    bits = {arm: bits_per_byte(pooled(one.sums[arm].second_half for one in known)) for arm in arms}
    worst = max(bits.values())
    return (
        Check(
            check=BETTER_THAN_UNIGRAM,
            passed=worst < pooled_baselines.unigram,
            value={"unigram": pooled_baselines.unigram, "arms": bits},
        ),
        Check(
            check=BETTER_THAN_ORDER2,
            passed=worst < pooled_baselines.order2,
            value={"order2": pooled_baselines.order2, "arms": bits},
            warning=True,
        ),
    )


def holds_if_skewed(upper: float, upper_if_skewed: float, margin: float) -> Check:
    """What is proven would be proven even if a few documents lost far more than the others.

    Few documents often miss those that lose most, and nothing in them shows it: a bound that is
    only just below -δ is then wrong more often than it says. A warning, so that it is no Go.

    Args:
        upper: end of the interval that decides, bits per byte.
        upper_if_skewed: the same, as `paired.if_skewed` moves it.
        margin: δ.
    """
    return Check(
        check=HOLDS_IF_SKEWED,
        passed=upper >= -margin or upper_if_skewed < -margin,
        value={"upper": upper, "upper_if_skewed": upper_if_skewed},
        warning=True,
    )


# --- from the store --------------------------------------------------------------------------


def rule_locked(is_same: bool) -> Check:
    """Plan, rule and amendments are what their hashes say: nobody changed them afterwards."""
    return Check(check=RULE_LOCKED, passed=is_same)


def rule_not_easier(plan: Plan, earlier: Sequence[Plan]) -> tuple[Check, ...]:
    """No criterion asks for less than when these documents were evaluated before.

    Nor was another length chosen to decide, at the same depth: all of them could be seen. A
    warning: whoever has seen results can choose a rule that they meet. Nothing to check where the
    documents were never evaluated with this B.
    """
    if not earlier:
        return ()
    found = {name for before in earlier for name in _easier(plan.rule, before.rule)}
    if any(
        before.depth is plan.depth and before.rule.primary_length != plan.rule.primary_length
        for before in earlier
    ):
        found.add("primary_length")
    easier = sorted(found)
    return (Check(check=RULE_NOT_EASIER, passed=not easier, value=easier, warning=True),)


def _easier(rule: DecisionRule, before: DecisionRule) -> list[str]:
    """Criteria of `rule` that are met sooner than those of `before`."""
    demands = ("margin", "confidence")
    limits = ("short_margin", "maximum_slowdown", "maximum_memory_ratio", "review_margin")
    return [
        *(name for name in demands if getattr(rule, name) < getattr(before, name)),
        *(name for name in limits if getattr(rule, name) > getattr(before, name)),
        *(["documents"] if (rule.documents or 0) < (before.documents or 0) else []),
        *(["kpis"] if not set(before.kpis) <= set(rule.kpis) else []),
    ]


# --- from the worker -------------------------------------------------------------------------


def not_finite(unit: int, position: int, layer: int | None) -> Check:
    """Where a task first met NaN or an infinity.

    Args:
        unit: of the task.
        position: the first token without a loss; the next one where only the state was hit.
        layer: the first one whose state was hit, from 0; None: none that is remembered.
    """
    value = {"unit": unit, "position": position, "layer": layer}
    return Check(check=NOT_FINITE, passed=False, value=value)


NOT_RUN = "not run"


def not_run(check: str) -> Check:
    """A check that should have been made and was not: as good as failed."""
    return Check(check=check, passed=False, value=NOT_RUN)


def found_unknown(checks: Iterable[Check], name: str) -> bool:
    """Whether the check of that name was made and found that the models do not know the text."""
    return any(one.check == name and not one.passed and one.value != NOT_RUN for one in checks)


def self_comparison(largest_difference: float) -> Check:
    """The same arm twice, the second time in another process and past the cache: exactly equal.

    Args:
        largest_difference: of any token, in nats.
    """
    return Check(
        check=SELF_COMPARISON, passed=largest_difference == 0, value=_number(largest_difference)
    )


def chunk_invariance(largest_difference: float) -> Check:
    """`carry` gives the same losses however the text is cut while it is computed.

    Args:
        largest_difference: of any token between two chunk sizes, in nats.
    """
    return Check(
        check=CHUNK_INVARIANCE,
        passed=largest_difference <= CHUNK_TOLERANCE,
        value=_number(largest_difference),
    )


def state_norm(growth: float) -> Check:
    """The hidden state stays of one size.

    Args:
        growth: its norm late in a document over its norm after the training length.
    """
    return Check(check=STATE_NORM, passed=growth <= STATE_GROWTH, value=_number(growth))


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else "not finite"


def from_worker(checks: Sequence[Check], is_final: bool) -> tuple[Check, ...]:
    """What the worker handed in; at the end, what it should have handed in has failed."""
    given = {check.check for check in checks}
    missing = [name for name in REQUIRED_OF_WORKER if name not in given] if is_final else []
    return (*checks, *(not_run(name) for name in missing))


# --- from the texts --------------------------------------------------------------------------


def distinct_documents(sketches: Mapping[str, Sketch]) -> Check:
    """No document is mostly a part of another one: a warning, since logs repeat themselves.

    Args:
        sketches: `longssm_core.overlap.sketch` of every document's text.
    """
    similar = [
        {"documents": [one, other], "shared": round(share, 3)}
        for one, other, share in similar_documents(sketches)
    ]
    return Check(
        check=DISTINCT_DOCUMENTS, passed=not similar, value={"similar": similar}, warning=True
    )


def similar_documents(sketches: Mapping[str, Sketch]) -> list[tuple[str, str, float]]:
    """Pairs of documents of which one stands mostly in the other, with that share.

    A document is compared with those that hold some of its smallest hashes, of many such ones with
    the first fifty, so a thousand documents are quick.
    """
    names = list(sketches)
    if len(names) < 2:
        return []
    hashes = np.concatenate([sketches[name] for name in names])
    order = np.argsort(hashes, kind="stable")
    owners = np.repeat(np.arange(len(names)), [len(sketches[name]) for name in names])[order]
    hashes = hashes[order]
    found: dict[tuple[str, str], float] = {}
    for one, name in enumerate(names):
        for other in _likely(sketches[name][:PROBED], hashes, owners, one):
            share = containment(sketches[name], sketches[names[other]])
            pair = (names[min(one, other)], names[max(one, other)])
            if share is not None and share >= max(NEAR, found.get(pair, 0.0)):
                found[pair] = share
    return sorted((one, other, share) for (one, other), share in found.items())


def _likely(
    probes: Sketch, hashes: Sketch, owners: NDArray[np.int64], own: int
) -> NDArray[np.int64]:
    """Documents that hold at least some of `probes`."""
    low, high = np.searchsorted(hashes, probes, "left"), np.searchsorted(hashes, probes, "right")
    holders = [owners[a : min(b, a + COMMON)] for a, b in zip(low, high, strict=True)]
    met = np.bincount(np.concatenate(holders)) if holders else np.zeros(0, dtype=np.int64)
    likely = np.flatnonzero(met >= max(1, LEAST_MET * len(probes)))
    others: NDArray[np.int64] = likely[likely != own]
    return others
