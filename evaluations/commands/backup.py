"""`python -m evaluations backup TARGET`: everything that is stored, in one file or folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from evaluations.backup import back_up
from evaluations.commands import DONE
from evaluations.commands.notices import in_megabytes
from evaluations.settings import Settings
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `backup`."""
    target = say("command.backup.target", language)
    parser.add_argument("target", type=Path, metavar="FILE.tar|FOLDER", help=target)
    words = say("command.backup.without_documents", language)
    parser.add_argument("--without-documents", action="store_true", help=words)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make it, and say what is in it."""
    made = back_up(settings, arguments.target, documents=not arguments.without_documents)
    key = "command.backup.done" if made.documents else "command.backup.done_without_documents"
    words = say(
        key,
        settings.language,
        target=arguments.target,
        runs=made.rows["runs"],
        files=len(made.files) - 1,
        size=in_megabytes(made.bytes),
    )
    print(words)
    return DONE
