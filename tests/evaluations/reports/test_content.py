"""What a memo says: from the numbers of the run, and nothing that the run does not show."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from evaluations.additions import Added, Edit, Entered
from evaluations.charts import short_arm_words, side_name, strip_title
from evaluations.contract import snapshot_json
from evaluations.documents.names import file_of_part, part_name
from evaluations.findings import by_file, parts_words
from evaluations.records import (
    Contrast,
    Criterion,
    Depth,
    Effects,
    Outcome,
    Perturbation,
    Preset,
    ReviewerResult,
    ReviewSummary,
    RuleLock,
    Snapshot,
    Verdict,
)
from evaluations.reports.appendix import sections, source_line
from evaluations.reports.content import (
    CRITERIA_SHOWN,
    RISKS_SHOWN,
    memo,
    missed_words,
    opposite_words,
    reason_in_words,
)
from evaluations.validity import BETTER_THAN_ORDER2
from evaluations.verdict import SHORT
from evaluations.wording import CATALOGUE, LANGUAGES, Language, say
from tests.evaluations.reports.snapshots import (
    ARMS,
    PRIMARY,
    VARIANTS,
    A,
    B,
    snapshot,
    with_calibration,
)


@pytest.mark.parametrize(
    ("variant", "asked"),
    [
        ("go", "adopting the proposed method"),
        ("conditional", "first training a pair on our own documents"),
        ("undecided", "more documents (3 more)"),
        ("no_go", "not adopting the proposed method"),
        ("withheld", "measuring again once the cause is removed"),
        ("quick", "a standard run under the same rule"),
        ("running", "has not finished"),
    ],
)
def test_what_is_asked_for_follows_the_outcome(variant: str, asked: str) -> None:
    assert asked in memo(VARIANTS[variant](), "en").request


def known(made: Snapshot) -> Snapshot:
    """The same where the models know the text."""
    checks = tuple(
        one.model_copy(update={"passed": True}) if one.check == BETTER_THAN_ORDER2 else one
        for one in made.validity
    )
    return made.model_copy(update={"validity": checks})


def test_a_conditional_go_asks_for_a_rollout_once_its_items_are_settled() -> None:
    request = memo(known(VARIANTS["conditional"]()), "en").request
    assert "on condition that the items marked △" in request


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("effect", [1.0, -0.4])
@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.STANDARD])
def test_where_the_text_is_unknown_a_pair_of_ones_own_comes_before_any_further_run(
    language: Language, effect: float, depth: Depth
) -> None:
    made = snapshot(warnings=1, effect=effect, depth=depth)
    content, other = memo(made, language), memo(known(made), language)
    assert content.steps[0].action == say("reports.step.unknown.1", language)
    pair = {"ja": "自社の文書で", "en": "on our own documents"}[language]
    for text in (content.request, content.recommendation, content.steps[0].action):
        assert pair in text
    assert pair not in other.request + other.steps[0].action


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"depth": Depth.QUICK}, {"ja": "標準」か「精密」で実行して", "en": "Run it as standard"}),
        ({"documents": 12, "effect": 0.25, "spread": 0.3}, {"ja": "あと約", "en": "About "}),
    ],
)
def test_a_reason_sends_nobody_to_a_further_run_of_models_that_do_not_know_the_text(
    language: Language, changes: dict[str, Any], again: dict[str, str]
) -> None:
    made = snapshot(warnings=1, **changes)
    pair = {"ja": "まず自社の文書で組を学習し", "en": "First train a pair on your own documents"}
    phrases = next(one for one in sections(made, language, memo(made, language))
                   if one.key == "phrases")  # fmt: skip
    told = (
        memo(made, language).reason,
        reason_in_words(made, language),
        snapshot_json(made, language)["verdict"]["reason"],
        phrases.lines[0].value,
    )
    for text in told:
        assert pair[language] in text
        assert again[language] not in text
    other = memo(known(made), language).reason
    assert again[language] in other
    assert pair[language] not in other


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quick_run_that_says_no_go_asks_for_it_and_its_stamp_says_that_it_may(
    language: Language,
) -> None:
    content = memo(snapshot(depth=Depth.QUICK, effect=-0.4), language)
    assert content.outcome is Outcome.NO_GO
    assert content.stamp == say("reports.stamp.quick.no_go", language)
    standard = memo(snapshot(effect=-0.4), language)
    assert (content.request, content.steps) == (standard.request, standard.steps)
    other = memo(VARIANTS["quick"](), language)
    assert other.outcome is Outcome.UNDECIDED
    assert other.stamp == say("reports.stamp.quick", language)


@pytest.mark.parametrize(
    ("variant", "said"),
    [
        ("go", "The proposed method is better: its prediction error is 6.4% smaller."),
        ("no_go", "The proposed method is worse: its prediction error is 2.5% larger."),
        ("quick", "Tendency (not settled): "),
        ("close", "That there is a difference at all is not shown."),
    ],
)
def test_which_way_the_difference_points_is_said_in_words_and_without_a_sign(variant, said):
    made = VARIANTS[variant]()
    tendency = memo(made, "en").tendency
    assert said in tendency
    assert not re.search(r"[+−]\d", tendency)
    a = next(
        p.bits_per_byte
        for p in made.curve
        if (p.kind.value, p.arm, p.context_length) == ("matched", A, PRIMARY)
    )
    share = 100 * abs(made.comparison.delta_bits_per_byte) / a
    assert f"{share:.1f}%" in tendency
    assert memo(VARIANTS["withheld"](), "en").tendency == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_memo_of_a_re_run_asks_for_no_decision(language):
    found = VARIANTS["go"]()
    perturbed = Perturbation(kind="ocr", strength=0.02)
    plan = found.plan.model_copy(update={"perturbation": perturbed, "parent": "run"})
    content = memo(found.model_copy(update={"plan": plan}), language)
    assert content.stamp == say("reports.stamp.perturbed", language)
    assert content.request == say("reports.request.perturbed", language)
    assert len(content.steps) == 3


@pytest.mark.parametrize("variant", list(VARIANTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_memo_names_three_risks_and_three_steps(variant: str, language: Language) -> None:
    content = memo(VARIANTS[variant](), language)
    assert len(content.risks) == RISKS_SHOWN
    assert len({risk.risk for risk in content.risks}) == RISKS_SHOWN
    assert len(content.steps) == 3


def test_marks_are_circles_triangles_and_crosses() -> None:
    marks = {row.criterion: row.mark for row in memo(VARIANTS["slow"](), "ja").criteria}
    assert set(marks.values()) == {"○", "△", "×"}
    assert next(mark for name, mark in marks.items() if "処理時間" in name) == "×"


def test_targets_say_on_which_side_one_must_be() -> None:
    rows = memo(VARIANTS["go"](), "ja").criteria
    assert rows[0].target == "< −0.020 ビット/バイト"
    assert rows[2].target == "≤ 1.25 倍"
    assert rows[5].target == "≥ 6 件"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_criterion_shows_the_difference_that_stands_elsewhere_beside_its_bound(language):
    made = snapshot()
    primary, short = memo(made, language).criteria[:2]
    main = made.comparison
    for row, one in ((primary, main), (short, short_contrast(made))):
        for value in (one.delta_bits_per_byte, one.ci_high):
            assert f"{value:+.3f}".replace("-", "−") in row.actual
    risks = " ".join(one.risk for one in memo(made, language).risks)
    difference = f"{short_contrast(made).delta_bits_per_byte:+.3f}".replace("-", "−")
    assert difference in risks
    assert difference in short.actual


def short_contrast(made: Snapshot) -> Contrast:
    plan = made.plan
    wanted = (plan.short_baseline, plan.candidate, plan.rule.short_length)
    return next(
        one for one in made.contrasts if (one.arm_a, one.arm_b, one.context_length) == wanted
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_short_texts_have_another_opponent_it_is_named_wherever_they_are_compared(language):
    made = snapshot()
    assert made.plan.short_baseline != made.comparison.arm_a
    arm = next(one for one in made.plan.arms if one.name == made.plan.short_baseline)
    named = short_arm_words(arm, made, language)
    content = memo(made, language)
    short_risk = next(one.risk for one in content.risks if "16" in one.risk)
    for text in (content.criteria[1].criterion, short_risk, content.curve_note):
        assert named in text
    same = made.plan.model_copy(update={"short_baseline": made.comparison.arm_a})
    alike = memo(made.model_copy(update={"plan": same}), language)
    assert named not in alike.criteria[1].criterion + alike.curve_note


def test_with_too_many_criteria_the_missed_ones_are_shown_and_the_rest_counted() -> None:
    made = snapshot()
    met = Criterion(key="results.criterion.memory", target=1, actual=1, unit="ratio", mark="met")
    missed = met.model_copy(update={"key": "results.criterion.slowdown", "mark": "missed"})
    verdict = made.verdict.model_copy(update={"criteria": (met,) * 30 + (missed,)})
    rows = memo(made.model_copy(update={"verdict": verdict}), "ja").criteria
    assert len(rows) == CRITERIA_SHOWN + 1
    assert rows[0].mark == "×"
    assert "22" in rows[-1].criterion


def test_the_effect_is_the_change_of_perplexity() -> None:
    made = snapshot()
    delta = made.comparison.delta_bits_per_byte
    assert delta is not None
    expected = f"{100 * (1 - 2**delta):.1f}%"
    assert expected in memo(made, "en").effects[0].value


def test_no_effect_is_claimed_when_the_interval_includes_zero() -> None:
    assert memo(VARIANTS["close"](), "en").effects[0].value.startswith("no effect is shown")


def test_what_was_not_measured_is_said_and_not_invented() -> None:
    made = snapshot(
        speed=(), effects=Effects(training=None, reading=None, interaction=None, total=None)
    )
    values = {line.label: line.value for line in memo(made, "en").effects}
    assert values["Time"] == values["Peak memory"] == "not measured"
    assert "not all four cells" in memo(made, "en").split
    assert not re.search(r"[¥円]\s*\d|\d\s*(yen|円)", " ".join(values.values()))


def test_the_split_adds_up_to_its_total() -> None:
    split = memo(snapshot(), "en").split
    numbers = re.findall(r"[+−]\d\.\d{3}", split)
    total, *parts = (float(number.replace("−", "-")) for number in numbers)
    assert len(parts) == 3
    assert total == pytest.approx(sum(parts), abs=0.002)


def test_a_model_that_does_not_know_the_text_is_the_first_risk() -> None:
    risks = memo(VARIANTS["conditional"](), "en").risks
    assert "does not know this kind of text" in risks[0].risk
    assert "trained further on your own documents" in risks[0].measure


def test_short_texts_that_get_worse_are_said_to() -> None:
    made = snapshot()
    worse = tuple(
        c.model_copy(update={"delta_bits_per_byte": 0.08, "ci_low": 0.05, "ci_high": 0.11})
        if c.context_length == 16 and c.arm_a == "zero+carry"
        else c
        for c in made.contrasts
    )
    risk = memo(made.model_copy(update={"contrasts": worse}), "en").risks[0].risk
    assert "get worse by more than +0.020" in risk
    assert "+0.080 (+0.050 to +0.110)" in risk


def test_a_primary_length_beyond_the_state_age_is_a_risk() -> None:
    young = tuple(arm.model_copy(update={"state_age": 512}) for arm in ARMS)
    said = " ".join(risk.risk for risk in memo(snapshot(arms=young), "en").risks)
    assert "exceeds the longest memory met in training, 512" in said


def test_documents_on_which_b_was_worse_are_counted() -> None:
    made = snapshot()
    worse = sum((document.delta or 0) > 0 for document in made.documents)
    assert f"B is worse on {worse} of them" in memo(made, "en").risks[-1].risk
    for spread, effect, said in ((0.0, 1.0, "on none of them"), (0.0, -0.4, "on all of them")):
        found = memo(snapshot(spread=spread, effect=effect), "en").risks
        assert any(f"B is worse {said}" in one.risk for one in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_that_only_chose_a_count_in_no_statement_about_b(language: Language) -> None:
    made = snapshot(documents=12, effect=0.25, spread=0.3)  # on some of them B is worse
    more = with_calibration(made)
    assert len(more.documents) == 16
    assert len(more.compared) == 12
    assert memo(more, language).risks == memo(made, language).risks
    assert strip_title(more, language) == strip_title(made, language)
    for one in memo(more, "en").risks:
        counted = re.search(r"Only (\d+) documents were compared; B is worse on (\d+)", one.risk)
        if counted:
            assert int(counted[2]) <= int(counted[1]) == 12
            break
    else:
        raise AssertionError("no risk counts documents")


def test_few_groups_are_few_however_many_documents_they_hold() -> None:
    made = snapshot(documents=40)
    grouped = made.comparison.model_copy(update={"groups": 8})
    said = " ".join(
        one.risk for one in memo(made.model_copy(update={"comparison": grouped}), "en").risks
    )
    assert "Only 40 documents (in 8 groups) were compared" in said


def test_fairness_claims_equal_targets_only_where_the_hashes_are_equal() -> None:
    made = snapshot()
    assert "equal hash" in memo(made, "en").comparison[1].value
    curve = tuple(
        p.model_copy(update={"target_hash": "other"}) if p.arm == B else p for p in made.curve
    )
    assert (
        "equal hash" not in memo(made.model_copy(update={"curve": curve}), "en").comparison[1].value
    )


def test_the_published_comparison_says_that_contexts_differ() -> None:
    made = snapshot()
    paper = made.comparison.model_copy(update={"preset": Preset.PAPER})
    said = memo(made.model_copy(update={"comparison": paper}), "en").comparison[1].value
    assert "different amounts of context" in said


def test_the_curve_table_has_a_row_per_length_and_marks_the_one_that_decides() -> None:
    made = snapshot()
    table = memo(made, "ja").curve
    assert table is not None
    assert len(table.rows) == len(made.plan.lengths)
    assert table.primary == made.plan.lengths.index(PRIMARY)
    assert {len(row) for row in table.rows} == {len(table.head)}


def test_a_folder_on_the_machine_is_named_by_its_last_part_only() -> None:
    arms = tuple(arm.model_copy(update={"checkpoint": "/srv/private/our-pair"}) for arm in ARMS)
    content = memo(snapshot(arms=arms), "ja")
    said = repr(content)
    assert "our-pair" in said
    assert "/srv/private" not in said


def test_reproducibility_names_everything_needed_to_compute_a_number_again() -> None:
    made = snapshot()
    foot = " ".join(line.value for line in memo(made, "en").reproducibility)
    for part in (made.run, made.plan_hash[:16], str(made.plan.seed), "torch 2.13.0"):
        assert part in foot
    for arm in made.plan.arms:
        if arm.name in (A, B):
            assert arm.fingerprint[:12] in foot
    assert "2026-11-24 05:12 UTC" in foot


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_split_rests_on_another_a_and_stands_behind_page_one(language) -> None:
    made = snapshot()
    content = memo(made, language)
    label = say("reports.split", language)
    assert label not in {line.label for line in content.effects}
    (section,) = (one for one in sections(made, language, content) if one.key == "split")
    assert (section.title, section.sentences) == (label, (content.split,))


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_wrote_the_texts_is_named_as_who_drafted_the_memo(language) -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    entered = Entered(Edit(request="R"), "鈴木", at)
    assert memo(snapshot(), language, Added({language: entered})).drafter == "鈴木"
    assert memo(snapshot(), language).drafter == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_recommendation_of_ones_own_stands_beside_the_conclusion_by_the_rule(language) -> None:
    """Whether a free text departs from the conclusion is for the reader to see."""
    made, at = VARIANTS["no_go"](), datetime(2026, 11, 29, tzinfo=UTC)
    own = memo(made, language, Added({language: Entered(Edit(recommendation="R"), "S", at)}))
    other = memo(made, language, Added({language: Entered(Edit(request="R"), "S", at)}))
    (line,) = own.by_rule
    assert own.recommendation == "R"
    assert own.verdict in line.value
    assert other.by_rule == memo(made, language).by_rule == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("effect", [1.0, -0.4])
def test_a_verdict_by_models_that_do_not_know_the_text_says_whose_models_they_are(
    language: Language, effect: float
) -> None:
    own = tuple(one.model_copy(update={"checkpoint": f"/models/{one.checkpoint}"}) for one in ARMS)
    shipped = snapshot(warnings=1, effect=effect)
    assert memo(shipped, language).caution == say("reports.caution.shipped", language)
    trained = memo(snapshot(warnings=1, effect=effect, arms=own), language)
    assert trained.caution == say("reports.caution.own", language)
    running = shipped.model_copy(update={"status": "running"})
    for quiet in (known(shipped), running, VARIANTS["withheld"](), VARIANTS["go"]()):
        assert memo(quiet, language).caution == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", list(VARIANTS))
def test_a_reason_in_words_has_none_of_the_figures_that_stand_beside_it(
    language: Language, variant: str
) -> None:
    made = VARIANTS[variant]()
    text = reason_in_words(made, language)
    assert text.endswith("。" if language == "ja" else ".")
    for name in ("delta", "low", "high"):
        value = made.verdict.reason.values.get(name)
        assert value is None or str(value) not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_review_of_few_votes_begins_with_the_votes_and_not_with_a_rate(language) -> None:
    review = ReviewSummary(
        arm_a="a", arm_b="b", win_rate=2 / 3, ci_low=None, ci_high=None, confidence=0.95, votes=6,
        points=6, documents=2, groups=None, units=2, wins_a=1, wins_b=3, same=1, both_bad=1,
        wrong_a=0, wrong_b=0, wrong_answers=0, identical=0, alpha=None, reviewers=(),
    )  # fmt: skip
    weight, rate, votes, bad, _, wrong, _ = memo(snapshot(review=review), language).review
    assert {"ja": "何も決まりません", "en": "decides nothing"}[language] in weight.value
    assert "6" in weight.value
    assert "%" not in weight.value
    assert rate.value.index("3") < rate.value.index("66.7%")
    assert bad.label == say("review.vote.both_bad", language) != votes.label
    assert "16.7%" in bad.value  # 1 of 6
    assert wrong.value == say("review.value.wrong.silent", language, votes=6)


@pytest.mark.parametrize(
    ("low", "high", "worth"),
    [(0.22, 0.96, "open"), (0.41, 0.7, "not_worse"), (0.51, 0.75, "b"), (0.2, 0.49, "a")],
)
def test_what_a_review_is_worth_is_said_before_its_rate(low, high, worth) -> None:
    one = ReviewerResult(
        reviewer="r", votes=24, win_rate=0.5, wins_a=9, wins_b=9, same=4, both_bad=2
    )
    review = ReviewSummary(
        arm_a="a", arm_b="b", win_rate=0.5, ci_low=low, ci_high=high, confidence=0.95, votes=24,
        points=24, documents=6, groups=None, units=6, wins_a=9, wins_b=9, same=4, both_bad=2,
        wrong_a=1, wrong_b=2, wrong_answers=20, identical=0, alpha=None, reviewers=(one,),
    )  # fmt: skip
    found = snapshot(review=review)
    assert found.plan.rule.review_margin == 0.1
    sides = {side: side_name(found, side, "en", "short") for side in ("a", "b")}
    said = say(f"review.weight.{worth}", "en", reviewers=1, votes=24, **sides)
    lines = memo(found, "en").review
    assert lines[0].value.startswith(said)
    assert ("one person" in lines[0].value) == (worth != "open")
    assert "of the 20 votes" in lines[5].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_that_are_parts_of_one_file_are_said_to_be(language) -> None:
    parts = snapshot(documents=12, names=tuple(part_name("a.log", i + 1, 12) for i in range(12)))
    whole = snapshot(documents=12, names=tuple(f"{i}.log" for i in range(12)))
    mixed = snapshot(documents=12, names=tuple(part_name("a.log", i + 1, 9) for i in range(9)))
    said = say("reports.criteria.cut", language, n=12, files=1)
    assert memo(parts, language).criteria[-1].criterion.endswith(said)
    assert not memo(whole, language).criteria[-1].criterion.endswith(said)
    assert parts_words((one.name for one in whole.documents), language) == ""
    for made, key, cut in ((parts, "parts_only", 12), (mixed, "parts", 9)):
        assert all((one.delta or 0) <= 0 for one in made.documents)
        told = say("reports.worse.none", language)
        values = {"n": 12, "parts": cut, "files": 1, "worse": told}
        risk = say(f"reports.risk.documents.{key}", language, **values)
        assert risk in [one.risk for one in memo(made, language).risks]
        names = [one.name for one in made.documents]
        assert parts_words(names, language) == say("results.parts", language, n=cut, files=1)
    assert [file_of_part(part_name("a [1/2].log", 2, count)) for count in (1, 3)] == [
        None,
        "a [1/2].log",
    ]


def in_files(counts: dict[str, tuple[int, float]], bytes_of_first: int = 4096) -> Snapshot:
    """Documents of files: how many parts each has, and B - A on every one of them."""
    named = [
        (part_name(file, i + 1, n), delta) for file, (n, delta) in counts.items() for i in range(n)
    ]
    made = snapshot(documents=len(named), effect=0.1, names=tuple(name for name, _ in named))
    documents = tuple(
        one.model_copy(update={"delta": delta, "target_bytes": 4096 if i else bytes_of_first})
        for i, (one, (_, delta)) in enumerate(zip(made.documents, named, strict=True))
    )
    return made.model_copy(update={"documents": documents})


def test_the_files_weighted_together_give_the_pooled_difference_of_the_whole() -> None:
    made = in_files({"設備.log": (12, -0.1), "点検表.csv": (6, 0.5), "一つ.txt": (1, 0.0)}, 1024)
    uneven = made.documents[0].model_copy(update={"delta": 0.3})
    documents = (uneven, *made.documents[1:])
    found = by_file(with_calibration(made.model_copy(update={"documents": documents})).compared)
    assert [(one.file, one.documents, one.better) for one in found] == [
        ("点検表.csv", 6, 0),
        ("一つ.txt", 1, 0),
        ("設備.log", 12, 11),
    ]
    assert found[2].delta == pytest.approx((1024 * 0.3 - 11 * 4096 * 0.1) / (1024 + 11 * 4096))
    total = sum(one.target_bytes for one in documents)
    whole = sum(one.target_bytes * (one.delta or 0.0) for one in documents) / total
    assert sum(one.target_bytes for one in found) == total
    assert sum(one.target_bytes * one.delta for one in found) / total == pytest.approx(whole)


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_that_point_in_opposite_directions_are_named_and_nothing_is_decided(language) -> None:
    made = in_files({"設備.log": (12, -0.1), "点検表.csv": (6, 0.5)})
    content = memo(made, language)
    said = say("results.files.opposite", language, better="設備.log", worse="点検表.csv")
    assert content.tendency.endswith(said)
    (section,) = (one for one in sections(made, language, content) if one.key == "files")
    assert section.sentences == (say("results.files.why", language),)
    assert section.table is not None
    assert section.table.rows == (
        ("点検表.csv", "6", "0", "24,576", "+0.500"),
        ("設備.log", "12", "12", "49,152", "−0.100"),
    )
    many = {f"{i}.log": (2, 0.1 if i < 3 else -0.1) for i in range(4)}
    worse = say("results.files.more", language, files=say("reports.comma", language).join(
        ("0.log", "1.log")), n=1)  # fmt: skip
    told = say("results.files.opposite", language, better="3.log", worse=worse)
    assert opposite_words(by_file(in_files(many).compared), language) == told


@pytest.mark.parametrize(
    "counts",
    [
        {"a.log": (2, -0.1), "b.log": (2, 0.0004)},  # the other one points nowhere
        {"a.log": (2, -0.1), "b.log": (2, -0.2)},
        {"a.log": (4, -0.1)},
        {"a.log": (1, -0.1), "b.log": (1, 0.1)},  # the table by document says it
    ],
)
def test_nothing_is_said_of_files_that_do_not_differ_in_direction(counts) -> None:
    assert opposite_words(by_file(in_files(counts).compared), "en") == ""


def test_whole_documents_of_one_name_are_so_many_files() -> None:
    made = in_files({"a.log": (2, -0.1), "b.log": (1, 0.1), "c.log": (1, 0.1)})
    renamed = tuple(
        one.model_copy(update={"name": "same.log"}) if file_of_part(one.name) is None else one
        for one in made.documents
    )
    found = by_file(renamed)
    assert [one.documents for one in found] == [1, 1, 2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_of_a_withheld_verdict_are_not_shown(language) -> None:
    made = in_files({"a.log": (2, -0.1), "b.log": (2, 0.1)})
    withheld = made.verdict.model_copy(update={"outcome": Outcome.WITHHELD})
    made = made.model_copy(update={"verdict": withheld})
    assert "files" not in [one.key for one in sections(made, language, memo(made, language))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guardrail_that_is_missed_in_a_quick_run_is_said_to_be_no_no_go(language) -> None:
    made = snapshot(depth=Depth.QUICK)
    criteria = tuple(
        one.model_copy(update={"mark": "missed"}) if one.key == SHORT else one
        for one in made.verdict.criteria
    )
    missed = made.model_copy(
        update={"verdict": made.verdict.model_copy(update={"criteria": criteria})}
    )
    assert missed_words(missed, language) == say("results.missed.quick", language)
    assert missed_words(made, language) == ""
    assert missed_words(snapshot(effect=-0.4), language) == ""


def test_moments_are_told_in_the_readers_time_zone_which_is_named() -> None:
    made = snapshot()
    content = memo(made, "ja", Added(zone="Asia/Tokyo"))
    foot = {line.label: line.value for line in content.reproducibility}
    assert foot[say("reports.foot.locked", "ja")] == "2026-11-24 14:12 JST"
    assert content.date == "2026年11月24日（JST）"
    assert "14:12 JST" in content.comparison[1].value
    assert "UTC" not in repr(content)
    assert "02:12 UTC-03" in repr(memo(made, "en", Added(zone="America/Sao_Paulo")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_that_was_locked_before_is_told_beside_the_lock_of_the_run(language) -> None:
    lock = RuleLock(
        name="plan",
        rule_hash="646de4" + "0" * 58,
        locked_at="2026-11-23T11:07:00+00:00",
        stage="before_documents",
    )
    content = memo(snapshot().model_copy(update={"rule_lock": lock}), language)
    foot = {line.label: line.value for line in content.reproducibility}
    assert foot[say("reports.foot.locked", language)] == "2026-11-23 11:07 UTC (646de40000000000)"
    assert foot[say("reports.foot.run_locked", language)] == "2026-11-24 05:12 UTC"
    assert "11:07 UTC" in source_line(content)


@pytest.mark.parametrize("language", LANGUAGES)
def test_documents_that_were_read_side_by_side_are_said_and_one_by_one_is_not(language) -> None:
    made = snapshot()
    several = made.model_copy(update={"plan": made.plan.model_copy(update={"rows": 32})})
    alone, together = (
        {line.label for line in memo(one, language).reproducibility} for one in (made, several)
    )
    assert together - alone == {say("reports.foot.rows", language)}
    assert any("32" in line.value for line in memo(several, language).reproducibility)
    assert snapshot_json(several, language)["rows"] == 32


def test_every_report_key_is_said_in_both_languages_with_the_same_fields() -> None:
    for key, (ja, en) in CATALOGUE.items():
        if key.startswith(("reports.", "charts.")):
            fields = [set(re.findall(r"\{(\w+)\}", text)) for text in (ja, en)]
            assert fields[0] == fields[1], key


def test_a_verdict_without_criteria_still_makes_a_memo() -> None:
    made = snapshot()
    bare = Verdict(outcome=made.verdict.outcome, reason=made.verdict.reason)
    assert memo(made.model_copy(update={"verdict": bare}), "ja").criteria == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_small_difference_that_is_shown_is_not_called_none(language):
    found = memo(snapshot(effect=-0.002, spread=0.0005), language)
    none = say("reports.tendency.same", language)
    assert none not in found.tendency.lower()
    assert "0.0%" not in found.tendency
    assert "%" in found.tendency


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cancelled_evaluation_is_not_said_to_go_on(language):
    found = memo(snapshot(status="cancelled", documents=7), language)
    assert found.stamp == say("reports.stamp.cancelled", language)
    assert found.request == say("reports.request.cancelled", language)
    assert found.steps[1].action == say("reports.step.cancelled.2", language)


def test_who_restored_all_texts_has_drafted_nothing():
    entered = Entered(Edit(), "田中", datetime(2026, 11, 29, 8, 1, tzinfo=UTC))
    assert memo(snapshot(), "ja", Added({"ja": entered})).drafter == ""
