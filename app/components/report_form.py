"""The form in which people write a report's texts, and what was saved with it so far.

`report_form` draws it and saves; `history` shows every saved version. Numbers have no field.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import streamlit as st
from session import language, open_store, state, words

from components.format import moment
from components.markup import Element, draw, element, notice, paragraph
from evaluations.additions import (
    APPROVALS,
    LONGEST,
    RISKS,
    STEPS,
    Added,
    Edit,
    Entered,
    versions,
    write_edit,
)
from evaluations.errors import EvaluationError
from evaluations.records import Snapshot
from evaluations.reports.content import Texts, automatic, shown_texts
from evaluations.reports.pdf import pdf_bytes
from evaluations.wording import Language, say

LONG = ("recommendation", "request", "subject")  # texts of several lines, in the form's order
LISTS = {  # part -> how many rows, and the fields of a row
    "risks": (RISKS, ("risk", "measure")),
    "steps": (STEPS, ("action", "due", "owner")),
    "approvals": (APPROVALS, ("role", "name")),
}
NAMES = {"recommendation": "reports.recommendation", "request": "reports.request",
         "subject": "reports.subject"}  # fmt: skip


def report_form(found: Snapshot, edition: Language, added: Added) -> bool:
    """Every text that can be written; saving appends an entry and shows the page again.

    No `st.form`: its texts would stay in the browser, and nobody could say that they are not saved.

    Returns:
        Whether something was typed that is not saved.
    """
    made = automatic(found, edition)
    entered = added.edits.get(edition)
    edit = entered.value if entered is not None else Edit()
    paragraph(words("app.report.edit.lead"), "lab-note")
    if edit.steps is None and (edit.recommendation is not None or edit.request is not None):
        notice("warning", words("app.report.edit.steps_left"))
    # the fields keep what is typed until it is saved, and then begin with what was saved
    mark = f"{found.run}_{edition}_{state(_base(found.run, edition), _saved_at(entered))}"
    author = st.text_input(
        words("app.report.edit.author"),
        value=st.session_state.get("author", ""),
        max_chars=LONGEST["author"],
        key="edit_author",
    )
    typed = _edit(_fields(shown_texts(found, edition, edit), mark), made)
    paragraph(words("app.report.edit.blank"), "lab-small")
    is_unsaved = typed != edit
    if is_unsaved:
        paragraph(words("app.report.edit.unsaved.here"), "lab-note")
    if st.button(
        words("app.report.edit.save"),
        type="primary" if is_unsaved else "secondary",
        key="save_edit",
    ):
        st.session_state["author"] = author.strip()
        _save(found, edition, added, typed, author.strip())
    elif st.session_state.pop("edit_saved", False):
        notice("good", words("app.report.edit.saved"))
        _beside_the_verdict(found, edition, edit)
    return is_unsaved


def _beside_the_verdict(found: Snapshot, edition: Language, edit: Edit) -> None:
    """Beside which verdict one's own words will stand: whether they agree is for the writer to see.

    What a sentence advises is not guessed from its words: a wrong guess would say the contrary of
    what was written.
    """
    verdict = say(f"results.outcome.{found.verdict.outcome.value}", edition)
    for name in ("recommendation", "request"):
        if getattr(edit, name) is not None:
            part = words(NAMES[name])
            notice("info", words("app.report.edit.beside", part=part, verdict=verdict))


def _base(run: str, edition: Language) -> str:
    """Under which name the session keeps when the texts in the form were saved."""
    return f"edit_base_{run}_{edition}"


def _saved_at(entered: Entered[Edit] | None) -> str:
    return "" if entered is None else entered.at.isoformat()


def _fields(shown: Texts, mark: str) -> dict[str, Any]:
    """What stands in every field: texts by name, lists as rows of fields."""
    typed: dict[str, Any] = {}
    for name in LONG:
        typed[name] = st.text_area(
            words(NAMES[name]), value=getattr(shown, name), max_chars=LONGEST[name],
            height=104, key=f"edit_{name}_{mark}",
        )  # fmt: skip
    for part, (count, fields) in LISTS.items():
        rows = [asdict(row) for row in getattr(shown, part)]
        rows += [dict.fromkeys(fields, "")] * (count - len(rows))
        with st.expander(words(f"app.report.edit.{part}"), key=f"edit_{part}_{mark}"):
            typed[part] = [_row(number, row, mark) for number, row in enumerate(rows[:count], 1)]
    return typed


def _row(number: int, row: dict[str, str], mark: str) -> dict[str, str]:
    """The fields of one row, long texts first and in full width."""
    typed = {}
    short = [name for name in row if LONGEST[name] <= LONGEST["due"]]
    for name in row:
        if name not in short:
            typed[name] = st.text_area(
                words(f"app.report.edit.{name}", n=number), value=row[name],
                max_chars=LONGEST[name], height=80, key=f"edit_{name}_{number}_{mark}",
            )  # fmt: skip
    for column, name in zip(st.columns(len(short)) if short else (), short, strict=True):
        typed[name] = column.text_input(
            words(f"app.report.edit.{name}", n=number), value=row[name],
            max_chars=LONGEST[name], key=f"edit_{name}_{number}_{mark}",
        )  # fmt: skip
    return typed


def _edit(typed: dict[str, Any], made: Texts) -> Edit:
    """What differs from the automatic texts; a row without its first text is none."""
    values: dict[str, Any] = {}
    for name in LONG:
        text = " ".join(typed[name].split())
        if text and text != getattr(made, name):
            values[name] = text
    for part, (_, fields) in LISTS.items():
        rows = [{name: " ".join(row[name].split()) for name in fields} for row in typed[part]]
        rows = [row for row in rows if row[fields[0]]]
        if rows and rows != [asdict(row) for row in getattr(made, part)]:
            values[part] = rows
    return Edit.model_validate(values)


def _save(found: Snapshot, edition: Language, added: Added, edit: Edit, author: str) -> None:
    """Append what was written, unless page 1 would not hold it."""
    before = added.edits.get(edition)
    if not author:
        notice("warning", words("app.report.edit.unnamed"))
        return
    if edit == (before.value if before is not None else Edit()):
        notice("info", words("app.report.edit.unchanged"))
        return
    base = _base(found.run, edition)
    if _saved_at(before) not in (st.session_state[base], st.session_state.get(f"{base}_seen")):
        st.session_state[f"{base}_seen"] = _saved_at(before)
        notice("warning", words("app.report.edit.meanwhile"))
        return
    trial = Added({**added.edits, edition: Entered(edit, author, datetime.now().astimezone())},
                  added.money)  # fmt: skip
    try:
        with st.spinner(words("app.report.making")):
            pdf_bytes(found, edition, trial)
    except EvaluationError:
        notice("warning", words("app.report.edit.too_long"))
        return
    write_edit(open_store().database, found.run, edition, edit, author)
    st.session_state["edit_saved"] = True
    del st.session_state[base]
    st.rerun()


# --- history ---------------------------------------------------------------------------------


def history(run: str) -> None:
    """Every saved version, the newest first, with the texts that people wrote in it."""
    saved = versions(open_store().database, run)
    if not saved:
        paragraph(words("app.report.history.none"), "lab-note")
        return
    shown = [_version(edition, entered) for edition, entered in reversed(saved)]
    draw(element("ol", *shown, class_="lab-history", reversed_="reversed"))


def _version(edition: Language, entered: Entered[Edit]) -> Element:
    """When, by whom, for which edition; below it the texts."""
    who = words(
        "app.report.history.who",
        moment=moment(entered.at),
        author=entered.author or words("reports.written.nobody"),
        edition=words(f"reports.written.in.{edition}"),
    )
    return element("li", element("p", who, class_="lab-name"), _texts(entered.value))


def _texts(edit: Edit) -> Element:
    """The parts that people wrote, each with its words."""
    if not edit.parts:
        return element("p", words("app.report.history.back"), class_="lab-small")
    lines = []
    for part in edit.parts:
        written = getattr(edit, part)
        said = written if isinstance(written, str) else "; ".join(map(_in_one_line, written))
        name = say(f"reports.written.part.{part}", language())
        lines.append(element("p", element("strong", f"{name}: "), said, class_="lab-small"))
    return element("div", *lines)


def _in_one_line(row: Any) -> str:
    return " / ".join(filter(None, asdict(row).values()))
