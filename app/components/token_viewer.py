"""The losses of two arms on a document: a strip of the whole, and one page of text token by token.

The browser gets one page and some hundred bins, whatever the document's length; a click on the
strip or a key turns the page. What is shown is written there as text, never as markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from looking import View, look
from session import words

from evaluations.comparing import Compared, TextPage
from evaluations.numbers import plain
from evaluations.records import FloatArray, Span
from evaluations.token_view import LEVELS, Overview

KEY = "token_viewer"
LEAST_SCALE = 0.1  # bits per token: the strip of two equal arms stays flat
RANGES_SHOWN = 5  # of pages that were read
PLACES = (("start", 0.1), ("early", 0.4), ("middle", 0.6), ("late", 0.9), ("end", 1.01))
OUTLIERS = 99  # percentile of the bins that fills the strip's height

_HERE = Path(__file__).parent
_HTML = """
<div class="viewer">
  <div class="strip"></div>
  <div class="axis"></div>
  <div class="turn"></div>
  <div class="caption"></div>
  <div class="legend"></div>
  <div class="text" tabindex="0" role="group"></div>
  <div class="readout" aria-live="polite"></div>
</div>
"""
_mount = st.components.v2.component(
    "longssm_token_viewer",
    html=_HTML,
    css=(_HERE / "token_viewer.css").read_text(encoding="utf-8"),
    js=(_HERE / "token_viewer.js").read_text(encoding="utf-8"),
)


def token_viewer(
    compared: Compared, whole: Overview, view: View, unit: str, training_length: int
) -> None:
    """Draw both; a chosen place is looked at, and stands in the address."""
    page = compared.page(place(view, whole))
    _mount(
        key=KEY,
        data=viewer_data(compared, whole, page, view, unit, training_length),
        on_at_change=_moved,
    )


def place(view: View, whole: Overview) -> int:
    """The token that is looked at: where nobody chose one, the first that was read."""
    if view.at is not None:
        return view.at
    return whole.read[0].start if whole.read else 0


def _moved() -> None:
    at = st.session_state[KEY].get("at")
    if at is not None:
        look(at=int(at), upto=None)


def viewer_data(
    compared: Compared,
    whole: Overview,
    page: TextPage,
    view: View,
    unit: str,
    training_length: int,
) -> dict[str, Any]:
    """What the browser draws, in JSON values; what is no number is null."""
    cells = page.cells
    first, behind = int(cells.starts[0]), int(cells.starts[-1])
    around, at = compared.page_starts(page.number, whole.read), place(view, whole)
    scale = strip_scale(whole.bin_bits)
    return {
        "key": [*map(str, compared.key), view.a, view.b, first],
        "texts": list(cells.texts),
        "starts": cells.starts.tolist(),
        "a": _numbers(cells.a),
        "b": _numbers(cells.b),
        "read": cells.is_read.tolist(),
        "levels": cells.levels.tolist(),
        "at": at if first <= at < behind else first,
        "mark": [at, view.upto] if view.upto > at else None,
        "moves": around._asdict(),
        "strip": {
            "bits": _numbers(whole.bin_bits),
            "tokens": whole.bin_tokens.tolist(),
            "edges": whole.edges.tolist(),
            "count": whole.count,
            "window": [first, behind],
            "training": training_length,
            "scale": scale,
        },
        "labels": {
            **_labels(whole, page, (first, behind), unit, training_length, scale),
            **_turning(compared, whole, page, (first, behind), unit),
            "caption": mark_words(whole, view, unit),
        },
    }


def mark_words(whole: Overview, view: View, unit: str) -> str:
    """What is marked, and where in the document that is; empty: nothing is marked."""
    if view.at is None or view.upto <= view.at:
        return ""
    share = view.at / whole.count
    kind = next(name for name, end in PLACES if share < end)
    where = words("compare.mark.where", place=words(f"compare.place.{kind}"),
                  share=f"{100 * share:.0f}", position=f"{view.at:,}", unit=unit)  # fmt: skip
    for name, found in (("loss", whole.losses), ("gain", whole.gains)):
        for rank, stretch in enumerate(found, 1):
            if (stretch.start, stretch.stop) == (view.at, view.upto):
                key = f"compare.mark.{name}{'.first' if rank == 1 else ''}"
                bits = plain(abs(stretch.bits), 1)
                return words(key, where=where, rank=rank, bits=bits)
    return words("compare.mark.chosen", where=where)


def strip_scale(bins: FloatArray) -> float:
    """The difference that fills half of the strip's height: a few bins may reach beyond it."""
    finite = np.abs(bins[np.isfinite(bins)])
    return max(LEAST_SCALE, float(np.percentile(finite, OUTLIERS))) if len(finite) else LEAST_SCALE


def _numbers(values: FloatArray) -> list[float | None]:
    return [round(value, 4) if np.isfinite(value) else None for value in values.tolist()]


def _labels(
    whole: Overview,
    page: TextPage,
    shown: Sequence[int],
    unit: str,
    training_length: int,
    scale: float,
) -> dict[str, Any]:
    grey = words(f"compare.strip.grey{'.narrow' if whole.is_stretched else ''}")
    return {
        "strip": words("compare.strip.label", unit=unit),
        "first": words("compare.strip.scale", scale=f"{scale:.2f}", unit=unit),
        "training": words(
            "compare.strip.training", length=f"{training_length:,}", unit=unit, grey=grey
        ),
        "last": words("compare.strip.end", count=f"{whole.count:,}", unit=unit),
        "page": words("compare.page.label"),
        "hint": words("compare.page.hint"),
        "readout": {
            name: words(f"compare.readout.{name}", unit=unit, **_FILLED)
            for name in ("read", "unread", "broken")
        },
        "better": {
            name: words(f"compare.b.{name}", amount="{amount}")
            for name in ("better", "worse", "same")
        },
        "legend": _legend(unit, whole.not_finite > 0),
    }


def _turning(
    compared: Compared, whole: Overview, page: TextPage, shown: Sequence[int], unit: str
) -> dict[str, str]:
    """Where the reader is, which pages were read, and what the buttons do: they pass the others."""
    here = words(
        "compare.page.here",
        page=f"{page.number + 1:,}",
        pages=f"{page.pages:,}",
        start=f"{shown[0]:,}",
        stop=f"{shown[1] - 1:,}",
        unit=unit,
    )
    read = compared.pages_read(whole.read)
    if sum(span.stop - span.start for span in read) == page.pages:
        moves = {name: words(f"compare.page.{name}") for name in ("before", "behind")}
        return {"here": here, **moves}
    is_read = any(span.start <= page.number < span.stop for span in read)
    kind = "read" if is_read else "unread"
    here = words(f"compare.page.here.{kind}", here=here, read=_page_numbers(read))
    return {
        "here": here,
        **{name: words(f"compare.page.{name}.read") for name in ("before", "behind")},
    }


def _page_numbers(read: Sequence[Span]) -> str:
    """`1〜2、31`, from 1; of many only the first."""
    parts = [
        f"{span.stop:,}"
        if span.stop - span.start == 1
        else words("compare.page.range", first=f"{span.start + 1:,}", last=f"{span.stop:,}")
        for span in read[:RANGES_SHOWN]
    ]
    if len(read) > RANGES_SHOWN:
        parts.append(words("compare.page.more", n=len(read) - RANGES_SHOWN))
    return words("reports.comma").join(parts)


# filled in by the browser, for each token
_FILLED = {name: f"{{{name}}}" for name in ("text", "position", "tokens", "a", "b", "better")}


def _legend(unit: str, is_broken: bool) -> list[tuple[str, str]]:
    """Class of every tone, and what it stands for."""
    steps = [*(f"{level:g}" for level in LEVELS)]
    found = [
        (f"a{3 - i}", words("compare.legend.a", least=step, unit=unit))
        for i, step in enumerate(reversed(steps))
    ]
    found.append(("", words("compare.legend.same", least=steps[0], unit=unit)))
    found += [
        (f"b{i}", words("compare.legend.b", least=step, unit=unit))
        for i, step in enumerate(steps, 1)
    ]
    found.append(("unread", words("compare.legend.unread")))
    if is_broken:
        found.append(("broken", words("compare.legend.broken")))
    return found
