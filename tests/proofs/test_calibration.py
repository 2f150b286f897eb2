"""The proof of the statistics draws what it says, and would see an interval that is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from evaluations.paired import Estimate, influence, ratio
from tests.proofs import calibration
from tests.proofs.calibration import (
    DIFFERENCE,
    DISTRIBUTIONS,
    Row,
    coverage,
    false_winners,
    one_text,
    stated_power,
)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_every_distribution_has_its_difference_as_the_ratio_of_expectations(name):
    units = 200_000
    differences, sizes = DISTRIBUTIONS[name](np.random.default_rng(5), units, DIFFERENCE)
    error = influence(differences, sizes).std() / units**0.5
    assert abs(ratio(differences, sizes) - DIFFERENCE) < 4 * error
    assert error < 0.001


def test_a_long_text_has_its_difference_on_average():
    rng = np.random.default_rng(5)
    means = [one_text(rng, DIFFERENCE).mean() / np.log(2) for _ in range(100)]
    assert np.mean(means) == pytest.approx(DIFFERENCE, abs=4 * np.std(means) / 10)


@pytest.mark.parametrize("units", [6, 10])
@pytest.mark.parametrize("name", ["skewed", "heavy tails"])
def test_few_documents_are_calibrated(name, units):
    rng = np.random.default_rng(units)
    for count in (false_winners, coverage):
        row = count(name, DISTRIBUTIONS[name], units, 300, rng)
        assert row.met, row


def test_the_stated_power_is_that_of_the_product():
    rng = np.random.default_rng(3)
    assert stated_power("normal", DISTRIBUTIONS["normal, equal lengths"], 10, 300, rng).met


def test_an_interval_that_is_too_narrow_is_seen(monkeypatch):
    def narrow(differences, sizes, _rng):
        middle = ratio(differences, sizes)
        return Estimate(middle, middle - 0.01, middle + 0.01, 0.5, "narrow", len(sizes))

    monkeypatch.setattr(calibration, "compare", narrow)
    rng = np.random.default_rng(1)
    for count in (false_winners, coverage):
        assert not count("skewed", DISTRIBUTIONS["skewed"], 10, 300, rng).met


@pytest.mark.parametrize(("share", "met"), [(0.05, True), (0.056, True), (0.058, False)])
def test_counting_itself_may_be_off_by_three_standard_errors(share, met):
    row = Row("A/A false winners", "any", 20, share, 0, 0.05, 10_000, 0)
    assert row.tolerance == pytest.approx(3 * (0.05 * 0.95 / 10_000) ** 0.5)
    assert row.met is met
