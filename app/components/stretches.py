"""Where B gains most and where it loses most in a document: ten lines each, with the way there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st
from looking import look
from session import words

from components.markup import Element, draw, element, section
from evaluations.comparing import Compared
from evaluations.numbers import signed
from evaluations.token_view import MOST, STRETCH, Overview, Stretch

LONGEST = 320  # characters of a line that are shown here


def stretches(compared: Compared, whole: Overview, unit: str) -> None:
    """Both lists side by side, of the same length as far as there are that many."""
    section(
        words("compare.stretches"),
        words("compare.stretches.why", most=MOST, longest=STRETCH, unit=unit),
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _list("gain", compared, whole.gains, unit)
    with right:
        _list("loss", compared, whole.losses, unit)


def _list(
    kind: Literal["gain", "loss"], compared: Compared, found: Sequence[Stretch], unit: str
) -> None:
    side = "b" if kind == "gain" else "a"
    draw(element("h3", words(f"compare.{kind}", n=len(found)), class_=f"lab-cardtitle lab-{side}"))
    if not found:
        draw(element("p", words(f"compare.{kind}.none"), class_="lab-small"))
        return
    with st.container(height=430, key=f"stretches_{kind}"):
        for rank, stretch in enumerate(found, 1):
            draw(_line(rank, compared, stretch, unit, side))
            st.button(
                words("compare.jump", position=f"{stretch.start:,}"),
                key=f"jump_{kind}_{rank}",
                type="tertiary",
                on_click=look,
                kwargs={"at": stretch.start, "upto": stretch.stop},
            )


def _line(rank: int, compared: Compared, stretch: Stretch, unit: str, side: str) -> Element:
    quote = compared.quoted(stretch)
    tokens = stretch.stop - stretch.start
    figures = words(
        "compare.stretch",
        bits=signed(stretch.bits, 1),
        tokens=f"{tokens:,}",
        mean=signed(stretch.bits / tokens, 2),
        unit=unit,
    )
    text = element(
        "p",
        element("span", _shown(quote.before), class_="around"),
        element("mark", _shown(quote.text[:LONGEST]), class_=side),
        element("span", _shown(quote.after), class_="around"),
        class_="lab-quote",
    )
    return element("div", element("p", f"{rank}. {figures}", class_="lab-small"), text)


def _shown(text: str) -> str:
    """With its line ends to be seen."""
    return text.replace("\n", "↵\n")
