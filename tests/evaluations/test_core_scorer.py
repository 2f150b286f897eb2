"""The scorer that workers use, where its own arithmetic decides."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from evaluations import core_scorer
from evaluations.core_scorer import PROBES, CoreScorer
from evaluations.records import Arm, DocumentTargets, Policy, Span
from evaluations.units import SharedUnit, as_carry, units_of
from longssm_core.config import Mamba2Config
from longssm_core.corpus.generator import generate
from longssm_core.records import describe_checkpoint
from longssm_core.tokenizer import ByteTokenizer
from tests.evaluations.made_runs import arm


@pytest.mark.parametrize("broken", PROBES)
def test_a_loss_that_is_not_a_number_is_no_agreement_between_chunk_sizes(monkeypatch, broken):
    def score(_model, batch, policy, chunk, between):
        nll = torch.ones(batch.shape)
        if chunk == broken:
            nll[0, 3] = torch.nan
        return SimpleNamespace(nll=nll)

    monkeypatch.setattr(core_scorer, "score", score)
    monkeypatch.setattr(CoreScorer, "_model", lambda _self, _arm: None)
    tokens = np.arange(100)
    assert math.isnan(CoreScorer()._chunk_difference(arm("zero", None), tokens))


def test_a_prepared_checkpoint_is_not_loaded_again(monkeypatch):
    made, loaded = arm("zero", None), []

    def load(source, device):
        loaded.append(source)
        files = SimpleNamespace(fingerprint=made.fingerprint, folder=Path("nowhere"))
        return SimpleNamespace(files=files, config=Mamba2Config())

    monkeypatch.setattr(core_scorer, "load_checkpoint", load)
    scorer = CoreScorer()
    scorer.prepare(made)
    scorer.prepare(made)
    assert loaded == [made.checkpoint]


def test_what_a_reset_arm_takes_from_carry_is_what_it_would_compute():
    """On trained weights, which remember: the blocks with a reset inside differ clearly."""
    made = Arm(
        name="zero+reset:64",
        checkpoint="zero-t16",
        fingerprint=describe_checkpoint("zero-t16").fingerprint,
        training_initialization="zero",
        training_length=16,
        policy=Policy.RESET,
        window=64,
    )
    targets = DocumentTargets("d", (Span(300, 812),), (16,), prefix=16)
    tokens = ByteTokenizer().encode(generate(7, 2_000).text)
    (shared,) = (unit for unit in units_of(made, targets) if isinstance(unit, SharedUnit))
    scorer, blocks = CoreScorer("cpu"), shared.batch.blocks
    carried = scorer.score_blocks(as_carry(made), tokens, blocks)
    reset = scorer.score_blocks(made, tokens, blocks)
    apart = np.abs(carried - reset).max(axis=1)
    unbroken = np.array(shared.unbroken)
    assert apart[unbroken].max() < 1e-5
    assert apart[~unbroken].min() > 1e-3


# --- which kernels ---------------------------------------------------------------------------


def test_the_cpu_is_read_by_numba_and_without_it_by_torch(monkeypatch):
    assert core_scorer.kernels_in_use("cpu") == ("numba", None)
    monkeypatch.setattr(core_scorer, "find_spec", lambda name: None)
    assert core_scorer.kernels_in_use("cpu") == ("torch", "numba")
    assert core_scorer.kernels_in_use("mps") == ("torch", None)


@pytest.mark.parametrize("missing", [None, "C compiler"])
def test_a_gpu_is_read_by_triton_or_it_is_said_what_is_missing(monkeypatch, missing):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(core_scorer, "missing_for_kernels", lambda device: missing)
    name = "triton" if missing is None else "torch"
    assert (
        core_scorer.kernels_in_use(None) == core_scorer.kernels_in_use("cuda:1") == (name, missing)
    )
