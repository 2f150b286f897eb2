"""`python -m evaluations doctor`: is everything here that an evaluation needs? One line a check."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy.engine import make_url

from evaluations.commands import DONE, FAILED
from evaluations.commands.failures import in_words, one_line
from evaluations.database import check_writable, open_database
from evaluations.plan import versions
from evaluations.settings import Settings
from evaluations.wording import Language, say
from longssm_core.records import describe_checkpoint, shipped_checkpoints

LEAST_PYTHON = (3, 11)


class Finding(NamedTuple):
    """What one check found."""

    passed: bool
    value: str


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `doctor`."""
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Print all findings; the exit code says whether every check passed."""
    everything_passed = True
    for name, check in CHECKS.items():
        found = _run(check, settings)
        everything_passed &= found.passed
        mark = "○" if found.passed else "×"
        words = say(f"command.doctor.{name}", settings.language)
        print(f"{mark} {words}: {found.value}")
    return DONE if everything_passed else FAILED


def _run(check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except Exception as error:  # a check that cannot be made has failed, and says why
        said = in_words(error, settings)
        words = f"{type(error).__name__}: {error}".splitlines()[0]
        return Finding(False, one_line(said.words(settings.language) if said else words))


def _python(_settings: Settings) -> Finding:
    return Finding(sys.version_info >= LEAST_PYTHON, sys.version.split()[0])


def _torch(_settings: Settings) -> Finding:
    from evaluations.core_scorer import torch_version

    return Finding(True, torch_version())


def _device(settings: Settings) -> Finding:
    from evaluations.core_scorer import CoreScorer

    return Finding(True, CoreScorer(settings.device).device().words)


def _kernels(settings: Settings) -> Finding:
    from evaluations.core_scorer import kernels_in_use

    found = kernels_in_use(settings.device)
    if found.missing is None:
        return Finding(True, found.name)
    words = say("command.doctor.kernels_missing", settings.language, missing=found.missing)
    return Finding(True, f"{found.name} {words}")


def _database(settings: Settings) -> Finding:
    database = open_database(settings)
    try:
        check_writable(database)
    finally:
        database.close()
    return Finding(True, make_url(settings.url).render_as_string(hide_password=True))


def _checkpoints(_settings: Settings) -> Finding:
    names = shipped_checkpoints()
    found = [f"{name} {describe_checkpoint(name).fingerprint[:12]}" for name in names]
    return Finding(bool(found), ", ".join(found) or "-")


def _fonts(_settings: Settings) -> Finding:
    from evaluations import fonts  # only here: it fails where the font package is missing

    files = [path for path in fonts.font_files() if path.is_file()]
    return Finding(len(files) == 2, fonts.FAMILY)


def _packages(_settings: Settings) -> Finding:
    found = [f"{name} {number}" for name, number in versions().items()]
    return Finding(True, ", ".join(found))


CHECKS: dict[str, Callable[[Settings], Finding]] = {
    "python": _python,
    "torch": _torch,
    "device": _device,
    "kernels": _kernels,
    "database": _database,
    "checkpoints": _checkpoints,
    "fonts": _fonts,
    "packages": _packages,
}
