"""`python -m evaluations bundle FOLDER`: all that a machine without a network needs."""

from __future__ import annotations

import argparse
from pathlib import Path

from evaluations.bundle import make_bundle
from evaluations.commands import DONE
from evaluations.settings import Settings
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `bundle`."""
    where = say("command.bundle.folder", language)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=where)


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make it, and say how it is started."""
    print(say("bundle.started", settings.language))
    size = make_bundle(arguments.folder)
    megabytes = round(size / 1e6)
    print(say("bundle.done", settings.language, folder=arguments.folder, megabytes=megabytes))
    return DONE
