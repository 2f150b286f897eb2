"""Loss on the tokens that distant text helps: where reading on can show what it is worth.

Most tokens of a log are as easy after 16 tokens as after 16,000, so a mean over all of them hardly
moves. `context_sensitive` looks at those whose loss falls by more than DROP nats from the shortest
to the longest context of their document (LongPPL, arXiv:2410.23771, does so with a drop of 2 nats
a word piece; a byte carries less). Everything comes from losses that are stored anyway.

Who chooses matters: tokens picked where one arm did well by luck flatter that arm. So there are
three choices, and both arms are judged on each: tokens chosen by A's checkpoint, which favour A; by
B's, which favour B; and by the mean drop of both, which favours neither where the two are equally
good. Only what all three say is a finding. A choosing checkpoint is read with its state carried
where the plan has such an arm: a reset arm sees no distant text. Nothing is decided by this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations.curves import Scored
from evaluations.paired import LN2, by_group, compare
from evaluations.records import (
    Arm,
    ContextSensitive,
    FloatArray,
    Plan,
    Policy,
    RunLosses,
    SensitiveTokens,
)
from evaluations.targets import effective_context

Chooser = Literal["a", "b", "both"]
DROP = 1.0  # nats: the token becomes 2.7 times as likely


class Losses(NamedTuple):
    """One document: losses of its targets, (targets,) each, in nats, and their bytes.

    short, long: of the two choosing checkpoints (A's, B's) after the shortest and longest context;
    judged: of arms A and B after the longest.
    """

    short: tuple[FloatArray, FloatArray]
    long: tuple[FloatArray, FloatArray]
    judged: tuple[FloatArray, FloatArray]
    token_bytes: FloatArray


def chosen_tokens(losses: Losses, drop: float = DROP) -> Mapping[Chooser, NDArray[np.bool_]]:
    """Which targets are context-sensitive, by who chooses: `a`, `b`, `both`."""
    falls = [short - long for short, long in zip(losses.short, losses.long, strict=True)]
    return {
        "a": falls[0] > drop,
        "b": falls[1] > drop,
        "both": (falls[0] + falls[1]) / 2 > drop,
    }


def context_sensitive(
    plan: Plan,
    arm_a: str,
    scored: Sequence[Scored],
    losses: RunLosses,
    rng: np.random.Generator,
) -> ContextSensitive | None:
    """Both arms on the context-sensitive targets of all documents; None where there is none.

    Args:
        plan: with the arms; its candidate is B.
        arm_a: the ZERO arm that B is compared with.
        scored: documents that are complete under every arm.
        losses: of the finished tasks.
        rng: draws the resamples of the intervals.
    """
    by_name = {arm.name: arm for arm in plan.arms}
    a, b = by_name[arm_a], by_name[plan.candidate]
    found = [
        (one, read)
        for one in scored
        if len(one.targets.lengths) > 1
        and (read := _read(one, (a, b), (_chooser(plan, a), _chooser(plan, b)), losses))
    ]
    if not found:
        return None
    choices = [chosen_tokens(read) for _, read in found]
    names: list[Chooser] = ["both"] if a.fingerprint == b.fingerprint else ["a", "b", "both"]
    sets = [_judged(name, found, choices, rng, plan.rule.confidence) for name in names]
    return ContextSensitive(
        drop=DROP,
        shortest=min(min(one.targets.lengths) for one, _ in found),
        longest=max(max(one.targets.lengths) for one, _ in found),
        targets=sum(len(read.token_bytes) for _, read in found),
        sets=tuple(one for one in sets if one is not None),
    )


def _chooser(plan: Plan, arm: Arm) -> Arm:
    """The arm of the same weights that carries its state; without one, the arm itself."""
    for one in plan.arms:
        if one.fingerprint == arm.fingerprint and one.policy is Policy.CARRY:
            return one
    return arm


def _read(
    one: Scored, judged: tuple[Arm, Arm], choosers: tuple[Arm, Arm], losses: RunLosses
) -> Losses | None:
    shortest, longest = min(one.targets.lengths), max(one.targets.lengths)
    known: dict[tuple[str, int], FloatArray] = {}
    sizes: FloatArray = np.empty(0)
    for arm, length in (
        *((arm, shortest) for arm in choosers),
        *((arm, longest) for arm in (*choosers, *judged)),
    ):
        if (arm.name, length) in known:
            continue
        found = losses.targets(one.document.id, arm.name, effective_context(arm, length))
        if found is None:
            return None
        known[arm.name, length] = found.nll.astype(np.float64)
        sizes = found.token_bytes.astype(np.float64)
    a, b = choosers
    return Losses(
        short=(known[a.name, shortest], known[b.name, shortest]),
        long=(known[a.name, longest], known[b.name, longest]),
        judged=(known[judged[0].name, longest], known[judged[1].name, longest]),
        token_bytes=sizes,
    )


def _judged(
    name: Chooser,
    found: Sequence[tuple[Scored, Losses]],
    choices: Sequence[Mapping[Chooser, NDArray[np.bool_]]],
    rng: np.random.Generator,
    confidence: float,
) -> SensitiveTokens | None:
    """Both arms on the targets that `name` chose; None where it chose none."""
    rows = []
    for (_, read), choice in zip(found, choices, strict=True):
        chosen = choice[name]
        columns = (*read.judged, read.token_bytes, np.ones(len(chosen)))
        rows.append([float(column[chosen].sum()) for column in columns])
    sums = by_group(np.array(rows), [one.document.group for one, _ in found])
    sums = sums[sums[:, 2] > 0]
    if not len(sums):
        return None
    nll_a, nll_b, sizes, tokens = sums.T
    estimate = compare(nll_b - nll_a, sizes, rng, confidence)
    return SensitiveTokens(
        chosen_by=name,
        tokens=int(tokens.sum()),
        documents=len(sums),
        arm_a=float(nll_a.sum() / (LN2 * sizes.sum())),
        arm_b=float(nll_b.sum() / (LN2 * sizes.sum())),
        delta_bits_per_byte=estimate.delta,
        ci_low=estimate.ci_low,
        ci_high=estimate.ci_high,
    )
