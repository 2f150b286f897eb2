"""A comparison of two checkpoints that read the tokens of a byte-pair vocabulary of their own."""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evaluations import tokenizing, tokens
from evaluations.baselines import simple_models
from evaluations.charts import curve_chart, curve_title
from evaluations.children import Children
from evaluations.contract import snapshot_json
from evaluations.core_scorer import CoreScorer, score_text
from evaluations.errors import RefusedPlan, TokenizingEnded
from evaluations.plan import make_plan, targets_of
from evaluations.records import CurveKind, Depth, Policy, Preset, Snapshot
from evaluations.reports.markdown import markdown_text
from evaluations.robustness import check_parent
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.targets import target_hash
from evaluations.tokens import MappedTokens, packed, text_pieces, token_count
from evaluations.validity import CHUNK_INVARIANCE, PAIRS_COMPLETE, SAME_TARGETS, SELF_COMPARISON
from evaluations.worker_process import work
from longssm_core import tokenizer
from longssm_core.checkpoint import load_checkpoint, tokenizer_of
from longssm_core.records import describe_checkpoint
from longssm_core.scoring import score_blocks
from longssm_core.tokenizer import TokenizedText
from tests.evaluations import made_runs
from tests.evaluations.queued import LENGTHS, ingested, some_text
from tests.evaluations.tiny_pair import save_tiny_pair, save_tiny_pair_with_tokens

LINE = "設備 17 の温度が上がりました。<|endoftext|> 状態 鬱蒼 😀 order {number}\n"


def text(seed: int, size: int) -> str:
    """A log in two scripts that spells a special token."""
    numbers = some_text(seed, size).split("\n")
    return "\n".join(line + " " + LINE.format(number=i) for i, line in enumerate(numbers)).rstrip()


TEXTS = [text(seed, 3_000) for seed in range(3)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return save_tiny_pair_with_tokens(tmp_path_factory.mktemp("pair"), "\n".join(TEXTS))


@pytest.fixture(scope="module")
def finished(tmp_path_factory, pair):
    """(store, run) of a comparison that real workers have computed."""
    zero, proposed = pair
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), language="en")
    store = open_store(settings)
    documents = store.add_documents(ingested(TEXTS))
    planned = make_plan(
        Preset.MATCHED,
        Depth.QUICK,
        documents,
        zero=zero,
        proposed=proposed,
        lengths=LENGTHS,
        tokenize=store.tokenize,
    )
    run = store.create_run("tokens", planned.plan, planned.run_documents)
    for name in ("first", "second"):
        work(settings, CoreScorer("cpu"), threading.Event(), until_idle=True, name=name)
    yield store, run
    store.close()


@pytest.fixture(scope="module")
def snapshot(finished) -> Snapshot:
    store, run = finished
    return store.snapshot(run)


def test_the_run_is_complete_and_valid(finished, snapshot):
    store, run = finished
    assert store.progress(run).failures == ()
    assert snapshot.status == "done"
    checks = {check.check: check for check in snapshot.validity}
    for name in (SAME_TARGETS, SELF_COMPARISON, CHUNK_INVARIANCE, PAIRS_COMPLETE):
        assert checks[name].passed, checks[name]
    assert checks[SELF_COMPARISON].value == 0
    assert snapshot.plan.unit == "tokens"


def test_targets_are_whole_tokens_and_named_by_their_bytes(finished, pair, snapshot):
    store, run = finished
    tokenizer = tokenizer_of(load_checkpoint(pair[1], device="cpu"))
    expected = []
    for part in store.run_documents(run):
        sizes = tokenizer.read(store.document_text(part.document.id)).sizes
        assert part.token_count == len(sizes) < part.document.bytes
        at = np.concatenate([[0], sizes.cumsum()])
        targets = targets_of(part, snapshot.plan)
        spans = [type(s)(int(at[s.start]), int(at[s.stop])) for s in targets.spans]
        expected.append((part.document.id, spans))
        row = next(one for one in snapshot.documents if one.id == part.document.id)
        assert [list(one) for one in row.spans] == [[s.start, s.stop] for s in spans]
        assert row.target_bytes == sum(s.stop - s.start for s in spans)
        assert row.prefix_bytes == int(at[targets.prefix])
    hashes = {p.target_hash for p in snapshot.curve if p.kind is CurveKind.MATCHED}
    assert hashes == {target_hash(expected)}


def test_the_losses_are_those_of_the_model_scored_directly(finished, pair, snapshot):
    """One document at one length, block by block, without store, worker and units."""
    store, run = finished
    c = 64
    part = store.run_documents(run)[0]
    model = load_checkpoint(pair[1], device="cpu")
    ids, sizes = tokenizer_of(model).read(store.document_text(part.document.id))
    spans = targets_of(part, snapshot.plan).spans
    nats = 0.0
    for span in spans:
        for start in range(span.start, span.stop, c):
            block = (start - c, start, min(start + c, span.stop))
            nats += float(score_blocks(model, torch.from_numpy(ids), [block]).double().sum())
    curve = next(
        one
        for one in snapshot.document_curves
        if (one.document, one.arm, one.kind)
        == (part.document.id, "previous+carry", CurveKind.MATCHED)
    )
    at = curve.lengths.index(c)
    target_bytes = sum(int(sizes[span.start : span.stop].sum()) for span in spans)
    assert curve.target_bytes[at] == target_bytes
    assert curve.bits_per_byte[at] == pytest.approx(nats / math.log(2) / target_bytes, abs=1e-5)
    tokens = sum(span.stop - span.start for span in spans)
    assert curve.perplexity[at] == pytest.approx(math.exp(nats / tokens), rel=1e-5)


def test_the_curve_from_the_start_is_that_of_whole_texts_scored_directly(finished, pair, snapshot):
    store, run = finished
    edge, nats, read = 256, 0.0, 0
    for part in store.run_documents(run):
        text = store.document_text(part.document.id)
        direct = score_text(pair[0], text, Policy.RESET, 16, 256, "cpu")
        assert direct.token_bytes.sum() == part.document.bytes
        nats += float(direct.nll[:edge].astype(float).sum())
        read += int(direct.token_bytes[:edge].sum())
    point = next(
        p
        for p in snapshot.curve
        if (p.arm, p.kind, p.context_length) == ("zero+reset:16", CurveKind.PREFIX, edge)
    )
    assert point.target_bytes == read
    assert point.bits_per_byte == pytest.approx(nats / math.log(2) / read, rel=1e-5)


def test_the_simple_models_are_scored_on_the_bytes_that_the_arms_are_scored_on(finished, snapshot):
    store, run = finished
    bits, weights = [], []
    for part in store.run_documents(run):
        utf8 = store.document_text(part.document.id).encode()
        tokens = store.mapped_tokens(part.tokens.file)
        before = np.concatenate([[0], tokens.sizes(0, part.tokens.count).cumsum()])
        half = int(before[np.searchsorted(before, len(utf8) // 2)])
        bits.append(simple_models(utf8, half).unigram)
        weights.append(len(utf8) - half)
    assert snapshot.baselines.unigram == pytest.approx(np.average(bits, weights=weights))


def test_the_json_object_names_the_tokenizer(snapshot):
    assert json.loads(json.dumps(snapshot_json(snapshot)))["tokenizer"] == snapshot.plan.tokenizer
    assert len(snapshot.plan.tokenizer) == 64


@pytest.mark.parametrize(
    ("language", "tokens", "others"),
    [("en", "1,024 tokens", "1,024 bytes"), ("ja", "1,024 トークン", "1,024 バイト")],
)
def test_lengths_are_said_in_tokens_everywhere(language, tokens, others):
    read = made_runs.snapshot(24, made_plan=made_runs.plan(tokenizer="a" * 64))
    for said in (markdown_text(read, language), curve_title(read, language)):
        assert tokens in said
        assert others not in said
    drawn = json.dumps(curve_chart(read, language).to_dict(), ensure_ascii=False)
    assert tokens.split()[1] in drawn
    bytes_read = markdown_text(made_runs.snapshot(24), language)
    assert others in bytes_read
    assert tokens not in bytes_read


def test_a_document_without_its_tokens_is_not_taken_for_one_of_bytes(finished, snapshot):
    store, run = finished
    part = store.run_documents(run)[0].model_copy(update={"tokens": None})
    with pytest.raises(ValueError, match="not those of the plan's tokenizer"):
        targets_of(part, snapshot.plan)


def test_a_rerun_on_perturbed_documents_is_refused_for_other_tokenizers_in_words():
    read = made_runs.snapshot(24, made_plan=made_runs.plan(tokenizer="a" * 64))
    with pytest.raises(RefusedPlan) as refused:
        check_parent(read)
    assert refused.value.key == "robustness.tokens"
    assert refused.value.words("ja") != refused.value.words("en")


def test_two_vocabularies_are_not_compared(pair, tmp_path):
    zero, _ = save_tiny_pair(tmp_path)
    with pytest.raises(RefusedPlan) as refused:
        make_plan(Preset.MATCHED, Depth.QUICK, [], zero=zero, proposed=pair[1])
    assert refused.value.key == "plan.tokenizers_differ"


def test_a_text_is_read_by_its_tokenizer_once(pair, tmp_path, monkeypatch):
    store = open_store(Settings(data_dir=tmp_path / "data"))
    (document,) = store.add_documents(ingested(TEXTS[:1]))
    first = store.tokenize(document, describe_checkpoint(pair[1]))
    monkeypatch.setattr(tokenizer.FileTokenizer, "read", None)
    assert store.tokenize(document, describe_checkpoint(pair[0])) == first
    store.close()


def test_a_long_text_is_read_by_a_process_of_its_own_to_the_same_tokens(
    pair, tmp_path, monkeypatch
):
    checkpoint = describe_checkpoint(pair[1])
    store = open_store(Settings(data_dir=tmp_path / "data"))
    (document,) = store.add_documents(ingested(TEXTS[:1]))
    here = store.tokenize(document, checkpoint)
    store.files.erase(here.file)
    monkeypatch.setattr(tokenizing, "IN_PROCESS", 0)
    monkeypatch.setattr(tokenizer.FileTokenizer, "read", None)
    assert store.tokenize(document, checkpoint) == here

    store.files.erase(here.file)
    start = Children.start

    def start_and_end(self, command):
        child = start(self, command)
        tokenizing.end_all()
        return child

    monkeypatch.setattr(Children, "start", start_and_end)
    with pytest.raises(TokenizingEnded):
        store.tokenize(document, checkpoint)
    assert list(store.files.names()) == [document.id]
    assert not list(store.files.folder.rglob("*.part"))
    store.close()


@given(
    rows=st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 300)), max_size=20),
    block=st.integers(1, 9),
    data=st.data(),
)
def test_stored_tokens_are_read_back_as_they_were(rows, block, data):
    ids, sizes = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    asked = data.draw(st.lists(st.integers(0, len(rows)), max_size=30))
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(tokens, "BLOCK", block)
        (Path(folder) / "map").write_bytes(packed(TokenizedText(ids, sizes)))
        found = MappedTokens(Path(folder) / "map")
        assert found.ids(0, 99).tolist() == ids.tolist()
        assert found.sizes(0, 99).tolist() == sizes.tolist()
        assert found.bytes == sizes.sum()
        before = found.bytes_before(np.array(asked, dtype=np.int64))
        assert before.tolist() == [sizes[:place].sum() for place in asked]
        assert token_count(Path(folder) / "map") == len(rows)


@given(st.text(alphabet="ab\n\r\u3042", max_size=60), st.integers(1, 12))
def test_a_text_is_read_in_the_parts_in_which_the_tokenizer_reads_it(text, piece):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(tokens, "PIECE", piece)
        patched.setattr(tokenizer, "PIECE", piece)
        (Path(folder) / "text").write_bytes(text.encode())
        assert list(text_pieces(Path(folder) / "text")) == list(tokenizer._pieces(text))
