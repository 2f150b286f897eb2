"""Measurements in a process of their own: they answer, and never outlive who asked for them."""

from __future__ import annotations

import sys
import threading
import time

import psutil
import pytest

from evaluations.children import Children
from evaluations.errors import EvaluationError
from evaluations.settings import Settings
from evaluations.short_probe import ask, end_all

HANGS = (
    "from evaluations.short_probe import answer; import time; answer(lambda *_: time.sleep(600))"
)


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Lets `ask` start a shell script instead of Python."""

    def use(script: str) -> None:
        path = tmp_path / "program"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(path))

    return use


def test_what_the_other_side_says_is_the_answer(program, tmp_path):
    program("""read line; echo '{"said": '"$line"'}'""")
    assert ask("any", {"n": 1}, Settings(data_dir=tmp_path)) == {"said": {"n": 1}}


def test_who_waits_for_a_measurement_is_told_when_all_are_ended(program, tmp_path):
    program("exec sleep 60")
    threading.Timer(0.3, end_all).start()
    began = time.monotonic()
    with pytest.raises(EvaluationError) as told:
        ask("any", {}, Settings(data_dir=tmp_path))
    assert told.value.key == "estimate.no_answer"
    assert time.monotonic() - began < 30


def test_a_measurement_that_nobody_waits_for_ends_with_all_that_it_started(program, tmp_path):
    program(f"sleep 60 & echo $! > {tmp_path}/started; wait")

    class LeftError(Exception):
        pass

    def leave_once_it_has_begun() -> None:
        if (tmp_path / "started").exists() and (tmp_path / "started").read_text().strip():
            raise LeftError

    with pytest.raises(LeftError):
        ask("any", {}, Settings(data_dir=tmp_path), meanwhile=leave_once_it_has_begun)
    started = int((tmp_path / "started").read_text())
    patience = time.monotonic() + 30
    while _lives(started):
        assert time.monotonic() < patience
        time.sleep(0.05)


def _lives(process: int) -> bool:
    """Whether it is there and has not ended: an orphan stays until somebody has looked after it."""
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_measurement_ends_when_nobody_can_read_its_answer():
    children = Children()
    child = children.start([sys.executable, "-c", HANGS])
    assert child.stdin is not None
    child.stdin.write(b"{}\n")
    child.stdin.close()
    try:
        assert child.wait(timeout=150) != 0  # a busy machine takes long to start it
    finally:
        children.kill()
