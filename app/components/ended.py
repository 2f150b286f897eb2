"""What has ended since somebody looked: a line above every page, with the way to the result."""

from __future__ import annotations

import streamlit as st
from session import failures_in_words, go, language, open_store, run_id, words

from components.evaluations import first_of
from components.frame import WITH_EVALUATION
from components.markup import notice
from evaluations.notifications import Ended, mark_seen, title, unseen

REFRESH_SECONDS = 10.0


@st.fragment(run_every=REFRESH_SECONDS)
def ended(page: str) -> None:
    """The last one; what the visitor has before them anyway counts as seen."""
    with failures_in_words():
        found = unseen(open_store().database)
        in_view = [one for one in found if page in WITH_EVALUATION and one.run == run_id()]
        here = [one.id for one in in_view if one.run is not None]
        if here:
            mark_seen(open_store().database, here)
        told = _on_home() if page == "home" and found else None
        new = [one for one in found if one.id not in here and (not one.run or one.run != told)]
        if new:
            _notice(new[0], others=len(new) - 1)


def _on_home() -> str | None:
    """The evaluation that Home itself speaks of first."""
    own = [run for run in open_store().runs() if run.parent is None]
    return first_of(own).id if own else None


def _notice(one: Ended, others: int) -> None:
    """One line, so that a page is not pushed down; the others follow when it is dismissed."""
    said = title(one, language())
    if others:
        said += words("app.ended.others", n=others)
    with st.container(key=f"ended_{one.id}"):
        text, actions = st.columns([8, 3], vertical_alignment="center")
        with text:
            notice("good" if one.state == "done" else "warning", said)
        with actions, st.container(horizontal=True, horizontal_alignment="right"):
            if one.run is not None and st.button(words("app.ended.look"), key=f"look_{one.id}"):
                mark_seen(open_store().database, [one.id])
                go("results", one.run)
            st.button(
                words("app.ended.dismiss"),
                key=f"dismiss_{one.id}",
                type="tertiary",
                on_click=mark_seen,
                args=(open_store().database, [one.id]),
            )
