"""A form in numbered steps: what is asked first, second and so on, each in a frame of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from components.markup import draw, element


@contextmanager
def step(number: int, title: str, lead: str = "") -> Iterator[None]:
    """The frame of one step."""
    with st.container(border=True):
        count = element("span", number, class_="lab-step")
        parts = [element("h2", count, title, class_="lab-section")]
        if lead:
            parts.append(element("p", lead, class_="lab-note"))
        draw(*parts)
        yield
