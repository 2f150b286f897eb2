"""Home: what is going on and what to do next, the ways to begin, and the evaluations so far."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from components.evaluation_list import evaluation_list
from components.evaluations import bar, first_of, status_badge
from components.markup import draw, element, heading, notice, section
from session import choose_rule, go, language, open_store, snapshot, words
from starting import SAMPLE_DOCUMENTS, start_sample

from evaluations.charts import curve_title
from evaluations.records import MOVING, Depth
from evaluations.run_list import RunSummary


def now(runs: Sequence[RunSummary]) -> None:
    """The evaluation that asks for attention first, and the one thing to do with it."""
    moving = [run for run in runs if run.status in MOVING]
    run = first_of(runs)
    page = "run" if run.status != "done" else "results"
    with st.container(border=True, key="now"):
        about, action = st.columns([8, 3], vertical_alignment="center")
        with about:
            title = words("app.list.now.moving" if moving else "app.list.now.last", n=len(moving))
            outcome = None if run.outcome is None else str(run.outcome)
            parts = [
                element("h3", title, class_="lab-cardtitle"),
                element(
                    "div",
                    element("span", run.name, class_="lab-name"),
                    " ",
                    status_badge(run.status, outcome, run.depth is Depth.QUICK),
                ),
            ]
            if moving:
                parts.append(bar(run.done / run.total if run.total else 0.0, "thin"))
            elif outcome is not None:
                finding = curve_title(snapshot(run.id), language())
                parts.append(element("p", finding, class_="lab-note"))
            draw(*parts)
        label = words(f"app.home.open.{page if moving or page == 'results' else 'failed'}")
        with action:
            if st.button(label, type="primary", key="home_next", width="stretch"):
                go(page, run.id)


def begin_own() -> None:
    """Evaluate on one's own logs: with a plan first, or with the data at once."""
    draw(
        element("h3", words("app.home.own.title"), class_="lab-cardtitle"),
        element("p", words("app.home.own.text"), class_="lab-text"),
    )
    with st.container(horizontal=True):
        if st.button(words("app.list.begin.plan"), key="home_own"):
            choose_rule(None)
            go("plan", new=True)
        if st.button(words("app.home.own.button"), key="home_data", type="tertiary"):
            go("data", new=True)


def begin_sample(is_first: bool) -> None:
    """A real evaluation in one button."""
    text = words("app.home.sample.text", documents=SAMPLE_DOCUMENTS)
    draw(
        element("h3", words("app.home.sample.title"), class_="lab-cardtitle"),
        element("p", text, class_="lab-text"),
    )
    kind = "primary" if is_first else "secondary"
    if st.button(words("app.home.sample.button"), key="home_sample", type=kind):
        with st.spinner(words("app.home.sample.working")):
            run = start_sample()
        go("run", run)


runs = open_store().runs()
own_runs = [run for run in runs if run.parent is None]
heading(words("app.home.title"), "" if own_runs else words("app.home.lead"))
if own_runs:
    now(own_runs)
own, sample = st.columns(2, gap="medium")
with own, st.container(border=True, height="stretch", vertical_alignment="distribute"):
    begin_own()
with sample, st.container(border=True, height="stretch", vertical_alignment="distribute"):
    begin_sample(is_first=not own_runs)
section(words("app.home.list"))
if runs or open_store().has_archived():
    evaluation_list(runs)
else:
    notice("info", words("app.home.list.empty"))
