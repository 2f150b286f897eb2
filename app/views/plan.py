"""Plan: what will decide, in plain words, saved as a draft and then locked before any data."""

from __future__ import annotations

import streamlit as st
from components.format import moment, today, told_apart
from components.markup import badge, draw, element, heading, notice
from components.plan_hints import hints
from components.rule_form import (
    choose,
    choose_criteria,
    choose_kpis,
    rule_sentences,
)
from planning import USUAL, choice_of
from session import choose_rule, failures_in_words, go, open_store, rule_id, words

from evaluations import rules
from evaluations.errors import UnknownRule
from evaluations.plan import PlanFile, default_rule
from evaluations.records import Depth
from evaluations.rules import Rule

NEW = ""


def choose_saved(saved: list[Rule]) -> None:
    """The plans that are there, and a new one."""
    names = {rule.id: label(rule) for rule in saved}
    current = rule_id()
    if current is not None and current not in names:  # archived: its address still opens it
        names = {current: label(rules.find(open_store().database, current)), **names}
    names = told_apart(names)
    names[NEW] = words("app.rule.new")
    st.session_state["saved_choice"] = current or NEW
    st.selectbox(
        words("app.rule.saved"),
        [NEW, *(one for one in names if one != NEW)],
        format_func=names.__getitem__,
        key="saved_choice",
        filter_mode=None,
        on_change=lambda: choose_rule(st.session_state["saved_choice"] or None),
    )


def label(rule: Rule) -> str:
    """A plan in the list: its name and how it stands."""
    return words("app.rule.saved.one", name=rule.name, state=words(f"app.rule.{state_of(rule)}"))


def state_of(rule: Rule) -> str:
    """Open, locked or archived."""
    if rule.archived:
        return "archived"
    return "open" if rule.locked is None else "locked"


def edit(rule: Rule | None) -> None:
    """The form of a plan that may still be changed."""
    prefix = f"rule_{NEW if rule is None else rule.id}_"
    choice = USUAL if rule is None else choice_of(rule.plan)
    if choice is None:
        notice("warning", words("app.rule.beyond"))
        choice = USUAL
    left, right = st.columns([19, 10], gap="medium")
    with left:
        chosen = choose(prefix, choice)
        usual = default_rule(chosen.lengths, chosen.training_length)
        known = usual if rule is None else rule.decision
        if known.primary_length not in chosen.lengths:
            known = known.model_copy(update={"primary_length": usual.primary_length})
        known = known.model_copy(update={"short_length": usual.short_length})
        decision = choose_criteria(known, chosen.lengths, prefix, asks_all=True)
        decision = hints(chosen, decision, prefix)
        decision = choose_kpis(decision, prefix)
    with right, st.container(border=True, key="lock"):
        draw(element("h2", words("app.plan.lock.own"), class_="lab-section"))
        name = choose_name(rule, prefix)
        draw(
            element("p", words(f"app.plan.preset.{chosen.preset}"), class_="lab-name"),
            rule_sentences(decision, chosen.depth, chosen.preset),
        )
        with failures_in_words(), st.container(key="lock_now"):
            keep(rule, name, chosen.file(decision))


def choose_name(rule: Rule | None, prefix: str) -> str:
    """What the plan is called."""
    default = words("app.rule.name.default", date=today()) if rule is None else rule.name
    name = st.text_input(words("app.rule.name"), value=default, max_chars=80, key=f"{prefix}name")
    return name.strip() or default


def keep(rule: Rule | None, name: str, plan: PlanFile) -> None:
    """The two ways to keep a plan, with what locking means beside the button."""
    database = open_store().database
    known = None if rule is None else rule.id
    if plan.depth is Depth.QUICK:
        notice("warning", words("app.rule.quick"))
    draw(element("p", words("app.rule.lock.means"), class_="lab-small"))
    if st.button(words("app.rule.lock"), type="primary", key="lock_rule", width="stretch"):
        made = rules.save(database, name, plan, known)
        rules.lock(database, made)
        choose_rule(made)
        st.rerun()
    if st.button(words("app.rule.save"), key="save_rule", width="stretch"):
        choose_rule(rules.save(database, name, plan, known))
        st.session_state["rule_saved"] = True
        st.rerun()
    if st.session_state.pop("rule_saved", False):
        notice("good", words("app.rule.saved.done"))
    if rule is not None:
        put_away(rule)
    elif st.button(words("app.rule.without"), key="without", type="tertiary"):
        go("data", new=True)


def show(rule: Rule) -> None:
    """A plan that is locked: what it says, what it is for next, and what can be done with it."""
    assert rule.locked is not None
    left, right = st.columns([11, 8], gap="large")
    with left:
        tone = "half" if rule.archived else "good"
        draw(
            element(
                "div",
                element("span", rule.name, class_="lab-name"),
                " ",
                badge(words(f"app.rule.{state_of(rule)}"), tone),
            ),
            element("p", words(f"app.plan.preset.{rule.plan.preset}"), class_="lab-text"),
            element("p", words(f"app.plan.preset.{rule.plan.preset}.why"), class_="lab-note"),
            rule_sentences(rule.decision, rule.plan.depth or Depth.STANDARD, rule.plan.preset),
        )
    with right, st.container(border=True, key="lock"):
        since = {"when": moment(rule.locked), "hash": rule.hash[:16]}
        draw(
            element("h3", words("app.rule.is_locked"), class_="lab-cardtitle"),
            element("p", words("app.rule.locked.since", **since), class_="lab-small"),
            element("p", words("app.rule.locked.means"), class_="lab-small"),
        )
        if not rule.archived and st.button(
            words("app.rule.next"), type="primary", key="next", width="stretch"
        ):
            go("data", new=True)
        if st.button(words("app.rule.copy"), key="copy_rule", width="stretch"):
            name = words("app.rule.copy.name", name=rule.name)
            choose_rule(rules.copy(open_store().database, rule.id, name))
            st.rerun()
        with st.expander(words("app.pages.beside")):
            st.download_button(
                words("app.rule.file"), rule.text, "plan.json", "application/json", width="stretch"
            )
            put_away(rule)


def put_away(rule: Rule) -> None:
    """Out of the list, or back."""
    key = "app.rule.unarchive" if rule.archived else "app.rule.archive"
    if st.button(words(key), key="archive_rule", type="tertiary"):
        rules.archive(open_store().database, rule.id, not rule.archived)
        if not rule.archived:
            choose_rule(None)
        st.rerun()


heading(words("app.rule.title"), words("app.rule.lead"))
saved = rules.rules(open_store().database)
current = rule_id()
found = None
try:
    found = None if current is None else rules.find(open_store().database, current)
except UnknownRule:
    notice("warning", words("app.rule.gone"))
    choose_rule(None)
if saved or found is not None:
    choose_saved(saved)
if found is not None and found.locked is not None:
    show(found)
else:
    edit(found)
