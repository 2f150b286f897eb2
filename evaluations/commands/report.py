"""`python -m evaluations report RUN`: the reports of one evaluation, as files."""

from __future__ import annotations

import argparse
from pathlib import Path

from evaluations.commands import DONE
from evaluations.reports import FORMATS, write_report
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `report`."""
    parser.add_argument("run", metavar="RUN", help=say("command.run_id", language))
    formats = say("command.report.formats", language, formats=",".join(FORMATS))
    parser.add_argument("--formats", default="pdf", metavar="F,F,...", help=formats)
    output = say("command.report.output", language)
    parser.add_argument("--output", type=Path, default=Path(), metavar="DIR", help=output)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write them; their paths go to stdout."""
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
    finally:
        store.close()
    formats = [name.strip() for name in arguments.formats.split(",") if name.strip()]
    for path in write_report(snapshot, formats, arguments.output, settings.language):
        print(path)
    return DONE
