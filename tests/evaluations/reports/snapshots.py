"""Made-up but self-consistent snapshots for charts and reports, one per situation.

`snapshot(...)` draws curves, contrasts and document rows that belong together, and lets the real
rule (`evaluations.verdict.decide`) speak; `VARIANTS` names the situations that a memo must survive.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from evaluations.records import (
    Arm,
    Baselines,
    Check,
    ComparisonRecord,
    Contrast,
    CurveKind,
    CurvePoint,
    DecisionRule,
    Depth,
    Detectable,
    DocumentResult,
    Effects,
    Plan,
    Policy,
    Preset,
    Snapshot,
    Speed,
)
from evaluations.verdict import Findings, decide

LENGTHS = (16, 64, 256, 1024, 4096, 16384)
PRIMARY = 4096
T = 16


def fingerprint(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def arm(
    training: str, window: int | None, checkpoint: str | None = None, state_age: int = 6144
) -> Arm:
    """Named as plans name their arms; `window` None: carry."""
    source = checkpoint or f"{training.replace('_', '-')}-t{T}"
    return Arm(
        name=f"{training}+{'carry' if window is None else f'reset:{window}'}",
        checkpoint=source,
        fingerprint=fingerprint(source),
        training_initialization=training,
        training_length=T,
        policy=Policy.CARRY if window is None else Policy.RESET,
        window=window,
        state_age=T if training.startswith("zero") else state_age,
    )


ARMS = (
    arm("zero", 16),
    arm("zero", 64),
    arm("zero", 256),
    arm("zero", None),
    arm("previous", 16),
    arm("previous", None),
)
A, B = "zero+reset:64", "previous+carry"


def bits(name: str, c: int, effect: float) -> float:
    """Bits per byte of an arm after `c` tokens of context, in the shape that real pairs show."""
    training, reading = name.split("+")
    seen = c if reading == "carry" else min(c, int(reading.split(":")[1]))
    known = 2.85 - 0.12 * math.log2(min(seen, 64) / T)
    if training == "zero":
        return known + 0.03 * max(0.0, math.log2(seen / 64))
    own = 2.86 - 0.052 * math.log2(seen / T)
    return known + effect * (own - known)


def snapshot(
    *,
    documents: int = 24,
    depth: Depth = Depth.STANDARD,
    effect: float = 1.0,
    spread: float = 0.11,
    failed: tuple[str, ...] = (),
    warnings: int = 0,
    name: str = "第3工場 設備ログ(2026年上期)",
    names: tuple[str, ...] = (),
    arms: tuple[Arm, ...] = ARMS,
    sides: tuple[str, str] = (A, B),
    preset: Preset = Preset.BEST_ZERO,
    dropping_out: bool = True,
    slowdown: float = 1.06,
    **changes: Any,
) -> Snapshot:
    """One evaluation.

    Args:
        effect: scales how far B is from A; negative: B is worse.
        spread: standard deviation over documents of the difference, bits per byte.
        failed: validity checks that withhold the verdict.
        warnings: checks that only forbid Go.
        changes: fields of the snapshot to replace.
    """
    lengths = LENGTHS[:-1] if depth is Depth.QUICK else LENGTHS
    plan = _plan(preset, depth, lengths, arms, sides)
    n = documents
    a, b = sides

    def count(c: int) -> int:
        return n - 5 if dropping_out and c == LENGTHS[-1] and n > 10 else n

    def contrast(one: str, c: int, other: str = b) -> Contrast:
        delta = bits(other, c, effect) - bits(one, c, effect)
        half = (0.3 if c == T else 2.1) * spread / math.sqrt(count(c))
        bounded = n >= 6 or n == 1
        method = "flips_and_bootstrap" if n >= 6 else "block_bootstrap"
        is_further = c == PRIMARY and one != a and n >= 6
        return Contrast(
            arm_a=one,
            arm_b=other,
            context_length=c,
            delta_bits_per_byte=delta,
            ci_low=delta - half if bounded else None,
            ci_high=delta + half if bounded else None,
            p_value=0.0002 if bounded else None,
            method=method if bounded else "none",
            documents=count(c),
            macro=1.1 * delta,
            macro_low=1.1 * delta - half if bounded else None,
            macro_high=1.1 * delta + half if bounded else None,
            holm_p_value=0.0006 if is_further else None,
        )

    main = contrast(a, PRIMARY)
    checks = _checks(failed, warnings)
    curve = tuple(
        _point(kind, one.name, c, bits(one.name, c, effect), count(c), spread)
        for kind in CurveKind
        for one in arms
        for c in lengths
    )
    findings = Findings(
        rule=plan.rule,
        depth=depth,
        is_final=changes.get("status", "done") == "done",
        deciding=(main,),
        short=contrast(plan.short_baseline, T),
        slowdown=slowdown,
        memory_ratio=325 / 318,
        checks=checks,
        units=n,
        expected=n,
        documents_needed=31,
        bits={a: bits(a, PRIMARY, effect)},
        same_weights=len({one.fingerprint for one in arms if one.name in sides}) == 1,
    )
    made: dict[str, Any] = {
        "run": "r-20261124-7f3a",
        "name": name,
        "created": "2026-11-24T05:12:44+00:00",
        "status": "done",
        "plan": plan,
        "plan_hash": fingerprint("plan"),
        "locked_at": "2026-11-24T05:12:44+00:00",
        "documents": _documents(n, names, main, bits(a, PRIMARY, effect), spread),
        "curve": curve,
        "comparison": ComparisonRecord(
            preset=preset,
            primary_length=PRIMARY,
            **main.model_dump(include=set(ComparisonRecord.model_fields)),
        ),
        "contrasts": tuple(
            contrast(one, c) for one in dict.fromkeys((*plan.baseline, a)) for c in lengths
        ),
        "calibration": {one: bits(one, PRIMARY, effect) for one in plan.baseline},
        "validity": checks,
        "verdict": decide(findings),
        "effects": _effects(arms, contrast),
        "speed": (
            Speed(arm=a, tokens_per_second=20_610.0 * slowdown, peak_memory_bytes=318 * 2**20),
            Speed(arm=b, tokens_per_second=20_610.0, peak_memory_bytes=325 * 2**20),
        ),
        "baselines": Baselines(unigram=4.91, order2=3.12),
        "device": "cpu",
        "detectable": (Detectable(units=20, effect=0.031), Detectable(units=50, effect=0.018)),
    }
    return Snapshot(**{**made, **changes})


def _plan(
    preset: Preset,
    depth: Depth,
    lengths: tuple[int, ...],
    arms: tuple[Arm, ...],
    sides: tuple[str, str],
) -> Plan:
    zero = tuple(one.name for one in arms if one.training_initialization.startswith("zero"))
    return Plan(
        preset=preset,
        depth=depth,
        lengths=lengths,
        arms=arms,
        baseline=zero if preset is Preset.BEST_ZERO and zero else sides[:1],
        candidate=sides[1],
        short_baseline="zero+carry" if "zero+carry" in zero else sides[0],
        calibration=tuple(fingerprint(f"calibration {i}") for i in range(6)),
        rule=DecisionRule(
            primary_length=PRIMARY, short_length=T, decider="製造本部長 佐藤", date="2026-12-04"
        ),
        seed=20261124,
        versions={
            "longssm-ab": "0.1.0",
            "longssm_core_source": "0f3c5a7799aa1122",
            "numpy": "2.4.6",
            "python": "3.11.9",
            "scipy": "1.17.1",
            "torch": "2.13.0",
        },
    )


def _checks(failed: tuple[str, ...], warnings: int) -> tuple[Check, ...]:
    order2 = {"order2": 3.12 if not warnings else 2.41, "arms": {A: 2.618, B: 2.702}}
    good = tuple(
        Check(check=name, passed=name not in failed, value=0.0)
        for name in ("self_comparison", "chunk_invariance")
    )
    return (
        Check(check="finite_losses", passed="finite_losses" not in failed, value={"broken": 0}),
        Check(check="better_than_order2", passed=not warnings, value=order2, warning=True),
        *good,
        Check(check="distinct_documents", passed=warnings < 2, value={}, warning=True),
    )


def _point(
    kind: CurveKind, name: str, c: int, value: float, documents: int, spread: float
) -> CurvePoint:
    half = 8 * spread / math.sqrt(documents)
    return CurvePoint(
        kind=kind,
        arm=name,
        context_length=c * (2 if kind is CurveKind.PREFIX else 1),
        bits_per_byte=value,
        perplexity=2**value,
        ci_low=value - half if documents > 1 else None,
        ci_high=value + half if documents > 1 else None,
        documents=documents,
        target_bytes=4096 * documents,
        target_hash=fingerprint(f"targets {c}"),
    )


def _documents(
    n: int, names: tuple[str, ...], main: Contrast, level_a: float, spread: float
) -> tuple[DocumentResult, ...]:
    noise = np.random.default_rng(7).normal(0, spread, n)
    deltas = (main.delta_bits_per_byte or 0.0) + noise - noise.mean()
    return tuple(
        DocumentResult(
            id=fingerprint(f"document {i}"),
            name=names[i] if i < len(names) else f"line{i % 6 + 1}_2026-{i % 12 + 1:02d}.log",
            bytes=48_000 + 1000 * i,
            encoding="cp932" if i % 3 else "utf-8",
            role="scored",
            target_bytes=4096,
            prefix_tokens=32_768,
            spans=((16_384, 17_408),),
            arm_a=level_a,
            arm_b=level_a + float(delta),
            delta=float(delta),
        )
        for i, delta in enumerate(deltas)
    )


def _effects(arms: tuple[Arm, ...], contrast: Callable[..., Contrast]) -> Effects:
    cells = ("zero+reset:16", "zero+carry", "previous+reset:16", "previous+carry")
    if not {one.name for one in arms} >= set(cells):
        return Effects(training=None, reading=None, interaction=None, total=None)
    zero_reset, zero_carry, own_reset, own_carry = cells
    training = contrast(zero_reset, PRIMARY, own_reset)
    reading = contrast(zero_reset, PRIMARY, zero_carry)
    total = contrast(zero_reset, PRIMARY, own_carry)
    beyond = sum(
        sign * (one.delta_bits_per_byte or 0.0)
        for sign, one in ((1, total), (-1, training), (-1, reading))
    )
    interaction = total.model_copy(
        update={"delta_bits_per_byte": beyond, "ci_low": beyond - 0.04, "ci_high": beyond + 0.04}
    )
    return Effects(training=training, reading=reading, interaction=interaction, total=total)


def with_calibration(made: Snapshot) -> Snapshot:
    """The same with four documents, all of them bad for B, that only chose A."""
    worst = made.documents[0].model_copy(update={"delta": 9.0, "arm_b": 11.0})
    more = tuple(worst.model_copy(update={"id": f"c{i}", "role": "calibration"}) for i in range(4))
    return made.model_copy(update={"documents": (*more, *made.documents)})


NASTY = (
    '*太字* #link("x") $x^2$ ]] _a_',
    '=HYPERLINK("http://a.b";"c")',
    "![i](http://a/b.png)<script>",
)
NASTY_RUN = '*b* #link("u") $x$ ] `c` =HYPERLINK() \\ "q"'

VARIANTS: dict[str, Callable[[], Snapshot]] = {
    "go": lambda: snapshot(),
    "conditional": lambda: snapshot(warnings=1),
    "undecided": lambda: snapshot(documents=3),
    "close": lambda: snapshot(documents=12, effect=0.25, spread=0.3),
    "withheld": lambda: snapshot(failed=("self_comparison",)),
    "no_go": lambda: snapshot(effect=-0.4),
    "slow": lambda: snapshot(slowdown=1.61, warnings=2),
    "quick": lambda: snapshot(depth=Depth.QUICK),
    "one_document": lambda: snapshot(documents=1),
    "running": lambda: snapshot(status="running", documents=7),
    "one_checkpoint": lambda: snapshot(
        arms=(arm("previous", 16), arm("previous", None)),
        sides=("previous+reset:16", "previous+carry"),
        preset=Preset.OPERATIONS,
    ),
    "nasty": lambda: snapshot(names=NASTY, name=NASTY_RUN),
    "extreme": lambda: snapshot(
        names=tuple("長い名前のログファイル" * 12 + f"{i}.log" for i in range(24)),
        name="W" * 300 + "😀\u202e" + "製造" * 90,
        arms=tuple(
            one.model_copy(update={"checkpoint": "/home/someone/models/" + "m" * 200})
            for one in ARMS
        ),
        warnings=2,
        effect=0.1,
        documents=24,
        run="r" * 200,
        device="d" * 300,
    ),
}
