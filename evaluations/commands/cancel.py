"""`python -m evaluations cancel RUN|JOB`: end an evaluation, or a job that was asked for."""

from __future__ import annotations

import argparse

from evaluations.commands import DONE
from evaluations.commands.options import text
from evaluations.commands.steering import steer
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say

LONGEST_JOB = 15  # digits: the id of an evaluation has 16 characters


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `cancel`."""
    words = say("command.cancel.which", language)
    parser.add_argument("run", type=text("RUN|JOB"), metavar="RUN|JOB", help=words)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it and say how it stands."""
    named: str = arguments.run
    if named.isascii() and named.isdecimal() and len(named) <= LONGEST_JOB:
        return _cancel_job(int(named), settings)
    return steer(named, settings, lambda store: store.cancel_run(named))


def _cancel_job(job: int, settings: Settings) -> int:
    store = open_store(settings)
    try:
        was_moving = store.job(job).is_moving
        store.cancel_job(job)
    finally:
        store.close()
    key = "command.cancel.done" if was_moving else "command.cancel.ended"
    print(say(key, settings.language, job=job))
    return DONE
