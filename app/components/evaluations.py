"""The list of evaluations: name, state or verdict, how far, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from session import MOST_COMPARED, compare, compared, go, open_store, words

from components.format import moment
from components.markup import Element, as_label, badge, draw, element
from evaluations.numbers import percent
from evaluations.records import MOVING, Depth
from evaluations.run_list import RunSummary

OUTCOME_TONES = {
    "go": "good",
    "conditional": "half",
    "no_go": "bad",
    "undecided": "half",
    "withheld": "bad",
}
STATUS_TONES = {
    "queued": "",
    "running": "",
    "paused": "half",
    "done": "good",
    "failed": "bad",
    "cancelled": "half",
}


def status_badge(status: str, outcome: str | None, is_quick: bool = False) -> Element:
    """The verdict once there is one, and that it is one of a quick run; else how it stands."""
    if status == "done" and outcome is not None:
        said = words(f"results.outcome.{outcome}")
        shows_tendency = is_quick and outcome != "withheld"
        label = words("app.outcome.quick", outcome=said) if shows_tendency else said
        return badge(label, OUTCOME_TONES[outcome])
    return badge(words(f"app.status.{status}"), STATUS_TONES[status])


def first_of(runs: Sequence[RunSummary]) -> RunSummary:
    """The evaluation that asks for attention first: the newest at work, else the newest."""
    return next((run for run in runs if run.status in MOVING), runs[0])


def bar(share: float, class_: str = "") -> Element:
    """A bar filled to `share` of its width."""
    width = min(100.0, max(0.0, 100 * share))
    return element(
        "div",
        element("span", "", style=f"width:{width:.1f}%"),
        class_=f"lab-bar {class_}".strip(),
        role="progressbar",
        aria_valuenow=f"{width:.0f}",
        aria_valuemin="0",
        aria_valuemax="100",
    )


def evaluation_rows(runs: Sequence[RunSummary]) -> None:
    """Every evaluation on one line, its re-runs on perturbed documents folded below it."""
    reruns: dict[str, list[RunSummary]] = {}
    for run in runs:
        if run.parent is not None:
            reruns.setdefault(run.parent, []).append(run)
    listed = {run.id for run in runs}
    for run in runs:
        if run.parent in listed:
            continue
        with st.container(border=True, key=f"run_{run.id}"):
            tick, about, state, actions = st.columns([0.4, 5, 3, 3], vertical_alignment="center")
            started = words("app.home.started", when=moment(run.created))
            with tick:
                _tick(run)
            with about:
                draw(
                    element("div", run.name, class_="lab-name"),
                    element("div", started, class_="lab-small"),
                )
            with state:
                _state(run)
            with actions, st.container(horizontal=True, horizontal_alignment="right"):
                _actions(run)
            if run.id in reruns:
                _reruns(reruns[run.id])


def _tick(run: RunSummary) -> None:
    """Whether it is laid beside others; more than fit are not taken."""
    chosen = compared()
    st.session_state[f"tick_{run.id}"] = run.id in chosen
    st.checkbox(
        words("app.list.compare.one", name=as_label(run.name)),
        key=f"tick_{run.id}",
        disabled=run.id not in chosen and len(chosen) >= MOST_COMPARED,
        label_visibility="collapsed",
        on_change=lambda: compare(run.id, st.session_state[f"tick_{run.id}"]),
    )


def _reruns(runs: Sequence[RunSummary]) -> None:
    """The re-runs of one evaluation, the oldest first."""
    with st.expander(words("app.home.reruns", n=len(runs)), key=f"reruns_{runs[0].parent}"):
        for run in reversed(runs):
            about, action = st.columns([5, 2], vertical_alignment="center")
            with about:
                draw(
                    element(
                        "div",
                        element("span", run.name, class_="lab-small"),
                        " ",
                        badge(words(f"app.status.{run.status}"), STATUS_TONES[run.status]),
                    )
                )
            with action:
                page = "results" if run.status == "done" else "run"
                if st.button(words(f"app.home.open.{page}"), key=f"open_{run.id}"):
                    go(page, run.id)


def _state(run: RunSummary) -> None:
    outcome = str(run.outcome) if run.outcome is not None else None
    parts = [status_badge(run.status, outcome, run.depth is Depth.QUICK)]
    if run.status in MOVING:
        share = run.done / run.total if run.total else 0.0
        line = element("span", f" {percent(share)}", class_="lab-small")
        parts += [line, bar(share, "thin")]
    draw(element("div", *parts))


def _actions(run: RunSummary) -> None:
    moving = run.status in MOVING
    label, page = (
        ("app.home.open.run", "run")
        if moving
        else ("app.home.open.results", "results")
        if run.status == "done"
        else ("app.home.open.failed", "run")
    )
    if st.button(words(label), key=f"open_{run.id}"):
        go(page, run.id)
    with st.popover(words("app.home.more"), key=f"more_{run.id}"):
        name = st.text_input(
            words("app.home.rename"), value=run.name, max_chars=120, key=f"name_{run.id}"
        )
        if st.button(words("app.home.rename.button"), key=f"rename_{run.id}") and name.strip():
            open_store().rename_run(run.id, name.strip())
            st.rerun()
        back = "app.list.unarchive" if run.archived else "app.home.archive.button"
        if not moving and st.button(words(back), key=f"archive_{run.id}"):
            open_store().archive_run(run.id, not run.archived)
            st.rerun()
