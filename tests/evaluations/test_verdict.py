"""Every edge of the locked rule. δ = ε = 0.02 bits per byte."""

from dataclasses import replace

import pytest

from evaluations.amendments import in_hindsight
from evaluations.findings import reason_of
from evaluations.kpis import judged
from evaluations.records import (
    REVIEW_MARGIN,
    Check,
    Contrast,
    DecisionRule,
    Depth,
    Kpi,
    Outcome,
    ReviewerResult,
    ReviewSummary,
)
from evaluations.validity import BETTER_THAN_ORDER2, holds_if_skewed
from evaluations.verdict import DOCUMENTS, Findings, completed, decide, main_contrast, with_review
from evaluations.wording import LANGUAGES, say

WARNING = Check(check="better_than_order2", passed=False, warning=True)
FAILED = Check(check="finite_losses", passed=False)


def contrast(low, high, arm_a="zero+reset:64", length=1024, method="flips_and_bootstrap"):
    middle = None if low is None else (low + high) / 2
    return Contrast(
        arm_a=arm_a,
        arm_b="previous+carry",
        context_length=length,
        delta_bits_per_byte=middle,
        ci_low=low,
        ci_high=high,
        p_value=0.01,
        method=method,
        documents=24,
    )


GOOD = Findings(
    rule=DecisionRule(primary_length=1024, short_length=16),
    depth=Depth.STANDARD,
    is_final=True,
    deciding=(contrast(-0.06, -0.03),),
    short=contrast(-0.01, 0.01, "zero+carry", 16),
    slowdown=1.0,
    memory_ratio=1.0,
    checks=(Check(check="self_comparison", passed=True),),
    units=24,
    expected=24,
    documents_needed=9,
    bits={"zero+reset:64": 2.5},
)


def outcome(**changes):
    found = decide(replace(GOOD, **changes))
    return found.outcome, found.reason.key.removeprefix("results.reason.")


def test_everything_met_is_go():
    assert outcome() == (Outcome.GO, "go")


@pytest.mark.parametrize(("low", "high"), [(-0.06, -0.03), (-0.06, 0.05), (0.01, 0.05)])
@pytest.mark.parametrize("depth", list(Depth))
def test_a_re_run_on_perturbed_documents_decides_nothing_whatever_it_finds(low, high, depth):
    found = {"deciding": (contrast(low, high),), "depth": depth, "is_perturbed": True}
    assert outcome(**found) == (Outcome.UNDECIDED, "undecided.perturbed")
    assert outcome(**found, checks=(FAILED,))[0] is Outcome.WITHHELD


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.06, -0.0200001, (Outcome.GO, "go")),
        (-0.06, -0.02, (Outcome.UNDECIDED, "undecided.interval")),  # ends exactly at -δ
        (-0.06, -0.01, (Outcome.UNDECIDED, "undecided.interval")),
        (-0.06, 0.05, (Outcome.UNDECIDED, "undecided.interval")),
        (-0.02, 0.05, (Outcome.UNDECIDED, "undecided.interval")),  # begins exactly at -δ
        (-0.0199999, -0.01, (Outcome.NO_GO, "no_go.small")),
        (-0.0199999, 0.05, (Outcome.NO_GO, "no_go.small")),
        (0.0, 0.05, (Outcome.NO_GO, "no_go.small")),
        (0.0000001, 0.05, (Outcome.NO_GO, "no_go.worse")),
    ],
)
def test_the_primary_interval_against_the_margin(low, high, expected):
    assert outcome(deciding=(contrast(low, high),)) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.01, 0.0199999, (Outcome.GO, "go")),
        (-0.01, 0.02, (Outcome.CONDITIONAL, "conditional.short")),
        (-0.01, 0.05, (Outcome.CONDITIONAL, "conditional.short")),
        (0.02, 0.05, (Outcome.CONDITIONAL, "conditional.short")),
        (0.0200001, 0.05, (Outcome.NO_GO, "no_go.short")),
    ],
)
def test_the_short_interval_against_what_is_allowed(low, high, expected):
    assert outcome(short=contrast(low, high, "zero+carry", 16)) == expected


@pytest.mark.parametrize(("field", "item"), [("slowdown", "slowdown"), ("memory_ratio", "memory")])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.25, (Outcome.GO, "go")),
        (1.2500001, (Outcome.NO_GO, "no_go.{item}")),
        (None, (Outcome.CONDITIONAL, "conditional.{item}")),
    ],
)
def test_the_guardrails(field, item, value, expected):
    assert outcome(**{field: value}) == (expected[0], expected[1].format(item=item))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9, 1.25, (Outcome.GO, "go")),  # ends exactly at what is allowed
        (0.9, 1.2500001, (Outcome.CONDITIONAL, "conditional.slowdown")),
        (1.25, 2.1, (Outcome.CONDITIONAL, "conditional.slowdown")),
        (1.2500001, 2.1, (Outcome.NO_GO, "no_go.slowdown")),
    ],
)
def test_the_interval_of_the_time_against_what_is_allowed(low, high, expected):
    found = {"slowdown": (low + high) / 2, "slowdown_interval": (low, high)}
    assert outcome(**found) == expected
    row = next(c for c in decide(replace(GOOD, **found)).criteria if "slowdown" in c.key)
    assert (row.low, row.high) == (low, high)


@pytest.mark.parametrize(
    ("method", "key"),
    [
        ("confidence_sequence", "undecided.running"),
        ("block_bootstrap", "undecided.running.one_document"),
        ("none", "undecided.running.few"),
    ],
)
def test_only_an_always_valid_interval_is_said_to_be_one(method, key):
    found = contrast(-0.06, -0.03, method=method)
    assert outcome(is_final=False, deciding=(found,)) == (Outcome.UNDECIDED, key)


def test_a_short_check_that_was_not_measured_is_open():
    assert outcome(short=None) == (Outcome.CONDITIONAL, "conditional.short")


def test_a_warning_forbids_go():
    checks = (*GOOD.checks, WARNING)
    assert outcome(checks=checks) == (Outcome.CONDITIONAL, "conditional.warnings")


def test_a_difference_that_a_skewness_could_undo_is_no_go_but_conditional():
    doubtful = holds_if_skewed(-0.03, -0.0199, 0.02)
    assert outcome(checks=(*GOOD.checks, doubtful)) == (Outcome.CONDITIONAL, "conditional.warnings")
    assert outcome(checks=(*GOOD.checks, holds_if_skewed(-0.03, -0.0201, 0.02)))[0] is Outcome.GO


@pytest.mark.parametrize(
    ("upper", "if_skewed", "passed"),
    [
        (-0.03, -0.0200001, True),
        (-0.03, -0.02, False),  # ends exactly at -δ: not below it
        (-0.0200001, -0.01, False),
        (-0.02, -0.01, True),  # nothing is proven, so nothing is in doubt
        (0.01, 0.03, True),
    ],
)
def test_only_what_is_proven_can_be_undone_by_skewness(upper, if_skewed, passed):
    found = holds_if_skewed(upper, if_skewed, 0.02)
    assert found.passed is passed
    assert found.warning


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"deciding": (contrast(0.01, 0.1),)}, "no_go.worse"),
        ({"short": contrast(0.03, 0.1, "zero+carry", 16)}, "no_go.short"),
        ({"memory_ratio": 2.0}, "no_go.memory"),
    ],
)
def test_harm_is_no_go_whatever_is_open_beside_it(changes, key):
    beside = {"slowdown": None, "checks": (*GOOD.checks, WARNING)}
    assert outcome(**{**beside, **changes}) == (Outcome.NO_GO, key)


def test_harm_at_the_deciding_length_is_named_before_the_guardrails():
    found = {"deciding": (contrast(-0.01, 0.1),), "slowdown": 9.0, "memory_ratio": 9.0}
    assert outcome(**found) == (Outcome.NO_GO, "no_go.small")
    assert outcome(slowdown=9.0, memory_ratio=9.0) == (Outcome.NO_GO, "no_go.slowdown")


@pytest.mark.parametrize(("units", "key"), [(7, "undecided.few"), (8, "go")])
def test_a_rule_of_99_percent_decides_from_eight_documents_on(units, key):
    rule = DecisionRule(primary_length=1024, short_length=16, confidence=0.99)
    assert outcome(rule=rule, units=units)[1] == key


@pytest.mark.parametrize(("high", "key"), [(-1e-9, "go"), (0.0, "undecided.interval")])
def test_a_margin_of_zero_asks_for_any_improvement(high, key):
    rule = DecisionRule(primary_length=1024, short_length=16, margin=0.0)
    assert outcome(rule=rule, deciding=(contrast(-0.06, high),))[1] == key


def test_two_open_items_are_undecided():
    assert outcome(short=None, slowdown=None) == (Outcome.UNDECIDED, "undecided.open")
    assert outcome(short=None, checks=(WARNING,)) == (Outcome.UNDECIDED, "undecided.open")


@pytest.mark.parametrize("is_final", [True, False])
@pytest.mark.parametrize("depth", list(Depth))
def test_a_failed_check_withholds_whatever_else_is_true(is_final, depth):
    assert outcome(checks=(FAILED, WARNING), is_final=is_final, depth=depth) == (
        Outcome.WITHHELD,
        "withheld.finite_losses",
    )


@pytest.mark.parametrize("units", [0, 1, 2, 3, 4, 5])
def test_below_six_documents_it_says_how_many_more_are_needed(units):
    bare = contrast(None, None, method="none").model_copy(update={"delta_bits_per_byte": -0.1})
    found = decide(replace(GOOD, units=units, deciding=(bare,), documents_needed=None))
    assert found.outcome is Outcome.UNDECIDED
    assert found.documents_needed == 6 - units
    assert found.reason.values["needed"] == 6 - units


def test_exactly_six_documents_can_decide():
    assert outcome(units=6) == (Outcome.GO, "go")
    assert outcome(units=5)[0] is Outcome.UNDECIDED


def test_one_document_with_an_interval_is_still_about_that_document_only():
    block = contrast(-0.06, -0.03, method="block_bootstrap")
    assert outcome(units=1, deciding=(block,)) == (Outcome.UNDECIDED, "undecided.one_document")


def test_an_interval_across_the_margin_says_how_many_more_documents():
    found = decide(replace(GOOD, deciding=(contrast(-0.06, 0.0),)))
    assert found.documents_needed == 9
    sentence = say(found.reason.key, "en", **found.reason.values)
    assert "About 9 more" in sentence
    assert "97.5%" in sentence  # for those who mean to decide twice


def test_a_difference_at_the_margin_is_not_promised_to_be_decided():
    for needed, key in [(9_999, "interval"), (10_000, "too_close"), (None, "too_close")]:
        found = outcome(deciding=(contrast(-0.06, 0.0),), documents_needed=needed)
        assert found == (Outcome.UNDECIDED, f"undecided.{key}")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (Outcome.UNDECIDED, "undecided.quick")),
        ({"short": None}, (Outcome.UNDECIDED, "undecided.quick")),
        ({"slowdown": 9.0}, (Outcome.UNDECIDED, "undecided.quick")),
        ({"deciding": (contrast(-0.019, -0.01),)}, (Outcome.UNDECIDED, "undecided.quick")),
        ({"deciding": (contrast(0.001, 0.1),)}, (Outcome.NO_GO, "no_go.worse")),
        ({"deciding": (contrast(0.0, 0.1),)}, (Outcome.UNDECIDED, "undecided.quick")),
        ({"short": contrast(0.03, 0.1, "zero+carry", 16)}, (Outcome.UNDECIDED, "undecided.quick")),
    ],
)
def test_a_quick_run_is_never_go_or_conditional_and_no_go_only_where_harm_is_evident(
    changes, expected
):
    assert outcome(depth=Depth.QUICK, **changes) == expected


@pytest.mark.parametrize("deciding", [(), (contrast(-0.09, -0.08),), (contrast(0.1, 0.2),)])
def test_a_running_evaluation_has_no_verdict(deciding):
    assert outcome(is_final=False, deciding=deciding)[0] is Outcome.UNDECIDED


def test_a_cancelled_evaluation_says_that_it_was_cancelled():
    assert outcome(is_final=False, is_cancelled=True) == (
        Outcome.UNDECIDED,
        "undecided.cancelled",
    )


def test_without_calibration_every_zero_candidate_must_be_beaten():
    beaten, close = contrast(-0.2, -0.1), contrast(-0.05, 0.0, "zero+reset:256")
    equal = contrast(-0.01, 0.01, "zero+carry")
    assert outcome(deciding=(beaten, beaten)) == (Outcome.GO, "go.every")
    assert outcome(deciding=(beaten, close)) == (Outcome.UNDECIDED, "undecided.interval")
    assert outcome(deciding=(beaten, close, equal)) == (Outcome.NO_GO, "no_go.small")


def test_the_candidate_that_is_hardest_to_beat_is_named():
    beaten, close = contrast(-0.2, -0.1), contrast(-0.05, 0.0, "zero+reset:256")
    equal = contrast(-0.01, 0.01, "zero+carry")
    assert main_contrast((beaten, close), 0.02) == close
    assert main_contrast((beaten, close, equal), 0.02) == equal
    assert main_contrast((), 0.02) is None
    # a lower end exactly at -δ does not rule it out: then the highest upper end is the hardest
    edge = contrast(-0.02, -0.015)
    assert main_contrast((edge, close), 0.02) == close
    assert main_contrast((contrast(-0.0199, -0.015), close), 0.02) != close


def test_the_criteria_are_rows_with_target_actual_and_mark():
    rows = {c.key.rsplit(".", 1)[1]: c for c in decide(replace(GOOD, slowdown=1.4)).criteria}
    assert (rows["primary"].target, rows["primary"].actual) == (-0.02, -0.03)
    assert {name: row.mark for name, row in rows.items()} == {
        "primary": "met",
        "short": "met",
        "slowdown": "missed",
        "memory": "met",
        "warnings": "met",
        "documents": "met",
    }


def test_fewer_documents_than_planned_are_a_condition():
    planned = GOOD.rule.model_copy(update={"documents": GOOD.units + 1})
    found = decide(replace(GOOD, rule=planned))
    assert found.outcome is Outcome.CONDITIONAL
    assert found.reason.key == "results.reason.conditional.documents"
    met = planned.model_copy(update={"documents": GOOD.units})
    assert decide(replace(GOOD, rule=met)).outcome is Outcome.GO


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reason_has_the_numbers_that_decided(language):
    found = decide(GOOD)
    sentence = say(found.reason.key, language, **found.reason.values)
    # Δ and interval in bits per byte, in per cent of A (2.5), length, n, confidence, margin
    for number in ("−0.045", "−0.060", "−0.030", "1,024", "24", "95%", "0.020"):
        assert number in sentence
    assert "+reset" not in sentence  # how each side reads is said in words, beside it
    assert "+carry" not in sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_checkpoint_is_never_called_proposed(language):
    found = decide(replace(GOOD, same_weights=True))
    sentence = say(found.reason.key, language, **found.reason.values)
    assert "提案" not in sentence
    assert "proposed" not in sentence.lower()


def all_verdicts():
    bare = contrast(None, None, method="none").model_copy(update={"delta_bits_per_byte": -0.1})
    block = contrast(-0.06, -0.03, method="block_bootstrap")
    watched = contrast(-0.06, -0.03, method="confidence_sequence")
    cases = [
        {},
        {"deciding": (contrast(-0.2, -0.1), contrast(-0.3, -0.1))},
        {"short": None},
        {"slowdown": None},
        {"memory_ratio": None},
        {"checks": (WARNING,)},
        {"rule": GOOD.rule.model_copy(update={"documents": 40})},
        {"deciding": (contrast(0.01, 0.1),)},
        {"deciding": (contrast(-0.01, 0.1),)},
        {"short": contrast(0.03, 0.1)},
        {"slowdown": 2.0},
        {"memory_ratio": 2.0},
        {"depth": Depth.QUICK},
        {"is_perturbed": True},
        {"deciding": (contrast(-0.1, 0.0),)},
        {"deciding": (contrast(-0.1, 0.0),), "documents_needed": 10_000},
        {"short": None, "slowdown": None},
        {"units": 3, "deciding": (bare,)},
        {"units": 1, "deciding": (block,)},
        {"units": 0, "deciding": ()},
        {"is_final": False, "deciding": ()},
        {"is_final": False, "deciding": (watched,)},
        {"is_final": False, "deciding": (block,)},
        {"is_final": False, "deciding": (bare,)},
        {"is_final": False, "is_cancelled": True},
    ]
    found = [
        decide(replace(GOOD, same_weights=same, **case)) for case in cases for same in (True, False)
    ]
    reviewed = (review(0.3, 0.6), review(0.3, 0.4))
    found += [with_review(one, said, REVIEW_MARGIN) for one in found[:2] for said in reviewed]
    figure = Kpi(name="x", target=1)
    entered: list[dict[str, float]] = [{}, {"x": 0.0}, {"x": 1.0}]
    shown = [judged(one, (figure,), actual) for one in found for actual in entered]
    unknown = (Check(check=BETTER_THAN_ORDER2, passed=False, warning=True),)
    told = [one.model_copy(update={"reason": reason_of(one, unknown)}) for one in found]
    return [*found, *map(in_hindsight, found), *shown, *told]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_can_be_said(language):
    for found in all_verdicts():
        sentence = say(found.reason.key, language, **found.reason.values)
        assert "{" not in sentence
        assert "<" not in sentence
        assert sentence.endswith("。" if language == "ja" else ".")
        for criterion in found.criteria:
            assert say(criterion.key, language)


def test_no_reason_of_the_catalogue_is_unused():
    from evaluations.wording.results import ENTRIES

    used = {found.reason.key for found in all_verdicts()}
    known = {
        key
        for key in ENTRIES
        if key.startswith("results.reason.") and not key.startswith("results.reason.withheld.")
    }
    assert known == used


def test_a_reason_that_an_earlier_version_stored_can_still_be_said():
    """It knew fewer values than today's sentences ask for."""
    for found in all_verdicts():
        later = ("stricter", "watched", "unit", "planned")
        values = {k: v for k, v in found.reason.values.items() if k not in later}
        reason = found.reason.model_copy(update={"values": values})
        row = next(one for one in found.criteria if one.key == DOCUMENTS)
        rule = GOOD.rule.model_copy(update={"documents": int(row.target or 0)})
        earlier = completed(found.model_copy(update={"reason": reason}), rule)
        for language in ("ja", "en"):
            said = say(found.reason.key, language, **found.reason.values)
            assert say(earlier.reason.key, language, **earlier.reason.values) == said


def review(low: float | None, high: float | None) -> ReviewSummary:
    return ReviewSummary(
        arm_a="zero+reset:64",
        arm_b="previous+carry",
        win_rate=0.5,
        ci_low=low,
        ci_high=high,
        confidence=0.95,
        votes=24,
        points=24,
        documents=6,
        groups=None,
        units=6,
        wins_a=12,
        wins_b=12,
        same=0,
        both_bad=0,
        wrong_a=0,
        wrong_b=0,
        wrong_answers=0,
        identical=0,
        alpha=None,
        reviewers=(
            ReviewerResult(
                reviewer="Sato", votes=24, win_rate=0.5, wins_a=0, wins_b=0, same=24, both_bad=0
            ),
        ),
    )


ONE_OPEN = replace(GOOD, memory_ratio=None)


@pytest.mark.parametrize(
    ("low", "high", "mark", "from_go", "from_conditional"),
    [
        (0.41, 0.70, "met", "go", "conditional.memory"),
        (0.40, 0.70, "open", "conditional.review", "undecided.open"),  # ends exactly at the limit
        (0.20, 0.50, "open", "conditional.review", "undecided.open"),
        (0.20, 0.49, "missed", "undecided.review", "undecided.review"),
        (0.42, 0.48, "met", "go", "conditional.memory"),  # within the margin: not worse
        (None, None, None, "go", "conditional.memory"),
    ],
)
@pytest.mark.parametrize("same_weights", [False, True])
def test_a_blind_review_is_one_more_criterion_once_it_carries_an_interval(
    low, high, mark, from_go, from_conditional, same_weights
):
    for findings, expected in ((GOOD, from_go), (ONE_OPEN, from_conditional)):
        verdict = decide(replace(findings, same_weights=same_weights))
        found = with_review(verdict, review(low, high), REVIEW_MARGIN)
        side = ".reading" if same_weights else ""
        assert found.reason.key == f"results.reason.{expected}{side}"
        assert found.outcome.value == expected.split(".")[0]
        marks = {row.key: row.mark for row in found.criteria}
        assert marks.get("results.criterion.review") == mark
        for language in LANGUAGES:
            assert say(found.reason.key, language, **found.reason.values)


def test_a_blind_review_changes_neither_no_go_nor_quick_nor_withheld():
    worst = review(0.0, 0.1)
    for changes in (
        {"deciding": (contrast(0.01, 0.05),)},
        {"depth": Depth.QUICK},
        {"checks": (FAILED,)},
    ):
        verdict = decide(replace(GOOD, **changes))
        found = with_review(verdict, worst, REVIEW_MARGIN)
        assert (found.outcome, found.reason) == (verdict.outcome, verdict.reason)
    assert with_review(verdict, None, REVIEW_MARGIN) == verdict


def test_how_much_worse_a_review_may_be_is_the_rules_own():
    verdict, said = decide(GOOD), review(0.36, 0.7)
    assert with_review(verdict, said, 0.1).outcome is Outcome.CONDITIONAL
    wider = with_review(verdict, said, 0.15)
    assert wider.outcome is Outcome.GO
    assert wider.criteria[-1].target == 0.35
    exact = with_review(verdict, review(0.35, 0.7), 0.15)  # ends exactly at the limit
    assert exact.criteria[-1].mark == "open"
    assert exact.reason.values["review_limit"] == "35"
    assert with_review(verdict, review(0.4, 0.49), 0.0).criteria[-1].mark == "missed"
