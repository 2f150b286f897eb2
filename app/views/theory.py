"""Theory: length extension as polynomial extrapolation, in a model small enough to compute live."""

from __future__ import annotations

import numpy as np
import streamlit as st
from components.markup import Element, draw, element, heading, section, table
from components.quality_chart import in_page, theme
from session import go, language, run_id, words

from evaluations.numbers import percent
from evaluations.theory import CARRIED_WINDOWS, Illustration, Setting, illustrate
from evaluations.theory_charts import LINES, memory_chart, missed_chart

SEED = 2406
LENGTHS = (4, 8, 16, 32, 64, 128)
USUAL = Setting()
FAR_OFF = 1_000  # percent: beyond it the number says no more
CLASSES = {"truth": "truth", "zero": "a", "carried": "b"}


def theory() -> None:
    """The idea, the sliders with both charts, the formulas, and what is claimed by whom."""
    heading(words("app.theory.title"), words("app.theory.lead"))
    section(words("app.theory.idea"))
    draw(_list("app.theory.idea", 3, "ol"))
    section(words("app.theory.try"))
    setting = _setting()
    found = illustrate(setting, np.random.default_rng(SEED))
    draw(element("p", _said(found, setting), class_="lab-name"), _legend())
    _charts(found, setting)
    with st.expander(words("app.theory.table"), key="theory_table"):
        draw(_table(found))
    section(words("app.theory.formulas"))
    _formulas()
    section(words("app.theory.faithful"))
    draw(element("p", words("app.theory.paper"), class_="lab-text"))
    draw(_list("app.theory.paper", 4, "ol"), _list("app.theory.ours", 4, "ul"))
    is_open = run_id() is not None
    label = words("app.theory.to_results" if is_open else "app.list.begin.plan")
    if st.button(label, type="primary", key="to_results" if is_open else "to_plan"):
        go("results" if is_open else "plan")


def _setting() -> Setting:
    """What the reader chooses."""
    left, right = st.columns(2, gap="large")
    with left:
        length = st.select_slider(
            words("app.theory.training_length"),
            LENGTHS,
            value=USUAL.training_length,
            key="theory_length",
        )
        decay = st.slider(words("app.theory.decay"), 0.6, 2.0, USUAL.decay, 0.1, key="theory_decay")
    with right:
        states = st.slider(words("app.theory.states"), 1, 10, USUAL.states, key="theory_states")
        noise = st.slider(
            words("app.theory.noise"),
            0.0,
            0.05,
            USUAL.noise,
            0.005,
            format="%.3f",
            key="theory_noise",
        )
    return Setting(length, decay, states, noise)


def _said(found: Illustration, setting: Setting) -> str:
    """The finding as a sentence, from the numbers in view."""
    at = [int(np.searchsorted(found.lengths, n)) for n in (setting.training_length, found.age)]
    zero, carried = found.zero_error[at], found.carried_error[at]
    key = "extrapolates" if zero[1] > 1.2 * carried[1] else "same"
    return words(
        f"app.theory.said.{key}",
        length=setting.training_length,
        age=found.age,
        zero_at=_percent(zero[0]),
        carried_at=_percent(carried[0]),
        zero_far=_percent(zero[1]),
        carried_far=_percent(carried[1]),
    )


def _charts(found: Illustration, setting: Setting) -> None:
    left, right = st.columns(2, gap="large")
    drawn = {"memory": (left, memory_chart), "missed": (right, missed_chart)}
    for kind, (column, chart) in drawn.items():
        with column:
            draw(element("p", words(f"app.theory.{kind}"), class_="lab-name"))
            made = chart(found, setting.training_length, language(), theme())
            st.vega_lite_chart(
                in_page(made.to_dict()), theme=None, width="stretch", key=f"theory_{kind}"
            )
    notes = (words("app.theory.missed.why"), words("app.theory.clipped"))
    draw(*(element("p", note, class_="lab-note") for note in notes))


def _legend() -> Element:
    lines = [
        element(
            "span",
            element("span", "", class_=f"lab-line {CLASSES[name]}", aria_hidden="true"),
            words(f"theory.line.{name}"),
        )
        for name in LINES
    ]
    return element("div", *lines, class_="lab-legend")


def _table(found: Illustration) -> Element:
    """What stands behind the charts, at every power of two."""
    weight, missed = words("theory.axis.memory.y"), words("theory.axis.missed.y")
    zero, carried = words("theory.line.zero"), words("theory.line.carried")
    header = [
        words("theory.axis.missed.x"),
        f"{weight}: {words('theory.line.truth')}",
        *(f"{what}: {line}" for what in (weight, missed) for line in (zero, carried)),
    ]
    last = len(found.lags) - 1
    rows: list[list[object]] = [
        [
            f"{n:,}",
            *(f"{line[min(n, last)]:.3g}" for line in (found.truth, found.zero, found.carried)),
            *(f"{100 * line[k]:.3g}" for line in (found.zero_error, found.carried_error)),
        ]
        for k, n in enumerate(found.lengths.tolist())
    ]
    return table(header, rows, numeric=set(range(6)), class_="lab-theory")


def _formulas() -> None:
    for name, formula in (
        ("state", r"h_t = \Lambda h_{t-1} + B u_t, \qquad y_t = C h_t"),
        ("polynomial", r"h_T = \Lambda^T h_0 + \sum_{k=0}^{T-1} \Lambda^k B\, u_{T-k}"),
        (
            "loss",
            r"L = \sum_{k<S} \left(1 - \frac{k}{S}\right)"
            r"\bigl(\rho(k) - \rho^*(k)\bigr)^2 + \mathrm{const},"
            r"\qquad \rho(k) = C \Lambda^k B",
        ),
    ):
        why = words(f"app.theory.formula.{name}", windows=CARRIED_WINDOWS)
        draw(element("p", why, class_="lab-text"))
        st.latex(formula)


def _list(key: str, count: int, tag: str) -> Element:
    lines = (element("li", words(f"{key}.{number}")) for number in range(1, count + 1))
    return element(tag, *lines, class_="lab-steps")


def _percent(share: float) -> str:
    if 100 * share > FAR_OFF:
        return words("app.theory.far_off", limit=f"{FAR_OFF:,}")
    return percent(share, 0 if share >= 0.1 else 1)


theory()
