"""`python -m evaluations reproduce RUN`: compute a stored evaluation again and compare every bit.

The stored evaluation is only read. Exit code 0: it came out the same; 1: it did not, or what it was
computed from has changed, which one sentence names.
"""

from __future__ import annotations

import argparse

from evaluations.commands import DONE, FAILED
from evaluations.commands.notices import tell
from evaluations.commands.options import text, whole
from evaluations.commands.run import wait_for
from evaluations.records import ComputedBy
from evaluations.reproduction import Reproduction, check_record, compared, copied_record
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say

MOST_NAMED = 5  # figures that differ


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `reproduce`."""
    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    documents = say("command.reproduce.documents", language)
    parser.add_argument("--documents", type=whole("--documents"), metavar="N", help=documents)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check, compute again, compare, print; the exit code."""
    store = open_store(settings)
    try:
        check_record(store, arguments.run)
        tell(say("reproduce.checked", settings.language))
        with copied_record(store, arguments.run, arguments.documents) as again:
            wait_for(again, {arguments.run: ""}, settings.language)
            found = compared(store, again, arguments.run)
    finally:
        store.close()
    if arguments.json:
        print(found.model_dump_json())
    else:
        print("\n".join(lines(found, settings.language)))
    return DONE if found.same else FAILED


def lines(found: Reproduction, language: Language) -> list[str]:
    """What was found, in words."""
    said = [
        say(f"reproduce.{'same' if found.same else 'different'}", language, run=found.run),
        *(_by("then", by, language) for by in found.then),
        *(_by("now", by, language) for by in found.now),
        say(f"reproduce.{'same' if found.same_class else 'other'}_class", language,
            changed=", ".join(found.changed) or "-", tolerance=found.tolerance),
        say("reproduce.units", language, **found.model_dump(include=_COUNTED)),
    ]  # fmt: skip
    if found.missing:
        said.append(say("reproduce.missing", language, missing=found.missing))
    if found.figures is None:
        said.append(say("reproduce.no_figures", language))
    else:
        different = found.different_figures
        said.append(
            say("reproduce.figures", language, figures=found.figures, different=len(different))
        )
        said += [f"  {name}" for name in different[:MOST_NAMED]]
    return said


_COUNTED = {
    "documents",
    "documents_in_all",
    "units",
    "equal_units",
    "losses",
    "largest_difference",
    "largest_mean_difference",
}


def _by(when: str, by: ComputedBy, language: Language) -> str:
    versions = ", ".join(f"{name} {value}" for name, value in sorted(by.versions.items()))
    return say(
        f"reproduce.{when}",
        language,
        device=by.device,
        threads=by.threads,
        arithmetic=by.arithmetic or "-",
        versions=versions,
    )
