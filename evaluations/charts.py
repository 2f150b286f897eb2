"""The pictures of an evaluation, made from its snapshot: the same for the page and the memo.

In reading order: `Theme` (colours), `side_name` (what A and B are called), `curve_title`,
`difference_band` and `curve_chart` (quality against length), `difference_strip` (one mark per
document), `two_by_two` (the four cells as a table), `svg` and `png` (drawn here, without a
browser).

A is blue, solid, a circle; B is orange, dashed, a diamond: no picture relies on colour alone.
Charts are Vega-Lite with their data inside; they hold no document text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, cast

import altair as alt

from evaluations.fonts import FAMILY, font_folders
from evaluations.numbers import interval, length, plain, signed
from evaluations.records import Arm, Contrast, CurveKind, CurvePoint, Outcome, Snapshot
from evaluations.wording import CATALOGUE, Language, say

Side = Literal["a", "b"]
Row = dict[str, Any]  # one datum of a chart


class Theme(NamedTuple):
    """Colours, each with a contrast of 3:1 or more on its background."""

    arm_a: str
    arm_b: str
    other: str
    text: str
    grid: str
    background: str


LIGHT = Theme("#0a5aa8", "#c2500a", "#767c85", "#1f2933", "#e3e7ec", "#ffffff")
DARK = Theme("#63aefc", "#ff9d4d", "#8f98a5", "#e8ecf1", "#333a45", "#0e1117")

SOLID, DASHED, DOTTED = [1, 0], [7, 4], [2, 3]
CIRCLE, DIAMOND = "circle", "diamond"
LEGEND_ABOVE = 26  # pixels between legend and plot: the title of the value axis lies there
TITLE_COLUMNS = 84
OPEN = ("few", "open")  # findings of an interval that shows no difference, or is none
ZERO_TRAININGS = frozenset({"zero", "zero_control"})


# --- names -----------------------------------------------------------------------


def seen_words(point: CurvePoint) -> str:
    """`1,024–2,047 (1,535)`: least, most and mean of what the targets had really read."""
    if point.context_min is None or point.context_max is None or point.context_mean is None:
        return "-"
    ends = f"{length(point.context_min)}–{length(point.context_max)}"
    return f"{ends} ({point.context_mean:,.0f})"


def arm_of(snapshot: Snapshot, name: str) -> Arm | None:
    """The arm of that name in the plan."""
    return next((arm for arm in snapshot.plan.arms if arm.name == name), None)


def one_checkpoint(snapshot: Snapshot) -> bool:
    """Whether A and B are the same weights: then only the reading policy is compared."""
    arm_a = arm_of(snapshot, snapshot.comparison.arm_a)
    arm_b = arm_of(snapshot, snapshot.comparison.arm_b)
    return arm_a is not None and arm_b is not None and arm_a.fingerprint == arm_b.fingerprint


def policy_words(arm: Arm, language: Language, unit: str) -> str:
    """How an arm reads a document, in words. unit: of the plan's lengths."""
    window = length(arm.window) if arm.window is not None else ""
    return say(f"charts.policy.{arm.policy.value}", language, window=window, unit=unit)


def short_arm_words(arm: Arm, snapshot: Snapshot, language: Language) -> str:
    """How an arm was trained and how it reads, in few words; of one checkpoint, how it reads."""
    trained = f"charts.arm.{arm.training_initialization}"
    method = say(trained, language) if trained in CATALOGUE else arm.training_initialization
    window = length(arm.window) if arm.window is not None else ""
    key = f"charts.policy.short.{arm.policy.value}"
    policy = say(key, language, window=window, unit=snapshot.plan.unit)
    if one_checkpoint(snapshot):
        return policy
    return say("charts.arm.short", language, method=method, policy=policy)


def side_name(
    snapshot: Snapshot, side: Side, language: Language, form: Literal["short", "full"] = "full"
) -> str:
    """What a side is called: 従来 and 提案 only when the training initialization is compared.

    With one checkpoint the sides are named by their reading policy, and nothing is PROPOSED. The
    full form stands beside the letter A or B, the short one inside a sentence.
    """
    name = snapshot.comparison.arm_a if side == "a" else snapshot.comparison.arm_b
    arm = arm_of(snapshot, name)
    if arm is None:
        return say(f"charts.side.{side}", language)
    zero = arm.training_initialization in ZERO_TRAININGS
    if one_checkpoint(snapshot) or zero != (side == "a"):
        policy = policy_words(arm, language, snapshot.plan.unit)
        return say(f"charts.side.{side}.policy.{form}", language, policy=policy)
    if form == "full" and arm.training_initialization == "zero_adapted":
        return say(f"charts.side.{side}.adapted", language)
    return say(f"charts.side.{side}.{form}", language)


def contrast_at(snapshot: Snapshot, context_length: int) -> Contrast | None:
    """B against the comparison's A at a context length."""
    for contrast in snapshot.contrasts:
        same = (contrast.arm_a, contrast.arm_b) == (
            snapshot.comparison.arm_a,
            snapshot.comparison.arm_b,
        )
        if same and contrast.context_length == context_length:
            return contrast
    return None


# --- quality against length ------------------------------------------------------------------


def curve_points(snapshot: Snapshot, kind: CurveKind, arm: str) -> list[CurvePoint]:
    """One arm's curve, by ascending length."""
    points = [p for p in snapshot.curve if p.kind is kind and p.arm == arm]
    return sorted(points, key=lambda point: point.context_length)


def curve_kinds(snapshot: Snapshot) -> tuple[CurveKind, ...]:
    """The curves that there are."""
    found = {point.kind for point in snapshot.curve}
    return tuple(kind for kind in CurveKind if kind in found)


def curve_title(snapshot: Snapshot, language: Language, kind: CurveKind = CurveKind.MATCHED) -> str:
    """What the chart shows, as a sentence."""
    names = {
        "a": side_name(snapshot, "a", language, "short"),
        "b": side_name(snapshot, "b", language, "short"),
    }
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return say("charts.title.withheld", language)
    if kind is not CurveKind.MATCHED:
        return _last_common(snapshot, language, kind, names)
    result = snapshot.comparison
    values = {**names, "length": length(result.primary_length), "unit": snapshot.plan.unit}
    if result.delta_bits_per_byte is None:
        return say("charts.title.unknown", language, **values)
    values["delta"] = signed(result.delta_bits_per_byte)
    if result.ci_low is None or result.ci_high is None:
        return say("charts.title.no_interval", language, **values)
    values["interval"] = interval(result.ci_low, result.ci_high, language)
    values["confidence"] = f"{100 * snapshot.plan.rule.confidence:g}"
    finding = interval_finding(result.ci_low, result.ci_high)
    return say(f"charts.title.{finding}", language, **values) + scope(snapshot, language)


def curve_finding(
    snapshot: Snapshot, language: Language, kind: CurveKind = CurveKind.MATCHED
) -> str:
    """`curve_title` without the difference, for where that stands beside the chart."""
    result = snapshot.comparison
    has_words = kind is CurveKind.MATCHED and snapshot.verdict.outcome is not Outcome.WITHHELD
    if not has_words or result.delta_bits_per_byte is None:
        return curve_title(snapshot, language, kind)
    values = {
        "a": side_name(snapshot, "a", language, "short"),
        "b": side_name(snapshot, "b", language, "short"),
        "length": length(result.primary_length),
        "unit": snapshot.plan.unit,
    }
    finding = interval_finding(result.ci_low, result.ci_high)
    return say(f"charts.finding.{finding}", language, **values) + scope(snapshot, language)


def interval_finding(low: float | None, high: float | None) -> str:
    """Which side an interval of B - A shows to be better, or one of `OPEN`: it shows neither."""
    if low is None or high is None:
        return "few"
    return "b_better" if high < 0 else "a_better" if low > 0 else "open"


def document_title(
    snapshot: Snapshot, document: str, language: Language, kind: CurveKind = CurveKind.MATCHED
) -> str:
    """What the chart of one document shows; `snapshot` is that of `of_document`."""
    name = next((one.name for one in snapshot.documents if one.id == document), document)
    names = {
        "a": side_name(snapshot, "a", language, "short"),
        "b": side_name(snapshot, "b", language, "short"),
    }
    finding = _last_common(snapshot, language, kind, names)
    return say("charts.title.document", language, document=name, finding=finding)


def scope(snapshot: Snapshot, language: Language) -> str:
    """What an interval is limited to, to follow a sentence: one document, or an interim look."""
    key = f"charts.scope.{snapshot.comparison.method}"
    return say(key, language) if key in CATALOGUE else ""


def _last_common(
    snapshot: Snapshot, language: Language, kind: CurveKind, names: dict[str, str]
) -> str:
    a = {
        p.context_length: p.bits_per_byte
        for p in curve_points(snapshot, kind, snapshot.comparison.arm_a)
    }
    b = {
        p.context_length: p.bits_per_byte
        for p in curve_points(snapshot, kind, snapshot.comparison.arm_b)
    }
    shared = sorted(a.keys() & b.keys())
    if not shared:
        return say("charts.title.empty", language)
    # by place the first one tells what a blank start costs
    last = shared[0] if kind is CurveKind.PLACE else shared[-1]
    return say(
        f"charts.title.{kind.value}",
        language,
        **names,
        length=length(last),
        window=length(shared[-1]),
        unit=snapshot.plan.unit,
        value_a=plain(a[last]),
        value_b=plain(b[last]),
    )


def of_document(snapshot: Snapshot, document: str) -> Snapshot:
    """The snapshot with the curves of one document in place of those of all: no bands.

    Only A and B have curves by document; the differences of all documents are left out.
    """
    points = [
        CurvePoint(
            kind=curve.kind,
            arm=curve.arm,
            context_length=at,
            bits_per_byte=bits,
            perplexity=perplexity,
            ci_low=None,
            ci_high=None,
            documents=1,
            target_bytes=target_bytes,
            target_hash="",
        )
        for curve in snapshot.document_curves
        if curve.document == document
        for at, bits, perplexity, target_bytes in zip(
            curve.lengths, curve.bits_per_byte, curve.perplexity, curve.target_bytes, strict=True
        )
    ]
    return snapshot.model_copy(update={"curve": tuple(points), "contrasts": ()})


class Ends(NamedTuple):
    """A band at one length, bits per byte."""

    low: float
    high: float


def difference_band(snapshot: Snapshot) -> dict[int, Ends]:
    """By context length, the interval of B - A laid on A: where it leaves A out, they differ.

    At the length that decides it is the interval of the verdict, elsewhere what holds at all
    lengths at once. Lengths without an interval have none. B lies in its band, since both are of
    the same bytes.
    """
    a = {p.context_length: p.bits_per_byte for p in
         curve_points(snapshot, CurveKind.MATCHED, snapshot.comparison.arm_a)}  # fmt: skip
    found = {}
    for at, level in a.items():
        ends = _interval_at(snapshot, at)
        if ends is not None:
            found[at] = Ends(level + ends.low, level + ends.high)
    return found


def _interval_at(snapshot: Snapshot, context_length: int) -> Ends | None:
    """The interval of B - A that a chart shows at a length."""
    one = contrast_at(snapshot, context_length)
    if one is None or one.ci_low is None or one.ci_high is None:
        return None
    is_primary = context_length == snapshot.comparison.primary_length
    if is_primary or one.band_low is None or one.band_high is None:
        return Ends(one.ci_low, one.ci_high)
    return Ends(one.band_low, one.band_high)


def curve_chart(
    snapshot: Snapshot,
    language: Language,
    kind: CurveKind = CurveKind.MATCHED,
    theme: Theme = LIGHT,
    *,
    other_arms: bool = False,
    title: bool = True,
    width: int | Literal["container"] = "container",
    height: int = 320,
    font_size: int = 12,
) -> alt.LayerChart:
    """Bits per byte against length for A and B; the training length drawn.

    By context length B has the band of its difference from A, on the other curves, of which there
    is no paired interval, both have one by document.

    Args:
        other_arms: the remaining arms as well, thin, grey and labelled at their end.
        title: write `curve_title` above the chart.
        width: in pixels, or the width of the surrounding page element.
        font_size: of axes and labels, in pixels.
    """
    sides = {
        snapshot.comparison.arm_a: _legend_label(snapshot, "a", language),
        snapshot.comparison.arm_b: _legend_label(snapshot, "b", language),
    }
    shown = [
        row
        for arm, label in sides.items()
        for row in _rows(curve_points(snapshot, kind, arm), label)
    ]
    for row in shown:
        row["difference"] = _difference_words(snapshot, row["length"], language)
    others = [
        row
        for arm in snapshot.plan.arms
        if other_arms and arm.name not in sides
        for row in _rows(curve_points(snapshot, kind, arm.name), arm.name)
    ]
    marks = [] if kind is CurveKind.PLACE else _marks(snapshot, language, shown)
    is_paired = kind is CurveKind.MATCHED
    band = _band_rows(snapshot) if is_paired else []
    bits = _quality_domain(shown, others, band if is_paired else shown, len(marks))
    style = _Style(theme, font_size, list(sides.values()), width)
    plot = _Plot(
        style,
        x=alt.X(
            "length:Q",
            scale=_length_scale([*shown, *others, *marks], room_right=bool(others)),
            axis=style.axis(
                title=say(f"charts.axis.{kind.value}", language, unit=snapshot.plan.unit),
                values=sorted({row["length"] for row in shown}),
                format=",d",
                labelOverlap="greedy",
                grid=False,
            ),
        ),
        y=alt.Y(
            "bits:Q",
            scale=alt.Scale(zero=False, nice=False, domain=list(bits)),
            axis=style.value_axis(title=say("charts.axis.bits", language), format=".2f"),
        ),
        tooltip=_tooltip(snapshot, language, is_paired),
    )
    # one line of text on the axis; on a page the height holds the axis as well
    step = 1.45 * (bits[1] - bits[0]) * font_size / height
    layers = [
        *plot.rules(marks),
        *plot.grey(others, step),
        *(plot.difference(band) if is_paired else plot.bands(shown)),
        *plot.lines(shown),
        *plot.counts(shown),
    ]
    words = curve_title(snapshot, language, kind)
    return style.finished(layers, words, title).properties(width=width, height=height)


def _legend_label(snapshot: Snapshot, side: Side, language: Language) -> str:
    return say(f"charts.legend.{side}", language, name=side_name(snapshot, side, language))


def _rows(points: Iterable[CurvePoint], label: str) -> list[Row]:
    return [
        {
            "series": label,
            "length": point.context_length,
            "bits": point.bits_per_byte,
            "perplexity": point.perplexity,
            "low": point.ci_low,
            "high": point.ci_high,
            "documents": point.documents,
            "bytes": point.target_bytes,
            "seen": seen_words(point),
        }
        for point in points
    ]


def _band_rows(snapshot: Snapshot) -> list[Row]:
    return [
        {"length": at, "low": ends.low, "high": ends.high}
        for at, ends in difference_band(snapshot).items()
    ]


def _difference_words(snapshot: Snapshot, context_length: int, language: Language) -> str:
    """B - A at a context length with its interval, for who points at either line."""
    one, ends = contrast_at(snapshot, context_length), _interval_at(snapshot, context_length)
    if one is None or one.delta_bits_per_byte is None:
        return "-"
    delta = signed(one.delta_bits_per_byte)
    if ends is None:
        return delta
    words = interval(ends.low, ends.high, language)
    return say("reports.difference", language, delta=delta, interval=words)


def _marks(snapshot: Snapshot, language: Language, shown: Sequence[Row]) -> list[Row]:
    """Where training ended, and the longest state age B met in training if the curve goes on."""
    names = (snapshot.comparison.arm_a, snapshot.comparison.arm_b)
    trained = sorted({arm.training_length for arm in snapshot.plan.arms if arm.name in names})
    marks = [("charts.mark.trained", at, SOLID) for at in trained]
    arm_b = arm_of(snapshot, snapshot.comparison.arm_b)
    age = arm_b.state_age if arm_b is not None else None
    if age and age < max((row["length"] for row in shown), default=0):
        marks.append(("charts.mark.state_age", age, DOTTED))
    return [
        {"length": at, "words": say(key, language, length=length(at)), "dash": dash}
        for key, at, dash in marks
    ]


def _length_scale(rows: Sequence[Row], room_right: bool) -> alt.Scale:
    lengths = [row["length"] for row in rows] or [1]
    low, high = min(lengths), max(lengths)
    pad = max(high / low, 2.0) ** 0.04
    return alt.Scale(
        type="log", base=2, nice=False, domain=[low / pad, high * pad ** (5 if room_right else 1)]
    )


def _quality_domain(
    rows: Sequence[Row], others: Sequence[Row], bands: Sequence[Row], labels: int
) -> tuple[float, float]:
    """From a little below the lowest value to above the highest, with room for labels; not zero.

    labels: lines of text at the top.
    """
    values = [row["bits"] for row in (*rows, *others)]
    values += [row[name] for row in bands for name in ("low", "high") if row[name] is not None]
    if not values:
        return 0.0, 8.0
    low, high = min(values), max(values)
    pad = 0.1 * (high - low) or 0.05 * abs(high) or 0.05
    return low - pad, high + (1 + 0.8 * labels) * pad


@dataclass(frozen=True)
class _Style:
    """How a chart is dressed. Everything is said at the mark, axis or legend itself, nothing in
    the chart's `config`: the page sets that for its typeface and would replace it.
    """

    theme: Theme
    font_size: int
    labels: Sequence[str]  # of A and B, in the legend
    width: int | Literal["container"]

    def axis(self, **options: Any) -> alt.Axis:
        return alt.Axis(
            labelColor=self.theme.text,
            titleColor=self.theme.text,
            labelFontSize=self.font_size,
            titleFontSize=self.font_size,
            titleFontWeight="normal",
            gridColor=self.theme.grid,
            domainColor=self.theme.other,
            tickColor=self.theme.other,
            **options,
        )

    def value_axis(self, **options: Any) -> alt.Axis:
        """A vertical axis with its title lying above it: Japanese does not read well sideways."""
        lying = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end"}
        return self.axis(tickCount=6, titleX=0, titleY=-10, **lying, **options)

    def legend(self, offset: int) -> alt.Legend:
        needed = sum(0.52 * columns_of(label) + 3 for label in self.labels) * self.font_size
        room = 600 if self.width == "container" else self.width
        return alt.Legend(
            title=None,
            orient="top",
            direction="horizontal" if needed <= room else "vertical",
            labelColor=self.theme.text,
            labelFontSize=self.font_size,
            labelLimit=0,
            symbolSize=90,
            symbolOpacity=1,
            columnPadding=24,
            offset=offset,
        )

    def finished(self, layers: Sequence[alt.Chart], words: str, title: bool) -> alt.LayerChart:
        chart = cast(alt.LayerChart, alt.layer(*layers)).properties(
            description=words, background="transparent", view=alt.ViewBackground(stroke=None)
        )
        if not title:
            return chart
        return chart.properties(
            title=alt.TitleParams(
                text=wrapped(words, TITLE_COLUMNS),
                anchor="start",
                frame="group",
                fontSize=self.font_size + 2,
                fontWeight="bold",
                color=self.theme.text,
                offset=10,
                limit=0,
            )
        )


@dataclass(frozen=True)
class _Plot:
    """The layers of a curve chart: they share the axes and the style."""

    style: _Style
    x: alt.X
    y: alt.Y
    tooltip: list[alt.Tooltip]

    def rules(self, marks: Sequence[Row]) -> list[alt.Chart]:
        """Vertical rules with their label at the top, one line each."""
        theme, size = self.style.theme, self.style.font_size
        low, high = self.x["scale"].domain
        layers = []
        for i, mark in enumerate(marks):
            late = mark["length"] > math.sqrt(low * high)
            base = alt.Chart(_data([mark])).encode(x=self.x)
            layers.append(
                base.mark_rule(
                    color=theme.text, opacity=0.75, strokeWidth=1.2, strokeDash=mark["dash"]
                )
            )
            layers.append(
                base.mark_text(
                    align="right" if late else "left",
                    baseline="top",
                    dx=-5 if late else 5,
                    dy=2 + i * (size + 3),
                    color=theme.text,
                    fontSize=size,
                ).encode(y=alt.value(0), text="words:N")
            )
        return layers

    def grey(self, rows: Sequence[Row], step: float) -> list[alt.Chart]:
        """The other arms: thin lines with their name at the end."""
        if not rows:
            return []
        theme = self.style.theme
        last = {row["series"]: row for row in rows}  # rows ascend: the longest context remains
        ends = _apart(list(last.values()), step)
        return [
            alt.Chart(_data(rows))
            .mark_line(color=theme.other, strokeWidth=1.2)
            .encode(x=self.x, y=self.y, detail="series:N", tooltip=self.tooltip),
            alt.Chart(_data(ends))
            .mark_text(align="left", dx=6, color=theme.other, fontSize=self.style.font_size - 1)
            .encode(x=self.x, y=alt.Y("at:Q", scale=self.y["scale"]), text="series:N"),
        ]

    def difference(self, rows: Sequence[Row]) -> list[alt.Chart]:
        """The band of the difference, in B's colour: a line of A outside it is another level."""
        if not rows:
            return []
        low = alt.Y("low:Q", scale=self.y["scale"], axis=self.y["axis"])
        chart = alt.Chart(_data(rows)).mark_area(color=self.style.theme.arm_b, opacity=0.18)
        return [chart.encode(x=self.x, y=low, y2="high:Q")]

    def bands(self, rows: Sequence[Row]) -> list[alt.Chart]:
        """Bands by document, pale: both lines have one, and they lie upon each other."""
        banded = [row for row in rows if row["low"] is not None and row["high"] is not None]
        if not banded:
            return []
        low = alt.Y("low:Q", scale=self.y["scale"], axis=self.y["axis"])
        chart = alt.Chart(_data(banded)).mark_area(opacity=0.1)
        return [chart.encode(x=self.x, y=low, y2="high:Q", color=self._colour())]

    def lines(self, rows: Sequence[Row]) -> list[alt.Chart]:
        domain = list(self.style.labels)
        dash = alt.Scale(domain=domain, range=[SOLID, DASHED])
        shape = alt.Scale(domain=domain, range=[CIRCLE, DIAMOND])
        base = alt.Chart(_data(rows)).encode(
            x=self.x, y=self.y, color=self._colour(), tooltip=self.tooltip
        )
        return [
            base.mark_line(strokeWidth=2.6).encode(
                strokeDash=alt.StrokeDash("series:N", scale=dash, legend=None)
            ),
            base.mark_point(filled=True, size=85, opacity=1).encode(
                shape=alt.Shape("series:N", scale=shape, legend=self.style.legend(LEGEND_ABOVE))
            ),
        ]

    def counts(self, rows: Sequence[Row]) -> list[alt.Chart]:
        """`n=` above every length, when documents drop out on the way."""
        if len({row["documents"] for row in rows}) < 2:
            return []
        fewest: dict[int, int] = {}
        for row in rows:
            before = fewest.get(row["length"], row["documents"])
            fewest[row["length"]] = min(row["documents"], before)
        counts = [{"length": at, "words": f"n={n}"} for at, n in fewest.items()]
        chart = alt.Chart(_data(counts)).mark_text(
            baseline="bottom", dy=-3, color=self.style.theme.text, fontSize=self.style.font_size - 1
        )
        return [chart.encode(x=self.x, y=alt.value("height"), text="words:N")]

    def _colour(self) -> alt.Color:
        # every layer names the legend: one layer with `legend=None` would remove the shared one
        theme = self.style.theme
        return alt.Color(
            "series:N",
            scale=alt.Scale(domain=list(self.style.labels), range=[theme.arm_a, theme.arm_b]),
            legend=self.style.legend(LEGEND_ABOVE),
        )


def _data(rows: Sequence[Row]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _apart(ends: Sequence[Row], step: float) -> list[Row]:
    """The end points with label heights `at`, `step` or more apart: no label covers another."""
    placed: list[Row] = []
    for end in sorted(ends, key=lambda row: cast(float, row["bits"])):
        floor = placed[-1]["at"] + step if placed else -math.inf
        placed.append({**end, "at": max(end["bits"], floor)})
    return placed


def _tooltip(snapshot: Snapshot, language: Language, is_paired: bool) -> list[alt.Tooltip]:
    """What the pointer shows of a point, in the reader's language.

    is_paired: with the difference from the other side in place of an interval by document.
    """
    unit = snapshot.plan.unit
    formats = {
        "length": ",d",
        "bits": ".3f",
        **({} if is_paired else {"low": ".3f", "high": ".3f"}),
        "perplexity": ".3f",
        "documents": ",d",
        "bytes": ",d",
    }
    difference = alt.Tooltip("difference:N", title=say("charts.tooltip.difference", language))
    return [
        alt.Tooltip("series:N", title=" "),
        *([difference] if is_paired else []),
        *(
            alt.Tooltip(
                f"{field}:Q", title=say(f"charts.tooltip.{field}", language, unit=unit), format=form
            )
            for field, form in formats.items()
        ),
        alt.Tooltip("seen:N", title=say("charts.tooltip.seen", language)),
    ]


# --- documents one by one, and the four cells ------------------------------------------------


def difference_strip(
    snapshot: Snapshot,
    language: Language,
    theme: Theme = LIGHT,
    *,
    title: bool = True,
    width: int | Literal["container"] = "container",
    font_size: int = 12,
) -> alt.LayerChart:
    """B − A of every document at the primary length, ranked, beside zero and the joint interval."""
    scored = [(d.name, d.delta) for d in snapshot.compared if d.delta is not None]
    scored.sort(key=lambda document: document[1])
    kinds = [say("charts.strip.b_better", language), say("charts.strip.a_better", language)]
    rows = [
        {"name": name, "delta": delta, "rank": rank, "kind": kinds[delta >= 0]}
        for rank, (name, delta) in enumerate(scored, start=1)
    ]
    result = snapshot.comparison
    edges = [0.0, *(delta for _, delta in scored)]
    edges += [edge for edge in (result.ci_low, result.ci_high) if edge is not None]
    pad = 0.08 * (max(edges) - min(edges)) or 0.01
    style = _Style(theme, font_size, kinds, width)
    x = alt.X(
        "delta:Q",
        scale=alt.Scale(nice=False, domain=[min(edges) - pad, max(edges) + pad]),
        axis=style.axis(
            title=say("charts.axis.delta", language),
            labelExpr="datum.value == 0 ? '0' : format(datum.value, '+.3f')",
            tickCount=7,
        ),
    )
    colour = alt.Scale(domain=kinds, range=[theme.arm_b, theme.arm_a])
    shape = alt.Scale(domain=kinds, range=[DIAMOND, CIRCLE])
    points = (
        alt.Chart(_data(rows))
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=x,
            y=alt.Y("rank:O", axis=None, sort="ascending", scale=alt.Scale(padding=1.6)),
            color=alt.Color("kind:N", scale=colour, legend=style.legend(offset=4)),
            shape=alt.Shape("kind:N", scale=shape, legend=style.legend(offset=4)),
            tooltip=[
                alt.Tooltip("name:N", title=" "),
                alt.Tooltip("delta:Q", title="B − A", format="+.3f"),
            ],
        )
    )
    layers = [*_references(snapshot, language, theme, x, font_size), points]
    words = strip_title(snapshot, language)
    return style.finished(layers, words, title).properties(
        width=width, height=max(90, 14 * len(rows) + 40)
    )


def _references(
    snapshot: Snapshot, language: Language, theme: Theme, x: alt.X, font_size: int
) -> list[alt.Chart]:
    """Zero, the margin that was asked for, and the interval of all documents together."""
    result, rule = snapshot.comparison, snapshot.plan.rule
    text: dict[str, Any] = {
        "align": "right",
        "dx": -4,
        "color": theme.text,
        "fontSize": font_size,
    }
    zero = alt.Chart(_data([{"delta": 0.0}])).encode(x=x)
    layers = [zero.mark_rule(color=theme.text, strokeWidth=1.5)]
    if result.ci_low is not None and result.ci_high is not None:
        words = say("charts.strip.interval", language, confidence=f"{100 * rule.confidence:g}")
        pooled = [{"delta": result.ci_low, "end": result.ci_high, "words": words}]
        base = alt.Chart(_data(pooled)).encode(x=x)
        label = base.mark_text(baseline="top", dy=2, **text)
        layers.append(base.mark_rect(color=theme.text, opacity=0.14).encode(x2="end:Q"))
        layers.append(label.encode(y=alt.value(0), text="words:N"))
    if rule.margin > 0:
        words = say("charts.strip.margin", language, margin=signed(-rule.margin))
        base = alt.Chart(_data([{"delta": -rule.margin, "words": words}])).encode(x=x)
        label = base.mark_text(baseline="bottom", dy=-2, **text)
        layers.append(base.mark_rule(color=theme.text, strokeDash=DOTTED))
        layers.append(label.encode(y=alt.value("height"), text="words:N"))
    return layers


def strip_title(snapshot: Snapshot, language: Language) -> str:
    """How many documents favour B, as a sentence."""
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return say("charts.title.withheld", language)
    deltas = [d.delta for d in snapshot.compared if d.delta is not None]
    return say(
        "charts.strip.title",
        language,
        b=side_name(snapshot, "b", language, "short"),
        better=sum(delta < 0 for delta in deltas),
        documents=len(deltas),
        length=length(snapshot.comparison.primary_length),
        unit=snapshot.plan.unit,
    )


class Cell(NamedTuple):
    """One cell of the 2×2: bits per byte at the primary length, None where it was not run."""

    training: Literal["zero", "previous"]
    reading: Literal["reset", "carry"]
    arm: str | None
    bits_per_byte: float | None


def two_by_two(snapshot: Snapshot) -> tuple[Cell, Cell, Cell, Cell]:
    """zero+reset, zero+carry, previous+reset, previous+carry at the primary length.

    `previous` is the checkpoint of B; the state is dropped at the training length.
    """
    arm_b = arm_of(snapshot, snapshot.plan.candidate)
    own = arm_b.fingerprint if arm_b is not None else ""

    def cell(training: Literal["zero", "previous"], reading: Literal["reset", "carry"]) -> Cell:
        for arm in snapshot.plan.arms:
            of_side = (
                arm.fingerprint == own
                if training == "previous"
                else arm.fingerprint != own and arm.training_initialization in ZERO_TRAININGS
            )
            window = arm.training_length if reading == "reset" else None
            if of_side and arm.policy.value == reading and arm.window == window:
                return Cell(training, reading, arm.name, bits_at_primary(snapshot, arm.name))
        return Cell(training, reading, None, None)

    return (
        cell("zero", "reset"),
        cell("zero", "carry"),
        cell("previous", "reset"),
        cell("previous", "carry"),
    )


def point_at_primary(snapshot: Snapshot, arm: str) -> CurvePoint | None:
    """An arm on the matched targets at the primary length."""
    for point in curve_points(snapshot, CurveKind.MATCHED, arm):
        if point.context_length == snapshot.comparison.primary_length:
            return point
    return None


def bits_at_primary(snapshot: Snapshot, arm: str) -> float | None:
    """Bits per byte of an arm on the matched targets at the primary length."""
    point = point_at_primary(snapshot, arm)
    return None if point is None else point.bits_per_byte


# --- drawing ---------------------------------------------------------------------------------


def wrapped(text: str, columns: int) -> list[str]:
    """`text` in lines of at most `columns` half-width columns.

    Cut after a space, comma or colon and before an opening bracket; a longer run is cut anywhere.
    """
    lines, line = [], ""
    for piece in re.split(r"(?<=[ 、：。])|(?=[（(])", text):
        if line and columns_of(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece
        while columns_of(line.rstrip()) > columns:
            cut = next(i for i in range(len(line), 0, -1) if columns_of(line[:i]) <= columns)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()]


def shortened(text: str, columns: int) -> str:
    """The text with its middle left out where it is wider than `columns` half-width columns."""
    if columns_of(text) <= columns:
        return text
    half = (columns - 1) // 2
    start = next(i for i in range(len(text), 0, -1) if columns_of(text[:i]) <= half)
    end = next(i for i in range(1, len(text) + 1) if columns_of(text[i:]) <= half)
    return f"{text[:start]}…{text[end:]}"


def columns_of(text: str) -> int:
    """Width of `text` in half-width columns: a kanji or kana takes two."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


@cache
def _converter() -> Any:
    """vl-convert with the embedded font, registered once a process."""
    import vl_convert  # 0.3 s: only where a picture is drawn on this side

    for folder in font_folders():
        vl_convert.register_font_directory(folder)
    return vl_convert


def _specification(chart: alt.LayerChart, background: str | None) -> dict[str, Any]:
    specification = chart.to_dict()
    specification.setdefault("config", {})["font"] = FAMILY
    if background is not None:
        specification["background"] = background
    return specification


def _drawn(render: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return render(*arguments, allowed_base_urls=[], **options)


def svg(chart: alt.LayerChart) -> bytes:
    """The chart as SVG with text as text; nothing is fetched from anywhere."""
    drawn = _drawn(_converter().vegalite_to_svg, _specification(chart, None))
    return cast(str, drawn).encode()


def png(chart: alt.LayerChart, theme: Theme = LIGHT, scale: float = 2.0) -> bytes:
    """The chart as a picture on the theme's background."""
    specification = _specification(chart, theme.background)
    return cast(bytes, _drawn(_converter().vegalite_to_png, specification, scale=scale))
