"""Making checkpoints by command: what is found in a folder belongs to the plan, or is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from longssm_core import __main__ as commands
from longssm_core import pair
from longssm_core.__main__ import main
from longssm_core.checkpoint import load_checkpoint
from longssm_core.config import Mamba2Config
from longssm_core.corpus.mixture import Corpus, build_corpus
from longssm_core.errors import ConfigError, CoreError, DamagedFile, FolderInUse
from longssm_core.initialization import INITIALIZATIONS
from longssm_core.pair import ArmPlan, arm_plans, make_arm, make_pair, plan_fingerprint
from longssm_core.records import describe_checkpoint, shipped_checkpoints
from longssm_core.training import TrainingConfig, weights_fingerprint

TINY = Mamba2Config(d_model=16, n_layers=1, n_heads=2, d_head=16, d_state=8)
SHORT = TrainingConfig("zero", training_length=16, steps=2, tokens_per_step=128)


@pytest.fixture
def plan(tmp_path) -> ArmPlan:
    """Of a small `zero` checkpoint, on a text that is there."""
    build_corpus(60_000, seed=1, texts=[]).save(tmp_path / "corpus")
    return next(arm_plans(SHORT, TINY, tmp_path / "corpus", tmp_path / "made"))


def another(plan: ArmPlan, tmp_path, what: str) -> ArmPlan:
    """The same folder, asked for with something else."""
    if what == "text":
        build_corpus(60_000, seed=2, texts=[]).save(tmp_path / "other")
        return replace(plan, corpus=str(tmp_path / "other"))
    if what == "model":
        return replace(plan, model=replace(TINY, d_state=16))
    if what == "start":
        return replace(plan, start="zero-t16")
    change = {"steps": {"steps": 3}, "seed": {"seed": 1}, "rate": {"learning_rate": 1e-4}}
    borders = {"borders": {"reset_at_borders": False}}
    return replace(plan, training=replace(plan.training, **(change | borders)[what]))


differences = pytest.mark.parametrize(
    "what", ["steps", "seed", "rate", "borders", "model", "text", "start"]
)


def weights_of(plan: ArmPlan) -> bytes:
    return (plan.folder / "model.safetensors").read_bytes()


@differences
def test_a_finished_checkpoint_of_another_plan_is_refused(plan, tmp_path, what):
    make_arm(plan)
    before = weights_of(plan)
    with pytest.raises(CoreError, match="holds a checkpoint after 2 steps") as refused:
        make_arm(another(plan, tmp_path, what))
    assert str(plan.folder) in str(refused.value)
    assert "choose another --output or delete the folder" in str(refused.value)
    assert weights_of(plan) == before


def interrupted(plan: ArmPlan, monkeypatch) -> None:
    """Train until the last snapshot is written, and no further."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pair, "save_checkpoint", stop)
        with pytest.raises(KeyboardInterrupt):
            make_arm(plan)
    assert (plan.folder / "snapshot.safetensors").is_file()


@differences
def test_a_snapshot_of_another_plan_is_refused(plan, tmp_path, monkeypatch, what):
    plan = replace(plan, training=replace(SHORT, steps=100))  # a snapshot every 100 steps
    interrupted(plan, monkeypatch)
    with pytest.raises(CoreError, match="holds a training that stopped after 100 steps"):
        make_arm(another(plan, tmp_path, what))


def test_the_same_plan_goes_on_and_then_leaves_its_checkpoint_alone(plan, tmp_path, monkeypatch):
    plan = replace(plan, training=replace(SHORT, steps=101))
    whole = replace(plan, output=str(tmp_path / "whole"))
    make_arm(whole)
    interrupted(plan, monkeypatch)
    make_arm(replace(plan, threads=1))
    assert weights_of(plan) == weights_of(whole)
    written = (plan.folder / "record.json").stat().st_mtime_ns
    make_arm(plan)
    assert (plan.folder / "record.json").stat().st_mtime_ns == written


def test_the_record_names_its_plan_wherever_it_was_made(plan, tmp_path):
    make_arm(plan)
    settings = describe_checkpoint(str(plan.folder)).record.settings
    assert settings["plan"] == plan_fingerprint(replace(plan, output=str(tmp_path / "elsewhere")))
    assert settings["state_resets"] == "at document borders"
    carried = replace(plan, name="carried", training=replace(SHORT, reset_at_borders=False))
    make_arm(carried)
    settings = describe_checkpoint(str(carried.folder)).record.settings
    assert settings["state_resets"] == "never"
    assert settings["training"]["reset_at_borders"] is False


def test_a_checkpoint_that_was_made_before_plans_had_names_can_be_read_but_not_taken_over(plan):
    make_arm(plan)
    record = json.loads((plan.folder / "record.json").read_text(encoding="utf-8"))
    del record["settings"]["plan"]
    (plan.folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    assert load_checkpoint(plan.folder).config == TINY
    with pytest.raises(CoreError, match="does not name its plan"):
        make_arm(plan)


def test_the_shipped_checkpoints_can_be_read():
    assert shipped_checkpoints()
    for name in shipped_checkpoints():
        assert describe_checkpoint(name).record.name == name


def test_another_plan_is_refused_before_any_process_starts(plan, tmp_path, monkeypatch):
    make_arm(plan)
    monkeypatch.setattr(pair.multiprocessing, "get_context", lambda _: pytest.fail("started"))
    with pytest.raises(CoreError, match="belongs to another plan"):
        make_pair(replace(SHORT, steps=3), TINY, tmp_path / "corpus", tmp_path / "made")


def test_training_leaves_the_arithmetic_of_its_process_as_it_was(plan):
    threads = torch.get_num_threads()
    smallest = np.array([5e-324])
    make_arm(replace(plan, threads=threads + 1))
    assert (smallest * 1.0)[0] > 0
    assert torch.get_num_threads() == threads


@pytest.mark.slow
def test_one_command_makes_an_arm_of_every_initialization(plan, tmp_path):
    training = replace(SHORT, steps=20)
    arms = ("zero", "previous", "state_passing", "fitted_noise", "learned")
    folders = make_pair(training, TINY, tmp_path / "corpus", tmp_path / "made", arms)
    made = {describe_checkpoint(str(folder)).record.name: folder for folder in folders}
    names = ("zero", "previous", "state-passing", "fitted-noise", "learned")
    assert set(made) == {f"{name}-t16" for name in names}
    records = {name: describe_checkpoint(str(made[f"{name}-t16"])).record for name in names}
    from_scratch = {records[name].start_weights for name in names}
    assert len(from_scratch) == 1
    assert [stage.initialization for stage in records["learned"].stages] == ["zero", "learned"]
    models = {name: load_checkpoint(str(made[f"{name}-t16"])) for name in names}
    assert models["learned"].learned_start is not None
    fingerprints = {name: weights_fingerprint(model) for name, model in models.items()}
    assert fingerprints["learned"] == fingerprints["zero"]
    assert len(set(fingerprints.values())) == 4


def test_what_one_arm_needs_is_not_asked_of_the_others(tmp_path):
    long = replace(SHORT, training_length=128)  # one window a step: nothing to pass states among
    places = (tmp_path / "corpus", tmp_path / "made")
    made = [one.name for one in arm_plans(long, TINY, *places, ("zero", "previous", "learned"))]
    assert made == ["zero-t128", "previous-t128", "learned-t128"]
    with pytest.raises(ConfigError, match="state_passing needs 2 windows"):
        list(arm_plans(long, TINY, *places, ("zero", "state_passing")))


@pytest.mark.parametrize("arm", ["learned", "zero_adapted", "zero_control"])
def test_an_arm_that_goes_on_from_a_missing_zero_is_refused_at_once(
    plan, tmp_path, monkeypatch, arm
):
    monkeypatch.setattr(pair.multiprocessing, "get_context", lambda _: pytest.fail("started"))
    with pytest.raises(CoreError, match="zero-t16, which others go on from, is not made: add zero"):
        make_pair(SHORT, TINY, tmp_path / "corpus", tmp_path / "made", (arm,))


def test_two_processes_do_not_make_one_arm(plan):
    with pair._alone(plan), pytest.raises(FolderInUse) as refused:
        make_arm(plan)
    assert refused.value.folder == plan.folder
    make_arm(plan)
    assert (plan.folder / "record.json").is_file()


def test_two_commands_do_not_train_into_one_folder(tmp_path):
    with pair.alone_in(tmp_path), pytest.raises(FolderInUse) as refused, pair.alone_in(tmp_path):
        pytest.fail("two at once")
    assert refused.value.folder == tmp_path
    with pair.alone_in(tmp_path):
        pass


def test_why_an_arm_was_not_made_is_one_line(plan, capsys):
    with pair._alone(plan), pytest.raises(SystemExit):
        pair._make_or_say_why(plan)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("zero-t16: another process is training into")


def test_a_learned_state_is_stored_with_the_weights_it_started_from(plan):
    make_arm(plan)
    learned = replace(
        plan,
        name="learned",
        training_initialization="learned",
        start=str(plan.folder),
        training=replace(SHORT, initialization="learned"),
    )
    make_arm(learned)
    before, after = load_checkpoint(plan.folder, "cpu"), load_checkpoint(learned.folder, "cpu")
    assert before.learned_start is None
    assert after.learned_start is not None
    assert after.learned_start.norms().min() > 0
    weights = after.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in before.state_dict().items())
    stages = describe_checkpoint(str(learned.folder)).record.stages
    assert [stage.initialization for stage in stages] == ["zero", "learned"]


# --- damaged files ---------------------------------------------------------------------------


def shorten(path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def replace_tokens(path) -> None:
    tokens = np.load(path)
    np.save(path, tokens[::-1].copy())


def replace_offsets(path) -> None:
    np.save(path, np.arange(5))


@pytest.mark.parametrize(
    ("name", "damage", "problem"),
    [
        ("data.json", shorten, "malformed"),
        ("tokens.npy", shorten, "malformed"),
        ("tokens.npy", lambda path: path.unlink(), "missing"),
        ("tokens.npy", lambda path: path.write_bytes(b""), "malformed"),
        ("tokens.npy", lambda path: path.write_bytes(b"PK\x03\x04 no archive"), "malformed"),
        ("tokens.npy", replace_tokens, "foreign"),
        ("offsets.npy", shorten, "malformed"),
        ("offsets.npy", replace_offsets, "foreign"),
    ],
)
def test_a_text_that_is_not_what_it_was_is_named(plan, tmp_path, name, damage, problem):
    path = tmp_path / "corpus" / name
    damage(path)
    with pytest.raises(DamagedFile) as refused:
        make_arm(plan)
    assert (refused.value.path, refused.value.folder) == (path, path.parent)
    assert refused.value.problem == problem


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("snapshot.safetensors", shorten),
        ("snapshot.safetensors", lambda path: path.write_bytes(b"")),
        ("snapshot.safetensors", lambda path: save_file({"a": torch.zeros(1)}, path)),
        ("losses.jsonl", lambda path: path.write_text('{"loss": 1}\n')),
        ("losses.jsonl", lambda path: path.write_text("no JSON\n")),
        ("losses.jsonl", lambda path: path.write_bytes(b"\xff\n")),
    ],
)
def test_what_an_interrupted_training_left_is_named_where_it_is_damaged(
    plan, monkeypatch, name, damage
):
    plan = replace(plan, training=replace(SHORT, steps=100))
    interrupted(plan, monkeypatch)
    damage(plan.folder / name)
    with pytest.raises(DamagedFile) as refused:
        make_arm(plan)
    assert (refused.value.path, refused.value.folder) == (plan.folder / name, plan.folder)


def forget_training(path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | {"stages": []}), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "damage", "problem"),
    [
        ("record.json", shorten, "malformed"),
        ("record.json", forget_training, "foreign"),
        ("config.json", lambda path: path.unlink(), "missing"),
        ("model.safetensors", lambda path: path.unlink(), "missing"),
    ],
)
def test_a_checkpoint_that_was_made_and_is_damaged_is_named(plan, name, damage, problem):
    make_arm(plan)
    damage(plan.folder / name)
    with pytest.raises(DamagedFile) as refused:
        make_arm(plan)
    assert (refused.value.path, refused.value.problem) == (plan.folder / name, problem)


# --- the command -----------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path, monkeypatch):
    """`train` over generated text, with the training itself left out; what it was asked for."""
    asked: list[tuple[TrainingConfig, Corpus]] = []

    def no_training(training, model, corpus, output, arms):
        asked.append((training, Corpus.load(corpus)))
        return []

    monkeypatch.setattr("longssm_core.pair.make_pair", no_training)

    def run(*options: str) -> tuple[TrainingConfig, Corpus] | None:
        asked.clear()
        code = main(["train", "--output", str(tmp_path / "made"), *options])
        assert code == (0 if asked else 1)
        return asked[0] if asked else None

    return run


SMALL = ("--megabytes", "0.05", "--sources", "generator")


def test_the_text_is_as_long_as_it_is_read_unless_said_otherwise(command):
    training, corpus = command(*SMALL)
    assert training.steps == round(50_000 / 8192)
    assert corpus.record.bytes == pytest.approx(50_000, rel=0.5)


def test_a_small_amount_can_be_read_from_a_large_text(command):
    training, corpus = command(*SMALL, "--corpus-megabytes", "0.4")
    assert training.steps == round(50_000 / 8192)
    assert corpus.record.bytes == pytest.approx(400_000, rel=0.1)


def test_a_repeated_command_takes_the_text_that_it_made(command):
    (_, first), (_, second) = command(*SMALL), command(*SMALL)
    assert first.record == second.record
    assert np.array_equal(first.tokens, second.tokens)


@pytest.mark.parametrize(
    "change", [("--megabytes", "0.08"), ("--seed", "1"), ("--sources", "all"), ()]
)
def test_a_text_that_was_made_for_another_command_is_refused(command, capsys, tmp_path, change):
    command(*SMALL)
    if not change:  # made before requests were stored
        (tmp_path / "made" / "corpus" / "request.json").unlink()
    assert command(*SMALL, *change) is None
    said = capsys.readouterr().err
    made = "--corpus-megabytes 0.05 --seed 0 --sources generator" if change else "unknown options"
    assert f"holds a text made with {made}, asked for is --corpus-megabytes" in said
    assert "choose another --output, delete the folder, or name it with --corpus" in said


def test_a_folder_that_another_command_trains_into_is_left_alone(command, tmp_path, capsys):
    with pair.alone_in(tmp_path / "made"):
        assert command(*SMALL, "--arms", "previous") is None
    assert "another process is training into" in capsys.readouterr().err
    assert not (tmp_path / "made" / "corpus").exists()


@pytest.mark.parametrize("text", ["{", "[]", "[" * 9_999])
def test_a_request_that_cannot_be_read_is_named(command, tmp_path, capsys, text):
    command(*SMALL)
    request = tmp_path / "made" / "corpus" / "request.json"
    request.write_text(text, encoding="utf-8")
    assert command(*SMALL) is None
    assert f"{request} is damaged" in capsys.readouterr().err


def test_a_text_that_is_named_is_read_as_it_is(command, tmp_path):
    command(*SMALL, "--corpus-megabytes", "0.1")
    named = ("--corpus", str(tmp_path / "made" / "corpus"))
    training, corpus = command("--megabytes", "0.05", "--seed", "3", *named)
    assert training.seed == 3
    assert corpus.record.bytes > 80_000
    assert command("--megabytes", "0.05", "--corpus-megabytes", "0.1", *named)
    assert command("--megabytes", "0.05", "--corpus-megabytes", "0.2", *named) is None
    assert command("--megabytes", "0.05", "--sources", "all", *named) is None


def test_a_training_length_that_cannot_be_trained_costs_no_text(command, capsys, tmp_path):
    assert command(*SMALL, "--training-length", "100") is None
    assert "not a whole number of windows of 100" in capsys.readouterr().err
    long = ("--training-length", "8192")
    assert command(*SMALL, *long, "--arms", "zero", "state_passing") is None
    assert "state_passing needs 2 windows side by side" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
    training, _ = command(*SMALL, *long)  # the shipped arms can
    assert training.streams == 1


def test_the_command_offers_every_arm_that_can_be_made():
    assert commands.ARMS == pair.ARMS
    assert {*INITIALIZATIONS} <= {*commands.ARMS}


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf", "many"])
def test_an_amount_of_text_is_a_positive_number(command, amount):
    with pytest.raises(SystemExit):
        command("--megabytes", amount)
