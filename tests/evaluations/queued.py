"""Runs on made-up texts and checkpoints, queued in a real database."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import numpy as np

from evaluations.documents.ingest import ExtractedDocument, Ingested
from evaluations.plan import make_plan
from evaluations.records import Depth, Document, Preset
from evaluations.scorer import Scorer
from evaluations.settings import Settings
from evaluations.store import Store
from evaluations.worker_process import work
from longssm_core.records import (
    CheckpointDescription,
    CheckpointRecord,
    TrainingStage,
    describe_checkpoint,
)
from tests.evaluations.fake_scorer import FakeScorer

LENGTHS = (16, 64, 256)


def describe(source: str) -> CheckpointDescription:
    """A checkpoint that its name describes, such as `previous-t16`."""
    initialization, _, length = source.rpartition("-t")
    initialization, tokens = initialization.replace("-", "_"), 1_000_000
    stage = TrainingStage(initialization, 1_000, int(length), tokens, state_age=int(length))
    partners = {"zero_adapted": f"zero-control-t{length}", "previous": f"zero-t{length}"}
    record = CheckpointRecord(
        name=source,
        training_initialization=initialization,
        training_length=int(length),
        training_tokens=tokens,
        stages=(stage,),
        seed=0,
        parameters=1,
        code_version="test",
        device="test",
        seconds=1.0,
        final_loss=2.0,
        start_weights="0",
        partner=partners.get(initialization),
    )
    fingerprint = hashlib.sha256(source.encode()).hexdigest()
    return CheckpointDescription(source, Path(source), fingerprint, record)


def some_text(seed: int, size: int) -> str:
    """Lines of letters and numbers, `size` bytes, different for every seed."""
    rng = np.random.default_rng(seed)
    words = [f"{rng.integers(1 << 20):x}" for _ in range(size // 4)]
    lines = [" ".join(words[i : i + 12]) for i in range(0, len(words), 12)]
    return "\n".join(lines)[:size].rstrip()


def document(text: str, name: str = "some.log", group: str | None = None) -> Document:
    utf8 = text.encode()
    sha256 = hashlib.sha256(utf8).hexdigest()
    return Document(
        id=sha256,
        name=name,
        bytes=len(utf8),
        characters=len(text),
        encoding="utf-8",
        format="log",
        original_sha256=sha256,
        group=group,
    )


def ingested(texts: list[str], name: str = "some.log") -> Ingested:
    everything = "\n".join(texts).encode()
    sha256 = hashlib.sha256(everything).hexdigest()
    return Ingested(
        status="accept",
        file=name,
        messages=(),
        encoding="utf-8",
        text_sha256=sha256,
        original_sha256=sha256,
        bytes=len(everything),
        documents=tuple(
            ExtractedDocument(document(text, f"{number}-{name}"), text)
            for number, text in enumerate(texts)
        ),
    )


def queue_run(
    store: Store,
    documents: int = 1,
    size: int = 6_000,
    seed: int = 0,
    pair: tuple[str, str] | None = None,
) -> str:
    """A run of four arms over made-up texts; its id.

    Without a `pair` of checkpoint folders the checkpoints exist by name only.
    """
    zero, proposed = pair or (None, None)
    texts = [some_text(seed + number, size) for number in range(documents)]
    added = store.add_documents(ingested(texts))
    planned = make_plan(
        Preset.MATCHED,
        Depth.QUICK,
        added,
        zero=zero,
        proposed=proposed,
        lengths=LENGTHS,
        seed=seed,
        describe=describe if pair is None else describe_checkpoint,
    )
    return store.create_run("a run", planned.plan, planned.run_documents)


def work_off(settings: Settings, scorer: Scorer | None = None) -> None:
    """Compute everything that is queued, in this process, as two workers with two names.

    The second one checks what the first computed.
    """
    for name in ("first", "second"):
        work(settings, scorer or FakeScorer(), threading.Event(), until_idle=True, name=name)
