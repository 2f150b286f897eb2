"""The commands as a user types them, on generated documents and a tiny pair of real checkpoints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from longssm_core.corpus.generator import generate
from tests.evaluations.tiny_pair import save_tiny_pair

pytestmark = pytest.mark.slow


class Machine:
    """A data folder, documents and a pair of checkpoints, and the commands on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.zero, self.proposed = save_tiny_pair(folder / "checkpoints")
        self.files = [self._document(number) for number in range(2)]
        self.empty = folder / "empty.log"
        self.empty.write_bytes(b"")

    def _document(self, number: int) -> str:
        made = generate(9_900_000_000 + number, 4_000)
        path = self.folder / f"{number}-{made.name}"
        path.write_text(made.text, encoding="utf-8")
        return str(path)

    def command(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "LONGSSM_DATA_DIR": str(self.folder / "data"),
            "LONGSSM_LANGUAGE": "en",
            "LONGSSM_DATABASE_URL": "",
            "LONGSSM_WORKER_PROCESSES": "1",
            "PYTHONIOENCODING": "utf-8",
            **variables,
        }
        return subprocess.run(
            [sys.executable, "-m", "evaluations", *arguments],
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=600,
        )

    def run(self, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        pair = ("--zero", self.zero, "--proposed", self.proposed)
        lengths = ("--lengths", "16,32,64,256,1024", "--depth", "quick")
        return self.command("run", *self.files, *pair, *lengths, *more, **variables)


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Machine:
    return Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="module")
def finished(machine) -> dict[str, Any]:
    """The object of a run that was waited for, with a refused file among its files."""
    done = machine.run(str(machine.empty), "--json", "--report", str(machine.folder / "report"))
    assert done.returncode == 0, done.stderr
    assert "empty.log" in done.stderr
    return json.loads(done.stdout)


def test_run_prints_one_object_with_the_names_of_the_contract(finished):
    names = {"run", "documents", "arms", "curve", "comparison", "validity", "verdict", "effects"}
    assert names | {"speed"} <= finished.keys()
    assert len(finished["documents"]) == 2
    assert {"name", "checkpoint", "training_initialization", "policy", "window"} <= finished[
        "arms"
    ][0].keys()
    assert {"kind", "arm", "context_length", "bits_per_byte", "perplexity", "ci_low", "ci_high",
            "documents", "target_bytes", "target_hash"} <= finished["curve"][0].keys()  # fmt: skip
    assert {"preset", "primary_length", "delta_bits_per_byte", "ci_low", "ci_high", "p_value",
            "method", "documents"} <= finished["comparison"].keys()  # fmt: skip
    assert {"outcome", "reason", "documents_needed"} <= finished["verdict"].keys()
    assert {"arm", "tokens_per_second", "peak_memory_bytes"} <= finished["speed"][0].keys()


def test_every_arm_is_scored_on_the_same_targets_at_five_lengths_and_more(finished):
    matched = [point for point in finished["curve"] if point["kind"] == "matched"]
    by_length: dict[int, set[str]] = {}
    for point in matched:
        by_length.setdefault(point["context_length"], set()).add(point["target_hash"])
    assert len(by_length) >= 5
    assert sum(length > 16 for length in by_length) >= 2
    assert all(len(hashes) == 1 for hashes in by_length.values())
    assert {point["arm"] for point in matched} == {arm["name"] for arm in finished["arms"]}


def test_effects_add_up_and_a_quick_run_never_says_go(finished):
    effects = finished["effects"]
    parts = effects["training"] + effects["reading"] + effects["interaction"]
    assert parts == pytest.approx(effects["total"], abs=1e-9)
    assert finished["verdict"]["outcome"] != "go"


def test_the_checks_that_need_another_process_were_made_and_passed(finished):
    checks = {check["check"]: check for check in finished["validity"]}
    assert checks["self_comparison"]["passed"]
    assert checks["self_comparison"]["value"] == 0
    assert checks["chunk_invariance"]["passed"]
    assert checks["chunk_invariance"]["value"] <= 1e-4


def test_the_reports_that_were_asked_for_are_there(machine, finished):
    endings = {path.suffix for path in (machine.folder / "report").iterdir()}
    assert endings == {".pdf", ".md", ".json"}


def test_repeating_the_command_shows_the_same_run_without_computing_again(machine, finished):
    again = machine.run("--json")
    assert json.loads(again.stdout) == finished


def test_show_prints_the_same_object_and_list_has_its_line(machine, finished):
    shown = machine.command("show", finished["run"], "--json")
    assert json.loads(shown.stdout) == finished
    listed = machine.command("list").stdout
    assert finished["run"] in listed
    assert "done" in listed


def test_show_in_words_speaks_both_languages(machine, finished):
    english = machine.command("show", finished["run"]).stdout
    japanese = machine.command("show", finished["run"], LONGSSM_LANGUAGE="ja").stdout
    assert english != japanese
    assert "判定" in japanese


def test_a_run_that_is_only_queued_is_worked_off_by_a_worker_command(machine):
    queued = machine.run("--preset", "matched", "--no-wait")
    run = queued.stdout.strip()
    assert queued.returncode == 0
    before = json.loads(machine.command("show", run, "--json").stdout)
    assert before["status"] == "queued"

    assert machine.command("worker", "--until-idle").returncode == 0
    after = json.loads(machine.command("show", run, "--json").stdout)
    assert after["status"] == "done"
    assert after["plan_hash"] == before["plan_hash"]


def test_an_amendment_afterwards_is_appended_and_does_not_decide(machine, finished):
    rule = machine.folder / "rule.json"
    rule.write_text('{"margin": 0.5}', encoding="utf-8")
    done = machine.command("amend", finished["run"], "--rule", str(rule), "--reason", "too strict")
    assert done.returncode == 0
    assert "Results could be seen already" in done.stdout
    shown = json.loads(machine.command("show", finished["run"], "--json").stdout)
    assert shown["verdict"] == finished["verdict"]
    assert shown["amendments"][0]["rule"]["margin"] == 0.5

    rule.write_text('{"preset": "matched"}', encoding="utf-8")
    refused = machine.command("amend", finished["run"], "--rule", str(rule), "--reason", "x")
    assert refused.returncode == 1
    assert refused.stderr.startswith("rule.json may hold fields of the decision rule only")


def test_a_report_is_written_in_the_formats_that_are_asked_for(machine, finished):
    output = machine.folder / "again"
    done = machine.command(
        "report", finished["run"], "--formats", "md,json", "--output", str(output)
    )
    assert done.returncode == 0
    assert [Path(line).is_file() for line in done.stdout.splitlines()] == [True, True]


def test_when_every_file_is_refused_the_exit_code_says_so_and_each_has_its_line(machine):
    missing = str(machine.folder / "missing.log")
    done = machine.command("run", str(machine.empty), missing)
    assert done.returncode == 2
    assert done.stdout == ""
    assert [name in done.stderr for name in ("empty.log", "missing.log")] == [True, True]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--zero", "no-such-checkpoint", "--proposed", "neither"), "neither"),
        (("--lengths", "0"), "0"),
        (("--lengths", "long"), "long"),
        (("--split", "sometimes"), "sometimes"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_and_fails(machine, more, said):
    done = machine.command("run", machine.files[0], *more)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_plan_file_that_contradicts_the_command_is_refused(machine):
    plan = machine.folder / "plan.json"
    plan.write_text(json.dumps({"preset": "matched", "rule": {"margin": 0.5}}))
    refused = machine.run("--plan", str(plan), "--preset", "paper")
    assert refused.returncode == 1
    assert "preset" in refused.stderr
    agreed = machine.run("--plan", str(plan), "--no-wait")
    shown = json.loads(machine.command("show", agreed.stdout.strip(), "--json").stdout)
    assert shown["rule"]["margin"] == 0.5
    assert shown["preset"] == "matched"


def test_one_long_file_can_be_many_documents(machine):
    queued = machine.run("--split", "3", "--no-wait")
    shown = json.loads(machine.command("show", queued.stdout.strip(), "--json").stdout)
    assert len(shown["documents"]) == 6


# --- score -----------------------------------------------------------------------------------


def test_score_writes_the_loss_of_every_token_and_what_it_was_made_with(machine):
    output = machine.folder / "losses.npz"
    done = machine.command(
        "score", machine.files[0], "--checkpoint", machine.proposed, "--output", str(output)
    )
    assert done.returncode == 0, done.stderr
    text = Path(machine.files[0]).read_text(encoding="utf-8").rstrip("\n")
    with np.load(output) as found:
        assert found["nll"].shape == (len(text.encode()),)
        assert np.isfinite(found["nll"]).all()
        assert found["token_bytes"].sum() == len(text.encode())
        meta = json.loads(str(found["meta"]))
    assert meta["policy"] == "carry"
    assert meta["training_initialization"] == "previous"


def test_score_gives_the_same_losses_for_every_chunk_and_others_for_every_reset(machine):
    losses = {}
    for name, options in {
        "whole": ("--chunk", "8192"),
        "chunked": ("--chunk", "64"),
        "reset": ("--policy", "reset:64"),
    }.items():
        output = machine.folder / f"{name}.npz"
        machine.command(
            "score",
            machine.files[0],
            "--checkpoint",
            machine.zero,
            "--output",
            str(output),
            *options,
        )
        with np.load(output) as found:
            losses[name] = found["nll"]
    assert np.abs(losses["whole"] - losses["chunked"]).max() <= 1e-4
    assert np.abs(losses["whole"] - losses["reset"]).max() > 1e-3


def test_a_policy_that_is_not_offered_is_refused_with_those_that_are(machine):
    done = machine.command(
        "score", machine.files[0], "--checkpoint", machine.zero, "--policy", "sliding:64"
    )
    assert done.returncode == 1
    assert "sliding" in done.stderr
    assert "carry" in done.stderr


# --- doctor ----------------------------------------------------------------------------------


def test_doctor_says_one_line_a_check_and_fails_on_a_database_that_cannot_be_written(tmp_path):
    machine = Machine(tmp_path)  # without tasks that nobody works on
    fine = machine.command("doctor", "--quick")
    assert fine.returncode == 0, fine.stdout
    assert [line[0] for line in fine.stdout.splitlines()] == ["○"] * 13

    broken = machine.command("doctor", "--quick", "--database", "sqlite:////proc/no/such/place.db")
    assert broken.returncode == 1
    assert [line for line in broken.stdout.splitlines() if line.startswith("×")]
