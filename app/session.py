"""What one visitor is looking at, typed, and the store behind it, opened once.

A browser refresh starts a new session, so whatever must survive it stands in the URL: the
language (`lang`), the plan (`rule`), the evaluation (`run`), those side by side (`with`)
and the upload box (`box`). `begin` reads the URL at the
start of every rerun and writes it back, because a page change empties it. `words` fills the
catalogue in the visitor's language, `failures_in_words` turns any error into one sentence.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from components.markup import notice
from uploads import is_box, new_box

from evaluations import entries, kpis
from evaluations import store as stores
from evaluations.errors import EvaluationError
from evaluations.plan import CheckpointError
from evaluations.records import Snapshot
from evaluations.reviews import finished
from evaluations.settings import Settings, load_settings
from evaluations.store import Store
from evaluations.wording import LANGUAGES, Language, say

DEFAULT_LANGUAGE: Language = "ja"
FIELDS = ("run", "rule", "with", "box")  # of every page's address, beside the language
MOST_COMPARED = 4  # evaluations side by side: more columns cannot be read
log = logging.getLogger("longssm.app")


def settings() -> Settings:
    """Where this app keeps its data."""
    return load_settings()


def uploads_dir() -> Path:
    """Folder of the upload boxes."""
    return settings().data_dir / "uploads"


def open_store() -> Store:
    """The store of these settings; its database is brought up to date when it is first opened."""
    return _open_store(settings())


@lru_cache(maxsize=8)
def _open_store(settings: Settings) -> Store:
    return stores.open_store(settings)


# --- language, evaluation, upload box -----------------------------------------------------------


def begin() -> None:
    """Take the URL's fields into the session and put the session's fields into the URL."""
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        st.session_state["lang"] = asked
    for name in FIELDS:
        if value := st.query_params.get(name):
            st.session_state[name] = value
    for name, value in address().items():
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def address() -> dict[str, str]:
    """The fields that every link of this visitor carries."""
    fields = {
        "lang": language(),
        "run": run_id(),
        "rule": rule_id(),
        "with": st.session_state.get("with"),
        "box": st.session_state.get("box"),
    }
    return {name: value for name, value in fields.items() if value}


def language() -> Language:
    """The visitor's language: the URL's, else the last choice, else Japanese."""
    chosen = st.session_state.get("lang", DEFAULT_LANGUAGE)
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def words(key: str, **values: object) -> str:
    """The text of `key` in the visitor's language."""
    return say(key, language(), **values)


def labels(prefix: str, options: Iterable[Any]) -> dict[Any, str]:
    """What each option is called: the words of `prefix.option`."""
    return {option: words(f"{prefix}.{option}") for option in options}


def choose_language(chosen: Language) -> None:
    """Show everything in this language from now on."""
    st.session_state["lang"] = chosen
    st.query_params["lang"] = chosen


def run_id() -> str | None:
    """The evaluation that the visitor looks at."""
    return st.session_state.get("run")


def choose_run(run: str | None) -> None:
    """Look at this evaluation; None: plan a new one."""
    if run != run_id():  # what else the address says is about the evaluation that is left
        for name in set(st.query_params) - {"lang", *FIELDS}:
            st.query_params.pop(name, None)
    _keep("run", run)


def rule_id() -> str | None:
    """The plan that the visitor looks at, or begins the next evaluation with."""
    return st.session_state.get("rule")


def choose_rule(rule: str | None) -> None:
    """Look at this plan; None: at none."""
    _keep("rule", rule)


def compared() -> list[str]:
    """The evaluations that the visitor lays side by side, in the order of choosing."""
    chosen = str(st.session_state.get("with") or "").split(",")
    return [run for run in chosen if run][:MOST_COMPARED]


def compare(run: str, chosen: bool) -> None:
    """Lay an evaluation beside the others, or take it away."""
    others = [one for one in compared() if one != run]
    choose_compared([*others, run] if chosen else others)


def choose_compared(runs: Iterable[str]) -> None:
    """Lay exactly these side by side."""
    _keep("with", ",".join(runs) or None)


def _keep(name: str, value: str | None) -> None:
    """Remember a field in session and address; None: forget it."""
    if value is None:
        st.session_state.pop(name, None)
        st.query_params.pop(name, None)
    else:
        st.session_state[name] = value
        st.query_params[name] = value


def upload_box() -> str:
    """The visitor's upload box; its name is kept in the URL so that a refresh finds the files."""
    if not is_box(st.session_state.get("box", "")):
        st.session_state["box"] = new_box()
        st.query_params["box"] = st.session_state["box"]
    return str(st.session_state["box"])


def go(page: str, run: str | None = None, new: bool = False, **fields: str) -> None:
    """Change to another page: with this evaluation, with a new one, or with the present one.

    fields: of the other page's address, such as the document to compare.
    """
    if run is not None or new:
        choose_run(run)
    st.switch_page(f"views/{page}.py", query_params={**address(), **fields})


# --- results ------------------------------------------------------------------------------------


def snapshot(run: str) -> Snapshot:
    """What is known about an evaluation now; remembered once it is done and cannot change."""
    try:
        store = open_store()
        entered = len(entries.history(store.database, run, kpis.KIND))
        reviewed = len(finished(store, run))
        changes = len(store.amendments(run)), entered, reviewed, store.erased(run)
        return _finished_snapshot(settings().url, run, changes)
    except _StillMovingError as moving:
        return moving.snapshot


class _StillMovingError(Exception):
    """A snapshot that a later one will replace: an exception, so that it is not remembered."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(snapshot.run)
        self.snapshot = snapshot


@st.cache_resource(show_spinner=False, max_entries=64)
def _finished_snapshot(
    database: str, run: str, changes: tuple[int, int, int, tuple[str, ...]]
) -> Snapshot:
    store = open_store()
    found = store.snapshot(run)
    if found.status != "done" or store.progress(run).failures:  # failed tasks can be tried again
        raise _StillMovingError(found)
    return found


# --- errors -------------------------------------------------------------------------------------


@contextmanager
def failures_in_words() -> Iterator[None]:
    """Whatever goes wrong inside is shown as one sentence; the details go to the log."""
    try:
        yield
    except Exception as error:
        show_failure(error)


def show_failure(error: Exception) -> bool:
    """Show an error as a sentence in the visitor's language; True: it has been shown."""
    if isinstance(error, EvaluationError):
        notice("error", error.words(language()))
    elif isinstance(error, CheckpointError):
        log.error("checkpoint", exc_info=error)
        notice("error", words("app.checkpoint.unreadable", source=error.source))
    else:
        mark = secrets.token_hex(4)
        log.error("failure %s", mark, exc_info=error)
        notice("error", words("app.failure", mark=mark))
    return True


def stay_or_leave() -> Callable[[], None]:
    """To be called again and again while a page waits: where its visitor has gone, it ends here.

    Streamlit ends a page script whose visitor has changed page, chosen something else or closed the
    browser, but only when it draws: so it draws an empty place anew.
    """
    return st.empty().empty


def state(name: str, default: Any = None) -> Any:
    """A remembered value of this page visit."""
    return st.session_state.setdefault(name, default)
