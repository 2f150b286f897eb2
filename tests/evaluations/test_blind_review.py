"""Votes of a blind review: order and sides, win rate and interval, agreement."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from evaluations.blind_review import (
    Ballot,
    nominal_alpha,
    placed,
    rate_interval,
    summarize,
)

POINTS = [(f"d{n % 8}", 100 + n) for n in range(200)]
ARMS = ("old", "new")


def ballot(vote: str, document: str = "d", position: int = 1, **changes) -> Ballot:
    made = {"reviewer": "r", "left_arm": "new", "right_arm": "old", **changes}
    return Ballot(document=document, position=position, vote=vote, **made)


def test_order_and_sides_are_the_reviewers_own_and_come_back():
    mine = placed("run", "Sato", POINTS, ARMS)
    assert mine == placed("run", "Sato", reversed(POINTS), ARMS)
    assert sorted((one.document, one.position) for one in mine) == sorted(POINTS)
    for other in (placed("run", "Ito", POINTS, ARMS), placed("run 2", "Sato", POINTS, ARMS)):
        sides = {(one.document, one.position): one.left_arm for one in other}
        same = sum(sides[one.document, one.position] == one.left_arm for one in mine)
        assert 70 < same < 130  # of 200 tosses
        assert [one.position for one in other] != [one.position for one in mine]
    assert 70 < sum(one.left_arm == "new" for one in mine) < 130


def test_points_that_come_later_do_not_move_the_others():
    before, after = placed("run", "Sato", POINTS[:50], ARMS), placed("run", "Sato", POINTS, ARMS)
    assert [one for one in after if (one.document, one.position) in POINTS[:50]] == before


def test_a_vote_counts_for_the_arm_that_stood_there():
    left, right = ballot("left"), ballot("right")
    assert (left.choice, left.score("new"), left.score("old")) == ("new", 1.0, 0.0)
    assert (right.choice, right.score("new"), right.score("old")) == ("old", 0.0, 1.0)
    for tie in ("same", "both_bad"):
        assert ballot(tie).score("new") == ballot(tie).score("old") == 0.5
    assert ballot("same", wrong="right").is_wrong("old")
    assert not ballot("same", wrong="right").is_wrong("new")
    assert ballot("same", wrong="both").is_wrong("new")


def test_ties_count_half_and_every_count_is_kept():
    votes = [
        ballot("left", wrong="right"),
        ballot("right", position=2),
        ballot("same", position=3),
        ballot("left", position=4, left_arm="old", right_arm="new", wrong="both"),
        ballot("both_bad", document="e", reviewer="s"),
    ]
    found = summarize(votes, "old", "new", {}, identical=7)
    assert found is not None
    assert found.win_rate == pytest.approx((1 + 0 + 0.5 + 0 + 0.5) / 5)
    assert (found.wins_a, found.wins_b, found.same, found.both_bad) == (2, 1, 1, 1)
    assert (found.wrong_a, found.wrong_b, found.wrong_answers, found.identical) == (2, 1, 2, 7)
    assert (found.votes, found.points, found.documents, found.units) == (5, 5, 2, 2)
    assert [tuple(one.model_dump().values()) for one in found.reviewers] == [
        ("r", 4, 0.375, 2, 1, 1, 0),
        ("s", 1, 0.5, 0, 0, 0, 1),
    ]
    assert (found.ci_low, found.ci_high, found.alpha) == (None, None, None)
    assert summarize([], "old", "new", {}) is None


def test_only_votes_with_an_answer_count_for_wrong_information():
    votes = [
        ballot("same", position=n, wrong=said) for n, said in enumerate((None, "none", "both"))
    ]
    found = summarize(votes, "old", "new", {})
    assert (found.votes, found.wrong_answers, found.wrong_a, found.wrong_b) == (3, 2, 1, 1)


def test_swapping_the_arms_mirrors_rate_and_interval():
    rng = np.random.default_rng(5)
    votes = [
        ballot(str(rng.choice(["left", "left", "right", "same"])), f"d{n % 9}", n)
        for n in range(40)
    ]
    one, other = summarize(votes, "old", "new", {}), summarize(votes, "new", "old", {})
    assert one.win_rate == pytest.approx(1 - other.win_rate)
    assert one.ci_low == pytest.approx(1 - other.ci_high)
    assert one.ci_low < one.win_rate < one.ci_high


def test_documents_of_one_group_are_one_unit():
    votes = [ballot("left", f"d{n}", n) for n in range(12)]
    groups = {f"d{n}": f"g{n % 3}" for n in range(12)}
    assert summarize(votes, "old", "new", {}).ci_low is not None
    found = summarize(votes, "old", "new", groups)
    assert (found.units, found.groups, found.ci_low) == (3, 3, None)


def test_one_vote_on_each_document_gives_the_exact_binomial_interval():
    wins = np.array([1.0] * 9 + [0.0] * 5)
    expected = binomtest(9, 14).proportion_ci(0.95, method="exact")
    found = rate_interval(wins, np.ones(14))
    # the variance between 14 documents is estimated with n - 1: 14 / 13 of the binomial one
    assert found.low == pytest.approx(expected.low, abs=0.02)
    assert found.high == pytest.approx(expected.high, abs=0.02)
    assert found.low <= expected.low
    assert found.high >= expected.high


def test_votes_that_go_together_are_worth_fewer():
    votes = np.full(8, 6.0)
    mixed = rate_interval(np.full(8, 4.0), votes)
    split = rate_interval(np.array([6.0, 6, 6, 6, 6, 2, 0, 0]), votes)
    assert split.high - split.low > 1.5 * (mixed.high - mixed.low)


def test_a_unanimous_handful_is_not_certainty():
    found = rate_interval(np.full(6, 4.0), np.full(6, 4.0))
    assert found.high == 1.0
    assert 0.5 < found.low < 0.75
    nearly = rate_interval(np.array([4.0, 4, 4, 4, 4, 3]), np.full(6, 4.0))
    assert nearly.low < found.low
    assert rate_interval(np.zeros(6), np.full(6, 4.0)) == pytest.approx((0.0, 1 - found.low))
    assert rate_interval(np.full(5, 4.0), np.full(5, 4.0)) is None


@pytest.mark.parametrize(("rate", "correlation"), [(0.5, 0.0), (0.5, 0.3), (0.7, 0.3), (0.6, 0.6)])
def test_the_interval_covers_the_truth_about_95_times_of_100(rate, correlation):
    rng = np.random.default_rng(8)
    held, rounds, documents, items = 0, 400, 12, 6
    for _ in range(rounds):
        shares = np.full(documents, rate)
        if correlation:
            spread = (1 - correlation) / correlation
            shares = rng.beta(rate * spread, (1 - rate) * spread, documents)
        found = rate_interval(
            rng.binomial(items, shares).astype(float), np.full(documents, float(items))
        )
        held += found.low <= rate <= found.high
    assert held / rounds >= 0.93


def by_unit(*observers: str) -> list[list[str]]:
    """Units from the observers' rows; a dot is a missing value."""
    rows = [row.split() for row in observers]
    return [[value for value in column if value != "."] for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("observers", "alpha"),
    [
        # Krippendorff 2011, Computing Krippendorff's Alpha-Reliability: examples A, B and C
        (("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),
        (("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),
        (
            (
                "1 2 3 3 2 1 4 1 2 . . .",
                "1 2 3 3 2 2 4 1 2 5 . 3",
                ". 3 3 3 2 3 4 2 2 5 1 .",
                "1 2 3 3 2 4 4 1 2 5 1 .",
            ),
            0.743,
        ),
    ],
)
def test_agreement_is_that_of_the_published_examples(observers, alpha):
    assert nominal_alpha(by_unit(*observers)) == pytest.approx(alpha, abs=0.0005)


def test_agreement_that_nothing_speaks_about_is_none_and_not_zero():
    assert nominal_alpha([]) is None
    assert nominal_alpha([["a"], ["b"], ["a"]]) is None  # one reviewer, or no common point
    assert nominal_alpha([["a", "a"], ["a", "a"]]) is None  # all alike: no chance to compare with
    assert nominal_alpha([["a", "a"], ["b", "b"]]) == 1.0
    assert nominal_alpha([["a", "b"], ["b", "a"]]) < 0


def test_agreement_is_about_arms_and_not_about_sides():
    votes = [
        one
        for n in range(6)
        for one in (
            ballot("left" if n % 2 else "right", f"d{n}", n),
            ballot(
                "right" if n % 2 else "left",
                f"d{n}",
                n,
                reviewer="s",
                left_arm="old",
                right_arm="new",
            ),
        )
    ]
    assert summarize(votes, "old", "new", {}).alpha == pytest.approx(1.0)
