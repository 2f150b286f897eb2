"""The doctor's small evaluation: right on this machine, and it would see a machine that is not."""

from __future__ import annotations

import numpy as np
import pytest

from evaluations import trial
from evaluations.errors import EvaluationError
from evaluations.settings import Settings

SETTINGS = Settings(language="en")


@pytest.mark.slow
def test_a_worker_process_stores_what_the_core_computes():
    found = trial.small_evaluation(SETTINGS)
    assert found.difference <= trial.APART
    assert found.mean == pytest.approx(trial.MEAN, abs=trial.MEAN_APART)


RIGHT = np.full(100, trial.MEAN, dtype=np.float32)


def compared(stored, direct):
    return trial.compared({trial.CHECKPOINT: (stored, direct), trial.PARTNER: (RIGHT, RIGHT)})


def test_equal_losses_with_the_known_mean_pass():
    assert compared(RIGHT, RIGHT) == (pytest.approx(trial.MEAN, abs=1e-6), 0.0)


@pytest.mark.parametrize("wrong", [1e-3, np.nan])
def test_one_token_that_is_computed_otherwise_is_seen(wrong):
    off = RIGHT.copy()
    off[50] += wrong
    with pytest.raises(EvaluationError, match="nats apart"):
        compared(off, RIGHT)


def test_a_mean_that_is_not_the_checkpoints_is_seen():
    off = RIGHT + np.float32(2 * trial.MEAN_APART)
    with pytest.raises(EvaluationError, match="should be"):
        compared(off, off)


def test_an_evaluation_that_nobody_computes_has_not_ended(monkeypatch):
    monkeypatch.setattr(trial, "_work_off", lambda settings: None)
    with pytest.raises(EvaluationError, match="did not end"):
        trial.small_evaluation(SETTINGS)


def test_nobody_is_written_to_about_it(monkeypatch):
    monkeypatch.setenv("LONGSSM_NOTIFY", "jsons://example.org/hook")
    told = []
    monkeypatch.setattr(trial, "_work_off", lambda settings: told.append(settings.environment()))
    with pytest.raises(EvaluationError, match="did not end"):
        trial.small_evaluation(Settings(language="en"))
    assert told[0]["LONGSSM_NOTIFY"] == ""
