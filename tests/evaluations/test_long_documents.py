"""A document of many units: only what a unit reads is held, and work goes on where it stopped."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from evaluations.plan import make_plan
from evaluations.records import Depth, Policy, Preset
from evaluations.tokens import ByteTokens, MappedTokens, packed
from evaluations.units import PREFIX_UNIT, READ_TOKENS
from evaluations.worker_process import work
from longssm_core.tokenizer import TokenizedText
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import describe, ingested, some_text
from tests.evaluations.test_worker_process import stored_losses

SIZE = 40_000  # bytes: ten units of the prefix, more than one batch of blocks
LENGTHS = (16, 1024)


class Watchful(FakeScorer):
    """Remembers how many tokens it was ever given at once; stops a worker after some units."""

    def __init__(self, stop: threading.Event, units: int) -> None:
        self.most = 0
        self._left = units

        def before(_arm, _start) -> None:
            self._left -= 1
            if self._left == 0:
                stop.set()

        super().__init__(before)

    def read_prefix(self, arm, tokens, state):
        self.most = max(self.most, len(tokens))
        return super().read_prefix(arm, tokens, state)

    def score_blocks(self, arm, tokens, blocks):
        self.most = max(self.most, len(tokens) // 2)  # with what lies between resets
        return super().score_blocks(arm, tokens, blocks)


def queue_long(store, name: str) -> str:
    (added,) = store.add_documents(ingested([some_text(3, SIZE)]))
    planned = make_plan(Preset.MATCHED, Depth.PRECISE, [added], lengths=LENGTHS, describe=describe)
    return store.create_run(name, planned.plan, planned.run_documents)


def test_work_on_a_long_document_goes_on_in_the_middle_with_the_same_losses(settings, store):
    settings = settings.model_copy(update={"reuse_losses": False})
    quiet = queue_long(store, "quiet")
    for name in ("first", "second"):
        work(settings, FakeScorer(), threading.Event(), until_idle=True, name=name)
    stopped, most = queue_long(store, "stopped"), 0
    for number in range(60):
        stop = threading.Event()
        scorer = Watchful(stop, units=7)
        work(settings, scorer, stop, until_idle=True, name=f"worker {number}")
        most = max(most, scorer.most)
        if store.has_ended(stopped):
            break
    assert store.progress(stopped).status == "done"
    assert most <= READ_TOKENS < SIZE
    before, after = stored_losses(store, quiet), stored_losses(store, stopped)
    (part,) = store.run_documents(quiet)
    for arm in store.plan(quiet).arms:
        assert np.array_equal(
            before.prefix(part.document.id, arm.name).nll,
            after.prefix(part.document.id, arm.name).nll,
        )
        for length in LENGTHS:
            one, other = (
                found.targets(part.document.id, arm.name, length) for found in (before, after)
            )
            assert np.array_equal(one.nll, other.nll)
    assert len(before.prefix(part.document.id, arm.name).nll) > 9 * PREFIX_UNIT


def test_losses_of_blocks_do_not_depend_on_what_lies_between_them(settings, store):
    """By the recurrence over the whole text, for arms that reset inside of blocks as well."""
    run = queue_long(store, "a run")
    for name in ("first", "second"):
        work(settings, FakeScorer(), threading.Event(), until_idle=True, name=name)
    losses = stored_losses(store, run)
    (part,) = store.run_documents(run)
    text = store.document_text(part.document.id).encode()
    arm = next(arm for arm in store.plan(run).arms if arm.policy is Policy.RESET)
    found = losses.targets(part.document.id, arm.name, 1024)
    shift = 0.0 if arm.training_initialization == "zero" else 0.25
    h, expected = 0.0, []
    for t, token in enumerate(text):
        if t % arm.window == 0:
            h = 0.0
        expected.append(1 + abs(np.sin(h + token + shift)))
        h = 0.99 * h + token / 256
    assert np.array_equal(found.nll, np.array(expected, dtype=np.float32)[found.positions])


@pytest.mark.parametrize("start", [0, 3])
def test_tokens_are_read_from_their_file_by_ranges(tmp_path, start):
    ids, sizes = np.array([5, 50_000, 7, 8, 9]), np.array([1, 4, 2, 1, 1])
    (tmp_path / "map").write_bytes(packed(TokenizedText(ids, sizes)))
    (tmp_path / "text").write_bytes("aé\nb".encode())
    mapped, own = MappedTokens(tmp_path / "map"), ByteTokens(tmp_path / "text")
    assert mapped.ids(start, start + 2).tolist() == ids[start : start + 2].tolist()
    assert mapped.sizes(start, 99).tolist() == sizes[start:].tolist()
    assert own.ids(start, 99).tolist() == list("aé\nb".encode())[start:]
    assert own.sizes(start, 99).tolist() == [1] * (5 - start)
