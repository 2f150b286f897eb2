"""Results: verdict and curve on the first screen, then what was asked and what stands behind."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from components.amendments import amendment_form, amendments
from components.empty import no_evaluation
from components.evidence import (
    criteria,
    decomposition,
    documents_table,
    extension,
    files_table,
    split_opponent,
    zero_candidates,
)
from components.expert import expert_details
from components.fairness import fairness
from components.handover_link import handover_link
from components.kpi_form import kpi_form
from components.markup import draw, element, notice, section
from components.outputs import outputs_details
from components.own_pair_offer import has_first_offer, needs_own_pair, own_pair_offer
from components.quality_chart import quality_chart
from components.review_results import review_section
from components.robustness import has_robustness, rerun_of, robustness
from components.validity import validity
from components.verdict_card import figures, is_withheld, verdict_card
from looking import WORST, worst_first
from session import go, language, run_id, snapshot, words

from evaluations.erasing import erased_words
from evaluations.findings import parts_words
from evaluations.read_share import read_share
from evaluations.records import MOVING, CurveKind, Snapshot
from evaluations.reports.content import missed_words

STANDING = {
    "queued": ("info", "app.results.running"),
    "running": ("info", "app.results.running"),
    "paused": ("info", "app.progress.paused"),
    "cancelled": ("warning", "app.results.cancelled"),
    "failed": ("warning", "app.results.failed"),
}


def results(found: Snapshot) -> None:
    """One evaluation: the verdict and the curve on the first screen, then what they rest on."""
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
    if is_withheld(found):
        next_steps(found)
        checks(found)
        with st.expander(words("app.results.fair"), key="fair"):
            draw(fairness(found))
    else:
        first_screen(found)
        decision(found)
        behind(found)
    if found.amendments:
        amendments(found)
    if st.toggle(words("app.results.expert"), key="expert"):
        draw(expert_details(found))
        if not is_withheld(found):
            outputs_details(found.run)
        amendment_form(found)


def first_screen(found: Snapshot) -> None:
    """The curve, and beside it both levels, their difference and what to do next."""
    curve, side = st.columns([28, 11], gap="medium")
    with curve:
        quality_chart(found)
    with side:
        draw(figures(found))
        next_steps(found)


def next_steps(found: Snapshot) -> None:
    """What to do next; a pair that knows the text is offered where these checkpoints do not."""
    unknown = None if found.status in MOVING else needs_own_pair(found)
    if has_first_offer(unknown) and unknown is not None:
        own_pair_offer(found, unknown)
    next_step(found, is_first=not has_first_offer(unknown))
    to_worst(found)
    if unknown is not None and not has_first_offer(unknown):
        own_pair_offer(found, unknown)


def next_step(found: Snapshot, is_first: bool) -> None:
    """The one thing to do next; not the first one where something else has to be done before.

    Where the verdict is withheld there is nothing to compare: the report says why.
    """
    if found.status in MOVING:
        if st.button(words("app.results.to_run"), type="primary", key="to_run", width="stretch"):
            go("run")
        return
    kind = "primary" if is_first else "secondary"
    page = "report" if is_withheld(found) else "compare"
    width = "content" if is_withheld(found) else "stretch"
    if st.button(words(f"app.results.to_{page}"), type=kind, key=f"to_{page}", width=width):
        go(page)


def to_worst(found: Snapshot) -> None:
    """The way to the place where B did worst: whoever decides should have seen it."""
    worst = worst_first(found)[0]
    is_gone = worst.id in found.erased
    if found.status in MOVING or is_withheld(found) or worst.delta is None or is_gone:
        return
    why = words("compare.worst.why")
    if st.button(words("compare.worst"), help=why, key="to_worst", width="stretch"):
        go("compare", document=worst.id, at=WORST)


def decision(found: Snapshot) -> None:
    """What was asked for, what people said of the outputs, and whether all of it is valid."""
    if found.verdict.criteria:
        section(words("app.results.criteria"))
        draw(criteria(found))
        if why := missed_words(found, language()):
            draw(element("p", why, class_="lab-note"))
    kpi_form(found)
    review_section(found)
    handover_link(found)
    checks(found)


def checks(found: Snapshot) -> None:
    """Whether the evaluation was valid."""
    section(words("app.results.validity"))
    draw(validity(found))


def behind(found: Snapshot) -> None:
    """What stands behind the verdict, a tab for every question that a reader may have."""
    parts: dict[str, Callable[[Snapshot], None]] = {"documents": by_document}
    if found.extension:
        parts["extension"] = beyond
    if has_sources(found):
        parts["source"] = sources
    if has_robustness(found):
        parts["robustness"] = robustness
    parts["fair"] = why_fair
    tabs = st.tabs([words(f"app.results.tab.{name}") for name in parts])
    for tab, part in zip(tabs, parts.values(), strict=True):
        with tab:
            part(found)


def why_fair(found: Snapshot) -> None:
    """How both were compared."""
    section(words("app.results.fair"))
    draw(fairness(found))


def by_document(found: Snapshot) -> None:
    """Every document, and the way to compare one."""
    if table := files_table(found):
        section(words("results.files"), words("results.files.why"))
        draw(table)
    notes = (
        read_share(found, language()) or "",
        parts_words((one.name for one in found.compared), language()),
        words("results.documents.order"),
        words("app.results.documents.jump"),
    )
    section(words("app.results.documents"), " ".join(filter(None, notes)))
    if chosen := documents_table(found):
        go("compare", document=chosen)


def beyond(found: Snapshot) -> None:
    """What every arm does beyond its training length."""
    level = f"{50 * (1 - found.plan.rule.confidence):.3g}"
    section(words("app.results.extension"), words("app.results.extension.why", level=level))
    draw(extension(found))


def has_sources(found: Snapshot) -> bool:
    """Whether there were several ways to read, or cells to take the difference apart."""
    return len(found.plan.baseline) > 1 or found.effects.total is not None


def sources(found: Snapshot) -> None:
    """Which reading stands for the current method, and where the difference comes from."""
    if len(found.plan.baseline) > 1:
        section(words("app.results.zero"), words("app.results.zero.why"))
        draw(zero_candidates(found))
    if found.effects.total is not None:
        at = {"length": f"{found.comparison.primary_length:,}", "unit": found.plan.unit}
        why = words("app.results.effects.why", **at)
        section(words("app.results.effects"), " ".join((why, split_opponent(found))))
        draw(decomposition(found))


if (run := run_id()) is None:
    no_evaluation()
else:
    results(snapshot(run))
