"""The proof of the statistics draws what it says, and would see an interval that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from evaluations.paired import WATCHED_UNITS, Estimate, influence, ratio, watch
from tests.proofs import calibration
from tests.proofs.calibration import (
    DIFFERENCE,
    DISTRIBUTIONS,
    EXTREME,
    Row,
    bands,
    coverage,
    extended_once,
    false_winners,
    one_text,
    several_seeds,
    stated_power,
    wrong_about_one_text,
    wrong_while_watching,
)

EVERY = {**DISTRIBUTIONS, **EXTREME}


@pytest.mark.parametrize("name", EVERY)
def test_every_distribution_has_its_difference_as_the_ratio_of_expectations(name):
    units = 200_000
    differences, sizes = EVERY[name](np.random.default_rng(5), units, DIFFERENCE)
    error = influence(differences, sizes).std() / units**0.5
    assert abs(ratio(differences, sizes) - DIFFERENCE) < 4 * error
    assert error < 0.001


def test_a_long_text_has_its_difference_on_average():
    rng = np.random.default_rng(5)
    means = [one_text(rng, DIFFERENCE).mean() / np.log(2) for _ in range(100)]
    assert np.mean(means) == pytest.approx(DIFFERENCE, abs=4 * np.std(means) / 10)


@pytest.mark.parametrize("units", [6, 20])
@pytest.mark.parametrize("name", ["skewed", "heavy tails"])
def test_few_documents_are_calibrated(name, units):
    rng = np.random.default_rng(units)
    rows = [
        false_winners(name, DISTRIBUTIONS[name], units, 300, rng),
        *coverage(name, DISTRIBUTIONS[name], units, 300, rng),
    ]
    assert [row for row in rows if not row.met] == []


@pytest.mark.parametrize("name", EXTREME)
def test_where_the_interval_fails_there_is_no_go(name, monkeypatch):
    _, go = coverage(name, EXTREME[name], 10, 400, np.random.default_rng(4))
    assert go.met
    monkeypatch.setattr(calibration, "if_skewed", lambda d, b, upper: upper)
    _, unchecked = coverage(name, EXTREME[name], 10, 400, np.random.default_rng(4))
    assert unchecked.share > max(0.04, 1.5 * go.share)


def test_looking_after_every_document_is_calibrated():
    rows = wrong_while_watching("skewed", DISTRIBUTIONS["skewed"], 300, np.random.default_rng(1))
    assert [row for row in rows if not row.met] == []


def test_all_looks_at_once_are_what_the_product_shows_one_by_one():
    one = DISTRIBUTIONS["skewed"](np.random.default_rng(3), 40, DIFFERENCE)
    looks = [watch(one.differences[:n], one.sizes[:n]) for n in range(WATCHED_UNITS, 41)]
    assert calibration.all_looks(one) == pytest.approx([look.delta for look in looks])
    halves = [look.ci_high - look.delta for look in looks]
    assert calibration.allowed(one) == pytest.approx(halves)


@pytest.mark.parametrize("name", ["normal, equal lengths", "skewed"])
def test_the_stated_power_is_that_of_the_product(name, monkeypatch):
    monkeypatch.setattr(calibration, "PILOTS", 10)
    assert stated_power(name, DISTRIBUTIONS[name], 10, 400, np.random.default_rng(3)).met


def test_an_evaluation_that_was_extended_once_is_rarely_a_false_go():
    name = "normal, equal lengths"
    rng = np.random.default_rng(3)
    go, any_go = extended_once(name, DISTRIBUTIONS[name], 0.95, 300, rng)
    assert go.met
    assert go.share < any_go.share


def test_bands_seeds_and_one_text_are_calibrated():
    rng = np.random.default_rng(3)
    assert bands("skewed", DISTRIBUTIONS["skewed"], 10, 200, rng).met
    assert several_seeds(20, 200, rng).met
    assert wrong_about_one_text(0.9, 100, rng).met


def test_an_interval_that_is_too_narrow_is_seen(monkeypatch):
    def narrow(differences, sizes, *_):
        middles = [ratio(d, b) for d, b in zip(differences.T, sizes.T, strict=True)]
        return [Estimate(m, m - 0.01, m + 0.01, 0.5, "narrow", len(sizes)) for m in middles]

    monkeypatch.setattr(calibration, "compare_all", narrow)
    rng = np.random.default_rng(1)
    assert not false_winners("skewed", DISTRIBUTIONS["skewed"], 10, 300, rng).met
    covered, go = coverage("log-normal", EXTREME["log-normal"], 6, 800, rng)
    assert covered.share < 0.8
    assert not go.met


def test_a_row_without_a_goal_is_shown_and_never_missed():
    row = Row("coverage of 95 %", "log-normal", 10, 0.8, 0.93, 0.97, 10_000, has_goal=False)
    assert row.met
    assert "(shown)" in calibration.line(row)


@pytest.mark.parametrize(("share", "met"), [(0.05, True), (0.056, True), (0.058, False)])
def test_counting_itself_may_be_off_by_three_standard_errors(share, met):
    row = Row("A/A false winners", "any", 20, share, 0, 0.05, 10_000, 0)
    assert row.tolerance == pytest.approx(3 * (0.05 * 0.95 / 10_000) ** 0.5)
    assert row.met is met
