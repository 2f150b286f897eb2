"""The reproduction study in small: complete, resumable, and its table and figure from its data."""

from __future__ import annotations

from dataclasses import replace

import pytest

from longssm_core import study
from longssm_core.__main__ import main
from longssm_core.config import Mamba2Config
from longssm_core.corpus.mixture import build_corpus
from longssm_core.study import INITIALIZATIONS, StudyPlan, figure, report, run_study, stored

PLAN = StudyPlan(megabytes=0.02, seeds=1, documents=1, lengths=(16,))


@pytest.fixture
def corpus(monkeypatch):
    """A small text, and a model that is trained in a moment."""
    monkeypatch.setattr(study, "MODEL", Mamba2Config(d_model=16, n_layers=1, n_heads=2, d_head=16))
    monkeypatch.setattr(study, "FACTORS", (1, 8))
    return build_corpus(60_000, seed=1, texts=[])


def test_every_initialization_is_measured_at_every_context(corpus, tmp_path):
    points = list(run_study(PLAN, corpus, tmp_path))
    assert {(p.initialization, p.context_length) for p in points} == {
        (name, context) for name in INITIALIZATIONS for context in (16, 128)
    }
    at_t = {p.initialization: p.bits_per_byte for p in points if p.context_length == 16}
    assert len(set(at_t.values())) == len(INITIALIZATIONS)
    assert all(4 < bits < 9 for bits in at_t.values())  # bits per byte, hardly trained


def test_what_is_there_is_not_computed_again_and_what_is_missing_comes_out_the_same(
    corpus, tmp_path
):
    whole = list(run_study(PLAN, corpus, tmp_path / "whole"))
    stopped = run_study(PLAN, corpus, tmp_path / "stopped")
    for _ in range(5):  # in the middle of the third model's points: all of them are stored
        next(stopped)
    stopped.close()
    rest = list(run_study(PLAN, corpus, tmp_path / "stopped"))
    assert len(rest) == len(whole) - 6
    both = [
        [point._replace(seconds=0.0) for point in stored(PLAN, tmp_path / name)]
        for name in ("whole", "stopped")
    ]
    assert both[0] == both[1]
    assert list(run_study(PLAN, corpus, tmp_path / "whole")) == []


def test_the_table_shows_the_means_and_the_figure_every_initialization(corpus, tmp_path):
    points = list(run_study(PLAN, corpus, tmp_path))
    text = report(PLAN, tmp_path, "the command")
    zero = [p.bits_per_byte for p in points if p.initialization == "zero"]
    assert (
        f"| zero | {zero[0]:.3f} (0.000) | {zero[1]:.3f} (0.000) | {zero[1] - zero[0]:+.3f}" in text
    )
    assert "the command" in text
    drawn = (tmp_path / "study.svg").read_text()
    assert drawn == figure(points)
    assert all(name in drawn for name in INITIALIZATIONS)


def test_the_command_says_what_it_does_as_it_goes(corpus, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(study, "LENGTHS", (16,))
    monkeypatch.setattr(study.StudyPlan, "__init__", _small(study.StudyPlan.__init__))
    arguments = ["train", "--study", "--megabytes", "0.02", "--seeds", "1"]
    assert main([*arguments, "--sources", "generator", "--output", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "| T = 16 | 16 | 128 | last − first |" in said.out
    assert said.err.count("context 128") == len(INITIALIZATIONS)


def _small(original):
    def small(self, megabytes, seeds, text):
        original(self, megabytes, seeds, 1, (16,), text=text)

    return small


def test_results_of_another_text_are_not_mixed_in(corpus, tmp_path):
    list(run_study(PLAN, corpus, tmp_path))
    assert stored(replace(PLAN, text="another"), tmp_path) == []
