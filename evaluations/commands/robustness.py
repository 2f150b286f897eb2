"""`python -m evaluations robustness RUN`: is the gain kept where the documents are disturbed?

Queues one re-run a kind of perturbation, like `run` (repeating the command goes on with what is
there), waits for them and prints the table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from evaluations.commands import ALL_REFUSED, DONE, FAILED
from evaluations.commands.notices import tell
from evaluations.commands.options import (
    Preparation,
    add_preparation,
    kinds,
    preparation,
    text,
    whole,
)
from evaluations.commands.run import accepted_files, wait_for
from evaluations.perturbations import DEFAULT_STRENGTHS
from evaluations.plan import LARGEST_SEED
from evaluations.records import Document, Perturbation, PerturbationKind
from evaluations.robustness import (
    Queued,
    Robustness,
    check_donors,
    column_words,
    kind_words,
    queue_reruns,
    robustness_of,
    row_words,
)
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `robustness`."""

    def help_of(option: str) -> str:
        return say(f"command.robustness.{option}", language)

    run_id = say("command.run_id", language)
    parser.add_argument("run", type=text("RUN"), metavar="RUN", help=run_id)
    usual = tuple(DEFAULT_STRENGTHS.items())
    parser.add_argument(
        "--kinds", type=kinds, default=usual, metavar="KIND[:S],...", help=help_of("kinds")
    )
    parser.add_argument(
        "--foreign", nargs="+", type=Path, default=[], metavar="FILE", help=help_of("foreign")
    )
    add_preparation(parser, language, storing=True)
    seed = whole("--seed", least=0, most=LARGEST_SEED)
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help=help_of("seed"))
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--no-wait", action="store_true", help=help_of("no_wait"))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Queue, wait, print the table; the exit code."""
    language = settings.language
    store = open_store(settings)
    try:
        parent = store.snapshot(arguments.run)
        donors = _donors(store, arguments.foreign, settings, preparation(arguments))
        if arguments.foreign and not donors:
            return ALL_REFUSED
        queued = queue_reruns(store, parent.run, _perturbations(arguments, donors), language)
        _tell_unchanged(queued, language)
        runs = [one for one in queued if one.run is not None]
        if arguments.no_wait:
            for one in runs:
                print(one.run)
            return DONE
        wait_for(store, _titles(runs, language), language)
        table = robustness_of(store, store.snapshot(parent.run))
        _print(table, arguments.json, language)
        own = {one.run for one in runs}
        return DONE if all(r.status == "done" for r in table.rows if r.run in own) else FAILED
    finally:
        store.close()


def _donors(
    store: Store, files: Sequence[Path], settings: Settings, prepared: Preparation
) -> tuple[str, ...]:
    """Ids of the documents of another site, stored like any other upload.

    Raises:
        RefusedPlan: they are more than a re-run holds; the file that is too much is not stored.
    """
    found: dict[str, Document] = {}
    largest, limits = settings.largest_text, settings.reader_limits
    for path, ingested in accepted_files(
        files, None, settings.language, largest, limits=limits, prepared=prepared
    ):
        found |= {one.document.id: one.document for one in ingested.documents}
        check_donors(tuple(found.values()))
        store.add_documents(ingested, path if prepared.keep_original else None)
    return tuple(found)


def _perturbations(arguments: argparse.Namespace, donors: tuple[str, ...]) -> list[Perturbation]:
    return [
        Perturbation(
            kind=kind,
            strength=strength,
            seed=arguments.seed,
            donors=donors if kind is PerturbationKind.FOREIGN_SITE else (),
        )
        for kind, strength in arguments.kinds
    ]


def _titles(runs: Sequence[Queued], language: Language) -> dict[str, str]:
    """What is said before each re-run is waited for."""
    return {
        str(one.run): say(
            "command.robustness.waiting",
            language,
            n=number,
            total=len(runs),
            kind=kind_words(one.perturbation, language),
        )
        for number, one in enumerate(runs, start=1)
    }


def _tell_unchanged(queued: Sequence[Queued], language: Language) -> None:
    for one in queued:
        if one.run is None:
            kind = kind_words(one.perturbation, language)
            tell(say("command.robustness.unchanged", language, kind=kind))


def _print(table: Robustness, as_json: bool, language: Language) -> None:
    if as_json:
        print(json.dumps(table.model_dump(mode="json")))
        return
    if not table.rows:
        print(say("robustness.none", language))
        return
    for cells in (column_words(language), *(row_words(row, language) for row in table.rows)):
        print(" | ".join(cells))
    print(say("robustness.legend", language, confidence=f"{100 * table.confidence:g}"))
