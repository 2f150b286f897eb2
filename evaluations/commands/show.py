"""`list`, `show RUN [--json]` and `report RUN`: what is stored, in words, as JSON, as files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from evaluations.commands import DONE
from evaluations.contract import snapshot_json
from evaluations.reports import FORMATS, write_report
from evaluations.reports.markdown import markdown_text
from evaluations.settings import Settings
from evaluations.store import RunSummary, open_store
from evaluations.wording import Language, say


def add_list_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `list`."""
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def add_show_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `show`."""
    parser.add_argument("run", metavar="RUN", help=say("command.run_id", language))
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def add_report_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `report`."""
    parser.add_argument("run", metavar="RUN", help=say("command.run_id", language))
    formats = say("command.report.formats", language, formats=",".join(FORMATS))
    parser.add_argument("--formats", default="pdf", metavar="F,F,...", help=formats)
    output = say("command.report.output", language)
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help=output)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def list_runs(_arguments: argparse.Namespace, settings: Settings) -> int:
    """One line per evaluation, the newest first."""
    store = open_store(settings)
    try:
        for summary in store.runs():
            print(_line(summary, settings.language))
    finally:
        store.close()
    return DONE


def show(arguments: argparse.Namespace, settings: Settings) -> int:
    """The result of one evaluation, or what is known of it so far."""
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
    finally:
        store.close()
    if arguments.json:
        print(json.dumps(snapshot_json(snapshot, settings.language)))
    else:
        print(markdown_text(snapshot, settings.language))
    return DONE


def report(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write the reports of one evaluation; their paths go to stdout."""
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
    finally:
        store.close()
    formats = [name.strip() for name in arguments.formats.split(",") if name.strip()]
    for path in write_report(snapshot, formats, arguments.output, settings.language):
        print(path)
    return DONE


def _line(summary: RunSummary, language: Language) -> str:
    percent = 100 * summary.done // max(1, summary.total)
    status = say(f"command.status.{summary.status}", language)
    outcome = "" if summary.outcome is None else say(f"results.outcome.{summary.outcome}", language)
    when = summary.created.astimezone().strftime("%Y-%m-%d %H:%M")
    return "  ".join([summary.id, when, f"{status} {percent:3d} %", outcome, summary.name])
