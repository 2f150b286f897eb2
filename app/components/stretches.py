"""Where B loses most and where it gains most in a document: ten lines each, with the way there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st
from looking import look
from session import words

from components.markup import Element, draw, element, section
from evaluations.comparing import Compared
from evaluations.numbers import plain
from evaluations.token_view import MOST, STRETCH, Overview, Stretch

Kind = Literal["gain", "loss"]
SIDES: dict[Kind, str] = {"gain": "b", "loss": "a"}  # in whose colour
LONGEST = 320  # characters of a line that are shown here


def stretches(compared: Compared, whole: Overview, unit: str) -> None:
    """Both lists side by side, of the same length as far as there are that many."""
    section(
        words("compare.stretches"),
        words("compare.stretches.why", most=MOST, longest=STRETCH, unit=unit),
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _list("loss", compared, whole.losses, unit)
    with right:
        _list("gain", compared, whole.gains, unit)


def _list(kind: Kind, compared: Compared, found: Sequence[Stretch], unit: str) -> None:
    heading = words(f"compare.{kind}", n=len(found))
    draw(element("h3", heading, class_=f"lab-cardtitle lab-{SIDES[kind]}"))
    if not found:
        draw(element("p", words(f"compare.{kind}.none"), class_="lab-small"))
        return
    with st.container(height=430, key=f"stretches_{kind}"):
        for rank, stretch in enumerate(found, 1):
            draw(_line(kind, rank, compared, stretch, unit))
            st.button(
                words("compare.jump", position=f"{stretch.start:,}"),
                key=f"jump_{kind}_{rank}",
                type="tertiary",
                on_click=look,
                kwargs={"at": stretch.start, "upto": stretch.stop},
            )


def _line(kind: Kind, rank: int, compared: Compared, stretch: Stretch, unit: str) -> Element:
    """One line under its own heading: that of the list has long scrolled away."""
    quote = compared.quoted(stretch)
    tokens, bits = stretch.stop - stretch.start, abs(stretch.bits)
    figures = words(
        f"compare.stretch.{kind}",
        rank=rank,
        bits=plain(bits, 1),
        tokens=f"{tokens:,}",
        mean=plain(bits / tokens, 2),
        unit=unit,
    )
    text = element(
        "p",
        element("span", _shown(quote.before), class_="around"),
        element("mark", _shown(quote.text[:LONGEST]), class_=SIDES[kind]),
        element("span", _shown(quote.after), class_="around"),
        class_="lab-quote",
    )
    return element("div", element("p", figures, class_="lab-small"), text)


def _shown(text: str) -> str:
    """With its line ends to be seen."""
    return text.replace("\n", "↵\n")
