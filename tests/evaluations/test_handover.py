"""The package for the serving side: only after a Go, whole, and its example does what it says."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest

from evaluations.__main__ import main
from evaluations.errors import RefusedHandover
from evaluations.handover import EXAMPLE, package
from evaluations.plan import plan_hash
from evaluations.records import Plan
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


def test_the_example_reads_in_pieces_what_the_model_reads_at_once():
    torch = pytest.importorskip("torch")
    from longssm_core.records import find_checkpoint

    name = "previous-t16"
    place: dict[str, object] = {}
    right = find_checkpoint(name).fingerprint
    exec(EXAMPLE.format(checkpoint=name, fingerprint=right), place)
    model = place["load"]()
    tokens = list(b"2026-11-29 pump 3 pressure 0.41 MPa")
    whole = place["DocumentReader"](model).read(tokens)
    reader = place["DocumentReader"](model)
    pieces = torch.cat([reader.read(tokens[i : i + 5]) for i in range(0, len(tokens), 5)], dim=1)
    assert torch.allclose(pieces, whole, atol=1e-4)
    exec(EXAMPLE.format(checkpoint=name, fingerprint="0" * 64), place)
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
