"""`python -m evaluations jobs`: what was asked for beside the plans of runs, the newest first."""

from __future__ import annotations

import argparse
import json

from evaluations.commands import DONE
from evaluations.job_rows import Job
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `jobs`."""
    words = say("command.jobs.json", language)
    parser.add_argument("--json", action="store_true", help=words)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the list."""
    store = open_store(settings)
    try:
        found = store.jobs()
    finally:
        store.close()
    for one in found:
        print(
            json.dumps(_facts(one, settings.language)) if arguments.json else _line(one, settings)
        )
    return DONE


def _line(one: Job, settings: Settings) -> str:
    language = settings.language
    percent = 100 if one.state == "done" else 100 * one.done // max(1, one.total)
    kind, state = say(f"job.kind.{one.kind}", language), say(f"job.state.{one.state}", language)
    parts = [f"{one.id:>6}", kind, f"{state} {percent:3d}%", one.run or "", one.name]
    return "  ".join([*filter(None, parts), *filter(None, [_error(one, language)])])


def _facts(one: Job, language: Language) -> dict[str, object]:
    return {
        "job": one.id,
        "kind": one.kind,
        "name": one.name,
        "run": one.run,
        "state": one.state,
        "done": one.done,
        "total": one.total,
        "error": _error(one, language),
        "result": None if one.result is None else dict(one.result),
    }


def _error(one: Job, language: Language) -> str | None:
    if one.reason is None:
        return None
    return say(one.reason.key, language, **one.reason.values)
