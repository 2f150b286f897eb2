"""Does it reproduce? Training initializations against text length, at the size of a laptop.

For every training length T, initialization and seed a small model is trained on the same text from
the same start weights, then the same target bytes of long held-back documents are read with more
and more context, the state carried. `run_study` trains and measures what its folder does not hold
yet, so that the command can be repeated; `report` makes table and figure from what is there.

Source of the question: LongSSM (arXiv:2406.02080). Unlike its evaluation the targets are the same
at every length, so a falling curve cannot come from fewer targets near a blank state.
"""

from __future__ import annotations

import json
import math
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from longssm_core.config import Mamba2Config
from longssm_core.corpus.generator import generate
from longssm_core.corpus.mixture import EVALUATION_SEEDS, Corpus
from longssm_core.models import LanguageModel
from longssm_core.pair import LEARNED_SHARE
from longssm_core.scoring import score_blocks
from longssm_core.training import TrainingConfig, start_model, train

MODEL = Mamba2Config(d_model=64, n_layers=2, n_heads=8, d_head=16, d_state=32)
LENGTHS = (16, 64, 256, 1024)
INITIALIZATIONS = ("zero", "previous", "state_passing", "fitted_noise", "learned")
FACTORS = (1, 4, 16, 64, 256, 512)  # context lengths, in units of T
TARGETS = 2048  # bytes at the end of every document
RESULTS, TABLE, FIGURE = "results.jsonl", "study.md", "study.svg"


@dataclass(frozen=True)
class StudyPlan:
    """What is trained and measured."""

    megabytes: float = 1.0  # of text that each model reads in training
    seeds: int = 3
    documents: int = 4  # held back, long enough for the longest context
    lengths: tuple[int, ...] = LENGTHS
    initializations: tuple[str, ...] = INITIALIZATIONS
    text: str = ""  # fingerprint of the corpus


class Point(NamedTuple):
    """One trained model at one context length."""

    training_length: int
    initialization: str
    seed: int
    context_length: int
    bits_per_byte: float  # mean over the targets of all documents
    plan: str  # text, megabytes, documents, model: results of another plan are not mixed in
    seconds: float  # training of this model


def run_study(plan: StudyPlan, corpus: Corpus, folder: Path) -> Iterator[Point]:
    """Every point of the plan that `folder` does not hold yet, seed by seed, as it is measured."""
    folder.mkdir(parents=True, exist_ok=True)
    held = {(p.training_length, p.initialization, p.seed) for p in stored(plan, folder)}
    for seed in range(plan.seeds):
        for length in plan.lengths:
            documents = long_documents(plan.documents, FACTORS[-1] * length + 2 * TARGETS)
            weights: dict[str, torch.Tensor] | None = None
            for name in plan.initializations:
                if (length, name, seed) in held:
                    continue
                if name == "learned" and weights is None:
                    weights = _train(plan, corpus, length, "zero", seed, None)[0].state_dict()
                model, seconds = _train(plan, corpus, length, name, seed, weights)
                if name == "zero":
                    weights = model.state_dict()
                points = [
                    Point(length, name, seed, context, bits, _mark(plan), seconds)
                    for context, bits in _curve(model, documents, length)
                ]
                _append(folder / RESULTS, points)
                yield from points


def _train(
    plan: StudyPlan,
    corpus: Corpus,
    length: int,
    name: str,
    seed: int,
    zero: dict[str, torch.Tensor] | None,
) -> tuple[LanguageModel, float]:
    """A trained model and the seconds it took; `learned` starts from the zero-trained weights."""
    steps = max(2, round(plan.megabytes * 1e6 / TrainingConfig.tokens_per_step))
    model = start_model(MODEL, seed)
    if name == "learned":
        assert zero is not None
        model.load_state_dict(zero)
        steps = max(2, round(LEARNED_SHARE * steps))
    began = time.monotonic()
    trained = train(model, corpus, TrainingConfig(name, length, steps, seed=seed))
    model.learned_start = trained.initial_state
    return model.eval(), time.monotonic() - began


def long_documents(count: int, size: int) -> list[torch.Tensor]:
    """Generated documents that no training has seen, each `size` bytes, as token ids."""
    texts = (generate(seed, size + 64).text.encode("utf-8") for seed in EVALUATION_SEEDS[:count])
    return [
        torch.from_numpy(np.frombuffer(text[:size], dtype=np.uint8).astype(np.int64))
        for text in texts
    ]


def _curve(
    model: LanguageModel, documents: Sequence[torch.Tensor], length: int
) -> Iterator[tuple[int, float]]:
    """Bits per byte of the last TARGETS bytes, with c to 2c bytes of context."""
    for context in (factor * length for factor in FACTORS):
        block = min(context, TARGETS)
        nats = []
        for tokens in documents:
            last = len(tokens)
            starts = range(last - TARGETS, last, block)
            blocks = [(start - context, start, start + block) for start in starts]
            nats.append(float(score_blocks(model, tokens, blocks).double().mean()))
        yield context, float(np.mean(nats)) / math.log(2)


# --- results ---------------------------------------------------------------------------------


def stored(plan: StudyPlan, folder: Path) -> list[Point]:
    """The points of this plan that the folder holds."""
    path = folder / RESULTS
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    points = [Point(**json.loads(line)) for line in lines]
    return [point for point in points if point.plan == _mark(plan) and point.seed < plan.seeds]


def _mark(plan: StudyPlan) -> str:
    return json.dumps([plan.megabytes, plan.documents, plan.text, asdict(MODEL)], default=str)


def _append(path: Path, points: Sequence[Point]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(point._asdict()) + "\n" for point in points)


def report(plan: StudyPlan, folder: Path, command: str) -> str:
    """The study as Markdown; it and the figure are also written into `folder`."""
    points = stored(plan, folder)
    seeds = len({point.seed for point in points})
    trained = {(p.training_length, p.initialization, p.seed): p.seconds for p in points}
    lines = [
        f"`{command}`: {len(trained)} models of {_parameters():,} parameters, "
        f"{plan.megabytes:g} MB of text each, {seeds} seeds, "
        f"{sum(trained.values()) / 60:.0f} minutes of training on one core ({platform.machine()}, "
        f"torch {torch.__version__}). Bits per byte of the last {TARGETS:,} bytes of "
        f"{plan.documents} held-back generated documents, state carried, mean over the seeds "
        f"(half the range between seeds). `learned` is `zero` with a start state trained for "
        f"{LEARNED_SHARE:.0%} further steps, its weights as they were.",
        "",
    ]
    for length in plan.lengths:
        lines += [*_table([p for p in points if p.training_length == length], length), ""]
    text = "\n".join(lines)
    (folder / TABLE).write_text(text, encoding="utf-8")
    (folder / FIGURE).write_text(figure(points), encoding="utf-8")
    return text


def _parameters() -> int:
    return sum(weight.numel() for weight in LanguageModel(MODEL).parameters())


def _table(points: Sequence[Point], length: int) -> Iterator[str]:
    """Rows: initializations; columns: context lengths, and what the longest adds to T."""
    contexts = sorted({point.context_length for point in points})
    yield f"| T = {length} | " + " | ".join(f"{c:,}" for c in contexts) + " | last − first |"
    yield "|---" * (len(contexts) + 2) + "|"
    for name in dict.fromkeys(point.initialization for point in points):
        by_context = [
            [p.bits_per_byte for p in points if (p.initialization, p.context_length) == (name, c)]
            for c in contexts
        ]
        cells = [_cell(values) for values in by_context]
        change = [last - first for first, last in zip(by_context[0], by_context[-1], strict=True)]
        yield f"| {name} | " + " | ".join(cells) + f" | {_cell(change, '+.3f')} |"


def _cell(values: Sequence[float], form: str = ".3f") -> str:
    spread = (max(values) - min(values)) / 2
    return f"{np.mean(values):{form}} ({spread:.3f})"


def figure(points: Sequence[Point]) -> str:
    """An SVG: one panel for each T, one line for each initialization, bands between seeds.

    Drawn is the difference from `zero` of the same seed at the shortest context: seeds differ in
    level far more than initializations do.
    """
    import altair as alt  # only here: the core needs no charts
    import pandas as pd
    import vl_convert

    level = {
        (p.training_length, p.seed): p.bits_per_byte
        for p in sorted(points, key=lambda p: -p.context_length)
        if p.initialization == "zero"
    }
    rows = pd.DataFrame(
        [
            {
                "difference": p.bits_per_byte - level[p.training_length, p.seed],
                "context": p.context_length / p.training_length,
                "initialization": p.initialization,
                "T": f"T = {p.training_length:,}",
            }
            for p in points
        ]
    )
    order = [f"T = {length:,}" for length in sorted({p.training_length for p in points})]
    x = alt.X("context:Q", title="context, in units of T")
    x = x.scale(type="log", base=2).axis(values=list(FACTORS), format=",d")
    y = alt.Y("difference:Q", title="bits per byte, beside zero at T")
    hue = alt.Color("initialization:N", sort=list(INITIALIZATIONS), title="trained with")
    line = alt.Chart().mark_line(point=True).encode(x, y.aggregate("mean"), hue)
    band = alt.Chart().mark_area(opacity=0.15)
    band = band.encode(x, y.aggregate("min"), alt.Y2("max(difference):Q"), hue)
    chart = (
        alt.layer(band, line, data=rows)
        .properties(width=260, height=200)
        .facet(alt.Facet("T:N", sort=order, title=None), columns=2)
    )
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))
