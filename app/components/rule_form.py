"""The form of a plan, shared by the Plan and the Run page: the question, and what decides."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from planning import KINDS, TRAINING_LENGTHS, USUAL, Choice
from session import labels, open_store, words

from components.format import told_apart
from components.markup import Element, element, notice, section
from evaluations.model_list import own_pairs
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
    section(words("app.plan.question"))
    preset = st.radio(
        words("app.plan.question"),
        PRESETS,
        index=PRESETS.index(default.preset),
        format_func=labels("app.plan.preset", PRESETS).__getitem__,
        captions=[words(f"app.plan.preset.{preset}.why") for preset in PRESETS],
        key=f"{prefix}preset",
        label_visibility="collapsed",
    )
    section(words("app.plan.model"), words("app.plan.kind.why"))
    pair = choose_pair() if own else None
    kind, length = default.kind, default.training_length
    if pair is None:
        kind, length = choose_shipped(prefix, default)
    section(words("app.plan.depth"))
    depth = st.radio(
        words("app.plan.depth"),
        tuple(Depth),
        index=tuple(Depth).index(default.depth),
        format_func=labels("app.plan.depth", Depth).__getitem__,
        captions=[words(f"app.plan.depth.{depth}.why") for depth in Depth],
        key=f"{prefix}depth",
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
    kind = st.segmented_control(
        words("app.plan.kind"),
        KINDS,
        default=default.kind,
        format_func=labels("app.plan.kind", KINDS).__getitem__,
        key=f"{prefix}kind",
        required=True,
    )
    length = st.segmented_control(
        words("app.plan.length"),
        TRAINING_LENGTHS,
        default=default.training_length,
        format_func=in_bytes(TRAINING_LENGTHS).__getitem__,
        key=f"{prefix}training_length",
        required=True,
    )
    return kind, length


def choose_margins(rule: DecisionRule, lengths: Sequence[int], prefix: str = "") -> DecisionRule:
    """The length and the margins that decide, who decides, and when."""
    section(words("app.plan.rule"))
    first, second, third = st.container(), *st.columns(2, gap="medium", vertical_alignment="bottom")
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
    decider, date = st.columns(2, gap="medium")
    hint = words("app.plan.rule.hint")
    return rule.model_copy(
        update={
            "primary_length": primary,
            "margin": margin,
            "short_margin": short_margin,
            "decider": decider.text_input(
                words("app.plan.rule.decider"),
                value=rule.decider,
                max_chars=60,
                placeholder=hint,
                key=f"{prefix}decider",
            ),
            "date": date.text_input(
                words("app.plan.rule.date"),
                value=rule.date,
                max_chars=40,
                placeholder=hint,
                key=f"{prefix}date",
            ),
        }
    )


def choose_guardrails(rule: DecisionRule, prefix: str) -> DecisionRule:
    """How sure one wants to be, and what must not become worse."""
    section(words("app.rule.guardrails"), words("app.rule.guardrails.why"))
    sure, people = st.columns(2, gap="medium", vertical_alignment="bottom")
    time, memory = st.columns(2, gap="medium", vertical_alignment="bottom")
    levels = sorted({*CONFIDENCES, rule.confidence})
    confidence = sure.selectbox(
        words("app.rule.confidence"),
        levels,
        index=levels.index(rule.confidence),
        format_func=lambda level: f"{100 * level:g} %",
        key=f"{prefix}confidence",
        filter_mode=None,
    )
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
    points = people.number_input(
        words("app.rule.review_margin"),
        min_value=0.0,
        max_value=100 * HIGHEST["review_margin"],
        value=round(100 * rule.review_margin, 6),
        step=1.0,
        format="%g",
        key=f"{prefix}review_margin",
    )
    limits["review_margin"] = round(points / 100, 9)
    return rule.model_copy(update={"confidence": confidence, **limits})


def choose_kpis(rule: DecisionRule, prefix: str) -> DecisionRule:
    """The figures of the business that count; a line without a name is none."""
    section(words("app.rule.kpis"), words("app.rule.kpis.why"))
    shown = max(KPI_ROWS, len(rule.kpis))
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
        index=0 if kpi is None else DIRECTIONS.index(kpi.direction),
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
    if value is None:
        notice("warning", words("app.rule.kpi.incomplete", name=called.strip()))
        return None
    return Kpi(name=called.strip(), unit=counted.strip(), target=value, direction=side)


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


def rule_sentences(rule: DecisionRule, depth: Depth) -> Element:
    """The rule as sentences: what is about to be locked, or was."""
    values = {
        "length": rule.primary_length,
        "short": rule.short_length,
        "margin": f"{rule.margin:.3f}",
        "short_margin": f"{rule.short_margin:.3f}",
        "confidence": f"{100 * rule.confidence:g}",
    }
    keys = ["go", "no_go", "else"] + (["quick"] if depth is Depth.QUICK else [])
    sentences = [words(f"app.plan.rule.words.{key}", **values) for key in keys]
    return element(
        "div",
        *(element("p", sentence) for sentence in (*sentences, *_asked_beside(rule))),
        class_="lab-rule",
    )


def _asked_beside(rule: DecisionRule) -> list[str]:
    """What a rule asks for beside the quality of the predictions, and who decides."""
    limits = {"time": f"{rule.maximum_slowdown:g}", "memory": f"{rule.maximum_memory_ratio:g}"}
    found = [words("app.rule.words.guardrails", **limits)]
    found.append(words("app.rule.words.review", **review_numbers(rule)))
    if rule.documents is not None:
        found.append(words("app.rule.words.documents", n=rule.documents))
    for kpi in rule.kpis:
        values = {"name": kpi.name, "target": f"{kpi.target:,g}", "counted": kpi.unit}
        found.append(words(f"app.rule.words.kpi.{kpi.direction}", **values))
    for name in ("decider", "date"):
        if said := getattr(rule, name):
            found.append(words(f"app.rule.words.{name}", **{name: said}))
    return found
