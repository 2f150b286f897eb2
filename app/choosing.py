"""What the next evaluation is made of: the ticked documents, and how far each can be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st
from session import state

from evaluations.paired import EXACT_UNITS, MINIMUM_UNITS
from evaluations.plan import make_plan, targets_of
from evaluations.records import Depth, Document, Preset
from evaluations.samples import sample_documents
from evaluations.targets import TooShort

SHORTEST_TRAINING_LENGTH = 16  # of the shipped pairs
FEWEST, ENOUGH = MINIMUM_UNITS, EXACT_UNITS


class Use(NamedTuple):
    """How far a document carries: its longest context length, 0 when it is too short."""

    longest: int
    is_full: bool  # every length of the plan


def uses(documents: Sequence[Document]) -> dict[str, Use]:
    """How far each document can be used in a quick run of the shipped pair."""
    known: dict[str, Use] = state("uses", {})
    missing = [document for document in documents if document.id not in known]
    if missing:
        plan, parts = make_plan(Preset.MATCHED, Depth.QUICK, missing)
        for part in parts:
            found = targets_of(part, plan)
            lengths = () if isinstance(found, TooShort) else found.lengths
            known[part.document.id] = Use(max(lengths, default=0), lengths == plan.lengths)
    return known


def in_reading_order(documents: Sequence[Document]) -> list[Document]:
    """Files as they come, the parts of one file by their numbers: 2 before 10."""
    files = {document.original_sha256: i for i, document in reversed(list(enumerate(documents)))}

    def place(document: Document) -> tuple[int, list[int | str]]:
        pieces = re.split(r"(\d+)", document.name)
        return files[document.original_sha256], [int(p) if p.isdigit() else p for p in pieces]

    return sorted(documents, key=place)


def ticked(documents: Sequence[Document]) -> list[str]:
    """Ids of the documents chosen for the next evaluation.

    Until the visitor chooses, all of their own; the bundled sample only if there is nothing else.
    """
    known = [document.id for document in documents]
    if "ticked" in st.session_state:
        return [document for document in known if document in st.session_state["ticked"]]
    sample = {extracted.document.id for extracted in sample_documents().documents}
    own = [document for document in known if document not in sample]
    return own or known


def tick(ids: Sequence[str]) -> None:
    """Choose exactly these documents."""
    st.session_state["ticked"] = list(ids)


def tick_also(ids: Sequence[str]) -> None:
    """Choose these beside those that were chosen in this visit; the bundled sample gives way."""
    chosen = st.session_state.get("ticked", [])
    sample = {extracted.document.id for extracted in sample_documents().documents}
    kept = [] if sample.issuperset(chosen) else chosen
    st.session_state["ticked"] = list(dict.fromkeys([*kept, *ids]))
    st.session_state["ticked_version"] = ticked_version() + 1


def ticked_version() -> int:
    """How often something else than the table of documents has chosen: it then starts anew."""
    return int(st.session_state.get("ticked_version", 0))
