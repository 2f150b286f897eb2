"""Report: the memo as it prints, its texts to write beside it, its files in either language."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import datetime

import streamlit as st
from components.empty import no_evaluation
from components.format import moment, zone_name
from components.frame import LANGUAGE_NAMES
from components.markup import Element, draw, element, lead, notice, paragraph
from components.report_form import history, report_form
from links import LINK_HOURS
from preview import LARGE
from report_files import Wanted, moment_of, page_count, signed
from session import go, language, open_store, run_id, snapshot, state, words

from evaluations import additions
from evaluations.additions import Added
from evaluations.records import MOVING, CurveKind, Snapshot
from evaluations.reports import FORMATS
from evaluations.reviews import finished
from evaluations.wording import LANGUAGES, Language, say

FIRST = "pdf"  # what is taken into the meeting


def report(found: Snapshot) -> None:
    """The form and the files on the left, the pages on the right."""
    lead(words("app.report.lead"))
    if not any(point.kind is CurveKind.MATCHED for point in found.curve):
        moving = found.status in MOVING
        notice("info", words("app.report.running" if moving else "app.report.nothing"))
        if st.button(words("app.results.to_run"), type="primary", key="to_run"):
            go("run")
        return
    if found.status in MOVING:
        notice("info", words("app.report.interim"))
    elif found.status != "done":
        notice("warning", words("app.report.partial"))
    added = additions.read(open_store().database, found.run)
    side, sheet = st.columns([4, 5], gap="large")
    with side:
        chosen = st.segmented_control(
            words("app.report.language"),
            LANGUAGES,
            default=language(),
            format_func=LANGUAGE_NAMES.__getitem__,
            key=f"report_language_{language()}",
            required=True,
        )
        unsaved = st.container()  # seen from every tab
        files, write, past = st.tabs(
            [words(f"app.report.tab.{name}") for name in ("files", "write", "history")]
        )
        with files:
            downloads(found, chosen, added)
        with write:
            is_unsaved = report_form(found, chosen, added)
        with past:
            history(found.run)
        if is_unsaved:
            with unsaved:
                notice("warning", words("app.report.edit.unsaved"))
    with sheet:
        preview(found, chosen, added)


def downloads(found: Snapshot, chosen: Language, added: Added) -> None:
    """The memo, below it lighter the same in every other format, and what is still missing."""
    others = (link(found, name, chosen, added) for name in FORMATS if name != FIRST)
    draw(
        link(found, FIRST, chosen, added),
        element("p", words("app.report.others"), class_="lab-small lab-above"),
        element("div", *others, class_="lab-files"),
    )
    draw(element("p", words("app.report.expires", hours=LINK_HOURS), class_="lab-small"))
    if added.money is None and st.button(words("app.report.to_money"), key="to_money"):
        go("money")


def preview(found: Snapshot, chosen: Language, added: Added) -> None:
    """One page of the PDF, exactly as it prints, and which."""
    until = moment_of(added)
    with st.spinner(words("app.report.making")):
        pages = page_count(Wanted(found.run, "pdf", chosen, until, zone=zone_name()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        page = st.segmented_control(
            words("app.report.page"),
            range(1, pages + 1),
            default=1,
            key=f"report_page_{chosen}_{pages}",
            required=True,
        )
        enlarges = st.button(words("app.report.enlarge"), key="enlarge")
    wanted = Wanted(found.run, "png", chosen, until, page, zone_name())
    draw(sheet(wanted))
    paragraph(source(found, added), "lab-small")
    if enlarges:
        large = replace(wanted, pixels_per_inch=LARGE)
        dialog = st.dialog(words("app.report.enlarged"), width="large")
        dialog(all_pages)([replace(large, page=n) for n in range(1, pages + 1)])


def all_pages(sheets: list[Wanted]) -> None:
    """Every page of the PDF, one below the other, large enough to be read."""
    draw(*(sheet(one) for one in sheets))


def sheet(wanted: Wanted) -> Element:
    """The picture of one page."""
    # one address per hour: with a new one each time the browser would load the picture again
    address = state(f"{wanted} {time.time() // 3600:.0f}", signed(wanted, "preview.png"))
    alt = words("app.report.page.alt", n=wanted.page)
    return element("img", src=address, alt=alt, class_="lab-sheet", loading="lazy")


def source(found: Snapshot, added: Added) -> str:
    """From what the preview and the files are made: all that people entered, of any kind."""
    told = [one.entered_at for one in found.kpi_actuals]
    told += [one.made_at for one in found.amendments]
    entered = [datetime.fromisoformat(one) for one in told]
    entered += finished(open_store(), found.run).values()
    entered += [] if added.moment is None else [added.moment]
    if not entered:
        return words("app.report.source.none")
    return words("app.report.source", moment=moment(max(entered)))


def link(found: Snapshot, format: str, chosen: Language, added: Added) -> Element:
    """One file to download."""
    name = re.sub(r"[\\/:*?\"<>|\s]+", "_", say("app.report.file", chosen, name=found.name))[:80]
    wanted = Wanted(found.run, format, chosen, moment_of(added), zone=zone_name())
    look = "first" if format == FIRST else "light"
    return element(
        "a",
        words(f"app.report.{format}"),
        href=signed(wanted, f"{name}.{format}"),
        download="",
        class_=f"lab-button {look}",
        data_format=format,
    )


if (run := run_id()) is None:
    lead(words("app.report.lead"))
    no_evaluation()
else:
    report(snapshot(run))
