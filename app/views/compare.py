"""Compare: where in a document one arm predicts better, token by token, and what both write.

It begins with the document on which B is worst: what speaks against a change is found first.
"""

from __future__ import annotations

import streamlit as st
from components.continuations import continuations
from components.empty import no_evaluation
from components.format import set_apart, told_apart
from components.markup import draw, element, lead, notice
from components.stretches import stretches
from components.token_viewer import token_viewer
from components.verdict_card import is_withheld
from looking import WORST, View, look, view, worst_first
from session import go, language, open_store, run_id, settings, snapshot, words

from evaluations.charts import arm_of, short_arm_words, shortened
from evaluations.comparing import READINGS, Compared, Missing, compared
from evaluations.numbers import plain, way
from evaluations.records import MOVING, DocumentResult, Snapshot
from evaluations.reports.content import arm_words
from evaluations.token_view import Overview

NAME_COLUMNS = 34  # of a document in the list; the whole name stands below it
WHY_MISSING = {
    "erased": ("warning", "compare.missing.erased"),
    "too_short": ("info", "compare.missing.too_short"),
    "failed": ("warning", "compare.missing.failed"),
    "waiting": ("info", "compare.missing.waiting"),
}


def compare(found: Snapshot) -> None:
    """One document of an evaluation under two arms."""
    if is_withheld(found):
        notice("warning", words("compare.withheld"))
        if st.button(words("compare.to_results"), type="primary", key="to_results"):
            go("results")
        return
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
    shown = placed(shown, whole)
    draw(element("p", _summary(found, shown, there, whole), class_="lab-note"))
    if not whole.tokens:
        notice("info", words("compare.missing.failed"))
        return
    token_viewer(there, whole, shown, found.plan.unit, _training_length(found, shown))
    stretches(there, whole, found.plan.unit)
    continuations(found, shown, there)


def placed(shown: View, whole: Overview) -> View:
    """What is looked at, with the place where B is worst where that was asked for."""
    if not shown.is_worst:
        return shown
    if not whole.losses:
        notice("info", words("compare.worst.none"))
        return shown._replace(upto=0)
    return shown._replace(at=whole.losses[0].start, upto=whole.losses[0].stop)


def next_step(found: Snapshot) -> None:
    """The one thing to do next: what people say of the outputs; while it runs, wait."""
    page = "run" if found.status in MOVING else "review"
    if st.button(words(f"compare.to_{page}"), type="primary", key=f"to_{page}"):
        go(page)


def choose(found: Snapshot, shown: View) -> None:
    """Document, both arms, and which losses; each in few words, and below them in full."""
    documents = {one.id: _document_name(one) for one in worst_first(found)}
    arms = {arm.name: short_arm_words(arm, found, language()) for arm in found.plan.arms}
    first, second, third = st.columns([5, 4, 4], gap="medium")
    with first:
        _selected("document", words("compare.document"), documents, shown.document)
    with second:
        _selected("a", words("compare.arm.a"), arms, shown.a)
    with third:
        _selected("b", words("compare.arm.b"), arms, shown.b)
    said = [_in_full(found, shown)]
    if len(documents) > 1 and shown.document == next(iter(documents)):
        said.append(words("compare.document.order"))
    draw(*(element("p", one, class_="lab-small") for one in said))
    reading, action = st.columns([3, 2], vertical_alignment="center")
    st.session_state["compare_reading"] = shown.reading
    with reading:
        st.segmented_control(
            words("compare.reading"),
            READINGS,
            format_func={one: words(f"compare.reading.{one}") for one in READINGS}.__getitem__,
            key="compare_reading",
            required=True,
            label_visibility="collapsed",
            on_change=lambda: look(reading=st.session_state["compare_reading"]),
        )
    with action, st.container(horizontal=True, horizontal_alignment="right"):
        st.button(
            words("compare.worst"),
            help=words("compare.worst.why"),
            key="to_worst",
            on_click=look,
            kwargs={"document": worst_first(found)[0].id, "at": WORST, "upto": None, "point": None},
        )
        next_step(found)


def _document_name(document: DocumentResult) -> str:
    """Its name, shortened in the middle, and how B did on it, where that is known."""
    name = shortened(document.name, NAME_COLUMNS)
    if document.delta is None:
        return name
    better = better_words(-document.delta)
    return words("compare.document.name", name=set_apart(name), better=better)


def better_words(gain: float, key: str = "compare.b", **values: object) -> str:
    """By how much B is better or worse, in words instead of a sign.

    Args:
        gain: of B, in the unit that the sentence names.
        key: of the sentence, without `.better`, `.worse` or `.same`.
        values: its other fields.
    """
    return words(f"{key}.{way(-gain)}", amount=plain(abs(gain)), **values)


def _in_full(found: Snapshot, shown: View) -> str:
    """What the three choices stand for, with nothing left out."""
    document = next(one.name for one in found.documents if one.id == shown.document)
    a, b = (arm_words(arm_of(found, name), found, language()) for name in (shown.a, shown.b))
    return words("compare.in_full", document=set_apart(document), a=a, b=b)


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
    if there.context_length is None:
        how = words("compare.summary.start", **values)
    else:
        how = words("compare.summary.targets", length=f"{there.context_length:,}", **values)
    if whole.mean is None:
        return how
    mean = better_words(whole.mean, "compare.summary", unit=unit)
    broken = words("compare.summary.broken", n=whole.not_finite, unit=unit)
    depth = words(f"app.plan.depth.{found.plan.depth}")
    rest = words(f"compare.summary.rest.{shown.reading}", depth=depth)
    return "".join(
        (
            how,
            mean,
            broken if whole.not_finite else "",
            rest if whole.tokens < whole.count else "",
        )
    )


def _training_length(found: Snapshot, shown: View) -> int:
    """Of B: what lies behind it is where the proposed method is said to help."""
    arm = arm_of(found, shown.b)
    assert arm is not None  # `view` gives arms of the plan
    return arm.training_length


if (run := run_id()) is None:
    lead(words("compare.lead"))
    no_evaluation()
else:
    compare(snapshot(run))
