"""Money: yen per month and payback, from what was measured and what people assume."""

from __future__ import annotations

import streamlit as st
from components.empty import no_evaluation
from components.format import moment
from components.markup import Kind, draw, lead, notice, paragraph, section
from components.money_form import money_form
from components.money_sheet import badge_of, formulas, measured_table, scenarios, sentences
from session import go, language, open_store, run_id, snapshot, words

from evaluations import additions
from evaluations.additions import Added
from evaluations.money import NO_INPUTS, Money, money
from evaluations.records import MOVING, CurveKind, Snapshot
from evaluations.reports.money import MoneySheet, money_sheet


def cost_and_effect(found: Snapshot) -> None:
    """The conclusion first, then the form beside the measurements, then how it is computed."""
    lead(words("app.money.lead"))
    if not any(point.kind is CurveKind.MATCHED for point in found.curve):
        notice("info", words("app.money.nothing"))
        if st.button(words("app.results.to_run"), type="primary", key="to_run"):
            go("run")
        return
    if found.status not in (*MOVING, "done"):
        notice("warning", words("app.report.partial"))
    added = additions.read(open_store().database, found.run)
    inputs = added.money.value if added.money is not None else NO_INPUTS
    sheet = money_sheet(found, inputs, language())
    result = money(found, inputs)
    conclusion(sheet, tone_of(result), added)
    figures(found, sheet, added)
    section(words("money.alternative"))
    paragraph(sheet.alternative)
    section(words("money.formulas"))
    draw(formulas(sheet), sentences(sheet.notes))


def tone_of(result: Money) -> Kind:
    """Good only what pays of a change that the evaluation is for."""
    if result.never_pays:
        return "warning"
    if result.pays is None or (result.pays and not result.is_settled):
        return "info"
    return "good" if result.pays else "warning"


def conclusion(sheet: MoneySheet, tone: Kind, added: Added) -> None:
    """One sentence and the next step, the scenarios, and what turns the decision."""
    notice(tone, sheet.conclusion)
    if added.money is not None:
        author = added.money.author or words("reports.written.nobody")
        said = words("app.money.moment", moment=moment(added.money.at), author=author)
        paragraph(said, "lab-small")
    kind, key = ("secondary", "without") if added.money is None else ("primary", "to_report")
    if st.button(words(f"app.money.{key}"), type=kind, key="to_report"):
        go("report")
    if sheet.scenarios:
        section(words("app.money.scenarios"))
        draw(scenarios(sheet))
    if sheet.turns:
        section(words("money.turns"))
        draw(sentences(sheet.turns))


def figures(found: Snapshot, sheet: MoneySheet, added: Added) -> None:
    """What people assume beside what was measured, each under its badge."""
    left, right = st.columns(2, gap="large")
    with left:
        section(words("app.money.form"))
        draw(badge_of("assumed"))
        paragraph(words("app.money.form.lead"), "lab-small")
        money_form(found, added, sheet.conclusion)
    with right:
        section(words("app.money.measured"))
        draw(badge_of("measured"))
        paragraph(words("app.money.measured.lead"), "lab-small")
        draw(measured_table(sheet))


if (run := run_id()) is None:
    lead(words("app.money.lead"))
    no_evaluation()
else:
    cost_and_effect(snapshot(run))
