"""Re-runs on perturbed documents: planned from a parent, queued like any run, paired with it."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from evaluations.errors import RefusedPlan
from evaluations.perturbations import DEFAULT_STRENGTHS
from evaluations.plan import canonical_json, make_plan, plan_hash
from evaluations.records import Perturbation, PerturbationKind, Plan
from evaluations.robustness import (
    Bounded,
    Pairs,
    gain_kept,
    mark_of,
    plan_rerun,
    queue_reruns,
    robustness_of,
    row_words,
)
from evaluations.settings import Settings
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.made_runs import plan
from tests.evaluations.queued import (
    LENGTHS,
    describe,
    document,
    ingested,
    queue_run,
    some_text,
    work_off,
)

DROPPED = Perturbation(kind="dropped_lines", strength=0.1)


def pairs(before: list[float], after: list[float], size: float = 1_000.0) -> Pairs:
    sizes = np.full(len(before), size)
    return Pairs(np.array(before), sizes, np.array(after), sizes)


# --- the plan --------------------------------------------------------------------------------


def test_the_hash_of_a_plan_without_a_perturbation_is_what_it_was():
    """Over the JSON of the fields that plans had before; stored hashes are checked against it."""
    before = plan()
    text = canonical_json(before)
    assert "perturbation" not in text
    assert '"parent"' not in text
    # computed by the version that knew neither field, over this very plan
    assert plan_hash(before) == "5588aae16a82f23361618c0320817207eb755c4cd46361575242f790fac3aaba"
    assert Plan.model_validate_json(text) == before


def test_a_perturbation_and_a_parent_are_part_of_the_hash():
    changed = plan(perturbation=DROPPED, parent="r1")
    others = [plan(perturbation=DROPPED, parent="r2"), plan(parent="r1"), plan()]
    assert plan_hash(changed) not in {plan_hash(other) for other in others}
    assert Plan.model_validate_json(canonical_json(changed)) == changed


# --- how much of the gain is kept ------------------------------------------------------------


def test_the_gain_that_is_kept_is_the_ratio_of_the_two_differences():
    before, after = [-100.0 - i for i in range(10)], [-50.0 - i / 2 for i in range(10)]
    kept = gain_kept(pairs(before, after), np.random.default_rng(0))
    assert kept == Bounded(value=0.5, low=0.5, high=0.5)  # document by document the same half


def test_documents_are_drawn_with_their_pair():
    rng = np.random.default_rng(1)
    before = rng.normal(-100, 60, 30)
    kept = gain_kept(pairs(list(before), list(0.8 * before)), np.random.default_rng(0))
    apart = gain_kept(
        pairs(list(before), list(0.8 * rng.permutation(before))), np.random.default_rng(0)
    )
    assert kept.high - kept.low < 1e-9
    assert apart.high - apart.low > 0.2


def test_without_a_sure_gain_the_share_has_an_open_end_and_nothing_infinite():
    before = [-10.0, 40.0, -35.0, 30.0, -20.0, 12.0, -18.0, -2.0]
    kept = gain_kept(pairs(before, [-5.0] * 8), np.random.default_rng(0))
    assert kept.value is not None
    assert kept.low is None
    assert kept.high is None
    assert gain_kept(pairs([1.0] * 8, [-5.0] * 8), np.random.default_rng(0)).value is None


def test_too_few_documents_have_a_share_and_no_interval():
    kept = gain_kept(pairs([-4.0] * 5, [-3.0] * 5), np.random.default_rng(0))
    assert kept == Bounded(value=0.75, low=None, high=None)
    assert mark_of(kept) == "open"


@pytest.mark.parametrize(
    ("low", "high", "mark"),
    [(0.5, 1.2, "met"), (0.1, 0.49, "missed"), (0.4, 0.6, "open"), (None, 0.4, "missed")],
)
def test_the_mark_follows_the_whole_interval(low, high, mark):
    assert mark_of(Bounded(value=0.5, low=low, high=high)) == mark


def test_the_interval_covers_the_share():
    """200 simulated evaluations of 24 documents whose true share is 0.6."""
    rng, covered, runs = np.random.default_rng(5), 0, 200
    for _ in range(runs):
        own = rng.normal(0, 40, 24)  # what a document has in both
        before = -100 + own + rng.normal(0, 20, 24)
        after = -60 + 0.6 * own + rng.normal(0, 20, 24)
        kept = gain_kept(pairs(list(before), list(after)), rng)
        covered += kept.low <= 0.6 <= kept.high
    assert 0.90 <= covered / runs <= 0.99


# --- re-runs of a real run -------------------------------------------------------------------


class Gaining(FakeScorer):
    """PROPOSED is better by a quarter of a nat a token, by half of that on disturbed documents."""

    def __init__(self, perturbed: set[str]) -> None:
        super().__init__()
        self._perturbed = [text.encode() for text in perturbed]  # whole texts

    def score_blocks(self, arm, tokens, blocks):
        found = super().score_blocks(arm, tokens, blocks)
        if arm.training_initialization == "zero":
            return found
        first = tokens[blocks[0].read_from : blocks[0].targets.stop]  # of a text, what is read
        read = bytes(first.astype(np.uint8).tolist())
        share = 0.5 if any(read in text for text in self._perturbed) else 1.0
        own = int(hashlib.sha256(str(len(tokens)).encode()).hexdigest()[:4], 16) / 2**16
        zero = arm.model_copy(update={"training_initialization": "zero"})
        same = super().score_blocks(zero, tokens, blocks)
        return (same - share * (0.2 + 0.1 * own)).astype(np.float32)


@pytest.fixture
def settings(tmp_path):
    """SQLite alone: what differs between databases is in test_store."""
    return Settings(data_dir=tmp_path / "data", lease_seconds=5.0, language="en")


@pytest.fixture
def parent(settings, store):
    run = queue_run(store, documents=6, size=1_800)
    work_off(settings, Gaining(set()))
    return run


def test_a_rerun_is_a_run_of_two_arms_over_derived_documents(store, parent):
    listed = store.documents()
    (queued,) = queue_reruns(store, parent, [DROPPED], "en")
    made, original = store.plan(queued.run), store.plan(parent)
    found = store.snapshot(parent).comparison
    assert [arm.name for arm in made.arms] == [found.arm_a, found.arm_b]
    assert (made.perturbation, made.parent) == (DROPPED, parent)
    assert made.rule == original.rule
    origins = {part.document.original_sha256 for part in store.run_documents(queued.run)}
    assert origins == {part.document.id for part in store.run_documents(parent)}
    assert store.documents() == listed  # not among what the user uploaded
    assert {run.id: run.parent for run in store.runs()} == {parent: None, queued.run: parent}
    # asked for again, it is the same one
    assert queue_reruns(store, parent, [DROPPED], "en")[0].run == queued.run


def test_a_finished_rerun_stands_beside_its_parent_with_the_share_that_is_kept(
    settings, store, parent
):
    (queued,) = queue_reruns(store, parent, [DROPPED], "en")
    waiting = robustness_of(store, store.snapshot(parent)).rows[0]
    assert (waiting.status, waiting.kept, waiting.mark) == ("queued", None, None)

    ids = [part.document.id for part in store.run_documents(queued.run)]
    work_off(settings, Gaining({store.document_text(one) for one in ids}))
    (row,) = robustness_of(store, store.snapshot(parent)).rows
    assert (row.run, row.status, row.documents, row.changed) == (queued.run, "done", 6, 6)
    assert row.before.value == pytest.approx(
        store.snapshot(parent).comparison.delta_bits_per_byte, rel=1e-6
    )
    assert row.after.value == pytest.approx(
        store.snapshot(queued.run).comparison.delta_bits_per_byte, rel=1e-6
    )
    assert row.kept.value == pytest.approx(row.after.value / row.before.value, rel=1e-6)
    assert row.kept.value == pytest.approx(0.5, abs=0.05)
    assert row.kept.low <= row.kept.value <= row.kept.high
    assert row_words(row, "en")[0] == "dropped lines"


def test_a_rerun_decides_nothing_and_has_no_rerun_of_its_own(settings, store, parent):
    (queued,) = queue_reruns(store, parent, [DROPPED], "en")
    verdict = store.snapshot(parent).verdict
    work_off(settings, Gaining(set()))
    found = store.snapshot(queued.run)
    assert found.verdict.outcome in ("undecided", "withheld")
    assert store.snapshot(parent).verdict == verdict
    with pytest.raises(RefusedPlan) as refused:
        queue_reruns(store, queued.run, [DROPPED], "en")
    assert refused.value.key == "robustness.of_rerun"


def test_texts_that_are_too_large_to_be_disturbed_on_a_page_are_refused(store, parent, monkeypatch):
    scored = [p.document.bytes for p in store.run_documents(parent) if p.role == "scored"]
    monkeypatch.setattr("evaluations.robustness.MOST_BYTES", sum(scored) - 1)
    monkeypatch.setattr(store, "document_text", None)  # nothing is read before
    with pytest.raises(RefusedPlan) as refused:
        queue_reruns(store, parent, [DROPPED], "en")
    assert refused.value.key == "robustness.too_large"
    assert store.reruns(parent) == []


def test_more_text_of_another_site_than_is_held_is_refused(store, parent, monkeypatch):
    scored = [p.document.bytes for p in store.run_documents(parent) if p.role == "scored"]
    monkeypatch.setattr("evaluations.robustness.MOST_BYTES", sum(scored))
    (donor,) = store.add_documents(ingested([some_text(99, sum(scored) + 1_000)], "donor.log"))
    monkeypatch.setattr(store, "document_text", None)  # nothing is read before
    mixed = Perturbation(kind="foreign_site", strength=0.5, donors=(donor.id,))
    with pytest.raises(RefusedPlan, match=r"donor\.log") as refused:
        queue_reruns(store, parent, [DROPPED, mixed], "en")
    assert refused.value.key == "robustness.donors_too_large"
    assert store.reruns(parent) == []


def test_where_nothing_can_be_disturbed_nothing_is_queued(store, parent):
    skew = Perturbation(kind="clock_skew", strength=2.0)  # the made texts hold no times
    (queued,) = queue_reruns(store, parent, [skew], "en")
    assert queued.run is None
    assert store.reruns(parent) == []


def test_a_shorter_history_is_compared_at_a_length_that_it_carries(settings, store):
    run = queue_run(store, documents=6, size=1_000)
    work_off(settings, Gaining(set()))
    half = Perturbation(kind="truncated_history", strength=0.35)
    (queued,) = queue_reruns(store, run, [half], "en")
    assert store.plan(run).rule.primary_length == 256
    assert store.plan(queued.run).rule.primary_length < 256
    ids = [part.document.id for part in store.run_documents(queued.run)]
    work_off(settings, Gaining({store.document_text(one) for one in ids}))
    (row,) = robustness_of(store, store.snapshot(run)).rows
    assert row.context_length == store.plan(queued.run).rule.primary_length
    assert row.documents == 6
    losses = store.losses(run)
    sums = np.zeros(3)
    for part in store.run_documents(run):
        a, b = (
            losses.targets(part.document.id, arm, row.context_length)
            for arm in ("zero+carry", "previous+carry")
        )
        sums += [a.nll.sum(dtype=float), b.nll.sum(dtype=float), a.token_bytes.sum()]
    assert row.before.value == pytest.approx((sums[1] - sums[0]) / np.log(2) / sums[2], rel=1e-6)


def test_an_upload_stays_an_upload_when_a_disturbance_leaves_it_as_it_is(store, settings):
    texts = [some_text(number, 2_500) for number in range(6)]
    texts.append("2026-11-24 05:12:33 start\n" + some_text(9, 2_500))
    added = store.add_documents(ingested(texts))
    planned = make_plan("matched", "quick", added, lengths=LENGTHS, describe=describe)
    run = store.create_run("a run", planned.plan, planned.run_documents)
    work_off(settings)
    skew = Perturbation(kind="clock_skew", strength=2.0, seed=3)
    rerun = next(
        found
        for seed in range(40)
        if (
            found := plan_rerun(
                store.snapshot(run),
                store.run_documents(run),
                skew.model_copy(update={"seed": seed}),
                store.document_text,
            )
        )
        is not None
    )
    made = rerun.planned
    store.create_run("a re-run", made.plan, made.run_documents, derived=rerun.derived)
    assert sorted(d.id for d in store.documents()) == sorted(d.id for d in added)
    changed = [d for d in rerun.derived if d.document.id != d.document.original_sha256]
    assert len(changed) == 1
    # and what was derived becomes an upload when a user uploads that very text
    store.add_documents(ingested([changed[0].text], "mine.log"))
    assert document(changed[0].text).id in {d.id for d in store.documents()}


def test_two_documents_that_become_one_text_count_once(store, settings):
    ends = some_text(0, 2_000)
    texts = [some_text(n, 2_300) + "\n" + ends for n in range(1, 7)]
    added = store.add_documents(ingested(texts))
    planned = make_plan("matched", "quick", added, lengths=LENGTHS, describe=describe)
    run = store.create_run("a run", planned.plan, planned.run_documents)
    work_off(settings)
    half = Perturbation(kind="truncated_history", strength=0.52)
    (queued,) = queue_reruns(store, run, [half], "en")
    ids = [part.document.id for part in store.run_documents(queued.run)]
    assert len(ids) == len(set(ids))


def test_an_unfinished_evaluation_has_no_reruns_yet(store):
    run = queue_run(store, documents=8)
    with pytest.raises(RefusedPlan) as refused:
        queue_reruns(store, run, [DROPPED], "en")
    assert refused.value.key == "robustness.not_finished"


def test_every_kind_has_a_usual_strength():
    assert set(DEFAULT_STRENGTHS) == set(PerturbationKind)
    for kind, strength in DEFAULT_STRENGTHS.items():
        Perturbation(kind=kind, strength=strength)
