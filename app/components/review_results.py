"""What a blind review found: the figures for results, and behind a toggle who saw what where."""

from __future__ import annotations

from typing import Any

import streamlit as st
from links import download_address
from session import language, open_store, words

from components.format import moment
from components.markup import Element, draw, element, joined, notice_element, section, table
from evaluations import reviews
from evaluations.charts import side_name
from evaluations.paired import minimum_units
from evaluations.records import Snapshot
from evaluations.reports.content import review_lines, share
from evaluations.reviews import Audited


def review_section(found: Snapshot) -> None:
    """The figures, on the Results page; nothing where nobody has finished a review."""
    if found.review is not None:
        section(words("review.title"), _method(found))
        draw(_figures(found))


def review_results(found: Snapshot) -> None:
    """Behind one toggle, since it names the methods: figures, reviewers, sides, the file."""
    st.toggle(words("app.review.reveal"), key="review_reveal")
    if not st.session_state["review_reveal"]:
        draw(element("p", words("app.review.reveal.why"), class_="lab-small"))
        return
    if found.review is None:
        draw(element("p", words("app.review.none"), class_="lab-text"))
        return
    draw(_figures(found), element("p", _method(found), class_="lab-note"))
    section(words("app.review.reviewers"))
    draw(_reviewers(found))
    with st.expander(words("app.review.audit"), key="review_audit"):
        draw(_audit(found))
    draw(_file(found.run))


def _method(found: Snapshot) -> str:
    return words("app.review.method", minimum=minimum_units(found.plan.rule.confidence))


def _figures(found: Snapshot) -> Element:
    """What the votes are worth, and only below it how they stand."""
    worth, *lines = review_lines(found, language())
    rows = (element("tr", element("th", x.label), element("td", x.value)) for x in lines)
    figures = element("table", *rows, class_="lab-table lab-review-figures")
    return joined(element("div", notice_element("info", worth.value), class_="lab-worth"), figures)


def _reviewers(found: Snapshot) -> Element:
    assert found.review is not None
    a, b = (side_name(found, side, language(), "short") for side in ("a", "b"))
    header = [
        words("review.column.reviewer"),
        words("review.column.votes"),
        words("review.column.better", arm=b),
        words("review.column.better", arm=a),
        words("review.vote.same"),
        words("review.vote.both_bad"),
        words("review.column.win_rate", b=b),
    ]
    rows: list[list[object]] = [
        [
            *(one.reviewer, one.votes, one.wins_b, one.wins_a, one.same, one.both_bad),
            share(one.win_rate),
        ]
        for one in found.review.reviewers
    ]
    return table(header, rows, numeric=set(range(1, len(header))))


def _audit(found: Snapshot) -> Element:
    """The mapping, one line for each item that a finished reviewer was shown."""
    names = ("reviewer", "number", "document", "left_arm", "right_arm", "vote", "wrong", "comment")
    more = ("reference", "voted")
    header = [words(f"review.column.{name}") for name in (*names, *more)]
    arms = {
        found.comparison.arm_a: _arm(found, "a"),
        found.comparison.arm_b: _arm(found, "b"),
    }
    rows = [_audit_row(one, arms) for one in reviews.audit(open_store(), found.run)]
    return table(header, rows, numeric={1}, class_="lab-audit")


def _audit_row(one: Audited, arms: dict[str, Element]) -> list[object]:
    return [
        one.reviewer,
        one.number,
        one.document,
        arms.get(one.left_arm, one.left_arm),
        arms.get(one.right_arm, one.right_arm),
        words(f"review.vote.{one.vote or 'none'}"),
        reviews.wrong_words(one, language()),
        one.comment,
        words("review.erased") if one.reference is None else one.reference,
        "-" if one.voted_at is None else moment(one.voted_at),
    ]


def _arm(found: Snapshot, side: Any) -> Element:
    name = side_name(found, side, language(), "short")
    return element("span", name, class_=f"lab-{side}")


def _file(run: str) -> Element:
    permission = {"run": run, "format": "reviews", "language": language()}
    link = element(
        "a",
        words("app.review.audit.file"),
        href=download_address(permission, "reviews.csv"),
        download="",
        class_="lab-button",
        data_format="reviews",
    )
    return element("div", link, class_="lab-audit-file")
