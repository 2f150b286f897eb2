"""The evaluation as an Excel workbook: live formulas, an editable chart, nothing that runs.

Sheets in the order in which they are read: summary, criteria, by length (with its chart), by
document (with its chart), money where people entered assumptions, notes, settings. Differences and
pooled values are formulas over the sheet of documents, so that whoever takes a document out sees
what becomes of the result; their stored values are those of the snapshot. Texts of users are
written as strings and nothing else: `=`, `{=`, `@` and links stay what they look like. Equal
snapshots give equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from evaluations.additions import NOTHING, Added
from evaluations.charts import (
    columns_of,
    contrast_at,
    curve_kinds,
    curve_points,
    difference_band,
    side_name,
)
from evaluations.fonts import printable
from evaluations.money import money as find_money
from evaluations.records import (
    Criterion,
    CurveKind,
    CurvePoint,
    DocumentResult,
    Outcome,
    Snapshot,
)
from evaluations.reports.appendix import sections, state
from evaluations.reports.content import Line, Memo, bound_of, mark_words, memo
from evaluations.reports.xlsx_money import money_cells
from evaluations.wording import Language, say

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
}
FONTS: dict[Language, str] = {"ja": "Yu Gothic", "en": "Arial"}
CELL = {"border": 1, "border_color": "#D5DBE0"}
BLUE, ORANGE, GREY, PALE = "#0A5AA8", "#C2500A", "#8A949C", "#D5DBE0"
SIGNED = '+0.000;"−"0.000;0.000'  # a number with its sign, as the memo prints it
WIDEST = 62  # columns of a cell, in characters
NOTES = (
    "method",
    "files",
    "guardrails",
    "review",
    "split",
    "robustness",
    "limits",
    "glossary",
    "phrases",
)
SETTINGS = ("foot", "statistics")
HELPER = 13  # the column, beside the tables, in which the chart's grey lines have their ends
AXIS = {"log_base": 2, "major_unit": 4, "num_format": "#,##0"}  # of context lengths
MOST_COLOURED = 500  # columns of the chart by document that get a colour of their own
CHART_ROWS = 20  # that the chart covers
LONGEST_CELL = 32_000  # Excel takes 32,767 characters


class _Pooled(NamedTuple):
    """Where the sheet of documents has the values of the whole."""

    a: str
    b: str
    delta: str
    better: str  # documents in which B is better
    scored: str


def xlsx_bytes(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> bytes:
    """The workbook of an evaluation; a withheld verdict has no figures in it."""
    content, made = memo(snapshot, language, added), BytesIO()
    book = xlsxwriter.Workbook(made, OPTIONS)
    created = datetime.fromisoformat(snapshot.created).replace(tzinfo=None)
    book.set_properties({"title": content.title, "created": created})
    book.formats[0].set_font_name(FONTS[language])
    sheets = _Sheets(book, snapshot, content, language, added)
    sheets.write()
    book.close()
    return made.getvalue()


class _Styles:
    """The formats of a workbook."""

    def __init__(self, book: Any, language: Language) -> None:
        self._book = book
        self._numbers: dict[str, Any] = {}
        self._cell = {"font_name": FONTS[language], "valign": "top", **CELL}
        font = {"font_name": FONTS[language], "valign": "top"}

        def style(**more: object) -> Any:
            return book.add_format({**font, **more})

        self.title = style(bold=True, font_size=16, valign="vcenter")
        self.verdict = style(bold=True, font_size=14, text_wrap=True)
        self.section = style(bold=True, font_size=12, bottom=1, bottom_color=GREY)
        self.head = style(bold=True, bg_color="#E8ECEF", border=1, border_color="#C6CDD3",
                          text_wrap=True, valign="vcenter")  # fmt: skip
        self.figure_head = style(bold=True, bg_color="#E8ECEF", border=1, border_color="#C6CDD3",
                                 text_wrap=True, valign="vcenter", align="right")  # fmt: skip
        cell = CELL
        self.text = style(text_wrap=True, **cell)
        self.label = style(bold=True, text_wrap=True, **cell)
        self.mark = style(align="center", **cell)
        self.note = style(font_color="#56616A", text_wrap=True)
        self.whole = style(num_format="#,##0", **cell)
        self.bits = style(num_format="0.000", **cell)
        left = {**cell, "align": "left"}
        self.left = {
            "whole": style(num_format="#,##0", **left),
            "bits": style(num_format="0.000", **left),
            "signed": style(num_format=SIGNED, **left),
            "percent": style(num_format='+0.0%;"−"0.0%;0.0%', **left),
        }
        self.signed = style(num_format=SIGNED, **cell)
        self.assumed = style(num_format='#,##0.##;"−"#,##0.##;0', bg_color="#FFF4D6", **cell)
        self.factor = style(num_format="0.000", **cell)
        self.yen = style(num_format='[>0.5]#,##0;[<-0.5]"−"#,##0;0', **cell)  # never a −0
        months = say("xlsx.money.months", language)
        self.months = style(num_format=f'#,##0.0" {months}"', align="right", **cell)
        self.figure = style(num_format='#,##0.00;"−"#,##0.00;0', **cell)
        total = {**cell, "bold": True, "bg_color": "#F3F5F6", "top": 2}
        self.total = style(**total)
        self.total_bits = style(num_format="0.000", **total)
        self.total_signed = style(num_format=SIGNED, **total)
        self.total_whole = style(num_format="#,##0", **total)

    def number(self, plain: str, bound: str = "", signed: bool = False) -> Any:
        """A number with a true minus sign, behind the side that is asked for or with its sign."""
        signs = (f"{bound}{'+' if signed else ''}", f"{bound}−", bound)
        text = ";".join(f'"{sign}"{plain}' if sign else plain for sign in signs)
        if text not in self._numbers:
            self._numbers[text] = self._book.add_format({**self._cell, "num_format": text})
        return self._numbers[text]


def number_format(criterion: Criterion) -> str:
    """How Excel prints the figures of a criterion, as the memo does but for the unit."""
    if criterion.direction is not None:
        return "General"  # a user's own figure
    return {"bits_per_byte": "0.000", "share": "0.0%", "ratio": "0.00"}.get(criterion.unit, "#,##0")


class _Sheets:
    """Writes the sheets of one workbook, those first whose cells others refer to."""

    def __init__(
        self, book: Any, snapshot: Snapshot, content: Memo, language: Language, added: Added
    ) -> None:
        self._book = book
        self._added = added
        self._snapshot = snapshot
        self._content = content
        self._language = language
        self._style = _Styles(book, language)
        self._withheld = snapshot.verdict.outcome is Outcome.WITHHELD

    def write(self) -> None:
        """All of them."""
        money = ("money",) if self._added.money is not None else ()
        names = ("summary", "criteria", "lengths", "documents", *money, "notes", "settings")
        sheets = {name: self._sheet(name) for name in names}
        pooled = self._documents(sheets["documents"])
        self._summary(sheets["summary"], pooled)
        self._criteria(sheets["criteria"])
        self._lengths(sheets["lengths"])
        if self._added.money is not None:
            found = find_money(self._snapshot, self._added.money.value)
            money_cells(sheets["money"], found, self._content, self._style)
        self._sections(sheets["notes"], NOTES)
        self._sections(sheets["settings"], SETTINGS)
        sheets["summary"].activate()

    def _sheet(self, name: str) -> Any:
        sheet = self._book.add_worksheet(self._say(f"xlsx.sheet.{name}"))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N")
        return sheet

    def _say(self, key: str, **values: object) -> str:
        return say(key, self._language, **values)

    # --- summary -----------------------------------------------------------------------------

    def _summary(self, sheet: Any, pooled: _Pooled | None) -> None:
        content, style = self._content, self._style
        sheet.set_column(0, 0, 32)
        sheet.set_column(1, 1, 84)
        sheet.write_string(0, 0, content.title, style.title)
        sheet.set_row(0, 26)
        row = 1
        if content.stamp:
            sheet.write_string(row, 0, content.stamp, style.verdict)
            row += 1
        sheet.write_string(row + 1, 0, self._say("reports.conclusion"), style.label)
        sheet.write_string(row + 1, 1, content.verdict, style.verdict)
        lines = [
            Line(self._say("xlsx.tendency"), content.tendency),
            Line(self._say("xlsx.caution"), content.caution),
            Line(self._say("xlsx.reason"), content.reason),
            Line(self._heading("recommendation"), content.recommendation),
            *content.by_rule,
            Line(self._heading("request"), content.request),
            Line(self._heading("subject"), content.subject),
            Line(self._say("reports.date"), content.date),
            *content.comparison,
        ]
        row = self._lines(sheet, row + 2, [line for line in lines if line.value])
        if pooled is not None:
            row = self._figures(sheet, row + 1, pooled)
        if self._withheld:
            row = self._section(sheet, row + 1, self._say("reports.failures"))
            for failure in content.failures:
                sheet.merge_range(row, 0, row, 1, failure, style.text)
                sheet.set_row(row, 16 * self._height(failure, 108))
                row += 1
        if content.effects:
            row = self._section(sheet, row + 1, self._say("reports.effects"))
            row = self._lines(sheet, row, content.effects)
        if content.money is not None:
            row = self._section(sheet, row + 1, self._say("money.title"))
            yen = (content.money.conclusion, content.money.alternative)
            row = self._lines(sheet, row, [Line("", text) for text in yen])
        row = self._section(sheet, row + 1, self._heading("risks"))
        row = self._lines(sheet, row, [Line(risk.risk, risk.measure) for risk in content.risks])
        row = self._section(sheet, row + 1, self._heading("steps"))
        for number, step in enumerate(content.steps, 1):
            said = " / ".join(filter(None, (step.action, step.due, step.owner)))
            row = self._lines(sheet, row, [Line(f"{number}", said)])
        row = self._section(sheet, row + 1, self._heading("approvals"))
        row = self._lines(sheet, row, [Line(one.role, one.name) for one in content.approvals])

    def _heading(self, part: str) -> str:
        """The heading of a part that people may write, marked where they did."""
        return self._say(f"reports.{part}") + self._content.written[part]

    def _figures(self, sheet: Any, row: int, pooled: _Pooled) -> int:
        """The figures that decide, as formulas over the sheet of documents."""
        snapshot, style, result = self._snapshot, self._style, self._snapshot.comparison
        left = style.left
        row = self._section(sheet, row, self._say("xlsx.figures", length=result.primary_length))
        documents = snapshot.compared
        a, b = _pooled(documents, "arm_a"), _pooled(documents, "arm_b")
        better = sum(one.delta < 0 for one in documents if one.delta is not None)
        lines: list[tuple[str, str, Any, float]] = [
            (f"A: {side_name(snapshot, 'a', self._language)}", f"={pooled.a}", left["bits"], a),
            (f"B: {side_name(snapshot, 'b', self._language)}", f"={pooled.b}", left["bits"], b),
            (self._say("xlsx.delta"), f"={pooled.delta}", left["signed"], b - a),
            (self._say("xlsx.relative"), f"={pooled.delta}/{pooled.a}", left["percent"], b / a - 1),
            (
                self._say("xlsx.perplexity"),
                f"=2^{pooled.delta}-1",
                left["percent"],
                2 ** (b - a) - 1,
            ),
            (self._say("xlsx.scored"), f"={pooled.scored}", left["whole"], len(documents)),
            (self._say("xlsx.better"), f"={pooled.better}", left["whole"], better),
        ]
        for label, formula, format, value in lines:
            sheet.write_string(row, 0, label, style.label)
            sheet.write_formula(row, 1, formula, format, value)
            row += 1
        if result.ci_low is not None and result.ci_high is not None:
            name = self._say("xlsx.interval", confidence=f"{100 * snapshot.plan.rule.confidence:g}")
            sheet.write_string(row, 0, name, style.label)
            ends = f"{result.ci_low:+.3f} … {result.ci_high:+.3f}".replace("-", "−")
            sheet.write_string(row, 1, ends, style.text)
            row += 1
        sheet.merge_range(row, 0, row, 1, self._say("xlsx.live"), style.note)
        sheet.set_row(row, 32)
        return self._split(sheet, row + 2)

    def _split(self, sheet: Any, row: int) -> int:
        """The 2×2 of training and reading; their total is a formula."""
        effects, left = self._snapshot.effects, self._style.left
        parts = [
            (name, one.delta_bits_per_byte)
            for name, one in (("training", effects.training), ("reading", effects.reading),
                              ("interaction", effects.interaction))
            if one is not None and one.delta_bits_per_byte is not None
        ]  # fmt: skip
        if len(parts) < len(("training", "reading", "interaction")):
            return row
        row = self._section(sheet, row, self._say("reports.split"))
        first = row
        for name, value in parts:
            sheet.write_string(row, 0, self._say(f"results.effect.{name}"), self._style.label)
            sheet.write_number(row, 1, value, left["signed"])
            row += 1
        total = sum(value for _, value in parts)
        sheet.write_string(row, 0, self._say("results.effect.total"), self._style.label)
        sheet.write_formula(
            row, 1, f"=SUM({xl_range(first, 1, row - 1, 1)})", left["signed"], total
        )
        return row + 1

    # --- criteria ----------------------------------------------------------------------------

    def _criteria(self, sheet: Any) -> None:
        content, style = self._content, self._style
        keys = ("criterion", "target", "actual", "mark")
        heads = [self._say(f"reports.criteria.{key}") for key in keys]
        row = 0
        if content.criteria:
            rows = [(c.criterion, c.target, c.actual, f"{c.mark} {c.meaning}".strip())
                    for c in content.criteria]  # fmt: skip
            row = self._table(sheet, row, heads, rows) + 1
        else:
            sheet.write_string(row, 0, self._say("reports.criteria.none"), style.note)
            row += 2
        row = self._criteria_figures(sheet, row) + 1
        checks = [
            (
                self._say(f"results.check.{check.check}"),
                self._say(f"xlsx.check.{state(check)}"),
                f"{check.value:g}" if isinstance(check.value, int | float) else "",
            )
            for check in self._snapshot.validity
        ]
        heads = [self._say(f"xlsx.check.{name}") for name in ("check", "state", "value")]
        self._table(sheet, row, heads, checks)
        for column, width in enumerate((58, 22, 30, 14, 14, 24, 14)):
            sheet.set_column(column, column, width)

    def _criteria_figures(self, sheet: Any, row: int) -> int:
        """Every criterion as unrounded numbers; how far it is within its target as a formula.

        The distance is positive within and negative beyond, whichever side is asked for, and is
        taken from the end of the interval that decides: its sign says what the mark says.
        """
        if self._withheld or not self._snapshot.verdict.criteria:
            return row
        style = self._style
        names = ("figures", "target", "actual", "low", "high", "distance", "mark")
        for column, name in enumerate(names):
            sheet.write_string(row, column, self._say(f"xlsx.criteria.{name}"), style.head)
        row += 1
        for one in self._snapshot.verdict.criteria:
            number, bound = number_format(one), bound_of(one)
            signed = one.unit == "bits_per_byte"
            format, target = style.number(number, "", signed), style.number(number, bound, signed)
            unit = f" [{one.unit}]" if one.unit else ""
            label = f"{self._say(one.key)}: {one.name}{unit}" if one.name else self._say(one.key)
            sheet.write_string(row, 0, label, style.text)
            self._number(sheet, row, 1, one.target, target)
            for column, value in enumerate((one.actual, one.low, one.high), 2):
                self._number(sheet, row, column, value, format)
            self._distance(sheet, row, one, style.number(number, signed=True))
            sheet.write_string(row, 6, mark_words(one, self._language), style.text)
            row += 1
        return row

    def _distance(self, sheet: Any, row: int, one: Criterion, format: Any) -> None:
        """Nothing where the criterion was not measured."""
        if one.target is None or one.actual is None:
            return
        is_floor = bound_of(one) in ("> ", "≥ ")
        worst = one.low if is_floor else one.high
        column = 2 if worst is None else 3 if is_floor else 4
        value = one.actual if worst is None else worst
        target, actual = xl_rowcol_to_cell(row, 1), xl_rowcol_to_cell(row, column)
        formula = f"={actual}-{target}" if is_floor else f"={target}-{actual}"
        distance = value - one.target if is_floor else one.target - value
        sheet.write_formula(row, 5, formula, format, distance)

    # --- by length ---------------------------------------------------------------------------

    def _lengths(self, sheet: Any) -> None:
        """Every curve of A and B, and the chart of the one that decides."""
        if self._withheld or not self._snapshot.curve:
            sheet.write_string(0, 0, self._say("xlsx.none"), self._style.note)
            return
        columns = ("context", "a", "a_low", "a_high", "b", "b_low", "b_high", "delta", "low",
                   "high", "n")  # fmt: skip
        unit = self._snapshot.plan.unit
        heads = [self._say(f"xlsx.length.{name}", unit=unit) for name in columns]
        row = CHART_ROWS
        for kind in curve_kinds(self._snapshot):
            row = self._section(sheet, row, self._say(f"xlsx.curve.{kind.value}"))
            first = row + 1
            row = self._curve(sheet, row, heads, kind)
            if kind is CurveKind.MATCHED and row > first:
                self._chart(sheet, first, row - 1, self._trained(sheet, first))
            row += 1
        sheet.set_column(0, len(columns) - 1, 12)
        sheet.freeze_panes(0, 1)

    def _curve(self, sheet: Any, row: int, heads: Sequence[str], kind: CurveKind) -> int:
        result, style = self._snapshot.comparison, self._style
        a, b = (
            {point.context_length: point for point in curve_points(self._snapshot, kind, arm)}
            for arm in (result.arm_a, result.arm_b)
        )
        for column, head in enumerate(heads):
            sheet.write_string(row, column, head, style.head)
        row += 1
        for length in sorted(a.keys() | b.keys()):
            sheet.write_number(row, 0, length, style.whole)
            self._point(sheet, row, 1, a.get(length))
            self._point(sheet, row, 4, b.get(length))
            if length in a and length in b:
                formula = f"={xl_rowcol_to_cell(row, 4)}-{xl_rowcol_to_cell(row, 1)}"
                value = b[length].bits_per_byte - a[length].bits_per_byte
                sheet.write_formula(row, 7, formula, style.signed, value)
            decides = contrast_at(self._snapshot, length) if kind is CurveKind.MATCHED else None
            if decides is not None:
                self._number(sheet, row, 8, decides.ci_low, style.signed)
                self._number(sheet, row, 9, decides.ci_high, style.signed)
            self._number(sheet, row, 10, _documents(a.get(length), b.get(length)), style.whole)
            row += 1
        return row

    def _point(self, sheet: Any, row: int, column: int, point: CurvePoint | None) -> None:
        if point is not None:
            for offset, value in enumerate((point.bits_per_byte, point.ci_low, point.ci_high)):
                self._number(sheet, row, column + offset, value, self._style.bits)

    def _trained(self, sheet: Any, row: int) -> list[tuple[int, int]]:
        """Training lengths of A and B, in cells for the chart's grey lines: row and length."""
        low, high = self._bounds()
        names = (self._snapshot.comparison.arm_a, self._snapshot.comparison.arm_b)
        found = sorted(
            {arm.training_length for arm in self._snapshot.plan.arms if arm.name in names}
        )
        for place, at in enumerate(found):
            words = self._say("charts.mark.trained", length=f"{at:,}")
            sheet.write_string(row + 3 * place, HELPER, words, self._style.note)
            for offset, end in enumerate((low, high), 1):
                sheet.write_number(row + 3 * place + offset, HELPER, at, self._style.whole)
                sheet.write_number(row + 3 * place + offset, HELPER + 1, end, self._style.bits)
        return [(row + 3 * place + 1, at) for place, at in enumerate(found)]

    def _bounds(self) -> tuple[float, float]:
        """The axis of losses: whole tenths around all values of A and B and their band."""
        result = self._snapshot.comparison
        values = [
            point.bits_per_byte
            for arm in (result.arm_a, result.arm_b)
            for point in curve_points(self._snapshot, CurveKind.MATCHED, arm)
        ]
        values += [end for ends in difference_band(self._snapshot).values() for end in ends]
        return math.floor(10 * min(values)) / 10, math.floor(10 * max(values) + 1) / 10

    def _chart(self, sheet: Any, first: int, last: int, trained: Sequence[tuple[int, int]]) -> None:
        chart = self._book.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
        name = sheet.get_name()
        for side, column, colour, marker, dash in (
            ("a", 1, BLUE, "circle", "solid"),
            ("b", 4, ORANGE, "diamond", "dash"),
        ):
            label = side_name(self._snapshot, side, self._language)  # type: ignore[arg-type]
            chart.add_series(
                {
                    "name": f"{side.upper()}: {label}",
                    "categories": [name, first, 0, last, 0],
                    "values": [name, first, column, last, column],
                    "line": {"color": colour, "width": 2.25, "dash_type": dash},
                    **(self._error_bars(colour) if side == "b" else {}),
                    "marker": {
                        "type": marker,
                        "size": 7,
                        "fill": {"color": colour},
                        "border": {"color": colour},
                    },
                }
            )
        for row, at in trained:
            chart.add_series(
                {
                    "name": self._say("charts.mark.trained", length=f"{at:,}"),
                    "categories": [name, row, HELPER, row + 1, HELPER],
                    "values": [name, row, HELPER + 1, row + 1, HELPER + 1],
                    "line": {"color": GREY, "width": 1.5, "dash_type": "round_dot"},
                    "marker": {"type": "none"},
                }
            )
        unit = self._snapshot.plan.unit
        chart.set_title({"name": self._say("xlsx.chart"), "name_font": {"size": 12}})
        x_name = self._say("xlsx.length.context", unit=unit)
        lengths = [p.context_length for p in self._snapshot.curve if p.kind is CurveKind.MATCHED]
        shortest, longest = min(lengths), max(lengths)
        chart.set_x_axis({"name": x_name, **AXIS, "min": shortest / 4, "max": 2 * longest})
        low, high = self._bounds()
        y_axis = {"name": self._say("xlsx.bits"), "num_format": "0.00", "min": low, "max": high}
        chart.set_y_axis({**y_axis, "major_gridlines": {"visible": True, "line": {"color": PALE}}})
        chart.set_legend({"position": "bottom"})
        chart.set_size({"width": 900, "height": 20 * CHART_ROWS - 20})
        sheet.insert_chart(0, 0, chart)

    def _error_bars(self, colour: str) -> dict[str, Any]:
        """The interval of the difference around B, where every point has one."""
        points = curve_points(self._snapshot, CurveKind.MATCHED, self._snapshot.comparison.arm_b)
        band = difference_band(self._snapshot)
        if any(point.context_length not in band for point in points):
            return {}
        ends = [(band[p.context_length], p.bits_per_byte) for p in points]
        bars = {
            "type": "custom",
            "plus_values": [end.high - middle for end, middle in ends],
            "minus_values": [middle - end.low for end, middle in ends],
            "line": {"color": colour},
        }
        return {"y_error_bars": bars}

    # --- by document -------------------------------------------------------------------------

    def _documents(self, sheet: Any) -> _Pooled | None:
        """Every document; where the values of the whole are, unless there are none."""
        style = self._style
        columns = ("number", "name", "role", "group", "bytes", "targets", "a", "b", "delta")
        for column, name in enumerate(columns):
            sheet.write_string(0, column, self._say(f"xlsx.document.{name}"), style.head)
        sheet.freeze_panes(1, 2)
        sheet.repeat_rows(0)
        scored = () if self._withheld else self._snapshot.compared
        others = [one for one in self._snapshot.documents if one not in scored]
        row = 1
        for one in scored:
            self._document(sheet, row, one)
            row += 1
        pooled = self._total(sheet, row, scored) if scored else None
        row += 1 if scored else 0
        for one in others:
            self._document(sheet, row, one)
            row += 1
        names = [columns_of(one.name) for one in self._snapshot.documents]
        sheet.set_column(0, 0, 5)
        sheet.set_column(1, 1, min(WIDEST, max([24, *names]) + 2))
        sheet.set_column(2, 3, 14)
        sheet.set_column(4, 8, 13)
        if scored:
            self._differences(sheet, len(scored))
        return pooled

    def _differences(self, sheet: Any, n: int) -> None:
        """A column per scored document: above zero A is better, below it B."""
        chart, name = self._book.add_chart({"type": "column"}), sheet.get_name()
        deltas = [one.delta for one in self._snapshot.compared if one.delta is not None]
        colours = [ORANGE if delta < 0 else BLUE for delta in deltas[:MOST_COLOURED]]
        chart.add_series(
            {
                "name": self._say("xlsx.document.delta"),
                "categories": [name, 1, 0, n, 0],
                "values": [name, 1, 8, n, 8],
                "fill": {"color": GREY},
                "points": [{"fill": {"color": colour}} for colour in colours],
                "gap": 40,
            }
        )
        chart.set_title({"name": self._say("slides.documents"), "name_font": {"size": 12}})
        low = {"label_position": "low"}
        chart.set_x_axis({"name": self._say("xlsx.document.number"), **low})
        axis = {"name": self._say("slides.documents.axis"), "num_format": SIGNED}
        chart.set_y_axis({**axis, "major_gridlines": {"visible": True, "line": {"color": PALE}}})
        chart.set_legend({"none": True})
        chart.set_size({"width": 760, "height": 20 * CHART_ROWS - 20})
        sheet.insert_chart(1, 10, chart)

    def _document(self, sheet: Any, row: int, one: DocumentResult) -> None:
        style = self._style
        sheet.write_number(row, 0, row, style.whole)
        sheet.write_string(row, 1, printable(one.name)[:LONGEST_CELL], style.text)
        sheet.write_string(row, 2, self._say(f"xlsx.role.{one.role}"), style.text)
        sheet.write_string(row, 3, printable(one.group or "")[:LONGEST_CELL], style.text)
        sheet.write_number(row, 4, one.bytes, style.whole)
        if self._withheld or one.delta is None:
            return
        sheet.write_number(row, 5, one.target_bytes, style.whole)
        self._number(sheet, row, 6, one.arm_a, style.bits)
        self._number(sheet, row, 7, one.arm_b, style.bits)
        formula = f"={xl_rowcol_to_cell(row, 7)}-{xl_rowcol_to_cell(row, 6)}"
        sheet.write_formula(row, 8, formula, style.signed, one.delta)

    def _total(self, sheet: Any, row: int, scored: Sequence[DocumentResult]) -> _Pooled:
        """The pooled values: every scored byte counts alike."""
        style = self._style
        weights, a, b, delta = (xl_range(1, c, row - 1, c) for c in (5, 6, 7, 8))
        values = {
            5: (f"=SUM({weights})", style.total_whole, sum(d.target_bytes for d in scored)),
            6: (f"=SUMPRODUCT({weights},{a})/SUM({weights})", style.total_bits,
                _pooled(scored, "arm_a")),
            7: (f"=SUMPRODUCT({weights},{b})/SUM({weights})", style.total_bits,
                _pooled(scored, "arm_b")),
            8: (f"=SUMPRODUCT({weights},{delta})/SUM({weights})", style.total_signed,
                _pooled(scored, "delta")),
        }  # fmt: skip
        sheet.write_string(row, 0, "", style.total)
        sheet.write_string(row, 1, self._say("xlsx.document.total"), style.total)
        for column in (2, 3, 4):
            sheet.write_string(row, column, "", style.total)
        for column, (formula, format, value) in values.items():
            sheet.write_formula(row, column, formula, format, value)
        sheet.autofilter(0, 0, row - 1, 8)
        name = sheet.get_name()

        def elsewhere(cell: str) -> str:
            return f"'{name}'!{cell}"

        return _Pooled(
            a=elsewhere(xl_rowcol_to_cell(row, 6)),
            b=elsewhere(xl_rowcol_to_cell(row, 7)),
            delta=elsewhere(xl_rowcol_to_cell(row, 8)),
            better=f'COUNTIF({elsewhere(delta)},"<0")',
            scored=f"COUNT({elsewhere(delta)})",
        )

    # --- notes and settings ------------------------------------------------------------------

    def _sections(self, sheet: Any, keys: Sequence[str]) -> None:
        """Sections of the appendix, those with figures of their own left to the other sheets."""
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 1, 100)
        row = 0
        for one in sections(self._snapshot, self._language, self._content):
            if one.key in keys:
                row = self._section(sheet, row, one.title)
                row = self._lines(sheet, row, [Line("", text) for text in one.sentences])
                row = self._lines(sheet, row, one.lines)
                if one.key == "files" and one.table is not None:
                    row = self._table(sheet, row, one.table.head, one.table.rows)
                row += 1

    # --- pieces ------------------------------------------------------------------------------

    def _section(self, sheet: Any, row: int, text: str) -> int:
        sheet.write_string(row, 0, text, self._style.section)
        return row + 1

    def _lines(self, sheet: Any, row: int, lines: Iterable[Line]) -> int:
        for line in lines:
            sheet.write_string(row, 0, line.label[:LONGEST_CELL], self._style.label)
            sheet.write_string(row, 1, line.value[:LONGEST_CELL], self._style.text)
            tallest = max(self._height(line.label, 30), self._height(line.value, 80))
            sheet.set_row(row, 16.5 * tallest)
            row += 1
        return row

    def _table(
        self, sheet: Any, row: int, heads: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> int:
        for column, head in enumerate(heads):
            sheet.write_string(row, column, head, self._style.head)
        row += 1
        for cells in rows:
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell, self._style.text)
            row += 1
        return row

    def _number(self, sheet: Any, row: int, column: int, value: float | None, format: Any) -> None:
        if value is not None:
            sheet.write_number(row, column, value, format)

    def _height(self, text: str, columns: int) -> int:
        """Lines that a text takes in a cell of so many columns."""
        return max(1, -(-columns_of(text) // columns))


def _pooled(documents: Sequence[DocumentResult], name: str) -> float:
    """The mean over all scored bytes of the documents."""
    weights = sum(one.target_bytes for one in documents)
    values = ((one.target_bytes, getattr(one, name)) for one in documents)
    return float(sum(weight * value for weight, value in values)) / weights


def _documents(*points: CurvePoint | None) -> int | None:
    counts = [point.documents for point in points if point is not None]
    return min(counts) if counts else None
