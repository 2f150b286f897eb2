"""The kind `train`: a pair of one's own, made behind a worker; killed and resumed alike."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import psutil
import pytest

from evaluations import tasks
from evaluations.adaptation import Adaptation, Listener, make_own_pair
from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import RefusedAdaptation
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import LANGUAGES, say
from evaluations.worker_process import work
from longssm_core.adaptation import read_start
from longssm_core.corpus.generator import generate
from longssm_core.records import describe_checkpoint
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import ingested, queue_run
from tests.evaluations.tiny_pair import save_tiny_pair

TEXTS = [generate(9_700_000_000 + number, 4_000).text for number in range(4)]
PATIENCE = 400.0  # seconds, on a busy machine


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> str:
    return save_tiny_pair(tmp_path_factory.mktemp("start"))[0]


@pytest.fixture
def sqlite(tmp_path) -> Settings:
    """Settings of an empty SQLite file: what a process trains does not depend on the database."""
    return Settings(data_dir=tmp_path / "data", language="en", device="cpu", lease_seconds=5.0)


def ask(store, start: str, steps: int, **more) -> int:
    documents = [one.id for one in store.add_documents(ingested(TEXTS))]
    wanted = Adaptation(checkpoint=start, steps=steps, **more)
    return store.request_training("my pair", documents, wanted)


def directly(start: str, steps: int, folder: Path) -> dict[str, bytes]:
    """The weights of the same pair, made here without an interruption."""
    documents = [ExtractedDocument(one.document, one.text) for one in ingested(TEXTS).documents]
    wanted = Adaptation(checkpoint=start, steps=steps)
    made = make_own_pair(
        wanted, read_start(start, "cpu"), documents, folder, "cpu", Listener()
    ).made
    return {one.initialization: weights(one.folder) for one in made}


def weights(folder: Path | str) -> bytes:
    return (Path(folder) / "model.safetensors").read_bytes()


def until(condition, what: str) -> None:
    patience = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < patience, what
        time.sleep(0.02)


def trainers(parent: int) -> list[psutil.Process]:
    found = psutil.Process(parent).children(recursive=True)
    return [one for one in found if "evaluations.training_job" in " ".join(one.cmdline())]


@pytest.mark.slow
def test_a_worker_that_is_killed_leaves_no_orphan_and_the_next_one_ends_with_the_same_bits(
    store, start, tmp_path, worker
):
    job = ask(store, start, steps=120)
    first = worker("here:1")
    until(lambda: store.job(job).done >= 20, "nothing is trained")
    (child,) = trainers(first.pid)
    first.kill()
    first.wait()
    until(lambda: not child.is_running() or child.status() == "zombie", "the child lives on")
    interrupted = store.job(job)
    assert interrupted.state == "running"
    assert 20 <= interrupted.done < interrupted.total == 240
    assert interrupted.result["so_far"]["loss"] > 0
    tasks.release_owner(store.database, "here:1")
    last = worker("here:2", "--until-idle")
    assert last.wait(PATIENCE) == 0

    found = store.job(job)
    assert (found.state, found.reason) == ("done", None)
    expected = directly(start, 120, tmp_path / "directly")
    assert weights(found.result["zero"]) == expected["zero"]
    assert weights(found.result["proposed"]) == expected["previous"]


@pytest.mark.slow
def test_a_pair_is_made_and_its_result_says_how_to_compare_it(sqlite, start):
    store = open_store(sqlite)
    job = ask(store, start, steps=3)
    work(sqlite, FakeScorer(), threading.Event(), until_idle=True, name="here:1")
    found = store.job(job)
    assert found.state == "done", found.reason
    assert found.done == found.total == 6
    result = found.result
    assert Path(result["folder"]).is_relative_to(sqlite.data_dir)
    assert describe_checkpoint(result["proposed"]).record.partner == "zero"
    assert describe_checkpoint(result["zero"]).record.stages[-1].steps == 3
    kept = {one["id"] for one in result["held_out_documents"]}
    assert len(kept) == 2
    assert kept.isdisjoint(describe_checkpoint(result["zero"]).record.documents)
    assert result["next_command"].startswith("python -m evaluations run ")
    for loss in result["held_out_bits_per_byte"].values():
        assert 0 < loss["after"] < loss["before"]
    assert ask(store, start, steps=3) == job  # it is there
    store.close()


@pytest.mark.slow
def test_a_training_that_is_cancelled_ends_within_seconds(sqlite, start):
    store, stop = open_store(sqlite), threading.Event()
    job = ask(store, start, steps=100_000)
    arguments = (sqlite, FakeScorer(), stop)
    worker = threading.Thread(target=work, args=arguments, kwargs={"name": "here:1"})
    worker.start()
    try:
        until(lambda: store.job(job).done > 0, "nothing is trained")
        (child,) = trainers(os.getpid())
        began = time.monotonic()
        store.cancel_job(job)
        until(lambda: not child.is_running() or child.status() == "zombie", "it is trained on")
        assert time.monotonic() - began < 5.0
        assert store.job(job).state == "cancelled"
    finally:
        stop.set()
        worker.join()
        store.close()


@pytest.mark.slow
def test_what_goes_wrong_in_the_process_is_one_sentence_in_both_languages(sqlite):
    store = open_store(sqlite)
    job = ask(store, "zero-t17", steps=3)
    work(sqlite, FakeScorer(), threading.Event(), until_idle=True, name="here:1")
    found = store.job(job)
    assert found.state == "failed"
    for language in LANGUAGES:
        assert "zero-t17" in say(found.reason.key, language, **found.reason.values)
    store.close()


def test_documents_that_are_not_there_are_refused(store, start):
    wanted = Adaptation(checkpoint=start)
    for documents in ([], ["0" * 64]):
        with pytest.raises(RefusedAdaptation):
            store.request_training("my pair", documents, wanted)


def test_one_machine_trains_one_pair_at_a_time(store, start):
    first, second = ask(store, start, steps=3), ask(store, start, steps=4)
    held = tasks.claim(store.database, "here:1", lease_seconds=60)
    assert held.id == first
    assert not tasks.is_waiting(store.database, "here:2")
    assert tasks.claim(store.database, "here:2", lease_seconds=60) is None
    assert tasks.claim(store.database, "elsewhere:1", lease_seconds=60).id == second


def test_a_training_goes_behind_all_scoring(store, start):
    job = ask(store, start, steps=3)
    queue_run(store, size=2_000)
    claimed = tasks.claim(store.database, "here:1", lease_seconds=60)
    assert (claimed.id != job, claimed.kind) == (True, "probe")


def test_a_worker_has_its_own_scoring_checked_before_it_trains(settings, store, start):
    job = ask(store, start, steps=3)
    queue_run(store, size=2_000)
    code = work(settings, FakeScorer(), threading.Event(), until_idle=True, name="here:1")
    assert (code, store.job(job).state) == (tasks.STEP_ASIDE, "queued")


def test_a_training_that_took_three_workers_with_it_is_parked(store, start):
    job = ask(store, start, steps=3)
    for number in range(tasks.DEATHS_ALLOWED):
        assert tasks.claim(store.database, f"here:{number}", lease_seconds=60).id == job
        tasks.release_owner(store.database, f"here:{number}")
    assert tasks.claim(store.database, "here:9", lease_seconds=60) is None
    found = store.job(job)
    assert (found.state, found.reason.key) == ("failed", "task.parked")
