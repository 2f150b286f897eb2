"""Compare: where in a document one arm predicts better, token by token, and what both write."""

from __future__ import annotations

import streamlit as st
from components.continuations import continuations
from components.empty import no_evaluation
from components.format import set_apart, told_apart
from components.markup import draw, element, heading, notice
from components.stretches import stretches
from components.token_viewer import token_viewer
from components.verdict_card import is_withheld
from looking import View, look, view
from session import go, language, open_store, run_id, settings, snapshot, words

from evaluations.charts import arm_of, policy_words, signed
from evaluations.comparing import READINGS, Compared, Missing, compared
from evaluations.records import MOVING, DocumentResult, Snapshot
from evaluations.reports.content import arm_words
from evaluations.token_view import Overview

WHY_MISSING = {
    "erased": ("warning", "compare.missing.erased"),
    "too_short": ("info", "compare.missing.too_short"),
    "failed": ("warning", "compare.missing.failed"),
    "waiting": ("info", "compare.missing.waiting"),
}


def compare(found: Snapshot) -> None:
    """One document of an evaluation under two arms."""
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        heading(found.name)
    if is_withheld(found):
        notice("warning", words("compare.withheld"))
        if st.button(words("compare.to_results"), type="primary", key="to_results"):
            go("results")
        return
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        next_step(found)
    shown = view(found)
    if not shown.is_known:
        notice("warning", words("compare.unknown"))
    choose(found, shown)
    there = compared(open_store(), found.run, shown.document, shown.a, shown.b, shown.reading)
    if isinstance(there, Missing):
        kind, key = WHY_MISSING[there.why]
        notice(kind, words(key))
        return
    if found.status in MOVING:
        notice("info", words("compare.moving"))
    whole = _overview(settings().url, there.key, there)
    draw(element("p", _summary(found, shown, there, whole), class_="lab-note"))
    if not whole.tokens:
        notice("info", words("compare.missing.failed"))
        return
    token_viewer(there, whole, shown, found.plan.unit, _training_length(found, shown))
    stretches(there, whole, found.plan.unit)
    continuations(found, shown, there)


def next_step(found: Snapshot) -> None:
    """The one thing to do next: what people say of the outputs; while it runs, wait."""
    page = "run" if found.status in MOVING else "review"
    if st.button(words(f"compare.to_{page}"), type="primary", key=f"to_{page}"):
        go(page)


def choose(found: Snapshot, shown: View) -> None:
    """Document, both arms, and which losses."""
    documents = {one.id: _document_name(one) for one in found.documents}
    arms = {
        arm.name: arm_words(arm_of(found, arm.name), found, language()) for arm in found.plan.arms
    }
    first, second, third = st.columns([4, 5, 5], gap="medium")
    with first:
        _selected("document", words("compare.document"), documents, shown.document)
    with second:
        _selected("a", words("compare.arm.a"), arms, shown.a)
    with third:
        _selected("b", words("compare.arm.b"), arms, shown.b)
    st.session_state["compare_reading"] = shown.reading
    st.segmented_control(
        words("compare.reading"),
        READINGS,
        format_func={one: words(f"compare.reading.{one}") for one in READINGS}.__getitem__,
        key="compare_reading",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: look(reading=st.session_state["compare_reading"]),
    )


def _document_name(document: DocumentResult) -> str:
    """Its name, and how B did on it, where that is known."""
    if document.delta is None:
        return document.name
    name = set_apart(document.name)
    return words("compare.document.name", name=name, delta=signed(document.delta))


def _selected(field: str, label: str, options: dict[str, str], current: str) -> None:
    """A choice that stands in the address under `field`; options: what each is called."""
    key = f"compare_{field}"
    st.session_state[key] = current

    def chosen() -> None:
        place = {"at": None, "upto": None, "point": None} if field == "document" else {}
        look(**{field: st.session_state[key], **place})

    names = told_apart(options)
    st.selectbox(label, list(options), format_func=names.__getitem__, key=key, on_change=chosen)


@st.cache_resource(show_spinner=False, max_entries=32)
def _overview(database: str, key: tuple[object, ...], _compared: Compared) -> Overview:
    """The whole of a document; tasks that are done do not change."""
    return _compared.overview()


def _summary(found: Snapshot, shown: View, there: Compared, whole: Overview) -> str:
    """What was read of the document, how, and what came out of it on the whole."""
    unit = found.plan.unit
    values = {
        "tokens": f"{whole.tokens:,}",
        "count": f"{whole.count:,}",
        "share": f"{100 * whole.tokens / whole.count:.3g}",
        "unit": unit,
    }
    values |= {"a": _policy(found, shown.a), "b": _policy(found, shown.b)}
    if there.context_length is None:
        how = words("compare.summary.start", **values)
    else:
        how = words("compare.summary.targets", length=f"{there.context_length:,}", **values)
    if whole.mean is None:
        return how
    better = words(f"compare.summary.{'b' if whole.mean > 0 else 'a'}")
    mean = words("compare.summary.mean", mean=signed(whole.mean), better=better, unit=unit)
    if not round(whole.mean, 3):
        mean = words("compare.summary.equal")
    broken = words("compare.summary.broken", n=whole.not_finite, unit=unit)
    return how + mean + (broken if whole.not_finite else "")


def _policy(found: Snapshot, name: str) -> str:
    arm = arm_of(found, name)
    return name if arm is None else policy_words(arm, language(), found.plan.unit)


def _training_length(found: Snapshot, shown: View) -> int:
    """Of B: what lies behind it is where the proposed method is said to help."""
    arm = arm_of(found, shown.b)
    assert arm is not None  # `view` gives arms of the plan
    return arm.training_length


if (run := run_id()) is None:
    heading(words("compare.title"), words("compare.lead"))
    no_evaluation()
else:
    compare(snapshot(run))
