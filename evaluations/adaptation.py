"""A pair of one's own, from documents to what compares it: the same for a command and a worker.

`Adaptation` is what is asked for; `make_own_pair` parts the documents, trains, measures, and
writes everything into one folder; repeated after an interruption it goes on to the same bits.
`OwnPair` is what came out, `as_json` what is printed or stored of it. Whoever asked for it hears of
its making as a `Listener`. Torch is loaded inside the functions: who only imports this needs none.
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
from pydantic import Field

from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import RefusedAdaptation, RefusedOption
from evaluations.held_out import LEAST, Parted, hold_out, part_checked, write_held_out
from evaluations.plan import LARGEST_SEED
from evaluations.records import Document, Frozen
from longssm_core.errors import ConfigError

if TYPE_CHECKING:
    from longssm_core.adaptation import Adapted, Start, Stream, Work
    from longssm_core.models import LanguageModel
    from longssm_core.pair import ArmPlan
    from longssm_core.training import Progress

INITIALIZATIONS = ("previous", "zero")
LONGEST_WINDOW = 65_536  # tokens
HELD_OUT = "held-out"  # folder of the texts that are kept for the evaluation
MOST_BYTES = 256_000_000  # of all documents: a training holds them
MEASURED = 8  # held-out documents that are read before and after

Whole = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Adaptation(Frozen):
    """How a pair is made of a checkpoint; what is None is chosen by what there is to train on."""

    checkpoint: str
    initializations: tuple[str, ...] = INITIALIZATIONS
    steps: Whole | None = None
    training_length: Annotated[int, Field(ge=2, le=LONGEST_WINDOW)] | None = None  # T, in tokens
    hold_out: Annotated[float, Field(gt=0, lt=1)] | None = None  # share of the documents
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0


class HeldOutLoss(NamedTuple):
    """Bits per byte of the held-out documents, read alike by the start and by what it became."""

    initialization: str
    before: float
    after: float

    @property
    def is_worse(self) -> bool:
        """Whether training did harm to text that it had not seen."""
        return self.after > self.before


class Listener:
    """What is heard while a pair is made; here nobody listens."""

    def notice(self, key: str, **values: object) -> None:
        """Something that is to be said, as a key of the wording."""

    def planned(self, plans: Sequence[ArmPlan]) -> None:
        """What will be trained, in this order."""

    def step(self, plan: ArmPlan, progress: Progress) -> None:
        """A step is done."""

    def measured(self, loss: HeldOutLoss) -> None:
        """A checkpoint is made, and so good."""


@dataclass(frozen=True)
class OwnPair:
    """What was made, on which documents, and what is kept for its evaluation."""

    made: tuple[Adapted, ...]
    measured: tuple[HeldOutLoss, ...]
    parted: Parted
    held_out: tuple[Path, ...]  # files of the documents that are kept

    @property
    def sides(self) -> tuple[str | None, str]:
        """Folders of ZERO and PROPOSED; without a pair, None and the one checkpoint there is."""
        folders = {one.initialization: str(one.folder) for one in self.made}
        proposed = next((name for name in folders if name != "zero"), None)
        if "zero" in folders and proposed is not None:
            return folders["zero"], folders[proposed]
        return None, next(iter(folders.values()))

    @property
    def next_command(self) -> str:
        """What compares the pair; without one, two ways of reading the first checkpoint."""
        zero, proposed = self.sides
        zero_or_none = ["--preset", "operations"] if zero is None else ["--zero", zero]
        words = ["python", "-m", "evaluations", "run", *map(str, self.held_out)]
        words += [*zero_or_none, "--proposed", proposed]
        return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)

    def as_json(self) -> dict[str, object]:
        """The object that `adapt --json` prints."""
        return {
            "checkpoints": [
                {
                    "folder": str(one.folder),
                    "training_initialization": one.record.training_initialization,
                    "training_length": one.record.training_length,
                    "steps": one.record.stages[-1].steps,
                    "checks": one.record.settings.get("checks", []),
                    "tokens": one.record.stages[-1].tokens,
                    "state_age": one.record.stages[-1].state_age,
                    "partner": one.record.partner,
                }
                for one in self.made
            ],
            "held_out": [str(path) for path in self.held_out],
            "trained_on": [
                {"name": one.document.name, "sha256": one.document.id, "bytes": one.document.bytes}
                for one in self.parted.training
            ],
            "held_out_bits_per_byte": {
                one.initialization: {"before": one.before, "after": one.after}
                for one in self.measured
            },
            "losses": {one.initialization: one.losses for one in self.made},
            "next_command": self.next_command,
        }


def check_initializations(names: Sequence[str], found: str) -> None:
    """Raise RefusedOption unless all are in the core's registry; `found` is what was asked for."""
    from longssm_core.initialization import INITIALIZATIONS as KNOWN

    for name in names or (found,):
        if name not in KNOWN:
            raise RefusedOption(
                "command.option.choice",
                option="--initialization",
                found=name,
                choices=", ".join(KNOWN),
            )


def check_amount(documents: Iterable[Document]) -> None:
    """Raise RefusedAdaptation where the texts are more than a training should hold.

    Raises:
        RefusedAdaptation
    """
    size = sum(document.bytes for document in documents)
    if size > MOST_BYTES:
        raise RefusedAdaptation(
            "command.adapt.too_much",
            megabytes=f"{size / 1e6:.1f}",
            most=f"{MOST_BYTES / 1e6:.0f}",
        )


def make_own_pair(
    wanted: Adaptation,
    start: Start,
    documents: Sequence[ExtractedDocument],
    output: Path,
    device: str | None,
    listener: Listener,
) -> OwnPair:
    """Train the checkpoints of `wanted` into `output`, or go on where that was interrupted.

    Args:
        start: `wanted.checkpoint`, as `longssm_core.adaptation.read_start` gives it.
        documents: what is trained on and held out.
        device: None: the best there is.

    Raises:
        RefusedAdaptation: too little text for these settings, or too much.
        FolderTaken, FolderInUse, DamagedFile, TrainingDiverged: as `adapt_pair`.
    """
    from longssm_core.adaptation import adapt_pair, adaptation_plans, note_held_out
    from longssm_core.checkpoint import load_checkpoint
    from longssm_core.pair import alone_in

    check_amount(one.document for one in documents)
    parted = _parted(wanted, start, documents, listener)
    work = _work(wanted, start, parted)
    with alone_in(output):
        plans = adaptation_plans(work, output, device)
        held_out = write_held_out(parted.held_out, output / HELD_OUT)
        listener.planned(plans)
        beginning = load_checkpoint(start.source, device)
        made: list[Adapted] = []
        measured: list[HeldOutLoss] = []
        for plan in plans:
            (one,) = adapt_pair([plan], listener.step)
            loss = _measured(beginning, load_checkpoint(str(one.folder), device), one, parted)
            made.append(note_held_out(one, loss.before, loss.after))
            measured.append(loss)
            listener.measured(loss)
    return OwnPair(tuple(made), tuple(measured), parted, tuple(held_out))


def _parted(
    wanted: Adaptation, start: Start, documents: Sequence[ExtractedDocument], listener: Listener
) -> Parted:
    """The documents by what becomes of them; what is to be said of that is said."""
    length = wanted.training_length or start.training_length
    parted = hold_out(documents, length, wanted.seed, wanted.hold_out, start.documents)
    for one in parted.too_short:
        listener.notice("command.adapt.too_short", file=one.document.name, length=length)
    held_out = len(parted.held_out)
    if held_out < LEAST:
        listener.notice("command.adapt.few_held_out", held_out=held_out, needed=LEAST)
    if start.record is None and wanted.training_length is None:
        listener.notice("command.adapt.no_record", source=start.source, length=length)
    return parted


def _work(wanted: Adaptation, start: Start, parted: Parted) -> Work:
    from longssm_core.adaptation import choose_work

    length = wanted.training_length or start.training_length
    trained, checked = part_checked(parted.training, length, wanted.seed, start.documents)
    try:
        return choose_work(
            start,
            [_bytes_of(one) for one in trained],
            wanted.initializations,
            wanted.steps,
            wanted.training_length,
            wanted.seed,
            [_bytes_of(one) for one in checked],
        )
    except ConfigError as error:
        raise RefusedAdaptation(
            "command.adapt.too_little",
            initialization=", ".join(wanted.initializations),
            length=length,
        ) from error


def _measured(
    beginning: LanguageModel, after: LanguageModel, made: Adapted, parted: Parted
) -> HeldOutLoss:
    from longssm_core import adaptation

    texts = [_bytes_of(one) for one in parted.held_out[:MEASURED]]
    name, length = made.initialization, made.record.training_length
    losses = [adaptation.bits_per_byte(m, texts, name, length) for m in (beginning, after)]
    return HeldOutLoss(name, *losses)


def _bytes_of(one: ExtractedDocument) -> Stream:
    return np.frombuffer(b"".join(one.pieces()), dtype=np.uint8)
