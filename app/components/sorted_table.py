"""A table that the reader sorts by its headings; a row may lead to another page.

Like `document_table` it is a component: what it shows is written as text. The browser sorts, so
nothing runs here until a row is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import streamlit as st

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "longssm_sorted_table",
    html='<div class="sorted"></div>',
    css=(_HERE / "sorted_table.css").read_text(encoding="utf-8"),
    js=(_HERE / "sorted_table.js").read_text(encoding="utf-8"),
)


class SortedRow(NamedTuple):
    """A row: its id, what its cells say, and by what they are sorted (None: last).

    opens: whether there is something to open.
    """

    id: str
    cells: tuple[str, ...]
    values: tuple[str | float | None, ...]
    opens: bool


def sorted_table(
    key: str,
    rows: Sequence[SortedRow],
    columns: Sequence[str],
    numeric: Sequence[int],
    sorted_by: int,
    open_label: str,
    falling: bool = False,
) -> str | None:
    """Draw the table; the id of the row that was opened just now.

    Args:
        numeric: columns that are set to the right.
        sorted_by: the column that it is sorted by at first.
        falling: the largest values first.
    """
    result = _mount(
        key=key,
        data={
            "rows": [row._asdict() for row in rows],
            "columns": list(columns),
            "numeric": list(numeric),
            "sorted": sorted_by,
            "falling": falling,
            "open": open_label,
        },
        on_opened_change=lambda: None,
    )
    opened = result.get("opened")
    return opened if opened in {row.id for row in rows} else None
