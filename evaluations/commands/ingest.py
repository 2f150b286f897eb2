"""`python -m evaluations ingest FILE...`: what an upload would do with each file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from evaluations.commands.options import add_preparation, choice, preparation
from evaluations.documents import ENCODINGS
from evaluations.documents.command import run_ingest
from evaluations.settings import Settings
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `ingest`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--name", help=say("command.ingest.name", language))
    read, names = choice("--encoding", ENCODINGS), "{" + ",".join(ENCODINGS) + "}"
    parser.add_argument(
        "--encoding", type=read, metavar=names, help=say("command.encoding", language)
    )
    add_preparation(parser, language, storing=False)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """One JSON object a file on stdout."""
    prepared = preparation(arguments)
    return run_ingest(
        arguments.files,
        arguments.name,
        settings.language,
        sys.stdout,
        encoding=arguments.encoding,
        columns=prepared.columns,
        masking=prepared.masking,
        largest_text=settings.largest_text,
        limits=settings.reader_limits,
    )
