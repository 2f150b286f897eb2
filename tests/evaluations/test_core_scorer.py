"""The scorer that workers use, where its own arithmetic decides."""

from __future__ import annotations

import math
import os
import subprocess
import sys
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


READS_MANY_LENGTHS = """
import os
import numpy as np
import psutil
from evaluations.core_scorer import CoreScorer
from longssm_core.records import describe_checkpoint
from tests.evaluations.made_runs import arm

found = describe_checkpoint("previous-t16")
named = {"checkpoint": "previous-t16", "fingerprint": found.fingerprint}
reader, memory = arm("previous", None).model_copy(update=named), psutil.Process().memory_info
scorer = CoreScorer("cpu")
for tokens in range(40, 240):
    if tokens == 140:
        before = memory().rss
    scorer.read_prefix(reader, np.zeros(tokens, dtype=np.int64), None)
print((memory().rss - before) / 1e6)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_lengths_of_the_texts_that_were_read():
    """In a process of its own: what a layer needs for each length is remembered by the process."""
    environment = {
        name: value for name, value in os.environ.items() if name not in core_scorer.KERNEL_CACHES
    }
    command = [sys.executable, "-c", READS_MANY_LENGTHS]
    read = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert float(read.stdout) < 90  # MB: with all kernels kept it is 2 a length


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


@pytest.mark.parametrize("window", [None, 64])
def test_an_arm_writes_on_what_it_has_read_under_its_own_policy(window):
    made = Arm(
        name="an arm",
        checkpoint="previous-t16",
        fingerprint=describe_checkpoint("previous-t16").fingerprint,
        training_initialization="previous",
        training_length=16,
        policy=Policy.CARRY if window is None else Policy.RESET,
        window=window,
    )
    text = generate(7, 2_000).text.encode()
    place = text.index(b"\n", 700) + 1
    tokens = ByteTokenizer().encode(text.decode()[:5_000])
    scorer = CoreScorer("cpu")
    state = scorer.read_prefix(made, tokens[:300], None).state
    state = scorer.read_prefix(made, tokens[300:place], state).state
    written = scorer.write_on(made, state, most=200, lines=1)
    assert written.text.count(b"\n") <= 1
    assert len(written.text) == len(written.nll)
    # what is written, scored as if it stood in the document, costs the same and is likeliest
    read_again = scorer.read_prefix(made, np.frombuffer(written.text, np.uint8).astype(int), state)
    np.testing.assert_allclose(written.nll, read_again.nll, atol=1e-4)
    other = scorer.write_on(made, state, most=3, lines=1)
    assert written.text.startswith(other.text)


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
