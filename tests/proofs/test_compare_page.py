"""The proof of the Compare page's speed, in short, and that it reads what it says it reads."""

from __future__ import annotations

from evaluations.comparing import PAGE_TOKENS
from evaluations.records import Span
from evaluations.settings import Settings
from evaluations.store import open_store
from tests.proofs.compare_page import TOKENS, finished_run, parts


def test_a_document_of_100_000_tokens_is_there_within_the_time_of_a_page(tmp_path):
    settings = Settings(data_dir=tmp_path)
    store = open_store(settings)
    try:
        there, times = parts(store, finished_run(settings, store))
        assert all(one.met for one in times), times
        assert sum(one.seconds for one in times) < 3
        text = store.document_text(there.document)
        pages, at = [], 0
        while at is not None:
            page = there.page(at)
            pages.append(page.cells)
            at = there.page_starts(page.number, [Span(0, TOKENS)]).behind
        assert len(pages) == -(-TOKENS // PAGE_TOKENS)
        assert "".join(said for page in pages for said in page.texts) == text
        assert all(page.is_read.all() for page in pages)
    finally:
        store.close()
