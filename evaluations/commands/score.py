"""`python -m evaluations score FILE`: the loss of every token of one document, without a database.

Loads the model in this process. Written as an .npz: `nll` (nats per token), `token_bytes` (UTF-8
bytes behind each token) and `meta` (JSON text: what was computed, and with what).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evaluations.commands import ALL_REFUSED, DONE
from evaluations.documents import ingest_path
from evaluations.errors import RefusedDocument, RefusedPlan
from evaluations.metrics import Totals, bits_per_byte, perplexity
from evaluations.plan import versions
from evaluations.records import Policy
from evaluations.settings import Settings
from evaluations.wording import Language, say
from longssm_core.errors import PolicyError
from longssm_core.records import describe_checkpoint
from longssm_core.tokenizer import ByteTokenizer

if TYPE_CHECKING:
    from evaluations.documents import ExtractedDocument, Ingested


class Reading(NamedTuple):
    """A reading policy, as `--policy` gives it."""

    policy: Policy
    window: int | None


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `score`."""

    def help_of(option: str) -> str:
        return say(f"command.score.{option}", language)

    parser.add_argument("file", type=Path, metavar="FILE", help=help_of("file"))
    parser.add_argument("--checkpoint", required=True, metavar="CKPT", help=help_of("checkpoint"))
    policies = "carry|reset:W|window:W"
    parser.add_argument(
        "--policy", default="carry", type=_reading, metavar=policies, help=help_of("policy")
    )
    parser.add_argument("--chunk", type=_positive, default=512, metavar="N", help=help_of("chunk"))
    parser.add_argument("--output", type=Path, metavar="F.npz", help=help_of("output"))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Score one document, print its means, write its losses; the exit code."""
    from evaluations.core_scorer import score_tokens  # only here: it loads torch

    ingested = ingest_path(arguments.file)
    if ingested.messages:
        print(ingested.words(settings.language), file=sys.stderr)
    if not ingested.documents:
        return ALL_REFUSED
    extracted = _only_document(ingested)
    tokenizer, (policy, window) = ByteTokenizer(), arguments.policy
    tokens = tokenizer.encode(extracted.text)
    try:
        nll, device = score_tokens(
            arguments.checkpoint, tokens, policy, window, arguments.chunk, settings.device
        )
    except PolicyError as error:
        raise RefusedPlan("plan.policy", policy=policy.value, problem=error) from error
    token_bytes = tokenizer.token_bytes(tokens)
    if arguments.output is not None:
        meta = json.dumps(_meta(arguments, extracted, device))
        with arguments.output.open("wb") as file:  # np.savez would add .npz to another ending
            np.savez(file, nll=nll, token_bytes=token_bytes, meta=np.array(meta))
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


def _meta(
    arguments: argparse.Namespace, extracted: ExtractedDocument, device: str
) -> dict[str, object]:
    described = describe_checkpoint(arguments.checkpoint)
    return {
        "document": extracted.document.model_dump(),
        "checkpoint": described.record.name,
        "fingerprint": described.fingerprint,
        "training_initialization": described.record.training_initialization,
        "training_length": described.record.training_length,
        "policy": arguments.policy.policy.value,
        "window": arguments.policy.window,
        "chunk": arguments.chunk,
        "dtype": "float32",
        "device": device,
        "unit": "nats",
        "versions": versions(),
    }


def _reading(text: str) -> Reading:
    """carry, reset:W or window:W."""
    name, _, window = text.partition(":")
    policy = Policy(name)
    if (policy is Policy.CARRY) == bool(window):
        raise ValueError("carry has no window; reset and window need one")
    return Reading(policy, int(window) if window else None)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("at least 1")
    return number
