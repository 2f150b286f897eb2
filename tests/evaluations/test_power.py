"""How many documents it takes, against formulas and simulated evaluations."""

import math

import numpy as np
import pytest
from scipy import stats

from evaluations.paired import LN2, compare_all
from evaluations.power import (
    NEEDED_CAP,
    detectable_effect,
    documents_needed,
    documents_to_add,
    ends,
    power,
)


def pilot(units, delta=0.0, deviation=0.05, seed=3):
    """Equally long documents whose mean and deviation (n - 1) are just these, bits per byte."""
    noise = np.random.default_rng(seed).normal(size=units)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    sizes = np.full(units, 1e4)
    return LN2 * sizes * (delta + deviation * noise), sizes


def rng(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("units", [20, 50])
def test_the_detectable_effect_of_normal_documents_is_that_of_the_t_test(units):
    # noncentral t: power 80 % at a two-sided level of 5 %
    critical = stats.t.ppf(0.975, units - 1)
    shift = next(x for x in np.arange(2, 4, 0.001) if stats.nct.sf(critical, units - 1, x) >= 0.8)
    found = detectable_effect(*pilot(400), units, rng(), imitated=1_500)
    assert found == pytest.approx(0.05 * shift / math.sqrt(units), rel=0.1)


def test_more_documents_detect_less_and_beyond_sixty_it_shrinks_with_the_root():
    found = [detectable_effect(*pilot(30), units, rng()) for units in (8, 20, 60, 240)]
    assert found == sorted(found, reverse=True)
    assert found[3] == pytest.approx(found[2] / 2)


@pytest.mark.parametrize(("known", "units"), [(5, 20), (20, 5)])
def test_fewer_than_six_documents_state_no_power(known, units):
    assert detectable_effect(*pilot(known), units, rng()) is None


def test_the_imitated_power_is_that_of_the_simulated_test():
    differences, sizes = pilot(24)
    gap, found = -0.03, ends(differences, sizes, 15, rng(), imitated=1_500)
    drawn = rng(8).integers(0, 24, size=(15, 800))
    shifted = (differences * math.sqrt(24 / 23))[drawn] + LN2 * gap * sizes[drawn]
    tested = compare_all(shifted, sizes[drawn], rng(9), draws=1_000)
    assert power(found, gap) == pytest.approx(np.mean([e.ci_high < 0 for e in tested]), abs=0.06)


def test_a_large_sample_needs_what_the_normal_approximation_says():
    # ((1.96 + 0.84) * 0.05 / 0.01)^2 = 196, of which 30 are there, and a little for an interval
    # that spans two
    assert 160 <= documents_needed(*pilot(30, -0.03), 0.02, rng()) <= 220


@pytest.mark.parametrize("delta", [-0.06, 0.02])
def test_the_documents_needed_reach_the_power_on_either_side_of_the_margin(delta):
    differences, sizes = pilot(8, delta, 0.06)
    total = 8 + documents_needed(differences, sizes, 0.02, rng())
    enough = power(ends(differences, sizes, total, rng(5), imitated=1_000), delta + 0.02)
    too_few = power(ends(differences, sizes, total - 4, rng(5), imitated=1_000), delta + 0.02)
    assert 0.74 <= enough <= 0.88
    assert too_few < 0.8


def test_the_highest_confidence_has_power_too():
    usual = detectable_effect(*pilot(20), 20, rng(), imitated=100)
    strict = detectable_effect(*pilot(20), 20, rng(), 0.999, imitated=100)
    assert 1.3 * usual < strict < 3 * usual


def test_an_effect_at_the_margin_is_never_decided():
    assert documents_needed(*pilot(20, -0.0201), 0.02, rng()) == NEEDED_CAP
    assert documents_needed(-LN2 * np.full(8, 2.0), np.full(8, 100.0), 0.02, rng()) == NEEDED_CAP


def test_a_clear_effect_needs_six():
    assert documents_needed(*pilot(3, -0.5, 0.01), 0.02, rng()) == 3
    assert documents_needed(*pilot(8, -0.5, 0.01), 0.02, rng()) == 0
    assert documents_needed(*pilot(4, -0.5, 0.0), 0.02, rng()) == 2


@pytest.mark.parametrize(("further", "share", "added"), [(9, 0.0, 9), (8, 0.2, 10), (9, 0.2, 12)])
def test_what_will_only_calibrate_is_added(further, share, added):
    assert documents_to_add(further, share) == added


def test_what_is_beyond_the_cap_stays_there():
    assert documents_to_add(NEEDED_CAP, 0.2) == NEEDED_CAP
