"""One long log as many documents, since six are the least that can carry a verdict.

In reading order: `Split` (how), `split_content` (do it), `suggest_splits` (what to offer, the best
first); `split_text` does it in memory. A split never changes the text: the parts, joined, are the
text again. Cuts lie behind line ends, except inside a line that is longer than a whole part. The
text is UTF-8 of any size and never held: what is looked for near a cut is read there, and time
stamps are found line by line.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

from evaluations.documents import pieces as sizes
from evaluations.documents.pieces import Content

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


class Range(NamedTuple):
    """Bytes [start, stop) of a text."""

    start: int
    stop: int


def split_text(text: str, split: Split) -> list[str]:
    """The parts of `text`, in order, as `split_content` finds them."""
    content = Content.of(text.encode("utf-8", "surrogatepass"))
    return [
        content.read(*part).decode("utf-8", "surrogatepass")
        for part in split_content(content, len(text), split)
    ]


def split_content(content: Content, characters: int, split: Split) -> list[Range]:
    """The parts of a text, in order; together they are all of it, and none is blank.

    With no time stamps to go by, `by="day"` and `by="hour"` leave the text in one part; so does
    `by="case"` where the text is not that of an event log.

    Args:
        content: the text as UTF-8.
        characters: how many it has.
    """
    if split.by == "case":
        return _parts(content, _cases(content))
    if split.by is not None:
        return _parts(content, _borders(content)[split.by].cuts)
    pieces = split.pieces or max(1, round(content.size / (split.size or 1)))
    return _parts(content, _even_cuts(content, characters, pieces))


def suggest_splits(text: str | Content, characters: int | None = None) -> list[SplitOffer]:
    """Ways to make documents of one long text, the default first; none for a very short one.

    The default makes equal parts: 24 when each gets 16 kB, otherwise as many as do, never below
    six. By day and by hour are offered when most lines carry a time stamp and are in order, by case
    for an event log; all of them only where the documents are neither tiny nor thousands.

    Args:
        text: the text, or its UTF-8.
        characters: how many it has, where that is known.
    """
    content = text if isinstance(text, Content) else Content.of(text.encode("utf-8"))
    total = content.size
    if total < FEWEST_DOCUMENTS * SMALLEST_PART:
        return []
    usual = min(DEFAULT_DOCUMENTS, max(FEWEST_DOCUMENTS, total // ENOUGH_BYTES))
    others = [n for n in (usual // 2, usual * 2) if FEWEST_DOCUMENTS <= n <= total // ENOUGH_BYTES]
    equal = [
        _offer(Split(pieces=count), content, _even_cuts(content, characters or total, count))
        for count in (usual, *others)
    ]
    natural = [
        _offer(Split(by=unit), content, borders.cuts)
        for unit, borders in _borders(content).items()
        if borders.are_sorted and len(borders.cuts) < MOST_CUTS
    ]
    cases = _cases(content)
    if 0 < len(cases) < MOST_CUTS:
        natural.append(_offer(Split(by="case"), content, cases))
    return equal + [
        offer
        for offer in natural
        if 2 <= offer.documents <= MOST_DOCUMENTS and offer.median_bytes >= SMALLEST_MEDIAN
    ]


def utf8_bytes(text: str) -> int:
    """How many bytes `text` has in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def _offer(split: Split, content: Content, cuts: Sequence[int]) -> SplitOffer:
    lengths = [_end(content, part) - part.start for part in _parts(content, cuts)]
    label = f"documents.split.{split.by or 'pieces'}"
    return SplitOffer(split, len(lengths), int(statistics.median(lengths)), label)


def _end(content: Content, part: Range) -> int:
    """Where a part ends without its last line ends."""
    stop = part.stop
    while stop > part.start:
        piece = content.read(max(part.start, stop - _NEAR), stop)
        kept = len(piece.rstrip(b"\n"))
        if kept:
            return stop - len(piece) + kept
        stop -= len(piece)
    return stop


def _parts(content: Content, cuts: Sequence[int]) -> list[Range]:
    """The text cut at the given offsets; a blank part joins the one before it."""
    parts: list[Range] = []
    is_blank = False  # the last one
    for start, stop in pairwise([0, *cuts, content.size]):
        blank = _is_blank(content, start, stop)
        if parts and (blank or is_blank):
            parts[-1] = Range(parts[-1].start, stop)
            is_blank = blank and is_blank
        elif stop > start:
            parts.append(Range(start, stop))
            is_blank = blank
    return parts or [Range(0, content.size)]


def _is_blank(content: Content, start: int, stop: int) -> bool:
    """Whether there is nothing but white space in bytes [start, stop)."""
    while start < stop:
        piece = content.read(start, min(stop, start + _NEAR))
        end = _floor(content, start + len(piece)) if start + len(piece) < stop else stop
        text = piece[: end - start].decode("utf-8", "surrogatepass")
        if text and not text.isspace():
            return False
        start = end
    return True


# --- equal parts -------------------------------------------------------------------------------

_NEAR = 4096  # bytes in which what is looked for mostly lies


def _even_cuts(content: Content, characters: int, pieces: int) -> list[int]:
    """Offsets of `pieces - 1` cuts: the line ends nearest to equal sizes in bytes.

    Where a line is longer than a part, the cut lies inside it, between two characters.
    """
    total = content.size
    pieces = min(pieces, max(1, characters))
    cuts: list[int] = []
    for piece in range(1, pieces):
        wanted = piece * total // pieces
        line = _nearest_line(content, wanted, (total // pieces) // 2)
        cut = _floor(content, wanted) if line is None else line
        if cut > (cuts[-1] if cuts else 0):
            cuts.append(cut)
    return cuts


def _nearest_line(content: Content, wanted: int, most: int) -> int | None:
    """The line that starts nearest to an offset, at most so far from it; None: none does."""
    before = content.rfind(b"\n", max(0, wanted - most - 1), wanted - 1) + 1
    reach = min(most, wanted - before) if before else most
    after = content.find(b"\n", wanted - 1, wanted + reach) + 1
    found = [line for line in (before, after) if line]
    return min(found, key=lambda line: abs(line - wanted), default=None)


def _floor(content: Content, offset: int) -> int:
    """The border between two characters at or before an offset inside the text."""
    while offset > 0 and content.read(offset, offset + 1)[0] & 0xC0 == 0x80:
        offset -= 1
    return offset


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
_LONGEST_START = 2048  # bytes of a line in which its time stamp must end
MOST_CUTS = 50 * MOST_DOCUMENTS  # above this there are too many documents, however they join


class _Borders:
    """Where days or hours begin; fed with the stamps of a text one after the other."""

    def __init__(self) -> None:
        self.cuts: list[int] = []
        self._seen: set[str] = set()
        self._lines = self._strays = 0
        self._current = ""

    def add(self, key: str) -> bool:
        """Count a line with that day or hour; whether a part begins there.

        New rather than different: logs of several threads go back and forth over midnight by a
        line or two, and those lines stay in the part they are in.
        """
        self._lines += 1
        is_first = key not in self._seen
        if is_first:
            self._seen.add(key)
            self._current = key
        self._strays += key != self._current
        return is_first and len(self._seen) > 1

    @property
    def are_sorted(self) -> bool:
        """Whether nearly every stamped line lies in the part that its own day or hour opened."""
        return len(self._seen) >= 2 and self._strays <= MOST_STRAY_LINES * self._lines


def _borders(content: Content) -> dict[Unit, _Borders]:
    """Days and hours of a text; without borders where it has no time stamps."""
    found: dict[Unit, _Borders] = {unit: _Borders() for unit in _TIMES}
    pattern = _usual_stamp(content)
    if pattern is None:
        return found
    day, hour = found["day"], found["hour"]
    for start, text in _line_blocks(content):
        for match in pattern.finditer(text):
            of_day, of_hour = match["day"], match["hour"]
            cuts_day = day.add(of_day)
            cuts_hour = of_hour is not None and hour.add(f"{of_day} {int(of_hour):02d}")
            if cuts_day or cuts_hour:
                at = start + utf8_bytes(text[: match.start()])
                if cuts_day:
                    day.cuts.append(at)
                if cuts_hour:
                    hour.cuts.append(at)
    return found


def _line_blocks(content: Content) -> Iterator[tuple[int, str]]:
    """Whole lines, many at a time, and where they start; of a very long line its beginning."""
    start = 0
    while start < content.size:
        block = content.read(start, start + sizes.PIECE)
        end = len(block) if start + len(block) == content.size else block.rfind(b"\n") + 1
        if end:
            yield start, block[:end].decode("utf-8", "surrogatepass")
            start += end
        else:
            yield start, _line_start(content, start)
            start = content.find(b"\n", start + len(block)) + 1 or content.size


def _line_start(content: Content, start: int) -> str:
    """The beginning of the line that starts there: all of it but for a very long one."""
    line = content.read(start, start + _LONGEST_START).partition(b"\n")[0]
    return line.decode("utf-8", "ignore")


def _usual_stamp(content: Content) -> re.Pattern[str] | None:
    """The kind of time stamp that most lines carry, or None."""
    sample = _sample_lines(content)
    found = [sum(bool(pattern.match(line)) for line in sample) for pattern in _STAMPS]
    most = max(found, default=0)
    return _STAMPS[found.index(most)] if sample and 2 * most >= len(sample) else None


def _sample_lines(content: Content) -> list[str]:
    """Up to a few hundred lines with something in them, from all over the text."""
    lines: list[str] = []
    step = max(1, content.size // _SAMPLE_LINES)
    start = 0
    while start < content.size and len(lines) < _SAMPLE_LINES:
        line = _line_start(content, start)
        if line.strip():
            lines.append(line)
        # on to the first line that begins a step further
        following = content.find(b"\n", start + max(utf8_bytes(line), step - 1))
        start = content.size if following < 0 else following + 1
    return lines


# --- by case -----------------------------------------------------------------------------------

_CASE = re.compile(r"^=== case .* ===", re.MULTILINE)


def case_line(name: str) -> str:
    """The beginning of the line that opens a case in the text of an event log."""
    return f"=== case {' '.join(name.split())} ==="


def _cases(content: Content) -> list[int]:
    """Where a case begins, other than at the very start."""
    starts = (
        start + utf8_bytes(text[: match.start()])
        for start, text in _line_blocks(content)
        if "=== case " in text
        for match in _CASE.finditer(text)
    )
    return [start for start in starts if start > 0]
