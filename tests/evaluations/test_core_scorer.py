"""The scorer that workers use, where its own arithmetic decides."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from evaluations import core_scorer
from evaluations.core_scorer import PROBE_CHUNKS, CoreScorer
from longssm_core.config import Mamba2Config
from tests.evaluations.made_runs import arm


@pytest.mark.parametrize("broken", PROBE_CHUNKS)
def test_a_loss_that_is_not_a_number_is_no_agreement_between_chunk_sizes(monkeypatch, broken):
    def score(_model, batch, policy, chunk):
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
