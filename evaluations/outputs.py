"""What both arms write at the same points of a document, and how close that is to the truth.

In reading order: `choose_positions` (line starts of a document, the same for every arm), `Output`
(one continuation by one arm), `shown_text` (bytes that may cut a character, as text), the metrics
`is_exact`, `chrf`, `edit_similarity` and `parts_after`, and `compare_outputs`, which pairs A with B
and gives the differences with intervals over documents. Nothing here touches the verdict: it
illustrates what the losses have decided.
"""

from __future__ import annotations

import codecs
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.documents.cleaning import stored_text
from evaluations.paired import LN2, Estimate, by_group, compare
from evaluations.records import Depth, FloatArray, Frozen, IntArray
from evaluations.tokens import starts

ORDERS, BETA = 6, 2.0  # of chrF: character n-grams up to 6, recall counts twice


class OutputsRequest(Frozen):
    """How many continuations are written, and how long they are."""

    documents: int = 6  # the fewest that carry an interval
    items: int = 4  # points of each document
    length: int = 64  # tokens at most, of what is written and of the truth beside it
    lines: int = 1  # it ends with so many line ends


REQUESTS: dict[Depth, OutputsRequest | None] = {  # what a run writes where nobody says how much
    Depth.QUICK: None,
    Depth.STANDARD: OutputsRequest(),
    Depth.PRECISE: OutputsRequest(documents=12, items=8, length=128),
}


@dataclass(frozen=True)
class Output:
    """One continuation of a document by one arm, and what the document goes on with.

    nll, reference_nll: nats of each token under this arm, of its own text and of the truth.
    """

    document: str
    arm: str
    position: int  # token offset of the first token that is written
    written: bytes  # may cut a character at its end
    reference: bytes
    nll: NDArray[np.float32]
    reference_nll: NDArray[np.float32]
    lines: int = 1  # that were asked for; a last token may reach into the line after them

    @property
    def written_text(self) -> str:
        """What is shown and compared."""
        return shown_text(first_lines(self.written, self.lines))

    @property
    def reference_text(self) -> str:
        """The truth beside it."""
        return shown_text(first_lines(self.reference, self.lines))


class OutputMeasure(Frozen):
    """One metric under A and B: means over all points; the interval is that of B - A."""

    name: str  # exact_match, chrf, edit_similarity, reference_bits
    arm_a: float
    arm_b: float
    delta: float
    ci_low: float | None  # None: too few documents for an interval
    ci_high: float | None
    p_value: float | None


class OutputsSummary(Frozen):
    """A and B at the points that both have continued."""

    arm_a: str
    arm_b: str
    points: int
    documents: int
    groups: int | None  # where documents were counted by group
    same: int  # points at which both wrote the same
    parts_after: float | None  # median bytes before both part, where they do
    measures: tuple[OutputMeasure, ...]


# --- points ----------------------------------------------------------------------------------


def choose_positions(
    text: bytes, sizes: IntArray | None, least: int, count: int, document: str, seed: int
) -> tuple[int, ...]:
    """Token offsets of at most `count` line starts, spread over a document, ascending.

    The lines that can be continued are cut into `count` equal parts, and one is drawn from each.
    A line that holds nothing but white space is none; nor is one whose start is inside a token.

    Args:
        text: the document or its beginning, in UTF-8; its last line may be cut.
        sizes: bytes of every token of `text`; None: one each.
        least: the first token at which a line may start: what comes before is the cold start.
        document: SHA-256 of the whole text; with `seed` it draws.
    """
    at = np.arange(len(text) + 1) if sizes is None else starts(sizes)
    found = np.array(_line_starts(text), dtype=np.int64)
    index = np.searchsorted(at, found)
    tokens = index[(index < len(at) - 1) & (at[np.minimum(index, len(at) - 1)] == found)]
    tokens = tokens[tokens >= max(1, least)]
    if len(tokens) == 0 or count < 1:
        return ()
    digest = hashlib.sha256(f"outputs {document} {seed}".encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
    parts = np.array_split(tokens, min(count, len(tokens)))
    return tuple(int(part[rng.integers(len(part))]) for part in parts)


def _line_starts(text: bytes) -> list[int]:
    """First bytes of the lines that are not blank."""
    found, start = [], 0
    for line in text.split(b"\n"):
        if line.strip():
            found.append(start)
        start += len(line) + 1
    return found


def first_lines(text: bytes, lines: int) -> bytes:
    """`text` up to the end of its line number `lines`, that line end included."""
    end = -1
    for _ in range(lines):
        end = text.find(b"\n", end + 1)
        if end < 0:
            return text
    return text[: end + 1]


# --- one continuation ------------------------------------------------------------------------


def shown_text(data: bytes) -> str:
    """What was written, as text: a character cut at the end is left out, other damage is U+FFFD.

    Characters that a terminal or a page would obey are made visible, as in documents; the line end
    that ended it is not shown.
    """
    text = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(data)
    return stored_text(text.removesuffix("\n")).text


def is_exact(written: str, reference: str) -> float:
    """1 where both are the same text, else 0."""
    return float(written == reference)


def chrf(written: str, reference: str) -> float:
    """Character n-gram F-score of one text, from 0 to 100.

    Source: Popović 2015, chrF, https://aclanthology.org/W15-3049; orders, white space (left out)
    and empty orders as in sacreBLEU's default (chrF2, nc:6, nw:0, space:no).
    """
    own, truth = ("".join(text.split()) for text in (written, reference))
    precisions, recalls = [], []
    for order in range(1, ORDERS + 1):
        found, wanted = _ngrams(own, order), _ngrams(truth, order)
        if found and wanted:
            common = (found & wanted).total()
            precisions.append(common / found.total())
            recalls.append(common / wanted.total())
    precision, recall = sum(precisions), sum(recalls)
    if precision + recall == 0:
        return 0.0
    precision, recall = precision / len(precisions), recall / len(recalls)
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def _ngrams(text: str, order: int) -> Counter[str]:
    return Counter(text[i : i + order] for i in range(len(text) - order + 1))


def edit_similarity(written: str, reference: str) -> float:
    """1 - (insertions, deletions and changes of characters) / (length of the longer text).

    Two empty texts are equal: 1.
    """
    longest = max(len(written), len(reference))
    return 1.0 if longest == 0 else 1.0 - _edits(written, reference) / longest


def _edits(one: str, other: str) -> int:
    """Levenshtein distance; the row of insertions is a running minimum."""
    columns = np.arange(len(other) + 1)
    letters = np.array([ord(letter) for letter in other], dtype=np.int64)
    row = columns.copy()
    for number, letter in enumerate(one, 1):
        changed = np.minimum(row[1:] + 1, row[:-1] + (letters != ord(letter)))
        row = np.minimum.accumulate(np.concatenate([[number], changed]) - columns) + columns
    return int(row[-1])


def parts_after(one: bytes, other: bytes) -> int | None:
    """Bytes that two continuations have in common before they part; None: they are the same."""
    if one == other:
        return None
    pairs = zip(one, other, strict=False)
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in enumerate(pairs) if a != b), shorter)


TEXT_METRICS: Mapping[str, Callable[[str, str], float]] = {
    "exact_match": is_exact,
    "chrf": chrf,
    "edit_similarity": edit_similarity,
}


# --- A and B ---------------------------------------------------------------------------------


def compare_outputs(
    outputs: Sequence[Output],
    arm_a: str,
    arm_b: str,
    groups: Mapping[str, str | None],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> OutputsSummary | None:
    """Both arms at the points that both continued; None: there is none yet.

    Every point counts alike; the uncertainty is that between documents (or their groups).

    Args:
        groups: document -> its declared group.
    """
    by_point = {
        arm: {(one.document, one.position): one for one in outputs if one.arm == arm}
        for arm in (arm_a, arm_b)
    }
    points = sorted(by_point[arm_a].keys() & by_point[arm_b].keys())
    if not points:
        return None
    pairs = [(by_point[arm_a][point], by_point[arm_b][point]) for point in points]
    apart = [parts_after(a.written, b.written) for a, b in pairs]
    parted = [place for place in apart if place is not None]
    documents = sorted({document for document, _ in points})
    own_groups = [groups.get(document) for document in documents]
    return OutputsSummary(
        arm_a=arm_a,
        arm_b=arm_b,
        points=len(points),
        documents=len(documents),
        groups=len(set(own_groups) - {None}) or None,
        same=len(apart) - len(parted),
        parts_after=float(np.median(parted)) if parted else None,
        measures=tuple(
            _measure(name, values, sizes, [a.document for a, _ in pairs], groups, rng, confidence)
            for name, values, sizes in _values(pairs)
        ),
    )


def _values(
    pairs: Sequence[tuple[Output, Output]],
) -> list[tuple[str, FloatArray, FloatArray]]:
    """Name of each metric, its sums at every point under A and B (points, 2), and their sizes."""
    texts = [[(x.written_text, x.reference_text) for x in pair] for pair in pairs]
    found = [
        (
            name,
            np.array([[metric(*one) for one in pair] for pair in texts], dtype=np.float64),
            np.ones(len(pairs)),
        )
        for name, metric in TEXT_METRICS.items()
    ]
    bits = np.array([[float(x.reference_nll.sum(dtype=np.float64)) for x in p] for p in pairs])
    sizes = np.array([float(len(a.reference)) for a, _ in pairs])
    return [*found, ("reference_bits", bits / LN2, sizes)]


def _measure(
    name: str,
    values: FloatArray,
    sizes: FloatArray,
    documents: Sequence[str],
    groups: Mapping[str, str | None],
    rng: np.random.Generator,
    confidence: float,
) -> OutputMeasure:
    """Sums over points within a document, then over documents: estimate and interval from one."""
    order = list(dict.fromkeys(documents))
    rows = by_group(np.column_stack([values, sizes]), documents)
    a, b, weight = by_group(rows, [groups.get(document) for document in order]).T
    # `compare` reads nats and gives bits: what is not in nats is scaled by the same ln 2
    found: Estimate = compare((b - a) * LN2, weight, rng, confidence)
    return OutputMeasure(
        name=name,
        arm_a=float(a.sum() / weight.sum()),
        arm_b=float(b.sum() / weight.sum()),
        delta=float((b - a).sum() / weight.sum()) + 0.0,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        p_value=found.p_value,
    )
