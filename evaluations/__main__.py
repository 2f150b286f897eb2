"""`python -m evaluations`: run | score | ingest | report | list | show | worker | doctor.

Exit codes: 0 done, 1 failed, 2 every file was refused.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from evaluations.commands import FAILED, doctor, run, score, show
from evaluations.documents.command import run_ingest
from evaluations.errors import EvaluationError
from evaluations.settings import Settings, load_settings
from evaluations.wording import Language, say
from evaluations.worker import supervise
from evaluations.worker_process import start_logging
from longssm_core.errors import CheckpointError


class Command(NamedTuple):
    """What a command takes, and what it does."""

    add_arguments: Callable[[argparse.ArgumentParser, Language], None]
    run: Callable[[argparse.Namespace, Settings], int]


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
    chosen = _parser(language).parse_args(arguments)
    settings = load_settings(database_url=getattr(chosen, "database", None))
    try:
        return COMMANDS[chosen.command].run(chosen, settings)
    except EvaluationError as error:
        print(error.words(language), file=sys.stderr)
    except CheckpointError as error:
        words = say("task.checkpoint", language, source=error.source, problem=error.problem)
        print(words, file=sys.stderr)
    except KeyboardInterrupt:
        print(say("command.interrupted", language), file=sys.stderr)
    return FAILED


def _parser(language: Language) -> argparse.ArgumentParser:
    description = say("command.description", language)
    parser = _Parser(prog="python -m evaluations", description=description)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        words = say(f"command.{name}", language)
        command.add_arguments(commands.add_parser(name, help=words, description=words), language)
    return parser


def _add_ingest_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--name", help=say("command.ingest.name", language))
    parser.add_argument("--json", action="store_true", help=say("command.json", language))


def _ingest(arguments: argparse.Namespace, settings: Settings) -> int:
    return run_ingest(arguments.files, arguments.name, settings.language, sys.stdout)


def _add_worker_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.add_argument("--processes", type=int, help=say("command.worker.processes", language))
    idle = say("command.worker.until_idle", language)
    parser.add_argument("--until-idle", action="store_true", help=idle)
    engine = say("command.worker.engine", language)
    parser.add_argument("--engine", choices=["local"], default="local", help=engine)
    running = say("command.worker.unless_running", language)
    parser.add_argument("--unless-running", action="store_true", help=running)
    parent = say("command.worker.with_parent", language)
    parser.add_argument("--with-parent", action="store_true", help=parent)
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def _worker(arguments: argparse.Namespace, settings: Settings) -> int:
    return supervise(
        settings,
        arguments.processes,
        arguments.until_idle,
        arguments.unless_running,
        arguments.with_parent,
    )


COMMANDS: dict[str, Command] = {
    "run": Command(run.add_arguments, run.run),
    "score": Command(score.add_arguments, score.score_file),
    "ingest": Command(_add_ingest_arguments, _ingest),
    "report": Command(show.add_report_arguments, show.report),
    "list": Command(show.add_list_arguments, show.list_runs),
    "show": Command(show.add_show_arguments, show.show),
    "worker": Command(_add_worker_arguments, _worker),
    "doctor": Command(doctor.add_arguments, doctor.doctor),
}


def _print_any_text() -> None:
    """A name that the console cannot show must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
