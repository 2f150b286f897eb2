"""A stored evaluation comes out the same from its record; what has changed since is refused."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from evaluations import database as tables
from evaluations import reproduction, units
from evaluations.reproduction import (
    TOLERANCE,
    ChangedRecord,
    check_record,
    compared,
    copied_record,
)
from evaluations.scorer import Device
from evaluations.store import Store
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import queue_run, work_off
from tests.evaluations.tiny_pair import save_tiny_pair


class Elsewhere(FakeScorer):
    """Another kind of device, whose sums come out a little otherwise."""

    def __init__(self, apart: float) -> None:
        super().__init__()
        self._apart = np.float32(apart)

    def device(self) -> Device:
        return Device("another processor", 1)

    def score_blocks(self, arm, tokens, blocks):
        return super().score_blocks(arm, tokens, blocks) + self._apart


def reproduced(store: Store, run: str, scorer: FakeScorer | None = None, documents=None):
    with copied_record(store, run, documents) as again:
        work_off(again.settings, scorer)
        return compared(store, again, run)


def finished_run(store: Store, documents: int = 2) -> str:
    run = queue_run(store, documents=documents)
    work_off(store.settings)
    return run


def everything(store: Store) -> dict[str, list]:
    with store.database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in tables.metadata.sorted_tables
        }


def test_a_finished_evaluation_comes_out_the_same_and_is_not_touched(store):
    run = finished_run(store)
    store.snapshot(run)
    before = everything(store)
    found = reproduced(store, run)
    assert found.same
    assert found.same_class
    assert found.units == found.equal_units > 20
    assert found.largest_difference == 0.0
    assert (found.documents, found.figures > 100, found.different_figures) == (2, True, ())
    assert found.then == found.now
    assert everything(store) == before


def test_some_documents_are_chosen_by_the_run_and_no_figures_are_compared(store):
    run = finished_run(store, documents=3)
    first, second = reproduced(store, run, documents=1), reproduced(store, run, documents=1)
    assert first == second
    assert (first.same, first.documents, first.documents_in_all, first.figures) == (
        True, 1, 3, None
    )  # fmt: skip


def test_one_bit_of_one_stored_loss_is_found(store):
    run, loss = finished_run(store, documents=1), tables.losses
    with store.database.write() as connection:
        row = connection.execute(select(loss).where(loss.c.context_length == 64)).first()
        wrong = bytes([row.nll[0] ^ 1]) + bytes(row.nll[1:])
        same = (loss.c.task_id == row.task_id) & (loss.c.unit == row.unit)
        connection.execute(update(loss).where(same).values(nll=wrong))
    found = reproduced(store, run)
    assert not found.same
    assert found.equal_units == found.units - 1
    assert 0 < found.largest_difference < 1e-6


def test_a_figure_that_was_changed_in_the_stored_result_is_named(store):
    run, stored = finished_run(store, documents=1), tables.snapshots
    text = store.snapshot(run).model_dump_json()
    value = json.loads(text)["curve"][0]["bits_per_byte"]
    wrong = text.replace(json.dumps(value), json.dumps(value + 0.001), 1)
    with store.database.write() as connection:
        connection.execute(update(stored).values(snapshot=wrong))
    found = reproduced(store, run)
    assert not found.same
    assert found.different_figures
    assert found.equal_units == found.units


@pytest.mark.parametrize(("apart", "same"), [(4e-6, True), (1e-3, False)])
def test_on_another_kind_of_device_the_mean_loss_may_differ_a_little(store, apart, same):
    run = finished_run(store, documents=1)
    found = reproduced(store, run, Elsewhere(apart))
    assert not found.same_class
    assert found.tolerance == 1e-5
    assert found.changed == ("device",)
    assert found.same is same


def test_what_cannot_be_computed_again_is_not_the_same(store):
    run = finished_run(store, documents=1)

    def out_of_memory(arm, _start):
        if arm.name == "zero+carry":
            raise MemoryError

    found = reproduced(store, run, FakeScorer(before_unit=out_of_memory))
    assert (found.same, found.missing) == (False, 1)


def test_a_task_that_another_kind_of_device_began_starts_over(store):
    """Else its losses would be of two kinds, and stored under the key of the second."""
    run, stop = queue_run(store, documents=1, size=20_000), threading.Event()

    def stop_in_the_second_chunk(_arm, start):
        if start > 0:
            stop.set()

    begins = FakeScorer(before_unit=stop_in_the_second_chunk)
    work(store.settings, begins, stop, until_idle=True, name="begins")
    assert stop.is_set()
    work_off(store.settings, Elsewhere(1e-3))
    with store.database.read() as connection:
        workers = set(connection.scalars(select(tables.losses.c.worker)))
    assert "begins" not in workers
    assert [by.device for by in store.snapshot(run).computed_by] == ["another processor"]


# --- what is refused -------------------------------------------------------------------------


@pytest.fixture
def recorded(store, tmp_path) -> tuple[Store, str, Path]:
    """A run over real checkpoints whose tasks have ended (as cancelled), and their folder."""
    run = queue_run(store, pair=save_tiny_pair(tmp_path / "checkpoints"))
    store.cancel_run(run)
    check_record(store, run)
    return store, run, tmp_path / "checkpoints"


def refusal(store: Store, run: str) -> ChangedRecord:
    with pytest.raises(ChangedRecord) as refused:
        check_record(store, run)
    assert refused.value.words("ja") != refused.value.words("en")
    return refused.value


def test_one_changed_byte_of_a_document_is_refused_by_its_name(recorded):
    store, run, _ = recorded
    (part,) = store.run_documents(run)
    path = store.files.path(part.document.id)
    text = bytearray(path.read_bytes())
    text[1_000] ^= 1
    path.write_bytes(text)
    found = refusal(store, run)
    assert found.key == "reproduce.document_changed"
    assert part.document.name in str(found)
    path.unlink()
    assert refusal(store, run).key == "reproduce.document_missing"


def test_another_checkpoint_is_refused_by_its_name(recorded):
    store, run, folder = recorded
    weights = folder / "zero-t16" / "model.safetensors"
    other = bytearray(weights.read_bytes())
    other[-1] ^= 1
    weights.write_bytes(other)
    found = refusal(store, run)
    assert found.key == "reproduce.checkpoint_changed"
    assert str(folder / "zero-t16") in str(found)
    weights.unlink()
    assert refusal(store, run).key == "reproduce.checkpoint_missing"


def test_a_plan_that_was_changed_in_the_database_is_refused(recorded):
    store, run, _ = recorded
    with store.database.write() as connection:
        text = connection.scalar(select(tables.runs.c.plan)).replace('"seed":0', '"seed":1')
        connection.execute(update(tables.runs).values(plan=text))
    assert refusal(store, run).key == "reproduce.plan_changed"


def test_an_evaluation_that_still_runs_has_nothing_to_reproduce(store, tmp_path):
    run = queue_run(store, pair=save_tiny_pair(tmp_path / "checkpoints"))
    assert refusal(store, run).key == "reproduce.not_ended"


def test_each_part_of_a_document_is_compared_as_who_computed_it(store, monkeypatch):
    monkeypatch.setattr(units, "PART_TOKENS", units.PREFIX_UNIT)
    run, stop = queue_run(store, size=9_000), threading.Event()

    def only_parts(arm, start):
        with store.database.read() as connection:
            task = tables.tasks
            left = select(task.c.id).where(task.c.kind == "part", task.c.state == "queued")
            if connection.execute(left).first() is None:
                stop.set()  # the last part is left, and what joins them

    elsewhere = Elsewhere(0.5 * TOLERANCE)
    elsewhere._before_unit = only_parts
    work(store.settings, elsewhere, stop, name="elsewhere")
    work_off(store.settings)
    with store.database.write() as connection:  # as what arms share and what was taken over
        connection.execute(update(tables.losses).values(work_key=None))
    found = reproduced(store, run)
    assert {by.device for by in found.then} == {"a test's processor", "another processor"}
    assert (found.same, found.same_class, found.tolerance) == (True, False, TOLERANCE)
    assert found.largest_difference > 0.0


def test_nobody_is_written_to_about_what_is_computed_again(settings, tmp_path):
    sending = settings.model_copy(update={"notify": "jsons://example.org/hook"})
    assert reproduction._settings_of_copy(sending, tmp_path).addresses == ()
