"""`python -m evaluations resume RUN`: let a paused evaluation go on."""

from __future__ import annotations

import argparse

from evaluations.commands.steering import add_run, steer
from evaluations.settings import Settings
from evaluations.wording import Language


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `resume`."""
    add_run(parser, language)


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it and say how the evaluation stands."""
    return steer(arguments.run, settings, lambda store: store.resume_run(arguments.run))
