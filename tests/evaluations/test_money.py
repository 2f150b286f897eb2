"""Yen from measurements and assumptions, against cases computed by hand."""

from __future__ import annotations

import pytest

from evaluations.money import (
    NO_INPUTS,
    SCENARIOS,
    Measured,
    MoneyInputs,
    Ratio,
    measured,
    money,
    payback_months,
    scenario,
    turns,
)
from tests.evaluations.reports.snapshots import VARIANTS, A, B, snapshot

# 3,600 tokens per second and 36,000 tokens per document: 10 s each
FOUND = Measured(
    device="cpu",
    documents=24,
    tokens_per_document=36_000.0,
    context_length=4096,
    longest_length=16_384,
    tokens_per_second=(3600.0, 3000.0),
    memory_bytes=(100, 120),
    slowdown=Ratio(1.2, 1.1, 1.5),
    gain=-0.2,
    gain_low=-0.3,
    gain_high=-0.1,
)
INPUTS = MoneyInputs(
    documents_per_month=720,  # 7,200 s = 2 hours of the machine under A
    minutes_careful=1,
    minutes_base=5,
    minutes_hopeful=10,
    yen_per_labour_hour=3000,
    yen_per_machine_hour=500,
    running_yen_per_month=29_800,
    one_off_yen=900_000,
    payback_months_wanted=12,
    long_training_yen=3_000_000,
)


def test_the_base_scenario_by_hand():
    base = scenario("base", FOUND, INPUTS)
    assert base is not None
    assert base.saved == pytest.approx(720 * 5 / 60 * 3000)  # 180,000 yen
    assert base.machine == pytest.approx(2 * 500 * 0.2)  # 200 yen
    assert base.net == pytest.approx(180_000 - 200 - 29_800)  # 150,000 yen
    assert base.payback_months == pytest.approx(6.0)


def test_careful_takes_the_slow_end_of_the_measured_time_and_hopeful_the_fast_one():
    careful, hopeful = (scenario(name, FOUND, INPUTS) for name in ("careful", "hopeful"))
    assert careful is not None
    assert hopeful is not None
    assert careful.machine == pytest.approx(500)  # 2 hours x 500 yen x 0.5
    assert careful.net == pytest.approx(36_000 - 500 - 29_800)
    assert careful.payback_months == pytest.approx(900_000 / 5_700)
    assert hopeful.machine == pytest.approx(100)
    assert hopeful.net == pytest.approx(360_000 - 100 - 29_800)


def test_a_month_that_costs_more_than_it_saves_never_pays_back():
    assert payback_months(900_000, 0.0) is None
    assert payback_months(900_000, -1.0) is None
    assert payback_months(0.0, 10.0) == 0.0


@pytest.mark.parametrize(
    "name",
    [
        "documents_per_month",
        "minutes_base",
        "yen_per_labour_hour",
        "yen_per_machine_hour",
        "running_yen_per_month",
        "one_off_yen",
    ],
)
def test_without_an_assumption_there_is_no_base_scenario_and_zero_is_an_assumption(name):
    absent = INPUTS.model_copy(update={name: None})
    zero = INPUTS.model_copy(update={name: 0.0})
    assert scenario("base", FOUND, absent) is None
    assert scenario("base", FOUND, zero) is not None


def test_the_decision_turns_where_the_cost_comes_back_just_in_time():
    found = {one.name: one for one in turns(FOUND, INPUTS)}
    # 900,000 yen in 12 months: 75,000 a month; 104,800 must be saved before running costs
    documents = 104_800 / (180_000 - 200) * 720
    assert found["documents_per_month"].turns_at == pytest.approx(documents)
    assert found["minutes_base"].turns_at == pytest.approx(105_000 / 36_000)
    assert found["yen_per_labour_hour"].turns_at == pytest.approx(105_000 / 60)
    assert found["yen_per_machine_hour"].turns_at == pytest.approx(75_200 / 0.4)
    assert found["running_yen_per_month"].turns_at == pytest.approx(104_800)
    assert found["one_off_yen"].turns_at == pytest.approx(1_800_000)
    assert found["minutes_base"].change == pytest.approx(105_000 / 180_000 - 1)
    assert [one.name for one in turns(FOUND, INPUTS)][-1] == "yen_per_machine_hour"


def test_an_assumption_without_influence_turns_nothing():
    even = FOUND.__class__(**{**FOUND.__dict__, "slowdown": Ratio(1.0, None, None)})
    found = {one.name: one for one in turns(even, INPUTS)}
    assert found["yen_per_machine_hour"].turns_at is None
    # what it costs is below what even free work would have to bring: no cost can turn it
    dear = INPUTS.model_copy(update={"one_off_yen": 9e9})
    assert {one.name: one for one in turns(FOUND, dear)}["running_yen_per_month"].turns_at is None


def test_money_of_a_snapshot_takes_the_guardrails_ratio_and_the_speed_of_a():
    made = snapshot()
    found = measured(made)
    speed = {one.arm: one.tokens_per_second for one in made.speed}
    assert found.tokens_per_second == (speed[A], speed[B])
    assert found.slowdown is not None
    assert found.slowdown.value == pytest.approx(1.06)
    assert found.tokens_per_document == pytest.approx(59_500)  # of 48,000 ... 71,000 bytes
    result = money(made, INPUTS)
    assert [one.name for one in result.scenarios] == list(SCENARIOS)
    assert result.pays is True
    assert result.missing == ()
    assert result.alternative is not None
    assert result.alternative.dearer_by == 2_100_000


@pytest.mark.parametrize(
    ("variant", "refusal"),
    [
        ("withheld", "withheld"),
        ("running", "unfinished"),
        ("no_go", "not_better"),
        ("close", "not_better"),
        ("undecided", "not_better"),
        ("go", None),
    ],
)
def test_yen_are_refused_where_the_run_does_not_carry_them(variant, refusal):
    result = money(VARIANTS[variant](), INPUTS)
    assert result.refusal == refusal
    assert bool(result.scenarios) == (refusal is None)
    assert (result.pays is None) == (refusal is not None)


def test_without_measured_speed_there_are_no_yen():
    assert money(snapshot().model_copy(update={"speed": ()}), INPUTS).refusal == "unmeasured"


def test_nothing_is_filled_in_for_people():
    result = money(snapshot(), NO_INPUTS)
    assert result.scenarios == ()
    assert set(result.missing) == set(MoneyInputs.model_fields)


def test_a_careful_scenario_that_saves_more_than_the_base_is_refused():
    wrong = INPUTS.model_copy(update={"minutes_careful": 6.0})
    assert money(snapshot(), wrong).refusal == "order"


def test_without_a_wanted_payback_it_is_not_said_whether_it_pays():
    result = money(snapshot(), INPUTS.model_copy(update={"payback_months_wanted": None}))
    assert result.scenarios[1].payback_months is not None
    assert result.pays is None
    assert result.turns == ()


EVEN = FOUND.__class__(**{**FOUND.__dict__, "slowdown": Ratio(1.0, None, None)})
NOTHING = INPUTS.model_copy(update={"running_yen_per_month": 180_000})  # as much as is saved


def said_of(inputs: MoneyInputs):
    return money(snapshot(slowdown=1.0), inputs)


@pytest.mark.parametrize("one_off", [0.0, 900_000.0])
@pytest.mark.parametrize("off_by", [0.0, 1e-9, -1e-9, 0.4])  # yen: rounding, or less than is shown
def test_a_month_that_brings_nothing_never_pays_back_whatever_the_one_off_cost(one_off, off_by):
    inputs = NOTHING.model_copy(
        update={"one_off_yen": one_off, "running_yen_per_month": 180_000 - off_by}
    )
    found = said_of(inputs)
    base = found.scenarios[1]
    assert (base.payback_months, found.pays) == (None, False)
    assert {one.name: one.turns_at for one in found.turns}["one_off_yen"] is None
    assert found.alternative is not None
    assert found.alternative.payback_months is None


def test_a_payback_just_in_time_is_in_time():
    inputs = INPUTS.model_copy(update={"running_yen_per_month": 105_000})  # 75,000 net, 12 months
    found = said_of(inputs)
    assert found.scenarios[1].payback_months == pytest.approx(12)
    assert found.pays is True
    assert {one.name: one.change for one in found.turns}["one_off_yen"] == pytest.approx(0)
    thirds = inputs.model_copy(update={"one_off_yen": 75_000 * 0.3, "payback_months_wanted": 0.3})
    assert said_of(thirds).pays is True
    late = inputs.model_copy(update={"one_off_yen": 900_001})
    assert said_of(late).pays is False


def test_no_speed_is_divided_by():
    still = tuple(one.model_copy(update={"tokens_per_second": 0.0}) for one in snapshot().speed)
    assert money(snapshot().model_copy(update={"speed": still}), INPUTS).refusal == "unmeasured"


def test_a_turning_point_at_zero_is_zero():
    dear = INPUTS.model_copy(update={"running_yen_per_month": 0.1, "one_off_yen": 12 * 180_000})
    at = {one.name: one.turns_at for one in turns(EVEN, dear)}["running_yen_per_month"]
    assert at == 0.0
