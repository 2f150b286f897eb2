"""`python -m evaluations list`: one line per evaluation, the newest first, its re-runs below it."""

from __future__ import annotations

import argparse

from evaluations.commands import DONE
from evaluations.run_list import RunSummary
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `list`."""
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the list."""
    store = open_store(settings)
    try:
        runs = store.runs()
        listed = {run.id for run in runs}
        for run in runs:
            if run.parent not in listed:
                print(_line(run, settings.language))
                for rerun in (one for one in reversed(runs) if one.parent == run.id):
                    print(f"  {_line(rerun, settings.language)}")
    finally:
        store.close()
    return DONE


def _line(summary: RunSummary, language: Language) -> str:
    percent = 100 * summary.done // max(1, summary.total)
    status = say(f"command.status.{summary.status}", language)
    outcome = "" if summary.outcome is None else say(f"results.outcome.{summary.outcome}", language)
    when = summary.created.astimezone().strftime("%Y-%m-%d %H:%M")
    return "  ".join([summary.id, when, f"{status} {percent:3d}%", outcome, summary.name])
