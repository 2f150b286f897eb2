"""What came out of the business figures: entered after the run, each with who and when."""

from __future__ import annotations

import streamlit as st
from session import failures_in_words, open_store, words

from components.format import moment
from components.markup import as_label, draw, element, section, table
from evaluations import entries, kpis
from evaluations.records import Kpi, Snapshot


def kpi_form(found: Snapshot) -> None:
    """A line per figure of the rule, and what was entered before."""
    rule = found.plan.rule
    if not rule.kpis:
        return
    section(words("app.kpi.title"), words("app.kpi.why"))
    actuals = {one.name: one.actual for one in found.kpi_actuals}
    with st.form("kpis", border=True):
        columns = st.columns(len(rule.kpis) + 1, gap="medium", vertical_alignment="bottom")
        values = {
            kpi.name: column.number_input(
                words("app.kpi.actual", name=as_label(kpi.name), counted=as_label(kpi.unit)),
                value=actuals.get(kpi.name),
                format="%g",
                key=f"kpi_{found.run}_{number}",
                placeholder=_target(kpi),
            )
            for number, (kpi, column) in enumerate(zip(rule.kpis, columns[:-1], strict=True))
        }
        author = columns[-1].text_input(words("app.kpi.author"), max_chars=60, key="kpi_author")
        sent = st.form_submit_button(words("app.kpi.send"), key="kpi_send")
    if sent:
        with failures_in_words():
            for name, value in values.items():
                if value is not None and value != actuals.get(name):
                    open_store().enter_kpi(found.run, name, value, author)
            st.rerun()
    _history(found)


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
