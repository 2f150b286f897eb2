"""The headline chart, switchable between the three curves, in the page's theme and typeface."""

from __future__ import annotations

from typing import Any

import streamlit as st
from session import labels, language, words

from components.drawn import curve_chart
from components.markup import Element, draw, element
from evaluations.charts import (
    DARK,
    LIGHT,
    Theme,
    curve_finding,
    curve_kinds,
    difference_band,
    document_title,
    of_document,
    side_name,
)
from evaluations.records import CurveKind, Snapshot
from evaluations.wording import say

ALL = ""  # documents together: an option that is None would be shown as no choice
HEIGHT, FONT_SIZE = 270, 13  # pixels: with a verdict of three lines it fits a screen of 720


def quality_chart(snapshot: Snapshot) -> None:
    """The finding as a sentence, the curve, and below it what else can be looked at."""
    place = st.container()
    kind, others, document = choose_curve(snapshot)
    if document is None:
        shown, title = snapshot, curve_finding(snapshot, language(), kind)
    else:
        shown = of_document(snapshot, document)
        title = document_title(shown, document, language(), kind)
    with place:
        draw(
            element(
                "div",
                element("h2", words("app.results.curve"), class_="lab-section"),
                element("p", title, class_="lab-name"),
                class_="lab-finding",
            ),
            legend(snapshot, has_band=kind is CurveKind.MATCHED and bool(difference_band(shown))),
        )
        chart = curve_chart(
            shown,
            language(),
            kind,
            theme(),
            other_arms=others,
            title=False,
            height=HEIGHT,
            font_size=FONT_SIZE,
        )
        st.vega_lite_chart(
            in_page(chart.to_dict()),
            theme=None,
            width="stretch",
            key=f"chart_{kind}_{others}_{document}",
        )
    draw(element("p", words(f"app.results.curve.{kind}.why"), class_="lab-note"))


def choose_curve(snapshot: Snapshot) -> tuple[CurveKind, bool, str | None]:
    """Which curve, whether with the other arms, and of which document (None: of all)."""
    kinds = curve_kinds(snapshot)
    if st.session_state.get("curve_kind") not in kinds:  # chosen for another evaluation
        st.session_state.pop("curve_kind", None)
    kind = st.segmented_control(
        words("app.results.curve.kind"),
        kinds,
        default=CurveKind.MATCHED,
        format_func=labels("app.results.curve", kinds).__getitem__,
        key="curve_kind",
        required=True,
        label_visibility="collapsed",
    )
    left, right = st.columns(2, vertical_alignment="center")
    with right:
        others = st.toggle(words("app.results.curve.others"), key="curve_others")
    with left:
        return kind, others, chosen_document(snapshot)


def chosen_document(snapshot: Snapshot) -> str | None:
    """The document whose curve is asked for; None: all of them together."""
    known = dict.fromkeys(curve.document for curve in snapshot.document_curves)
    if len(known) < 2:
        return None
    names = {one.id: one.name for one in snapshot.documents}
    names[ALL] = words("app.results.curve.document.all")
    chosen = st.selectbox(
        words("app.results.curve.document"),
        (ALL, *known),
        format_func=names.__getitem__,
        key="curve_document",
        label_visibility="collapsed",
    )
    return chosen or None


def legend(snapshot: Snapshot, has_band: bool) -> Element:
    """Which line is which, and what the band means.

    Drawn by the page: a canvas measures a typeface before it is there.
    """
    lines = [
        element(
            "span",
            element("span", "", class_=f"lab-line {side}", aria_hidden="true"),
            say(f"charts.legend.{side}", language(), name=side_name(snapshot, side, language())),
        )
        for side in ("a", "b")
    ]
    if has_band:
        confidence = f"{100 * snapshot.plan.rule.confidence:g}"
        swatch = element("span", "", class_="lab-band", aria_hidden="true")
        said = say("charts.legend.band", language(), confidence=confidence)
        lines.append(element("span", swatch, said))
    return element("div", *lines, class_="lab-legend")


def in_page(spec: dict[str, Any]) -> dict[str, Any]:
    """The chart with the page's typeface, without its own legend and its axes' English names."""
    config = spec.get("config", {})
    axis = {**config.get("axis", {}), "aria": False}
    spec["config"] = {**config, "font": st.get_option("theme.font"), "axis": axis}
    without_legends(spec)
    return spec


def without_legends(part: Any) -> None:
    """Take the chart's own legends out, wherever they are."""
    for value in part.values() if isinstance(part, dict) else part:
        if isinstance(value, dict | list):
            without_legends(value)
    if isinstance(part, dict):
        for channel in ("color", "shape", "strokeDash"):
            if isinstance(part.get(channel), dict) and "scale" in part[channel]:
                part[channel]["legend"] = None


def theme() -> Theme:
    """The chart colours of the visitor's light or dark theme."""
    return DARK if st.context.theme.type == "dark" else LIGHT
