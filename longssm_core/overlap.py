"""How much of one text stands in another: sketches of shingles, small enough to be stored.

`sketch` of a text, `united` of several, `containment` of one in another; `to_text` and
`from_text` for a checkpoint's record. No torch here: plans and workers look for overlap.

A sketch holds the hashes below a threshold, of all 48-byte pieces (shingles) of a text. A shingle
is longer than the fixed words of a log line, so that a common format alone shares little.

Source: Broder 1997, On the resemblance and containment of documents (hashed shingles); a threshold
in place of a number of hashes, so that a short text is found in a long one: Irber et al. 2022,
doi:10.1101/2022.01.11.475838 (FracMinHash).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Sketch = NDArray[np.uint64]  # hashes, ascending

SHINGLE = 48  # bytes
KEPT = 32  # one hash in so many is kept,
MOST = 8_192  # but no more than so many of a text: 64 KiB
MOST_UNITED = 32_768  # and of several together
EARLIER_MOST = 256  # of sketches that earlier versions stored
AT_A_TIME = 1 << 20  # bytes whose hashes are held
COMPARABLE = 16  # hashes of the part below both thresholds; fewer say nothing
SKETCHED = 64 << 20  # bytes of a document's beginning that are compared, however long it is
_FACTOR = 0x100000001B3
_LIMIT = np.uint64((1 << 64) // KEPT)


def sketch(text: bytes, most: int = MOST) -> Sketch:
    """The kept hashes of the text's shingles, at most so many; of a shorter text that of it all."""
    if len(text) < SHINGLE:
        digest = hashlib.sha256(text).digest()
        return np.frombuffer(digest[:8], dtype=np.uint64).copy()
    below = [hashes[hashes < _LIMIT] for hashes in _portions(text)]
    kept = np.unique(np.concatenate(below))
    if len(kept) >= COMPARABLE:
        return kept[:most]
    # a short text keeps a few more, so that equal ones are known
    lowest = [np.unique(hashes)[:COMPARABLE] for hashes in _portions(text)]
    return np.unique(np.concatenate(lowest))[:COMPARABLE]


def _portions(text: bytes) -> Iterator[Sketch]:
    """The hashes of all shingles, some at a time."""
    for start in range(0, len(text) - SHINGLE + 1, AT_A_TIME):
        yield _hashes(text[start : start + AT_A_TIME + SHINGLE - 1])


def _hashes(text: bytes) -> Sketch:
    """Of every shingle, in the order of the text."""
    symbols = np.frombuffer(text, dtype=np.uint8).astype(np.uint64)
    # the polynomial of two pieces side by side is that of the first, shifted, plus the second's
    power = [symbols]  # of 1, 2, 4, ... bytes
    for k in range(SHINGLE.bit_length() - 1):
        power.append(_beside(power[k], power[k], 1 << k))
    hashes, length = power[-1], 1 << (len(power) - 1)
    for k in reversed(range(len(power) - 1)):
        if SHINGLE >> k & 1:
            hashes, length = _beside(hashes, power[k][length:], 1 << k), length + (1 << k)
    hashes ^= hashes >> np.uint64(31)
    hashes *= np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(29)
    return hashes


def _beside(first: Sketch, second: Sketch, length: int) -> Sketch:
    """Of every place: the polynomial of its piece in `first` and of the `length` bytes after it."""
    behind = second[length:] if second is first else second
    count = min(len(first), len(behind))
    factor = np.uint64(pow(_FACTOR, length, 1 << 64))
    return first[:count] * factor + behind[:count]


def united(sketches: Iterable[Sketch]) -> Sketch:
    """The sketch of several texts together."""
    found = list(sketches)
    if not found:
        return np.empty(0, dtype=np.uint64)
    threshold = min(_threshold(one) for one in found)
    everything = np.unique(np.concatenate(found))
    return everything[everything <= threshold][:MOST_UNITED]


def containment(part: Sketch, whole: Sketch) -> float | None:
    """The share of the part's shingles that stand in the whole; None: too few to say.

    Equal sketches contain each other, however short.
    """
    if np.array_equal(part, whole):
        return 1.0
    threshold = min(_threshold(part), _threshold(whole))
    comparable = part[part <= threshold]
    if len(comparable) < COMPARABLE:
        return None
    return float(np.isin(comparable, whole, assume_unique=True).mean())


def to_text(found: Sketch) -> str:
    """As JSON can hold it."""
    return base64.b64encode(found.astype("<u8").tobytes()).decode("ascii")


def from_text(stored: str) -> Sketch:
    """The inverse of `to_text`.

    Raises:
        ValueError: not such a text.
    """
    return np.frombuffer(base64.b64decode(stored, validate=True), dtype="<u8").astype(np.uint64)


def _threshold(found: Sketch) -> np.uint64:
    """All hashes of the text up to it are in the sketch."""
    is_cut = len(found) >= MOST or len(found) in (EARLIER_MOST, COMPARABLE)
    return found[-1] if is_cut and len(found) else _LIMIT
