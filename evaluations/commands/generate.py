"""`python -m evaluations generate RUN`: A and B of an evaluation continue its documents."""

from __future__ import annotations

import argparse
import json

from evaluations.commands import DONE, FAILED
from evaluations.commands.notices import tell
from evaluations.commands.options import text, whole
from evaluations.commands.run import MOST_POINTS, wait_for
from evaluations.outputs import OutputsRequest
from evaluations.requests import outputs_summary, request_outputs
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say

LARGEST = {"documents": 10_000, "items": MOST_POINTS, "length": 4_096, "lines": 100}


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `generate`."""
    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    usual = OutputsRequest()
    for name, most in LARGEST.items():
        option, default = f"--{name}", getattr(usual, name)
        words = say(f"command.generate.{name}", language, default=default)
        read = whole(option, most=most)
        parser.add_argument(option, type=read, default=default, metavar="N", help=words)
    no_wait = say("command.generate.no_wait", language)
    parser.add_argument("--no-wait", action="store_true", help=no_wait)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Queue it, wait, and print how A and B compare, as JSON."""
    wanted = OutputsRequest(**{name: getattr(arguments, name) for name in LARGEST})
    store = open_store(settings)
    try:
        tasks = request_outputs(store, arguments.run, wanted)
        if arguments.no_wait:
            print(*tasks)
            return DONE
        wait_for(store, {arguments.run: ""}, settings.language)
        found = outputs_summary(store, arguments.run)
        if found is None:
            tell(say("command.generate.none", settings.language))
            return FAILED
        print(json.dumps(found.model_dump(mode="json")))
    finally:
        store.close()
    return DONE
