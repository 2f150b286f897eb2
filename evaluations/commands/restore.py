"""`python -m evaluations restore SOURCE`: a new data folder and database, from a backup."""

from __future__ import annotations

import argparse
from pathlib import Path

from sqlalchemy.engine import make_url

from evaluations.backup import restore
from evaluations.commands import DONE
from evaluations.settings import Settings, load_settings
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `restore`."""
    source = say("command.restore.source", language)
    parser.add_argument("source", type=Path, metavar="FILE.tar|FOLDER", help=source)
    words = say("command.restore.data_dir", language)
    parser.add_argument("--data-dir", type=Path, metavar="FOLDER", help=words)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Bring it back, and say where it is now."""
    if arguments.data_dir is not None:
        settings = load_settings(data_dir=arguments.data_dir, database_url=arguments.database)
    found = restore(arguments.source, settings)
    words = say(
        "command.restore.done",
        settings.language,
        runs=found.rows["runs"],
        files=len(found.files) - 1,
        made=f"{found.made_at:%Y-%m-%d %H:%M}",
        data_dir=settings.data_dir,
        database=make_url(settings.url).render_as_string(hide_password=True),
    )
    print(words)
    if not found.documents:
        print(say("command.restore.without_documents", settings.language))
    return DONE
