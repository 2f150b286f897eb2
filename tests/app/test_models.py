"""The Models page: what there is, adding one, and a pair of one's own in each of its states."""

from __future__ import annotations

import json
from html import escape

import pytest
from sqlalchemy import update

from evaluations import database as tables
from evaluations.adaptation import Adaptation
from evaluations.errors import UnusableCheckpoint
from evaluations.model_list import add_model, forget_model, list_models
from evaluations.plan import make_plan
from evaluations.records import Check, Depth, Preset
from evaluations.validity import BETTER_THAN_UNIGRAM
from evaluations.wording import say
from longssm_core.records import shipped_checkpoints
from tests.app.made_store import put
from tests.evaluations.queued import ingested, some_text
from tests.evaluations.reports.snapshots import VARIANTS
from tests.evaluations.tiny_pair import save_tiny_pair

LOSSES = {"previous": [[20, 2.5], [40, 2.25]], "zero": [[20, 2.75]]}
REFRESH_SECONDS = 2.0  # as in components.trainings
HELD_OUT = {"previous": {"before": 2.9, "after": 2.4}, "zero": {"before": 2.9, "after": 2.6}}


@pytest.fixture(autouse=True)
def nobody_works(monkeypatch):
    monkeypatch.setattr("components.trainings.ensure_worker", lambda _settings: None)
    monkeypatch.setattr("components.pair_form.ensure_worker", lambda _settings: None)


def documents(store, count: int = 8) -> list[str]:
    texts = [some_text(number, 4_000) for number in range(count)]
    return [one.id for one in store.add_documents(ingested(texts))]


def training(store, **values: object) -> int:
    job = store.request_training("my pair", documents(store), Adaptation(checkpoint="zero-t16"))
    with store.database.write() as connection:
        own = tables.tasks.c.id == job
        connection.execute(update(tables.tasks).where(own).values(**values))
    return job


def finished(store, folder, held_out=None) -> tuple[int, list[str]]:
    """A training that has ended with a tiny pair, and the documents that it kept."""
    zero, proposed = save_tiny_pair(folder)
    kept = documents(store)[:6]
    result = {
        "checkpoints": [{"folder": proposed}, {"folder": zero}],
        "losses": {"previous": [2.5, 2.25], "zero": [2.75, 2.5]},
        "held_out_bits_per_byte": held_out or HELD_OUT,
        "held_out_documents": [{"id": one, "name": one[:4]} for one in kept],
        "trained_on": [{}, {}],
        "zero": zero,
        "proposed": proposed,
    }
    return training(store, state="done", done_tokens=4, total_tokens=4, result=result), kept


def pair_view(open_page, language: str):
    screen = open_page("models", language)
    screen.test.button_group(key="models_view").set_value("pair").run()
    assert not screen.test.exception
    return screen


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_shipped_checkpoint_is_listed_with_what_its_record_says(open_page, language):
    screen = open_page("models", language)
    for name in shipped_checkpoints():
        assert name in screen.text
    assert say("models.fact.fingerprint", language) not in screen.text
    screen.test.toggle(key="models_expert").set_value(True).run()
    for fact in ("fingerprint", "sources", "seed", "tokens", "partner"):
        assert say(f"models.fact.{fact}", language) in screen.text
    assert "Apache-2.0" in screen.text


def test_an_evaluation_is_named_at_the_checkpoints_that_it_uses(store):
    documents(store)
    planned = make_plan(Preset.MATCHED, Depth.QUICK, store.documents())
    run = store.create_run("of two", planned.plan, planned.run_documents)
    for name in ("of two", "renamed"):
        store.rename_run(run, name)
        used = {one.source for one in list_models(store).models if (run, name) in one.used_by}
        assert used == {"zero-t16", "previous-t16"}
        # the plan never changes, so it is not read a second time, however many there are
        with store.database.write() as connection:
            connection.execute(update(tables.runs).values(plan="not read again"))


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_folder_is_added_and_one_that_is_no_checkpoint_is_refused_in_one_sentence(
    open_page, tmp_path, language
):
    zero, _ = save_tiny_pair(tmp_path / "tiny")
    screen = open_page("models", language)
    screen.test.text_input(key="models_source").set_value(str(tmp_path)).run()
    screen.press("models_add")
    assert say("checkpoint.no_config", language, source=tmp_path) in screen.text
    screen.test.text_input(key="models_source").set_value(zero).run()
    screen.press("models_add")
    assert zero.rpartition("/")[2] in screen.text
    assert say("models.place.folder", language) in screen.text


def test_weights_that_were_cut_short_are_refused(settings, tmp_path):

    zero, _ = save_tiny_pair(tmp_path)
    weights = tmp_path / "zero-t16" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UnusableCheckpoint) as refused:
        add_model(settings, zero)
    assert refused.value.key == "checkpoint.weights_malformed"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_without_documents_the_way_to_them_is_shown(open_page, language):
    screen = pair_view(open_page, language)
    assert say("models.pair.no_documents", language) in screen.text
    assert set(screen.buttons) >= {"to_data"}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_pair_is_asked_for_waits_and_is_cancelled(open_page, store, language):
    documents(store)
    screen = pair_view(open_page, language)
    assert "estimate" in screen.buttons
    screen.press("begin")
    (job,) = store.jobs("train")
    assert (job.state, job.request["checkpoint"]) == ("queued", "zero-t16")
    assert say("models.said.queued", language) in screen.text
    screen.press(f"cancel_{job.id}")
    assert store.job(job.id).state == "cancelled"
    assert say("models.said.cancelled", language) in screen.text
    screen.press(f"again_{job.id}")
    assert [one.state for one in store.jobs("train")].count("queued") == 1


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_training_that_goes_on_shows_both_losses_and_the_time_that_is_left(
    open_page, store, language
):
    so_far = {"name": "zero", "losses": LOSSES, "seconds_per_step": 2.0}
    result = {"so_far": so_far}
    training(store, state="running", done_tokens=60, total_tokens=100, result=result)
    text = pair_view(open_page, language).text
    assert "60%" in text
    assert say("app.time.minutes", language, n=1) in text  # 40 steps of 2 s
    for side in ("a", "b"):
        assert say(f"models.side.{side}", language) in text
    assert "2.250" in text  # in the table behind the chart


@pytest.mark.parametrize(("state", "is_looked_at"), [("running", True), ("failed", False)])
def test_trainings_are_looked_at_again_while_one_goes_on(
    open_page, store, looks, state, is_looked_at
):
    training(store, state=state)
    pair_view(open_page, "en")
    assert (REFRESH_SECONDS in looks) is is_looked_at


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_training_that_failed_says_why(open_page, store, language):
    job = training(store, state="failed", error_key="train.died")
    screen = pair_view(open_page, language)
    assert escape(say("train.died", language)) in screen.text
    assert screen.buttons[f"again_{job}"] == say("models.pair.again", language)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_finished_pair_is_compared_on_the_documents_that_were_held_out(
    open_page, store, tmp_path, language
):
    job, kept = finished(store, tmp_path / "made")
    screen = pair_view(open_page, language)
    assert "2.400" in screen.text
    screen.press(f"compare_{job}")
    screen.test.switch_page("views/run.py").run()
    assert not screen.test.exception
    assert screen.test.selectbox(key="pair").value.endswith("previous-t16")
    assert set(screen.test.session_state["ticked"]) == set(kept)
    assert say("app.plan.start.own", language) in screen.buttons["start"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_arm_that_became_worse_on_unseen_text_is_no_improvement(
    open_page, store, tmp_path, language
):
    found = {
        "previous": {"before": 2.576, "after": 3.944},
        "zero": {"before": 2.5, "after": 2.5},
    }
    job, _ = finished(store, tmp_path / "made", found)
    screen = pair_view(open_page, language)
    for side, key in (("b", "worse"), ("a", "same")):
        named = say(f"models.side.{side}", language)
        assert say(f"models.held_out.{key}", language, side=named) in screen.text
    (button,) = [one for one in screen.test.button if one.key == f"compare_{job}"]
    assert button.proto.type == "secondary"


@pytest.mark.parametrize("language", ["ja", "en"])
def test_results_offer_a_pair_where_the_text_is_not_known(open_page, settings, language):
    found = VARIANTS["go"]()
    arms = {found.comparison.arm_a: 9.0, found.comparison.arm_b: 9.0}
    value = {"unigram": 5.0, "arms": arms}
    unknown = Check(check=BETTER_THAN_UNIGRAM, passed=False, value=value)
    known = [one for one in found.validity if one.check != BETTER_THAN_UNIGRAM]
    put(settings, found.model_copy(update={"validity": (*known, unknown)}), "run")
    screen = open_page("results", language, run="run")
    assert say("models.offer.unigram", language) in screen.text
    assert screen.buttons["own_pair"] == say("models.offer.button", language)
    put(settings, found, "known")
    assert "own_pair" not in open_page("results", language, run="known").buttons


def test_the_list_of_added_checkpoints_survives_a_restart(settings, store, tmp_path):

    zero, _ = save_tiny_pair(tmp_path)
    add_model(settings, zero)
    assert zero in json.loads((settings.data_dir / "models.json").read_text(encoding="utf-8"))
    assert zero in [one.source for one in list_models(store).models]
    forget_model(settings, zero)
    assert zero not in [one.source for one in list_models(store).models]
