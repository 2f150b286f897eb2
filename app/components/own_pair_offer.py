"""Where a checkpoint does not know the text: why that matters, and the way to a pair that does."""

from __future__ import annotations

import streamlit as st
from session import go, words

from components.markup import notice
from components.pair_form import choose_documents
from evaluations.records import Snapshot
from evaluations.validity import BETTER_THAN_ORDER2, BETTER_THAN_UNIGRAM, NOT_RUN

REASONS = {BETTER_THAN_UNIGRAM: "models.offer.unigram", BETTER_THAN_ORDER2: "models.offer.order2"}


def needs_own_pair(snapshot: Snapshot) -> str | None:
    """Key of the sentence that says why, the graver first; None: the text is known, or unasked."""
    checks = {check.check: check for check in snapshot.validity}
    for name, key in REASONS.items():
        check = checks.get(name)
        if check is not None and not check.passed and check.value != NOT_RUN:
            return key
    return None


def has_first_offer(key: str | None) -> bool:
    """Whether nothing else is worth doing: the verdict is withheld for it."""
    return key == REASONS[BETTER_THAN_UNIGRAM]


def own_pair_offer(snapshot: Snapshot, key: str) -> None:
    """The sentence, and the button."""
    notice("warning", words(key))
    means = words("models.offer.means")
    kind = "primary" if has_first_offer(key) else "secondary"
    if st.button(words("models.offer.button"), type=kind, key="own_pair", help=means):
        choose_documents([one.id for one in snapshot.documents if one.id not in snapshot.erased])
        st.session_state["models_show"] = "pair"
        go("models")
