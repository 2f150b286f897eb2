"""The page script: runs on every interaction, draws the frame and the page inside it.

The main way, from a plan to a report, stands in the top bar one page after the other; what is
beside it is folded under one word.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import streamlit as st
from components.ended import ended
from components.format import zone_name
from components.frame import context_bar
from components.page_language import page_language
from serving import spare_modules
from session import begin, failures_in_words, language, run_id, words
from warming import prepare

HERE = Path(__file__).parent
PAGES = ("home", "plan", "data", "run", "results", "compare", "review", "money", "report")
BESIDE = ("models", "theory")  # folded under one word


def pages(names: Iterable[str]) -> list[Any]:
    """These pages, under their names in the visitor's language."""
    return [
        st.Page(f"views/{name}.py", title=words(f"app.page.{name}"), default=name == "home")
        for name in names
    ]


begin()
st.set_page_config(page_title=words("app.name"), page_icon=str(HERE / "icon.png"), layout="wide")
page = st.navigation(
    {"": pages(PAGES), words("app.pages.beside"): pages(BESIDE)},
    position="top",
)
st.html(HERE / "style.css")
with st.container(key="unseen"):
    page_language()
with failures_in_words():
    context_bar(page.url_path or "home")
    ended(page.url_path or "home")
    page.run()
if (run := run_id()) is not None:
    prepare(run, language(), zone_name())
spare_modules(len(sys.modules))
