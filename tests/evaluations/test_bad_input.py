"""Whatever is typed wrongly is answered with one sentence in the user's language, at once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from evaluations import worker
from evaluations.__main__ import COMMANDS, main
from evaluations.errors import RefusedOption
from evaluations.settings import Settings, load_settings
from evaluations.store import open_store
from evaluations.wording import CATALOGUE
from longssm_core.errors import PolicyError
from tests.evaluations.queued import some_text
from tests.evaluations.tiny_pair import save_tiny_pair


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture(autouse=True)
def _japanese(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LONGSSM_{name.upper()}", raising=False)
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LONGSSM_LANGUAGE", "ja")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> Said:
        code = main(arguments)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "d0.log"
    path.write_text(some_text(0, 6_000), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return save_tiny_pair(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture
def no_ingest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a file is already too late for what can be seen before."""

    def too_late(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a file was read first")

    monkeypatch.setattr("evaluations.commands.run.ingest_path", too_late)
    monkeypatch.setattr("evaluations.commands.score.ingest_path", too_late)


def check_one_sentence(said: Said, *names: str) -> None:
    """Failed, nothing on stdout, one Japanese line that holds `names` and no English words."""
    assert said.code == 1, said
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert re.search("[ぁ-ん]", line), line
    assert not re.search(r"[a-z]{2,} [a-z]{2,}", line), line
    for name in names:
        assert name in line


# --- the database and the data folder --------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "foo://x",
        "garbage",
        "mysql://a/b",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=memory&uri=true",
        "sqlite+nothing:///x.db",
        "sqlite://host/x.db",
        "postgresql://host:port/x",
        "postgresql+nothing://host/x",
    ],
)
def test_a_database_that_is_neither_a_file_nor_postgresql_is_refused(command, tmp_path, url):
    check_one_sentence(command("list", "--database", url), "--database", "sqlite:///")
    assert list(tmp_path.iterdir()) == []  # above all no lock file named after :memory:


def test_a_password_in_a_refused_address_is_not_shown(command):
    said = command("list", "--database", "mysql://me:secret@host/b")
    check_one_sentence(said, "mysql://***@host/b")


def test_a_server_that_does_not_answer_is_named_without_its_password(command, tmp_path):
    url = f"postgresql://me:secret@/b?host={tmp_path}"
    said = command("list", "--database", url)
    check_one_sentence(said, "postgresql")
    assert "secret" not in said.err


def test_a_file_that_is_no_database_is_named(command, tmp_path):
    (tmp_path / "notes.txt").write_text("no database, just words\n" * 100)
    check_one_sentence(command("list", "--database", "sqlite:///notes.txt"), "notes.txt")
    assert (tmp_path / "notes.txt").read_text().startswith("no database")


def test_a_folder_is_no_database_file(command, tmp_path):
    check_one_sentence(command("list", "--database", f"sqlite:///{tmp_path}"), tmp_path.name)


@pytest.mark.parametrize("arguments", [("list",), ("worker", "--until-idle")])
@pytest.mark.parametrize("inside", ["", "inside"])
def test_a_data_folder_that_cannot_be_made_is_named(
    command, monkeypatch, tmp_path, arguments, inside
):
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "taken" / inside))
    check_one_sentence(command(*arguments), "taken", "LONGSSM_DATA_DIR")


def test_a_home_that_nobody_has_is_no_data_folder(command, monkeypatch):
    monkeypatch.setenv("LONGSSM_DATA_DIR", "~nobody-of-that-name/data")
    check_one_sentence(command("list"), "LONGSSM_DATA_DIR", "~nobody-of-that-name")


def test_doctor_says_in_words_what_is_wrong_with_the_database(command):
    said = command("doctor", "--quick", "--database", "sqlite:////proc/no/such/place.db")
    (line,) = [line for line in said.out.splitlines() if line.startswith("×")]
    assert said.code == 1
    check_one_sentence(Said(1, "", line), "/proc/no")


# --- settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LONGSSM_LEASE_SECONDS", "x"),
        ("LONGSSM_LEASE_SECONDS", "inf"),
        ("LONGSSM_POLL_SECONDS", "-1"),
        ("LONGSSM_READER_MEMORY_MB", "64"),
        ("LONGSSM_READER_SCRATCH_MB", "many"),
        ("LONGSSM_READER_SECONDS", "0"),
        ("LONGSSM_ROWS", "0"),
        ("LONGSSM_WORKER_PROCESSES", "0"),
        ("LONGSSM_LOADED_MODELS", "many"),
        ("LONGSSM_DEVICE", "foo"),
        ("LONGSSM_DEVICE", "cuda:x"),
        ("LONGSSM_DATABASE_URL", "garbage"),
        ("LONGSSM_DATA_DIR", "bad\udcff"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named_with_its_value(
    command, monkeypatch, variable, value
):
    monkeypatch.setenv(variable, value)
    check_one_sentence(command("list"), variable, value.replace("\udcff", ""))


def test_a_language_that_is_not_spoken_is_refused_in_the_machines_own(command, monkeypatch):
    monkeypatch.setenv("LONGSSM_LANGUAGE", "fr")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    check_one_sentence(command("list"), "LONGSSM_LANGUAGE", "fr")
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    assert "LONGSSM_LANGUAGE" in command("list").err


def test_the_same_refusals_speak_english(command, monkeypatch):
    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    said = command("list", "--database", "garbage")
    assert (said.code, said.out) == (1, "")
    assert said.err.isascii()
    assert len(said.err.splitlines()) == 1


def test_every_setting_has_its_sentence():
    assert {f"settings.{name}" for name in Settings.model_fields} <= CATALOGUE.keys()


def test_a_relative_file_is_the_same_database_wherever_it_is_named_from(tmp_path, monkeypatch):
    (tmp_path / "inside").mkdir()
    here = load_settings(database_url="sqlite:///x.db")
    monkeypatch.chdir(tmp_path / "inside")
    there = load_settings(database_url="sqlite:///../x.db")
    assert here.url == there.url == f"sqlite:///{tmp_path}/x.db"
    assert here.worker_lock == there.worker_lock


# --- options ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("run", "d0.log", "--seed", "-5"), ["--seed", "-5"]),
        (("run", "d0.log", "--seed", "many"), ["--seed", "many"]),
        (("run", "d0.log", "--seed", "9" * 5_000), ["--seed"]),
        (("run", "d0.log", "--split", "foo"), ["--split", "foo", "day"]),
        (("run", "d0.log", "--split", "0"), ["--split"]),
        (("run", "d0.log", "--split", "size:much"), ["--split", "size:much"]),
        (("run", "d0.log", "--lengths", "16,long"), ["16,long"]),
        (("run", "d0.log", "--lengths", ","), []),
        (("run", "d0.log", "--lengths", "16," + "9" * 30), []),
        (("run", "d0.log", "--preset", "best"), ["--preset", "best_zero"]),
        (("run", "d0.log", "--depth", "deep"), ["--depth", "quick"]),
        (("run", "d0.log", "--name", "bad\udcff"), ["--name"]),
        (("run", "d0.log", "--zero", "bad\udcff"), ["--zero"]),
        (("show", "bad\udcff"), ["RUN"]),
        (("report", "bad\udcff"), ["RUN"]),
        (("list", "--database", "sqlite:///bad\udcff"), ["--database"]),
        (("run", "d0.log", "--seed"), ["--seed"]),
        (("run", "d0.log", "--fast"), ["--fast"]),
        (("run", "d0.log", "--d", "quick"), ["--d"]),
        (("run",), ["FILE"]),
        (("score",), ["FILE", "--checkpoint"]),
        (("score", "d0.log", "--checkpoint", "c", "--policy", "foo"), ["--policy", "foo"]),
        (("score", "d0.log", "--checkpoint", "c", "--policy", "reset"), ["--policy", "reset"]),
        (("score", "d0.log", "--checkpoint", "c", "--policy", "reset:0"), ["--policy"]),
        (("score", "d0.log", "--checkpoint", "c", "--policy", "carry:4"), ["--policy"]),
        (("score", "d0.log", "--checkpoint", "c", "--chunk", "0"), ["--chunk"]),
        (("report", "x", "--formats", ""), ["pdf"]),
        (("report", "x", "--formats", " , "), ["pdf"]),
        (("report", "x", "--formats", "docx"), ["docx", "pdf"]),
        (("worker", "--processes", "-1"), ["--processes", "-1"]),
        (("worker", "--processes", "0"), ["--processes"]),
        (("worker", "--engine", "steam"), ["--engine", "local"]),
        (("frobnicate",), ["frobnicate", "doctor"]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("no_ingest")
def test_an_option_that_makes_no_sense_is_refused_before_anything_is_read(
    command, arguments, names
):
    check_one_sentence(command(*arguments), *names)


def test_control_characters_of_a_value_do_not_reach_the_terminal(command):
    said = command("run", "d0.log", "--split", "a\x1b[31m\nb")
    check_one_sentence(said)
    assert "\x1b" not in said.err


def test_a_worker_of_no_processes_is_refused_however_it_is_started(tmp_path):
    for count in (0, -1):
        with pytest.raises(RefusedOption):
            worker.supervise(Settings(data_dir=tmp_path), processes=count)


# --- plan files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b"", []),
        (b"\xff\xfe\x00", []),
        (b'{"seed": }', []),
        (b"[]", []),
        (b'{"seed": -1}', ["seed", "-1"]),
        (b'{"seed": "many"}', ["seed", "many"]),
        (b'{"seed": ' + b"9" * 5_000 + b"}", []),
        (b'{"sead": 1}', ["sead"]),
        (b'{"preset": "best"}', ["preset", "best_zero"]),
        (b'{"lengths": ["long"]}', ["lengths", "long"]),
        (b'{"lengths": [0]}', ["lengths", "0"]),
        (b'{"lengths": []}', []),
        (b'{"zero": "\\ud800"}', ["ud800"]),
        (b'{"zero": 7}', ["zero", "7"]),
        (b'{"decider": "\\ud800"}', ["ud800"]),
        (b'{"margin": -1}', ["margin", "-1"]),
        (b'{"rule": {"margn": 1}}', ["margn"]),
        (b"[" * 100_000, []),
        (b'{"a":' * 100_000, []),
    ],
)
def test_a_plan_file_that_cannot_be_used_is_named_with_what_is_wrong_in_it(
    command, tmp_path, log, pair, content, names
):
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    said = command("run", log, "--plan", str(path), "--proposed", pair[1], "--zero", pair[0])
    check_one_sentence(said, *names)
    assert b'lengths": []' in content or "plan.json" in said.err


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_plan_file_that_cannot_be_read_is_refused_with_the_reason(command, log, name):
    check_one_sentence(command("run", log, "--plan", name))


# --- checkpoints -----------------------------------------------------------------------------


def test_a_checkpoint_that_does_not_exist_is_refused_with_those_that_do(command, log):
    check_one_sentence(command("run", log, "--proposed", "no-such-one"), "no-such-one")
    check_one_sentence(command("score", log, "--checkpoint", "no-such-one"), "no-such-one")


@pytest.mark.parametrize("missing", ["record.json", "config.json", "model.safetensors"])
def test_a_checkpoint_without_one_of_its_files_is_refused_with_that_file(
    command, log, tmp_path, missing
):
    _, proposed = save_tiny_pair(tmp_path)
    (Path(proposed) / missing).unlink()
    check_one_sentence(command("run", log, "--proposed", proposed), missing, proposed)


def test_a_policy_that_a_checkpoint_does_not_read_with_is_refused_with_others(
    command, log, pair, monkeypatch
):
    def refuse(*_arguments: object) -> None:
        raise PolicyError("no window here")

    monkeypatch.setattr("evaluations.core_scorer.score_text", refuse)
    said = command("score", log, "--checkpoint", pair[0], "--policy", "window:64")
    check_one_sentence(said, "window", "carry")


def test_a_device_that_is_not_there_is_named(command, log, pair, monkeypatch):
    monkeypatch.setenv("LONGSSM_DEVICE", "cuda:99")
    check_one_sentence(command("score", log, "--checkpoint", pair[0]), "cuda:99", "LONGSSM_DEVICE")


def test_losses_are_written_without_a_record_of_the_training_too(command, log, tmp_path):
    checkpoint, _ = save_tiny_pair(tmp_path)
    (Path(checkpoint) / "record.json").unlink()
    said = command("score", log, "--checkpoint", checkpoint, "--output", "losses.npz")
    assert said.code == 0
    with np.load(tmp_path / "losses.npz") as found:
        assert json.loads(str(found["meta"]))["training_initialization"] == "unknown"


# --- where results go ------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["taken", "taken/inside", "/proc/no/such"])
@pytest.mark.usefixtures("no_ingest")
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_computed(
    command, tmp_path, place
):
    (tmp_path / "taken").write_text("a file")
    check_one_sentence(command("run", "d0.log", "--report", place), place.split("/")[-1])
    if place != "taken":  # a file that is there is written over
        score = ("score", "d0.log", "--checkpoint", "c", "--output", place)
        check_one_sentence(command(*score), place.split("/")[-1])


@pytest.mark.usefixtures("no_ingest")
def test_losses_are_not_written_over_a_folder_or_into_one_that_is_missing(command, tmp_path):
    for place in (str(tmp_path), "missing/losses.npz"):
        said = command("score", "d0.log", "--checkpoint", "c", "--output", place)
        check_one_sentence(said, place)
    assert not (tmp_path / "missing").exists()


def test_a_report_that_cannot_be_written_says_where(command, log, pair, tmp_path):
    (tmp_path / "taken").write_text("a file")
    run = queued(command, log, "--zero", pair[0], "--proposed", pair[1]).out.strip()
    said = command("report", run, "--formats", "json", "--output", "taken")
    check_one_sentence(said, "taken")


# --- the same text twice ---------------------------------------------------------------------


def queued(command: Command, *arguments: str) -> Said:
    said = command("run", *arguments, "--no-wait", "--depth", "quick", "--lengths", "16,64")
    assert said.code == 0, said
    return said


def test_a_file_with_the_text_of_another_is_named_and_does_not_count(command, log, pair, tmp_path):
    copy = tmp_path / "copy.log"
    copy.write_bytes(Path(log).read_bytes())
    said = queued(command, log, str(copy), log, "--zero", pair[0], "--proposed", pair[1])
    assert [("copy.log" in line, "d0.log" in line) for line in said.err.splitlines()] == [
        (True, True),
        (False, True),
    ]
    store = open_store(load_settings())
    try:
        (summary,) = store.runs()
        assert (summary.name, summary.documents) == ("d0.log", 1)
        assert [document.name for document in store.documents()] == ["d0.log"]
    finally:
        store.close()
    assert json.loads(command("show", said.out.strip(), "--json").out)["status"] == "queued"


def test_the_document_itself_is_never_replaced_by_its_losses(command, log, no_ingest):
    before = Path(log).read_bytes()
    said = command("score", log, "--checkpoint", "zero-t16", "--output", log)
    check_one_sentence(said, "d0.log", "--output")
    assert Path(log).read_bytes() == before


def test_memory_that_is_short_on_a_processor_is_said(command, log, pair, monkeypatch):
    def short(*_arguments: object) -> None:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate")

    monkeypatch.setattr("evaluations.core_scorer.score_text", short)
    check_one_sentence(command("score", log, "--checkpoint", pair[0]))


def test_a_document_whose_losses_would_fill_the_memory_is_refused(command, log, monkeypatch):
    monkeypatch.setattr("evaluations.commands.score.MOST_BYTES", 5_900)
    said = command("score", log, "--checkpoint", "zero-t16")
    check_one_sentence(said, "d0.log", "run")


def test_a_window_beyond_the_document_costs_no_more_than_the_document(command, log, pair):
    readings = ("window:2000000000", "carry")
    said = [command("score", log, "--checkpoint", pair[0], "--policy", one) for one in readings]
    assert said[0].code == 0
    assert said[0].out == said[1].out


# --- help ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_in_the_users_language_alone(capsys, monkeypatch, name):
    with pytest.raises(SystemExit) as ended:
        main((name, "--help"))
    japanese = capsys.readouterr().out
    assert ended.value.code == 0
    assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", japanese.partition("\n\n")[2])
    assert not re.search("usage|options:|arguments|show this", japanese)
    assert japanese.startswith(f"使い方：python -m evaluations {name} [-h]")
    assert "この説明を表示して終了する" in japanese

    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    with pytest.raises(SystemExit):
        main((name, "-h"))
    english = capsys.readouterr().out
    assert english.startswith("usage: python -m evaluations")
    assert not re.search("[ぁ-んァ-ヶ一-龠]", english)


def test_an_encoding_can_be_chosen_and_only_one_that_exists(command, tmp_path):
    path = tmp_path / "half.log"
    path.write_bytes("ﾃﾞｰﾀ ｵﾝﾄﾞ9 OK".encode("cp932"))
    guessed, chosen = (
        json.loads(command("ingest", str(path), "--json", *more).out)
        for more in ((), ("--encoding", "cp932"))
    )
    assert (guessed["status"], chosen["status"]) == ("warn", "accept")
    assert chosen["encoding"] == "cp932"
    for name in ("ingest", "run"):
        said = command(name, str(path), "--encoding", "sjis2")
        assert (said.code, said.out) == (1, "")
        assert "sjis2" in said.err
        assert "euc-jp" in said.err
