"""The form of a plan in its steps: the question, the models, what decides.

The Plan page asks all of them, the Run page the first three, and of the third the margins alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from planning import KINDS, TRAINING_LENGTHS, USUAL, Choice
from session import labels, open_store, words

from components.format import told_apart
from components.markup import Element, draw, element, notice
from components.steps import step
from evaluations.model_list import own_pairs
from evaluations.numbers import about_characters, level, percent
from evaluations.plan import Pair
from evaluations.records import HIGHEST, MOST_KPIS, DecisionRule, Depth, Kpi, Preset
from evaluations.verdict import review_numbers

PRESETS = (Preset.BEST_ZERO, Preset.MATCHED, Preset.PAPER, Preset.OPERATIONS)
DIRECTIONS = ("at_least", "at_most")
CONFIDENCES = (0.9, 0.95, 0.99)
KPI_ROWS = 3
SHIPPED = ""  # in the list of pairs


def choose(prefix: str = "", default: Choice = USUAL, own: bool = False) -> Choice:
    """The question, the models and the depth, in plain words.

    Args:
        prefix: of the widgets' keys.
        default: what is chosen before somebody does.
        own: whether pairs of one's own are offered beside the shipped ones.
    """
    with step(1, words("app.plan.question")):
        preset = st.radio(
            words("app.plan.question"),
            PRESETS,
            index=PRESETS.index(default.preset),
            format_func=labels("app.plan.preset", PRESETS).__getitem__,
            captions=[words(f"app.plan.preset.{preset}.why") for preset in PRESETS],
            key=f"{prefix}preset",
            label_visibility="collapsed",
        )
    with step(2, words("app.plan.model")):
        pair = choose_pair() if own else None
        kind, length = default.kind, default.training_length
        if pair is None:
            kind, length = choose_shipped(prefix, default)
        depth = st.radio(
            words("app.plan.depth"),
            tuple(Depth),
            index=tuple(Depth).index(default.depth),
            format_func=labels("app.plan.depth", Depth).__getitem__,
            captions=[words(f"app.plan.depth.{depth}.why") for depth in Depth],
            key=f"{prefix}depth",
        )
    return Choice(preset, length, kind, depth, pair)


def choose_pair() -> Pair | None:
    """A pair of one's own where there is one; None: a shipped one."""
    own = {pair.proposed.source: pair for pair in own_pairs(open_store())}
    if not own:
        return None
    if (asked := st.session_state.pop("own_pair", None)) in own:
        st.session_state["pair"] = asked
    said = {
        source: words("app.plan.pair.own", proposed=one.proposed.name, zero=one.zero.name)
        for source, one in own.items()
    }
    names = told_apart(said, {source: source for source in own})
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


def choose_shipped(prefix: str, default: Choice) -> tuple[str, int]:
    """How the PROPOSED of the shipped pair was made, and its training length."""
    made, trained = st.columns([13, 5], gap="small")
    kind = made.segmented_control(
        words("app.plan.kind"),
        KINDS,
        default=default.kind,
        format_func=labels("app.plan.kind", KINDS).__getitem__,
        key=f"{prefix}kind",
        required=True,
    )
    length = trained.segmented_control(
        words("app.plan.length"),
        TRAINING_LENGTHS,
        default=default.training_length,
        format_func=in_bytes(TRAINING_LENGTHS).__getitem__,
        key=f"{prefix}training_length",
        required=True,
    )
    draw(element("p", words("app.plan.kind.why"), class_="lab-small"))
    return kind, length


def choose_criteria(
    rule: DecisionRule, lengths: Sequence[int], prefix: str = "", asks_all: bool = False
) -> DecisionRule:
    """The length and the margins that decide, in plain words below; who decides, and when.

    Args:
        asks_all: whether what must not become worse and the confidence are asked for as well.
    """
    hint = words("app.plan.rule.hint")
    with step(3, words("app.plan.rule")):
        first, second, third = st.columns(3, gap="medium", vertical_alignment="bottom")
        with first:
            primary = st.selectbox(
                words("app.plan.rule.primary"),
                lengths,
                index=lengths.index(rule.primary_length),
                format_func=in_bytes(lengths).__getitem__,
                key=f"{prefix}primary_{lengths}_{rule.primary_length}",
                filter_mode=None,
            )
        with second:
            margin = margin_input("margin", rule.margin, prefix)
        with third:
            short_margin = margin_input("short_margin", rule.short_margin, prefix)
        draw(element("p", _in_plain_words(primary, margin), class_="lab-small"))
        decider, date, *sure = st.columns(3 if asks_all else 2, gap="medium")
        who = decider.text_input(
            words("app.plan.rule.decider"),
            value=rule.decider,
            max_chars=60,
            placeholder=hint,
            key=f"{prefix}decider",
        )
        when = date.text_input(
            words("app.plan.rule.date"),
            value=rule.date,
            max_chars=40,
            placeholder=hint,
            key=f"{prefix}date",
        )
        confidence = rule.confidence
        for place in sure:
            with place:
                confidence = _choose_confidence(rule.confidence, prefix)
        if asks_all:
            rule = _choose_guardrails(rule, prefix)
    return rule.model_copy(
        update={
            "confidence": confidence,
            "primary_length": primary,
            "margin": margin,
            "short_margin": short_margin,
            "decider": who,
            "date": when,
        }
    )


def _in_plain_words(length: int, margin: float) -> str:
    """What the length is in Japanese characters, and the margin in perplexity per byte."""
    characters, fewer = about_characters(length), percent(1 - 2**-margin, 1)
    values = {"length": length, "characters": characters, "margin": margin, "fewer": fewer}
    return words("app.plan.rule.plain", **values)


def _choose_confidence(known: float, prefix: str) -> float:
    """How sure one wants to be."""
    levels = sorted({*CONFIDENCES, known})
    return st.selectbox(
        words("app.rule.confidence"),
        levels,
        index=levels.index(known),
        format_func=level,
        key=f"{prefix}confidence",
        filter_mode=None,
    )


def _choose_guardrails(rule: DecisionRule, prefix: str) -> DecisionRule:
    """What must not become worse."""
    draw(
        element("h3", words("app.rule.guardrails"), class_="lab-name lab-part"),
        element("p", words("app.rule.guardrails.why"), class_="lab-small"),
    )
    time, memory, review = st.columns(3, gap="medium", vertical_alignment="bottom")
    limits = {
        name: place.number_input(
            words(f"app.rule.{name}"),
            min_value=0.5,
            max_value=100.0,
            value=float(getattr(rule, name)),
            step=0.05,
            format="%.2f",
            key=f"{prefix}{name}",
        )
        for name, place in (("maximum_slowdown", time), ("maximum_memory_ratio", memory))
    }
    points = review.number_input(
        words("app.rule.review_margin"),
        min_value=0.0,
        max_value=100 * HIGHEST["review_margin"],
        value=round(100 * rule.review_margin, 6),
        step=1.0,
        format="%g",
        key=f"{prefix}review_margin",
    )
    limits["review_margin"] = round(points / 100, 9)
    return rule.model_copy(update=limits)


def choose_kpis(rule: DecisionRule, prefix: str) -> DecisionRule:
    """The figures of the business that count; a line without a name is none."""
    shown = max(KPI_ROWS, len(rule.kpis))
    with step(5, words("app.rule.kpis"), words("app.rule.kpis.why")):
        rows = [_kpi_row(i, rule.kpis, prefix) for i in range(min(shown, MOST_KPIS))]
    return rule.model_copy(update={"kpis": tuple(kpi for kpi in rows if kpi is not None)})


def _kpi_row(number: int, kpis: Sequence[Kpi], prefix: str) -> Kpi | None:
    kpi = kpis[number] if number < len(kpis) else None
    label = "visible" if number == 0 else "collapsed"
    name, direction, target, unit = st.columns([5, 3, 3, 2], gap="small")
    key = f"{prefix}kpi_{number}"
    called = name.text_input(
        words("app.rule.kpi.name"),
        value="" if kpi is None else kpi.name,
        max_chars=80,
        placeholder=words(f"app.rule.kpi.example.{number % KPI_ROWS + 1}"),
        key=f"{key}_name",
        label_visibility=label,
    )
    side = direction.selectbox(
        words("app.rule.kpi.direction"),
        DIRECTIONS,
        index=None if kpi is None else DIRECTIONS.index(kpi.direction),
        placeholder=words("app.rule.kpi.direction.choose"),
        format_func=labels("app.rule.kpi.direction", DIRECTIONS).__getitem__,
        key=f"{key}_direction",
        label_visibility=label,
        filter_mode=None,
    )
    value = target.number_input(
        words("app.rule.kpi.target"),
        value=None if kpi is None else kpi.target,
        format="%g",
        key=f"{key}_target",
        label_visibility=label,
    )
    counted = unit.text_input(
        words("app.rule.kpi.unit"),
        value="" if kpi is None else kpi.unit,
        max_chars=20,
        key=f"{key}_unit",
        label_visibility=label,
    )
    if not called.strip():
        return None
    if value is None or side is None:
        notice("warning", words("app.rule.kpi.incomplete", name=called.strip()))
        return None
    made = Kpi(name=called.strip(), unit=counted.strip(), target=value, direction=side)
    draw(element("p", kpi_sentence(made), class_="lab-small"))
    return made


def kpi_sentence(kpi: Kpi) -> str:
    """What a figure asks for: read back while it can still be changed."""
    values = {"name": kpi.name, "target": f"{kpi.target:,g}", "counted": kpi.unit}
    return words(f"app.rule.words.kpi.{kpi.direction}", **values)


def margin_input(name: str, value: float, prefix: str = "") -> float:
    """A margin in bits per byte."""
    return st.number_input(
        words(f"app.plan.rule.{name}"),
        min_value=0.0,
        max_value=1.0,
        value=value,
        step=0.005,
        format="%.3f",
        key=f"{prefix}{name}",
    )


def in_bytes(lengths: Sequence[int]) -> dict[int, str]:
    """What each length is called."""
    return {length: words("app.plan.length.value", length=f"{length:,}") for length in lengths}


def rule_sentences(rule: DecisionRule, depth: Depth, preset: Preset | None) -> Element:
    """The rule as sentences: what is about to be locked, or was."""
    sides = side_names(preset)
    values = {
        **sides,
        "length": rule.primary_length,
        "short": rule.short_length,
        "margin": f"{rule.margin:.3f}",
        "short_margin": f"{rule.short_margin:.3f}",
        "confidence": f"{100 * rule.confidence:g}",
        "characters": about_characters(rule.primary_length),
    }
    keys = ["go", "no_go", "else"] + (["quick"] if depth is Depth.QUICK else [])
    sentences = [words(f"app.plan.rule.words.{key}", **values) for key in keys]
    return element(
        "div",
        *(element("p", sentence) for sentence in (*sentences, *_asked_beside(rule, sides))),
        class_="lab-rule",
    )


def side_names(preset: Preset | None) -> dict[str, str]:
    """What A and B are called: of one checkpoint that reads in two ways nothing is PROPOSED."""
    kind = ".reading" if preset is Preset.OPERATIONS else ""
    return {side: words(f"app.rule.side.{side}{kind}") for side in ("a", "b")}


def _asked_beside(rule: DecisionRule, sides: dict[str, str]) -> list[str]:
    """What a rule asks for beside the quality of the predictions, and who decides."""
    limits = {"time": f"{rule.maximum_slowdown:g}", "memory": f"{rule.maximum_memory_ratio:g}"}
    found = [words("app.rule.words.guardrails", **limits, **sides)]
    found.append(words("app.rule.words.review", **review_numbers(rule), **sides))
    if rule.documents is not None:
        found.append(words("app.rule.words.documents", n=rule.documents))
    found += [kpi_sentence(kpi) for kpi in rule.kpis]
    for name in ("decider", "date"):
        if said := getattr(rule, name):
            found.append(words(f"app.rule.words.{name}", **{name: said}))
    return found
