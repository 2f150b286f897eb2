"""`python -m evaluations COMMAND`: the commands of COMMANDS, each in its module.

Exit codes: 0 done, 1 failed, 2 every file was refused. Only the module of the chosen command is
loaded: a worker needs no charts, a list no torch.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from evaluations.commands import DONE, FAILED
from evaluations.commands.failures import in_words, one_line
from evaluations.errors import RefusedOption
from evaluations.log import start_logging
from evaluations.settings import load_settings, spoken_language
from evaluations.wording import Language, say

COMMANDS = {  # command -> module in evaluations.commands
    "run": "run",
    "score": "score",
    "ingest": "ingest",
    "report": "report",
    "list": "listing",
    "show": "show",
    "handover": "handover",
    "pause": "pause",
    "resume": "resume",
    "cancel": "cancel",
    "priority": "priority",
    "erase": "erase",
    "amend": "amend",
    "combine": "combine",
    "reproduce": "reproduce",
    "worker": "worker",
    "adapt": "adapt",
    "generate": "generate",
    "jobs": "jobs",
    "robustness": "robustness",
    "drift": "drift",
    "diagnose": "diagnose",
    "doctor": "doctor",
    "bundle": "bundle",
    "notify": "notify",
    "backup": "backup",
    "restore": "restore",
}


# what argparse says where no function of ours is asked, and the key of our sentence
ARGPARSE = (
    (re.compile(r"the following arguments are required: (.+)", re.DOTALL), "missing"),
    (re.compile(r"argument ([^\s:]+): expected .*", re.DOTALL), "no_value"),
    (re.compile(r"ambiguous option: (\S+) could match .*", re.DOTALL), "unknown"),
)


class _Formatter(argparse.HelpFormatter):
    """argparse's, with a word of ours before the usage."""

    def __init__(self, prog: str, prefix: str) -> None:
        super().__init__(prog)
        self._prefix = prefix

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, self._prefix if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """argparse ends with a usage block, English words and 2: every file was refused, with us.

    Its headings are English too; they are said in the user's language here.
    """

    def __init__(self, language: Language, **options: Any) -> None:
        def formatter(prog: str) -> _Formatter:
            return _Formatter(prog, say("command.help.usage", language))

        super().__init__(add_help=False, formatter_class=formatter, **options)
        self._positionals.title = say("command.help.positionals", language)
        self._optionals.title = say("command.help.options", language)
        words = say("command.help.help", language)
        self.add_argument("-h", "--help", action="help", help=words)

    def error(self, message: str) -> NoReturn:
        for pattern, key in ARGPARSE:
            if found := pattern.fullmatch(message):
                raise RefusedOption(f"command.option.{key}", option=found[1])
        raise RefusedOption("command.option.unknown", option=message)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    _print_any_text()
    start_logging()
    language, settings = spoken_language(), None
    try:
        name, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
        if name in ("-h", "--help"):
            print(_overview(language))
            return DONE
        command, chosen = _chosen(name, rest, language)
        settings = load_settings(database_url=getattr(chosen, "database", None))
        start_logging(settings)
        return int(command.main(chosen, settings))
    except KeyboardInterrupt:
        print(say("command.interrupted", language), file=sys.stderr)
    except Exception as error:
        said = in_words(error, settings)
        if said is None:
            raise
        print(one_line(said.words(language)), file=sys.stderr)
    return FAILED


def _chosen(
    name: str, rest: Sequence[str], language: Language
) -> tuple[ModuleType, argparse.Namespace]:
    """The command's module and its options."""
    if name not in COMMANDS:
        raise RefusedOption("command.unknown", name=name, commands=", ".join(COMMANDS))
    command = import_module(f"evaluations.commands.{COMMANDS[name]}")
    words = say(f"command.{name}", language)
    parser = _Parser(language, prog=f"python -m evaluations {name}", description=words)
    command.add_arguments(parser, language)
    return command, _parse(parser, rest)


def _parse(parser: _Parser, arguments: Sequence[str]) -> argparse.Namespace:
    """The command's options; files may also stand behind options."""
    chosen, rest = parser.parse_known_args(arguments)
    if rest and hasattr(chosen, "files") and not any(word.startswith("-") for word in rest):
        chosen.files += [Path(word) for word in rest]
    elif rest:
        parser.error(" ".join(rest))
    return chosen


def _overview(language: Language) -> str:
    lines = [f"  {name:<10} {say(f'command.{name}', language)}" for name in COMMANDS]
    usage = "python -m evaluations COMMAND [--help]"
    return "\n".join([usage, "", say("command.description", language), "", *lines])


def _print_any_text() -> None:
    """A name that the console cannot show must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
