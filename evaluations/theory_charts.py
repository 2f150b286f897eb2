"""The two charts of the Theory page: memory by lag, and what is missed by context length."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np

from evaluations.charts import DASHED, DOTTED, SOLID, Row, Theme
from evaluations.records import FloatArray, IntArray
from evaluations.theory import Illustration
from evaluations.wording import Language, say

LINES = ("truth", "zero", "carried")
POINTS = 120  # of a line, log-spaced
HEIGHT = 270
MEMORY_DOMAIN = (-0.4, 1.0)  # what leaves it leaves the picture
MISSED_DOMAIN = (0.001, 100.0)
FONT_SIZE = 13


def memory_chart(
    found: Illustration, training_length: int, language: Language, theme: Theme
) -> alt.LayerChart:
    """Weight of the input of k tokens ago: the text's own, and as both fits have it."""
    at = np.unique(np.geomspace(1, len(found.lags) - 1, POINTS).astype(np.int64))
    values = {"truth": found.truth, "zero": found.zero, "carried": found.carried}
    rows = _rows(at, {name: line[at] for name, line in values.items()}, language)
    scale = alt.Scale(domain=MEMORY_DOMAIN, nice=False)
    return _chart(found, training_length, rows, "memory", scale, language, theme)


def missed_chart(
    found: Illustration, training_length: int, language: Language, theme: Theme
) -> alt.LayerChart:
    """Share of the output's variance that both fits miss after so many tokens."""
    values = {"zero": found.zero_error, "carried": found.carried_error}
    percent = {name: 100 * line for name, line in values.items()}
    rows = _rows(found.lengths, percent, language)
    domain = [100 * bound for bound in MISSED_DOMAIN]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    return _chart(found, training_length, rows, "missed", scale, language, theme)


def _rows(at: IntArray, lines: dict[str, FloatArray], language: Language) -> list[Row]:
    return [
        {"at": int(x), "value": float(y), "line": say(f"theory.line.{name}", language)}
        for name, line in lines.items()
        for x, y in zip(at, line, strict=True)
    ]


def _chart(
    found: Illustration,
    training_length: int,
    rows: list[Row],
    kind: str,
    scale: alt.Scale,
    language: Language,
    theme: Theme,
) -> alt.LayerChart:
    x = alt.X(
        "at:Q",
        scale=alt.Scale(type="log", domain=[1, len(found.lags)], nice=False),
        axis=_axis(theme, say(f"theory.axis.{kind}.x", language), format="~s"),
    )
    y = alt.Y(
        "value:Q",
        scale=scale,
        axis=_axis(
            theme,
            say(f"theory.axis.{kind}.y", language),
            titleAngle=0,
            titleAlign="left",
            titleAnchor="end",
            titleX=0,
            titleY=-10,
            tickCount=5,
            format="~g",
        ),
    )
    names = [say(f"theory.line.{name}", language) for name in LINES]
    shown = [name for name in names if any(row["line"] == name for row in rows)]
    colours = dict(zip(names, (theme.text, theme.arm_a, theme.arm_b), strict=True))
    dashes = dict(zip(names, (DOTTED, SOLID, DASHED), strict=True))
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y)
    lines = base.mark_line(clip=True, strokeWidth=2.4).encode(
        color=alt.Color(
            "line:N",
            scale=alt.Scale(domain=shown, range=[colours[name] for name in shown]),
            legend=None,
        ),
        strokeDash=alt.StrokeDash(
            "line:N",
            scale=alt.Scale(domain=shown, range=[dashes[name] for name in shown]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("line:N", title=say("theory.axis.line", language)),
            alt.Tooltip("at:Q", title=say(f"theory.axis.{kind}.x", language)),
            alt.Tooltip("value:Q", title=say(f"theory.axis.{kind}.y", language), format=".3g"),
        ],
    )
    has_room = training_length**2 > len(found.lags)  # to the left, where no line rises
    marks = [
        _mark(x, training_length, say("theory.mark.training", language), theme, to_left=has_room),
        _mark(x, found.age, say("theory.mark.age", language), theme, is_age=True),
    ]
    layers = [lines, *(layer for mark in marks for layer in mark)]
    return cast(alt.LayerChart, alt.layer(*layers)).properties(
        height=HEIGHT,
        width="container",
        background="transparent",
        description=say(f"theory.chart.{kind}", language),
        view=alt.ViewBackground(stroke=None),
    )


def _mark(
    x: alt.X, at: int, words: str, theme: Theme, *, to_left: bool = True, is_age: bool = False
) -> list[alt.Chart]:
    """A vertical line with its name, so that no two meet: the age has its own at the bottom."""
    base = alt.Chart(alt.InlineData(values=[{"at": at, "words": words}])).encode(x=x)
    place: dict[str, Any] = {
        "align": "right" if to_left else "left",
        "baseline": "bottom" if is_age else "top",
        "dx": -5 if to_left else 5,
        "dy": -4 if is_age else 2,
        "fontSize": FONT_SIZE,
    }
    height = alt.value("height" if is_age else 0)
    text = base.mark_text(**place, color=theme.text)
    return [
        base.mark_rule(color=theme.text, opacity=0.7, strokeDash=DOTTED if is_age else SOLID),
        text.encode(y=height, text="words:N"),
    ]


def _axis(theme: Theme, title: str, **options: Any) -> alt.Axis:
    return alt.Axis(
        title=title,
        labelColor=theme.text,
        titleColor=theme.text,
        labelFontSize=FONT_SIZE,
        titleFontSize=FONT_SIZE,
        titleFontWeight="normal",
        gridColor=theme.grid,
        domainColor=theme.other,
        tickColor=theme.other,
        **options,
    )
