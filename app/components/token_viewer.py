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
from evaluations.records import FloatArray
from evaluations.token_view import LEVELS, Overview

KEY = "token_viewer"
LEAST_SCALE = 0.1  # bits per token: the strip of two equal arms stays flat
OUTLIERS = 99  # percentile of the bins that fills the strip's height

_HERE = Path(__file__).parent
_HTML = """
<div class="viewer">
  <div class="strip"></div>
  <div class="axis"></div>
  <div class="turn"></div>
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
    around, at = compared.page_starts(page.number), place(view, whole)
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
            "count": whole.count,
            "window": [first, behind],
            "training": training_length,
            "scale": scale,
        },
        "labels": _labels(whole, page, (first, behind), unit, training_length, scale),
    }


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
    where = {
        "page": f"{page.number + 1:,}",
        "pages": f"{page.pages:,}",
        "start": f"{shown[0]:,}",
        "stop": f"{shown[1] - 1:,}",
        "unit": unit,
    }
    return {
        "strip": words("compare.strip.label", unit=unit),
        "first": words("compare.strip.scale", scale=f"{scale:.2f}", unit=unit),
        "training": words("compare.strip.training", length=f"{training_length:,}", unit=unit),
        "last": words("compare.strip.end", count=f"{whole.count:,}", unit=unit),
        "here": words("compare.page.here", **where),
        "page": words("compare.page.label"),
        "before": words("compare.page.before"),
        "behind": words("compare.page.behind"),
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
