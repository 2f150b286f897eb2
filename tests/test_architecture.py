"""The shape of the project: imports point downwards, style and types hold, documents are true."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("longssm_core", "evaluations", "app")  # each may import itself and those before it
# modules of evaluations that run in a worker or a command, never in the page's process
MAY_LOAD_MODELS = {"core_scorer.py", "core_diagnostics.py"}


def sources(room: str) -> list[Path]:
    found = sorted((ROOT / room).rglob("*.py"))
    assert found
    return found


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_downwards(room):
    forbidden = {*ROOMS[ROOMS.index(room) + 1 :], "tests"}
    for path in sources(room):
        for name in imported(path):
            assert name.split(".")[0] not in forbidden, f"{path} imports {name}"


def test_only_the_app_imports_streamlit():
    for room in ("longssm_core", "evaluations"):
        for path in sources(room):
            assert "streamlit" not in {name.split(".")[0] for name in imported(path)}, path


def test_the_core_knows_no_database_and_no_evaluation():
    for path in sources("longssm_core"):
        assert not {"sqlalchemy", "alembic"} & {name.split(".")[0] for name in imported(path)}, path


def test_the_app_computes_and_stores_nothing_itself():
    for path in sources("app"):
        names = {name.split(".")[0] for name in imported(path)}
        assert not {"torch", "sqlalchemy", "longssm_core"} & names, path


def test_torch_is_imported_only_where_models_may_be_loaded():
    for path in sources("evaluations"):
        if "torch" in {name.split(".")[0] for name in imported(path)}:
            assert path.name in MAY_LOAD_MODELS, path


def test_planning_and_storing_do_not_load_torch():
    """What the pages import stays light: the first page must not wait seconds for torch."""
    modules = "evaluations.plan, evaluations.store, evaluations.charts, evaluations.reports"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_web_server_starts_without_what_only_some_pages_need():
    """It has to tell the truth within seconds after it was killed; these cost a second of them."""
    late = {"torch", "scipy.stats", "altair", "pandas", "evaluations.reports"}
    code = f"import sys, routes; sys.exit(', '.join({late} & sys.modules.keys()) or 0)"
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, cwd=ROOT / "app", capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, ""), found.stderr


def test_no_pickle_and_no_code_from_a_checkpoint():
    for path in sources("longssm_core") + sources("evaluations"):
        assert not {"pickle", "joblib", "dill"} & set(imported(path)), path
        text = path.read_text(encoding="utf-8")
        assert "torch.load(" not in text, path
        assert "trust_remote_code" not in text, path


@pytest.mark.parametrize("room", ROOMS)
def test_what_another_module_uses_has_a_public_name(room):
    for path in sources(room):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module != "__future__":
                private = [one.name for one in node.names if re.match(r"_[a-z]", one.name)]
                assert not private, f"{path} imports {private} from {node.module}"


def test_every_module_says_what_it_is_for():
    for room in ROOMS:
        for path in sources(room):
            text = path.read_text(encoding="utf-8")
            assert not text.strip() or ast.get_docstring(ast.parse(text)), path


@pytest.mark.slow
def test_ruff_finds_nothing():
    subprocess.run([sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, check=True)


@pytest.mark.slow
def test_types_are_strict_in_core_and_evaluations():
    subprocess.run([sys.executable, "-m", "mypy"], cwd=ROOT, check=True)


def test_every_requirement_beyond_the_chosen_ones_has_its_reason():
    for name in (
        "requirements",
        "requirements-dev",
        "requirements-harness",
        "requirements-ray",
        "requirements-s3",
    ):
        text = (ROOT / f"{name}.txt").read_text(encoding="utf-8")
        joined = text.partition("# Joined since")[2] or text
        for line in joined.splitlines()[1:]:
            if line.strip() and not line.startswith(("#", "-")):
                assert re.search(r"\s#\s\S", line), f"{name}: {line}"


def test_the_licence_is_named_and_present():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_the_readme_names_both_commands_and_its_pictures_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "pip install -r requirements.txt && streamlit run app/main.py" in text
    assert "pip install -r requirements-dev.txt && python -m pytest" in text
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
