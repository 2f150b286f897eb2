"""Robustness: re-runs on perturbed documents beside their parent, and the button that queues them.

Designed states: nothing queued yet, at work (the table renews itself), finished, failed in part.
"""

from __future__ import annotations

import streamlit as st
from session import go, language, open_store, snapshot, words

from components.markup import draw, element, notice, section, table
from evaluations.perturbations import DEFAULT_STRENGTHS
from evaluations.records import MOVING, Outcome, Perturbation, Snapshot
from evaluations.robustness import (
    Robustness,
    column_words,
    kind_words,
    queue_reruns,
    robustness_of,
    row_words,
    strength_words,
)

REFRESH_SECONDS = 3.0


def has_robustness(found: Snapshot) -> bool:
    """Whether it is a finished evaluation with a result, of documents as they came."""
    is_parent = found.plan.perturbation is None and found.status == "done"
    has_result = found.comparison.delta_bits_per_byte is not None
    return is_parent and has_result and found.verdict.outcome is not Outcome.WITHHELD


def robustness(found: Snapshot) -> None:
    """The section on the Results page of an evaluation that has it."""
    section(words("app.results.robustness"), words("app.results.robustness.why"))
    reruns = robustness_of(open_store(), found, snapshot)
    if any(row.status in MOVING for row in reruns.rows):
        _moving(found)
    else:
        _ended(found, reruns)


def rerun_of(found: Snapshot) -> None:
    """On the page of a re-run: what it is, and the way to its parent."""
    perturbation, parent = found.plan.perturbation, found.plan.parent
    if perturbation is None or parent is None:
        return
    kind = kind_words(perturbation, language())
    strength = strength_words(perturbation, language())
    notice("info", words("app.results.rerun", kind=kind, strength=strength))
    if st.button(words("app.results.rerun.parent"), key="to_parent"):
        go("results", parent)


@st.fragment(run_every=REFRESH_SECONDS)
def _moving(found: Snapshot) -> None:
    reruns = robustness_of(open_store(), found, snapshot)
    moving = sum(row.status in MOVING for row in reruns.rows)
    if not moving:
        st.rerun()
    total = len(reruns.rows)
    sentence = words("app.results.robustness.moving", done=total - moving, total=total)
    notice("info", sentence)
    _table(reruns)


def _ended(found: Snapshot, reruns: Robustness) -> None:
    unchanged = st.session_state.pop("robustness_unchanged", None)
    if unchanged:
        notice("info", words("app.results.robustness.unchanged", kinds=unchanged))
    if reruns.rows:
        _table(reruns)
        _open_buttons(reruns)
    else:
        kinds = len(DEFAULT_STRENGTHS)
        sentence = words("app.results.robustness.empty", kinds=kinds)
        draw(element("p", sentence, class_="lab-text"))
    failed = any(row.status in ("failed", "cancelled") for row in reruns.rows)
    known = {row.perturbation for row in reruns.rows}
    if not failed and known >= set(_usual()):
        return
    label = "again" if failed else "more" if reruns.rows else "start"
    if st.button(words(f"app.results.robustness.{label}"), key="robustness_start"):
        with st.spinner(words("app.results.robustness.starting")):
            queued = queue_reruns(open_store(), found.run, _usual(), language())
        st.session_state["robustness_unchanged"] = words("app.upload.comma").join(
            kind_words(one.perturbation, language()) for one in queued if one.run is None
        )
        st.rerun()


def _usual() -> list[Perturbation]:
    return [Perturbation(kind=kind, strength=s) for kind, s in DEFAULT_STRENGTHS.items()]


def _table(reruns: Robustness) -> None:
    rows: list[list[object]] = [list(row_words(row, language())) for row in reruns.rows]
    legend = words("robustness.legend", confidence=f"{100 * reruns.confidence:g}")
    draw(
        table(column_words(language()), rows, numeric={2, 3, 4, 5, 6}),
        element("p", legend, class_="lab-note"),
    )


def _open_buttons(reruns: Robustness) -> None:
    """Every re-run has its own page, with its own curve."""
    with st.container(horizontal=True):
        for row in reruns.rows:
            label = words(
                "app.results.robustness.open", kind=kind_words(row.perturbation, language())
            )
            if st.button(label, key=f"rerun_{row.run}", type="tertiary"):
                go("results" if row.status == "done" else "run", row.run)
