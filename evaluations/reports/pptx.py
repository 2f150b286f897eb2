"""The report as ten slides, conclusion first: native charts and tables that a department restyles.

`pptx_bytes` (snapshot -> bytes) draws, in the order of a decision meeting: conclusion, background,
method and data, criteria, quality against length, documents and checks, cost and effect, risks and
limits, next steps and approval, reproducibility and glossary. How a slide is drawn, says `deck`.
The notes hold what can be said, where the figures of the slide come from, and what a box had no
room for. A withheld verdict shows what failed in place of charts. Equal snapshots give equal bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import (
    XL_CHART_TYPE,
    XL_LEGEND_POSITION,
    XL_MARKER_STYLE,
    XL_TICK_LABEL_POSITION,
)
from pptx.enum.dml import MSO_LINE
from pptx.enum.text import MSO_ANCHOR
from pptx.oxml.ns import qn
from pptx.util import Pt

from evaluations.additions import NOTHING, Added
from evaluations.charts import Ends, arm_of, curve_points, difference_band, side_name, strip_title
from evaluations.numbers import length
from evaluations.records import CurveKind, CurvePoint, Outcome, Snapshot
from evaluations.reports.appendix import Section, sections, source_line
from evaluations.reports.content import MARKS, Memo, arm_words, memo
from evaluations.reports.deck import (
    BLUE,
    FAINT,
    INK,
    LINE,
    MARGIN,
    ORANGE,
    SHADE,
    WHITE,
    WIDTH,
    Box,
    Deck,
    Slide,
    Style,
)
from evaluations.wording import Language, say

TOP, BOTTOM = 1.75, 6.95  # inches: between the title and the foot
FULL = WIDTH - 2 * MARGIN
COLOURS = {"go": "176B3A", "conditional": "7A5400", "undecided": "3E4C59", "no_go": "9B1C1C",
           "withheld": "9B1C1C"}  # fmt: skip
ALARM = "B42318"
DRAWN = 120  # columns of the chart by document that can still be told apart
GLOSSARY_SIZES = (11, 10, 9, 8.5)


def pptx_bytes(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> bytes:
    """The deck of an evaluation."""
    return _Slides(snapshot, language, added).made()


class _Slides:
    """Draws the slides of one evaluation, one method each."""

    def __init__(self, snapshot: Snapshot, language: Language, added: Added) -> None:
        self._snapshot = snapshot
        self._language: Language = language
        self._content: Memo = memo(snapshot, language, added)
        self._parts = {one.key: one for one in sections(snapshot, language, self._content)}
        created = datetime.fromisoformat(snapshot.created)
        self._deck = Deck(language, f"{self._content.title} – {self._content.subject}", created)

    def made(self) -> bytes:
        """The finished file."""
        withheld = self._snapshot.verdict.outcome is Outcome.WITHHELD
        self._conclusion()
        self._background()
        self._method()
        if withheld:
            self._failures()
        else:
            self._criteria()
            if self._content.curve is not None:
                self._curve()
        self._documents(withheld)
        if self._content.effects:
            self._effects()
        self._risks()
        self._next()
        self._foot()
        return self._deck.bytes()

    def _say(self, key: str, **values: object) -> str:
        return say(key, self._language, **values)

    def _slide(self, kicker: str, title: str) -> Slide:
        """A slide; a run that cannot decide is stamped on every one."""
        slide = self._deck.slide(kicker, title, source_line(self._content))
        if self._content.stamp:
            style = Style(
                (14, 12, 10), bold=True, colour=WHITE, fill=ALARM, anchor=MSO_ANCHOR.MIDDLE
            )
            slide.text(Box(WIDTH - MARGIN - 3.4, 0.22, 3.4, 0.42), self._content.stamp, style)
        return slide

    def _notes(self, slide: Slide, fields: str, *said: str) -> None:
        """What is said; where the figures are in the snapshot; what the slide had no room for."""
        found = {line.label: line.value for line in self._content.reproducibility}
        run, plan, locked = (found[self._say(f"reports.foot.{name}")]
                             for name in ("run", "plan", "locked"))  # fmt: skip
        source = self._say("slides.source", run=run, plan=plan, locked=locked)
        part = self._say("slides.source.part", fields=fields)
        slide.left_out = [self._say("slides.whole", text=text) for text in slide.left_out]
        slide.notes((*said, source, part))

    # --- the slides, in their order ----------------------------------------------------------

    def _conclusion(self) -> None:
        content = self._content
        slide = self._slide(content.title, content.subject + content.written["subject"])
        colour = COLOURS[content.outcome.value]
        slide.bar(Box(MARGIN, TOP, 0.09, 2.35), colour)
        style = Style((34, 30, 26, 22), bold=True, colour=colour, anchor=MSO_ANCHOR.MIDDLE)
        slide.text(Box(MARGIN + 0.3, TOP, 6.9, 0.7), content.verdict, style)
        reason = Style((16, 15, 14, 13, 12, 11, 10))
        said = " ".join(filter(None, (content.tendency, content.caution, content.reason)))
        slide.text(Box(MARGIN + 0.3, TOP + 0.75, 6.9, 1.65), said, reason)
        asked = [
            (self._say(f"reports.{part}") + content.written[part], getattr(content, part))
            for part in ("request", "recommendation")
        ]
        asked += [(line.label, line.value) for line in content.by_rule]
        slide.lines(Box(MARGIN, 4.4, 7.2, 2.4), asked, 0.26)
        rows = [(row.criterion, row.actual, row.mark) for row in content.criteria[:6] if row.mark]
        side = Box(8.2, TOP, WIDTH - MARGIN - 8.2, 5.0)
        if rows:
            head = [
                self._say(f"reports.criteria.{name}") for name in ("criterion", "actual", "mark")
            ]
            slide.table(side, head, rows, (4.9, 3.5, 1.5), figures=(1,), strong=0,
                        sizes=(13, 12, 11, 10, 9))  # fmt: skip
        elif content.failures:
            slide.text(side, self._say("reports.failures.hidden"), Style(fill=SHADE, colour=ALARM))
        phrases = [f"{line.label} — {line.value}" for line in self._parts["phrases"].lines]
        title = self._parts["phrases"].title
        self._notes(slide, "verdict, comparison", title, *phrases)

    def _background(self) -> None:
        content = self._content
        slide = self._slide(self._say("slides.background"), self._say("slides.background.question"))
        points = [self._say(f"slides.background.{name}") for name in ("problem", "idea")]
        slide.bullets(Box(MARGIN, TOP, FULL, 1.7), points)
        half = (FULL - 0.4) / 2
        for side, x, colour in (("a", MARGIN, BLUE), ("b", MARGIN + half + 0.4, ORANGE)):
            arm = arm_of(self._snapshot, getattr(self._snapshot.comparison, f"arm_{side}"))
            name = side_name(self._snapshot, side, self._language)  # type: ignore[arg-type]
            slide.bar(Box(x, 3.6, half, 0.08), colour)
            head = Style((18, 16, 14), bold=True, colour=colour)
            slide.text(Box(x, 3.75, half, 0.6), self._say(f"app.results.{side}", name=name), head)
            slide.text(Box(x, 4.4, half, 0.9), arm_words(arm, self._snapshot, self._language))
        question = content.comparison[0]
        slide.lines(Box(MARGIN, 5.5, FULL, 1.4), [(question.label, question.value)], 0.12)
        self._notes(slide, "plan.arms, comparison", *points)

    def _method(self) -> None:
        method = self._parts["method"]
        slide = self._slide(method.title, self._say("slides.method"))
        slide.bullets(Box(MARGIN, TOP, FULL, 2.6), method.sentences)
        lines = [(line.label, line.value) for line in self._content.comparison[1:]]
        end = slide.lines(Box(MARGIN, 4.5, FULL, 1.9), lines, 0.12)
        data = self._parts["data"]
        slide.text(Box(MARGIN, end + 0.1, FULL, 0.4), data.sentences[0], Style((13, 12, 11)))
        self._notes(slide, "documents, plan, curve[].target_hash", *method.sentences)

    def _criteria(self) -> None:
        content = self._content
        marks = [row.mark for row in content.criteria if row.mark]
        met, is_open, missed = (marks.count(mark) for mark in MARKS.values())
        counts = {"n": len(marks), "met": met, "open": is_open, "missed": missed}
        title = self._say("slides.criteria", **counts) if marks else content.verdict
        slide = self._slide(self._say("reports.criteria"), title)
        columns = ("criterion", "target", "actual", "mark")
        head = [self._say(f"reports.criteria.{name}") for name in columns]
        rows = [(row.criterion, row.target, row.actual, f"{row.mark} {row.meaning}".strip())
                for row in content.criteria]  # fmt: skip
        if rows:
            box = Box(MARGIN, TOP, FULL, 4.4)
            slide.table(box, head, rows, (5.6, 2.4, 2.4, 1.4), figures=(1, 2), strong=0)
        else:
            slide.text(Box(MARGIN, TOP, FULL, 0.5), self._say("reports.criteria.none"))
        locked = [(line.label, line.value) for line in content.comparison[1:2]]
        slide.lines(Box(MARGIN, 6.25, FULL, 0.7), locked, 0.12)
        self._notes(slide, "verdict.criteria, plan.rule")

    def _failures(self) -> None:
        slide = self._slide(self._say("reports.failures"), self._say("reports.failures.hidden"))
        slide.bullets(Box(MARGIN, TOP, FULL, 5.0), self._content.failures)
        self._notes(slide, "validity")

    def _curve(self) -> None:
        content, curve = self._content, self._content.curve
        assert curve is not None
        slide = self._slide(self._say("reports.curve"), content.curve_title)
        box = Box(MARGIN, TOP - 0.1, 6.9, 4.75)
        draw_curve(slide, box, self._snapshot, self._language)
        slide.text(
            Box(MARGIN, 6.45, 6.9, 0.5), content.curve_note, Style((11, 10, 9), colour=FAINT)
        )
        width = WIDTH - MARGIN - 7.7
        units = self._say("slides.units", unit=self._snapshot.plan.unit)
        slide.text(Box(7.7, TOP - 0.1, width, 0.45), units, Style((11, 10, 9), colour=FAINT))
        slide.table(Box(7.7, TOP + 0.4, width, 4.7), curve.head, curve.rows,
                    (1.1, 0.85, 0.85, 3.0, 0.5), figures=range(5), strong=curve.primary,
                    colours=(None, BLUE, ORANGE, None, None), sizes=(12, 11, 10, 9, 8))  # fmt: skip
        self._notes(
            slide, "curve (kind = matched), contrasts", content.curve_title, content.curve_note
        )

    def _documents(self, withheld: bool) -> None:
        checks, review = self._parts["guardrails"], self._parts["review"]
        title = checks.title if withheld else strip_title(self._snapshot, self._language)
        slide = self._slide(self._say("slides.documents"), title)
        drawn = not withheld and draw_documents(
            slide, Box(MARGIN, TOP - 0.1, 6.6, 5.1), self._snapshot, self._language
        )
        x = 7.5 if drawn else MARGIN
        assert checks.table is not None
        head, rows = checks.table.head, checks.table.rows
        end = slide.table(Box(x, TOP, WIDTH - MARGIN - x, 3.6), head, rows, (4, 1.4),
                          sizes=(12, 11, 10, 9, 8))  # fmt: skip
        left = [(part.title, _shortly(part)) for part in (review, self._parts["robustness"])]
        slide.lines(Box(x, end + 0.15, WIDTH - MARGIN - x, BOTTOM - end - 0.2), left, 0.22,
                    sizes=(12, 11, 10, 9))  # fmt: skip
        found = (f"{line.label}: {line.value}" for line in review.lines)
        self._notes(slide, "documents[].delta, validity", *found)

    def _effects(self) -> None:
        content = self._content
        effect = content.effects[0]
        colon = self._say("reports.colon")
        slide = self._slide(self._say("slides.money"), f"{effect.label}{colon}{effect.value}")
        lines = [(line.label, line.value) for line in content.effects]
        if content.split:
            lines.insert(1, (self._say("reports.split"), content.split))
        yen = self._parts.get("money")
        scenarios = yen.table if yen is not None else None
        room = 5.0 if scenarios is None else 2.9
        slide.lines(Box(MARGIN, TOP, FULL, room), lines, 0.2, sizes=(16, 15, 14, 13, 12, 11, 10, 9))
        if scenarios is not None:
            slide.table(Box(MARGIN, TOP + 3.1, FULL, 2.0), scenarios.head, scenarios.rows,
                        (1, 1, 1.2, 1.2, 1.2, 1.2, 1.2), figures=range(1, 7))  # fmt: skip
        self._notes(slide, "comparison, effects, speed")

    def _risks(self) -> None:
        content, limits = self._content, self._parts["limits"]
        title = self._say("reports.risks") + content.written["risks"]
        slide = self._slide(self._say("slides.risks"), title)
        head = [self._say("reports.risks.risk"), self._say("reports.risks.measure")]
        rows = [
            (f"{number}. {one.risk}", one.measure) for number, one in enumerate(content.risks, 1)
        ]
        end = TOP
        if rows:
            end = slide.table(Box(MARGIN, TOP, FULL, 2.6), head, rows, (1.2, 1))
        slide.text(Box(MARGIN, end + 0.2, FULL, 0.35), limits.title, Style((14,), bold=True))
        rest = Box(MARGIN, end + 0.55, FULL, BOTTOM - end - 0.6)
        slide.bullets(rest, limits.sentences, (14, 13, 12, 11, 10, 9))
        self._notes(slide, "plan, contrasts, curve[].documents")

    def _next(self) -> None:
        content = self._content
        title = self._say("reports.steps") + content.written["steps"]
        slide = self._slide(self._say("slides.next"), title)
        head = [self._say(f"reports.steps.{name}") for name in ("action", "due", "owner")]
        rows = [(f"{number}. {one.action}", one.due, one.owner)
                for number, one in enumerate(content.steps, 1)]  # fmt: skip
        if rows:
            slide.table(Box(MARGIN, TOP, FULL, 2.4), head, rows, (6.4, 1.8, 1.8))
        words = self._say("reports.approvals") + content.written["approvals"]
        slide.text(Box(MARGIN, 4.35, FULL, 0.35), words, Style((14,), bold=True))
        if content.approvals:
            approvals = content.approvals
            names = ([one.role for one in approvals], [one.name for one in approvals],
                     [self._say("reports.approvals.date")] * len(approvals))  # fmt: skip
            slide.table(Box(MARGIN, 4.75, FULL, 1.6), names[0], names[1:], [1] * len(approvals),
                        least=0.85, boxed=True)  # fmt: skip
        slide.text(Box(MARGIN, 6.45, FULL, 0.4), self._say("reports.approvals.choice"))
        self._notes(slide, "verdict")

    def _foot(self) -> None:
        foot, glossary = self._parts["foot"], self._parts["glossary"]
        slide = self._slide(self._say("appendix.title"), self._say("slides.foot"))
        half = (FULL - 0.4) / 2
        for x, part in ((MARGIN, foot), (MARGIN + half + 0.4, glossary)):
            lines = [(line.label, line.value) for line in part.lines]
            slide.lines(Box(x, TOP - 0.1, half, 5.3), lines, 0.3, sizes=GLOSSARY_SIZES)
        self._notes(slide, "run, plan, plan_hash, locked_at, device", *self._statistics())

    def _statistics(self) -> list[str]:
        found: Section | None = self._parts.get("statistics")
        return [f"{line.label}: {line.value}" for line in found.lines] if found else []


# --- charts ----------------------------------------------------------------------------------


def _shortly(part: Section) -> str:
    """What was found, or else said first, where there is room for no more; notes have the rest."""
    return " ".join(x.value for x in part.lines[:2]) if part.lines else part.sentences[0]


def draw_curve(slide: Slide, box: Box, snapshot: Snapshot, language: Language) -> None:
    """Quality against length, native: A blue, solid, circles; B orange, dashed, diamonds.

    The interval of the difference stands as error bars on B; the training length is a grey line
    of its own.
    """
    comparison = snapshot.comparison
    sides = {
        side: curve_points(snapshot, CurveKind.MATCHED, getattr(comparison, f"arm_{side}"))
        for side in ("a", "b")
    }
    data = XyChartData(number_format="0.000")
    for side, points in sides.items():
        name = side_name(snapshot, side, language)  # type: ignore[arg-type]
        series = data.add_series(say(f"app.results.{side}", language, name=name))
        for point in points:
            series.add_data_point(point.context_length, point.bits_per_byte)
    band = difference_band(snapshot)
    low, high = _bounds([point for points in sides.values() for point in points], band)
    trained = sorted({arm.training_length for arm in snapshot.plan.arms
                      if arm.name in (comparison.arm_a, comparison.arm_b)})  # fmt: skip
    for at in trained:
        series = data.add_series(say("charts.mark.trained", language, length=length(at)))
        series.add_data_point(at, low)
        series.add_data_point(at, high)
    kind = XL_CHART_TYPE.XY_SCATTER_LINES
    chart = slide.chart(box, kind, data, say("reports.curve", language))
    _dress(chart)
    lengths = [point.context_length for points in sides.values() for point in points]
    x, y = chart.category_axis, chart.value_axis
    x.minimum_scale, x.maximum_scale, x.major_unit = min(lengths) / 4, 2 * max(lengths), 4
    x.has_major_gridlines = False
    x.tick_labels.number_format, x.tick_labels.number_format_is_linked = "#,##0", False
    base = etree.Element(qn("c:logBase"), val="2")
    x._element.find(qn("c:scaling")).insert(0, base)
    _title(x, say("charts.axis.matched", language, unit=snapshot.plan.unit))
    y.minimum_scale, y.maximum_scale = low, high
    y.tick_labels.number_format, y.tick_labels.number_format_is_linked = "0.00", False
    _title(y, say("xlsx.bits", language))
    looks = (
        (BLUE, MSO_LINE.SOLID, XL_MARKER_STYLE.CIRCLE),
        (ORANGE, MSO_LINE.DASH, XL_MARKER_STYLE.DIAMOND),
    )
    for series, (colour, dash, marker), points in zip(
        chart.plots[0].series, looks, sides.values(), strict=False
    ):
        _draw_as(series, colour, dash, marker)
        if points is sides["b"]:
            _error_bars(series, points, band, colour)
    for series in list(chart.plots[0].series)[len(sides) :]:
        _draw_as(series, FAINT, MSO_LINE.ROUND_DOT, XL_MARKER_STYLE.NONE)


def _bounds(points: Sequence[CurvePoint], band: Mapping[int, Ends]) -> tuple[float, float]:
    """The axis of losses: whole tenths around all values and the band."""
    values = [point.bits_per_byte for point in points]
    values += [end for ends in band.values() for end in ends]
    low, high = math.floor(10 * min(values)) / 10, math.ceil(10 * max(values)) / 10
    return low, high if high > low else low + 0.1


def draw_documents(slide: Slide, box: Box, snapshot: Snapshot, language: Language) -> bool:
    """A column per document, the smallest difference first; whether there was one to draw."""
    deltas = sorted(one.delta for one in snapshot.compared if one.delta is not None)
    if not deltas:
        return False
    ranks = _spread(len(deltas), DRAWN)
    data = CategoryChartData(number_format='+0.000;"−"0.000;0.000')
    data.categories = [str(rank + 1) for rank in ranks]
    for key, is_negative in (("b_better", True), ("a_better", False)):
        values = [deltas[rank] if (deltas[rank] < 0) is is_negative else None for rank in ranks]
        data.add_series(say(f"charts.strip.{key}", language), values)
    kind = XL_CHART_TYPE.COLUMN_CLUSTERED
    chart = slide.chart(box, kind, data, strip_title(snapshot, language))
    _dress(chart)
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 40, 100
    for series, colour in zip(plot.series, (ORANGE, BLUE), strict=True):
        series.invert_if_negative = False
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string(colour)
    x, y = chart.category_axis, chart.value_axis
    x.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    x.has_major_gridlines = False
    drawn = (
        say("slides.documents.drawn", language, drawn=len(ranks))
        if len(ranks) < len(deltas)
        else ""
    )
    _title(x, say("slides.documents.rank", language, n=len(deltas)) + drawn)
    y.tick_labels.number_format = '+0.00;"−"0.00;0'
    y.tick_labels.number_format_is_linked = False
    _title(y, say("slides.documents.axis", language))
    return True


def _spread(n: int, most: int) -> list[int]:
    """0 to n - 1, or `most` of them at equal distances with both ends."""
    return list(range(n)) if n <= most else [round(i * (n - 1) / (most - 1)) for i in range(most)]


def _dress(chart: Any) -> None:
    """Type, legend and grid that both charts share."""
    chart.font.size = Pt(11)
    chart.font.color.rgb = RGBColor.from_string(INK)
    chart.has_title = False
    chart.has_legend = True
    chart.legend.position = XL_LEGEND_POSITION.BOTTOM
    chart.legend.include_in_layout = False
    grid = chart.value_axis
    grid.has_major_gridlines = True
    grid.major_gridlines.format.line.color.rgb = RGBColor.from_string("E3E7EC")
    for axis in (chart.value_axis, chart.category_axis):
        axis.format.line.color.rgb = RGBColor.from_string(LINE)


def _title(axis: Any, text: str) -> None:
    axis.has_title = True
    frame = axis.axis_title.text_frame
    frame.text = text
    font = frame.paragraphs[0].runs[0].font
    font.size, font.bold = Pt(11), False


def _draw_as(series: Any, colour: str, dash: Any, marker: Any) -> None:
    series.smooth = False
    line = series.format.line
    line.color.rgb, line.width, line.dash_style = RGBColor.from_string(colour), Pt(2.25), dash
    series.marker.style = marker
    if marker is not XL_MARKER_STYLE.NONE:
        series.marker.size = 8
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = RGBColor.from_string(colour)
        series.marker.format.line.color.rgb = RGBColor.from_string(colour)


def _error_bars(
    series: Any, points: Sequence[CurvePoint], band: Mapping[int, Ends], colour: str
) -> None:
    """The band as error bars; none where a point has no interval.

    python-pptx has no call for them; the order of a series' children is fixed (ISO 29500-1,
    21.2.2.175), error bars come right before the x values.
    """
    if any(point.context_length not in band for point in points):
        return
    bars = etree.Element(qn("c:errBars"))
    for name, value in (("errDir", "y"), ("errBarType", "both"), ("errValType", "cust"),
                        ("noEndCap", "0")):  # fmt: skip
        etree.SubElement(bars, qn(f"c:{name}"), val=value)
    ends = {"plus": [band[p.context_length].high - p.bits_per_byte for p in points],
            "minus": [p.bits_per_byte - band[p.context_length].low for p in points]}  # fmt: skip
    for name, values in ends.items():
        literal = etree.SubElement(etree.SubElement(bars, qn(f"c:{name}")), qn("c:numLit"))
        etree.SubElement(literal, qn("c:formatCode")).text = "General"
        etree.SubElement(literal, qn("c:ptCount"), val=str(len(values)))
        for number, distance in enumerate(values):
            point = etree.SubElement(literal, qn("c:pt"), idx=str(number))
            etree.SubElement(point, qn("c:v")).text = repr(distance)
    line = etree.SubElement(etree.SubElement(bars, qn("c:spPr")), qn("a:ln"), w=str(Pt(1)))
    fill = etree.SubElement(line, qn("a:solidFill"))
    etree.SubElement(fill, qn("a:srgbClr"), val=colour)
    series._element.find(qn("c:xVal")).addprevious(bars)
