"""A folder that starts the product on a machine without a network.

`make_bundle(folder)` copies the program with its checkpoints, has pip build the wheels of
everything that it needs (the fonts among them), and writes `bundle.json`: for which Python and
platform, and the SHA-256 of every file. `start.py` in it, which needs nothing but Python, checks
and installs them.

Wheels are those of the Python and the platform that make the bundle: environment markers are
evaluated there, so a bundle for Windows is made on Windows.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from evaluations.errors import EvaluationError, UnusablePlace
from evaluations.files import sha256_of

ROOT = Path(__file__).parents[1]
PROGRAM = (  # what is copied; the rest of a checkout is for those who change it
    "app",
    "evaluations",
    "longssm_core",
    "docs",
    ".streamlit",
    "requirements.txt",
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
)
STARTERS = Path("deploy") / "offline"
BUILD = "setuptools>=77"  # builds the program itself, which is installed from the folder
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")


def make_bundle(folder: Path, root: Path = ROOT) -> int:
    """Fill `folder`, which must be empty or not be there; the bundle's size in bytes.

    Args:
        folder: where to.
        root: the checkout that is packed.

    Raises:
        EvaluationError: this is not a checkout, or pip could not get everything.
        UnusablePlace: the folder has something in it.
    """
    if not (root / STARTERS).is_dir():
        raise EvaluationError("bundle.no_checkout", path=root)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnusablePlace("place.taken", path=folder)
    folder.mkdir(parents=True, exist_ok=True)
    _copy_program(root, folder)
    _build_wheels(folder)
    return _write_manifest(folder)


def _copy_program(root: Path, folder: Path) -> None:
    for name in PROGRAM:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, ignore=_LEFT_OUT)
        else:
            shutil.copy2(root / name, folder / name)
    for starter in sorted((root / STARTERS).iterdir()):
        text = starter.read_bytes().replace(b"@PYTHON@", _python().encode())
        (folder / starter.name).write_bytes(text)
        shutil.copymode(starter, folder / starter.name)


def _build_wheels(folder: Path) -> None:
    """All packages as wheels of this machine; the program itself stays the folder's."""
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    others = [line for line in lines if line.split("#")[0].strip() != "-e ."]
    wanted = folder / "wheels.txt"
    wanted.write_text("\n".join([*others, BUILD]) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    try:
        done = subprocess.run(
            [*command, "-r", str(wanted), "-w", str(folder / "wheels")],
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
    finally:
        wanted.unlink()
    if done.returncode != 0:
        problem = (done.stderr.strip().splitlines() or ["pip"])[-1]
        raise EvaluationError("bundle.pip", problem=problem)


def _write_manifest(folder: Path) -> int:
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    files = {name: path for name, path in files.items() if path.is_file()}
    manifest = {
        "python": _python(),
        "platform": sysconfig.get_platform(),
        "files": {name: sha256_of(path) for name, path in files.items()},
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (folder / "bundle.json").write_text(text + "\n", encoding="utf-8")
    return sum(path.stat().st_size for path in files.values())


def _python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
