"""Stored documents as a table with a tick each, in the page's language.

Streamlit's own table has built-in English menus and reads its column names as markdown; this one
shows every cell literally.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

KEY = "document_table"
_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "longssm_documents",
    html='<div class="documents" tabindex="0"></div>',
    css=(_HERE / "document_table.css").read_text(encoding="utf-8"),
    js=(_HERE / "document_table.js").read_text(encoding="utf-8"),
)


class Row(NamedTuple):
    """One document: its id and what its cells say."""

    id: str
    cells: tuple[str, ...]


def document_table(
    rows: Sequence[Row],
    columns: Sequence[str],
    numeric: Sequence[int],
    selected: Sequence[str],
    tick_all: str,
    version: int,
    key: str = KEY,
) -> list[str]:
    """Draw the table; the ids that are ticked, in the table's order.

    Args:
        version: another one where `selected` is not what the table has answered itself: Streamlit
            keeps a component's own answer under its key, whatever default it is given.
    """
    known = [row.id for row in rows]
    ticked = [document for document in known if document in set(selected)]
    result = _mount(
        key=f"{key}_{version}",
        data={
            "rows": [{"id": row.id, "cells": list(row.cells)} for row in rows],
            "selected": ticked,
            "version": version,
            "numeric": list(numeric),
            "labels": {"columns": list(columns), "all": tick_all},
        },
        default={"selected": ticked},
        on_selected_change=lambda: None,
    )
    answer = result.get("selected")
    return ticked if answer is None else [document for document in known if document in answer]
