"""A small real evaluation: does this machine compute what it should?

`small_evaluation(settings)` plans it, has a worker process of its own compute it with a shipped
pair, and compares: what was stored with what longssm_core gives when it is asked directly, and the
mean loss with the one that this checkpoint has on this text everywhere. All of it in a temporary
folder, with a database of its own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations.documents.ingest import ExtractedDocument, Ingested
from evaluations.errors import EvaluationError
from evaluations.plan import make_plan
from evaluations.records import Arm, Depth, Document, Policy, Preset
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from longssm_core.corpus.generator import generate

SEED, SIZE = 9_000_000_000, 3_000  # of a generated text, which no checkpoint was trained on
LENGTHS = (16, 64, 256)
PATIENCE = 300.0  # seconds
APART = 1e-5  # nats, of any token: stored against computed directly, on this device
CHECKPOINT, PARTNER = "zero-t64", "previous-t64"
MEAN, MEAN_APART = 1.851205, 1e-4  # nats per token of CHECKPOINT under carry, in float64


Losses = NDArray[np.float32]  # nats per token


class Trial(NamedTuple):
    """What the small evaluation found."""

    seconds: float
    mean: float  # nats per token
    difference: float  # nats, the largest of any token


def small_evaluation(settings: Settings) -> Trial:
    """Make it, on the device of `settings`.

    Raises:
        EvaluationError: it did not end, failed, or gave other numbers than it should.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="longssm-doctor-") as folder:
        own = Settings(
            data_dir=Path(folder),
            database_url="",
            files="",
            device=settings.device,
            language=settings.language,
            reuse_losses=False,
            worker_processes=1,
        )
        store = open_store(own)
        try:
            mean, difference = _computed(store)
        finally:
            store.close()
    return Trial(time.perf_counter() - started, mean, difference)


def _computed(store: Store) -> tuple[float, float]:
    text = generate(SEED, SIZE).text.rstrip("\n")
    documents = store.add_documents(_ingested(text))
    planned = make_plan(
        Preset.MATCHED, Depth.QUICK, documents, zero=CHECKPOINT, proposed=PARTNER, lengths=LENGTHS
    )
    run = store.create_run("doctor", planned.plan, planned.run_documents)
    _work_off(store.settings)
    progress = store.progress(run)
    if progress.failures:
        reason = progress.failures[0].reason
        raise EvaluationError("doctor.trial_failed", reason=reason)
    if progress.status != "done":
        raise EvaluationError(
            "doctor.trial_unfinished", seconds=int(PATIENCE), status=progress.status
        )
    losses = {
        arm.checkpoint: _stored_and_direct(store, run, documents[0].id, arm, text)
        for arm in planned.plan.arms
        if arm.policy is Policy.CARRY
    }
    return compared(losses)


def compared(losses: Mapping[str, tuple[Losses, Losses]]) -> tuple[float, float]:
    """Mean loss of CHECKPOINT in nats per token, and the largest difference of any token.

    Args:
        losses: of each checkpoint, as they were stored and as they were computed directly.

    Raises:
        EvaluationError: they differ, or the mean is not the one that it has everywhere.
    """
    difference = max(float(np.abs(stored - direct).max()) for stored, direct in losses.values())
    if not difference <= APART:  # NaN is no pass
        raise EvaluationError("doctor.trial_differs", difference=difference)
    mean = float(losses[CHECKPOINT][0].mean(dtype=np.float64))
    if not abs(mean - MEAN) <= MEAN_APART:
        raise EvaluationError(
            "doctor.trial_unexpected", checkpoint=CHECKPOINT, found=mean, expected=MEAN
        )
    return mean, difference


def _stored_and_direct(
    store: Store, run: str, document: str, arm: Arm, text: str
) -> tuple[Losses, Losses]:
    """Losses of the document's start: as the worker stored them, and as the core gives them."""
    from evaluations.core_scorer import score_text  # only here: it loads torch
    from longssm_core.canonical import CHUNK

    stored = store.losses(run).prefix(document, arm.name)
    if stored is None:
        raise EvaluationError("doctor.trial_unfinished", seconds=int(PATIENCE), status="done")
    direct = score_text(arm.checkpoint, text, arm.policy, None, CHUNK, store.settings.device)
    return stored.nll, direct.nll[stored.positions]


def _work_off(settings: Settings) -> None:
    """Have a worker compute all that is queued; what it prints is not for the doctor's reader."""
    command = [sys.executable, "-m", "evaluations", "worker", "--until-idle", "--with-parent"]
    worker = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **settings.environment()},
    )
    try:
        worker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        worker.terminate()  # its status is told: it did not end
        worker.wait()
    finally:
        if worker.stdin is not None:
            worker.stdin.close()


def _ingested(text: str) -> Ingested:
    utf8 = text.encode("utf-8")
    sha256 = hashlib.sha256(utf8).hexdigest()
    document = Document(
        id=sha256,
        name="doctor.log",
        bytes=len(utf8),
        characters=len(text),
        encoding="utf-8",
        format="log",
        original_sha256=sha256,
    )
    return Ingested(
        status="accept",
        file=document.name,
        messages=(),
        encoding="utf-8",
        text_sha256=sha256,
        original_sha256=sha256,
        bytes=len(utf8),
        documents=(ExtractedDocument(document, text),),
    )
