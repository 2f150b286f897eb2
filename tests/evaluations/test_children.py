"""A task's other programs end with it, with everything that they started."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import psutil
import pytest

from evaluations import tasks
from evaluations.children import Children
from evaluations.errors import LeaseLost
from evaluations.heart import Heart
from evaluations.jobs import Job, Stopping
from evaluations.tasks import NewJob
from tests.evaluations.fake_scorer import FakeScorer

# a program that starts another one in its group and prints its number, then both wait
FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def alive(processes: list[int]) -> list[int]:
    """Those that still run; one that is dead and not yet collected by its parent does not."""
    found = [psutil.Process(one) for one in processes if psutil.pid_exists(one)]
    return [one.pid for one in found if one.status() != psutil.STATUS_ZOMBIE]


def wait_until_gone(processes: list[int]) -> None:
    patience = time.monotonic() + 30
    while alive(processes):
        assert time.monotonic() < patience, "they live on"
        time.sleep(0.05)


def test_killing_ends_the_program_and_what_it_started():
    children = Children()
    child = children.start([sys.executable, "-c", FAMILY])
    family = [child.pid, int(child.stdout.readline())]
    assert alive(family) == family
    children.kill()
    wait_until_gone(family)
    children.kill()  # there is nothing to do any more


def test_a_child_that_watches_sees_its_parent_die_and_takes_its_own_along():
    watching = f"from evaluations.children import watch_parent; watch_parent()\n{FAMILY}"
    parent = (
        "import sys, time\nfrom evaluations.children import Children\n"
        f"child = Children().start([sys.executable, '-c', {watching!r}])\n"
        "print(child.pid, int(child.stdout.readline()), flush=True)\ntime.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    family = [int(one) for one in process.stdout.readline().split()]
    assert len(alive(family)) == 2
    process.kill()
    process.wait()
    wait_until_gone(family)


@pytest.fixture
def job(store, monkeypatch):
    """A job held by a beating heart."""
    monkeypatch.setattr("evaluations.heart.LOOK", 0.05)
    number = store.request_job(NewJob("ingest", "a job", {"file": "0" * 64}, total=1))
    task = tasks.claim(store.database, "worker", 30)
    assert task.id == number
    heart = Heart(store.database, "worker", FakeScorer().device(), lease=30)
    with heart.beating(), heart.holding(task):
        yield Job(store, FakeScorer(), heart, task, threading.Event())


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_job_that_is_cancelled_while_its_program_says_nothing_ends_it_at_once(store, job):
    child = job.start([sys.executable, "-c", FAMILY])
    lines = job.lines(child)
    family = [child.pid, int(next(lines))]
    started = time.monotonic()
    store.cancel_job(job.task.id)
    with pytest.raises(LeaseLost):
        next(lines)
    assert time.monotonic() - started < 5
    wait_until_gone(family)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_worker_that_stops_does_not_wait_for_its_program(job):
    child = job.start([sys.executable, "-c", FAMILY])
    lines = job.lines(child)
    family = [child.pid, int(next(lines))]
    job._stop.set()
    with pytest.raises(Stopping):
        next(lines)
    job.heart.children.kill()  # as at the end of `holding`
    wait_until_gone(family)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_process_whose_code_goes_on_with_a_lost_task_is_ended(store, monkeypatch):
    monkeypatch.setattr("evaluations.heart.LOOK", 0.05)
    monkeypatch.setattr("evaluations.heart.STUCK_AFTER", 0.2)
    number = store.request_job(NewJob("ingest", "a job", {"file": "0" * 64}, total=1))
    task, left = tasks.claim(store.database, "worker", 30), threading.Event()
    heart = Heart(store.database, "worker", FakeScorer().device(), lease=30, stuck=left.set)
    with heart.beating(), heart.holding(task):
        assert not left.wait(0.5)
        store.cancel_job(number)
        assert left.wait(20)
