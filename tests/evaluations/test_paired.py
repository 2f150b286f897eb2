"""Statistics against hand computations, scipy, and simulated coverage."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evaluations.paired import (
    DRAWS,
    LN2,
    NEEDED_CAP,
    bca_interval,
    by_group,
    compare,
    compare_all,
    documents_needed,
    minimum_units,
    one_document,
    pointwise_intervals,
    power,
    resampled_ratios,
    simultaneous_bands,
    slowdown,
    watch,
)


def made(units, seed=0, shift=-0.05, deviation=0.02, kind="normal"):
    """d in nats and b in bytes of documents of 3 to 5 kB, bits per byte around `shift`."""
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(3000, 5000, units)
    noise = {
        "normal": rng.standard_normal(units),
        "skewed": rng.exponential(1, units) - 1,
    }[kind]
    return LN2 * sizes * (shift + deviation * noise), sizes


def rng(seed=1):
    return np.random.default_rng(seed)


# --- laws ------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1, 3, 6, 12, 19, 20, 40])
def test_the_same_arm_twice_differs_by_exactly_zero(units):
    sizes = made(units)[1]
    found = compare(np.zeros(units), sizes, rng())
    assert found.delta == 0
    assert (found.ci_low, found.ci_high) == ((0, 0) if units >= 6 else (None, None))
    assert found.p_value in (None, 1)


@pytest.mark.parametrize("units", [3, 6, 12, 19, 20, 40])
@pytest.mark.parametrize("kind", ["normal", "skewed"])
def test_swapping_the_arms_flips_the_sign_to_the_last_bit(units, kind):
    differences, sizes = made(units, kind=kind)
    one, other = compare(differences, sizes, rng()), compare(-differences, sizes, rng())
    assert one.delta == -other.delta
    if units >= 6:
        assert (one.ci_low, one.ci_high) == (-other.ci_high, -other.ci_low)
        assert one.p_value == other.p_value


def test_the_estimate_is_a_ratio_of_sums_in_bits_per_byte():
    # 3 bits over 100 bytes and 1 bit over 300 bytes
    found = compare(LN2 * np.array([3.0, 1.0]), np.array([100.0, 300.0]), rng())
    assert found.delta == pytest.approx(4 / 400)


def test_the_same_seed_gives_the_same_numbers_and_columns_do_not_disturb_each_other():
    differences, sizes = made(30)
    alone = compare(differences, sizes, rng())
    beside = compare_all(np.stack([differences, differences * 2], axis=1), sizes, rng())
    assert beside[0] == alone


def test_without_documents_nothing_is_claimed():
    found = compare(np.zeros(0), np.zeros(0), rng())
    assert (found.delta, found.ci_low, found.p_value, found.method) == (None, None, None, "none")


def test_groups_are_summed_and_ungrouped_documents_stand_alone():
    values = np.array([[1.0, 10], [2, 20], [4, 40], [8, 80]])
    pooled = by_group(values, ["m1", None, "m1", None])
    assert pooled.tolist() == [[5, 50], [2, 20], [8, 80]]
    assert by_group(values, [None] * 4) is values


# --- which method ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "method"),
    [(1, "none"), (5, "none"), (6, "sign_flip"), (19, "sign_flip"), (20, "bca_bootstrap")],
)
def test_the_method_follows_the_number_of_documents(units, method):
    assert compare(*made(units), rng()).method == method


def test_a_few_giant_documents_do_not_get_a_bootstrap():
    differences, sizes = made(30)
    sizes[:3] *= 100
    differences[:3] *= 100
    assert compare(differences, sizes, rng()).method == "sign_flip"


def test_one_document_that_holds_most_of_the_variation_does_not_get_a_bootstrap():
    differences, sizes = made(30)
    differences[4] += 30 * 0.02 * LN2 * sizes[4]
    assert compare(differences, sizes, rng()).method == "sign_flip"


def test_a_higher_confidence_needs_more_documents():
    assert (minimum_units(0.95), minimum_units(0.99)) == (6, 8)
    assert compare(*made(7), rng(), confidence=0.99).method == "none"
    assert compare(*made(8), rng(), confidence=0.99).method == "sign_flip"


# --- the bootstrap ---------------------------------------------------------------------------


def test_the_bca_interval_is_scipys():
    differences, sizes = made(40, kind="skewed")
    resampled = resampled_ratios(differences[:, None], sizes[:, None], rng(), DRAWS)[:, 0] / LN2
    ours = bca_interval(resampled, differences, sizes, 0.95, widened=False)
    reference = stats.bootstrap(
        (differences, sizes),
        lambda d, b, axis: d.sum(axis) / (LN2 * b.sum(axis)),
        paired=True,
        vectorized=True,
        n_resamples=20_000,
        method="BCa",
        rng=rng(5),
    ).confidence_interval
    width = reference.high - reference.low
    assert ours == pytest.approx(tuple(reference), abs=0.05 * width)


def test_levels_are_widened_for_few_documents():
    differences, sizes = made(20)
    resampled = resampled_ratios(differences[:, None], sizes[:, None], rng(), DRAWS)[:, 0] / LN2
    plain = bca_interval(resampled, differences, sizes, 0.95, widened=False)
    wide = bca_interval(resampled, differences, sizes, 0.95)
    # t(0.975, 19) sqrt(20 / 19) / z(0.975) = 2.093 * 1.026 / 1.960
    assert (wide[1] - wide[0]) / (plain[1] - plain[0]) == pytest.approx(1.096, abs=0.05)


def test_the_p_value_is_that_of_scipys_permutation_test():
    differences, sizes = made(24, shift=-0.009)
    reference = stats.permutation_test(
        (differences, np.zeros(24)),
        lambda a, b, axis: (a - b).sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=rng(5),
    ).pvalue
    assert compare(differences, sizes, rng()).p_value == pytest.approx(reference, abs=0.02)


# --- the inverted sign-flip test -------------------------------------------------------------


def sign_flip_p(residuals):
    """Two-sided p of a sum under all sign vectors, written out."""
    flips = np.array(list(product([-1, 1], repeat=len(residuals))))
    observed = abs(residuals.sum()) * (1 - 1e-9)
    return float(np.mean(np.abs(flips @ residuals) >= observed))


@pytest.mark.parametrize("units", [6, 9, 12])
def test_the_p_value_of_few_documents_is_that_of_all_sign_vectors(units):
    differences, sizes = made(units, shift=-0.01)
    found = compare(differences, sizes, rng())
    assert found.p_value == pytest.approx(sign_flip_p(differences))


@pytest.mark.parametrize("units", [6, 9, 12])
def test_the_interval_holds_just_the_differences_that_the_test_does_not_reject(units):
    differences, sizes = made(units, shift=-0.01)
    found = compare(differences, sizes, rng())
    for bound, outwards in [(found.ci_low, -1e-6), (found.ci_high, 1e-6)]:
        for step, rejected in [(outwards, True), (-outwards, False)]:
            residuals = differences - LN2 * (bound + step) * sizes
            assert (sign_flip_p(residuals) <= 0.05) is rejected


def test_six_documents_that_agree_are_just_enough():
    found = compare(-LN2 * np.arange(1.0, 7), np.full(6, 100.0), rng())
    assert found.p_value == 2 / 2**6
    # two of the 64 sign vectors may be rejected: the bounds are the extreme documents
    assert (found.ci_low, found.ci_high) == pytest.approx((-0.06, -0.01))


@settings(deadline=None)  # a busy machine is no defect
@given(st.lists(st.floats(-1, 1), min_size=6, max_size=12), st.integers(0, 99))
def test_the_estimate_lies_in_its_interval(values, seed):
    sizes = np.random.default_rng(seed).uniform(1, 100, len(values))
    found = compare(np.array(values), sizes, rng())
    assert found.ci_low - 1e-12 <= found.delta <= found.ci_high + 1e-12


# --- coverage --------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [6, 10, 15])
def test_sign_flip_intervals_cover_the_truth(units):
    runs = 800
    covered = 0
    for seed in range(runs):
        found = compare(*made(units, seed=seed), rng(seed))
        covered += found.ci_low <= -0.05 <= found.ci_high
    # conservative: at least 95 %, less three standard errors of the simulation
    assert covered / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


@pytest.mark.slow
@pytest.mark.parametrize("units", [20, 40])
@pytest.mark.parametrize("kind", ["normal", "skewed"])
def test_bootstrap_intervals_cover_the_truth_about_95_times_in_100(units, kind, monkeypatch):
    monkeypatch.setattr("evaluations.paired.DRAWS", 1500)
    runs = 500
    covered = 0
    for seed in range(runs):
        found = compare(*made(units, seed=seed, kind=kind), rng(seed))
        covered += found.ci_low <= -0.05 <= found.ci_high
    assert 0.91 <= covered / runs <= 0.985


# --- looking again and again -----------------------------------------------------------------


def test_the_running_interval_is_the_formula_computed_by_hand():
    differences, sizes = LN2 * np.array([-5.0, -3, -4, -6, -2, -4]), np.full(6, 100.0)
    found = watch(differences, sizes, margin=0.02)
    # deviation of -0.05, -0.03, ...: variance 0.0002, widened by (t sqrt(6/5) / z)^2
    widening = stats.t.ppf(0.975, 5) * math.sqrt(6 / 5) / stats.norm.ppf(0.975)
    s2, n, tau2 = 0.0002 * widening**2, 6, 0.02**2
    half = math.sqrt(
        s2 * (s2 + n * tau2) / (n**2 * tau2) * math.log((s2 + n * tau2) / (s2 * 0.05**2))
    )
    assert found.delta == pytest.approx(-0.04)
    assert found.ci_high - found.delta == pytest.approx(half)
    assert found.method == "confidence_sequence"


def test_looking_after_every_document_keeps_false_alarms_below_5_percent():
    runs = 100
    alarms = 0
    for seed in range(runs):
        differences, sizes = made(120, seed=seed, shift=0.0)
        looks = (watch(differences[:k], sizes[:k], 0.02) for k in range(6, 121))
        alarms += any(not (look.ci_low <= 0 <= look.ci_high) for look in looks)
    assert alarms / runs <= 0.06


def test_the_running_interval_is_wider_than_the_final_one():
    differences, sizes = made(50)
    running, final = watch(differences, sizes, 0.02), compare(differences, sizes, rng())
    assert running.ci_high - running.ci_low > 1.2 * (final.ci_high - final.ci_low)


def test_before_six_documents_the_running_evaluation_has_no_interval():
    found = watch(*made(5), 0.02)
    assert found.ci_low is None
    assert found.delta is not None


# --- one document ----------------------------------------------------------------------------


def periodic(targets=20_000, window=64, seed=0):
    """Differences that repeat every window, as with a reset."""
    noise = np.random.default_rng(seed).normal(0, 0.5, targets)
    return np.where(np.arange(targets) % window < 4, -1.0, 0.0) + noise


def test_blocks_of_whole_windows_do_not_take_a_repeating_gain_for_noise():
    nats, sizes = periodic(), np.ones(20_000, dtype=np.int64)
    found = one_document(nats, sizes, 64, rng())
    expected = nats.sum() / (LN2 * 20_000)
    assert found.delta == pytest.approx(expected)
    # the gain is the same in each window: only the noise moves it, 0.5 / sqrt(20,000) nats
    error = 0.5 / math.sqrt(20_000) / LN2
    assert found.ci_high - found.ci_low == pytest.approx(2 * 1.96 * error, rel=0.3)
    assert found.method == "block_bootstrap"


def test_swapping_the_arms_of_one_document_flips_the_sign():
    nats, sizes = periodic(), np.ones(20_000, dtype=np.int64)
    one, other = one_document(nats, sizes, 64, rng()), one_document(-nats, sizes, 64, rng())
    assert (one.ci_low, one.ci_high) == (-other.ci_high, -other.ci_low)


def test_fewer_than_ten_windows_carry_no_interval():
    found = one_document(periodic(9 * 1024), np.ones(9 * 1024, dtype=np.int64), 1024, rng())
    assert (found.method, found.ci_low) == ("none", None)
    assert found.delta is not None


# --- how many more ---------------------------------------------------------------------------


def test_the_power_is_that_of_the_simulated_test():
    effect, units, runs = 0.9, 12, 1500
    simulated = 0
    for seed in range(runs):
        found = compare(*made(units, seed=seed, shift=0.9 * 0.02), rng(seed))
        simulated += not (found.ci_low <= 0 <= found.ci_high)
    assert power(effect, units) == pytest.approx(simulated / runs, abs=0.05)


def test_a_large_sample_needs_what_the_normal_approximation_says():
    # ((1.96 + 0.84) * 0.05 / 0.01)^2 = 196.2, and about two for the estimated deviation
    assert documents_needed(-0.03, 0.05, 0.02, units=0) == pytest.approx(198, abs=2)


def test_documents_that_are_there_are_counted():
    assert documents_needed(-0.03, 0.05, 0.02, 50) == documents_needed(-0.03, 0.05, 0.02, 0) - 50


def test_an_effect_at_the_margin_is_never_decided():
    assert documents_needed(-0.02, 0.05, 0.02, 20) == NEEDED_CAP
    assert documents_needed(-0.0201, 0.05, 0.02, 20) == NEEDED_CAP


def test_a_clear_effect_needs_six():
    assert documents_needed(-0.5, 0.05, 0.02, units=2) == 4
    assert documents_needed(-0.5, 0.0, 0.02, units=2) == 4


# --- curves ----------------------------------------------------------------------------------


def test_a_column_that_one_document_reaches_has_no_interval():
    values = np.array([[1.0, 1.0], [2.0, 0.0], [3.0, 0.0]])
    drawn = resampled_ratios(values, (values > 0).astype(float), rng(), 500)
    low, high = pointwise_intervals(drawn, np.array([3, 1]), 0.95)
    assert low[0] < 2 < high[0]
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_simultaneous_bands_cover_all_lengths_at_once():
    runs, covered = 300, 0
    for seed in range(runs):
        values = np.random.default_rng(seed).normal(0, 1, (30, 5))
        ones = np.ones_like(values)
        drawn = resampled_ratios(values, ones, rng(seed), 500)
        low, high = simultaneous_bands(drawn, values.mean(axis=0), np.full(5, 30), 0.95)
        covered += bool(((low <= 0) & (high >= 0)).all())
    assert 0.91 <= covered / runs <= 0.99


def test_points_that_do_not_vary_have_a_band_of_no_width():
    drawn = np.ones((100, 2))
    low, high = simultaneous_bands(drawn, np.ones(2), np.array([5, 5]), 0.95)
    assert low.tolist() == high.tolist() == [1, 1]


# --- a level that the splits do not reach ----------------------------------------------------


@pytest.mark.parametrize("units", [20, 40])
def test_a_level_beyond_the_drawn_splits_gets_no_interval(units):
    differences, sizes = made(units)
    sizes[0], differences[0] = sizes[0] * 100, differences[0] * 100  # no bootstrap
    found = compare(differences, sizes, rng(), confidence=0.99995)
    assert (found.ci_low, found.ci_high, found.method) == (None, None, "none")
    assert found.delta is not None
    allowed = compare(differences, sizes, rng(), confidence=0.999)
    assert allowed.ci_low < allowed.delta < allowed.ci_high


# --- time ------------------------------------------------------------------------------------


def timed(documents, pieces, truth=1.0, seed=0):
    """Ratios around `truth`, half of their spread shared by a document's pieces."""
    drawn = np.random.default_rng(seed)
    shared = np.repeat(drawn.normal(0, 0.2, documents), pieces)
    ratios = truth * np.exp(shared + drawn.normal(0, 0.2, documents * pieces))
    return ratios, np.repeat([f"d{i}" for i in range(documents)], pieces).tolist()


def test_the_slowdown_is_the_median_of_the_pairs():
    # twelve pairs over six documents: the middle two are 1.2 and 1.4
    ratios = np.array([0.5, 0.6, 0.7, 0.8, 1.0, 1.2, 1.4, 1.5, 2.0, 3.0, 4.0, 50.0])
    found = slowdown(ratios, [f"d{i // 2}" for i in range(12)], rng())
    assert found.ratio == pytest.approx(1.3)
    assert 0.5 <= found.low < found.ratio < found.high <= 50


@pytest.mark.parametrize(("documents", "pieces"), [(9, 1), (5, 8), (1, 100), (0, 1)])
def test_fewer_than_ten_pairs_or_six_documents_carry_no_slowdown(documents, pieces):
    assert slowdown(*timed(documents, pieces), rng()) is None


def test_equal_times_are_a_slowdown_of_exactly_one():
    found = slowdown(np.ones(12), [f"d{i // 2}" for i in range(12)], rng())
    assert found == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(("documents", "pieces"), [(6, 2), (8, 8), (24, 4)])
def test_the_interval_of_the_slowdown_covers_it_although_pieces_share_a_disturbance(
    documents, pieces
):
    runs, covered = 200, 0
    for seed in range(runs):
        found = slowdown(*timed(documents, pieces, 1.1, seed), rng(seed))
        covered += found.low <= 1.1 <= found.high
    assert covered / runs >= 0.87  # six documents reach 90 %, more come closer to 95 %
