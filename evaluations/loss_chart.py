"""The losses of a training against its steps: ZERO and PROPOSED in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from evaluations.charts import DASHED, LIGHT, SOLID, ZERO_TRAININGS, Theme
from evaluations.training_view import LossPoint
from evaluations.wording import Language, say


def loss_chart(
    losses: Mapping[str, Sequence[LossPoint]],
    language: Language,
    theme: Theme = LIGHT,
    height: int = 200,
) -> alt.Chart:
    """Training loss in bits per byte; ZERO blue and solid, PROPOSED orange and dashed.

    The page draws the legend. Each point is the mean of the steps since the one before.
    """
    rows = [
        {"side": side_of(name), "step": point.step, "bits": point.loss}
        for name, points in losses.items()
        for point in points
    ]
    style = alt.Axis(
        labelColor=theme.text,
        titleColor=theme.text,
        titleFontWeight="normal",
        gridColor=theme.grid,
    )
    step, bits = style.copy(), style.copy()
    step["title"], step["grid"] = say("models.chart.step", language), False
    bits["title"], bits["format"] = say("models.chart.bits", language), ".2f"
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(rows))
        .mark_line(strokeWidth=2.2)
        .encode(
            x=alt.X("step:Q", axis=step, scale=alt.Scale(nice=False)),
            y=alt.Y("bits:Q", axis=bits, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "side:N",
                scale=alt.Scale(domain=["a", "b"], range=[theme.arm_a, theme.arm_b]),
                legend=None,
            ),
            strokeDash=alt.StrokeDash(
                "side:N", scale=alt.Scale(domain=["a", "b"], range=[SOLID, DASHED]), legend=None
            ),
            tooltip=[
                alt.Tooltip("step:Q", title=say("models.chart.step", language)),
                alt.Tooltip("bits:Q", title=say("models.chart.bits", language), format=".3f"),
            ],
        )
        .properties(width="container", height=height, background="transparent")
    )
    return chart


def side_of(initialization: str) -> str:
    """`a` for ZERO, `b` for what takes the state over."""
    return "a" if initialization in ZERO_TRAININGS else "b"
