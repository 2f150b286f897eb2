"""`python -m evaluations erase DOCUMENT|NAME`: take a document out of everything, for good."""

from __future__ import annotations

import argparse

from evaluations.commands import DONE, FAILED
from evaluations.commands.options import text
from evaluations.erasing import left_words
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `erase`."""
    what = say("command.erase.document", language)
    parser.add_argument("document", type=text("DOCUMENT"), metavar="DOCUMENT", help=what)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Erase it and say what went and what did not."""
    language = settings.language
    store = open_store(settings)
    try:
        erased = store.erase_document(store.find_document(arguments.document).id)
    finally:
        store.close()
    print(
        say(
            "erase.done",
            language,
            document=erased.document.name,
            losses=erased.losses,
            copies=erased.copies,
            ended=erased.ended,
        )
    )
    for sentence in left_words(erased, language):
        print(sentence)
    return DONE if erased.is_whole else FAILED
