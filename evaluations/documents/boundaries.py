"""One long log as many documents, since six are the least that can carry a verdict.

In reading order: `Split` (how), `split_text` (do it), `suggest_splits` (what to offer, the best
first). A split never changes the text: the parts of `split_text`, joined, are the text again.
Cuts lie behind line ends, except inside a line that is longer than a whole part.
"""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

DEFAULT_DOCUMENTS = 24
FEWEST_DOCUMENTS = 6
MOST_DOCUMENTS = 2000  # offers above this would be unreadable as a list
ENOUGH_BYTES = 16 * 1024  # a document that carries the longer context lengths
SMALLEST_PART = 256  # bytes below which cutting a text into six makes no documents any more
SMALLEST_MEDIAN = 1024  # bytes below which documents by day or hour are not worth offering
MOST_STRAY_LINES = 0.1  # share of lines of another day or hour than their part's in a sorted log

Unit = Literal["day", "hour", "case"]
_TIMES: tuple[Unit, ...] = ("day", "hour")


@dataclass(frozen=True)
class Split:
    """How a text becomes documents: so many parts, of about so many bytes, by time or case."""

    pieces: int | None = None
    size: int | None = None
    by: Unit | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.pieces, self.size, self.by) if value is not None]
        if len(given) != 1:
            raise ValueError("a split has exactly one of pieces, size and by")
        if any(isinstance(value, int) and value < 1 for value in given):
            raise ValueError("pieces and size are at least 1")


@dataclass(frozen=True)
class SplitOffer:
    """A split that suits a text, and what it would make of it."""

    split: Split
    documents: int
    median_bytes: int
    label: str  # wording key; its fields are `documents` and `median_bytes`


def split_text(text: str, split: Split) -> list[str]:
    """The parts of `text`, in order; joined they are `text` again, and none is blank.

    With no time stamps to go by, `by="day"` and `by="hour"` leave the text in one part; so does
    `by="case"` where the text is not that of an event log.
    """
    if split.by == "case":
        return _parts(text, _cases(text))
    if split.by is not None:
        return _parts(text, _first_lines(_stamps(text), split.by))
    total = utf8_bytes(text)
    pieces = split.pieces or max(1, round(total / (split.size or 1)))
    return _parts(text, _even_cuts(text, _lines(text), pieces))


def suggest_splits(text: str) -> list[SplitOffer]:
    """Ways to make documents of one long text, the default first; none for a very short one.

    The default makes equal parts: 24 when each gets 16 kB, otherwise as many as do, never below
    six. By day and by hour are offered when most lines carry a time stamp and are in order, by case
    for an event log; all of them only where the documents are neither tiny nor thousands.
    """
    total = utf8_bytes(text)
    if total < FEWEST_DOCUMENTS * SMALLEST_PART:
        return []
    usual = min(DEFAULT_DOCUMENTS, max(FEWEST_DOCUMENTS, total // ENOUGH_BYTES))
    others = [n for n in (usual // 2, usual * 2) if FEWEST_DOCUMENTS <= n <= total // ENOUGH_BYTES]
    lines = _lines(text)
    equal = [
        _offer(Split(pieces=count), _parts(text, _even_cuts(text, lines, count)))
        for count in (usual, *others)
    ]
    stamps = list(_stamps(text))
    natural = [
        _offer(Split(by=unit), _parts(text, _first_lines(stamps, unit)))
        for unit in _TIMES
        if _is_sorted_by(stamps, unit)
    ]
    if cases := _cases(text):
        natural.append(_offer(Split(by="case"), _parts(text, cases)))
    return equal + [
        offer
        for offer in natural
        if 2 <= offer.documents <= MOST_DOCUMENTS and offer.median_bytes >= SMALLEST_MEDIAN
    ]


def utf8_bytes(text: str) -> int:
    """How many bytes `text` has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _offer(split: Split, parts: Sequence[str]) -> SplitOffer:
    sizes = [utf8_bytes(part.rstrip("\n")) for part in parts]
    label = f"documents.split.{split.by or 'pieces'}"
    return SplitOffer(split, len(sizes), int(statistics.median(sizes)), label)


def _parts(text: str, cuts: Sequence[int]) -> list[str]:
    """`text` cut at the given character offsets; a blank part joins the one before it."""
    parts: list[str] = []
    for start, stop in pairwise([0, *cuts, len(text)]):
        part = text[start:stop]
        if parts and (not part.strip() or not parts[-1].strip()):
            parts[-1] += part
        elif part:
            parts.append(part)
    return parts or [text]


# --- equal parts -------------------------------------------------------------------------------


class Lines(NamedTuple):
    """Where each line starts, and the length of the whole, in bytes."""

    characters: list[int]
    bytes: list[int]
    total: int


def _even_cuts(text: str, lines: Lines, pieces: int) -> list[int]:
    """Character offsets of `pieces - 1` cuts: the line ends nearest to equal sizes in bytes.

    Where a line is longer than a part, the cut lies inside it, between two characters.
    """
    starts, offsets, total = lines
    pieces = min(pieces, max(1, len(text)))
    cuts: list[int] = []
    for piece in range(1, pieces):
        wanted = piece * total // pieces
        at = bisect_left(offsets, wanted)
        near = [i for i in (at - 1, at) if 0 < i < len(offsets)]
        line = min(near, key=lambda i: abs(offsets[i] - wanted), default=None)
        if line is not None and 2 * abs(offsets[line] - wanted) <= total // pieces:
            cut = starts[line]
        else:
            begin = starts[max(0, at - 1)]
            cut = begin + _characters(text, begin, wanted - offsets[max(0, at - 1)])
        if cut > (cuts[-1] if cuts else 0):
            cuts.append(cut)
    return cuts


def _lines(text: str) -> Lines:
    starts, offsets = [0], [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
        offsets.append(offsets[-1] + utf8_bytes(line) + 1)
    return Lines(starts[:-1], offsets[:-1], offsets[-1] - 1)


def _characters(text: str, begin: int, size: int) -> int:
    """How many characters from `begin` on fit into `size` bytes."""
    window = text[begin : begin + size].encode("utf-8", "surrogatepass")[:size]
    return len(window.decode("utf-8", "ignore"))


# --- by time -----------------------------------------------------------------------------------

_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])"
# Each names its day by the text between `day` groups and, if it has one, its hour; only equality
# matters, so day-month and month-day need not be told apart.
_STAMPS: tuple[re.Pattern[str], ...] = tuple(
    re.compile(rf"^[^\n]{{0,160}}?{stamp}", re.MULTILINE)
    for stamp in (
        rf"(?<!\d)(?P<day>\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})(?!\d)"
        rf"(?:[T_, ]{{1,2}}{_CLOCK}[:.時])?",
        rf"(?P<day>(?:\d{{4}}|(?:令和|平成|昭和)(?:\d{{1,2}}|元))年 ?\d{{1,2}}月 ?\d{{1,2}}日)"
        rf"(?:[^\d\n]{{0,6}}{_CLOCK}[:時])?",
        rf"(?<!\d)(?P<day>\d{{1,2}}[/-](?:{_MONTH})[/-]\d{{4}})(?:[: T]{_CLOCK}:)?",
        rf"\b(?P<day>(?:{_MONTH}) {{1,2}}\d{{1,2}}) (?:\d{{4}} )?{_CLOCK}:\d\d",
        rf"(?<!\d)(?P<day>\d{{1,2}}/\d{{1,2}}/\d{{4}})(?:[T, ]{{1,2}}{_CLOCK}:)?",
        rf"(?<!\d)(?P<day>20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?:[T_ -]?{_CLOCK})?",
        rf"(?<!\d)(?P<day>\d{{1,2}}[/-]\d{{1,2}})[T ]{_CLOCK}:\d\d",
        rf"(?P<day>\d{{1,2}}月 ?\d{{1,2}}日)(?:[^\d\n]{{0,6}}{_CLOCK}[:時])?",
    )
)
_SAMPLE_LINES = 400


class Stamp(NamedTuple):
    """A line that carries the text's usual kind of time stamp."""

    start: int  # of the line, in characters
    day: str
    hour: str | None

    def key(self, unit: Unit) -> str | None:
        """What lines of the same day or hour share; None when the stamp has no hour."""
        if unit == "day":
            return self.day
        return None if self.hour is None else f"{self.day} {int(self.hour):02d}"


def _first_lines(stamps: Iterable[Stamp], unit: Unit) -> list[int]:
    """Where a day or hour begins that has not been seen before, as character offsets.

    New rather than different: logs of several threads go back and forth over midnight by a line
    or two, and those lines stay in the part they are in.
    """
    seen: set[str] = set()
    cuts: list[int] = []
    for stamp in stamps:
        key = stamp.key(unit)
        if key is not None and key not in seen:
            if seen:
                cuts.append(stamp.start)
            seen.add(key)
    return cuts


def _is_sorted_by(stamps: Iterable[Stamp], unit: Unit) -> bool:
    """Whether nearly every stamped line lies in the part that its own day or hour opened."""
    seen: set[str] = set()
    lines = strays = 0
    current = ""
    for stamp in stamps:
        key = stamp.key(unit)
        if key is None:
            continue
        lines += 1
        if key not in seen:
            seen.add(key)
            current = key
        strays += key != current
    return len(seen) >= 2 and strays <= MOST_STRAY_LINES * lines


def _stamps(text: str) -> Iterator[Stamp]:
    pattern = _usual_stamp(text)
    if pattern is not None:
        for match in pattern.finditer(text):
            yield Stamp(match.start(), match["day"], match["hour"])


def _usual_stamp(text: str) -> re.Pattern[str] | None:
    """The kind of time stamp that most lines carry, or None."""
    sample = _sample_lines(text)
    found = [sum(bool(pattern.match(line)) for line in sample) for pattern in _STAMPS]
    most = max(found, default=0)
    return _STAMPS[found.index(most)] if sample and 2 * most >= len(sample) else None


def _sample_lines(text: str) -> list[str]:
    """Up to a few hundred lines with something in them, from all over the text."""
    lines: list[str] = []
    step = max(1, len(text) // _SAMPLE_LINES)
    end = 0
    while end < len(text) and len(lines) < _SAMPLE_LINES:
        start = end
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start : min(end, start + 400)]
        if line.strip():
            lines.append(line)
        # on to the first line that begins a step further
        target = max(end, start + step - 1)
        following = text.find("\n", target)
        end = len(text) if following < 0 else following + 1
    return lines


# --- by case -----------------------------------------------------------------------------------

_CASE = re.compile(r"^=== case .* ===", re.MULTILINE)


def case_line(name: str) -> str:
    """The beginning of the line that opens a case in the text of an event log."""
    return f"=== case {' '.join(name.split())} ==="


def _cases(text: str) -> list[int]:
    """Where a case begins, other than at the very start, as character offsets."""
    return [match.start() for match in _CASE.finditer(text) if match.start() > 0]
