"""What people add: read back as it stood at a moment, and printed where it belongs, marked."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from evaluations.additions import (
    LONGEST,
    NOTHING,
    Added,
    Approval,
    Edit,
    Entered,
    Risk,
    Step,
    read,
    versions,
    write_edit,
    write_money,
)
from evaluations.money import MoneyInputs
from evaluations.reports.content import automatic, memo
from evaluations.reports.json import Report, json_text
from evaluations.reports.markdown import literal, markdown_text
from evaluations.wording import LANGUAGES
from tests.evaluations.queued import queue_run
from tests.evaluations.reports.snapshots import VARIANTS, snapshot

AT = datetime(2026, 11, 29, 8, 1, tzinfo=UTC)
EDIT = Edit(
    recommendation="第3工場から始める。",
    risks=(Risk("古い設備のログが少ない", "12月に追加する"),),
    steps=(Step("対象ラインを決める", "2026-12-11", "田中"),),
    approvals=(Approval("部長", "佐藤"), Approval("社長")),
)


def added(edit: Edit = EDIT) -> Added:
    return Added({"ja": Entered(edit, "鈴木", AT)})


def test_what_was_entered_later_does_not_change_a_report_of_an_earlier_moment(store):
    run = queue_run(store)
    assert read(store.database, run) == NOTHING
    write_edit(store.database, run, "ja", EDIT, "鈴木")
    earlier = read(store.database, run)
    write_edit(store.database, run, "ja", Edit(subject="別の件名"), "田中")
    write_money(store.database, run, MoneyInputs(documents_per_month=300), "田中")

    now = read(store.database, run)

    assert earlier.edits["ja"].value == EDIT
    assert earlier.money is None
    assert now.edits["ja"].value == Edit(subject="別の件名")
    assert now.money is not None
    assert now.money.value.documents_per_month == 300
    assert read(store.database, run, until=earlier.moment) == earlier
    assert [(language, one.author) for language, one in versions(store.database, run)] == [
        ("ja", "鈴木"),
        ("ja", "田中"),
    ]


def test_a_text_that_is_too_long_is_refused_before_it_is_stored(store):
    run = queue_run(store)
    long = Edit.model_construct(steps=(Step("歩" * (LONGEST["action"] + 1)),))
    with pytest.raises(ValidationError):
        write_edit(store.database, run, "ja", long, "鈴木")
    assert read(store.database, run) == NOTHING


@pytest.mark.parametrize("variant", list(VARIANTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_form_begins_with_texts_made_from_the_numbers_that_can_be_saved(variant, language):
    made = automatic(VARIANTS[variant](), language)
    saved = Edit.model_validate(asdict(made))
    assert saved.parts == ("subject", "request", "recommendation", "risks", "steps", "approvals")
    assert all((saved.subject, saved.request, saved.recommendation))


def test_the_recommendation_has_the_number_that_decides():
    made = snapshot()
    table = memo(made, "ja").curve
    assert table is not None
    assert table.primary is not None
    assert table.rows[table.primary][3] in automatic(made, "ja").recommendation


def test_what_people_wrote_takes_the_place_of_the_automatic_text_and_is_marked():
    made = snapshot()
    plain, written = memo(made, "ja"), memo(made, "ja", added())

    assert written.recommendation == "第3工場から始める。"
    assert written.risks == (Risk("古い設備のログが少ない", "12月に追加する"),)
    assert written.subject == plain.subject
    assert written.written == {
        "subject": "",
        "request": "",
        "recommendation": "（担当者記入）",
        "risks": "（担当者記入）",
        "steps": "（担当者記入）",
        "approvals": "（担当者記入）",
    }
    foot = {line.label: line.value for line in written.reproducibility}
    assert "2026-11-29 08:01 UTC 鈴木: 推奨、リスクと対策" in foot["担当者の記入"]
    assert (
        "測定値から作成"
        in {line.label: line.value for line in plain.reproducibility}["担当者の記入"]
    )


def test_no_number_of_the_result_changes_with_what_people_write():
    made = snapshot()
    plain, written = memo(made, "ja"), memo(made, "ja", added())
    for name in ("verdict", "reason", "criteria", "curve", "comparison", "effects", "stamp"):
        assert getattr(plain, name) == getattr(written, name)


def test_the_other_language_says_that_people_wrote_only_in_this_one():
    content = memo(snapshot(), "en", added())
    assert content.recommendation == automatic(snapshot(), "en").recommendation
    assert "only in the Japanese edition" in content.reproducibility[0].value


def test_markdown_and_json_have_what_people_wrote():
    made = snapshot()
    text = markdown_text(made, "ja", added())
    for said in (
        "第3工場から始める。",
        "12月に追加する",
        "2026-12-11",
        "佐藤",
        "推奨（担当者記入）",
    ):
        assert literal(said) in text
    again = Report.model_validate_json(json_text(made, added()))
    assert again.added == added()
    assert again.run == made.run
