"""What the Compare page reads of a document whose tokens are not its bytes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from evaluations.comparing import PAGE_TOKENS, Compared, compared
from evaluations.records import Span, TokenLosses
from evaluations.token_view import overview
from evaluations.tokens import MappedTokens, packed
from longssm_core.tokenizer import TokenizedText
from tests.evaluations.queued import queue_run, work_off

TEXT = "".join(f"{n} 温度 12.5 ℃😀 異常なし\n" for n in range(700))


@pytest.fixture(params=["bytes", "tokens"])
def there(request, tmp_path):
    """A document under two arms; tokens of one to five bytes cut characters anywhere."""
    text = TEXT.encode()
    file = tmp_path / "text"
    file.write_bytes(text)
    rng = np.random.default_rng(1)
    cuts = np.unique(np.concatenate([[0], np.cumsum(rng.integers(1, 6, len(text)))]))
    offsets = np.append(cuts[cuts < len(text)], len(text))
    offsets = np.arange(len(text) + 1) if request.param == "bytes" else offsets
    nll = rng.gamma(2, 1, (2, len(offsets) - 1)).astype(np.float32)
    sizes = np.diff(offsets)
    (tmp_path / "tokens").write_bytes(packed(TokenizedText(np.zeros_like(sizes), sizes)))
    asked = []

    def losses(document, arm, start, stop, context_length):
        asked.append((start, stop))
        side = {"a": 0, "b": 1}[arm]
        first = start + (100 if side and start == 0 else 0)  # b has no losses at the start
        at = np.arange(first, stop)
        values = nll[side, first:stop]
        return TokenLosses(document, arm, context_length, at, values, sizes[at], offsets[at])

    return SimpleNamespace(
        compared=Compared(
            losses=SimpleNamespace(range=losses),
            document="d",
            arm_a="a",
            arm_b="b",
            context_length=None,
            file=file,
            count=len(offsets) - 1,
            tokens=None if request.param == "bytes" else MappedTokens(tmp_path / "tokens"),
        ),
        offsets=offsets,
        nll=nll,
        asked=asked,
    )


def test_the_pages_are_the_text_and_each_reads_its_own_losses_only(there):
    said, at, pages = "", 0, 0
    while at is not None:
        there.asked.clear()
        page = there.compared.page(at)
        assert all(stop - start <= PAGE_TOKENS + 8 for start, stop in there.asked)
        assert page.number == pages
        starts = page.cells.starts
        assert page.cells.is_read.all() == (pages > 0)
        for i in (0, len(page.cells.texts) // 2, len(page.cells.texts) - 1):
            own = slice(starts[i], starts[i + 1])
            spelled = TEXT.encode()[there.offsets[starts[i]] : there.offsets[starts[i + 1]]]
            assert page.cells.texts[i] == spelled.decode()
            if page.cells.is_read[i]:
                assert page.cells.b[i] == pytest.approx(there.nll[1, own].sum() / np.log(2))
        said, pages = said + "".join(page.cells.texts), pages + 1
        at = there.compared.page_starts(page.number, [Span(0, there.compared.count)]).behind
    assert said == TEXT
    assert pages == page.pages > 2


def test_turning_passes_the_pages_that_were_not_read(there):
    count = there.compared.count
    read = (Span(0, 10), Span(count - 20, count - 10))
    last = there.compared.page(count - 15).number
    assert last > 1  # there is a page between them
    assert there.compared.pages_read(read) == (Span(0, 1), Span(last, last + 1))
    for number in range(last):
        around = there.compared.page_starts(number, read)
        assert around.before == (0 if number else None)
        assert there.compared.page(around.behind).number == last
    assert there.compared.page_starts(last, read) == (0, None)
    assert there.compared.page_starts(0, read).behind == count - 20  # where something is to be seen
    assert there.compared.page_starts(last, (Span(7, 9), Span(count - 20, count))).before == 7
    touching = (Span(0, PAGE_TOKENS + 20), Span(PAGE_TOKENS + 30, PAGE_TOKENS + 40))
    assert there.compared.pages_read(touching) == (Span(0, 2),)


def test_the_whole_is_what_both_arms_have(there):
    found = there.compared.overview()
    assert found.read == (Span(100, there.compared.count),)
    shared = there.nll[:, 100:].astype(float)
    assert found.bits == pytest.approx((shared[0] - shared[1]).sum() / np.log(2))
    for stretch in (*found.gains, *found.losses):
        quote, text = there.compared.quoted(stretch), TEXT.encode()
        first, last = there.offsets[[stretch.start, stretch.stop]]
        assert quote.text == text[first:last].decode("utf-8", "ignore")
        assert text[:first].decode("utf-8", "ignore").endswith(quote.before)
        assert 80 < len(quote.after.encode()) <= 90 or last + 90 > len(text)


def test_a_document_that_is_scored_is_read_from_the_store(settings, store):
    run = queue_run(store, size=2_000)
    document = store.run_documents(run)[0].document.id
    arms = ("zero+carry", "previous+carry")
    assert compared(store, run, document, *arms, "start").why == "waiting"
    work_off(settings)
    for reading, tokens in (("start", 2_000), ("targets", 1_024)):
        found = compared(store, run, document, *arms, reading).overview()
        assert found.tokens == min(tokens, found.count)
    a, b = (store.losses(run).prefix(document, arm).nll.astype(float) for arm in arms)
    whole = compared(store, run, document, *arms, "start").overview()
    assert whole.bits == pytest.approx((a - b).sum() / np.log(2))
    assert overview([], whole.count).tokens == 0
