"""The page script: runs on every interaction, draws the frame and the page inside it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from components.ended import ended
from components.frame import context_bar
from components.page_language import page_language
from session import begin, failures_in_words, words

HERE = Path(__file__).parent
PAGES = ("home", "data", "run", "results", "report", "money")

begin()
st.set_page_config(page_title=words("app.name"), page_icon=str(HERE / "icon.png"), layout="wide")
page = st.navigation(
    [
        st.Page(f"views/{name}.py", title=words(f"app.page.{name}"), default=name == "home")
        for name in PAGES
    ],
    position="top",
)
st.html(HERE / "style.css")
with st.container(key="unseen"):
    page_language()
with failures_in_words():
    context_bar(page.url_path or "home")
    ended(page.url_path or "home")
    page.run()
