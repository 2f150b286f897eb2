"""The workbook, read back: its formulas, its numbers, and texts of users that stay texts."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest

from evaluations.additions import Added, Entered
from evaluations.charts import curve_points, difference_band
from evaluations.kpis import judged
from evaluations.money import MoneyInputs
from evaluations.records import CurveKind, Kpi, ReviewSummary, Snapshot
from evaluations.reports.content import bound_of, mark_words, memo
from evaluations.reports.xlsx import xlsx_bytes
from evaluations.verdict import with_review
from evaluations.wording import LANGUAGES, Language, say
from tests.evaluations import made_runs
from tests.evaluations.reports.snapshots import NASTY, VARIANTS, with_calibration

SHEETS = ("summary", "criteria", "lengths", "documents", "notes", "settings")


def opened(snapshot, language: Language, values: bool):
    """The workbook with the stored values of its formulas, or with the formulas."""
    return openpyxl.load_workbook(BytesIO(xlsx_bytes(snapshot, language)), data_only=values)


def sheet(book, name: str, language: Language):
    return book[say(f"xlsx.sheet.{name}", language)]


def cells(book) -> list:
    return [cell for page in book for row in page.iter_rows() for cell in row if cell.value]


@pytest.mark.parametrize("variant", list(VARIANTS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_situation_gives_the_six_sheets_and_the_same_bytes(variant, language):
    made = VARIANTS[variant]()
    book = opened(made, language, values=True)
    assert book.sheetnames == [say(f"xlsx.sheet.{name}", language) for name in SHEETS]
    texts = {str(cell.value) for cell in cells(book)}
    content = memo(made, language)
    assert content.verdict in texts
    assert content.reason in texts
    assert xlsx_bytes(made, language) == xlsx_bytes(made, language)


def test_formulas_give_the_numbers_of_the_evaluation():
    made = made_runs.snapshot()
    result = made.comparison
    rows = [one for one in made.documents if one.delta is not None]
    formulas, values = (sheet(opened(made, "en", v), "documents", "en") for v in (False, True))
    for row, one in enumerate(rows, 2):
        assert formulas.cell(row, 9).value == f"=H{row}-G{row}"
        assert values.cell(row, 9).value == pytest.approx(one.delta, abs=1e-12)
        assert values.cell(row, 8).value - values.cell(row, 7).value == pytest.approx(one.delta)
    total = len(rows) + 2
    assert formulas.cell(total, 9).value == (
        f"=SUMPRODUCT(F2:F{total - 1},I2:I{total - 1})/SUM(F2:F{total - 1})"
    )
    assert values.cell(total, 9).value == pytest.approx(result.delta_bits_per_byte, abs=1e-9)

    summary = sheet(opened(made, "en", values=False), "summary", "en")
    found = {summary.cell(row, 1).value: summary.cell(row, 2) for row in range(1, 40)}
    assert found[say("xlsx.delta", "en")].value == f"='By document'!I{total}"
    assert found[say("xlsx.better", "en")].data_type == "f"


def test_documents_that_only_chose_a_are_in_no_figure_of_the_summary():
    made = VARIANTS["go"]()
    figures = [
        {row[0].value: row[1].value for row in sheet(book, "summary", "en").iter_rows(max_col=2)}
        for book in (opened(one, "en", values=True) for one in (made, with_calibration(made)))
    ]
    for key in ("xlsx.delta", "xlsx.scored", "xlsx.better"):
        assert figures[0][say(key, "en")] is not None
    assert figures[0] == figures[1]


def test_every_formula_computes_to_its_stored_value_with_money_and_without():
    """Computed here, independently: a reader that recalculates shows the same numbers."""
    inputs = MoneyInputs(
        documents_per_month=3000, minutes_careful=0.1, minutes_base=1, minutes_hopeful=2,
        yen_per_labour_hour=4000, yen_per_machine_hour=300, running_yen_per_month=20_000,
        one_off_yen=1_500_000,
    )  # fmt: skip
    entered = Entered(inputs, "x", datetime(2026, 11, 28, tzinfo=UTC))
    raw = xlsx_bytes(VARIANTS["go"](), "en", Added(money=entered))
    formulas = openpyxl.load_workbook(BytesIO(raw))
    values = openpyxl.load_workbook(BytesIO(raw), data_only=True)
    counted = 0
    for page in formulas:
        for cell in cells_of(page):
            if cell.data_type == "f":
                stored = values[page.title][cell.coordinate].value
                assert computed(formulas, page.title, cell.value) == pytest.approx(stored), cell
                counted += 1
    assert counted > 80


def cells_of(page) -> list:
    return [cell for row in page.iter_rows() for cell in row]


def computed(book, page: str, formula: str):
    """A formula's value, its references computed in turn."""

    def value(sheet: str, where: str):
        found = book[sheet][where.replace("$", "")]
        return computed(book, sheet, found.value) if found.data_type == "f" else found.value

    def reference(match):
        sheet, first, last = match.group(1) or page, match.group(2), match.group(3)
        if last is None:
            return repr(value(sheet, first))
        rows = book[sheet][f"{first}:{last}".replace("$", "")]
        return repr([value(sheet, cell.coordinate) for row in rows for cell in row])

    pattern = r"(?:'([^']+)'!)?(\$?[A-Z]{1,2}\$?\d+)(?::(\$?[A-Z]{1,2}\$?\d+))?"
    text = re.sub(pattern, reference, formula[1:]).replace("^", "**")
    functions = {
        "SUM": sum,
        "SUMPRODUCT": lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)),
        "COUNT": len,
        "COUNTIF": lambda a, _below_zero: sum(x < 0 for x in a),
        "IF": lambda condition, then, other: then if condition else other,
    }
    return eval(text, {"__builtins__": {}}, functions)


def with_every_kind(variant: str) -> Snapshot:
    """A result whose criteria table has all there can be: a review and business figures as well."""
    found = VARIANTS[variant]()
    kpis = (
        Kpi(name="found", unit="%", target=90),
        Kpi(name="hours", unit="h", target=4, direction="at_most"),
    )
    review = ReviewSummary(
        arm_a="a", arm_b="b", win_rate=0.45, ci_low=0.35, ci_high=0.55, confidence=0.95, votes=24,
        points=24, documents=6, groups=None, units=6, wins_a=12, wins_b=12, same=0, both_bad=0,
        wrong_a=0, wrong_b=0, wrong_answers=0, identical=0, alpha=None, reviewers=(),
    )  # fmt: skip
    actuals = {"found": 80.0, "hours": 3.0} if variant == "go" else {"found": 95.0, "hours": 9.0}
    verdict = judged(with_review(found.verdict, review, 0.1), kpis, actuals)
    rows = tuple(
        one.model_copy(update={"low": 1.02, "high": 1.30, "mark": "open"})
        if one.key.endswith("slowdown") and variant == "go"  # what is printed is within the limit
        else one
        for one in verdict.criteria
    )
    return found.model_copy(update={"verdict": verdict.model_copy(update={"criteria": rows})})


@pytest.mark.parametrize(
    ("variant", "language"),
    [("go", "ja"), ("conditional", "en"), ("no_go", "ja"), ("slow", "en")],
)
def test_the_distance_of_every_criterion_has_the_sign_of_its_mark(variant, language):
    made = with_every_kind(variant)
    values, formulas = (
        sheet(opened(made, language, kind), "criteria", language) for kind in (True, False)
    )
    head = say("xlsx.criteria.distance", language)
    (top,) = [row for row in range(1, 40) if values.cell(row, 6).value == head]
    for row, one in enumerate(made.verdict.criteria, top + 1):
        distance = values.cell(row, 6).value
        assert (distance >= 0) == (one.mark == "met"), one
        formula = formulas.cell(row, 6).value
        assert computed(formulas.parent, values.title, formula) == pytest.approx(distance)
        assert values.cell(row, 7).value == mark_words(one, language)
        assert f'"{bound_of(one)}' in f'"{values.cell(row, 2).number_format}'
    assert {"> ", "≥ ", "≤ ", "< ", ""} == {bound_of(one) for one in made.verdict.criteria}


def test_the_sheet_of_lengths_has_every_point_and_a_chart():
    made = VARIANTS["go"]()
    raw = xlsx_bytes(made, "ja")
    page = sheet(openpyxl.load_workbook(BytesIO(raw), data_only=True), "lengths", "ja")
    numbers = {round(c.value, 9) for row in page for c in row if isinstance(c.value, float)}
    for point in made.curve:
        if point.arm in (made.comparison.arm_a, made.comparison.arm_b):
            assert round(point.bits_per_byte, 9) in numbers, point
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        chart = archive.read("xl/charts/chart1.xml").decode()
    matched = [p for p in made.curve if p.kind is CurveKind.MATCHED]
    lengths = {p.context_length for p in matched}
    assert chart.count("<c:ser>") == 3  # A, B and the training length
    ends = re.findall(r"\$A\$(\d+):\$A\$(\d+)", chart)
    assert {int(b) - int(a) + 1 for a, b in ends} == {len(lengths)}
    assert chart.count("<c:errBars>") == 1  # the interval of the difference, around B
    band = difference_band(made)
    points = curve_points(made, CurveKind.MATCHED, made.comparison.arm_b)
    plus = re.search(r"<c:plus>(.*?)</c:plus>", chart)
    assert plus is not None
    drawn = [float(value) for value in re.findall(r"<c:v>([^<]+)</c:v>", plus[1])]
    above = [band[p.context_length].high - p.bits_per_byte for p in points]
    assert drawn == pytest.approx(above)


@pytest.mark.parametrize("variant", ["nasty", "extreme"])
def test_texts_of_users_are_never_formulas_links_or_control_characters(variant):
    made = VARIANTS[variant]()
    raw = xlsx_bytes(made, "en")
    book = openpyxl.load_workbook(BytesIO(raw))
    shown = {one.name for one in made.documents}
    if variant == "nasty":
        names = {str(c.value) for c in cells(book) if c.data_type == "s"}
        assert set(NASTY) <= names & shown
    for cell in cells(book):
        assert cell.hyperlink is None
        if cell.data_type == "f":
            assert re.fullmatch(r"=[A-Z0-9:,()/'\"<\- !a-z^]+", cell.value), cell.value
            assert "HYPERLINK" not in cell.value
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        assert not [name for name in archive.namelist() if "external" in name or "vba" in name]
        for name in archive.namelist():
            assert 'TargetMode="External"' not in archive.read(name).decode("utf-8", "replace")
            assert "\u202e" not in archive.read(name).decode("utf-8", "replace")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withheld_verdict_has_no_figures(language):
    made = VARIANTS["withheld"]()
    book = opened(made, language, values=False)
    assert not [cell for cell in cells(book) if cell.data_type == "f"]
    documents = sheet(book, "documents", language)
    assert all(documents.cell(row, 7).value is None for row in range(2, len(made.documents) + 2))
    assert say("xlsx.none", language) == sheet(book, "lengths", language).cell(1, 1).value
