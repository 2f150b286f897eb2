"""What the shipped checkpoints do, on held-back generated documents and on files of one's own.

Prints, per training length T: chunk invariance; bits per byte of every reading policy; the same
targets with more and more context; and one row per document set beside a unigram model, an order-2
byte model (both fitted on the first half of a text and scored on its second half) and xz (the whole
text). The goals are checked on generated documents alone; the short form does it on few and short
ones. Files are never part of a goal or a test.
"""

from __future__ import annotations

import argparse
import lzma
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from evaluations.baselines import simple_models
from evaluations.documents import ingest_bytes
from longssm_core import load_checkpoint, score, score_blocks
from longssm_core.corpus.generator import generate
from longssm_core.corpus.mixture import EVALUATION_SEEDS
from longssm_core.models import LanguageModel

ARMS = ("zero", "previous", "zero-adapted", "zero-control")
FULL, SHORT = (20, 18_944), (6, 8_192)  # documents, bytes of each
TARGETS = 2048  # at the end of every document
SCORED_AFTER = 1024  # bytes: the longest reset window of T = 64; before it is the cold start


@dataclass(frozen=True)
class DocumentSet:
    """Documents of equal length, (documents, bytes)."""

    name: str
    bytes: NDArray[np.uint8]

    @property
    def tokens(self) -> torch.Tensor:
        """As token ids."""
        return torch.from_numpy(self.bytes.astype(np.int64))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="texts of one's own")
    parser.add_argument("--training-length", type=int, nargs="+", default=[16, 64], metavar="T")
    parser.add_argument("--full", action="store_true", help="20 documents of 18,944 bytes")
    parser.add_argument("--pieces", type=int, default=1, help="documents cut from every file")


def run(options: argparse.Namespace) -> int:
    """Print all tables; 0 when every goal is met, 1 when one is missed or a file is too short."""
    torch.set_num_threads(1)
    documents, size = FULL if options.full else SHORT
    try:
        sets = [generated(documents, size)]
        sets += [own_file(path, size, options.pieces) for path in options.files]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    missed = []
    for length in options.training_length:
        models = {arm: load_checkpoint(f"{arm}-t{length}", device="cpu") for arm in ARMS}
        print(f"\n## T = {length}\n")
        worst = chunk_invariance(models, sets[0])
        print(f"chunk invariance (largest difference, nats): {worst:.1e}\n")
        print(policy_table(models, length, sets), flush=True)
        for one in (sets[0], together(sets[1:])):
            if one is None:
                continue
            scored = f"last {TARGETS} bytes of {len(one.bytes)} documents"
            print(f"\nmatched targets, {one.name} ({scored})\n")
            print(context_table(models, one), flush=True)
        missed += [name for name, is_met in goals(models, length, sets[0]).items() if not is_met]
    print("\nall goals met" if not missed else f"\nmissed: {'; '.join(missed)}")
    return 1 if missed else 0


def goals(models: dict[str, LanguageModel], length: int, one: DocumentSet) -> dict[str, bool]:
    """What the shipped checkpoints of a training length are to show on generated documents."""
    short, long = (
        {arm: float(matched(model, one, context).mean()) for arm, model in models.items()}
        for context in (length, 4096)
    )
    found = {
        "chunks do not show": chunk_invariance(models, one) <= 1e-4,
        "zero + carry gets worse with length": long["zero"] > short["zero"] + 0.03,
        "previous + carry is better far out": long["previous"] < long["zero"] - 0.01,
        "adapting beats its control far out": long["zero-adapted"] < long["zero-control"] - 0.03,
        "adapted holds with length": long["zero-adapted"] < short["zero-adapted"] + 0.02,
        "no curve is flat": all(abs(long[arm] - short[arm]) > 1e-6 for arm in ARMS),
    }
    if length == 16:  # T = 64 was trained on half as much text: its extension is not monotone
        found["previous + carry gains with length"] = long["previous"] < short["previous"] - 0.1
    return {f"T = {length}: {name}": is_met for name, is_met in found.items()}


def generated(documents: int, size: int) -> DocumentSet:
    """Generated documents with seeds that neither training nor the bundled sample uses."""
    texts = []
    for seed in EVALUATION_SEEDS:
        data = generate(seed, size + 64).text.encode("utf-8")
        if len(data) >= size:
            texts.append(np.frombuffer(data[:size], dtype=np.uint8))
        if len(texts) == documents:
            break
    return DocumentSet("generated", np.stack(texts))


def own_file(path: Path, size: int, pieces: int) -> DocumentSet:
    """Evenly spaced pieces of one file's text.

    Raises:
        ValueError: the file is refused, or holds less than one piece.
    """
    ingested = ingest_bytes(path.name, path.read_bytes())
    text = ingested.documents[0].text if ingested.documents else ""
    data = np.frombuffer(text.encode("utf-8"), dtype=np.uint8)
    if len(data) < size:
        raise ValueError(f"{path.name}: {len(data):,} bytes of text, {size:,} are needed")
    starts = np.linspace(0, max(0, len(data) - size), pieces, dtype=int)
    return DocumentSet(path.name, np.stack([data[start : start + size] for start in starts]))


def together(sets: Sequence[DocumentSet]) -> DocumentSet | None:
    """The documents of several sets as one; None without any."""
    if not sets:
        return None
    return DocumentSet("own files", np.concatenate([one.bytes for one in sets]))


def chunk_invariance(models: dict[str, LanguageModel], documents: DocumentSet) -> float:
    """Largest difference in nats between chunks of 1, 7, 64 and the whole of 512 bytes."""
    tokens = documents.tokens[:2, :512]
    worst = 0.0
    for model in models.values():
        whole = score(model, tokens, chunk=512).nll
        for chunk in (1, 7, 64):
            worst = max(worst, float((score(model, tokens, chunk=chunk).nll - whole).abs().max()))
    return worst


def policies(length: int) -> list[tuple[str, str, int | None]]:
    """(arm, policy, window) of the table's columns."""
    windows = [length, 4 * length, 16 * length]
    return [
        *(("zero", "reset", window) for window in windows),
        ("zero", "carry", None),
        ("previous", "reset", length),
        ("previous", "carry", None),
        ("zero-control", "carry", None),
        ("zero-adapted", "carry", None),
    ]


def read(
    model: LanguageModel, tokens: torch.Tensor, policy: str, window: int | None
) -> NDArray[np.float64]:
    """Bits of every token, (documents, length)."""
    rows = [score(model, part, policy, window).nll for part in tokens.split(8)]
    return torch.cat(rows).numpy().astype(np.float64) / math.log(2)


def policy_table(models: dict[str, LanguageModel], length: int, sets: Sequence[DocumentSet]) -> str:
    """Bits per byte after the cold start, every policy, beside the simple models."""
    columns = policies(length)
    names = [f"{arm} {policy} {window or ''}".strip() for arm, policy, window in columns]
    lines = [
        "| text | " + " | ".join(names) + " | previous − best zero | unigram | order 2 | xz |",
        "| --- " * (len(names) + 5) + "|",
    ]
    for one in sets:
        bits = [
            read(models[arm], one.tokens, policy, window)[:, SCORED_AFTER:].mean(axis=1)
            for arm, policy, window in columns
        ]
        means = [float(values.mean()) for values in bits]
        best = int(np.argmin(means[:4]))
        difference = bits[5] - bits[best]
        low, high = interval(difference)
        simple = [simple_models(row.tobytes()) for row in one.bytes]
        xz = np.mean([8 * len(lzma.compress(row.tobytes())) / len(row) for row in one.bytes])
        cells = [
            *(f"{value:.3f}" for value in means),
            f"{difference.mean():+.3f}" + ("" if low is None else f" [{low:+.3f}, {high:+.3f}]"),
            f"{np.mean([model.unigram for model in simple]):.3f}",
            f"{np.mean([model.order2 for model in simple]):.3f}",
            f"{xz:.3f}",
        ]
        lines.append(f"| {one.name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def interval(differences: NDArray[np.float64]) -> tuple[float, float] | tuple[None, None]:
    """95 % percentile bootstrap over documents; None below six."""
    if len(differences) < 6:
        return None, None
    random = np.random.default_rng(0)
    draws = random.choice(differences, (10_000, len(differences))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def contexts(size: int) -> Iterator[int]:
    """Context lengths that leave room for the targets."""
    context = 16
    while context + TARGETS <= size:
        yield context
        context *= 4


def matched(model: LanguageModel, documents: DocumentSet, context: int) -> NDArray[np.float64]:
    """Bits of the last targets, (documents, TARGETS), each after `context` to 2 `context` bytes."""
    size = documents.bytes.shape[1]
    block = min(context, TARGETS)
    blocks = [
        (start - context, start, start + block) for start in range(size - TARGETS, size, block)
    ]
    rows = [score_blocks(model, row, blocks).flatten() for row in documents.tokens]
    return torch.stack(rows).numpy().astype(np.float64) / math.log(2)


def context_table(models: dict[str, LanguageModel], documents: DocumentSet) -> str:
    """Bits per byte of the same targets with more and more context, state carried."""
    lengths = list(contexts(documents.bytes.shape[1]))
    lines = [
        "| arm | " + " | ".join(f"{length:,}" for length in lengths) + " | last − first |",
        "| --- " * (len(lengths) + 2) + "|",
    ]
    for arm, model in models.items():
        bits = [matched(model, documents, length).mean(axis=1) for length in lengths]
        cells = [f"{values.mean():.3f}" for values in bits]
        low, high = interval(bits[-1] - bits[0])
        change = f"{(bits[-1] - bits[0]).mean():+.3f}"
        cells.append(change + ("" if low is None else f" [{low:+.3f}, {high:+.3f}]"))
        lines.append(f"| {arm} + carry | " + " | ".join(cells) + " |")
    return "\n".join(lines)
