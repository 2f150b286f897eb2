"""How much of the documents was read, as one sentence: `read_share`.

Which spans of a document were scored stands in its row of the snapshot; a depth bounds the work on
a long one, and nobody should take a part of it for the whole.
"""

from __future__ import annotations

from evaluations.numbers import size
from evaluations.records import Snapshot
from evaluations.wording import Language, say


def read_share(snapshot: Snapshot, language: Language) -> str | None:
    """What was read of the scored documents that were not read whole; None: all of them were.

    None also for results of versions that did not store it.
    """
    partly = [
        document
        for document in snapshot.documents
        if document.role != "too_short"
        and document.prefix_bytes is not None
        and _covered(document.prefix_bytes, document.spans) < document.bytes
    ]
    if not partly:
        return None
    spans = [span for document in partly for span in document.spans]
    return say(
        "results.read_share.one" if len(partly) == 1 else "results.read_share",
        language,
        n=len(partly),
        total=size(sum(document.bytes for document in partly)),
        prefix=size(sum(document.prefix_bytes or 0 for document in partly)),
        spans=len(spans),
        targets=size(sum(stop - start for start, stop in spans)),
    )


def _covered(prefix: int, spans: tuple[tuple[int, int], ...]) -> int:
    """The end of what was read without a gap from the start."""
    end = prefix
    for start, stop in sorted(spans):
        if start <= end:
            end = max(end, stop)
    return end
