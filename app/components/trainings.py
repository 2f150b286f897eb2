"""Trainings of pairs of one's own: how far each is, both losses, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st
from choosing import tick
from session import failures_in_words, go, language, open_store, settings, state, words

from components.evaluations import bar
from components.format import duration
from components.markup import Element, badge, draw, element, notice, section, table
from components.quality_chart import in_page, theme
from evaluations.job_rows import Job
from evaluations.loss_chart import loss_chart, side_of
from evaluations.numbers import percent, plain, signed
from evaluations.pair_folders import wanted_in
from evaluations.training_view import LossPoint, TrainingView, view_of
from evaluations.wording import say
from evaluations.worker import ensure_worker

REFRESH_SECONDS = 2.0
SHOWN = 5  # that have ended
TONES = {"queued": "", "running": "", "done": "good", "failed": "bad", "cancelled": "half"}


def trainings() -> None:
    """All that go on, and the last that have ended; nothing where none was asked for."""
    jobs = open_store().jobs("train")
    if jobs:
        section(words("models.pair.trainings"))
        with st.container(key="trainings"):
            if any(job.is_moving for job in jobs):
                _moving_list()
            else:
                _list(jobs)


@st.fragment(run_every=REFRESH_SECONDS)
def _moving_list() -> None:
    """The same list, looked at again and again; once one has ended, the whole page is drawn."""
    with failures_in_words():
        jobs = open_store().jobs("train")
        ended = {job.id for job in jobs if not job.is_moving} & state("moving_trainings", set())
        st.session_state["moving_trainings"] = {job.id for job in jobs if job.is_moving}
        if ended:
            st.rerun(scope="app")  # what it made is to stand in the list of models
        _list(jobs)


def _list(jobs: Sequence[Job]) -> None:
    moving = [job for job in jobs if job.is_moving]
    ended = [job for job in jobs if not job.is_moving][:SHOWN]
    for number, job in enumerate([*moving, *ended]):
        with st.container(border=True, key=f"training_{job.id}"):
            _training(view_of(job), is_first=number == 0)


def _training(view: TrainingView, is_first: bool) -> None:
    """One training; a chart of the newest alone, the others unfold."""
    job = view.job
    about, actions = st.columns([7, 3], vertical_alignment="center")
    with about:
        said = badge(words(f"models.state.{job.state}"), TONES[job.state])
        draw(element("div", element("span", job.name, class_="lab-name"), " ", said))
    with actions, st.container(horizontal=True, horizontal_alignment="right"):
        _actions(view)
    _standing(view)
    if is_first:
        _curves(view)
    elif view.losses:
        with st.expander(words("models.chart.bits"), key=f"curves_{job.id}"):
            _curves(view)
    if view.held_out:
        draw(_held_out(view))


def _actions(view: TrainingView) -> None:
    job = view.job
    if job.is_moving:
        if st.button(words("models.pair.cancel"), key=f"cancel_{job.id}"):
            open_store().cancel_job(job.id)
            st.rerun(scope="app")
    elif job.state == "done":
        label = words("models.pair.compare")
        kind: Literal["primary", "secondary"] = "secondary" if view.worse else "primary"
        if view.zero and st.button(label, type=kind, key=f"compare_{job.id}"):
            compare(view)
    elif st.button(words("models.pair.again"), key=f"again_{job.id}"):
        documents = job.request["documents"]
        open_store().request_training(job.name, documents, wanted_in(job.request))
        ensure_worker(settings())
        st.rerun(scope="app")


def compare(view: TrainingView) -> None:
    """Plan an evaluation of the pair on the documents that were kept for it."""
    tick(view.kept)
    st.session_state["own_pair"] = view.proposed
    go("run", new=True)


def _standing(view: TrainingView) -> None:
    job = view.job
    if job.state == "failed":
        notice("error", *_reason(job))
        return
    said = words(_said_key(view), **_said_values(view))
    if job.state == "running":
        now = "" if view.now is None else words(f"models.side.{side_of(view.now)}")
        done = element("strong", percent(view.share))
        left = element("span", done, " ", now)
        draw(element("div", left, element("span", said), class_="lab-progress"), bar(view.share))
        said = words("models.said.leave")
    draw(element("p", said, class_="lab-small"))
    if job.state == "done" and view.zero is None:
        notice("info", words("models.pair.one_side"))


def _reason(job: Job) -> list[str]:
    if job.reason is None:
        return [words("models.state.failed")]
    return [say(job.reason.key, language(), **job.reason.values)]


def _said_key(view: TrainingView) -> str:
    is_unmeasured = view.job.state == "running" and view.seconds_left is None
    return f"models.said.{view.job.state}{'.first' if is_unmeasured else ''}"


def _said_values(view: TrainingView) -> dict[str, object]:
    left = "" if view.seconds_left is None else duration(view.seconds_left)
    return {"duration": left, "trained": view.trained_on, "held_out": len(view.kept)}


# --- losses ----------------------------------------------------------------------------------


def _curves(view: TrainingView) -> None:
    """The losses as a picture, and behind it as numbers."""
    if not any(view.losses.values()):
        if view.job.state == "running":
            draw(element("p", words("models.chart.none"), class_="lab-small"))
        return
    draw(_legend(view.losses))
    chart = loss_chart(view.losses, language(), theme())
    st.vega_lite_chart(
        in_page(chart.to_dict()), theme=None, width="stretch", key=f"losses_{view.job.id}"
    )
    with st.expander(words("models.chart.table"), key=f"numbers_{view.job.id}"):
        draw(_numbers(view.losses))


def _legend(losses: Mapping[str, Sequence[LossPoint]]) -> Element:
    sides = sorted({side_of(name) for name in losses})
    lines = [
        element(
            "span",
            element("span", "", class_=f"lab-line bare {side}", aria_hidden="true"),
            words(f"models.side.{side}"),
        )
        for side in sides
    ]
    return element("div", *lines, class_="lab-legend")


def _numbers(losses: Mapping[str, Sequence[LossPoint]]) -> Element:
    names = sorted(losses, key=side_of)
    by_step = {name: dict(losses[name]) for name in names}
    steps = sorted({step for found in by_step.values() for step in found})
    rows: list[list[object]] = [
        [f"{step:,}", *(plain(by_step[n][step]) if step in by_step[n] else "-" for n in names)]
        for step in steps
    ]
    header = [words("models.chart.step"), *(words(f"models.side.{side_of(n)}") for n in names)]
    return table(header, rows, numeric=set(range(len(header))), class_="lab-documents")


def _held_out(view: TrainingView) -> Element:
    header = [words(f"models.held_out{more}") for more in ("", ".before", ".after")]
    rows: list[list[object]] = [
        [
            words(f"models.side.{side_of(name)}"),
            plain(one.before),
            f"{plain(one.after)} ({signed(one.after - one.before)})",
        ]
        for name, one in sorted(view.held_out.items(), key=lambda item: side_of(item[0]))
    ]
    parts = [table(header, rows, numeric={1, 2})]
    for name, one in sorted(view.held_out.items(), key=lambda item: side_of(item[0])):
        said = "worse" if one.is_worse else "same" if one.after == one.before else ""
        if said:
            side = words(f"models.side.{side_of(name)}")
            told = words(f"models.held_out.{said}", side=side)
            parts.append(element("p", told, class_="lab-small"))
    return element("div", *parts)
