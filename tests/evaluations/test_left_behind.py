"""Texts on a disk outside the data folder: gone with whoever read them, also when it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from evaluations import ingesting
from evaluations.children import Children
from evaluations.documents import texts
from evaluations.jobs import Stopping

WRITES_AND_WAITS = """
import os, pathlib, tempfile, time
pathlib.Path(tempfile.mkdtemp(), "1.text").write_text("secret")
print(tempfile.gettempdir(), flush=True)
time.sleep(600)
"""


def test_a_reader_that_is_killed_with_its_job_leaves_no_text(settings):
    children, places = Children(), []

    def start(_command, environment):
        return children.start([sys.executable, "-c", WRITES_AND_WAITS], environment=environment)

    def lines(reader):
        places.append(Path(reader.stdout.readline().decode().strip()))
        assert [path.read_text() for path in places[0].rglob("*.text")] == ["secret"]
        raise Stopping
        yield

    job = SimpleNamespace(
        request={"bytes": 9, "name": "a.log"},
        store=SimpleNamespace(settings=settings),
        progress=lambda *_: None,
        start=start,
        lines=lines,
    )
    with pytest.raises(Stopping):
        ingesting.run(job)
    assert not places[0].exists()


def test_folders_of_processes_that_are_no_more_are_removed(tmp_path, monkeypatch):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = (f"longssm-{gone.pid}-a", f"longssm-{gone.pid}-young", f"longssm-{os.getpid()}-b")
    for name in (*names, "longssm-doctor-c"):
        (tmp_path / name).mkdir()
        if not name.endswith("young"):
            past = time.time() - 2 * texts.LEFT_SECONDS
            os.utime(tmp_path / name, (past, past))
    monkeypatch.setattr(texts.tempfile, "gettempdir", lambda: str(tmp_path))
    scratch = texts.Scratch()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[1:], "longssm-doctor-c", scratch.folder.name}
    del scratch
