"""What stands above every page: the language, and where an evaluation is in view, which one.

The language lies in the top bar (by `style.css`). A page of an evaluation begins with one line: its
own name as the title, and beside it the evaluation, to be chosen; so no page repeats its name.
"""

from __future__ import annotations

import streamlit as st
from session import choose_language, choose_run, go, language, open_store, run_id, words

from components.format import moment, told_apart
from components.markup import heading
from evaluations.errors import UnknownRun
from evaluations.wording import LANGUAGES

LANGUAGE_NAMES = {"ja": "日本語", "en": "English"}
WITH_EVALUATION = ("run", "results", "compare", "review", "report", "money")
NEW, ELSEWHERE = "", "*"
MOST_OFFERED = 30  # evaluations by name; the others are found on Home


def context_bar(page: str) -> None:
    """The language; for a page of an evaluation its title, and which evaluation."""
    with st.container(key="language"):
        _choose_language()
    if page not in WITH_EVALUATION:
        return
    with st.container(key="context"):
        title, evaluation = st.columns([5, 17], vertical_alignment="center")
        with title:
            heading(words(f"app.page.{page}"))
        with evaluation:
            _choose_evaluation(page)


def _choose_language() -> None:
    st.session_state["language_choice"] = language()
    st.segmented_control(
        words("app.language"),
        LANGUAGES,
        format_func=LANGUAGE_NAMES.__getitem__,
        key="language_choice",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: choose_language(st.session_state["language_choice"]),
    )


def _choose_evaluation(page: str) -> None:
    """The newest evaluations by name, and the way to all others; on the Run page a new one."""
    runs = open_store().newest_runs(MOST_OFFERED + 1)
    offered = {run.id: run.name for run in runs[:MOST_OFFERED]}
    names = told_apart(offered, {run.id: moment(run.created) for run in runs[:MOST_OFFERED]})
    current = run_id()
    if current is not None and current not in names:
        names = {current: _name_of(current), **names}
    options = ([NEW] if page == "run" or current is None else []) + list(names)
    if len(runs) > MOST_OFFERED:
        options.append(ELSEWHERE)
        names[ELSEWHERE] = words("app.list.elsewhere")
    names[NEW] = words("app.run.new" if page == "run" else "app.run.none")
    st.session_state["evaluation_choice"] = current if current is not None else NEW
    st.selectbox(
        words("app.evaluation"),
        options,
        format_func=names.__getitem__,
        key="evaluation_choice",
        filter_mode=None,
        label_visibility="collapsed",
        on_change=_follow_choice,
    )
    if st.session_state.pop("elsewhere", False):
        go("home")


def _name_of(run: str) -> str:
    """What an evaluation is called; an archived one, or an address from elsewhere, has no name."""
    try:
        found = open_store().summary(run)
    except UnknownRun:
        return words("app.run.unlisted")
    return words("app.run.unlisted") if found.archived else found.name


def _follow_choice() -> None:
    chosen = st.session_state["evaluation_choice"]
    if chosen == ELSEWHERE:
        st.session_state["elsewhere"] = True  # a callback may not change the page
    else:
        choose_run(chosen or None)
