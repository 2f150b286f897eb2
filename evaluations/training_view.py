"""A training as people watch it: both losses, the time that is left, what came out.

`view_of(job)` reads a job of the kind `train`; `thinned` is what the training itself stores of its
losses while it runs; `parted_sizes` says beforehand which documents would be held out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluations.documents.ingest import ExtractedDocument
from evaluations.held_out import hold_out, part_checked
from evaluations.job_rows import Job
from evaluations.records import Document

if TYPE_CHECKING:
    from evaluations.store import Store

POINTS = 60  # of a loss curve: what a chart can show


class LossPoint(NamedTuple):
    """Mean training loss, bits per byte, of the steps up to `step`, from 1."""

    step: int
    loss: float


class HeldOut(NamedTuple):
    """Bits per byte of held-out documents, before and after the training."""

    before: float
    after: float

    @property
    def is_worse(self) -> bool:
        """Whether training did harm to text that it had not seen."""
        return self.after > self.before


@dataclass(frozen=True)
class TrainingView:
    """One training: how far it is, and what it gave so far."""

    job: Job
    losses: Mapping[str, tuple[LossPoint, ...]]  # by initialization
    held_out: Mapping[str, HeldOut]
    seconds_left: float | None  # None: it has not been measured yet
    now: str | None  # the initialization that is trained
    zero: str | None  # folders, once it is done
    proposed: str | None
    kept: tuple[str, ...]  # ids of the documents that were held out
    trained_on: int  # documents

    @property
    def worse(self) -> tuple[str, ...]:
        """The initializations that did harm to text that their training had not seen."""
        return tuple(name for name, one in self.held_out.items() if one.is_worse)

    @property
    def share(self) -> float:
        """How much of it is done."""
        return self.job.done / self.job.total if self.job.total else 0.0


def view_of(job: Job) -> TrainingView:
    """What a job of the kind `train` says, whether it has ended or not."""
    result = job.result or {}
    so_far = result.get("so_far", {})
    losses = so_far.get("losses", {})
    if "checkpoints" in result:
        losses = {
            name: thinned(dict(enumerate(one, start=1))) for name, one in result["losses"].items()
        }
    held_out = result.get("held_out_bits_per_byte", so_far.get("held_out_bits_per_byte", {}))
    pace = so_far.get("seconds_per_step")
    is_paced = job.state == "running" and pace is not None and job.total > 0
    return TrainingView(
        job=job,
        losses={name: tuple(LossPoint(*point) for point in one) for name, one in losses.items()},
        held_out={name: HeldOut(one["before"], one["after"]) for name, one in held_out.items()},
        seconds_left=(job.total - job.done) * pace if is_paced else None,
        now=so_far.get("name") if job.state == "running" else None,
        zero=result.get("zero"),
        proposed=result.get("proposed"),
        kept=tuple(one["id"] for one in result.get("held_out_documents", ())),
        trained_on=len(result.get("trained_on", ())),
    )


def thinned(by_step: Mapping[int, float], most: int = POINTS) -> list[list[Any]]:
    """At most `most` pairs (last step, mean loss), each of as many steps that follow each other."""
    steps = sorted(by_step)
    size = -(-len(steps) // most) or 1
    pieces = [steps[first : first + size] for first in range(0, len(steps), size)]
    return [[piece[-1], sum(by_step[step] for step in piece) / len(piece)] for piece in pieces]


class PartedSizes(NamedTuple):
    """Bytes of each document that would be trained on, and of each that would be held out."""

    training: tuple[int, ...]
    held_out: tuple[int, ...]
    too_short: int  # documents
    checked: tuple[int, ...] = ()  # those of `training` that say when to end


def parted_sizes(
    store: Store,
    documents: Sequence[Document],
    training_length: int,
    known: frozenset[str],
    share: float | None = None,
    seed: int = 0,
) -> PartedSizes:
    """What `hold_out` will do with stored documents, of which only the beginnings are read.

    Raises:
        RefusedAdaptation: too few of them are long enough.
    """
    read = [ExtractedDocument(one, store.document_start(one.id)) for one in documents]
    parted = hold_out(read, training_length, seed, share, known)
    _, checked = part_checked(parted.training, training_length, seed, known)
    return PartedSizes(
        tuple(one.document.bytes for one in parted.training),
        tuple(one.document.bytes for one in parted.held_out),
        len(parted.too_short),
        tuple(one.document.bytes for one in checked),
    )
