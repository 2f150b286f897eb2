"""An evaluation at work: how far, how long still, what came out so far; or how it ended."""

from __future__ import annotations

import time

import streamlit as st
from session import failures_in_words, go, language, open_store, settings, snapshot, state, words

from components.evaluations import bar, status_badge
from components.format import duration, moment
from components.markup import Element, badge, draw, element, notice, section, table
from evaluations.charts import OPEN, interval_finding, side_name
from evaluations.kinds import LEVELS
from evaluations.numbers import interval, percent, signed, way
from evaluations.paired import WATCHED_UNITS
from evaluations.records import MOVING, Snapshot
from evaluations.store import DocumentProgress, Failure, Progress
from evaluations.wording import say
from evaluations.worker import ensure_worker

REFRESH_SECONDS = 1.5
DOCUMENTS_SECONDS = 3.0
INTERIM_SECONDS = 8.0  # an interim result reads all losses so far
LEVEL_NAMES = {number: name for name, number in LEVELS.items()}


def run_progress(run: str) -> None:
    """The page of one evaluation; it renews itself while there is work."""
    summary = next((found for found in open_store().runs(archived=True) if found.id == run), None)
    progress = open_store().progress(run)
    if progress.status in MOVING:
        first, action = st.columns([3, 1], vertical_alignment="bottom")
        with first:
            if summary is not None:
                _priority(run, summary.priority)
        with action, st.container(horizontal=True, horizontal_alignment="right"):
            _pause(run, progress)
            _cancel(run)
        with st.container(key="progress"):
            _moving(run)
            _interim(run)
            _documents(run)
    else:
        _ended(run, progress)


@st.fragment(run_every=REFRESH_SECONDS)
def _moving(run: str) -> None:
    with failures_in_words():
        progress = open_store().progress(run)
        if progress.status not in MOVING:
            st.rerun()
        _bar(progress)
        if progress.worker_alive or progress.status == "paused":
            st.session_state.pop("worker_missing_since", None)
        else:
            _worker_missing()
        _failures(progress)


def _bar(progress: Progress) -> None:
    share = progress.done / progress.total if progress.total else 0.0
    if progress.status == "paused":
        left = words("app.progress.paused")
    elif progress.seconds_left is not None:
        left = words("app.progress.left", duration=duration(progress.seconds_left))
    else:
        left = words("app.progress.left.unknown" if progress.done else "app.progress.starting")
    draw(
        element(
            "div",
            element(
                "span",
                status_badge(progress.status, None),
                " ",
                element("strong", percent(share)),
            ),
            element("span", left),
            class_="lab-progress",
        ),
        bar(share),
    )
    notes = [words("app.progress.leave")]
    if progress.device:
        notes.append(words("app.progress.device", device=progress.device))
    draw(*(element("p", note, class_="lab-small") for note in notes))


def _worker_missing() -> None:
    """Say that nobody works, once it is more than the moment of starting."""
    since = state("worker_missing_since", time.monotonic())
    if time.monotonic() - since > 10:
        ensure_worker(settings())
        notice("warning", words("app.progress.worker"))


@st.fragment(run_every=INTERIM_SECONDS)
def _interim(run: str) -> None:
    """The difference over the completed part, with its always-valid interval."""
    with failures_in_words():
        draw(_interim_card(snapshot(run)))


def _interim_card(found: Snapshot) -> Element:
    delta = found.comparison.delta_bits_per_byte
    if delta is None:
        return element("div", element("p", words("app.progress.sofar.none")), class_="lab-card")
    result = found.comparison
    low, high = result.ci_low, result.ci_high
    is_open = interval_finding(low, high) in OPEN
    names = {side: side_name(found, side, language(), "short") for side in ("a", "b")}
    if low is not None and high is not None:
        more = words(
            "app.results.delta.more",
            confidence=f"{100 * found.plan.rule.confidence:g}",
            interval=interval(low, high, language()),
        )
    else:
        more = words("app.progress.sofar.few", n=WATCHED_UNITS)
    return element(
        "div",
        element("h3", words("app.progress.sofar", n=result.documents)),
        element(
            "p",
            element("strong", words(f"results.sofar.{way(delta)}", **names)),
            *([words("results.sofar.open")] if is_open else []),
            " — ",
            words("app.results.delta"),
            " ",
            element("strong", signed(delta)),
            " ",
            element("span", more, class_="lab-small"),
        ),
        element("p", words("results.sofar.sides", **names), class_="lab-small"),
        element("p", words("app.progress.sofar.note"), class_="lab-small"),
        class_="lab-card",
    )


@st.fragment(run_every=DOCUMENTS_SECONDS)
def _documents(run: str) -> None:
    with failures_in_words():
        _documents_table(open_store().progress(run))


def _documents_table(progress: Progress) -> None:
    section(words("app.progress.documents"))
    failed = {failure.document for failure in progress.failures}
    rows = [_document_row(document, document.name in failed) for document in progress.documents]
    header = [words(f"app.progress.column.{name}") for name in ("document", "part", "done")]
    draw(table([*header, ""], rows, numeric={3}, class_="lab-progress-table"))


def _document_row(document: DocumentProgress, failed: bool) -> list[object]:
    """How far a document is; what failed in it counts as work that has ended, not as success."""
    named = [document.name, words(f"app.role.{document.role}")]
    if document.role == "too_short":
        return [*named, "-", ""]
    share = document.done / document.total if document.total else 0.0
    if failed:
        return [*named, bar(share, "thin bad"), badge(words("app.status.failed"), "bad")]
    return [*named, bar(share, "thin"), percent(share)]


def _failures(progress: Progress) -> None:
    if progress.failures:
        notice("error", words("app.progress.failed"), *(_failure(f) for f in progress.failures[:8]))


def _failure(failure: Failure) -> str:
    reason = say(failure.reason.key, language(), **failure.reason.values)
    return words("app.progress.failure", document=failure.document, arm=failure.arm, reason=reason)


def _pause(run: str, progress: Progress) -> None:
    """Let nobody work on it for a while, or again."""
    paused = progress.status == "paused"
    label = words("app.progress.resume" if paused else "app.progress.pause")
    if st.button(label, key="pause", width="stretch", type="primary" if paused else "secondary"):
        (open_store().resume_run if paused else open_store().pause_run)(run)
        st.rerun()


def _priority(run: str, level: int) -> None:
    """Whether it goes before the others."""
    names = {number: words(f"jobs.level.{name}") for number, name in LEVEL_NAMES.items()}
    chosen = st.segmented_control(
        words("app.progress.priority"),
        list(names),
        default=level,
        format_func=names.__getitem__,
        key=f"priority_{run}",
        required=True,
    )
    if chosen != level:
        open_store().set_priority(run, chosen)


def _cancel(run: str) -> None:
    with st.popover(words("app.progress.cancel"), key="cancel", width="stretch"):
        draw(element("p", words("app.progress.cancel.sure"), class_="lab-text"))
        if st.button(words("app.progress.cancel.yes"), key="cancel_yes"):
            open_store().cancel_run(run)
            st.rerun()


def _ended(run: str, progress: Progress) -> None:
    """Finished, cancelled or failed: what can be done now."""
    if progress.status == "done" and not progress.failures:
        taken = progress.seconds_taken
        took = [] if taken is None else [words("app.progress.took", duration=duration(taken))]
        notice("good", words("app.progress.done"), *took)
    elif progress.status == "cancelled":
        notice("warning", words("app.progress.cancelled"))
    _failures(progress)
    label = "app.progress.done.next" if progress.status == "done" else "app.progress.partial"
    with st.container(horizontal=True):
        if st.button(words(label), type="primary", key="to_results"):
            go("results", run)
        if st.button(words("app.progress.again"), key="again"):
            go("run", new=True)
    found = open_store().snapshot(run)
    draw(element("p", _locked(found), class_="lab-small"))
    _documents_table(progress)


def _locked(found: Snapshot) -> str:
    """When the criteria were fixed: with the evaluation, or before it in a plan of their own."""
    started, plan, lock = moment(found.locked_at), found.plan_hash[:12], found.rule_lock
    if lock is None:
        return words("app.progress.locked", when=started, hash=plan)
    own = {"when": moment(lock.locked_at), "hash": lock.rule_hash[:12]}
    return words("results.locked.before", **own, started=started, plan=plan)
