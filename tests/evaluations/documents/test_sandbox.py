"""A file is read in a process of its own; however that ends, the caller gets a sentence."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evaluations.documents import Split, ingest_bytes, ingest_path, sandbox
from evaluations.documents.command import run_ingest
from evaluations.documents.limits import Limits
from tests.evaluations.documents import texts
from tests.evaluations.documents.office import docx

LOG = texts.log(texts.japanese, 5, 3000)
posix_only = pytest.mark.usefixtures("posix")


@pytest.fixture
def posix() -> None:
    pytest.importorskip("resource", reason="this system has no limits of POSIX")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "受注.log"
    path.write_bytes(LOG.encode("cp932"))
    return path


def child_that_runs(monkeypatch, tmp_path: Path, program: str) -> None:
    """Replace the child by a module that runs `program` after reading its request."""
    (tmp_path / "bad_child.py").write_text(f"import os, sys, time\nsys.stdin.read()\n{program}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sandbox, "MODULE", "bad_child")


@pytest.mark.parametrize("split", [None, Split(pieces=6), Split(by="day")])
def test_the_child_answers_exactly_as_this_process_would(log, split):
    assert ingest_path(log, split=split) == ingest_bytes(log.name, log.read_bytes(), split=split)


def test_the_name_that_the_user_gave_decides_and_is_never_a_path(log):
    ingested = ingest_path(log, name="../../../etc/名簿.txt", encoding="cp932")
    assert (ingested.file, ingested.documents[0].text) == ("名簿.txt", LOG)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("os.abort()", "crash"),
        ("sys.exit(3)", "crash"),
        ("os.kill(os.getpid(), 9)", "memory"),
        ("time.sleep(60)", "time"),
        ("print('{}')", "crash"),
        ("print('not json')", "crash"),
        ("pass", "crash"),
    ],
)
@posix_only
def test_every_death_of_the_child_becomes_a_refusal(monkeypatch, tmp_path, log, program, reason):
    child_that_runs(monkeypatch, tmp_path, program)
    ingested = ingest_path(log, wall_seconds=3 if reason == "time" else 60)
    assert (ingested.status, ingested.message.key) == ("reject", f"documents.refused.{reason}")
    assert ingested.words("ja").startswith("受注.log: ")


DOCUMENTS = [[0, 2, hashlib.sha256(b"ab").hexdigest(), 2]]
ANSWER = {
    "status": "accept",
    "file": "x",
    "bytes": 1,
    "notes": [],
    "format": ".log",
    "encoding": "utf-8",
    "text_sha256": "0" * 64,
    "original_sha256": "0" * 64,
    "text": "0.text",
    "documents": DOCUMENTS,
}


@pytest.mark.parametrize(
    ("changed", "body", "is_taken"),
    [
        ({}, "ab", True),
        ({}, "abc", True),  # as where line ends between documents are left out
        ({}, "a", False),
        ({}, "ax", False),
        ({"text": None}, "ab", False),
        ({"text": "1.text"}, "ab", False),
        ({"text": "../0.text"}, "ab", False),
        ({"documents": [[-1, 2, "0" * 64, 2]]}, "ab", False),
        ({"documents": [*DOCUMENTS, *DOCUMENTS]}, "ab", False),
        ({"documents": [[0, 2, DOCUMENTS[0][2], 1]]}, "ab", False),
        ({"documents": [[0, 1, hashlib.sha256(b"\xe5").hexdigest(), 1]]}, "\\xe5", False),
        ({"offers": [{"split": {}, "documents": 1, "median_bytes": 1, "label": "x"}]}, "ab", False),
        ({"notes": [["no.such.key", {}]]}, "ab", False),
        ({"extra": 1}, "ab", False),
        ({"text_sha256": "x"}, "ab", False),
    ],
)
def test_the_answer_is_checked_as_data_from_outside(
    monkeypatch, tmp_path, log, changed, body, is_taken
):
    line = json.dumps({**ANSWER, **changed})
    written = f"open('0.text', 'wb').write(b'{body}')"
    child_that_runs(monkeypatch, tmp_path, f"sys.stdout.write({line!r})\n{written}")
    assert (ingest_path(log).status == "accept") is is_taken


@posix_only
def test_a_child_cannot_pass_off_another_file_as_its_text(monkeypatch, tmp_path, log):
    (tmp_path / "secret").write_bytes(b"ab")
    link = f"os.symlink({str(tmp_path / 'secret')!r}, '0.text')"
    program = f"sys.stdout.write({json.dumps(ANSWER)!r})\n{link}"
    child_that_runs(monkeypatch, tmp_path, program)
    assert ingest_path(log).message.key == "documents.refused.crash"


def test_texts_are_there_as_long_as_somebody_holds_them_and_no_longer(log):
    (extracted,) = ingest_path(log).documents
    path = extracted.held.path
    assert extracted.text == LOG == extracted.beginning(10**6)
    del extracted
    assert not path.parent.exists()


@posix_only
@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("x = bytearray(2 * 1024**3)", "MemoryError"),
        ("open('big', 'wb').write(bytes(30_000))", "OSError"),
        ("__import__('socket').create_connection(('127.0.0.1', 9))", "PermissionError"),
        ("__import__('subprocess').run(['true'])", "PermissionError"),
    ],
)
def test_the_child_has_no_more_memory_output_or_network_than_its_limits(tmp_path, program, reason):
    script = (
        "import sys, socket, subprocess\n"
        "from evaluations.documents import child\n"
        "child.limit_resources(900 * 2**20, 30, 2000)\n"
        "sys.addaudithook(child._refuse_the_outside)\n"
        f"{program}\n"
    )
    root = str(Path(sandbox.__file__).parents[2])
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert reason in ended.stderr


def test_the_child_starts_without_numpy_and_pydantic():
    root = str(Path(sandbox.__file__).parents[2])
    program = (
        "import sys, evaluations.documents.child\n"
        "print(sorted({'numpy', 'pydantic', 'torch', 'streamlit'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.strip() == "[]"


def test_what_is_not_a_readable_file_is_refused(tmp_path):
    (tmp_path / "folder.log").mkdir()
    assert ingest_path(tmp_path / "folder.log").message.key == "documents.refused.not_a_file"
    assert ingest_path(tmp_path / "none.log").message.key == "documents.refused.missing"


@posix_only
def test_a_pipe_that_never_ends_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.log")
    assert ingest_path(tmp_path / "pipe.log").message.key == "documents.refused.not_a_file"


def run(paths, name=None):
    out, errors = io.StringIO(), io.StringIO()
    code = run_ingest(paths, name, "en", out, errors)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    return code, lines, errors.getvalue().splitlines()


def test_the_command_prints_a_line_per_file_and_a_refused_file_stops_no_other(log, tmp_path):
    picture = tmp_path / "photo.txt"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n1234")
    code, lines, errors = run([picture, log])
    assert code == 0
    assert [line["status"] for line in lines] == ["reject", "accept"]
    assert lines[-1]["file"] == "受注.log"
    assert errors == [lines[0]["message"]]


def test_the_command_ends_with_two_when_every_file_is_refused(tmp_path):
    code, lines, errors = run([tmp_path / "none.log", tmp_path / "none.txt"])
    assert (code, len(lines), len(errors)) == (2, 2, 2)


def test_a_name_goes_with_one_file_only(log):
    assert run([log], name="売上.txt")[1][0]["file"] == "売上.txt"
    code, lines, errors = run([log, log], name="x.txt")
    assert (code, lines, len(errors)) == (1, [], 1)


@posix_only
def test_a_child_has_the_limits_that_it_is_given(monkeypatch, tmp_path, log):
    asked_for = tmp_path / "limits.txt"
    (tmp_path / "bad_child.py").write_text(
        f"import sys\nopen({str(asked_for)!r}, 'w').write(sys.stdin.read())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sandbox, "MODULE", "bad_child")
    ingest_path(log, limits=Limits(memory_mb=300, scratch_mb=20, seconds=7))
    asked = json.loads(asked_for.read_text())
    assert asked["memory_bytes"] == 300 * 2**20
    assert (asked["processor_seconds"], asked["output_bytes"]) == (7, 20 * 2**20)


@posix_only
def test_little_memory_refuses_what_the_usual_memory_reads(tmp_path):
    # 40 MB of text, held whole by the reader of Word files
    path = tmp_path / "one.docx"
    body = "".join(f"<w:p><w:r><w:t>{'x' * 1000}</w:t></w:r></w:p>" for _ in range(40_000))
    path.write_bytes(docx(body))
    assert ingest_path(path).status == "accept"
    assert ingest_path(path, limits=Limits(memory_mb=40)).message.key == "documents.refused.memory"
