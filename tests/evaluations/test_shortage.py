"""Memory that could not be had: what torch says, and the second try."""

from __future__ import annotations

import threading

import pytest
import torch

from evaluations.core_scorer import CoreScorer
from evaluations.errors import DeviceLost
from evaluations.shortage import is_out_of_memory, needed_gib, with_room
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import queue_run


@pytest.mark.parametrize(
    ("said", "gib"),
    [
        ("CUDA out of memory. Tried to allocate 20.50 GiB. GPU 0 has", 20.5),
        ("CUDA out of memory. Tried to allocate 512.00 MiB. GPU 0 has", 0.5),
        ("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1073741824 bytes.", 1),
        ("out of memory", None),
    ],
)
def test_the_gib_that_were_asked_for_are_read_from_the_error(said, gib):
    assert needed_gib(torch.OutOfMemoryError(said)) == gib


def test_a_processor_without_memory_is_out_of_memory_too():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 50)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("a defect"))


def test_the_second_try_has_room_and_there_is_no_third():
    tries, rooms = [], []

    def never_fits():
        tries.append(len(rooms))
        raise torch.OutOfMemoryError("Tried to allocate 1.00 GiB")

    with pytest.raises(torch.OutOfMemoryError):
        with_room(never_fits, lambda: rooms.append(1))
    assert tries == [0, 1]


def test_a_device_that_fails_ends_the_process_and_not_the_task(settings, store):
    run = queue_run(store)

    def fails(_arm, _start):
        raise DeviceLost("task.device_lost")

    with pytest.raises(DeviceLost):
        work(settings, FakeScorer(before_unit=fails), threading.Event(), until_idle=True)
    assert store.progress(run).failures == ()


def test_an_error_of_the_accelerator_is_a_lost_device(monkeypatch):
    def fails():
        raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")

    with pytest.raises(DeviceLost):
        CoreScorer("cpu")._carefully(None, fails)
