"""What came out of the business figures: entered after the run, each with who and when."""

from __future__ import annotations

import streamlit as st
from session import failures_in_words, language, open_store, state, words

from components.format import moment
from components.markup import as_label, draw, element, section, table
from evaluations import entries, kpis
from evaluations.records import Kpi, Snapshot
from evaluations.reports.content import late_kpi_words

IN_A_ROW = 5  # fields that can be read beside each other, the author's name among them


def kpi_form(found: Snapshot) -> None:
    """A field per figure of the rule and of its amendment, and what was entered before."""
    figures = kpis.asked_for(found)
    if not figures:
        return
    section(words("app.kpi.title"), words("app.kpi.why"))
    actuals = {one.name: one.actual for one in found.kpi_actuals}
    shown = _shown_at_first(found.run, actuals)
    with st.form("kpis", border=True):
        values = {}
        for number, kpi in enumerate(figures):
            if number % IN_A_ROW == 0:
                several = min(IN_A_ROW, len(figures) + 1 - number)
                columns = st.columns(several, gap="medium", vertical_alignment="bottom")
            values[kpi.name] = columns[number % IN_A_ROW].number_input(
                _label(kpi, found),
                value=shown.get(kpi.name),
                format="%g",
                key=f"kpi_{found.run}_{number}",
                placeholder=_target(kpi),
            )
        last = st if len(figures) % IN_A_ROW == 0 else columns[-1]
        author = last.text_input(words("app.kpi.author"), max_chars=60, key="kpi_author")
        for said in late_kpi_words(found, language()):
            draw(element("p", said, class_="lab-small"))
        sent = st.form_submit_button(words("app.kpi.send"), key="kpi_send")
    if sent:
        with failures_in_words():
            for name, value in values.items():
                if value is not None and value != shown.get(name):
                    open_store().enter_kpi(found.run, name, value, author)
                    shown[name] = value
            st.rerun()
    _history(found)


def _shown_at_first(run: str, actuals: dict[str, float]) -> dict[str, float]:
    """What the fields began with: only what is typed over is entered, not what others changed."""
    if f"kpi_{run}_0" not in st.session_state:  # the fields are new
        st.session_state.pop(f"kpis_{run}", None)
    begun: dict[str, float] = state(f"kpis_{run}", actuals)
    return begun


def _label(kpi: Kpi, found: Snapshot) -> str:
    """What the figure is called and counted in, and that it came after the lock."""
    name, counted = as_label(kpi.name), as_label(kpi.unit)
    label = words("app.kpi.actual", name=name, counted=counted) if counted else name
    return label if kpi in found.plan.rule.kpis else words("app.kpi.actual.late", label=label)


def _target(kpi: Kpi) -> str:
    return words(f"app.kpi.target.{kpi.direction}", target=f"{kpi.target:,g}", counted=kpi.unit)


def _history(found: Snapshot) -> None:
    """Every entry, the newest first: none is overwritten."""
    made = entries.history(open_store().database, found.run, kpis.KIND)
    if not made:
        return
    header = [words(f"app.kpi.column.{name}") for name in ("name", "actual", "author", "when")]
    rows: list[list[object]] = [
        [one.key, f"{one.values['actual']:,g}", one.author or "-", moment(one.entered_at)]
        for one in reversed(made)
    ]
    draw(element("p", words("app.kpi.history"), class_="lab-small"), table(header, rows, {1}))
