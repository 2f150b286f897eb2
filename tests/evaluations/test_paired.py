"""Statistics against hand computations, scipy, and simulated coverage."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from evaluations.paired import (
    DRAWS,
    EXACT_UNITS,
    LN2,
    _flip_test,
    _flipped,
    always_valid,
    by_group,
    compare,
    compare_all,
    curve_bands,
    holm,
    if_skewed,
    minimum_units,
    one_document,
    slowdown,
    standard_error,
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
    other = made(30, seed=9)[0]
    beside = compare_all(np.stack([other, differences, differences * 2], axis=1), sizes, rng())
    assert beside[1] == alone


@pytest.mark.parametrize("units", [6, 8, 13, 20, 45])
@pytest.mark.parametrize("kind", ["normal", "skewed"])
@pytest.mark.parametrize("confidence", [0.95, 0.9])
def test_p_is_below_the_level_exactly_where_the_interval_excludes_zero(units, kind, confidence):
    sides = set()
    for seed in range(60):
        differences, sizes = made(units, seed, -0.045 / units**0.5, kind=kind)
        found = compare_all(differences[:, None], sizes, rng(seed), confidence, draws=1000)[0]
        excludes = not found.ci_low <= 0 <= found.ci_high
        assert excludes is (found.p_value <= 1 - confidence + 1e-12)
        sides.add(excludes)
    assert sides == {True, False}


def test_without_documents_nothing_is_claimed():
    found = compare(np.zeros(0), np.zeros(0), rng())
    assert (found.delta, found.ci_low, found.p_value, found.method) == (None, None, None, "none")


def test_groups_are_summed_and_ungrouped_documents_stand_alone():
    values = np.array([[1.0, 10], [2, 20], [4, 40], [8, 80]])
    pooled = by_group(values, ["m1", None, "m1", None])
    assert pooled.tolist() == [[5, 50], [2, 20], [8, 80]]
    assert by_group(values, [None] * 4) is values


# --- the two tests ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("units", "method"), [(1, "none"), (5, "none"), (6, "flips_and_bootstrap")]
)
def test_an_interval_needs_six_documents(units, method):
    assert compare(*made(units), rng()).method == method


def test_a_higher_confidence_needs_more_documents():
    assert (minimum_units(0.95), minimum_units(0.99)) == (6, 8)
    assert compare(*made(7), rng(), confidence=0.99).method == "none"
    assert compare(*made(8), rng(), confidence=0.99).method == "flips_and_bootstrap"


def test_the_standard_error_of_equally_long_documents_is_that_of_a_mean():
    bits = np.array([1.0, 2, 4, 8])
    expected = bits.std(ddof=1) / 2 / 100
    assert standard_error(LN2 * bits, np.full(4, 100.0)) == pytest.approx(expected)


def bootstrap_t(differences, sizes, draws=20_000):
    """Ends of the studentized bootstrap of sum(d) / sum(b), resample by resample."""
    generator, n = rng(5), len(sizes)

    def found(d, b):
        ratio = d.sum() / b.sum()
        return ratio, math.sqrt(((d - ratio * b) ** 2).sum()) / b.sum()

    delta, error = found(differences, sizes)
    t_values = []
    for _ in range(draws):
        drawn = generator.integers(0, n, n)
        ratio, own = found(differences[drawn], sizes[drawn])
        t_values.append((ratio - delta) / own)
    low, high = np.quantile(t_values, [0.025, 0.975])
    error *= math.sqrt(n / (n - 1))
    return (delta - high * error) / LN2, (delta - low * error) / LN2


@pytest.mark.parametrize("units", [12, 40])
@pytest.mark.parametrize("kind", ["normal", "skewed"])
def test_the_interval_spans_the_flips_and_the_studentized_bootstrap(units, kind):
    differences, sizes = made(units, kind=kind)
    found = compare(differences, sizes, rng())
    low, high = bootstrap_t(differences, sizes, 6_000)
    flips = inverted_flips(differences, sizes)
    expected = min(low, flips[0]), max(high, flips[1])
    assert (found.ci_low, found.ci_high) == pytest.approx(expected, abs=0.05 * (high - low))


def inverted_flips(differences, sizes):
    """Ends of what the sign-flip test does not reject, by a search and random signs."""
    signs = rng(6).choice([-1.0, 1.0], size=(6_000, len(sizes)))

    def p(delta):
        rest = differences - LN2 * delta * sizes
        return np.mean(np.abs(signs @ rest) >= abs(rest.sum()) * (1 - 1e-9))

    middle = differences.sum() / (LN2 * sizes.sum())
    ends = []
    for outside in (middle - 0.1, middle + 0.1):
        inside = middle
        for _ in range(25):
            halfway = (inside + outside) / 2
            inside, outside = (halfway, outside) if p(halfway) > 0.05 else (inside, halfway)
        ends.append(inside)
    return ends


def test_the_flips_are_those_of_scipys_permutation_test():
    differences, sizes = made(24, shift=-0.009)
    reference = stats.permutation_test(
        (differences, np.zeros(24)),
        lambda a, b, axis: (a - b).sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        rng=rng(5),
    ).pvalue
    # p is the larger of two; with symmetric differences they are close
    assert compare(differences, sizes, rng()).p_value == pytest.approx(reference, abs=0.03)


def test_documents_that_hardly_differ_do_not_make_a_bound_without_end():
    differences, sizes = np.zeros(10), np.full(10, 100.0)
    differences[:2] = -LN2
    found = compare(differences, sizes, rng())
    assert -1 < found.ci_low < found.delta < found.ci_high < 1


def test_the_upper_end_moves_by_what_a_skewness_of_five_adds():
    differences, sizes = made(25)
    # 5 (2 * 4 + 1) / (6 * 5) standard errors
    expected = -0.04 + 1.5 * standard_error(differences, sizes)
    assert if_skewed(differences, sizes, -0.04) == pytest.approx(expected)


# --- the inverted sign-flip test -------------------------------------------------------------


def sign_flip_p(residuals):
    """Two-sided p of a sum under all sign vectors, written out."""
    flips = np.array(list(product([-1, 1], repeat=len(residuals))))
    observed = abs(residuals.sum()) * (1 - 1e-9)
    return float(np.mean(np.abs(flips @ residuals) >= observed))


@pytest.mark.parametrize("units", [6, 9, 12, 19])
def test_the_flips_of_few_documents_are_all_sign_vectors(units):
    assert units < EXACT_UNITS
    differences, sizes = made(units, shift=-0.01)
    low, high = _flipped([(differences, sizes)], rng(), DRAWS)[0]
    test = _flip_test(low, high, 0.95)
    assert len(low) == 2 ** (units - 1) - 1
    if units < 13:
        assert test.p_value == pytest.approx(sign_flip_p(differences))
        for bound, outwards in [(test.low, -1e-6), (test.high, 1e-6)]:
            for step, rejected in [(outwards, True), (-outwards, False)]:
                residuals = differences - LN2 * (bound + step) * sizes
                assert (sign_flip_p(residuals) <= 0.05) is rejected


def test_six_documents_that_agree_are_just_enough():
    differences, sizes = -LN2 * np.arange(1.0, 7), np.full(6, 100.0)
    test = _flip_test(*_flipped([(differences, sizes)], rng(), DRAWS)[0], 0.95)
    assert test.p_value == 2 / 2**6
    # two of the 64 sign vectors may be rejected: the bounds are the extreme documents
    assert (test.low, test.high) == pytest.approx((-0.06, -0.01))
    # the bootstrap is not so sure of six
    found = compare(differences, sizes, rng())
    assert found.ci_low < -0.06
    assert found.ci_high >= -0.01 - 1e-12


@settings(deadline=None)  # a busy machine is no defect
@given(st.lists(st.floats(-1, 1), min_size=6, max_size=12), st.integers(0, 99))
def test_the_estimate_lies_in_its_interval(values, seed):
    sizes = np.random.default_rng(seed).uniform(1, 100, len(values))
    found = compare(np.array(values), sizes, rng())
    assert found.ci_low - 1e-12 <= found.delta <= found.ci_high + 1e-12


# --- looking again and again -----------------------------------------------------------------


def test_the_running_interval_is_the_formula_computed_by_hand():
    differences, sizes = LN2 * np.tile([-5.0, -3, -4, -6, -2], 4), np.full(20, 100.0)
    found = watch(differences, sizes)
    # deviation of -0.05, -0.03, ...: squares 0.0001 (1 + 1 + 0 + 4 + 4) * 4, over 19
    error = math.sqrt(0.004 / 19 / 20)
    widening = stats.t.ppf(0.975, 19) * math.sqrt(20 / 19) / stats.norm.ppf(0.975)
    half = error * widening * math.sqrt((1 + 50 / 20) * math.log((20 + 50) / (50 * 0.05**2)))
    assert found.delta == pytest.approx(-0.04)
    assert found.ci_high - found.delta == pytest.approx(half)
    assert found.method == "confidence_sequence"


@pytest.mark.parametrize(("units", "times"), [(20, 2.6), (50, 1.9), (100, 1.7)])
def test_the_running_interval_is_wide_where_documents_are_few(units, times):
    final = stats.norm.ppf(0.975)
    assert always_valid(units, 0.95) / final == pytest.approx(times, abs=0.05)


def test_the_running_interval_is_wider_than_the_final_one():
    differences, sizes = made(50)
    running, final = watch(differences, sizes), compare(differences, sizes, rng())
    assert running.ci_high - running.ci_low > 1.2 * (final.ci_high - final.ci_low)


@pytest.mark.parametrize(("units", "stated"), [(0, False), (5, False), (19, False), (20, True)])
def test_a_running_evaluation_has_an_interval_from_twenty_documents_on(units, stated):
    found = watch(*made(units))
    assert (found.ci_low is not None) is stated
    assert (found.delta is None) is (units == 0)


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


def test_a_text_that_depends_on_itself_gets_longer_blocks_and_then_no_interval():
    def interval(dependence):
        noise = rng().normal(size=20_000)
        slow = lfilter([1.0], [1.0, -dependence], noise) * math.sqrt(1 - dependence**2)
        return one_document(slow, np.ones(20_000, dtype=np.int64), 64, rng())

    fast, slow, too_slow = interval(0.5), interval(0.98), interval(0.9998)
    assert too_slow.method == "none"
    # the mean of a series with autocorrelation 0.98 is 10 times as uncertain as of white noise
    ratio = (slow.ci_high - slow.ci_low) / (fast.ci_high - fast.ci_low)
    assert ratio == pytest.approx(math.sqrt((1.98 / 0.02) / 3), rel=0.4)


# --- several contrasts -----------------------------------------------------------------------


def test_holm_multiplies_by_how_many_are_left_and_never_falls():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, None, 0.9]) == [1.0, None, 1.0]
    assert holm([]) == []


# --- curves ----------------------------------------------------------------------------------


def test_a_column_that_five_documents_reach_has_no_band():
    numerators = LN2 * rng().normal(5, 1, (8, 2))
    sizes = np.ones((8, 2))
    sizes[5:, 1] = numerators[5:, 1] = 0
    low, high = curve_bands(numerators, sizes, [[0, 1]], rng(), 0.95)
    assert low[0] < numerators[:, 0].mean() / LN2 < high[0]
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_bands_that_hold_together_are_wider_than_one_alone():
    numerators, sizes = LN2 * rng().normal(0, 1, (30, 6)), np.ones((30, 6))
    alone = curve_bands(numerators, sizes, [], rng(), 0.95)
    together = curve_bands(numerators, sizes, [range(6)], rng(), 0.95)
    assert (together.high - together.low > 1.1 * (alone.high - alone.low)).all()
    # one column, symmetric: nearly Student's interval
    half = stats.t.ppf(0.975, 29) * (numerators[:, 0] / LN2).std(ddof=1) / math.sqrt(30)
    assert alone.high[0] - alone.low[0] == pytest.approx(2 * half, rel=0.12)


def test_a_column_that_some_documents_do_not_reach_has_the_error_of_those_that_do():
    numerators, sizes = LN2 * rng().normal(0, 1, (12, 1)), np.ones((12, 1))
    padded = [np.concatenate([values, np.zeros((6, 1))]) for values in (numerators, sizes)]
    assert standard_error(padded[0][:, 0], padded[1][:, 0]) == pytest.approx(
        standard_error(numerators[:, 0], sizes[:, 0])
    )


def test_points_that_do_not_vary_have_a_band_of_no_width():
    low, high = curve_bands(LN2 * np.ones((8, 2)), np.ones((8, 2)), [[0, 1]], rng(), 0.95)
    assert low.tolist() == high.tolist() == pytest.approx([1, 1])


# --- a level that the splits do not reach ----------------------------------------------------


@pytest.mark.parametrize("units", [20, 40])
def test_a_level_beyond_the_drawn_splits_gets_no_interval(units):
    differences, sizes = made(units)
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
