"""`python -m evaluations priority RUN high|normal|low`: which evaluation goes first."""

from __future__ import annotations

import argparse

from evaluations.commands.options import choice
from evaluations.commands.steering import add_run, how, steer
from evaluations.kinds import LEVELS
from evaluations.run_list import RunSummary
from evaluations.settings import Settings
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `priority`."""
    add_run(parser, language)
    parser.add_argument(
        "level",
        type=choice("LEVEL", list(LEVELS)),
        metavar="{" + ",".join(LEVELS) + "}",
        help=say("command.priority.level", language),
    )


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Change it and say how the evaluation stands."""

    def words(found: RunSummary) -> str:
        level = say(f"jobs.level.{arguments.level}", settings.language)
        how_it_stands = how(found, settings)
        return say("command.steered.priority", settings.language, level=level, **how_it_stands)

    level = LEVELS[arguments.level]
    return steer(
        arguments.run, settings, lambda store: store.set_priority(arguments.run, level), words
    )
