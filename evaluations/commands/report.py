"""`python -m evaluations report RUN`: the reports of one evaluation, as files."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from evaluations import additions
from evaluations.commands import DONE
from evaluations.commands.options import formats, text
from evaluations.reports import FORMATS, check_formats, prepare_folder, write_report
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `report`."""
    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    offered = say("command.report.formats", language, formats=",".join(FORMATS))
    parser.add_argument("--formats", type=formats, default="pdf", metavar="F,F,...", help=offered)
    output = say("command.report.output", language)
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help=output)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write them; their paths go to stdout, the seconds that each took to stderr."""
    check_formats(arguments.formats)
    prepare_folder(arguments.output)
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
        added = additions.read(store.database, snapshot.run)
    finally:
        store.close()
    for name in dict.fromkeys(arguments.formats):
        started = time.monotonic()
        (path,) = write_report(snapshot, [name], arguments.output, settings.language, added)
        print(path, flush=True)
        seconds = f"{time.monotonic() - started:.1f}"
        words = say("command.report.seconds", settings.language, format=name, seconds=seconds)
        print(words, file=sys.stderr)
    return DONE
