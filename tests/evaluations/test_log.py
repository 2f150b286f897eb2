"""Log lines: one a record, with what they are about, and never a word of a document."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest

from evaluations.documents import ingest_path
from evaluations.log import about, described, start_logging
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker_process import work
from tests.evaluations.fake_scorer import FakeScorer
from tests.evaluations.queued import document, queue_run

SECRET = "Zq7-planted-word"


class Lines(logging.Handler):
    """What handlers of any library would write, by our layout."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.written.append(self.format(record))

    @property
    def objects(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.written]


@pytest.fixture
def lines(request, monkeypatch):
    """Started as a process starts it, and everything put back afterwards."""
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    found = Lines()
    root.handlers = [found]
    start_logging(Settings(**{"log_format": "json", **getattr(request, "param", {})}))
    yield found
    logging.captureWarnings(False)
    logging.setLogRecordFactory(factory)
    root.handlers = handlers
    root.setLevel(level)


def fail() -> None:
    raise KeyError(SECRET)


def log_an_error(name: str) -> None:
    try:
        fail()
    except KeyError as error:
        logging.getLogger(name).exception("task %d failed: %s", 7, error)


def test_a_line_says_when_what_where_and_what_it_is_about(lines):
    with about(run="abc", task=7):
        logging.getLogger("longssm.worker").warning("worker process %s froze: killed", "host:1")
    (line,) = lines.objects
    assert line["event"] == "worker_process_froze_killed"
    assert line["message"] == "worker process host:1 froze: killed"
    assert (line["level"], line["run"], line["task"]) == ("warning", "abc", "7")
    assert line["time"].endswith("Z")


@pytest.mark.parametrize("lines", [{"log_format": "text"}], indirect=True)
def test_a_text_line_is_one_line_whatever_it_holds(lines):
    logging.getLogger("longssm").warning("two\nlines %s", "and\r\nmore")
    (line,) = lines.written
    assert "\n" not in line
    assert "two lines" in line


@pytest.mark.parametrize("name", ["longssm.worker", "somebody.else"])
def test_an_error_is_its_type_and_its_place(lines, name):
    log_an_error(name)
    (line,) = lines.objects
    assert line["error"].startswith("KeyError at tests/evaluations/test_log.py:")
    assert line["error"].endswith("fail")
    assert SECRET not in lines.written[0]


@pytest.mark.parametrize("lines", [{"log_tracebacks": True}], indirect=True)
def test_a_machine_may_be_told_to_write_everything(lines):
    log_an_error("longssm.worker")
    assert SECRET in lines.objects[0]["traceback"]


def test_what_a_database_calls_an_error_is_said(lines, tmp_path):
    import sqlite3

    with pytest.raises(sqlite3.OperationalError) as raised:
        sqlite3.connect(tmp_path / "no" / "place")
    assert described(raised.value).startswith("OperationalError SQLITE_CANTOPEN at ")


def test_nothing_of_a_message_that_a_library_filled_itself_is_written(lines):
    logging.getLogger("library").warning(f"could not read {SECRET}")
    logging.getLogger("library").warning("could not read %s", SECRET)
    warnings.warn(SECRET, stacklevel=1)
    assert SECRET not in "".join(lines.written)
    assert [line["message"].partition(":")[0] for line in lines.objects] == [
        "unsaid", "could not read %s", "unsaid",
    ]  # fmt: skip


class TalkativeScorer(FakeScorer):
    """Fails in the middle of a document, with a message that quotes it."""

    def read_prefix(self, arm, tokens, state):
        raise ValueError(f"cannot read {bytes(tokens.astype('u1')).decode('utf-8', 'replace')}")


def test_a_run_that_fails_on_a_planted_text_leaves_no_word_of_it_in_the_log(lines, tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    store = open_store(settings)
    try:
        run = plant(store)
        work(settings, TalkativeScorer(), threading.Event(), until_idle=True)
        assert store.progress(run).failures
    finally:
        store.close()
    bad = tmp_path / f"{SECRET}.docx"
    bad.write_bytes(b"PK\x03\x04" + SECRET.encode())
    assert ingest_path(bad).status == "reject"
    failed = [line for line in lines.objects if line["event"] == "task_failed"]
    assert failed
    assert all(line["run"] == run and line["task"] for line in failed)
    assert "ValueError" in failed[0]["error"]
    assert SECRET not in "".join(lines.written)


def plant(store: Store) -> str:
    """A run over a document that holds the secret in its text and its name."""
    from tests.evaluations import queued

    text = "\n".join([f"{SECRET} {number}" for number in range(400)])
    original = queued.some_text
    queued.some_text = lambda seed, size: text  # type: ignore[assignment]
    try:
        assert document(text, f"{SECRET}.log").name.startswith(SECRET)
        return queue_run(store)
    finally:
        queued.some_text = original


def test_a_process_that_ends_by_an_error_says_so_in_one_line_without_its_words():
    code = (
        "import threading\n"
        "from evaluations.log import start_logging\n"
        "from evaluations.settings import Settings\n"
        "start_logging(Settings(log_format='json'))\n"
        f"def fail(): raise ValueError('{SECRET}')\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "fail()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    said = [json.loads(line) for line in ended.stderr.splitlines()]
    assert ended.returncode == 1
    assert [line["event"] for line in said] == [
        "a_thread_ended_by_an_error", "ended_by_an_unexpected_error",
    ]  # fmt: skip
    assert SECRET not in ended.stderr
