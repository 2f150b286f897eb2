"""Large files on the Data page: a worker reads them, with progress, while one does other things."""

from __future__ import annotations

import streamlit as st
from choosing import tick_also
from reading import Choices
from session import failures_in_words, language, open_store, settings, state, words
from uploads import Box, Upload

from components.evaluations import bar
from components.markup import draw, element, notice, section
from components.preparation import Decided, listed_places
from evaluations.documents import Split
from evaluations.job_rows import Job
from evaluations.numbers import size
from evaluations.wording import say
from evaluations.worker import ensure_worker

LARGE_BYTES = 50 * 1024 * 1024  # from here on nobody waits in front of the page
REFRESH_SECONDS = 2.0
SHOWN = 5  # that have ended


def is_large(upload: Upload) -> bool:
    """Whether a worker reads it."""
    return upload.bytes > LARGE_BYTES


def hand_over(
    box: Box, upload: Upload, choices: Choices, split: Split | None, decided: Decided
) -> None:
    """The button that hands a large file to a worker."""
    draw(element("p", words("app.data.large", size=size(upload.bytes)), class_="lab-small"))
    if st.button(
        words("app.data.large.start"),
        type="primary",
        key=f"start_{upload.id}",
        disabled=not decided.is_possible,
    ):
        job = open_store().request_ingest(
            upload.path,
            upload.name,
            choices.encoding,
            split,
            columns=choices.columns or None,
            masking=choices.masking,
            keep_original=decided.keeps(choices),
        )
        state("my_files", []).append(job)
        box.remove(upload.id)
        ensure_worker(settings())
        st.rerun()


def files_at_work() -> None:
    """The files that workers read for anybody, and those that this visitor has seen end."""
    jobs = _shown()
    if jobs:
        section(words("app.data.jobs"))
        if any(job.is_moving for job in jobs):
            _moving_list()
        else:
            _list()


@st.fragment(run_every=REFRESH_SECONDS)
def _moving_list() -> None:
    """The same list, looked at again and again; once one has ended, the whole page is drawn."""
    _list()


def _list() -> None:
    with failures_in_words():
        waited = state("moving_files", set())
        jobs = _shown()
        for job in jobs:
            _line(job)
        moving = {job.id for job in jobs if job.is_moving}
        st.session_state["moving_files"] = moving
        if ended := waited - moving:  # of others as well: what they gave is to stand in the list
            for job in jobs:
                if job.id in ended and job.id in state("my_files", []) and job.result is not None:
                    tick_also([one["id"] for one in job.result["documents"]])
            st.rerun(scope="app")


def _shown() -> list[Job]:
    jobs = open_store().jobs("ingest")
    mine = state("my_files", [])
    ended = [job for job in jobs if not job.is_moving and job.id in mine][:SHOWN]
    return [job for job in jobs if job.is_moving] + ended


def _line(job: Job) -> None:
    share = job.done / job.total if job.total else 0.0
    documents = len(job.result["documents"]) if job.result is not None else 0
    values = {"percent": f"{100 * share:.0f}", "documents": documents}
    about, action = st.columns([7, 2], vertical_alignment="center")
    with about:
        said = words(f"app.data.jobs.{job.state}", **values)
        draw(
            element(
                "div",
                element("span", job.name, class_="lab-name"),
                " ",
                element("span", said, class_="lab-small"),
                *([bar(share, "thin")] if job.is_moving else []),
            )
        )
        for reason in _reasons(job):
            notice("warning", reason)
        if job.result is not None and job.result.get("masked"):
            kinds = listed_places(job.result["masked"])
            said = words("documents.masked", file=job.name, kinds=kinds)
            draw(element("p", said, class_="lab-small"))
    with action:
        if job.is_moving and st.button(words("app.data.jobs.cancel"), key=f"cancel_{job.id}"):
            open_store().cancel_job(job.id)
            st.rerun()


def _reasons(job: Job) -> list[str]:
    """Why there are no documents, or what is to be known about them."""
    if job.reason is not None:
        return [say(job.reason.key, language(), **job.reason.values)]
    messages = job.result["messages"] if job.result is not None else []
    return [say(one["key"], language(), **one["values"]) for one in messages]
