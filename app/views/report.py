"""Report: the memo as it will be printed, and its files in either language."""

from __future__ import annotations

import re
from urllib.parse import quote

import streamlit as st
from components.empty import no_evaluation
from components.frame import LANGUAGE_NAMES
from components.markup import Element, draw, element, heading, notice, section
from session import go, language, run_id, settings, snapshot, words
from signing import sign, signing_key

from evaluations.records import MOVING, CurveKind, Snapshot
from evaluations.wording import LANGUAGES, Language, say

FORMATS = ("pdf", "xlsx", "md", "json")
LINK_HOURS = 8


def report(found: Snapshot) -> None:
    """The memo's picture and its files."""
    heading(found.name, words("app.report.lead"))
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
    side, sheet = st.columns([2, 5], gap="large")
    with side:
        chosen = st.segmented_control(
            words("app.report.language"),
            LANGUAGES,
            default=language(),
            format_func=LANGUAGE_NAMES.__getitem__,
            key=f"report_language_{language()}",
            required=True,
        )
        section(words("app.report.download"))
        draw(element("div", *(link(found, name, chosen) for name in FORMATS), class_="lab-links"))
        draw(element("p", words("app.report.expires", hours=LINK_HOURS), class_="lab-small"))
    with sheet:
        preview(found, chosen)


def preview(found: Snapshot, chosen: Language) -> None:
    """The first page, exactly as it prints."""
    address = path(found, "png", chosen, "preview.png")
    draw(element("img", src=address, alt=words("app.report.preview.alt"), class_="lab-sheet"))


def link(found: Snapshot, format: str, chosen: Language) -> Element:
    """One file to download."""
    name = re.sub(r"[\\/:*?\"<>|\s]+", "_", say("app.report.file", chosen, name=found.name))[:80]
    address = path(found, format, chosen, f"{name}.{format}")
    first = " first" if format == "pdf" else ""
    return element(
        "a",
        words(f"app.report.{format}"),
        href=address,
        download="",
        class_=f"lab-button{first}",
        data_format=format,
    )


def path(found: Snapshot, format: str, chosen: Language, file: str) -> str:
    """The address under which the route hands out this file, for some hours."""
    permission = {"run": found.run, "format": format, "language": chosen}
    key = signing_key(settings().data_dir)
    token = sign(key, "download", permission, LINK_HOURS * 3600.0)
    return f"/api/download/{token}/{quote(file, safe='')}"


if (run := run_id()) is None:
    heading(words("app.report.title"), words("app.report.lead"))
    no_evaluation()
else:
    report(snapshot(run))
