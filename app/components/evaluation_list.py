"""All evaluations: found by name, sorted, a page at a time, and laid side by side."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
from session import choose_compared, compared, labels, language, open_store, snapshot, words

from components.evaluations import evaluation_rows, status_badge
from components.format import moment
from components.markup import Element, draw, element, notice, section, table
from evaluations.charts import arm_of
from evaluations.errors import UnknownRun
from evaluations.numbers import interval, signed
from evaluations.records import Depth, Outcome, Snapshot
from evaluations.reports.content import arm_words
from evaluations.run_list import RunSummary

PAGE_ROWS = 10
BEST_FIRST = ("go", "conditional", "undecided", "no_go", "withheld")
SORTS: dict[str, Callable[[RunSummary], Any]] = {
    "newest": lambda run: -run.created.timestamp(),
    "oldest": lambda run: run.created.timestamp(),
    "name": lambda run: _plain(run.name),
    "outcome": lambda run: BEST_FIRST.index(run.outcome) if run.outcome else len(BEST_FIRST),
    "documents": lambda run: -run.documents,
}


def evaluation_list(runs: Sequence[RunSummary]) -> None:
    """The list with what finds and sorts it.

    Args:
        runs: all that are not archived, the newest first.
    """
    side_by_side()
    find, order, more = st.columns([6, 3, 3], vertical_alignment="bottom")
    wanted = find.text_input(
        words("app.list.find"),
        max_chars=120,
        key="list_find",
        placeholder=words("app.list.find.hint"),
        on_change=_first_page,
    )
    chosen = order.selectbox(
        words("app.list.sort"),
        list(SORTS),
        format_func=labels("app.list.sort", SORTS).__getitem__,
        key="list_sort",
        filter_mode=None,
        on_change=_first_page,
    )
    archived = more.toggle(words("app.list.archived"), key="list_archived", on_change=_first_page)
    if archived:
        runs = [run for run in open_store().runs(archived=True) if run.archived]
    found = sorted(matching(runs, wanted), key=SORTS[chosen])
    if not found:
        notice("info", words("app.list.none" if wanted.strip() or archived else "app.list.empty"))
        return
    page = _page(len(found))
    shown = found[page * PAGE_ROWS : (page + 1) * PAGE_ROWS]
    parents = {run.id for run in shown}
    evaluation_rows([*shown, *(run for run in runs if run.parent in parents)])


def matching(runs: Sequence[RunSummary], wanted: str) -> list[RunSummary]:
    """The evaluations that have every word in their names; their re-runs go with them."""
    own = {run.id for run in runs}
    pieces = _plain(wanted).split()
    return [
        run
        for run in runs
        if run.parent not in own and all(piece in _plain(run.name) for piece in pieces)
    ]


def _plain(text: str) -> str:
    """For comparing: full and half width, large and small are the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def _first_page() -> None:
    st.session_state["list_page"] = 0


def _page(count: int) -> int:
    """The page of the list that is shown, with the way to the others; counted from 0."""
    pages = -(-count // PAGE_ROWS)
    page = min(int(st.session_state.get("list_page", 0)), pages - 1)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center", key="list_pages"):
            first = page * PAGE_ROWS
            values = {"first": first + 1, "last": min(count, first + PAGE_ROWS), "n": count}
            draw(element("span", words("app.list.page", **values), class_="lab-small"))
            for key, step, enabled in (("back", -1, page > 0), ("next", 1, page < pages - 1)):
                st.button(
                    words(f"app.list.page.{key}"),
                    key=f"list_{key}",
                    type="tertiary",
                    disabled=not enabled,
                    on_click=_turn,
                    args=(page + step,),
                )
    return page


def _turn(page: int) -> None:
    st.session_state["list_page"] = page


# --- side by side ----------------------------------------------------------------------------


def side_by_side() -> None:
    """The ticked evaluations as columns of one table."""
    chosen = compared()
    if not chosen:
        return
    if len(chosen) == 1:
        draw(element("p", words("app.list.compare.more"), class_="lab-note"))
        return
    found = [one for run in chosen if (one := _known(run)) is not None]
    section(words("app.list.compare"), words("app.list.compare.why"))
    rows = [[element("strong", name), *cells] for name, cells in _rows(found)]
    draw(table(["", *(one.name for one in found)], rows, class_="lab-beside"))
    if st.button(words("app.list.compare.clear"), key="compare_clear", type="tertiary"):
        choose_compared([])
        st.rerun()


def _known(run: str) -> Snapshot | None:
    try:
        return snapshot(run)
    except UnknownRun:  # an address from elsewhere
        return None


def _rows(found: Sequence[Snapshot]) -> list[tuple[str, list[object]]]:
    """What is compared, each with one cell per evaluation."""
    cells: dict[str, Callable[[Snapshot], object]] = {
        "outcome": _outcome,
        "question": lambda one: words(f"app.results.question.{one.plan.preset}"),
        "difference": _difference,
        "length": lambda one: f"{one.comparison.primary_length:,} {_unit(one)}",
        "documents": lambda one: f"{one.comparison.documents}",
        "a": lambda one: _arm(one, one.comparison.arm_a),
        "b": lambda one: _arm(one, one.comparison.arm_b),
        "depth": lambda one: words(f"app.plan.depth.{one.plan.depth}"),
        "margin": lambda one: f"{one.plan.rule.margin:.3f}",
        "date": lambda one: moment(one.created),
    }
    return [
        (words(f"app.list.compare.{name}"), [cell(one) for one in found])
        for name, cell in cells.items()
    ]


def _outcome(found: Snapshot) -> Element:
    return status_badge(found.status, found.verdict.outcome.value, found.plan.depth is Depth.QUICK)


def _unit(found: Snapshot) -> str:
    return words("app.list.unit", unit=found.plan.unit)


def _difference(found: Snapshot) -> str:
    """B - A with its interval; a withheld verdict shows no number."""
    result = found.comparison
    if result.delta_bits_per_byte is None or found.verdict.outcome is Outcome.WITHHELD:
        return "-"
    value = signed(result.delta_bits_per_byte)
    if result.ci_low is None or result.ci_high is None:
        return value
    return f"{value} ({interval(result.ci_low, result.ci_high, language())})"


def _arm(found: Snapshot, name: str) -> str:
    """Which model an arm is, and how it reads."""
    arm = arm_of(found, name)
    return name if arm is None else arm_words(arm, found, language())
