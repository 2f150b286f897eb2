"""`python -m evaluations handover RUN --output FILE`: what the serving side needs after a Go."""

from __future__ import annotations

import argparse
from pathlib import Path

from evaluations.commands import DONE
from evaluations.commands.options import text
from evaluations.errors import UnusablePlace
from evaluations.handover import package, package_name
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `handover`."""
    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    output = say("command.handover.output", language)
    parser.add_argument("--output", type=Path, metavar="FILE", help=output)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write it; its path goes to stdout."""
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
    finally:
        store.close()
    path = arguments.output or Path(package_name(snapshot, settings.language))
    made = package(snapshot, settings.language)
    try:
        path.write_bytes(made)
    except OSError as error:
        raise UnusablePlace.of(path, error) from error
    print(path)
    return DONE
