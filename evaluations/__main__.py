"""`python -m evaluations`: run | score | ingest | report | list | show | worker | doctor.

Exit codes: 0 done, 1 failed, 2 every file was refused. Only the module of the chosen command is
loaded: a worker needs no charts, a list no torch.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from evaluations.commands import DONE, FAILED
from evaluations.errors import EvaluationError
from evaluations.log import start_logging
from evaluations.settings import load_settings
from evaluations.wording import Language, say
from longssm_core.errors import CheckpointError

COMMANDS = {  # command -> module in evaluations.commands
    "run": "run",
    "score": "score",
    "ingest": "ingest",
    "report": "report",
    "list": "listing",
    "show": "show",
    "worker": "worker",
    "doctor": "doctor",
}


class _Parser(argparse.ArgumentParser):
    """argparse ends with 2, which means here that every file was refused."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(FAILED, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    _print_any_text()
    start_logging()
    language = load_settings().language
    name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if name in ("-h", "--help"):
        print(_overview(language))
        return DONE
    if name not in COMMANDS:
        print(_overview(language), file=sys.stderr)
        return FAILED
    command = import_module(f"evaluations.commands.{COMMANDS[name]}")
    words = say(f"command.{name}", language)
    parser = _Parser(prog=f"python -m evaluations {name}", description=words)
    command.add_arguments(parser, language)
    chosen = _parse(parser, rest)
    settings = load_settings(database_url=getattr(chosen, "database", None))
    try:
        return int(command.main(chosen, settings))
    except EvaluationError as error:
        print(error.words(language), file=sys.stderr)
    except CheckpointError as error:
        words = say("task.checkpoint", language, source=error.source, problem=error.problem)
        print(words, file=sys.stderr)
    except KeyboardInterrupt:
        print(say("command.interrupted", language), file=sys.stderr)
    return FAILED


def _parse(parser: _Parser, arguments: Sequence[str]) -> argparse.Namespace:
    """The command's options; files may also stand behind options."""
    chosen, rest = parser.parse_known_args(arguments)
    if rest and hasattr(chosen, "files") and not any(word.startswith("-") for word in rest):
        chosen.files += [Path(word) for word in rest]
    elif rest:
        parser.error(" ".join(rest))
    return chosen


def _overview(language: Language) -> str:
    lines = [f"  {name:<8} {say(f'command.{name}', language)}" for name in COMMANDS]
    usage = "python -m evaluations COMMAND [--help]"
    return "\n".join([usage, "", say("command.description", language), "", *lines])


def _print_any_text() -> None:
    """A name that the console cannot show must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
