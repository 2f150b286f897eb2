"""Whether damaged files of every format are answered, whatever is in them.

Valid files of thirteen formats (`mutants`) are damaged at random and handed to the code that reads
an upload, `ingest_path`, which starts a process with limits for each. With `--forks`, and in the
short form that pytest runs, the child is a fork of this process that goes on exactly as the new
process would (`child.main`): that leaves out the start of Python and nothing else, and one in ten
goes the whole way all the same.

A crash is a child that dies or answers what cannot be read, a hang one that its limit on time ends;
both are told to the user, and both count as wrong here. Wrong is as well an exception, an answer
that does not name the file, and a text or name that is not safe to store. No child may take more
than 1 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path
from typing import IO, NamedTuple
from unittest import mock

from evaluations.documents import Ingested, display_name, ingest_path, sandbox
from evaluations.documents import child as child_program
from evaluations.documents.cleaning import stored_text
from evaluations.documents.names import INSIDE
from evaluations.wording import LANGUAGES
from tests.proofs.mutants import FORMATS, Mutant, mutant

SHORT, FULL = 390, 10_000
WHOLE_WAY_EVERY = 10
PORTION = 100  # mutants that a process takes at a time
LARGEST_PEAK = 1024  # MiB
WRONG = {
    "documents.refused.crash": "crash",
    "documents.refused.time": "hang",
    "documents.refused.no_child": "no child",
}


class Outcome(NamedTuple):
    """What became of one mutant."""

    number: int
    format: str
    status: str
    wrong: str | None  # why it counts against the product
    at_memory_limit: bool
    seconds: float


class Work(NamedTuple):
    """What one process does, and its largest child in MiB."""

    outcomes: tuple[Outcome, ...]
    peak: float


def outcome(number: int, made: Mutant, wall_seconds: float | None = None) -> Outcome:
    """Read one mutant as an upload is read."""
    started = time.perf_counter()
    with tempfile.NamedTemporaryFile(prefix="mutant-") as file:
        file.write(made.data)
        file.flush()
        try:
            ingested = ingest_path(Path(file.name), name=made.name, wall_seconds=wall_seconds)
        except Exception as error:  # the very thing that must not happen
            seconds = time.perf_counter() - started
            return Outcome(number, made.format, "raised", repr(error)[:200], False, seconds)
    seconds = time.perf_counter() - started
    keys = [reason.key for reason in ingested.messages]
    full = "documents.refused.memory" in keys
    return Outcome(number, made.format, ingested.status, flaw(ingested, made.name), full, seconds)


def flaw(ingested: Ingested, name: str) -> str | None:
    """Why an answer is not one that a user can be given; None where it is."""
    for reason in ingested.messages:
        if reason.key in WRONG:
            return WRONG[reason.key]
    if ingested.file != display_name(name):
        return f"calls the file {ingested.file!r}"
    if ingested.status == "accept" and not any(one.text.strip() for one in ingested.documents):
        return "accepted without a text"
    if ingested.status != "accept" and not _is_told(ingested):
        return "no sentence that names the file"
    for one in ingested.documents:
        shown = INSIDE.join(map(display_name, one.document.name.split(INSIDE)))
        if stored_text(one.text).replaced or len(shown) != len(one.document.name):
            return "a text or a name that is not safe to store"
    return None


def _is_told(ingested: Ingested) -> bool:
    texts = [ingested.words(language) for language in LANGUAGES]
    return all(ingested.file in text and "Traceback" not in text for text in texts)


# --- a child without starting Python -----------------------------------------------------------


def forked(
    request: Mapping[str, object], folder: Path, output: IO[bytes], wall_seconds: float
) -> int:
    """In place of `sandbox._run`: a fork of this process, which goes on as the child would."""
    with tempfile.TemporaryFile() as asked:
        asked.write(json.dumps(request).encode("ascii"))
        asked.seek(0)
        process = os.fork()
        if process == 0:
            _be_the_child(asked.fileno(), output.fileno(), folder)
        return _waited(process, wall_seconds)


def _be_the_child(asked: int, output: int, folder: Path) -> None:
    """Never returns; whatever happens ends this process with a status."""
    status = 1
    try:
        os.chdir(folder)
        os.dup2(asked, 0)
        os.dup2(output, 1)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        status = child_program.main()
    finally:
        os._exit(status)


def _waited(process: int, seconds: float) -> int:
    """The exit status, as `subprocess` counts it."""
    deadline, pause = time.monotonic() + seconds, 0.001
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.kill(process, 9)
            os.waitpid(process, 0)
            raise subprocess.TimeoutExpired("child", seconds)
        time.sleep(pause)
        pause = min(0.02, pause * 1.5)


@contextmanager
def forks() -> Iterator[None]:
    """Children are forks in here."""
    with mock.patch.object(sandbox, "_run", forked):
        yield


# --- all of them -------------------------------------------------------------------------------


def work(numbers: range, seed: int, with_forks: bool) -> Work:
    """These mutants, one after the other."""
    import resource  # POSIX only, as forks are; other proofs run anywhere

    outcomes = []
    for number in numbers:
        made = mutant(number, seed)
        with forks() if with_forks and number % WHOLE_WAY_EVERY else nullcontext():
            outcomes.append(outcome(number, made))
        if outcomes[-1].wrong:
            print(
                f"mutant {number} of seed {seed} ({made.format}): {outcomes[-1].wrong}", flush=True
            )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # Linux counts KiB
    return Work(tuple(outcomes), peak)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many, and which one alone."""
    parser.add_argument("--mutants", type=int, default=SHORT)
    parser.add_argument("--full", action="store_true", help=f"{FULL:,} mutants")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="read the mutant of this number alone")
    parser.add_argument("--forks", action="store_true", help="fork most children: faster")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")


def run(options: argparse.Namespace) -> int:
    """Print every format; 1 when a goal is missed."""
    started, count = time.perf_counter(), FULL if options.full else options.mutants
    if options.only is not None:
        print(outcome(options.only, mutant(options.only, options.seed)))
        return 0
    portions = [range(first, min(first + PORTION, count)) for first in range(0, count, PORTION)]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("fork")) as pool:
        works = []
        for part in pool.map(work, portions, repeat(options.seed), repeat(options.forks)):
            works.append(part)
            print(f"{len(works) * PORTION:,} of {count:,}", file=sys.stderr, flush=True)
    outcomes = [one for part in works for one in part.outcomes]
    peak = max(part.peak for part in works)
    print_table(outcomes)
    wrong = sum(one.wrong is not None for one in outcomes)
    whole = len(range(0, count, WHOLE_WAY_EVERY)) if options.forks else count
    print(
        f"{count:,} mutants, {whole:,} of them read in a new process and the others in a fork; "
        f"{wrong} wrong; largest child {peak:.0f} MiB; seed {options.seed}, "
        f"{time.perf_counter() - started:.0f} s in {options.jobs} processes"
    )
    return 0 if wrong == 0 and peak < LARGEST_PEAK else 1


def print_table(outcomes: list[Outcome]) -> None:
    """A line for each format."""
    print(
        f"{'format':12}{'mutants':>8}{'accepted':>9}{'warned':>8}{'in part':>8}{'refused':>8}"
        f"{'at memory limit':>17}{'wrong':>7}{'slowest, s':>12}"
    )
    for name in FORMATS:
        of = [one for one in outcomes if one.format == name]
        found = Counter(one.status for one in of)
        print(
            f"{name:12}{len(of):>8}{found['accept']:>9}{found['warn']:>8}{found['partial']:>8}"
            f"{found['reject']:>8}{sum(one.at_memory_limit for one in of):>17}"
            f"{sum(one.wrong is not None for one in of):>7}"
            f"{max((one.seconds for one in of), default=0):>12.1f}"
        )
