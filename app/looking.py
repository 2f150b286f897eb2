"""What the Compare page looks at, kept in the address: document, arms, way of reading, place.

`view` gives it for an evaluation, `worst_first` its documents in the order in which they are
offered, `look` changes parts of it. So a refresh or a link that is handed on shows the same place
again; what the address does not say is what the plan compares.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

from evaluations.comparing import READINGS, Reading
from evaluations.records import DocumentResult, Snapshot

FIELDS = ("document", "a", "b", "reading", "at", "upto", "point")
WORST = "worst"  # as a place: where B is worst, which only the losses tell
_KEPT = "looked_at"


class View(NamedTuple):
    """What is looked at. at: a token; None: the first one that was read.

    is_worst: the place is where B is worst.
    upto: the end of a stretch that is marked from there, else 0.
    point: token after which outputs are shown; None: the first one.
    """

    document: str
    a: str
    b: str
    reading: Reading
    at: int | None
    upto: int
    point: int | None
    is_known: bool  # whether the document that was asked for is one of the evaluation
    is_worst: bool = False


def view(found: Snapshot) -> View:
    """What the address asks for, of this evaluation; the rest as its plan says."""
    kept = st.session_state.get(_KEPT, {})
    asked = {name: value for name in FIELDS if (value := st.query_params.get(name))}
    if kept.get("run") != found.run:
        kept = {}
    if asked.get("document", kept.get("document")) != kept.get("document"):
        kept = {name: kept[name] for name in ("a", "b", "reading") if name in kept}
    asked = {**kept, **asked}
    st.session_state[_KEPT] = {**asked, "run": found.run}
    for name in FIELDS:
        if name in asked and st.query_params.get(name) != asked[name]:
            st.query_params[name] = asked[name]
    ids = [document.id for document in found.documents]
    arms = [arm.name for arm in found.plan.arms]
    document = asked.get("document", "")
    a, b = asked.get("a"), asked.get("b")
    return View(
        document=document if document in ids else worst_first(found)[0].id,
        a=a if a in arms else found.comparison.arm_a,
        b=b if b in arms else found.comparison.arm_b,
        reading=next((one for one in READINGS if one == asked.get("reading")), READINGS[0]),
        at=_number(asked.get("at")),
        upto=_number(asked.get("upto")) or 0,
        point=_number(asked.get("point")),
        is_known=not document or document in ids,
        is_worst=asked.get("at") == WORST,
    )


def worst_first(found: Snapshot) -> list[DocumentResult]:
    """Its documents, those on which B is worst first; behind them those without a difference.

    At the end are those whose text was erased: nothing of them can be looked at.
    """

    def place(one: DocumentResult) -> tuple[bool, bool, bool, float]:
        is_gone = one.id in found.erased
        return is_gone, one.delta is None, one.role != "scored", -(one.delta or 0.0)

    return sorted(found.documents, key=place)


def look(**fields: Any) -> None:
    """Look at something else; None: as the plan says."""
    kept = st.session_state.setdefault(_KEPT, {})
    for name, value in fields.items():
        if value is None:
            kept.pop(name, None)
            st.query_params.pop(name, None)
        else:
            kept[name] = str(value)
            st.query_params[name] = str(value)


def _number(written: str | None) -> int | None:
    """A place that an address names; None: it names none."""
    return int(written) if written and written.isdecimal() and len(written) < 16 else None
