"""`generate`, `jobs`, `cancel` and `adapt --queue` as a user types them."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy.exc import OperationalError

from evaluations import tasks
from evaluations.__main__ import main
from evaluations.adaptation import Adaptation
from evaluations.commands.run import wait_for
from evaluations.errors import RefusedAdaptation, RefusedPlan
from evaluations.records import Reason
from evaluations.settings import Settings, load_settings
from evaluations.store import Store, open_store
from evaluations.wording import say
from tests.evaluations.queued import ingested, queue_run, some_text, work_off

WANTED = Adaptation(checkpoint="zero-t16")


@pytest.fixture(autouse=True, params=["ja", "en"])
def language(request, monkeypatch, tmp_path) -> str:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LONGSSM_{name.upper()}", raising=False)
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LONGSSM_LANGUAGE", request.param)
    monkeypatch.chdir(tmp_path)
    return request.param


@pytest.fixture
def store():
    opened = open_store(load_settings())
    yield opened
    opened.close()


@pytest.fixture
def said(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    return run


def test_outputs_are_asked_for_computed_and_shown(said, store):
    run = queue_run(store, size=2_000)
    code, out, _ = said("generate", run, "--documents", "1", "--items", "2", "--no-wait")
    assert (code, len(out.split())) == (0, 2)
    assert "outputs" not in json.loads(said("show", run, "--json")[1])
    work_off(load_settings())
    found = json.loads(said("show", run, "--json")[1])
    assert found["outputs"]["points"] == 2
    assert {one["name"] for one in found["outputs"]["measures"]} == {
        "exact_match",
        "chrf",
        "edit_similarity",
        "reference_bits",
    }
    code, out, _ = said("generate", run, "--documents", "1", "--items", "2")  # it is there
    assert json.loads(out) == found["outputs"]


def test_jobs_are_listed_in_the_users_language_and_cancelled(said, store, language):
    run = queue_run(store, size=2_000)
    job = store.request_outputs(run)[0]
    _, out, _ = said("jobs")
    line = next(line for line in out.splitlines() if line.split()[0] == str(job))
    assert say("job.kind.generate", language) in line
    assert say("job.state.queued", language) in line
    assert run in line

    code, out, _ = said("cancel", str(job))
    assert (code, out.strip()) == (0, say("command.cancel.done", language, job=job))
    assert said("cancel", str(job))[1].strip() == say("command.cancel.ended", language, job=job)
    listed = [json.loads(line) for line in said("jobs", "--json")[1].splitlines()]
    assert {one["job"]: one["state"] for one in listed}[job] == "cancelled"

    code, _, err = said("cancel", "999")
    assert (code, "999" in err) == (1, True)


def test_a_failed_job_says_why_in_the_users_language(said, store, language):
    (document,) = store.add_documents(ingested([some_text(1, 900)]))
    store.request_training("my pair", [document.id], Adaptation(checkpoint="zero-t16"))
    held = tasks.claim(store.database, "here:1", lease_seconds=60)
    tasks.fail(store.database, held, Reason(key="train.died"))
    _, out, _ = said("jobs")
    assert say("train.died", language) in out


def test_a_pair_can_be_left_to_a_worker(said, store, tmp_path, language):
    for number in range(2):
        text = some_text(number, 3_000)
        (tmp_path / f"{number}.log").write_text(text, encoding="utf-8")
    files = [str(tmp_path / f"{number}.log") for number in range(2)]
    code, out, err = said("adapt", "zero-t16", *files, "--steps", "7", "--queue")
    assert (code, err) == (0, "")
    found = store.job(int(out))
    assert (found.kind, found.state, found.request["steps"]) == ("train", "queued", 7)
    assert sorted(found.request["documents"]) == sorted(one.id for one in store.documents())
    code, _, err = said("adapt", "zero-t16", *files, "--queue", "--output", "here")
    assert code == 1
    assert bool(re.search("[ぁ-ん]", err)) == (language == "ja")


def test_more_text_than_a_training_holds_is_refused(store, monkeypatch, language):
    texts = [some_text(seed, 1_000) for seed in range(2)]
    documents = store.add_documents(ingested(texts))
    monkeypatch.setattr("evaluations.adaptation.MOST_BYTES", 1_500)
    with pytest.raises(RefusedAdaptation) as refused:
        store.request_training("my pair", [one.id for one in documents], WANTED)
    assert refused.value.key == "command.adapt.too_much"
    assert refused.value.words(language)
    assert store.jobs() == []


def test_run_waits_for_a_database_that_is_away(store, monkeypatch, language, capsys):
    run = queue_run(store, size=2_000)
    work_off(load_settings())
    progress, looks = Store.progress, []

    def away_at_first(self, run):
        looks.append(run)
        if len(looks) == 1:
            raise OperationalError("", {}, Exception("server closed the connection"))
        return progress(self, run)

    monkeypatch.setattr(Store, "progress", away_at_first)
    monkeypatch.setattr("evaluations.commands.run.OUTAGE_PAUSE", 0.0)
    wait_for(store, {run: ""}, language)
    assert len(looks) == 2
    assert say("command.run.waiting", language) in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["outputs", "training"])
def test_nothing_is_asked_for_of_a_text_that_is_erased_at_that_moment(store, monkeypatch, asked):
    """It was there when one looked, and is not when the job would be queued."""
    run = queue_run(store, size=2_000)
    (part,) = store.run_documents(run)
    write = store.database.write

    def after_an_erasure():
        monkeypatch.setattr(store.database, "write", write)
        store.erase_document(part.document.id)
        return write()

    monkeypatch.setattr(store.database, "write", after_an_erasure)
    ask = {
        "outputs": lambda: store.request_outputs(run),
        "training": lambda: store.request_training("my pair", [part.document.id], WANTED),
    }[asked]
    with pytest.raises((RefusedPlan, RefusedAdaptation)):
        ask()
    assert store.jobs() == []
