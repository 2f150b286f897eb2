"""How many documents a plan needs, and how long each must be, said before anything is run."""

from __future__ import annotations

import streamlit as st
from planning import Choice
from session import open_store, snapshot, words

from components.markup import draw, element
from components.steps import step
from evaluations.numbers import size
from evaluations.paired import EXACT_UNITS, minimum_units
from evaluations.plan import document_needs
from evaluations.records import DecisionRule, Snapshot


def hints(choice: Choice, rule: DecisionRule, prefix: str) -> DecisionRule:
    """The number of documents that the plan asks for, with what is known about how many it takes.

    Args:
        choice: question, models and depth.
        rule: what decides, as chosen so far.
        prefix: of the widgets' keys.
    """
    with step(4, words("app.rule.documents")):
        needs = document_needs(
            choice.preset, choice.training_length, rule.primary_length, choice.depth
        )
        minimum = minimum_units(rule.confidence)
        sentences = [
            words("app.rule.documents.each", size=size(needs)),
            words("app.rule.documents.usual", minimum=minimum, enough=EXACT_UNITS),
            *_from_pilot(rule),
        ]
        draw(*(element("p", sentence, class_="lab-small") for sentence in sentences))
        wanted = st.columns([1, 2])[0].number_input(
            words("app.rule.documents.number"),
            min_value=minimum,
            max_value=100_000,
            value=None if rule.documents is None else max(minimum, rule.documents),
            placeholder=words("app.rule.documents.least", n=minimum),
            key=f"{prefix}documents",
        )
    return rule.model_copy(update={"documents": None if wanted is None else int(wanted)})


def _from_pilot(rule: DecisionRule) -> list[str]:
    """What the last finished evaluation says about the number; it was simulated when it ended."""
    pilot = _pilot()
    if pilot is None:
        return [words("app.rule.power.none")]
    found = [
        words(
            "app.rule.power.effect",
            n=one.units,
            distance=f"{abs(one.effect):.3f}",
            total=f"{rule.margin + abs(one.effect):.3f}",
        )
        for one in pilot.detectable
    ]
    return [words("app.rule.power", name=pilot.name), *found]


def _pilot() -> Snapshot | None:
    """The last finished evaluation for which the smallest detectable effect is known."""
    done = [run.id for run in open_store().runs() if run.outcome is not None]
    for run in done[:3]:
        found = snapshot(run)
        if found.detectable:
            return found
    return None
