"""Amendments of the locked rule: what was changed when and why, and a form to append one."""

from __future__ import annotations

import streamlit as st
from session import failures_in_words, language, open_store, words

from components.format import moment
from components.markup import draw, notice, section, table
from evaluations.findings import reason_of
from evaluations.records import DecisionRule, Snapshot
from evaluations.reports.content import amendment_lines

AMENDABLE = ("margin", "short_margin", "maximum_slowdown", "maximum_memory_ratio")


def amendments(found: Snapshot) -> None:
    """What was appended to the rule, and what the last of it would say."""
    section(words("app.results.amendments"), words("app.results.amendments.why"))
    columns = ("number", "moment", "author", "changes", "reason", "use")
    header = [words(f"app.results.amendments.column.{name}") for name in columns]
    rows: list[list[object]] = [
        [line.number, moment(one.made_at), line.author or "-", line.changes, line.reason, line.use]
        for one, line in zip(found.amendments, amendment_lines(found, language()), strict=True)
    ]
    draw(table(header, rows, numeric={0}))
    if found.amended_verdict is not None:
        verdict = found.amended_verdict
        outcome = words(f"results.outcome.{verdict.outcome.value}")
        told = reason_of(verdict, found.validity)
        reason = words(told.key, **told.values)
        notice("info", words("app.results.amendments.verdict", outcome=outcome, reason=reason))


def amendment_form(found: Snapshot) -> None:
    """A form whose changed fields become an amendment."""
    rule = found.amendments[-1].rule if found.amendments else found.plan.rule
    with st.form("amend", border=True):
        section(words("app.results.amendments.add"), words("app.results.amendments.why"))
        columns = st.columns(len(AMENDABLE), gap="medium", vertical_alignment="bottom")
        values = {
            name: column.number_input(
                words(f"app.results.amendments.field.{name}"),
                min_value=0.0,
                value=float(getattr(rule, name)),
                step=0.005 if "margin" in name else 0.05,
                format="%.3f",
                key=f"amend_{name}",
            )
            for name, column in zip(AMENDABLE, columns, strict=True)
        }
        why, who = st.columns((3, 1), gap="medium")
        reason = why.text_input(
            words("app.results.amendments.field.reason"), max_chars=200, key="amend_reason"
        )
        author = who.text_input(
            words("app.results.amendments.field.author"), max_chars=60, key="amend_author"
        )
        sent = st.form_submit_button(words("app.results.amendments.add"), key="amend_send")
    if sent:
        with failures_in_words():
            open_store().amend_run(found.run, _changed(rule, values), reason, author)
            st.rerun()


def _changed(rule: DecisionRule, values: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value != getattr(rule, name)}
