"""What a failed check found and what became of a document, in words for pages and reports."""

from __future__ import annotations

from evaluations.records import Check, NotFinite
from evaluations.validity import FINITE_LOSSES
from evaluations.wording import Language, say


def failed_words(check: Check, language: Language) -> str:
    """What a failed check found; where documents are left out, how many."""
    found = say(f"results.check.{check.check}.failed", language)
    if check.check != FINITE_LOSSES or not isinstance(check.value, dict):
        return found
    documents = check.value.get("documents")
    if documents is None:  # stored by an earlier version
        return found
    return say(
        "results.check.finite_losses.count", language, found=found, documents=f"{documents:,}"
    )


def not_finite_words(found: NotFinite, language: Language) -> str:
    """Where a document's numbers broke; layers are counted from 1 for people."""
    position = f"{found.position:,}"
    if found.layer is None:
        return say("results.document.not_finite", language, position=position)
    return say(
        "results.document.not_finite_layer", language, position=position, layer=found.layer + 1
    )
