"""`python -m evaluations show RUN`: the result of one evaluation, or what is known of it so far."""

from __future__ import annotations

import argparse
import json

from evaluations import additions
from evaluations.commands import DONE
from evaluations.commands.options import text
from evaluations.contract import snapshot_json
from evaluations.reports.markdown import markdown_text
from evaluations.requests import outputs_summary
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `show`."""
    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print it, in words or as the object that `run --json` prints."""
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
        added = additions.read(store.database, snapshot.run)
        outputs = outputs_summary(store, arguments.run)
    finally:
        store.close()
    if arguments.json:
        print(json.dumps(snapshot_json(snapshot, settings.language, outputs)))
    else:
        print(markdown_text(snapshot, settings.language, added))
    return DONE
