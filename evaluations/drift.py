"""Are new documents still of the kind that an evaluation was made on?

`facts_of` reduces a document to a few numbers, `drift` compares two sets of them, feature by
feature: length, bytes per character, bytes per token (where tokens are not bytes), shares of
character classes, and loss (where it was computed). Every document counts once.

For each feature both sets become distributions over fixed bins, and two sizes are given: the
population stability index PSI = sum (q - p) ln(q / p), and the Jensen-Shannon distance (base 2,
0 to 1). Their usual limits (WATCH, ALARM) are for thousands of cases; a handful of documents
passes them by chance. So a level also asks how often a random split of all these documents into
sets of the same sizes gives as large a PSI: at most 5 % for `watch`, 5 % shared among the features
for `drift`. Where even the most extreme split is not that rare, the level is `few`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, islice
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evaluations.records import FloatArray, Frozen, IntArray

Level = Literal["stable", "few", "watch", "drift"]
LEVELS: tuple[Level, ...] = ("stable", "few", "watch", "drift")  # the last is the most serious

WATCH, ALARM = 0.1, 0.25  # PSI
WATCH_DISTANCE, ALARM_DISTANCE = 0.1, 0.2  # Jensen-Shannon
SIGNIFICANCE = 0.05
DRAWS = 4_000  # splits; all of them where there are no more
HALF_A_DOCUMENT = 0.5  # added to every bin that either set reaches, so that none is empty
LITTLE = 0.001  # the same for shares of classes, of one document

CLASSES = (
    "digits", "latin", "space", "line_end", "punctuation", "hiragana", "katakana", "kanji", "other"
)  # fmt: skip


class DocumentFacts(NamedTuple):
    """One document in numbers. None: not known."""

    bytes: int
    characters: int
    classes: FloatArray  # share of the characters in each of CLASSES
    bytes_per_token: float | None = None
    loss: float | None = None  # bits per byte


class FeatureDrift(Frozen):
    """One feature of two sets of documents. reference, new: means over documents."""

    feature: str
    reference: float
    new: float
    psi: float
    distance: float  # Jensen-Shannon
    p_value: float
    level: Level


class DriftReport(Frozen):
    """New documents against the reference; the level is that of the worst feature."""

    reference_documents: int
    new_documents: int
    level: Level
    documents_needed: int  # further new ones until a watch can be told from chance
    features: tuple[FeatureDrift, ...]
    classes: dict[str, tuple[float, float]]  # mean share of each class: reference, new


class _Feature(NamedTuple):
    """What is compared: weights (documents, bins), and one number of each document for people."""

    name: str
    weights: FloatArray
    values: FloatArray
    smoothing: float


def facts_of(
    pieces: Iterable[str], bytes_per_token: float | None = None, loss: float | None = None
) -> DocumentFacts:
    """The numbers of one stored text, which is read a piece at a time.

    Args:
        loss: bits per byte, where it was computed.
    """
    size, counts = 0, np.zeros(len(CLASSES), dtype=np.int64)
    for piece in pieces:
        size += len(piece.encode("utf-8"))
        counts += class_counts(piece)
    characters = int(counts.sum())
    return DocumentFacts(
        bytes=size,
        characters=characters,
        classes=counts / max(1, characters),
        bytes_per_token=bytes_per_token,
        loss=loss,
    )


def class_counts(text: str) -> IntArray:
    """How many of the characters are in each of CLASSES."""
    code = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")

    def between(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
        found = np.zeros(len(code), dtype=np.bool_)
        for low, high in ranges:
            found |= (code >= low) & (code <= high)
        return found

    digits = between((0x30, 0x39), (0xFF10, 0xFF19))
    latin = between((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A))
    space = between((0x09, 0x09), (0x20, 0x20), (0xA0, 0xA0), (0x3000, 0x3000))
    kana = (between((0x3041, 0x309F)), between((0x30A0, 0x30FF), (0xFF66, 0xFF9F)))
    kanji = between((0x3005, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x323AF))
    punctuation = between((0x21, 0x7E), (0xA1, 0xBF), (0x2010, 0x203E), (0x3001, 0x303F),
                          (0xFF01, 0xFF65)) & ~digits & ~latin & ~kanji  # fmt: skip
    known = [digits, latin, space, code == 0x0A, punctuation, *kana, kanji]
    counts = [int(one.sum()) for one in known]
    return np.array([*counts, len(code) - sum(counts)], dtype=np.int64)


def drift(
    reference: Sequence[DocumentFacts], new: Sequence[DocumentFacts], rng: np.random.Generator
) -> DriftReport:
    """Every feature of `new` against `reference`, both at least one document.

    Args:
        rng: draws the splits where there are too many to take all.
    """
    features = list(_features([*reference, *new]))
    splits = _splits(len(reference), len(new), rng)
    found = tuple(_compare(one, len(reference), splits, len(features)) for one in features)
    return DriftReport(
        reference_documents=len(reference),
        new_documents=len(new),
        level=max((one.level for one in found), key=LEVELS.index),
        documents_needed=_needed(len(reference), len(new)),
        features=found,
        classes={
            name: (
                float(np.mean([facts.classes[k] for facts in reference])),
                float(np.mean([facts.classes[k] for facts in new])),
            )
            for k, name in enumerate(CLASSES)
        },
    )


def psi(p: FloatArray, q: FloatArray) -> float:
    """Population stability index of two distributions without an empty bin."""
    return float(((q - p) * np.log(q / p)).sum())


def js_distance(p: FloatArray, q: FloatArray) -> float:
    """Jensen-Shannon distance, 0 to 1, of two distributions without an empty bin."""
    middle = (p + q) / 2
    divergence = (p * np.log2(p / middle)).sum() + (q * np.log2(q / middle)).sum()
    return math.sqrt(max(0.0, float(divergence) / 2))


# --- features --------------------------------------------------------------------------------


def _features(facts: Sequence[DocumentFacts]) -> Iterator[_Feature]:
    """What all documents have. Bins: one a doubling of the length, else 0.25 wide."""
    lengths = np.array([one.bytes for one in facts], dtype=np.float64)
    yield _binned("length", lengths, np.floor(np.log2(np.maximum(lengths, 1))))
    per_character = np.array([one.bytes / max(1, one.characters) for one in facts])
    yield _binned("bytes_per_character", per_character, np.floor(per_character / 0.25))
    per_token = [one.bytes_per_token for one in facts if one.bytes_per_token is not None]
    if len(per_token) == len(facts) and any(size != 1 for size in per_token):
        sizes = np.array(per_token)
        yield _binned("bytes_per_token", sizes, np.floor(sizes / 0.25))
    shares = np.stack([one.classes for one in facts])
    yield _Feature("character_classes", shares, shares[:, CLASSES.index("kanji")], LITTLE)
    losses = [one.loss for one in facts if one.loss is not None]
    if len(losses) == len(facts):
        bits = np.array(losses)
        yield _binned("loss", bits, np.floor(bits / 0.25))


def _binned(name: str, values: FloatArray, bins: FloatArray) -> _Feature:
    occupied, index = np.unique(bins, return_inverse=True)
    weights = np.eye(len(occupied))[index]
    return _Feature(name, weights, values, HALF_A_DOCUMENT)


# --- sizes and chance ------------------------------------------------------------------------


def _splits(reference: int, new: int, rng: np.random.Generator) -> FloatArray:
    """Who is new, 1 or 0, (splits, documents), the true split first: all there are, or drawn."""
    everything = reference + new
    true = np.arange(reference, everything)
    if math.comb(everything, new) <= DRAWS:
        every = np.array(list(combinations(range(everything), new)))
        others = every[(every != true).any(axis=1)]
    else:
        others = rng.permuted(np.tile(np.arange(everything), (DRAWS - 1, 1)), axis=1)[:, :new]
    chosen = np.concatenate([true[None], others.reshape(-1, new)])
    members = np.zeros((len(chosen), everything))
    np.put_along_axis(members, chosen, 1.0, axis=1)
    return members


def _compare(feature: _Feature, reference: int, splits: FloatArray, features: int) -> FeatureDrift:
    taken = splits @ feature.weights
    p, q = (
        _distribution(weights, feature.smoothing)
        for weights in (feature.weights.sum(axis=0) - taken, taken)
    )
    sizes = ((q - p) * np.log(q / p)).sum(axis=1)
    distance = js_distance(p[0], q[0])
    p_value = float(np.mean(sizes >= sizes[0] * (1 - 1e-9) - 1e-12))
    return FeatureDrift(
        feature=feature.name,
        reference=float(feature.values[:reference].mean()),
        new=float(feature.values[reference:].mean()),
        psi=psi(p[0], q[0]),
        distance=distance,
        p_value=p_value,
        level=_level(float(sizes[0]), distance, p_value, 1 / len(splits), features),
    )


def _distribution(weights: FloatArray, smoothing: float) -> FloatArray:
    filled = np.maximum(weights, 0) + smoothing
    shares: FloatArray = filled / filled.sum(axis=1, keepdims=True)
    return shares


def _level(size: float, distance: float, p_value: float, rarest: float, features: int) -> Level:
    alarms = size >= ALARM or distance >= ALARM_DISTANCE
    if alarms and p_value <= SIGNIFICANCE / features:
        return "drift"
    if size >= WATCH or distance >= WATCH_DISTANCE:
        if p_value <= SIGNIFICANCE:
            return "watch"
        if rarest > SIGNIFICANCE:
            return "few"
    return "stable"


def _needed(reference: int, new: int) -> int:
    """Further new documents until the rarest split is rare enough; 0: there are enough."""
    more = (m for m in range(1_000) if math.comb(reference + new + m, new + m) * SIGNIFICANCE >= 1)
    return next(islice(more, 1))
