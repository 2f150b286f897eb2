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
BEHIND = 10  # below every level: what nobody waits for goes on when the losses are there
# what a run's verdict rests on; all else is beside it
OF_A_PLAN = ("score", "part", "again", "probe")


class Kind(NamedTuple):
    """module: where `run` is. is_small: done in seconds or minutes, so it goes before long work.

    behind: 1 and 2 go behind all levels of the kinds before them.
    """

    module: str
    is_small: bool = False
    behind: int = 0


KINDS: dict[str, Kind] = {
    "score": Kind("evaluations.scoring"),
    "part": Kind("evaluations.scoring"),
    "again": Kind("evaluations.scoring"),
    "probe": Kind("evaluations.scoring"),
    "ingest": Kind("evaluations.ingesting", is_small=True),
    "report": Kind("evaluations.reporting", is_small=True),
    "generate": Kind("evaluations.generating", behind=1),
    "train": Kind("evaluations.training_job", behind=2),
}


def priority_of(kind: str, level: int = LEVELS["normal"]) -> int:
    """The number by which the queue is sorted, for a task of that kind."""
    found = KINDS[kind]
    return level + SMALL * found.is_small - BEHIND * found.behind


def runner_of(kind: str) -> Callable[[Job], None]:
    """The function that does tasks of that kind."""
    found: Callable[[Job], None] = import_module(KINDS[kind].module).run
    return found
