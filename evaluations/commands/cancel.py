"""`python -m evaluations cancel JOB`: end a job that was asked for; what it stored stays."""

from __future__ import annotations

import argparse

from evaluations.commands import DONE
from evaluations.commands.options import whole
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `cancel`."""
    words = say("command.cancel.job", language)
    parser.add_argument("job", type=whole("JOB"), metavar="JOB", help=words)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Cancel it, and say so."""
    store = open_store(settings)
    try:
        was_moving = store.job(arguments.job).is_moving
        store.cancel_job(arguments.job)
    finally:
        store.close()
    key = "command.cancel.done" if was_moving else "command.cancel.ended"
    print(say(key, settings.language, job=arguments.job))
    return DONE
