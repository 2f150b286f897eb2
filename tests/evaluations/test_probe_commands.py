"""robustness, drift and diagnose as a user types them: the shipped pair, a real worker's code.

The worker runs in this process: starting others is tested elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from evaluations.__main__ import COMMANDS, main
from evaluations.core_scorer import CoreScorer
from evaluations.documents import ingest_bytes
from evaluations.plan import make_plan
from evaluations.settings import Settings, load_settings
from evaluations.store import open_store
from longssm_core.corpus.generator import generate
from tests.evaluations.queued import work_off

pytestmark = pytest.mark.slow


class Machine(NamedTuple):
    settings: Settings
    scorer: CoreScorer
    run: str
    folder: Path


def log(seed: int, size: int = 1_800, **options: Any) -> str:
    return generate(9_200_000_000 + seed, size, **options).text


@pytest.fixture(scope="module")
def machine(tmp_path_factory) -> Iterator[Machine]:
    """A finished evaluation of two small documents."""
    folder = tmp_path_factory.mktemp("probes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGSSM_DATA_DIR", str(folder / "data"))
        patch.setenv("LONGSSM_DATABASE_URL", "")
        patch.setenv("LONGSSM_LANGUAGE", "en")
        patch.setenv("LONGSSM_DEVICE", "cpu")
        settings, scorer = load_settings(), CoreScorer("cpu")
        store = open_store(settings)
        documents = [
            document
            for seed in range(2)
            for document in store.add_documents(
                ingest_bytes(f"{seed}.log", log(seed, kind="auth_log", language="en").encode())
            )
        ]
        planned = make_plan("matched", "quick", documents, lengths=(16, 64))
        run = store.create_run("a run", planned.plan, planned.run_documents)
        store.close()
        work_off(settings, scorer)
        yield Machine(settings, scorer, run, folder)


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_perturbed_evaluation_is_queued_computed_and_printed_beside_its_parent(machine, capsys):
    kinds = ("--kinds", "dropped_lines:0.2")
    code, out, _ = call(capsys, "robustness", machine.run, *kinds, "--no-wait")
    (rerun,) = out.split()
    assert code == 0
    work_off(machine.settings, machine.scorer)

    code, out, err = call(capsys, "robustness", machine.run, *kinds, "--json")
    assert code == 0, err
    (row,) = json.loads(out)["rows"]
    assert (row["run"], row["status"], row["documents"]) == (rerun, "done", 2)
    assert row["perturbation"] == {
        "kind": "dropped_lines", "strength": 0.2, "seed": 0, "donors": []
    }  # fmt: skip
    assert row["note"] == "few"  # two documents carry no interval
    assert row["before"]["value"] != row["after"]["value"]

    store = open_store(machine.settings)
    found = store.snapshot(rerun)
    store.close()
    assert {point.arm for point in found.curve} == {"zero+carry", "previous+carry"}
    checks = {check.check: check.passed for check in found.validity}
    assert checks["self_comparison"]
    assert found.verdict.outcome == "undecided"

    code, out, _ = call(capsys, "robustness", machine.run, *kinds)
    assert "dropped lines | 20% of the lines | 64 | 2 | " in out
    assert "too few documents" in out
    listed = call(capsys, "list")[1].splitlines()
    assert [line.split()[0] for line in listed] == [machine.run, rerun]
    assert listed[1].startswith("  ")


def test_documents_of_another_site_are_mixed_in_where_they_are_given(machine, capsys):
    foreign = machine.folder / "foreign.log"
    foreign.write_text(log(7, kind="inventory", language="ja"), encoding="utf-8")
    words = ("robustness", machine.run, "--kinds", "foreign_site", "--foreign", str(foreign))
    code, out, err = call(capsys, *words, "--no-wait")
    assert code == 0, err
    store = open_store(machine.settings)
    (rerun,) = out.split()
    assert len(store.plan(rerun).perturbation.donors) == 1
    derived = [part.document.id for part in store.run_documents(rerun)]
    assert any("入庫" in store.document_text(document) for document in derived)
    store.cancel_run(rerun)
    store.close()
    assert call(capsys, *words[:4], "--foreign", str(machine.folder / "missing"))[0] == 2


def test_more_text_of_another_site_than_is_held_is_refused_before_it_is_stored(
    machine, capsys, monkeypatch
):
    foreign = machine.folder / "large.log"
    foreign.write_text("another site's line\n" * 50_000)
    monkeypatch.setattr("evaluations.robustness.MOST_BYTES", 900_000)  # more than is evaluated
    words = ("robustness", machine.run, "--kinds", "foreign_site", "--foreign", str(foreign))
    code, out, err = call(capsys, *words, "--no-wait")
    assert (code, out) == (1, "")
    assert "large.log" in err
    assert len(err.splitlines()) == 1
    store = open_store(machine.settings)
    assert "large.log" not in {document.name for document in store.documents()}
    store.close()


@pytest.mark.parametrize("kinds", ["sideways", "ocr:2", "ocr:much", "clock_skew:-1", ","])
def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(machine, capsys, kinds):
    code, _, err = call(capsys, "robustness", machine.run, "--kinds", kinds)
    assert code == 1
    assert "truncated_history" in err
    assert len(err.splitlines()) == 1


def test_drift_compares_texts_and_losses_and_says_when_documents_are_too_few(machine, capsys):
    files = []
    for seed in (10, 11):
        files.append(machine.folder / f"new{seed}.log")
        files[-1].write_text(log(seed, kind="auth_log", language="en"), encoding="utf-8")
    code, out, err = call(capsys, "drift", machine.run, *map(str, files), "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["reference_documents"], found["new_documents"]) == (2, 2)
    features = {one["feature"]: one for one in found["features"]}
    assert {"length", "bytes_per_character", "character_classes", "loss"} == features.keys()
    assert 0 < features["loss"]["new"] < 8
    assert found["level"] in ("stable", "few")
    assert found["documents_needed"] > 0

    code, out, _ = call(capsys, "drift", machine.run, *map(str, files), "--no-loss")
    assert code == 0
    assert "bytes per character" in out
    assert "loss, bits per byte" not in out


def test_drift_of_nothing_new_or_of_refused_files_ends_with_its_exit_code(machine, capsys):
    same = machine.folder / "same.log"
    same.write_text(log(0, kind="auth_log", language="en"), encoding="utf-8")
    code, _, err = call(capsys, "drift", machine.run, str(same))
    assert code == 1
    assert "same.log" in err
    assert call(capsys, "drift", machine.run, str(machine.folder / "missing"))[0] == 2


def test_diagnose_looks_at_both_arms_on_one_document(machine, capsys, monkeypatch):
    monkeypatch.setattr("evaluations.core_diagnostics.NEWLINES", 2_048)
    monkeypatch.setattr("evaluations.core_diagnostics.TRIALS", 2)
    code, out, err = call(capsys, "diagnose", machine.run, "--document", "1.log", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert found["name"] == "1.log"
    assert [arm["arm"] for arm in found["arms"]] == ["zero+carry", "previous+carry"]
    for arm in found["arms"]:
        assert [one["kept"] for one in arm["remembrance"]] == [16, 64, 256, 1_024]
        assert all(0 <= one["distance"] <= 1 for one in arm["remembrance"])
        assert arm["norms"][-1]["position"] == found["bytes"]
        assert arm["newlines"]["tokens"] == 2_048
        assert arm["newlines"]["passed"]
        assert [one["distance"] for one in arm["recall"]] == [64, 256, 1_024]
    monkeypatch.setattr("evaluations.commands.diagnose.MOST_READ", 400)
    code, out, _ = call(capsys, "diagnose", machine.run, "--document", "1.log", "--json")
    short = json.loads(out)
    assert (short["bytes"], short["read"]) == (found["bytes"], 400)
    assert found["read"] == found["bytes"]
    assert short["arms"][0]["norms"][-1]["position"] == 400
    words = call(capsys, "diagnose", machine.run, "--document", "1.log")[1].splitlines()
    assert words[1] == "The document is long: this is about its first 400 bytes."
    code, _, err = call(capsys, "diagnose", machine.run, "--document", "none.log")
    assert code == 1
    assert "1.log" in err


@pytest.mark.parametrize("command", ["robustness", "drift", "diagnose"])
def test_the_overview_lists_the_commands_and_an_unknown_run_is_one_sentence(
    machine, capsys, command
):
    assert command in COMMANDS
    assert f"  {command}" in call(capsys, "--help")[1]
    more = (str(machine.folder),) if command == "drift" else ()
    code, _, err = call(capsys, command, "no-such-run", *more)
    assert code == 1
    assert "no-such-run" in err
