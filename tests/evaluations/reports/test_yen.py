"""Yen in the reports: the same figures in every format, and whose they are."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import openpyxl
import pytest
from pptx import Presentation
from pypdf import PdfReader

from evaluations.additions import Added, Edit, Entered, Risk
from evaluations.money import NO_INPUTS, money
from evaluations.records import Snapshot
from evaluations.reports import report_bytes
from evaluations.reports.content import memo
from evaluations.reports.money import about_yen, money_line, money_sheet, yen
from evaluations.wording import LANGUAGES, Language, say
from tests.evaluations.reports.printing import squeezed
from tests.evaluations.reports.snapshots import VARIANTS, snapshot
from tests.evaluations.test_money import INPUTS, NOTHING

AT = datetime(2026, 11, 29, 8, 1, tzinfo=UTC)
PERSON = "鈴木"


def added(language: Language, edit: Edit | None = None) -> Added:
    edits = {} if edit is None else {language: Entered(edit, PERSON, AT)}
    return Added(edits, Entered(INPUTS, PERSON, AT))


def said(found: Snapshot, format: str, language: Language, entries: Added) -> str:
    """All words of a report, without white space."""
    data = report_bytes(found, format, language, entries)
    if format == "pdf":
        return squeezed("".join(p.extract_text() for p in PdfReader(io.BytesIO(data)).pages))
    if format == "pptx":
        shapes = [one for slide in Presentation(io.BytesIO(data)).slides for one in slide.shapes]
        texts = [one.text_frame.text for one in shapes if one.has_text_frame]
        tables = [one.table for one in shapes if one.has_table]
        texts += [cell.text for table in tables for row in table.rows for cell in row.cells]
        return squeezed("".join(texts))
    return squeezed(data.decode())


@pytest.mark.parametrize("format", ["pdf", "pptx", "html", "md"])
def test_every_format_prints_the_yen_of_all_scenarios(format):
    made = snapshot()
    words = said(made, format, "ja", added("ja"))
    scenarios = money(made, INPUTS).scenarios
    assert len(scenarios) == 3
    for one in scenarios:
        assert squeezed(yen(one.net, "ja")) in words


@pytest.mark.parametrize("format", ["pdf", "html", "md"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_says_whether_it_was_measured_or_assumed(format, language):
    words = said(snapshot(), format, language, added(language))
    sheet = money_sheet(snapshot(), INPUTS, language)
    for source, count in (("measured", 7), ("assumed", 10)):
        badge = squeezed(say(f"money.badge.{source}", language))
        assert words.count(badge) == count
        assert sum(line.source == source for line in sheet.inputs) == count


def test_the_workbook_has_the_same_yen_as_numbers():
    data = report_bytes(snapshot(), "xlsx", "ja", added("ja"))
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    values = [cell.value for sheet in book for row in sheet for cell in row]
    numbers = [one for one in values if isinstance(one, int | float)]
    for one in money(snapshot(), INPUTS).scenarios:
        assert any(number == pytest.approx(one.net) for number in numbers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pdf_with_all_that_people_add_still_has_its_decision_on_page_one(language):
    risk = Risk(
        "古い設備のログが少なく、設備を替えたときの効果が分からない" * 2, "旧ラインを加える" * 3
    )
    edit = Edit(recommendation="ラインAから始める。", risks=(risk, risk, risk))
    data = report_bytes(snapshot(), "pdf", language, added(language, edit))
    first = squeezed(PdfReader(io.BytesIO(data)).pages[0].extract_text())
    assert squeezed(memo(snapshot(), language).verdict) in first
    assert "ラインAから始める。" in first
    assert squeezed(say("reports.approvals.choice", language)) in first
    assert squeezed(money_line(snapshot(), INPUTS, language)) in first


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_without_assumptions_says_so_and_has_no_page_of_yen(language):
    content = memo(snapshot(), language)
    assert content.money is None
    assert content.effects[-1].value == say("money.short.nothing", language)
    assert money_line(snapshot(), NO_INPUTS, language) == content.effects[-1].value


@pytest.mark.parametrize("variant", ["withheld", "running", "no_go"])
def test_refused_yen_are_in_no_report(variant):
    words = said(VARIANTS[variant](), "md", "en", added("en"))
    refusal = money(VARIANTS[variant](), INPUTS).refusal
    assert squeezed(say(f"money.refusal.{refusal}", "en")) in words.replace("\\", "")
    assert "|Conservative|" not in words
    assert "|Conservative|" in said(snapshot(), "md", "en", added("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_yen_of_an_evaluation_that_settles_nothing_are_marked_as_a_trial_sum(language):
    mark = say("money.trial", language, said="")
    for variant, is_trial in (("go", False), ("quick", True), ("conditional", True)):
        made = VARIANTS[variant]()
        assert money(made, INPUTS).is_settled is not is_trial
        for text in (money_line(made, INPUTS, language), money_sheet(made, INPUTS, language)):
            words = text if isinstance(text, str) else text.conclusion
            assert words.startswith(mark) is is_trial


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_range_from_the_careful_to_the_hopeful_month_stands_beside_the_base(language):
    careful, _, hopeful = money(snapshot(), INPUTS).scenarios
    for words in (
        money_line(snapshot(), INPUTS, language),
        money_sheet(snapshot(), INPUTS, language).conclusion,
    ):
        for one in (careful, hopeful):
            assert about_yen(one.net, language) in words
    alone = INPUTS.model_copy(update={"minutes_careful": None})
    assert about_yen(hopeful.net, language) not in money_line(snapshot(), alone, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", ["no_go", "close"])
def test_where_no_improvement_is_shown_the_costs_alone_are_said(variant, language):
    made = VARIANTS[variant]()
    found = money(made, INPUTS).measured
    a, hours = found.tokens_per_second[0], INPUTS.documents_per_month / 3600
    machine = hours * found.tokens_per_document / a * 500 * (found.slowdown.value - 1)
    costs = about_yen(-machine - 29_800, language)
    for words in (
        money_line(made, INPUTS, language),
        money_sheet(made, INPUTS, language).conclusion,
    ):
        assert costs in words
        assert yen(900_000, language) in words
    unknown = INPUTS.model_copy(update={"running_yen_per_month": None})
    assert costs not in money_line(made, unknown, language)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (110_002, "about 110,000 yen"),
        (-2.4, "−2 yen"),
        (123_000, "123,000 yen"),
        (1_234_567, "about 1,230,000 yen"),
        (0.3, "0 yen"),
    ],
)
def test_a_sum_that_rests_on_assumptions_is_said_to_three_figures(value, said):
    assert about_yen(value, "en") == said


@pytest.mark.parametrize(("language", "formats"), [("ja", ("pdf", "pptx")), ("en", ("html", "md"))])
def test_a_net_effect_of_zero_never_pays_back_in_every_format(language, formats):
    made = snapshot(slowdown=1.0)
    assert money(made, NOTHING).scenarios[1].net == 0
    entries = Added({}, Entered(NOTHING, PERSON, AT))
    zero, never = (say(f"money.{key}", language) for key in ("conclusion.zero", "never"))
    line = money_line(made, NOTHING, language)
    assert say("money.short.zero", language, range="X").split("X")[0] in line
    for format in formats:
        words = said(made, format, language, entries).replace("\\", "")
        assert squeezed(line) in words, format
        if format != "pptx":  # slides have the short sentence alone
            assert squeezed(zero) in words, format
            assert squeezed(say("money.alternative.back.never", language)) in words
    raw = report_bytes(made, "xlsx", language, entries)
    values, formulas = (
        openpyxl.load_workbook(io.BytesIO(raw), data_only=data_only)[
            say("xlsx.sheet.money", language)
        ]
        for data_only in (True, False)
    )
    rows = [[cell.value for cell in row] for row in values]
    assert rows[1][0].startswith(zero)
    (base,) = [row for row in rows if row[0] == say("money.base", language)]
    assert base[-2:] == [0, never]
    last = [cell for row in formulas for cell in row if str(cell.value).startswith("=IF(")]
    assert len(last) == 3
    assert all(">0.5," in cell.value for cell in last)


@pytest.mark.parametrize("value", [0.0, -0.0, 0.5, -0.5, 0.4])
def test_what_rounds_to_nothing_is_zero_yen_without_a_sign(value):
    assert yen(value, "en") == "0 yen"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_month_that_costs_less_is_not_said_to_cost(language):
    free = INPUTS.model_copy(update={"running_yen_per_month": 0.0})
    made = snapshot(effect=-0.4, slowdown=0.8)
    assert money(made, free).costs_only > 1
    net = about_yen(money(made, free).costs_only, language)
    once = yen(free.one_off_yen, language)
    said = say("money.refusal.no_costs", language, net=net, one_off=once)
    assert said in money_line(made, free, language)
