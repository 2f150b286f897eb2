"""Results: the verdict, whether it is valid, the curve, and what stands behind it."""

from __future__ import annotations

import streamlit as st
from components.amendments import amendment_form, amendments
from components.empty import no_evaluation
from components.evidence import (
    criteria,
    decomposition,
    documents_table,
    extension,
    zero_candidates,
)
from components.expert import expert_details
from components.fairness import fairness
from components.handover_link import handover_link
from components.kpi_form import kpi_form
from components.markup import draw, heading, notice, section
from components.outputs import outputs_details
from components.own_pair_offer import has_first_offer, needs_own_pair, own_pair_offer
from components.quality_chart import quality_chart
from components.review_results import review_section
from components.robustness import rerun_of, robustness
from components.validity import validity
from components.verdict_card import figures, is_withheld, verdict_card
from session import go, language, run_id, snapshot, words

from evaluations.erasing import erased_words
from evaluations.read_share import read_share
from evaluations.records import MOVING, CurveKind, Snapshot

STANDING = {
    "queued": ("info", "app.results.running"),
    "running": ("info", "app.results.running"),
    "paused": ("info", "app.progress.paused"),
    "cancelled": ("warning", "app.results.cancelled"),
    "failed": ("warning", "app.results.failed"),
}


def results(found: Snapshot) -> None:
    """One evaluation, the verdict first."""
    moving = found.status in MOVING
    heading(found.name)
    rerun_of(found)
    if found.status in STANDING:
        kind, key = STANDING[found.status]
        notice(kind, words(key))
    if found.erased:
        notice("warning", erased_words(found, language()))
    if not any(point.kind is CurveKind.MATCHED for point in found.curve):
        notice("info", words("app.results.nothing"))
        if st.button(words("app.results.to_run"), type="primary", key="to_run"):
            go("run")
        return
    draw(verdict_card(found))
    if not is_withheld(found):
        draw(figures(found))
    if (unknown := None if moving else needs_own_pair(found)) is not None:
        own_pair_offer(found, unknown)
    next_step(found, is_first=not has_first_offer(unknown))
    section(words("app.results.validity"))
    draw(validity(found))
    if not is_withheld(found):
        evidence(found)
        review_section(found)
        handover_link(found)
        robustness(found)
    with st.expander(words("app.results.fair"), key="fair"):
        draw(fairness(found))
    if found.amendments:
        amendments(found)
    if st.toggle(words("app.results.expert"), key="expert"):
        draw(expert_details(found))
        if not is_withheld(found):
            outputs_details(found.run)
        amendment_form(found)


def next_step(found: Snapshot, is_first: bool) -> None:
    """The one thing to do next; not the first one where something else has to be done before.

    Where the verdict is withheld there is nothing to compare: the report says why.
    """
    if found.status in MOVING:
        if st.button(words("app.results.to_run"), type="primary", key="to_run"):
            go("run")
        return
    kind = "primary" if is_first else "secondary"
    page = "report" if is_withheld(found) else "compare"
    if st.button(words(f"app.results.to_{page}"), type=kind, key=f"to_{page}"):
        go(page)


def evidence(found: Snapshot) -> None:
    """What the verdict rests on."""
    section(words("app.results.curve"))
    quality_chart(found)
    if found.extension:
        level = f"{50 * (1 - found.plan.rule.confidence):.3g}"
        section(words("app.results.extension"), words("app.results.extension.why", level=level))
        draw(extension(found))
    if found.verdict.criteria:
        section(words("app.results.criteria"))
        draw(criteria(found))
    kpi_form(found)
    if len(found.plan.baseline) > 1:
        section(words("app.results.zero"), words("app.results.zero.why"))
        draw(zero_candidates(found))
    if found.effects.total is not None:
        at = {"length": f"{found.comparison.primary_length:,}", "unit": found.plan.unit}
        section(words("app.results.effects"), words("app.results.effects.why", **at))
        draw(decomposition(found))
    notes = (read_share(found, language()) or "", words("app.results.documents.jump"))
    section(words("app.results.documents"), " ".join(filter(None, notes)))
    if chosen := documents_table(found):
        go("compare", document=chosen)


if (run := run_id()) is None:
    heading(words("app.results.title"))
    no_evaluation()
else:
    results(snapshot(run))
