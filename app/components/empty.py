"""What a page shows when no evaluation is in view."""

from __future__ import annotations

import streamlit as st
from session import go, open_store, words

from components.markup import notice


def no_evaluation() -> None:
    """Choose one above, or begin the first one."""
    if open_store().runs():
        notice("info", words("app.empty.choose"))
        return
    notice("info", words("app.empty.none"))
    if st.button(words("app.empty.to_data"), type="primary", key="to_data"):
        go("data")
