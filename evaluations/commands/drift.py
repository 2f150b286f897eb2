"""`python -m evaluations drift RUN FILE...`: do new documents resemble those of an evaluation?

The texts are compared, and, unless told otherwise, how well the proposed arm reads the start of
every document: its stored losses on one side, computed in this process on the other. Nothing is
stored. Whatever is found, the exit code is 0: the level is in the words and in the JSON.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from codecs import iterdecode
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations.commands import ALL_REFUSED, DONE
from evaluations.commands.failures import computing_on
from evaluations.commands.notices import tell
from evaluations.commands.options import add_preparation, preparation, split, text
from evaluations.commands.run import accepted_files
from evaluations.documents import ExtractedDocument, Ingested
from evaluations.drift import DocumentFacts, DriftReport, drift, facts_of
from evaluations.errors import EvaluationError, RefusedPlan
from evaluations.metrics import Totals, bits_per_byte
from evaluations.numbers import plain
from evaluations.records import Arm, FloatArray, IntArray, Snapshot
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.tokens import text_pieces
from evaluations.wording import Language, say
from longssm_core.records import find_checkpoint

READ, LEAST = 8_192, 256  # tokens of a document's start that are compared: at most, at least
COLUMNS = ("feature", "reference", "new", "psi", "distance", "p", "level")


class _Start(NamedTuple):
    """Losses of a document's first tokens: nats, and bytes behind each token."""

    nll: FloatArray
    token_bytes: FloatArray


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `drift`."""
    parser.add_argument(
        "run", type=text("RUN"), metavar="RUN", help=say("command.run_id", language)
    )
    files = say("command.drift.files", language)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=files)
    how = say("command.run.split", language)
    parser.add_argument("--split", type=split, metavar="HOW", help=how)
    add_preparation(parser, language, storing=False)
    no_loss = say("command.drift.no_loss", language)
    parser.add_argument("--no-loss", action="store_true", help=no_loss)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Compare and print; the exit code."""
    language = settings.language
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
        used = [part.document for part in store.run_documents(snapshot.run)]
        reference = [part.id for part in snapshot.documents if part.role != "too_short"]
        if not reference:
            raise RefusedPlan("drift.no_reference", run=snapshot.run)
        found = accepted_files(
            arguments.files,
            arguments.split,
            language,
            settings.largest_text,
            limits=settings.reader_limits,
            prepared=preparation(arguments),
        )
        accepted = list(found)
        if not accepted:
            return ALL_REFUSED
        new = _new(accepted, {document.id for document in used}, language)
        starts: list[_Start] | None = None
        if not arguments.no_loss:
            starts = _stored_starts(store, snapshot, reference)
            starts += _computed_starts(snapshot, new, settings)
        texts = [text_pieces(store.text_file(document)) for document in reference]
        facts = _facts([*texts, *map(_pieces, new)], starts)
        rng = np.random.default_rng(_seed(snapshot, new))
        report = drift(facts[: len(reference)], facts[len(reference) :], rng)
    finally:
        store.close()
    if arguments.json:
        print(json.dumps({"run": snapshot.run, **report.model_dump(mode="json")}))
    else:
        print("\n".join(_lines(report, language)))
    return DONE


def _new(
    accepted: Sequence[tuple[Path, Ingested]], known: set[str], language: Language
) -> list[ExtractedDocument]:
    """Documents that the evaluation does not know, each text once."""
    found: dict[str, ExtractedDocument] = {}
    for _, ingested in accepted:
        for extracted in ingested.documents:
            if extracted.document.id in known:
                tell(say("command.drift.known", language, file=extracted.document.name))
            else:
                found.setdefault(extracted.document.id, extracted)
    if not found:
        raise EvaluationError("drift.nothing_new")
    return list(found.values())


def _stored_starts(store: Store, snapshot: Snapshot, reference: Sequence[str]) -> list[_Start]:
    """Losses of the reference documents' starts under the proposed arm, as they were stored."""
    losses, found = store.losses(snapshot.run), []
    for document in reference:
        prefix = losses.prefix(document, snapshot.plan.candidate)
        if prefix is None:
            raise RefusedPlan("drift.no_reference", run=snapshot.run)
        found.append(_start(prefix.nll, prefix.token_bytes))
    return found


def _computed_starts(
    snapshot: Snapshot, new: Sequence[ExtractedDocument], settings: Settings
) -> list[_Start]:
    """The same of the new documents, read here."""
    from evaluations.core_scorer import score_text  # only here: it loads torch

    arm = _arm(snapshot)
    found = []
    with computing_on(settings.device, "command.drift.out_of_memory"):
        for one in new:
            beginning = one.beginning(READ)
            read = score_text(
                arm.checkpoint, beginning, arm.policy, arm.window, 512, settings.device
            )
            found.append(_start(read.nll, read.token_bytes))
    return found


def _arm(snapshot: Snapshot) -> Arm:
    """The proposed arm, whose checkpoint is still the one that was evaluated."""
    arm = next(arm for arm in snapshot.plan.arms if arm.name == snapshot.plan.candidate)
    if find_checkpoint(arm.checkpoint).fingerprint != arm.fingerprint:
        raise RefusedPlan("task.checkpoint_changed", checkpoint=arm.checkpoint)
    return arm


def _start(nll: NDArray[np.float32], token_bytes: IntArray) -> _Start:
    return _Start(nll[:READ].astype(np.float64), token_bytes[:READ].astype(np.float64))


def _pieces(one: ExtractedDocument) -> Iterator[str]:
    return iterdecode(one.pieces(), "utf-8")


def _facts(texts: Sequence[Iterable[str]], starts: Sequence[_Start] | None) -> list[DocumentFacts]:
    """Every document in numbers. Losses are of equally many tokens: the start is always harder."""
    if starts is None:
        return [facts_of(text) for text in texts]
    common = max(LEAST, min(len(start.nll) for start in starts))
    return [
        facts_of(text, float(start.token_bytes.mean()), _loss(start, common))
        for text, start in zip(texts, starts, strict=True)
    ]


def _loss(start: _Start, tokens: int) -> float:
    nll, sizes = start.nll[:tokens], start.token_bytes[:tokens]
    return bits_per_byte(Totals(float(nll.sum()), len(nll), int(sizes.sum())))


def _seed(snapshot: Snapshot, new: Sequence[ExtractedDocument]) -> int:
    """The same documents give the same report."""
    named = "/".join(["drift", snapshot.run, *sorted(one.document.id for one in new)])
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "little")


def _lines(report: DriftReport, language: Language) -> list[str]:
    sizes = {"reference": report.reference_documents, "new": report.new_documents}
    rows = [
        [
            say(f"drift.feature.{one.feature}", language),
            plain(one.reference, 2),
            plain(one.new, 2),
            plain(one.psi),
            plain(one.distance),
            f"{one.p_value:.4f}",
            say(f"drift.level.{one.level}", language),
        ]
        for one in report.features
    ]
    header = [say(f"drift.column.{name}", language) for name in COLUMNS]
    return [
        say(f"drift.verdict.{report.level}", language, needed=report.documents_needed),
        say("drift.sizes", language, **sizes),
        *(" | ".join(row) for row in [header, *rows]),
        say("drift.legend", language),
    ]
