"""Nobody takes a part of a long document for the whole: what was read is said in one sentence."""

from __future__ import annotations

import pytest

from evaluations.read_share import read_share
from evaluations.records import Depth, DocumentResult
from evaluations.reports.markdown import markdown_text
from evaluations.targets import AMOUNTS, READ_WHOLE, TooShort, amount_of, choose_targets
from tests.evaluations.reports.snapshots import VARIANTS


def row(name: str, size: int, prefix: int | None, *spans: tuple[int, int]) -> DocumentResult:
    return DocumentResult(
        id=name,
        name=name,
        bytes=size,
        encoding="utf-8",
        role="scored",
        prefix_bytes=prefix,
        spans=spans,
    )


def shown(*documents: DocumentResult):
    return VARIANTS["go"]().model_copy(update={"documents": documents})


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_was_read_of_a_long_document_is_said_on_pages_and_in_the_memo(language):
    spans = tuple((n * 10**8, n * 10**8 + 512) for n in range(1, 9))
    snapshot = shown(row("a.log", 10**9, 8_192, *spans), row("b.log", 900, 900))
    sentence = read_share(snapshot, language)
    assert sentence is not None
    for figure in ("954 MB", "8.0 KB", "8", "4.0 KB"):
        assert figure in sentence
    assert sentence in markdown_text(snapshot, language).replace("\\", "")


def test_nothing_is_said_where_all_was_read_or_where_it_is_not_known():
    whole = row("a.log", 9_000, 8_192, (8_000, 9_000))
    assert read_share(shown(whole, row("b.log", 900, None)), "en") is None
    gap = row("c.log", 9_000, 8_192, (8_200, 9_000))
    assert read_share(shown(whole, gap), "en").startswith("The document")


@pytest.mark.parametrize("depth", list(Depth))
def test_no_depth_reads_more_of_a_document_for_being_longer_still(depth):
    long, longer = (
        choose_targets("0" * 64, size, (16, 1024), 16, depth, 0) for size in (10**8, 10**9)
    )
    assert not isinstance(long, TooShort)
    assert not isinstance(longer, TooShort)
    assert long.prefix == longer.prefix <= READ_WHOLE
    scored = [sum(span.stop - span.start for span in one.spans) for one in (long, longer)]
    assert scored[0] == scored[1] <= READ_WHOLE
    assert longer.spans[-1].start >= 10**9 // 2  # and yet they are spread over all of it
    assert amount_of(depth, READ_WHOLE) == AMOUNTS[depth]
