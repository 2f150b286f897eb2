"""Context-sensitive tokens: who chooses them, and what both arms make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evaluations.records import Snapshot, TokenLosses
from evaluations.sensitive import DROP, Losses, chosen_tokens
from tests.evaluations.made_runs import MadeLosses, plan, snapshot

A = "zero+carry"


def test_a_token_is_chosen_where_its_loss_falls_by_more_than_the_threshold():
    short = (np.array([3.0, 3.0, 1.0, 2.0]), np.array([3.0, 1.0, 3.0, 2.0]))
    long = (np.array([1.0, 1.5, 1.0, 1.0]), np.array([1.0, 1.0, 0.5, 1.0]))
    found = chosen_tokens(Losses(short, long, long, np.ones(4)), drop=1.0)
    assert found["a"].tolist() == [True, True, False, False]  # the last falls by exactly 1
    assert found["b"].tolist() == [True, False, True, False]
    assert found["both"].tolist() == [True, False, True, False]  # mean drops 2, 0.75, 1.25, 1


class Helped(MadeLosses):
    """Ten of 1,000 targets become easy with context: by 4 nats under B, by `share` of it under A.

    Reset arms see none of it.
    """

    share = 0.5

    def targets(self, document: str, arm: str, context_length: int) -> TokenLosses | None:
        found = super().targets(document, arm, context_length)
        if found is None:
            return None
        nll = found.nll.copy()
        helped = 4.0 * (1.0 if arm.startswith("previous") else self.share)
        if arm.endswith("carry") and context_length > 16:
            nll[::100] -= np.float32(helped)
        nll += np.float32(4.0)  # far from 0
        return replace(found, nll=nll)


@pytest.fixture
def made(monkeypatch):
    monkeypatch.setattr("tests.evaluations.made_runs.MadeLosses", Helped)

    def make(share: float = 0.5, **more) -> Snapshot:
        monkeypatch.setattr(Helped, "share", share)
        fixed = plan(baseline=(A,), preset="matched")
        return snapshot(8, made_plan=fixed, level=lambda arm, c: 2.5, own=0.0, **more)

    return make


def test_both_arms_are_judged_on_the_same_few_tokens(made):
    found = made().context_sensitive
    assert found.drop == DROP
    assert (found.shortest, found.longest) == (16, 4096)
    by = {one.chosen_by: one for one in found.sets}
    for name in ("a", "b", "both"):  # 2 nats under A, 4 under B: all choose the same tokens
        assert by[name].tokens == found.targets // 100 + (found.targets % 100 > 0)
        assert by[name].arm_b - by[name].arm_a == pytest.approx(-2 / np.log(2), abs=1e-4)
        assert by[name].delta_bits_per_byte == pytest.approx(-2 / np.log(2), abs=1e-4)
        assert by[name].ci_low <= by[name].delta_bits_per_byte <= by[name].ci_high


def test_what_one_checkpoint_does_not_see_it_does_not_choose(made):
    found = made(share=0.0).context_sensitive
    assert [one.chosen_by for one in found.sets] == ["b", "both"]


def test_equal_arms_are_equal_on_the_tokens_that_both_choose():
    """Chance alone: no text helps, losses vary, and the pooled choice favours neither arm."""
    rng = np.random.default_rng(2)
    short, long = (tuple(rng.normal(3, 1, 200_000) for _ in range(2)) for _ in range(2))
    chosen = chosen_tokens(Losses(short, long, long, np.ones(200_000)))
    difference = long[1] - long[0]
    assert abs(difference[chosen["both"]].mean()) < 0.03
    assert difference[chosen["a"]].mean() > 0.3  # luck of A is chosen by A: A looks better
    assert difference[chosen["b"]].mean() < -0.3


def test_it_is_computed_at_the_end_and_old_snapshots_are_read_without_it(made):
    assert made(status="running").context_sensitive is None
    values = made().model_dump(mode="json")
    del values["context_sensitive"]
    assert Snapshot.model_validate(values).context_sensitive is None


def test_without_two_lengths_there_is_no_drop_to_choose_by():
    one_length = plan(lengths=(16,), rule={"primary_length": 16}, baseline=(A,))
    assert snapshot(6, made_plan=one_length).context_sensitive is None
