"""`python -m evaluations amend RUN`: append a changed decision rule to an evaluation."""

from __future__ import annotations

import argparse
from pathlib import Path

from evaluations.commands import DONE
from evaluations.commands.options import text
from evaluations.errors import RefusedPlan
from evaluations.plan import read_plan_file
from evaluations.records import Snapshot
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `amend`."""

    def words(key: str) -> str:
        return say(f"command.amend.{key}", language)

    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    parser.add_argument("--rule", type=Path, required=True, metavar="FILE", help=words("rule"))
    parser.add_argument(
        "--reason", type=text("--reason"), required=True, metavar="TEXT", help=words("reason")
    )
    parser.add_argument("--author", type=text("--author"), default="", help=words("author"))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Append it; say what it changes, and what the amended rule says where it does not decide."""
    file = read_plan_file(arguments.rule)
    if file.rule is None or file.model_fields_set != {"rule"}:
        raise RefusedPlan("amend.rule_only", file=arguments.rule.name)
    store = open_store(settings)
    try:
        amendment = store.amend_run(arguments.run, file.rule, arguments.reason, arguments.author)
        snapshot = store.snapshot(arguments.run)
    finally:
        store.close()
    language = settings.language
    when = "late" if amendment.after_results else "early"
    print(say(f"amend.done.{when}", language, number=amendment.number, hash=amendment.hash[:16]))
    if amendment.after_results:
        print(_in_hindsight(snapshot, language))
    return DONE


def _in_hindsight(snapshot: Snapshot, language: Language) -> str:
    """What both rules say."""
    amended = snapshot.amended_verdict
    verdicts = [snapshot.verdict, *([] if amended is None else [amended])]
    said = [say(f"results.outcome.{one.outcome.value}", language) for one in verdicts]
    return say("amend.hindsight", language, locked=said[0], amended=said[-1])
