"""Two levels: documents and training seeds."""

import math

import numpy as np
import pytest
from scipy import stats

from evaluations.errors import RefusedPlan
from evaluations.paired import LN2
from evaluations.seeds import across_evaluations, across_seeds
from tests.evaluations.made_runs import snapshot


def made(units=20, seeds=3, of_seed=0.03, of_document=0.02, shift=-0.05, seed=0):
    """nll of A and B: the arms differ by `shift`, each seed and each document by chance."""
    rng = np.random.default_rng(seed)
    sizes = rng.uniform(3000, 5000, units)
    arms = [
        2.5 + level + of_seed * rng.normal(size=seeds) + of_document * rng.normal(size=(units, 1))
        for level in (0.0, shift)
    ]
    return *(LN2 * sizes[:, None] * arm for arm in arms), sizes


def rng():
    return np.random.default_rng(1)


def test_the_estimate_is_the_difference_of_the_means_over_seeds():
    sizes = np.full(6, 100.0)
    nll_a = LN2 * 100 * np.tile([1.0, 2.0, 3.0], (6, 1))
    nll_b = LN2 * 100 * np.tile([1.0, 1.0, 1.0], (6, 1))
    assert across_seeds(nll_a, nll_b, sizes, rng()).delta == pytest.approx(-1)


def test_where_only_seeds_differ_the_interval_is_that_of_welchs_t_test():
    nll_a, nll_b, sizes = made(of_document=0.0, seeds=5)
    by_seed = [nll.sum(axis=0) / (LN2 * sizes.sum()) for nll in (nll_b, nll_a)]
    reference = stats.ttest_ind(*by_seed, equal_var=False)
    found = across_seeds(nll_a, nll_b, sizes, rng())
    low, high = reference.confidence_interval()
    assert (found.ci_low, found.ci_high) == pytest.approx((low, high), rel=0.1)
    assert found.p_value == pytest.approx(reference.pvalue, abs=0.02)


def test_where_only_documents_differ_the_interval_is_that_of_documents():
    nll_a, nll_b, sizes = made(of_seed=0.0, units=40)
    found = across_seeds(nll_a, nll_b, sizes, rng())
    bits = (nll_b - nll_a).mean(axis=1) / (LN2 * sizes)
    half = stats.t.ppf(0.975, 39) * bits.std(ddof=1) / math.sqrt(40)
    assert found.ci_high - found.delta == pytest.approx(half, rel=0.15)


def test_seeds_that_differ_make_the_interval_wider_than_documents_alone():
    alike, apart = (across_seeds(*made(of_seed=s), rng()) for s in (0.0, 0.03))
    assert apart.ci_high - apart.ci_low > 2 * (alike.ci_high - alike.ci_low)


@pytest.mark.parametrize(("units", "seeds"), [(5, 3), (20, 2), (20, 1)])
def test_fewer_than_three_seeds_or_six_documents_carry_no_interval(units, seeds):
    found = across_seeds(*made(units, seeds), rng())
    assert (found.ci_low, found.p_value, found.method) == (None, None, "none")
    assert found.delta is not None


def test_the_same_everywhere_differs_by_exactly_zero():
    nll, sizes = np.full((8, 3), 7.0), np.full(8, 10.0)
    found = across_seeds(nll, nll, sizes, rng())
    assert (found.delta, found.ci_low, found.ci_high, found.p_value) == (0, 0, 0, 1)


# --- several evaluations ---------------------------------------------------------------------


def evaluations(seeds=3, **changes):
    """One evaluation per training seed: the same documents, other checkpoints, other levels."""
    found = []
    for seed in range(seeds):
        one = snapshot(8)
        arms = tuple(
            arm.model_copy(update={"fingerprint": f"{arm.fingerprint}{seed}"})
            for arm in one.plan.arms
        )
        rows = tuple(
            row.model_copy(update={"arm_b": row.arm_b + 0.01 * seed})
            if row.arm_b is not None
            else row
            for row in one.documents
        )
        plan = one.plan.model_copy(update={"arms": arms})
        own = {"run": f"run{seed}", "plan": plan, "documents": rows}
        found.append(one.model_copy(update={**own, **(changes if seed == seeds - 1 else {})}))
    return found


def test_evaluations_of_three_seeds_give_the_mean_of_their_differences():
    found = evaluations()
    rows = [[row for row in one.documents if row.role == "scored"] for one in found]
    total = sum(row.target_bytes for row in rows[0])
    deltas = [
        sum((row.arm_b - row.arm_a) * row.target_bytes for row in own) / total for own in rows
    ]
    one = across_evaluations(found, rng())
    assert one.delta == pytest.approx(np.mean(deltas))
    assert one.ci_low < one.delta < one.ci_high
    assert (one.method, one.units) == ("two_level", len(rows[0]))
    reordered = [each.model_copy(update={"documents": each.documents[::-1]}) for each in found]
    assert across_evaluations(reordered, rng()) == one


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"status": "running"}, "combine.unfinished"),
        ({"documents": ()}, "combine.unfinished"),
        ({"curve": ()}, "combine.different"),
    ],
)
def test_what_cannot_be_combined_is_refused(changes, key):
    with pytest.raises(RefusedPlan) as refused:
        across_evaluations(evaluations(**changes), rng())
    assert (refused.value.key, refused.value.values["run"]) == (key, "run2")


def test_one_checkpoint_is_not_counted_as_two_trainings():
    first, second, _ = evaluations()
    with pytest.raises(RefusedPlan) as refused:
        across_evaluations([first, second, first.model_copy(update={"run": "again"})], rng())
    assert refused.value.key == "combine.same"
