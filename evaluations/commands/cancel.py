"""`python -m evaluations cancel RUN`: end an evaluation that is queued or running."""

from __future__ import annotations

import argparse

from evaluations.commands.steering import add_run, steer
from evaluations.settings import Settings
from evaluations.wording import Language


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `cancel`."""
    add_run(parser, language)


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it and say how the evaluation stands."""
    return steer(arguments.run, settings, lambda store: store.cancel_run(arguments.run))
