"""Losses are read back by range: the same numbers, from the units that hold them and no others."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import event

from tests.evaluations.queued import LENGTHS, queue_run, work_off


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (4_000, 4_200), (4_096, 8_192), (100, 9_000)])
def test_a_range_holds_what_the_whole_holds_there(settings, store, start, stop):
    run = queue_run(store, size=9_000)
    work_off(settings)
    (part,) = store.run_documents(run)
    losses = store.losses(run)
    for arm in store.plan(run).arms:
        whole = losses.prefix(part.document.id, arm.name)
        found = losses.range(part.document.id, arm.name, start, stop)
        assert np.array_equal(found.nll, whole.nll[start:stop])
        assert np.array_equal(found.positions, whole.positions[start:stop])
        for length in LENGTHS:
            targets = losses.targets(part.document.id, arm.name, length)
            inside = (targets.positions >= start) & (targets.positions < stop)
            found = losses.range(part.document.id, arm.name, start, stop, length)
            if not inside.any():
                assert found is None
                continue
            assert np.array_equal(found.nll, targets.nll[inside])
            assert np.array_equal(found.byte_offsets, targets.byte_offsets[inside])


def test_only_the_units_that_overlap_are_read(settings, store):
    run = queue_run(store, size=9_000)
    work_off(settings)
    (part,) = store.run_documents(run)
    losses, read = store.losses(run), []

    def count(_connection, _cursor, statement, values, *_):
        if "losses.nll" in statement:
            given = values.values() if isinstance(values, dict) else values
            read.append(sum(isinstance(one, int) for one in given))

    event.listen(store.database.engine, "before_cursor_execute", count)
    for stop in (4_097, 4_096, 9_000):
        losses.range(part.document.id, store.plan(run).arms[0].name, 4_095, stop)
    event.remove(store.database.engine, "before_cursor_execute", count)
    assert read == [1 + 2, 1 + 1, 1 + 2]  # the task's id, and of the units at 0 and 4096


def test_what_is_not_finished_or_not_there_is_not_made_up(settings, store):
    run = queue_run(store)
    (part,) = store.run_documents(run)
    name = store.plan(run).arms[0].name
    assert store.losses(run).range(part.document.id, name, 0, 10) is None
    work_off(settings)
    losses = store.losses(run)
    assert (
        losses.range(part.document.id, name, part.document.bytes, part.document.bytes + 9) is None
    )
