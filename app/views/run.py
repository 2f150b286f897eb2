"""Run: start an evaluation, by a locked plan or a rule of its own; or watch one that is running."""

from __future__ import annotations

import streamlit as st
from choosing import ticked
from components.format import duration, moment, today, told_apart
from components.markup import draw, element, lead, notice, section
from components.rule_form import choose, choose_criteria, rule_sentences
from components.run_progress import run_progress
from planning import USUAL, amount_and_time, planned, planned_by, probe, probed
from session import choose_rule, go, language, open_store, rule_id, run_id, words
from starting import start

from evaluations.errors import EvaluationError, RefusedPlan
from evaluations.numbers import size
from evaluations.outputs import REQUESTS, OutputsRequest
from evaluations.plan import CheckpointError, PlannedRun
from evaluations.records import Depth, Document
from evaluations.rules import Rule, rules

OWN = ""
QUICK = USUAL._replace(depth=Depth.QUICK)  # who has locked nothing begins with a first look


def plan_page() -> None:
    """Everything that is fixed before the first byte is scored, and the button that locks it."""
    lead(words("app.plan.lead"))
    documents = chosen_documents()
    if not documents:
        notice("info", words("app.plan.no_documents"))
        if st.button(words("app.empty.to_data"), type="primary", key="to_data"):
            go("data")
        return
    left, right = st.columns([19, 10], gap="medium")
    with left:
        rule = choose_plan()
    try:
        with left:
            plan = planned_here(documents) if rule is None else planned_by(rule, documents)
            if rule is not None:
                show_plan(rule, plan)
    except CheckpointError as error:
        notice("error", words("app.checkpoint.unreadable", source=error.source))
        return
    except RefusedPlan as refused:
        with right:
            notice("warning", words("app.plan.refused"), refused.words(language()))
        return
    with right, st.container(border=True, key="lock"):
        lock(plan, documents, "" if rule is None else rule.name)


def choose_plan() -> Rule | None:
    """A plan that was locked before; None: what decides is chosen here."""
    locked = {rule.id: rule for rule in rules(open_store().database) if rule.locked is not None}
    if "own_pair" in st.session_state:  # somebody wants to compare it: a locked plan names others
        choose_rule(None)
    if not locked:
        return None
    section(words("app.rule.use"))
    names = told_apart({one: rule.name for one, rule in locked.items()})
    names[OWN] = words("app.rule.use.none")
    chosen = rule_id() or OWN
    st.session_state["rule_choice"] = chosen if chosen in locked else OWN
    st.selectbox(
        words("app.rule.use"),
        [*locked, OWN],
        format_func=names.__getitem__,
        key="rule_choice",
        filter_mode=None,
        label_visibility="collapsed",
        on_change=lambda: choose_rule(st.session_state["rule_choice"] or None),
    )
    return locked.get(chosen)


def planned_here(documents: list[Document]) -> PlannedRun:
    """The plan of what is chosen on this page."""
    choice = choose(default=QUICK, own=True)
    plan = planned(choice, documents)
    rule = choose_criteria(plan.plan.rule, plan.plan.lengths)
    return planned(choice, documents, rule)


def show_plan(rule: Rule, plan: PlannedRun) -> None:
    """What a locked plan asks, since when, and what decides in it."""
    assert rule.locked is not None
    preset = rule.plan.preset
    if preset is not None:
        draw(
            element("p", words(f"app.plan.preset.{preset}"), class_="lab-name"),
            element("p", words(f"app.plan.preset.{preset}.why"), class_="lab-note"),
        )
    when = words("app.rule.locked.since", when=moment(rule.locked), hash=rule.hash[:16])
    draw(element("p", when, class_="lab-note"))
    draw(rule_sentences(plan.plan.rule, plan.plan.depth, plan.plan.preset))
    if st.button(words("app.rule.look"), key="look_rule", type="tertiary"):
        go("plan")


def lock(plan: PlannedRun, documents: list[Document], rule: str) -> None:
    """What is about to be fixed, in words, and the button that does it.

    Args:
        rule: name of the locked plan, beside which stands what decides; empty: there is none.
    """
    kind = "locked" if rule else "own"
    draw(element("h2", words(f"app.plan.lock.{kind}"), class_="lab-section"))
    name = choose_name(rule)
    show_documents(documents)
    show_work(plan)
    outputs = choose_outputs(plan.plan.depth)
    label = words(f"app.plan.start.{kind}")
    if st.button(label, type="primary", key="start", width="stretch"):
        with st.spinner(words("app.plan.starting")):
            run = start(name, plan, outputs)
        go("run", run)
    if not rule:
        draw(rule_sentences(plan.plan.rule, plan.plan.depth, plan.plan.preset))


def choose_outputs(depth: Depth) -> OutputsRequest | None:
    """Whether both also write on, once the losses are there, and how much; None: no."""
    usual = REQUESTS[depth]
    wanted = usual or OutputsRequest()
    sizes = {"documents": wanted.documents, "items": wanted.items}
    asked = st.checkbox(
        words("app.plan.outputs"),
        value=usual is not None,
        key=f"outputs_{depth}",
        help=words("app.plan.outputs.why", **sizes),
    )
    return wanted if asked else None


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


def choose_name(plan: str) -> str:
    """What the evaluation is called.

    Args:
        plan: name of its plan; empty: it has none.
    """
    default = f"{plan} {today()}" if plan else words("app.plan.name.default", date=today())
    name = st.text_input(
        words("app.plan.name"),
        value=default,
        max_chars=120,
        key=f"name_{rule_id()}" if plan else "name",
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
