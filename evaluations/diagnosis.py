"""What the two checkpoints of a comparison do with their memory, as a record that people can read.

`Diagnosis` holds, for arms A and B: effective remembrance (how much a prediction depends on what
lies further back than k tokens), the state's norm by position, the newline test, and how well a
planted key is recalled. The first three are properties of the checkpoint, read with its state
carried; the key is asked under the arm's own policy, since a reset arm has dropped it.

`plant` hides a key line early in a log and asks for it after `distance` bytes; the true value is
one of CANDIDATES equally long ones. Some values are likelier than others whatever was said before,
so the same log without the key line is read too, and what counts is how much the line helps each
value: a reader without memory finds the true one in 1 of 16 cases. `recall` sums up the trials.
`core_diagnostics` runs the models; nothing here decides anything.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from evaluations.distributions import t_quantile
from evaluations.paired import LN2
from evaluations.records import FloatArray, Frozen

DISTANCES = (64, 256, 1_024, 4_096, 16_384)  # bytes between the key and the question
KEPT = (16, 64, 256, 1_024)  # last tokens of the context that stay, for effective remembrance
CANDIDATES, TRIALS = 16, 8
LEAD = 256  # bytes of the log before the key
VALUE_LENGTH = 8
MOST_READ = 8 << 20  # bytes of a document's start that are looked at
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_SIGNS = _LETTERS + "23456789"
CONFIDENCE = 0.95


class Planted(NamedTuple):
    """A log up to the point where the value of its key must follow.

    text, control: with and without the key line; values: what may follow, the true one first.
    """

    text: str
    control: str
    values: tuple[str, ...]


class Remembered(Frozen):
    """Total variation, 0 to 1, between predictions with all of the context and its last `kept`."""

    kept: int
    context: int  # tokens in all
    distance: float  # mean over several places


class NormAt(Frozen):
    """The state's Euclidean norm after `position` tokens, layer by layer."""

    position: int
    layers: tuple[float, ...]


class NewlineTest(Frozen):
    """A document of line breaks alone. Losses in nats per token; None: not finite."""

    tokens: int
    early: float | None  # mean over the training length (at least one piece)
    late: float | None  # mean over the last quarter
    guess: float  # ln of the vocabulary: a reader that knows nothing
    growth: float | None  # norm at the end over the norm after the training length
    passed: bool  # finite, the end no worse than guessing, and the norm in bounds


class Recall(Frozen):
    """The planted key after one distance. advantage: bits per byte of the value, with interval.

    By how much the key line makes the true value likelier, beyond what it does for the others.
    """

    distance: int
    trials: int
    first: float  # share of the trials in which the line helped the true value most
    chance: float
    advantage: float
    low: float
    high: float


class ArmDiagnosis(Frozen):
    """One side of the comparison."""

    arm: str
    checkpoint: str
    remembrance: tuple[Remembered, ...]
    norms: tuple[NormAt, ...]
    newlines: NewlineTest
    recall: tuple[Recall, ...]


class Diagnosis(Frozen):
    """Both sides on one document."""

    run: str
    document: str  # its id
    name: str
    bytes: int
    read: int  # of them, from the start: what the arms were looked at on
    arms: tuple[ArmDiagnosis, ...]


def distances_within(filler: str) -> tuple[int, ...]:
    """The distances that a log is long enough for, without saying anything twice."""
    size = len(filler.encode("utf-8"))
    return tuple(distance for distance in DISTANCES if LEAD + distance <= size)


def plant(filler: str, distance: int, rng: np.random.Generator) -> Planted:
    """A key line in `filler`, asked for again after about `distance` bytes, cut at a line end.

    The log is begun at a random line and goes round, so every trial has other lines in between.
    """
    lines = filler.split("\n")
    start = int(rng.integers(len(lines)))
    turned = [*lines[start:], *lines[:start]]
    before, rest = _lines_of(turned, LEAD)
    between, _ = _lines_of(rest, distance)
    name = _drawn(_LETTERS, 4, rng)
    words = "照合キー" if any("\u3040" <= sign <= "\u30ff" for sign in filler) else "reference key"
    values = list(dict.fromkeys(_drawn(_SIGNS, VALUE_LENGTH, rng) for _ in range(2 * CANDIDATES)))
    values = values[:CANDIDATES]
    question = f"{words} {name} = "
    text, control = (
        "\n".join([*before, *key, *between, question]) for key in ([question + values[0]], [])
    )
    return Planted(text, control, tuple(values))


def recall(distance: int, losses: FloatArray, control: FloatArray) -> Recall:
    """The trials at one distance.

    Args:
        losses: nats of every value, (trials, candidates), the true one first; at least two trials.
        control: the same without the key line.
    """
    trials, candidates = losses.shape
    helped = control - losses
    gained = (helped[:, 0] - helped[:, 1:].mean(axis=1)) / (LN2 * VALUE_LENGTH)
    error = float(gained.std(ddof=1)) / math.sqrt(trials)
    half = t_quantile((1 + CONFIDENCE) / 2, trials - 1) * error
    mean = float(gained.mean())
    return Recall(
        distance=distance,
        trials=trials,
        first=float((helped[:, 0] > helped[:, 1:].max(axis=1)).mean()),
        chance=1 / candidates,
        advantage=mean,
        low=mean - half,
        high=mean + half,
    )


def newline_test(
    nll: FloatArray,
    positions: FloatArray,
    norms: FloatArray,
    training_length: int,
    vocabulary: int,
    largest_growth: float,
) -> NewlineTest:
    """The test's verdict.

    Args:
        nll: mean nats per token of each piece, (pieces,).
        positions: tokens read after each piece.
        norms: of the whole state after each piece.
        training_length: T.
        vocabulary: ids that the model knows.
        largest_growth: of the norm, that is still within bounds.
    """
    early_pieces = max(1, int((positions <= training_length).sum()))
    early, late = float(nll[:early_pieces].mean()), float(nll[-max(1, len(nll) // 4) :].mean())
    growth = float(norms[-1] / norms[early_pieces - 1])
    guess = math.log(vocabulary)
    finite = bool(np.isfinite(nll).all() and np.isfinite(norms).all())
    return NewlineTest(
        tokens=int(positions[-1]),
        early=early if math.isfinite(early) else None,
        late=late if math.isfinite(late) else None,
        guess=guess,
        growth=growth if math.isfinite(growth) else None,
        passed=finite and late <= guess and growth <= largest_growth,
    )


def _lines_of(lines: list[str], size: int) -> tuple[list[str], list[str]]:
    """Lines of at least `size` bytes from the front, with their line ends, and the others."""
    total = 0
    for number, line in enumerate(lines):
        if total >= size:
            return lines[:number], lines[number:]
        total += len(line.encode("utf-8")) + 1
    return lines, []


def _drawn(alphabet: str, length: int, rng: np.random.Generator) -> str:
    return "".join(alphabet[k] for k in rng.integers(len(alphabet), size=length))
