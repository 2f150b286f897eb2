"""What a failed check found and what became of a document, in words for pages and reports.

`parts_of` and `parts_words` say of documents that were cut from one file what that means: the Data
page, the Results page and the reports say the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from evaluations.documents.names import file_of_part
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


class Parts(NamedTuple):
    """Documents that are parts of files, and of how many."""

    parts: int
    files: int


def parts_of(names: Iterable[str]) -> Parts | None:
    """How many of these documents were cut from how many files; None: no two from one.

    Args:
        names: of the documents.
    """
    files = [file for name in names if (file := file_of_part(name)) is not None]
    found = Parts(len(files), len(set(files)))
    return found if found.files < found.parts else None


def parts_words(names: Iterable[str], language: Language) -> str:
    """What it means that documents are parts of one file; empty: no two of them are.

    Args:
        names: of the documents.
    """
    found = parts_of(names)
    if found is None:
        return ""
    return say("results.parts", language, n=found.parts, files=found.files)
