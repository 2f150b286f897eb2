"""The chart of curves as its page draws it: made once for all who ask for the same.

Making it takes longer than all else on its page. What comes out a second time is the same to the
letter, so that the browser leaves the chart that stands there alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import streamlit as st

from evaluations import charts
from evaluations.charts import Theme
from evaluations.records import CurveKind, Snapshot
from evaluations.wording import Language

KEPT = 64  # charts, a few dozen kilobytes each


class Drawn:
    """A chart that was made."""

    def __init__(self, spec: str) -> None:
        self._spec = spec

    def to_dict(self) -> dict[str, Any]:
        """Its Vega-Lite specification; whoever asks may change it."""
        spec: dict[str, Any] = json.loads(self._spec)
        return spec


def curve_chart(
    snapshot: Snapshot, language: Language, kind: CurveKind, theme: Theme, **options: Any
) -> Drawn:
    """As `charts.curve_chart`."""
    facts = hashlib.sha256(snapshot.model_dump_json().encode("utf-8")).digest()
    return Drawn(_spec(snapshot, facts, language, kind.value, tuple(theme), options))


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _spec(
    _snapshot: Snapshot,
    facts: bytes,
    language: Language,
    kind: str,
    theme: tuple[str, ...],
    options: dict[str, Any],
) -> str:
    made = charts.curve_chart(_snapshot, language, CurveKind(kind), Theme(*theme), **options)
    return json.dumps(made.to_dict())
