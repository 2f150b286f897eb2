"""What the files for operators name is there: paths, commands, options, settings and ports.

No container engine and no systemd run here, so linters read these files, and their commands are
given to the product's own parsers.
"""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import streamlit.config
from ruamel.yaml import YAML

from evaluations.__main__ import _chosen
from evaluations.settings import Settings

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "deploy" / "systemd").iterdir())
COMPOSE = YAML(typ="safe").load(ROOT / "compose.yaml")
OF_THE_PROXY = {"LONGSSM_HOST", "LONGSSM_PASSWORD_HASH"}  # and of nobody else


def check_command(words: list[str]) -> None:
    """The command is one of ours, with options that it has."""
    assert Path(words[0]).name == "python"
    assert words[1] == "-m"
    if words[2] == "evaluations":
        _chosen(words[3], words[4:], "en")  # refuses what it does not know
        return
    assert words[2:4] == ["streamlit", "run"]
    assert (ROOT / words[4]).is_file()
    for option in words[5:]:
        name, _, value = option.partition("=")
        assert name.removeprefix("--") in streamlit.config._config_options_template, option
        assert value


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(path, encoding="utf-8")
    return read


def dockerfile() -> list[tuple[str, str]]:
    """Instructions and what stands behind them, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]  # type: ignore[misc]


def test_the_dockerfile_has_no_finding():
    hadolint = Path(sys.executable).with_name("hadolint")
    found = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_linter_of_the_dockerfile_sees_a_fault(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python\nUSER root\n")
    hadolint = Path(sys.executable).with_name("hadolint")
    assert subprocess.run([hadolint, tmp_path / "Dockerfile"], capture_output=True).returncode == 1


def test_the_compose_file_follows_its_specification(tmp_path):
    def check(path: Path) -> int:
        command = [sys.executable, "-m", "check_jsonschema", str(path)]
        schema = ["--builtin-schema", "vendor.compose-spec"]
        return subprocess.run([*command, *schema], capture_output=True).returncode

    wrong = tmp_path / "compose.yaml"
    wrong.write_text("services:\n  app:\n    imagine: this\n")
    assert (check(ROOT / "compose.yaml"), check(wrong)) == (0, 1)


def test_what_the_dockerfile_copies_exists_and_is_let_through():
    let_through = (ROOT / ".dockerignore").read_text().splitlines()
    for name, rest in dockerfile():
        if name != "COPY" or rest.startswith("--from"):
            continue
        *sources, _ = rest.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in let_through, source


def test_the_image_runs_as_nobody_and_is_asked_whether_it_is_ready():
    instructions = dockerfile()
    assert [rest for name, rest in instructions if name == "USER"] == ["10001"]
    (check,) = [rest for name, rest in instructions if name == "HEALTHCHECK"]
    routes = (ROOT / "app" / "routes.py").read_text(encoding="utf-8")
    (path,) = re.findall(r"127\.0\.0\.1:8501(/[a-z/]+)", check)
    assert f'Route("{path}"' in routes


def test_the_commands_of_the_image_and_of_compose_are_ours():
    (command,) = [rest for name, rest in dockerfile() if name == "CMD"]
    check_command(YAML(typ="safe").load(command))
    for name in ("app", "worker"):
        check_command(COMPOSE["services"][name]["command"])


def test_only_this_machine_reaches_what_compose_publishes():
    for service in COMPOSE["services"].values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_whole_and_its_commands_are_ours(path):
    found = unit(path)
    assert found["Unit"]["Description"]
    if path.suffix == ".timer":
        assert path.with_suffix(".service") in UNITS
        return
    words = shlex.split(found["Service"]["ExecStart"].replace("%%", "%"))
    if words[:2] == ["/bin/sh", "-c"]:
        words = shlex.split(re.sub(r"\$\(.*?\)", "DATE", words[2]))[1:]  # behind exec
    check_command(words)
    assert int(found["Service"].get("TimeoutStopSec", 30)) >= 20


def test_systemd_itself_accepts_the_units_where_it_is_installed(tmp_path):
    """Elsewhere the parser above has read them."""
    analyze = shutil.which("systemd-analyze")
    for path in UNITS:
        text = path.read_text(encoding="utf-8")
        text = text.replace("/opt/longssm/.venv/bin/python", sys.executable)
        (tmp_path / path.name).write_text(text.replace("/opt/longssm", str(ROOT)))
    if analyze is not None:
        units = [str(tmp_path / path.name) for path in UNITS]
        found = subprocess.run([analyze, "verify", *units], capture_output=True, text=True)
        own = [line for line in found.stderr.splitlines() if str(tmp_path) in line]
        assert not own, own


def test_every_setting_that_an_operator_is_shown_exists():
    settings = {f"LONGSSM_{name.upper()}" for name in Settings.model_fields}
    files = [ROOT / "Dockerfile", ROOT / "compose.yaml", ROOT / "deploy" / "Caddyfile", *UNITS]
    for path in files:
        named = set(re.findall(r"LONGSSM_[A-Z_]+", path.read_text(encoding="utf-8")))
        assert named <= settings | OF_THE_PROXY, path


def test_the_app_serves_this_machine_only_unless_told_otherwise():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["server"]["address"] == "127.0.0.1"
    assert config["client"]["showErrorDetails"] == "none"


def test_the_proxy_asks_who_it_is_and_hides_the_figures():
    text = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert "basic_auth" in text
    assert re.search(r"@figures path /_stcore/metrics /api/metrics\n\s*respond @figures 404", text)
    assert "frame-ancestors 'none'" in text
    assert "reverse_proxy 127.0.0.1:8501" in text


def test_the_reader_of_files_has_room_in_every_container_that_runs_one():
    """And a bound: what is in /tmp there is memory of the machine."""
    for name in ("app", "worker"):
        sizes = dict(place.split(":", 1) for place in COMPOSE["services"][name]["tmpfs"])
        assert re.search(r"size=\$\{TMP_SIZE:-\d+g\}", sizes["/tmp"])
        assert "mode=1777" in sizes["/tmp"]  # the readers are nobody in particular


def test_compose_declares_what_protects_the_app_and_the_image_does_not():
    """So that an image whose port is published to everybody does not start."""
    assert COMPOSE["services"]["app"]["environment"]["LONGSSM_BEHIND_PROXY"] == "true"
    assert not any("BEHIND_PROXY" in rest for _, rest in dockerfile())
