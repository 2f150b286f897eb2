"""Figures of the business: entered after the run, they change what is shown and nothing stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from evaluations import database as tables
from evaluations.amendments import check_units, in_hindsight, seal
from evaluations.contract import snapshot_json
from evaluations.entries import Entry
from evaluations.errors import RefusedPlan
from evaluations.kpis import with_actuals
from evaluations.plan import plan_hash
from evaluations.records import Kpi, Outcome, Snapshot
from evaluations.reports.content import memo
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS

HOURS = Kpi(name="<b>処理時間</b>", unit="h", target=4, direction="at_most")
FOUND = Kpi(name="検出", unit="%", target=90, direction="at_least")


def asked(name: str, *kpis: Kpi) -> Snapshot:
    found = VARIANTS[name]()
    rule = found.plan.rule.model_copy(update={"kpis": kpis})
    return found.model_copy(update={"plan": found.plan.model_copy(update={"rule": rule})})


def entered(**actuals: float) -> dict[str, Entry]:
    names = {"hours": HOURS.name, "found": FOUND.name}
    at = datetime(2026, 11, 29, 8, tzinfo=UTC)
    return {
        names[key]: Entry("kpi", names[key], {"actual": value}, "佐藤", at)
        for key, value in actuals.items()
    }


@pytest.mark.parametrize(
    ("computed", "actuals", "outcome", "key"),
    [
        ("go", {}, "conditional", "conditional.kpi"),
        ("go", {"hours": 4.0}, "conditional", "conditional.kpi"),
        ("go", {"hours": 4.0, "found": 90.0}, "go", "go"),
        ("go", {"hours": 4.1, "found": 95.0}, "conditional", "conditional.kpi_missed"),
        ("conditional", {"hours": 1.0}, "undecided", "undecided.kpi"),
        ("conditional", {"hours": 1.0, "found": 95.0}, "conditional", None),
        ("no_go", {"hours": 1.0, "found": 95.0}, "no_go", None),
        ("withheld", {"hours": 1.0, "found": 95.0}, "withheld", None),
    ],
)
def test_the_outcome_that_is_shown_follows_from_what_was_entered(computed, actuals, outcome, key):
    found = asked(computed, HOURS, FOUND)
    shown = with_actuals(found, entered(**actuals))
    assert shown.verdict.outcome == outcome
    expected = found.verdict.reason.key if key is None else f"results.reason.{key}"
    assert shown.verdict.reason.key.startswith(expected)
    marks = {row.name: row.mark for row in shown.verdict.criteria if row.name}
    assert set(marks) == {HOURS.name, FOUND.name}
    assert {name for name, mark in marks.items() if mark == "open"} == set(marks) - set(
        entered(**actuals)
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_is_to_be_settled_is_named_by_the_marks_that_there_are(language):
    """A figure that missed its target stands there with ×, and not as nothing to settle."""
    for actuals, sign in (({}, "△"), ({"hours": 9.0, "found": 95.0}, "×"), ({"hours": 9.0}, "△/×")):
        content = memo(with_actuals(asked("go", HOURS, FOUND), entered(**actuals)), language)
        count = 2 - sum(row.mark == "○" for row in content.criteria[-2:])
        said = f"{sign} {count} 件" if language == "ja" else f"{count} item(s) marked {sign}"
        assert said in content.recommendation
        assert sign in content.request
        assert sign in content.steps[0].action


def test_without_figures_nothing_is_changed():
    found = VARIANTS["go"]()
    assert with_actuals(found, {}) == found


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_memo_has_the_figures_with_target_actual_mark_and_who_entered_them(language):
    content = memo(with_actuals(asked("go", HOURS), entered(hours=5.5)), language)
    row = content.criteria[-1]
    assert (row.target, row.actual, row.mark) == ("≤ 4 h", "5.5 h", "×")
    assert HOURS.name in row.criterion
    (line,) = [one.value for one in content.reproducibility if HOURS.name in one.value]
    assert "佐藤" in line
    assert "2026-11-29 08:00 UTC" in line


def test_an_entry_changes_page_list_and_json_alike_and_the_stored_result_never(store, settings):
    put(settings, asked("go", HOURS), "run")

    def stored() -> str:
        with store.database.read() as connection:
            return connection.scalar(select(tables.snapshots.c.snapshot))

    before = stored()
    assert store.snapshot("run").verdict.outcome is Outcome.CONDITIONAL
    store.enter_kpi("run", HOURS.name, 9.0, "田中")
    missed = store.snapshot("run")
    assert missed.verdict.reason.key == "results.reason.conditional.kpi_missed"
    store.enter_kpi("run", HOURS.name, 3.0, "佐藤")
    shown = store.snapshot("run")
    assert shown.verdict.outcome is Outcome.GO
    assert store.runs()[0].outcome is Outcome.GO
    found = snapshot_json(shown)
    assert found["verdict"]["outcome"] == "go"
    assert found["verdict"]["criteria"][-1]["actual"] == 3.0
    assert found["kpi_actuals"][0]["author"] == "佐藤"
    assert stored() == before


def test_only_figures_of_the_rule_are_taken_and_only_numbers(store, settings):
    put(settings, asked("go", HOURS), "run")
    with pytest.raises(RefusedPlan, match="no figure"):
        store.enter_kpi("run", "other", 1.0)
    with pytest.raises(RefusedPlan, match="not a number"):
        store.enter_kpi("run", HOURS.name, float("nan"))


def amended_later(found: Snapshot, *kpis: Kpi) -> Snapshot:
    """With an amendment that asks for `kpis`, made when results could be seen."""
    rule = found.plan.rule.model_copy(update={"kpis": kpis})
    made = seal(
        previous=plan_hash(found.plan),
        number=1,
        before=found.plan.rule,
        rule=rule,
        reason="forgotten",
        author="佐藤",
        made_at="2026-11-29T08:00:00+00:00",
        after_results=True,
    )
    verdict = in_hindsight(found.verdict)
    return found.model_copy(update={"amendments": (made,), "amended_verdict": verdict})


def marks(verdict) -> dict[str, str]:
    return {row.name: row.mark for row in verdict.criteria if row.name}


def test_a_figure_added_after_the_lock_is_entered_marked_and_decides_nothing(store, settings):
    put(settings, amended_later(asked("go", HOURS), HOURS, FOUND), "run")
    store.enter_kpi("run", HOURS.name, 3.0, "田中")
    store.enter_kpi("run", FOUND.name, 20.0, "佐藤")
    found = store.snapshot("run")
    assert (found.verdict.outcome, marks(found.verdict)) == (Outcome.GO, {HOURS.name: "met"})
    assert found.amended_verdict is not None
    assert marks(found.amended_verdict) == {HOURS.name: "met", FOUND.name: "missed"}
    assert found.amended_verdict.outcome is not Outcome.GO
    assert [(one.name, one.is_late) for one in found.kpi_actuals] == [
        (HOURS.name, False),
        (FOUND.name, True),
    ]
    assert store.runs()[0].outcome is Outcome.GO
    for language, words in (("ja", "固定後、結果が見えてから追加"), ("en", "added after the lock")):
        lines = [one.value for one in memo(found, language).reproducibility]
        (said,) = [one for one in lines if words in one]
        assert "検出 ≥ 90 %" in said
        assert "20 %" in said
        assert any("検出: 20 (佐藤, " in one for one in lines)


def test_a_target_changed_after_the_lock_is_shown_beside_the_one_that_decides():
    easier = HOURS.model_copy(update={"target": 9.0})
    amended = amended_later(asked("go", HOURS), easier)
    said = [one.value for one in memo(with_actuals(amended, {}), "en").reproducibility]
    assert any("≤ 9 h: changed after the lock" in x and "not entered (open)" in x for x in said)
    found = with_actuals(amended, entered(hours=5.0))
    assert marks(found.verdict) == {HOURS.name: "missed"}
    assert found.verdict.outcome is Outcome.CONDITIONAL
    assert marks(found.amended_verdict) == {HOURS.name: "met"}
    assert not found.kpi_actuals[0].is_late


def test_one_figure_has_one_unit_under_all_rules():
    rule = asked("go", HOURS).plan.rule
    check_units((rule,), rule.model_copy(update={"kpis": (HOURS, FOUND)}))
    minutes = HOURS.model_copy(update={"unit": "min", "target": 240.0})
    with pytest.raises(RefusedPlan, match="Keep the unit"):
        check_units((rule,), rule.model_copy(update={"kpis": (minutes,)}))
