"""The package for the serving side: only after a Go, whole, and its example does what it says."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile

import pytest

from evaluations.__main__ import main
from evaluations.errors import RefusedHandover
from evaluations.handover import EXAMPLE, package
from evaluations.plan import plan_hash
from evaluations.records import Plan
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import NASTY, VARIANTS


def opened(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", ["go", "conditional"])
def test_a_package_has_all_that_is_needed_and_its_sums(name, language):
    found = VARIANTS[name]()
    data = package(found, language)
    assert package(found, language) == data
    files = opened(data)
    for line in files["SHA256SUMS"].splitlines():
        sha256, file = line.split("  ")
        assert hashlib.sha256(files[file].encode()).hexdigest() == sha256
    settings = json.loads(files["settings.json"])
    b = next(arm for arm in found.plan.arms if arm.name == found.comparison.arm_b)
    assert settings["checkpoint"]["fingerprint"] == b.fingerprint
    assert (settings["between_pieces"], settings["between_documents"]) == ("previous", "zero")
    assert plan_hash(Plan.model_validate_json(files["plan.json"])) == plan_hash(found.plan)
    assert json.loads(files["reproduction.json"])["plan_hash"] == found.plan_hash
    assert b.fingerprint in files["serving_example.py"]
    assert json.loads(files["reproduction.json"])["plan_file_is_as_locked"] is False  # made up
    assert files["README.md"].count("- [ ]") == (8 if name == "conditional" else 7)


@pytest.mark.parametrize("name", ["no_go", "close", "quick", "withheld"])
def test_without_a_go_there_is_nothing_to_hand_over(name):
    with pytest.raises(RefusedHandover, match="only made after Go"):
        package(VARIANTS[name](), "en")


def test_the_words_of_users_are_code_in_the_guide():
    found = VARIANTS["go"]().model_copy(update={"name": f"`{NASTY[0]}` ![x](http://a)"})
    guide = opened(package(found, "en"))["README.md"]
    assert "![x]" not in guide.replace(guide[guide.index("`") : guide.rindex("`")], "")
    assert "``" not in guide.split("```python")[0]


ABSOLUTE = re.compile(r"""(?:^|[\s"'`(=])(?:[A-Za-z]:)?(?:[\\/]{1,2}[\w.-]+){2,}""")


@pytest.mark.parametrize("folder", [None, r"C:\models\plant-3"])
def test_no_folder_of_the_machine_leaves_the_house(folder, tmp_path):
    place = f"{folder or tmp_path}{chr(92) if folder else '/'}"
    assert ABSOLUTE.search(json.dumps(f"{place}previous-t16"))
    found = VARIANTS["go"]()
    arms = tuple(
        one.model_copy(update={"checkpoint": f"{place}{one.checkpoint}"}) for one in found.plan.arms
    )
    plan = found.plan.model_copy(update={"arms": arms})
    moved = found.model_copy(update={"plan": plan, "plan_hash": plan_hash(plan)})
    for language in ("ja", "en"):
        files = opened(package(moved, language))
        for name, text in files.items():
            assert not ABSOLUTE.search(text), (name, ABSOLUTE.search(text))
            assert "plant" not in text
            assert tmp_path.name not in text
        for name in ("plan.json", "result.json"):
            values = json.loads(files[name])
            told = values["arms"] if name == "plan.json" else values["plan"]["arms"]
            assert [(one["checkpoint"], one["fingerprint"]) for one in told] == [
                (one.checkpoint, one.fingerprint) for one in found.plan.arms
            ]
        record = json.loads(files["reproduction.json"])
        assert (record["plan_hash"], record["plan_file_is_as_locked"]) == (plan_hash(plan), False)
        assert record["checkpoints"][arms[0].fingerprint] == found.plan.arms[0].checkpoint
    assert moved.plan.arms == arms  # what is stored stays as it is


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    ("side", "policy", "training"),
    [
        ("previous+carry", "carry", "previous"),
        ("previous+reset:16", "reset:16", "previous"),
        ("zero+carry", "carry", "zero"),
    ],
)
def test_the_guide_says_what_the_adopted_arm_is_and_how_it_reads(language, side, policy, training):
    found = VARIANTS["go"]()
    result = found.comparison.model_copy(update={"arm_b": side})
    files = opened(package(found.model_copy(update={"comparison": result}), language))
    guide = files["README.md"]
    window = None if policy == "carry" else 16
    assert f"`{policy}`" in guide
    other = "carry" if window else "reset:16"
    assert f"`{other}`" not in guide
    assert f"`{training}`" in guide
    assert say(f"handover.trained.{training}", language) in guide
    (change,) = [line for line in guide.splitlines() if line.startswith("2. ")]
    every = {"ja": "16 バイトごとに", "en": "every 16 bytes"}[language]
    assert (every in change) == (window is not None)
    assert f"WINDOW = {window!r}" in files["serving_example.py"]
    between = json.loads(files["settings.json"])["between_pieces"]
    assert between == ("zero every 16 tokens" if window else "previous")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_with_one_checkpoint_the_guide_calls_nothing_proposed_or_current(language):
    guide = opened(package(VARIANTS["one_checkpoint"](), language))["README.md"]
    assert not re.search("提案方式|従来方式|proposed method|conventional method", guide)
    usual = opened(package(VARIANTS["go"](), language))["README.md"]
    assert {"ja": "従来方式との差", "en": "from the conventional method"}[language] in usual


@pytest.mark.parametrize("window", [None, 8])
def test_the_example_reads_as_it_was_evaluated_whole_and_in_pieces(window):
    torch = pytest.importorskip("torch")
    from longssm_core import score
    from longssm_core.records import find_checkpoint

    name = "previous-t16"
    place: dict[str, object] = {}
    right = find_checkpoint(name).fingerprint
    exec(EXAMPLE.format(checkpoint=name, fingerprint=right, window=window), place)
    model = place["load"]()
    tokens = list(b"2026-11-29 pump 3 pressure 0.41 MPa")
    whole = place["DocumentReader"](model).read(tokens)
    reader = place["DocumentReader"](model)
    pieces = torch.cat([reader.read(tokens[i : i + 5]) for i in range(0, len(tokens), 5)], dim=1)
    assert torch.allclose(pieces, whole, atol=1e-4)

    logits = torch.cat([reader.first, whole[:, :-1]], dim=1).log_softmax(dim=-1)
    nll = -logits[0, range(len(tokens)), tokens]
    policy = "carry" if window is None else "reset"
    scored = score(model, torch.tensor([tokens]), policy=policy, window=window).nll[0]
    assert torch.allclose(nll, scored, atol=1e-4)
    exec(EXAMPLE.format(checkpoint=name, fingerprint="0" * 64, window=window), place)
    with pytest.raises(SystemExit, match="another checkpoint"):
        place["load"]()


def test_the_command_writes_it_or_says_why_not(store, settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LONGSSM_LANGUAGE", "en")
    put(settings, VARIANTS["go"](), "run-go")
    put(settings, VARIANTS["no_go"](), "run-no")
    at = ["--database", settings.url, "--output", str(tmp_path / "x.zip")]
    assert main(["handover", "run-go", *at]) == 0
    assert "README.md" in opened((tmp_path / "x.zip").read_bytes())
    assert main(["handover", "run-no", *at]) == 1
    assert "only made after Go" in capsys.readouterr().err
