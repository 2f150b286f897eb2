"""A pair of one's own: one checkpoint, trained on by new text once per initialization.

In reading order: `read_start`, what is continued; `choose_work`, the same text, order and steps for
every initialization; `adaptation_plans`, one `ArmPlan` for each of them; `adapt_pair`, which makes
them one after the other and goes on where it stopped when it is repeated. Texts are streams of byte
tokens here; what documents they came from, and which of those are held out, is the caller's
business. What writes into the output folder is called while it is held (`pair.alone_in`).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from longssm_core.checkpoint import load_checkpoint
from longssm_core.config import ModelConfig
from longssm_core.corpus.mixture import DATA, Corpus, join_texts
from longssm_core.damage import undamaged
from longssm_core.errors import CheckpointError, ConfigError, FolderTaken
from longssm_core.models import LanguageModel
from longssm_core.pair import ADAPTATION_RATE, LOSSES, ArmPlan, is_made, make_arm
from longssm_core.records import (
    RECORD,
    CheckpointRecord,
    TextSource,
    describe_checkpoint,
    find_checkpoint,
    read_record,
    record_to_json,
)
from longssm_core.scoring import score
from longssm_core.tokenizer import BOS, ByteTokenizer
from longssm_core.training import Checking, Progress, TrainingConfig

MOST_STEPS, PASSES = 200, 2  # where nobody asks for a number of steps: what is reached first
UNRECORDED_LENGTH = 64  # T where neither the caller nor a record says one
LEAST_WINDOWS = 64  # of a piece: what the state can age in it
SAVE_EVERY = 20  # steps between two snapshots
MEASURED = 8_192  # bytes of a text that `bits_per_byte` reads
CHECK_EVERY = 5  # steps between two readings of the texts that are checked on
CHECKED = 4  # texts of those, at most
CHECKED_BYTES = 4_096  # of each of them
PATIENCE = 8  # readings without a better one
SOURCE = "own documents"

Stream = NDArray[np.uint8]  # the UTF-8 bytes of one text


@dataclass(frozen=True)
class Start:
    """A checkpoint that can be continued on bytes."""

    source: str
    config: ModelConfig
    record: CheckpointRecord | None  # None: nobody wrote down how it was made

    @property
    def training_length(self) -> int:
        """T, in tokens, of its last training."""
        return UNRECORDED_LENGTH if self.record is None else self.record.training_length

    @property
    def documents(self) -> frozenset[str]:
        """SHA-256 of the texts that it was trained on, as far as they are listed."""
        return frozenset() if self.record is None else self.record.documents


class Adapted(NamedTuple):
    """One checkpoint of a pair of one's own; `losses` are bits per byte, one a step."""

    initialization: str  # of its own training, as it was asked for; the record tells of all of it
    folder: Path
    record: CheckpointRecord
    losses: list[float]


def read_start(source: str, device: str | None = None) -> Start:
    """What is known of a checkpoint, once it is sure that it can be continued on bytes.

    Raises:
        CheckpointError: as `load_checkpoint`; or it reads other tokens, or starts from a learned
            state, which no other initialization would keep.
    """
    files = find_checkpoint(source)
    if files.tokenizer != "bytes":
        raise CheckpointError(source, "not_bytes")
    model = load_checkpoint(source, device)
    if (model.config.vocabulary, model.config.bos) != (ByteTokenizer.vocabulary, BOS):
        raise CheckpointError(source, "not_bytes")
    if model.learned_start is not None:
        raise CheckpointError(source, "learned_start")
    return Start(source, model.config, read_record(source, files.folder))


class Work(NamedTuple):
    """What is trained on, and how: chosen before anything is written."""

    start: Start
    pieces: tuple[Stream, ...]  # of the documents, side by side in a batch
    documents: tuple[str, ...]  # SHA-256 of each text that is trained or checked on
    checked_on: tuple[Stream, ...]  # they say which step's weights are kept; none: the last ones
    trainings: tuple[TrainingConfig, ...]  # one for each initialization


def choose_work(
    start: Start,
    streams: Sequence[Stream],
    initializations: Sequence[str],
    steps: int | None = None,
    training_length: int | None = None,
    seed: int = 0,
    checked_on: Sequence[Stream] = (),
) -> Work:
    """The same text, order and steps for each initialization; nothing is written.

    Args:
        steps: None: PASSES readings of the text, at most MOST_STEPS. More of them learns a small
            text by heart: documents that were held out become worse.
        streams: the texts; those shorter than `training_length` hold no window and are left out.
        training_length: T in tokens; None: that of the start.
        checked_on: texts that are not trained on; each arm keeps the weights that read them best,
            by the same rule for all. Without any it keeps the last ones.

    Raises:
        CheckpointError: a ZERO arm is asked for, and the start was trained with a carried state.
        ConfigError: too little text for these settings, or no such initialization.
    """
    _check_zero(start, initializations)
    length = training_length or start.training_length
    long_enough = [stream for stream in streams if len(stream) >= length]
    most_rows = max(1, TrainingConfig.tokens_per_step // length)
    pieces = cut(long_enough, length, most_rows)
    if not pieces:
        raise ConfigError(f"no text has {length} tokens")
    # never more rows than pieces: they would read the same windows side by side
    tokens_per_step = min(most_rows, len(pieces)) * length
    passes = math.ceil(PASSES * sum(map(len, pieces)) / tokens_per_step)
    trainings = tuple(
        TrainingConfig(
            name,
            training_length=length,
            steps=steps or min(MOST_STEPS, passes),
            tokens_per_step=tokens_per_step,
            learning_rate=ADAPTATION_RATE,
            seed=seed,
        )
        for name in initializations
    )
    seen = (*long_enough, *checked_on)
    documents = tuple(hashlib.sha256(stream.tobytes()).hexdigest() for stream in seen)
    return Work(start, tuple(pieces), documents, tuple(checked_on), trainings)


def adaptation_plans(work: Work, output: Path, device: str | None = None) -> tuple[ArmPlan, ...]:
    """One plan for each initialization; the text is stored in `output`/corpus.

    Args:
        device: None: the best there is.

    Raises:
        FolderTaken: `output` holds the text or a checkpoint of another adaptation.
        DamagedFile: what it holds cannot be read.
    """
    trained_on = len(work.documents) - len(work.checked_on)
    corpus = _stored(work.pieces, trained_on, output / "corpus")
    checked_on = None
    if work.checked_on:
        folder = output / "corpus" / "checked-on"
        checked_on = str(_stored(work.checked_on, len(work.checked_on), folder))
    plan = partial(
        ArmPlan,
        start=work.start.source,
        model=work.start.config,
        corpus=str(corpus),
        output=str(output),
        device=device,
        documents=work.documents,
        checked_on=checked_on,
        checking=_checking,
    )
    names = [training.initialization for training in work.trainings]
    zero = "zero" if "zero" in names else None
    plans = tuple(
        plan(name, label, zero if name != "zero" else None, training=training)
        for name, label, training in zip(
            names, _labels(work.start, names), work.trainings, strict=True
        )
    )
    for one in plans:
        is_made(one)  # FolderTaken, before anything is trained
    return plans


def _labels(start: Start, initializations: Sequence[str]) -> list[str]:
    """What the records say of checkpoints that go on from `start`, as of the shipped ones.

    `zero_adapted` is what was trained from blank states alone and then with the state carried; an
    initialization that a record names alone was there from the first step, or nobody knows better.
    """
    stages = () if start.record is None else start.record.stages
    before = {stage.initialization for stage in stages}
    begun = before == {"zero"} or (
        start.record is not None and start.record.training_initialization == "zero_adapted"
    )
    return ["zero_adapted" if begun and name == "previous" else name for name in initializations]


def _check_zero(start: Start, initializations: Sequence[str]) -> None:
    """Raise CheckpointError where a ZERO arm would be made of a checkpoint that is none."""
    stages = () if start.record is None else start.record.stages
    if "zero" in initializations and any(
        stage.initialization not in ("zero", "unknown") for stage in stages
    ):
        raise CheckpointError(start.source, "carried")


def adapt_pair(
    plans: Sequence[ArmPlan], report: Callable[[ArmPlan, Progress], None] = lambda *_: None
) -> tuple[Adapted, ...]:
    """The checkpoints of `plans`, made one after the other; what is made already stays.

    Args:
        report: called after every step.

    Raises:
        CheckpointError: the start is not there any more.
        TrainingDiverged: a loss, a gradient or a weight is not finite.
        FolderInUse: another process is training into a folder of `plans`.
        DamagedFile: what an earlier call left there cannot be read.
    """
    for plan in plans:
        make_arm(plan, partial(report, plan), SAVE_EVERY)
    return tuple(_adapted(plan) for plan in plans)


@torch.inference_mode()
def bits_per_byte(
    model: LanguageModel, texts: Sequence[Stream], initialization: str, length: int
) -> float:
    """Mean loss of a model on the first MEASURED bytes of each text.

    The state is carried, or for `zero` dropped every 16 `length` bytes, since a carried state is
    what that arm was not trained for.
    """
    policy, window = ("reset", 16 * length) if initialization == "zero" else ("carry", None)
    nats = [
        score(model, torch.from_numpy(text[None, :MEASURED].astype(np.int64)), policy, window).nll
        for text in texts
    ]
    return float(torch.cat(nats, dim=1).double().mean()) / math.log(2)


def note_held_out(made: Adapted, before: float, after: float) -> Adapted:
    """The checkpoint, whose record now says how it reads text that its training has not seen.

    before, after: bits per byte of that text, by the start and by what it became.
    """
    found = {"before": round(before, 4), "after": round(after, 4)}
    if made.record.settings.get("held_out_bits_per_byte") == found:
        return made
    settings = made.record.settings | {"held_out_bits_per_byte": found}
    record = replace(made.record, settings=settings)
    part = made.folder / f"{RECORD}.part"
    part.write_text(record_to_json(record), encoding="utf-8")
    os.replace(part, made.folder / RECORD)
    return made._replace(record=record)


def _checking(texts: Corpus, training: TrainingConfig) -> Checking:
    """The loss of `bits_per_byte`, on the first texts."""
    edges = pairwise(texts.offsets[: CHECKED + 1])
    streams = [np.asarray(texts.tokens[start:stop])[:CHECKED_BYTES] for start, stop in edges]
    name, length = training.initialization, training.training_length
    return Checking(
        lambda model: bits_per_byte(model, streams, name, length), CHECK_EVERY, PATIENCE
    )


def cut(streams: Sequence[Stream], length: int, rows: int) -> list[Stream]:
    """`streams` in pieces of whole windows of `length`, about `rows` of them or more.

    Training reads `rows` texts side by side from their starts. A few long documents would give it
    a few different windows a step, each many times over; their pieces give it as many as there
    are. No piece is cut to fewer than LEAST_WINDOWS windows, so that states can grow old.
    """
    windows = sum(len(stream) // length for stream in streams)
    wanted = max(LEAST_WINDOWS, windows // rows)
    return [piece for stream in streams for piece in _pieces(stream, length, wanted)]


def _pieces(stream: Stream, length: int, wanted: int) -> Iterator[Stream]:
    windows = len(stream) // length
    count = max(1, windows // wanted)
    edges = [windows * k // count * length for k in range(count)] + [len(stream)]
    return (stream[start:stop] for start, stop in pairwise(edges))


def _stored(pieces: Sequence[Stream], documents: int, folder: Path) -> Path:
    """The folder of the corpus of `pieces`, written unless it is there."""
    amount = sum(map(len, pieces))
    joined = join_texts(
        [piece.tobytes() for piece in pieces], (TextSource(SOURCE, "", "", amount),)
    )
    corpus = replace(joined, record=replace(joined.record, documents=documents))
    if (folder / DATA).is_file():
        if Corpus.load(folder).record != corpus.record:
            raise FolderTaken(
                folder.parent, f"{folder} holds another text: choose another --output"
            )
    else:
        corpus.save(folder)
    return folder


def _adapted(plan: ArmPlan) -> Adapted:
    record, path = describe_checkpoint(str(plan.folder)).record, plan.folder / LOSSES
    with undamaged(path, plan.folder):
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        by_step = {int(row["step"]): float(row["loss"]) for row in rows}
    losses = [by_step[step] for step in sorted(by_step)]  # a step that was repeated counts once
    return Adapted(plan.training.initialization, plan.folder, record, losses)
