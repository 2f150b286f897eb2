"""`python -m evaluations score FILE`: the loss of every token of one document, without a database.

Loads the model in this process. Written as an .npz: `nll` (nats per token), `token_bytes` (UTF-8
bytes behind each token) and `meta` (JSON text: what was computed, and with what).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evaluations.commands import ALL_REFUSED, DONE
from evaluations.commands.failures import computing_on
from evaluations.commands.options import reading, whole
from evaluations.documents import ingest_path
from evaluations.errors import RefusedDocument, RefusedOption, RefusedPlan, UnusablePlace
from evaluations.metrics import Totals, bits_per_byte, perplexity
from evaluations.plan import versions
from evaluations.settings import Settings
from evaluations.wording import Language, say
from longssm_core.errors import PolicyError
from longssm_core.records import find_checkpoint, read_record

if TYPE_CHECKING:
    from evaluations.core_scorer import ScoredText
    from evaluations.documents import ExtractedDocument, Ingested
    from evaluations.records import IntArray

MOST_BYTES = 32_000_000  # of a document: some 30 bytes of memory for each


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `score`."""

    def help_of(option: str) -> str:
        return say(f"command.score.{option}", language)

    parser.add_argument("file", type=Path, metavar="FILE", help=help_of("file"))
    parser.add_argument("--checkpoint", required=True, metavar="CKPT", help=help_of("checkpoint"))
    policies = "carry|reset:W|window:W"
    parser.add_argument(
        "--policy", default="carry", type=reading, metavar=policies, help=help_of("policy")
    )
    chunk = whole("--chunk")
    parser.add_argument("--chunk", type=chunk, default=512, metavar="N", help=help_of("chunk"))
    parser.add_argument("--output", type=Path, metavar="F.npz", help=help_of("output"))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Score one document, print its means, write its losses; the exit code."""
    if arguments.output is not None:
        _check_output(arguments.output, arguments.file)
    ingested = ingest_path(
        arguments.file, largest_text=settings.largest_text, limits=settings.reader_limits
    )
    if ingested.messages:
        print(ingested.words(settings.language), file=sys.stderr)
    if not ingested.documents:
        return ALL_REFUSED
    extracted = _only_document(ingested)
    _check_size(extracted)
    about = _about_checkpoint(arguments.checkpoint)
    nll, token_bytes, device = _score(arguments, extracted.text, settings.device)
    if arguments.output is not None:
        meta = {**about, **_about_reading(arguments, extracted), "device": device}
        _write(arguments.output, nll, token_bytes, json.dumps(meta))
    totals = Totals(float(nll.sum(dtype="float64")), len(nll), int(token_bytes.sum()))
    words = say(
        "command.score.result",
        settings.language,
        file=ingested.file,
        tokens=len(nll),
        bits=f"{bits_per_byte(totals):.4f}",
        perplexity=f"{perplexity(totals):.4f}",
    )
    print(words)
    return DONE


def _only_document(ingested: Ingested) -> ExtractedDocument:
    if len(ingested.documents) > 1:
        raise RefusedDocument(
            "command.score.one_document", file=ingested.file, documents=len(ingested.documents)
        )
    return ingested.documents[0]


def _check_size(extracted: ExtractedDocument) -> None:
    """Raise RefusedDocument where the losses of all tokens are more than one process should hold.

    Raises:
        RefusedDocument
    """
    size = extracted.document.bytes
    if size > MOST_BYTES:
        raise RefusedDocument(
            "command.score.too_large",
            file=extracted.document.name,
            megabytes=f"{size / 1e6:.1f}",
            most=f"{MOST_BYTES / 1e6:.0f}",
        )


def _score(arguments: argparse.Namespace, text: str, device: str | None) -> ScoredText:
    """The losses, or an error that says what stood in their way."""
    from evaluations.core_scorer import score_text  # only here: it loads torch

    (policy, window), source = arguments.policy, arguments.checkpoint
    try:
        with computing_on(device, "command.score.out_of_memory"):
            return score_text(source, text, policy, window, arguments.chunk, device)
    except PolicyError as error:
        raise RefusedPlan("plan.policy", policy=policy.value) from error


def _check_output(path: Path, document: Path) -> None:
    """Raise where the losses could not be written once they are computed, or replace the document.

    Raises:
        RefusedOption, UnusablePlace
    """
    if path.exists() and document.exists() and path.samefile(document):
        raise RefusedOption("command.score.same_file", file=path.name)
    try:
        with path.open("ab") if path.exists() else tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise UnusablePlace.of(path, error) from error


def _write(path: Path, nll: NDArray[np.float32], token_bytes: IntArray, meta: str) -> None:
    try:
        with path.open("wb") as file:  # np.savez would add .npz to another ending
            np.savez(file, nll=nll, token_bytes=token_bytes, meta=np.array(meta))
    except OSError as error:
        raise UnusablePlace.of(path, error) from error


def _about_checkpoint(source: str) -> dict[str, object]:
    """What it is; how it was trained is unknown where no record says so."""
    files = find_checkpoint(source)
    record = read_record(source, files.folder)
    return {
        "checkpoint": source if record is None else record.name,
        "fingerprint": files.fingerprint,
        "training_initialization": "unknown" if record is None else record.training_initialization,
        "training_length": None if record is None else record.training_length,
    }


def _about_reading(
    arguments: argparse.Namespace, extracted: ExtractedDocument
) -> dict[str, object]:
    return {
        "document": extracted.document.model_dump(),
        "policy": arguments.policy.policy.value,
        "window": arguments.policy.window,
        "chunk": arguments.chunk,
        "dtype": "float32",
        "unit": "nats",
        "versions": versions(),
    }
