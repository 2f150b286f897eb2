"""Tells the browser which language the page is in, for screen readers, glyphs and translators."""

from __future__ import annotations

import streamlit as st
from session import language

_mount = st.components.v2.component(
    "longssm_page_language",
    js="""
export default function ({ data }) {
  document.documentElement.lang = data.language;
}
""",
)


def page_language() -> None:
    """Set the document's language to the visitor's."""
    _mount(key="page_language", data={"language": language()})
