"""`adapt` as a user types it: documents in, a pair and the command that compares it out."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock

from evaluations.__main__ import main
from evaluations.documents import ingest_path
from evaluations.settings import Settings
from longssm_core.checkpoint import load_checkpoint, save_checkpoint
from longssm_core.corpus.generator import generate
from longssm_core.errors import TrainingDiverged
from longssm_core.pair import alone_in
from longssm_core.records import LOCK, describe_checkpoint
from longssm_core.training import weights_fingerprint
from tests.evaluations.queued import some_text
from tests.evaluations.tiny_pair import save_tiny_pair

QUICK = ("--steps", "3")


class Said(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LONGSSM_{name.upper()}", raising=False)
    monkeypatch.setenv("LONGSSM_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    monkeypatch.setenv("LONGSSM_DEVICE", "cpu")
    monkeypatch.setenv("LONGSSM_WORKER_PROCESSES", "1")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> Said:
        code = main(arguments)
        return Said(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_tiny_pair(tmp_path_factory.mktemp("start"))[0]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("files")
    paths = []
    for number in range(4):
        made = generate(9_700_000_000 + number, 4_000)
        path = folder / f"{number} {made.name}"
        path.write_text(made.text, encoding="utf-8")
        paths.append(str(path))
    return paths


# --- the pair --------------------------------------------------------------------------------


def test_a_pair_is_made_on_some_documents_and_the_others_are_kept(command, start, files):
    said = command("adapt", start, *files, *QUICK, "--json")
    assert said.code == 0, said.err
    result = json.loads(said.out)
    kinds = [one["training_initialization"] for one in result["checkpoints"]]
    assert kinds == ["zero_adapted", "zero"]  # the start was trained from zero
    previous, zero = (describe_checkpoint(one["folder"]).record for one in result["checkpoints"])
    assert (previous.partner, zero.partner) == ("zero", None)
    assert previous.stages[-1].steps == zero.stages[-1].steps == 3
    assert previous.data == zero.data
    weights = {weights_fingerprint(load_checkpoint(one["folder"])) for one in result["checkpoints"]}
    assert len(weights) == 2

    trained_on = {one["sha256"] for one in result["trained_on"]}
    held_out = {ingest_path(Path(path)).documents[0].document.id for path in result["held_out"]}
    assert previous.documents == zero.documents == trained_on
    assert (len(trained_on), len(held_out)) == (2, 2)
    given = {ingest_path(Path(path)).documents[0].document.id for path in files}
    assert trained_on | held_out == given
    assert {name: len(losses) for name, losses in result["losses"].items()} == {
        "previous": 3,
        "zero": 3,
    }
    assert "Documents held out: 2; a verdict takes at least 6." in said.err
    for one in result["held_out_bits_per_byte"].values():
        assert 0 < one["after"] < one["before"] < 8.1
    assert "read worse than before" not in said.err


@pytest.mark.slow
def test_the_command_that_is_printed_compares_the_pair(command, start, files):
    printed = command("adapt", start, *files, *QUICK, "--output", "my pair")
    assert printed.code == 0, printed.err
    *_, last = printed.out.splitlines()
    python, module, name, *arguments = shlex.split(last)
    assert (python, module, name) == ("python", "-m", "evaluations")
    quick = ("--depth", "quick", "--lengths", "16,32,64", "--json")
    said = command(*arguments, *quick)
    assert said.code == 0, said.err
    result = json.loads(said.out)
    assert len(result["documents"]) == 2
    places = {Path(arm["checkpoint"]) for arm in result["arms"]}
    assert places == {Path("my pair/zero").resolve(), Path("my pair/previous").resolve()}
    assert {arm["training_initialization"] for arm in result["arms"]} == {"zero", "zero_adapted"}

    proposed_alone = [word for word in arguments if word not in ("--zero", "my pair/zero")]
    again = json.loads(command(*proposed_alone, *quick).out)
    assert again["run"] == result["run"]  # the record names its ZERO


def test_repeating_the_command_trains_nothing_again(command, start, files):
    first = command("adapt", start, *files, *QUICK, "--json")
    written = Path("adapted/zero/record.json").stat().st_mtime_ns
    again = command("adapt", start, *reversed(files), *QUICK, "--json")
    assert again.out == first.out
    assert "step" not in again.err
    assert Path("adapted/zero/record.json").stat().st_mtime_ns == written


def test_ctrl_c_is_one_sentence_and_repeating_goes_on(command, start, files, monkeypatch):
    monkeypatch.setattr("longssm_core.adaptation.SAVE_EVERY", 1)

    def stop(self, plan, progress):
        if (plan.name, progress.step) == ("zero", 1):
            raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr("evaluations.commands.adapt._TrainingLine.step", stop)
        said = command("adapt", start, *files, *QUICK, "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[-1] == "Interrupted. Repeat the command to go on where it stopped."
    parts = command("adapt", start, *files, *QUICK, "--json")
    assert parts.code == 0
    whole = command("adapt", start, *files, *QUICK, "--json", "--output", "whole")
    assert json.loads(parts.out)["losses"] == json.loads(whole.out)["losses"]
    weights = [Path(f"{place}/zero/model.safetensors") for place in ("adapted", "whole")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_progress_says_how_many_minutes_are_left(command, start, files, monkeypatch):
    monkeypatch.setattr("evaluations.commands.notices.QUIET", 0)
    said = command("adapt", start, *files, *QUICK)
    assert re.search(r"previous: step 1 of 3, loss \d+\.\d+ bits per byte$", said.err, re.M)
    assert re.search(r"zero: step 2 of 3, loss .* \(about \d+\.\d min left\)$", said.err, re.M)


def test_a_refused_file_and_a_short_one_do_not_stop_the_others(command, start, files, tmp_path):
    (tmp_path / "empty.log").write_bytes(b"")
    (tmp_path / "tiny.log").write_text("too short", encoding="utf-8")
    more = [str(tmp_path / name) for name in ("empty.log", "tiny.log", "missing.log")]
    said = command("adapt", start, *files, *more, files[0], *QUICK, "--json")
    assert said.code == 0
    for name in ("empty.log", "tiny.log: shorter than a training window", "missing.log"):
        assert name in said.err
    assert "hold" in said.err  # the text that is there twice
    assert len(json.loads(said.out)["trained_on"]) == 2


def test_one_long_log_is_split_as_in_run(command, start, files, tmp_path):
    joined = tmp_path / "long.log"
    joined.write_text("\n".join(Path(path).read_text("utf-8") for path in files), "utf-8")
    said = command("adapt", start, str(joined), "--split", "12", *QUICK, "--json")
    result = json.loads(said.out)
    assert said.code == 0, said.err
    assert len(result["trained_on"]) + len(result["held_out"]) == 12


def test_one_initialization_alone_is_read_in_two_ways(command, start, files):
    said = command("adapt", start, *files, *QUICK, "--initialization", "previous", "--json")
    result = json.loads(said.out)
    assert result["checkpoints"][0]["partner"] is None
    assert "--preset operations --proposed adapted/previous" in result["next_command"]


def test_a_start_without_a_record_makes_a_pair_that_can_be_compared(command, start, files):
    save_checkpoint(load_checkpoint(start), describe_checkpoint(start).record, Path("bare"))
    Path("bare/record.json").unlink()
    said = command("adapt", "bare", *files, *QUICK, "--json")
    assert said.code == 0, said.err
    assert "bare has no record of its training: windows of 64 tokens are used" in said.err
    *_, last = command("adapt", "bare", *files, *QUICK).out.splitlines()
    queued = command(*shlex.split(last)[3:], "--no-wait", "--depth", "quick")
    assert queued.code == 0, queued.err


def test_documents_that_were_trained_on_are_refused_in_an_evaluation(command, start, files):
    command("adapt", start, *files, *QUICK)
    pair = ("--zero", "adapted/zero", "--proposed", "adapted/previous")
    said = command("run", *files, *pair, "--no-wait")
    assert said.code == 1
    assert "text that adapted/zero was trained on" in said.err


def test_a_part_of_what_was_trained_on_is_refused_as_well(command, start, files):
    command("adapt", start, *files, *QUICK)
    known = describe_checkpoint("adapted/zero").record.documents
    texts = [Path(file).read_text(encoding="utf-8") for file in files]
    trained = next(t for t in texts if hashlib.sha256(t.rstrip().encode()).hexdigest() in known)
    Path("cut.log").write_text(trained[500:], encoding="utf-8")
    Path("new.log").write_text(some_text(99, len(trained)), encoding="utf-8")
    pair = ("--zero", "adapted/zero", "--proposed", "adapted/previous", "--no-wait")
    said = command("run", "new.log", "cut.log", *pair)
    assert said.code == 1
    assert said.err.splitlines()[-1].startswith("cut.log is, wholly or for the most part")
    assert command("run", "new.log", *pair).code == 0


def test_only_this_command_loads_torch():
    code = (
        "import sys; import evaluations.commands.adapt, evaluations.held_out; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- refusals --------------------------------------------------------------------------------


def tokenized(start: str) -> str:
    save_checkpoint(load_checkpoint(start), describe_checkpoint(start).record, Path("bpe"))
    Path("bpe/tokenizer.json").write_text("{}", encoding="utf-8")
    return "bpe"


def learned(start: str) -> str:
    model = load_checkpoint(start, "cpu")
    model.learned_start = model.initial_state(1)
    save_checkpoint(model, describe_checkpoint(start).record, Path("learned"))
    return "learned"


def refused(said: Said, language: str) -> str:
    """The only sentence that was said: on stderr, and in Japanese if that is the language."""
    assert (said.code, said.out) == (1, "")
    (line,) = said.err.splitlines()
    assert bool(re.search("[ぁ-ん]", line)) == (language == "ja")
    return line


@pytest.fixture(params=["ja", "en"])
def language(request, monkeypatch) -> str:
    monkeypatch.setenv("LONGSSM_LANGUAGE", request.param)
    return request.param


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--initialization", "blank"), "--initialization"),
        (("--initialization", ","), "--initialization"),
        (("--steps", "0"), "--steps"),
        (("--hold-out", "1"), "--hold-out"),
        (("--hold-out", "nan"), "--hold-out"),
        (("--seed", "-1"), "--seed"),
        (("--split", "weekly"), "--split"),
        (("--training-length", "1"), "--training-length"),
        (("--initialization", "state_passing", "--training-length", "2000"), "state_passing"),
        (("--training-length", "3000"), "49025"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused(
    command, start, tmp_path, language, options, named
):
    for number in range(2):
        size = 34_000 if "2000" in options else 3_500
        text = generate(9_600_000_000 + number, size).text
        (tmp_path / f"{number}.log").write_text(text, "utf-8")
    given = [str(tmp_path / f"{number}.log") for number in range(2)]
    said = command("adapt", start, *given, *options)
    lines = said.err.splitlines()
    assert named in lines[-1]
    refused(Said(said.code, said.out, lines[-1]), language)
    assert not Path("adapted").exists()


@pytest.mark.parametrize(("made", "named"), [(tokenized, "bpe"), (learned, "learned")])
def test_a_start_that_cannot_be_continued_is_refused(command, start, files, language, made, named):
    assert named in refused(command("adapt", made(start), *files, *QUICK), language)


def test_a_start_that_is_not_there_is_refused_before_a_file_is_read(
    command, files, language, monkeypatch
):
    def too_late(*_: object, **__: object) -> None:
        raise AssertionError("a file was read first")

    monkeypatch.setattr("evaluations.commands.run.ingest_path", too_late)
    assert "zero-t17" in refused(command("adapt", "zero-t17", *files), language)


def test_one_document_alone_is_refused(command, start, files, language):
    said = command("adapt", start, files[0], *QUICK)
    assert "--split 24" in refused(said, language)


def test_no_readable_file_at_all_is_exit_code_two(command, start):
    assert command("adapt", start, "missing.log", *QUICK).code == 2


def test_a_folder_of_another_adaptation_is_refused(command, start, files, language):
    assert command("adapt", start, *files, *QUICK, "--hold-out", "0.75").code == 0
    for other in (("--steps", "4", "--hold-out", "0.75"), QUICK):
        said = command("adapt", start, *files, *other)
        last = said.err.splitlines()[-1]
        assert "adapted" in refused(Said(said.code, said.out, last), language)


def test_a_training_that_diverges_is_one_sentence(command, start, files, language, monkeypatch):
    def diverge(*_: object, **__: object) -> None:
        raise TrainingDiverged("loss is nan at step 0")

    monkeypatch.setattr("longssm_core.pair.train", diverge)
    said = command("adapt", start, *files, *QUICK, "--hold-out", "0.5")
    refused(Said(said.code, said.out, said.err.splitlines()[-1]), language)


def test_a_device_that_is_not_there_is_named(command, start, files, language, monkeypatch):
    monkeypatch.setenv("LONGSSM_DEVICE", "cuda:77")
    assert "cuda:77" in refused(command("adapt", start, *files), language)


def test_a_record_that_lists_no_documents_knows_none(start):
    record = describe_checkpoint(start).record
    assert replace(record, settings={"documents": 3}).documents == frozenset()


def test_documents_that_are_read_worse_after_training_are_warned_of(
    command, start, files, language, monkeypatch
):
    losses = iter([2.0, 1.5, 2.0, 2.5])  # of previous, then of zero: before, after
    monkeypatch.setattr("longssm_core.adaptation.bits_per_byte", lambda *_: next(losses))
    said = command("adapt", start, *files, *QUICK)
    assert said.code == 0
    (warning,) = [line for line in said.err.splitlines() if "--steps" in line]
    assert warning.startswith("zero")
    assert bool(re.search("[ぁ-ん]", warning)) == (language == "ja")
    assert "2.000 → 1.500" in said.out


def test_a_folder_that_another_process_trains_into_is_refused(command, start, files, language):
    Path("adapted").mkdir()
    with FileLock("adapted/.previous.lock"):
        said = command("adapt", start, *files, *QUICK)
    assert "previous" in refused(Said(said.code, said.out, said.err.splitlines()[-1]), language)
    assert not Path("adapted/previous").exists()


def test_a_folder_that_another_adaptation_holds_is_left_as_it_is(command, start, files, language):
    with alone_in(Path("adapted")):
        said = command("adapt", start, *files, *QUICK, "--initialization", "learned")
    assert "adapted" in refused(Said(said.code, said.out, said.err.splitlines()[-1]), language)
    assert [path.name for path in Path("adapted").iterdir()] == [LOCK]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("corpus/tokens.npy", "adapted/corpus"),
        ("previous/losses.jsonl", "adapted/previous"),
    ],
)
def test_a_damaged_file_is_named_and_deleting_its_folder_helps(command, start, files, name, folder):
    first = command("adapt", start, *files, *QUICK, "--json")
    Path("adapted", name).write_bytes(b"{ half")
    said = command("adapt", start, *files, *QUICK, "--json")
    sentence = refused(Said(said.code, said.out, said.err.splitlines()[-1]), "en")
    assert str(Path("adapted", name)) in sentence
    assert folder in sentence
    shutil.rmtree(folder)
    again = json.loads(command("adapt", start, *files, *QUICK, "--json").out)
    assert again["losses"] == json.loads(first.out)["losses"]


def test_a_missing_loss_log_is_named(command, start, files, language):
    command("adapt", start, *files, *QUICK)
    Path("adapted/zero/losses.jsonl").unlink()
    said = command("adapt", start, *files, *QUICK)
    sentence = refused(Said(said.code, said.out, said.err.splitlines()[-1]), language)
    assert "losses.jsonl" in sentence


def test_a_list_of_held_out_names_that_is_damaged_is_written_anew(command, start, files):
    first = command("adapt", start, *files, *QUICK, "--json")
    Path("adapted/held-out.json").write_text("[" * 9_999, encoding="utf-8")
    assert command("adapt", start, *files, *QUICK, "--json").out == first.out
    assert len(json.loads(Path("adapted/held-out.json").read_text(encoding="utf-8"))) == 2
