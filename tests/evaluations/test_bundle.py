"""A bundle as it is made and started, with a real pip: a tiny program in place of the product."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evaluations.bundle import ROOT, make_bundle
from evaluations.errors import EvaluationError, UnusablePlace
from tests.evaluations.small_wheels import wheel

# stands for Streamlit: says what it was asked to run, and in which environment
STREAMLIT = "import sys\nprint('started', sys.argv[1:], sys.prefix)\n"
# builds the program's editable wheel without any other package
BACKEND = """
from small_wheels import wheel
def get_requires_for_build_editable(config_settings=None):
    return []
def build_editable(folder, config_settings=None, metadata_directory=None):
    return wheel(folder, "tiny_program", {}).name
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """The sources of a tiny program that needs `streamlit`, of which there is a wheel nearby."""
    root, wheels = tmp_path / "checkout", tmp_path / "index"
    wheels.mkdir()
    for name in ("app", "evaluations", "longssm_core", "docs", ".streamlit"):
        (root / name).mkdir(parents=True)
    (root / "app" / "main.py").write_text("app = None\n")
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        (root / name).write_text("-")
    (root / "requirements.txt").write_text("-e .\nstreamlit  # the pages\n")
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["evaluations"]\n'
    )
    (root / "evaluations" / "backend.py").write_text(BACKEND)
    shutil.copy(Path(__file__).with_name("small_wheels.py"), root / "evaluations")
    shutil.copytree(ROOT / "deploy" / "offline", root / "deploy" / "offline")
    wheel(wheels, "streamlit", {"streamlit/__main__.py": STREAMLIT})
    wheel(wheels, "setuptools", {})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return root


def start(bundle: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONUTF8": "1"}
    command = ["sh", str(bundle / "start.sh"), *options]
    return subprocess.run(
        command, check=False, capture_output=True, encoding="utf-8", env=environment
    )


@pytest.mark.slow
def test_a_bundle_installs_itself_once_and_starts(checkout, tmp_path, monkeypatch):
    bundle = tmp_path / "bundle"
    assert make_bundle(bundle, checkout) > 0
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))  # it has all that it needs
    shutil.rmtree(tmp_path / "index")

    first = start(bundle, "--server.port", "8600")
    assert first.returncode == 0, first.stderr
    assert "['run', 'app/main.py', '--server.port', '8600']" in first.stdout
    assert str(bundle / ".venv") in first.stdout

    shutil.rmtree(bundle / "wheels")  # nothing is installed again
    again = start(bundle)
    assert again.returncode == 0, again.stderr
    assert "['run', 'app/main.py']" in again.stdout


def test_a_damaged_or_misplaced_bundle_says_so_before_anything_is_installed(checkout, tmp_path):
    bundle = tmp_path / "bundle"
    make_bundle(bundle, checkout)

    (bundle / "app" / "main.py").write_text("app = 1\n")
    damaged = start(bundle)
    assert damaged.returncode == 1
    assert "app/main.py" in damaged.stderr

    manifest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    for name, value in (("python", "3.99"), ("platform", "win-amd64")):
        text = json.dumps({**manifest, name: value})
        (bundle / "bundle.json").write_text(text, encoding="utf-8")
        refused = start(bundle)
        assert refused.returncode == 1
        assert value in refused.stderr
    assert not (bundle / ".venv").exists()


def test_a_folder_with_something_in_it_is_left_alone(checkout, tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UnusablePlace):
        make_bundle(tmp_path, checkout)
    assert (tmp_path / "mine").read_text() == "mine"


def test_what_cannot_be_packed_is_said(checkout, tmp_path):
    with pytest.raises(EvaluationError) as refused:
        make_bundle(tmp_path / "bundle", tmp_path)
    assert refused.value.key == "bundle.no_checkout"

    (checkout / "requirements.txt").write_text("-e .\nnowhere-to-be-found  # -\n")
    with pytest.raises(EvaluationError) as missing:
        make_bundle(tmp_path / "other", checkout)
    assert "nowhere-to-be-found" in missing.value.words("en")


def test_the_windows_starter_is_a_batch_file_in_plain_characters():
    text = (ROOT / "deploy" / "offline" / "start.bat").read_bytes()
    assert text.isascii()
    assert text.count(b"\r\n") == text.count(b"\n")
    assert b"start.py %*" in text
