"""Which kinds of task there are, and which module does each: data only, nothing is imported here.

A kind is a line in KINDS and a module with one function `run(job: Job) -> None`, see `jobs.Job` for
what it gets. A worker imports the module when it first claims such a task, so a kind may need what
no other one does (torch, a report's typesetter).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from evaluations.jobs import Job

# how urgent a run or job is, as people say it, and the number by which the queue is sorted
LEVELS = {"high": 1, "normal": 0, "low": -1}
SMALL = 10  # above every level: whoever waits for a report does not wait for a night's scoring


class Kind(NamedTuple):
    """module: where `run` is. is_small: done in seconds or minutes, so it goes before long work."""

    module: str
    is_small: bool = False


KINDS: dict[str, Kind] = {
    "score": Kind("evaluations.scoring"),
    "again": Kind("evaluations.scoring"),
    "probe": Kind("evaluations.scoring"),
    "ingest": Kind("evaluations.ingesting", is_small=True),
}


def priority_of(kind: str, level: int = LEVELS["normal"]) -> int:
    """The number by which the queue is sorted, for a task of that kind."""
    return level + (SMALL if KINDS[kind].is_small else 0)


def runner_of(kind: str) -> Callable[[Job], None]:
    """The function that does tasks of that kind."""
    found: Callable[[Job], None] = import_module(KINDS[kind].module).run
    return found
