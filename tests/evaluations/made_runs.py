"""Runs with losses that are made here: known differences, no model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from evaluations.evidence import assemble
from evaluations.records import (
    Arm,
    Baselines,
    Check,
    DecisionRule,
    Depth,
    Document,
    DocumentTargets,
    Plan,
    Policy,
    Preset,
    RunDocument,
    RunFacts,
    Snapshot,
    Speed,
    Timing,
    TokenLosses,
)
from evaluations.targets import choose_targets
from evaluations.units import PREFIX_UNIT
from evaluations.validity import chunk_invariance, distinct_documents, self_comparison

LENGTHS = (16, 64, 256, 1024, 4096)
PRIMARY, T = 1024, 16


def arm(training: str, window: int | None, checkpoint: str | None = None) -> Arm:
    return Arm(
        name=f"{training}+{'carry' if window is None else f'reset:{window}'}",
        checkpoint=checkpoint or f"{training}-t16",
        fingerprint=hashlib.sha256((checkpoint or training).encode()).hexdigest(),
        training_initialization=training,
        training_length=T,
        policy=Policy.CARRY if window is None else Policy.RESET,
        window=window,
    )


ZERO_ARMS = tuple(arm("zero", window) for window in (16, 64, 256, None))
OWN_ARMS = (arm("previous", 16), arm("previous", None))
B = "previous+carry"


def plan(**changes: Any) -> Plan:
    rule = {"primary_length": PRIMARY, "short_length": T, **changes.pop("rule", {})}
    made: dict[str, Any] = {
        "preset": Preset.BEST_ZERO,
        "depth": Depth.STANDARD,
        "lengths": LENGTHS,
        "arms": (*ZERO_ARMS, *OWN_ARMS),
        "baseline": tuple(one.name for one in ZERO_ARMS),
        "candidate": B,
        "short_baseline": "zero+carry",
        "rule": DecisionRule(**rule),
        "seed": 7,
    }
    return Plan(**{**made, **changes})


# bits per byte of a document at a context length, by arm: what the made losses are around
Level = Callable[[str, int], float]


def usual_level(arm_name: str, context_length: int) -> float:
    """ZERO gets worse with length, PROPOSED better; resets see no more than their window."""
    reading = arm_name.split("+")[1]
    seen = context_length if reading == "carry" else min(context_length, int(reading[6:]))
    steps = np.log2(seen / 16) / 2
    return float(2.70 + 0.05 * steps if arm_name.startswith("zero") else 2.69 - 0.05 * steps)


@dataclass
class MadeLosses:
    """Losses around `level`, with a deviation shared by a document's tokens and one per arm."""

    targets_of: Mapping[str, DocumentTargets]
    level: Level = usual_level
    own: float = 0.01  # deviation of each arm on each document, bits per byte
    missing: set[tuple[str, str]] = field(default_factory=set)
    spoiled: Mapping[tuple[str, str], float] = field(default_factory=dict)
    token_bytes: int = 1

    def prefix(self, document: str, arm: str) -> TokenLosses | None:
        length = self.targets_of[document].prefix
        return self._losses(document, arm, None, np.arange(length), 4096)

    def targets(self, document: str, arm: str, context_length: int) -> TokenLosses | None:
        spans = self.targets_of[document].spans
        positions = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        return self._losses(document, arm, context_length, positions, context_length)

    def _losses(
        self, document: str, arm: str, context: int | None, positions: Any, seen: int
    ) -> TokenLosses | None:
        if (document, arm) in self.missing:
            return None
        text = seeded(document).normal(0, 0.3, len(positions))
        drawn = seeded(document, arm).normal(0, self.own)
        bits = self.level(arm, seen) + text + drawn
        nll = (np.log(2) * self.token_bytes * bits).astype(np.float32)
        if (document, arm) in self.spoiled:
            nll[len(nll) // 2] = self.spoiled[document, arm]
        sizes = np.full(len(positions), self.token_bytes)
        offsets = positions * self.token_bytes
        return TokenLosses(document, arm, context, positions, nll, sizes, offsets)


def seeded(*names: str) -> np.random.Generator:
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def document(number: int, tokens: int = 30_000, group: str | None = None) -> Document:
    identity = hashlib.sha256(f"document {number}".encode()).hexdigest()
    return Document(
        id=identity,
        name=f"log {number}.txt",
        bytes=tokens,
        characters=tokens,
        encoding="utf-8",
        format="txt",
        original_sha256=identity,
        group=group,
    )


def timings(
    targets: Mapping[str, DocumentTargets],
    seconds: Callable[[str, str, int], float] = lambda arm, document, unit: 0.2,
) -> list[Timing]:
    """Times of every unit of the documents' starts: `seconds` of (arm, document, unit)."""
    return [
        Timing(document, one.name, unit, "made", seconds(one.name, document, unit))
        for document, found in targets.items()
        for one in (*ZERO_ARMS, *OWN_ARMS)
        for unit in range(-(-found.prefix // PREFIX_UNIT))
    ]


GOOD_CHECKS = (self_comparison(0.0), chunk_invariance(2e-6), distinct_documents({}))


def snapshot(
    documents: int = 24,
    calibration: int = 0,
    *,
    status: str = "done",
    made_plan: Plan | None = None,
    tokens: Sequence[int] = (),
    groups: Sequence[str] = (),
    checks: Sequence[Check] = GOOD_CHECKS,
    baselines: Baselines | None = None,
    speed: Sequence[Speed] | None = None,
    seconds: Callable[[str, str, int], float] = lambda arm, document, unit: 0.2,
    **losses: Any,
) -> Snapshot:
    """The snapshot of a run with made losses. seconds: of (arm, document, unit)."""
    used = made_plan or plan()
    parts = [
        RunDocument(
            document=document(
                i,
                tokens[i] if i < len(tokens) else 30_000,
                groups[i] if i < len(groups) else None,
            ),
            role="calibration" if i >= documents else "scored",
            order=i,
        )
        for i in range(documents + calibration)
    ]
    chosen = {
        one.document.id: choose_targets(
            one.document.id, one.document.bytes, used.lengths, 256, used.depth, used.seed
        )
        for one in parts
    }
    targets = {k: v for k, v in chosen.items() if isinstance(v, DocumentTargets)}
    simple = baselines or Baselines(unigram=4.9, order2=3.4)
    measured = [
        Speed(arm=one.name, tokens_per_second=20_000.0, peak_memory_bytes=300_000_000)
        for one in used.arms
    ]
    return assemble(
        run=RunFacts(
            run="r1",
            name="made",
            created="2026-11-24T00:00:00+00:00",
            status=status,  # type: ignore[arg-type]
            plan_hash="0" * 64,
            locked_at="2026-11-24T00:00:00+00:00",
            device="made",
        ),
        plan=used,
        documents=parts,
        targets=targets,
        losses=MadeLosses(targets, **losses),
        checks=checks,
        speed=measured if speed is None else speed,
        timings=timings(targets, seconds),
        baselines=dict.fromkeys(targets, simple),
    )
