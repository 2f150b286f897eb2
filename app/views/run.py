"""Run: plan a new evaluation and lock what decides; or watch one that is running."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from choosing import ticked
from components.format import duration, size, today
from components.markup import draw, element, heading, notice, section
from components.run_progress import run_progress
from planning import (
    KINDS,
    TRAINING_LENGTHS,
    Choice,
    amount_and_time,
    planned,
    probe,
    probed,
)
from session import go, labels, language, open_store, run_id, words
from starting import start

from evaluations.errors import EvaluationError, RefusedPlan
from evaluations.model_list import own_pairs
from evaluations.plan import CheckpointError, Pair, PlannedRun
from evaluations.records import DecisionRule, Depth, Document, Preset

SHIPPED = ""  # in the list of pairs
PRESETS = (Preset.BEST_ZERO, Preset.MATCHED, Preset.PAPER, Preset.OPERATIONS)


def plan_page() -> None:
    """Everything that is fixed before the first byte is scored, and the button that locks it."""
    heading(words("app.plan.title"), words("app.plan.lead"))
    documents = chosen_documents()
    if not documents:
        notice("info", words("app.plan.no_documents"))
        if st.button(words("app.empty.to_data"), type="primary", key="to_data"):
            go("data")
        return
    left, right = st.columns([11, 8], gap="large")
    with left:
        choice = choose()
    try:
        plan = planned(choice, documents)
    except CheckpointError as error:
        notice("error", words("app.checkpoint.unreadable", source=error.source))
        return
    except RefusedPlan as refused:
        with right:
            notice("warning", words("app.plan.refused"), refused.words(language()))
        return
    with left:
        plan = planned(choice, documents, choose_rule(plan))
        name = choose_name()
    with right, st.container(border=True, key="lock"):
        lock(plan, documents, name)


def lock(plan: PlannedRun, documents: list[Document], name: str) -> None:
    """What is about to be fixed, in words, and the button that does it."""
    draw(element("h3", words("app.plan.lock"), class_="lab-cardtitle"))
    show_documents(documents)
    show_work(plan)
    show_rule(plan)
    if st.button(words("app.plan.start"), type="primary", key="start", width="stretch"):
        with st.spinner(words("app.plan.starting")):
            run = start(name, plan)
        go("run", run)


def chosen_documents() -> list[Document]:
    """The ticked documents."""
    stored = open_store().documents()
    chosen = set(ticked(stored))
    return [document for document in stored if document.id in chosen]


def show_documents(documents: list[Document]) -> None:
    """What is evaluated, and the way back to choose again."""
    with st.container(horizontal=True, vertical_alignment="center"):
        total = size(sum(document.bytes for document in documents))
        draw(
            element(
                "p", words("app.plan.documents", n=len(documents), size=total), class_="lab-text"
            )
        )
        if st.button(words("app.plan.change"), type="tertiary", key="change"):
            go("data")


def choose() -> Choice:
    """The question, the models and the depth, in plain words."""
    section(words("app.plan.question"))
    preset = st.radio(
        words("app.plan.question"),
        PRESETS,
        format_func=labels("app.plan.preset", PRESETS).__getitem__,
        captions=[words(f"app.plan.preset.{preset}.why") for preset in PRESETS],
        key="preset",
        label_visibility="collapsed",
    )
    section(words("app.plan.model"), words("app.plan.kind.why"))
    if (pair := choose_pair()) is None:
        kind, length = choose_shipped()
    else:
        kind, length = KINDS[0], TRAINING_LENGTHS[0]
    section(words("app.plan.depth"))
    depth = st.radio(
        words("app.plan.depth"),
        tuple(Depth),
        format_func=labels("app.plan.depth", Depth).__getitem__,
        captions=[words(f"app.plan.depth.{depth}.why") for depth in Depth],
        key="depth",
        label_visibility="collapsed",
    )
    return Choice(preset, length, kind, depth, pair)


def choose_pair() -> Pair | None:
    """A pair of one's own where there is one; None: a shipped one."""
    own = {pair.proposed.source: pair for pair in own_pairs(open_store())}
    if not own:
        return None
    if (asked := st.session_state.pop("own_pair", None)) in own:
        st.session_state["pair"] = asked
    names = {
        source: words("app.plan.pair.own", proposed=one.proposed.name, zero=one.zero.name)
        for source, one in own.items()
    }
    names[SHIPPED] = words("app.plan.pair.shipped")
    chosen = st.selectbox(
        words("app.plan.pair"),
        [SHIPPED, *own],
        format_func=names.__getitem__,
        key="pair",
        filter_mode=None,
    )
    if chosen == SHIPPED:
        return None
    return Pair(zero=own[chosen].zero.source, proposed=chosen)


def choose_shipped() -> tuple[str, int]:
    """How the PROPOSED of the shipped pair was made, and its training length."""
    kind = st.segmented_control(
        words("app.plan.kind"),
        KINDS,
        default=KINDS[0],
        format_func=labels("app.plan.kind", KINDS).__getitem__,
        key="kind",
        required=True,
    )
    length = st.segmented_control(
        words("app.plan.length"),
        TRAINING_LENGTHS,
        default=TRAINING_LENGTHS[0],
        format_func=in_bytes(TRAINING_LENGTHS).__getitem__,
        key="training_length",
        required=True,
    )
    return kind, length


def show_work(plan: PlannedRun) -> None:
    """How many documents count, how much is read, and how long that should take."""
    parts = [part.role for part in plan.run_documents]
    sentences = []
    if parts.count("calibration"):
        values = {"n": parts.count("calibration"), "scored": parts.count("scored")}
        sentences.append(words("app.plan.calibration", **values))
    else:
        sentences.append(words("app.plan.scored", scored=parts.count("scored")))
    if parts.count("too_short"):
        sentences.append(words("app.plan.short", n=parts.count("too_short")))
    draw(*(element("p", sentence, class_="lab-small") for sentence in sentences))
    show_estimate(plan)


def show_estimate(plan: PlannedRun) -> None:
    """What a short probe says; until there is one, what is known without it, and the button."""
    amount, seconds = amount_and_time(plan)
    estimate = probed(plan)
    if estimate is not None:
        said = words(
            "app.plan.estimate.probed",
            amount=size(amount),
            duration=duration(estimate.seconds),
            memory=size(estimate.memory),
            processes=estimate.processes,
            device=estimate.device,
        )
        note = words("app.plan.estimate.probed.note")
        draw(*(element("p", sentence, class_="lab-small") for sentence in (said, note)))
        return
    draw(element("p", work_words(amount, seconds), class_="lab-small"))
    is_empty = all(part.role == "too_short" for part in plan.run_documents)
    label = words("app.plan.estimate.button")
    if st.button(label, key="probe", disabled=is_empty):
        try:
            with st.spinner(words("app.plan.estimate.measuring")):
                probe(plan)
        except EvaluationError as error:
            notice("warning", error.words(language()))
            return
        st.rerun()


def choose_rule(plan: PlannedRun) -> DecisionRule:
    """The editable parts of the decision rule."""
    section(words("app.plan.rule"))
    rule, lengths = plan.plan.rule, plan.plan.lengths
    first, second, third = st.container(), *st.columns(2, gap="medium", vertical_alignment="bottom")
    with first:
        primary = st.selectbox(
            words("app.plan.rule.primary"),
            lengths,
            index=lengths.index(rule.primary_length),
            format_func=in_bytes(lengths).__getitem__,
            key=f"primary_{lengths}_{rule.primary_length}",
            filter_mode=None,
        )
    with second:
        margin = margin_input("margin", rule.margin)
    with third:
        short_margin = margin_input("short_margin", rule.short_margin)
    decider, date = st.columns(2, gap="medium")
    hint = words("app.plan.rule.hint")
    return rule.model_copy(
        update={
            "primary_length": primary,
            "margin": margin,
            "short_margin": short_margin,
            "decider": decider.text_input(
                words("app.plan.rule.decider"), max_chars=60, placeholder=hint, key="decider"
            ),
            "date": date.text_input(
                words("app.plan.rule.date"), max_chars=40, placeholder=hint, key="date"
            ),
        }
    )


def in_bytes(lengths: Sequence[int]) -> dict[int, str]:
    """What each length is called."""
    return {length: words("app.plan.length.value", length=f"{length:,}") for length in lengths}


def margin_input(name: str, value: float) -> float:
    """A margin in bits per byte."""
    return st.number_input(
        words(f"app.plan.rule.{name}"),
        min_value=0.0,
        max_value=1.0,
        value=value,
        step=0.005,
        format="%.3f",
        key=name,
    )


def show_rule(plan: PlannedRun) -> None:
    """The rule as sentences: what is about to be locked."""
    rule = plan.plan.rule
    values = {
        "length": rule.primary_length,
        "short": rule.short_length,
        "margin": f"{rule.margin:.3f}",
        "short_margin": f"{rule.short_margin:.3f}",
        "confidence": f"{100 * rule.confidence:g}",
    }
    keys = ["go", "no_go", "else"] + (["quick"] if plan.plan.depth is Depth.QUICK else [])
    draw(
        element(
            "div",
            *(element("p", words(f"app.plan.rule.words.{key}", **values)) for key in keys),
            class_="lab-rule",
        )
    )


def choose_name() -> str:
    """What the evaluation is called."""
    default = words("app.plan.name.default", date=today())
    section(words("app.plan.name"))
    name = st.text_input(
        words("app.plan.name"),
        value=default,
        max_chars=120,
        key="name",
        label_visibility="collapsed",
    )
    return name.strip() or default


def work_words(amount: int, seconds: float | None) -> str:
    """How much is read and how long that should take."""
    if seconds is None:
        return words("app.plan.estimate.first", amount=size(amount))
    return words("app.plan.estimate", amount=size(amount), duration=duration(seconds))


if (run := run_id()) is None:
    plan_page()
else:
    run_progress(run)
