"""`python -m evaluations doctor`: is everything here that an evaluation needs? One line a check.

A check that fails says what to do, on the line below. The last one is a small real evaluation
(`trial`); `--quick` leaves it out. Checks that ask the database are not made where it cannot be
used.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import psutil
from sqlalchemy import Connection, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from evaluations import database as tables
from evaluations.commands import DONE, FAILED
from evaluations.commands.failures import in_words, one_line
from evaluations.commands.notices import in_megabytes
from evaluations.database import check_writable, glance, open_database
from evaluations.files import open_files
from evaluations.operations import (
    LEAST_FREE,
    check_folder,
    clock_difference,
    free_bytes,
    work_facts,
)
from evaluations.plan import versions
from evaluations.settings import Settings
from evaluations.wording import Language, say
from evaluations.worker import PROCESS_MEMORY
from longssm_core.records import describe_checkpoint, shipped_checkpoints

LEAST_PYTHON = (3, 11)
CLOCKS_APART = 5.0  # seconds, at most: tokens in links and leases are told apart by minutes
RUN_BYTES = 60  # that an evaluation stores for a byte of its documents, roughly, at standard depth


class Finding(NamedTuple):
    """What one check found."""

    passed: bool | None  # None: it could not be made
    value: str


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `doctor`."""
    parser.add_argument("--json", action="store_true", help=say("command.doctor.json", language))
    parser.add_argument("--quick", action="store_true", help=say("command.doctor.quick", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print all findings; the exit code says whether every check passed."""
    findings: dict[str, Finding] = {}
    for name, check in CHECKS.items():
        if arguments.quick and name == "evaluation":
            continue
        if name in ASK_DATABASE and findings["database"].passed is False:
            found = Finding(None, say("command.doctor.not_made", settings.language))
        else:
            found = _run(check, settings)
        findings[name] = found
        if not arguments.json:
            for line in _lines(name, found, settings.language):
                print(line, flush=True)
    if arguments.json:
        print(json.dumps(_as_json(findings, settings.language), ensure_ascii=False))
    return DONE if all(found.passed is not False for found in findings.values()) else FAILED


def _lines(name: str, found: Finding, language: Language) -> Iterator[str]:
    mark = {True: "○", False: "×", None: "-"}[found.passed]
    yield f"{mark} {say(f'command.doctor.{name}', language)}: {found.value}"
    if found.passed is False:
        yield f"  → {_fix(name, language)}"


def _as_json(findings: dict[str, Finding], language: Language) -> dict[str, object]:
    checks = [
        {
            "check": name,
            "passed": found.passed,
            "value": found.value,
            "fix": _fix(name, language) if found.passed is False else None,
        }
        for name, found in findings.items()
    ]
    return {"passed": all(found["passed"] is not False for found in checks), "checks": checks}


def _fix(name: str, language: Language) -> str:
    """What to do where the check failed."""
    least = {"disk": LEAST_FREE, "memory": PROCESS_MEMORY}.get(name, 0)
    return say(f"command.doctor.fix.{name}", language, least=in_megabytes(least))


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


def _disk(settings: Settings) -> Finding:
    free, needed = free_bytes(settings), "?"
    with suppress(SQLAlchemyError), glance(settings) as connection:  # a full disk stops that too
        stored = connection.scalar(select(func.coalesce(func.sum(tables.documents.c.bytes), 0)))
        needed = in_megabytes(RUN_BYTES * int(stored or 0))
    words = say(
        "command.doctor.disk_value", settings.language, free=in_megabytes(free), needed=needed
    )
    return Finding(free >= LEAST_FREE, words)


def _memory(settings: Settings) -> Finding:
    memory = psutil.virtual_memory()
    words = say(
        "command.doctor.memory_value",
        settings.language,
        available=in_megabytes(memory.available),
        total=in_megabytes(memory.total),
    )
    return Finding(memory.available >= PROCESS_MEMORY, words)


def _files(settings: Settings) -> Finding:
    check_folder(settings.data_dir)
    files = open_files(settings)
    probe = files.put(secrets.token_bytes(32))  # nobody has stored that before
    files.erase(probe)
    return Finding(True, settings.files or str(settings.files_dir))


def _clock(settings: Settings) -> Finding:
    with _asked(settings) as connection:
        difference = clock_difference(connection)
    words = say("command.doctor.clock_value", settings.language, seconds=difference)
    return Finding(abs(difference) <= CLOCKS_APART, words)


def _workers(settings: Settings) -> Finding:
    with _asked(settings) as connection:
        facts = work_facts(connection)
    words = say(
        "command.doctor.workers_value",
        settings.language,
        alive=facts.workers_alive,
        age="-" if facts.heartbeat_age is None else f"{max(0.0, facts.heartbeat_age):.0f}",
        silent=facts.workers_silent,
        queued=facts.in_state("queued"),
        running=facts.in_state("running"),
        failed=facts.in_state("failed"),
        parked=facts.parked,
    )
    waits = facts.in_state("queued") + facts.in_state("running") > 0
    return Finding(facts.workers_alive > 0 or not waits, words)


def _evaluation(settings: Settings) -> Finding:
    from evaluations.trial import small_evaluation  # only here: the quick checks do without

    found = small_evaluation(settings)
    words = say("command.doctor.evaluation_value", settings.language, **found._asdict())
    return Finding(True, words)


@contextmanager
def _asked(settings: Settings) -> Iterator[Connection]:
    database = open_database(settings)
    try:
        with database.read() as connection:
            yield connection
    finally:
        database.close()


CHECKS: dict[str, Callable[[Settings], Finding]] = {
    "python": _python,
    "torch": _torch,
    "device": _device,
    "kernels": _kernels,
    "memory": _memory,
    "database": _database,
    "clock": _clock,
    "disk": _disk,
    "files": _files,
    "workers": _workers,
    "checkpoints": _checkpoints,
    "fonts": _fonts,
    "packages": _packages,
    "evaluation": _evaluation,
}
ASK_DATABASE = frozenset({"clock", "workers"})
