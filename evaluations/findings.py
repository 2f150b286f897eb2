"""What a failed check found and what became of a document, in words for pages and reports.

`parts_of` and `parts_words` say of documents that were cut from one file what that means: the Data
page, the Results page and the reports say the same. `by_file` gathers what was found in the parts
of each file. `reason_of` is a verdict's reason as it is told, which depends on whether the models
know the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evaluations.documents.names import file_of_part
from evaluations.records import Check, DocumentResult, NotFinite, Reason, Verdict
from evaluations.validity import BETTER_THAN_ORDER2, FINITE_LOSSES, found_unknown
from evaluations.wording import Language, say

# reasons that send people to a further run: of models that do not know the text it is no use
_RUN_AGAIN = re.compile(r"results\.reason\.undecided\.(?:quick|interval|too_close)(?=\.|$)")


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


class FileResult(NamedTuple):
    """What was found in the scored documents of one file, at the primary length."""

    file: str
    documents: int
    better: int  # documents on which B is better
    delta: float  # pooled B - A in bits per byte: every scored byte counts alike
    target_bytes: int


def by_file(documents: Iterable[DocumentResult]) -> tuple[FileResult, ...]:
    """What was found in each of several files, the one on which B is worst first.

    It describes and decides nothing. Weighted with their scored bytes, the differences give the
    pooled one of all. Empty: there is one file, or every document is a file of its own, so that
    the table by document says it already.

    Args:
        documents: those that the difference rests on, `Snapshot.compared`.
    """
    found: dict[tuple[str, str], list[DocumentResult]] = {}
    compared = [one for one in documents if one.delta is not None and one.target_bytes]
    for one in compared:
        file = file_of_part(one.name)
        # whole documents of one name are so many files
        key = (one.name, one.id) if file is None else (file, "")
        found.setdefault(key, []).append(one)
    if not 1 < len(found) < len(compared):
        return ()
    files = (_file(name, own) for (name, _), own in found.items())
    return tuple(sorted(files, key=lambda one: (-one.delta, one.file)))


def _file(name: str, documents: Sequence[DocumentResult]) -> FileResult:
    weighed = [(one.target_bytes, one.delta) for one in documents if one.delta is not None]
    total = sum(weight for weight, _ in weighed)
    return FileResult(
        file=name,
        documents=len(weighed),
        better=sum(delta < 0 for _, delta in weighed),
        delta=sum(weight * delta for weight, delta in weighed) / total,
        target_bytes=total,
    )


def reason_of(verdict: Verdict, checks: Iterable[Check]) -> Reason:
    """A verdict's reason as it is told.

    Where the models do not know the text, no further run of this pair can say Go: a reason that
    asks for one names a pair of one's own instead.

    Args:
        checks: of the evaluation's validity.
    """
    reason = verdict.reason
    if not found_unknown(checks, BETTER_THAN_ORDER2):
        return reason
    key = _RUN_AGAIN.sub(lambda found: f"{found[0]}_unknown", reason.key)
    return reason.model_copy(update={"key": key})
