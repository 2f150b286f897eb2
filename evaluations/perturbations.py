"""Documents as they arrive on a bad day: one pure function per kind of disturbance, text -> text.

`perturb` applies a typed `Perturbation` to a stored text; in the order of `PERTURB`: confusions of
character recognition, lost lines, repeated lines, blocks in another order, a clock that goes
wrong, a missing beginning, another site's text. The same document id, kind, strength and seed give
the same text on every machine. The result is a stored text again: LF line ends, none at its end,
never empty.

Where no document of another site is given, `foreign_site` renames what names a site (hosts,
addresses, paths, ids) into names of the same shape, the same one everywhere in a document. Names
without a digit, dot, slash or hyphen, and those in Japanese, are not recognised and stay.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from io import StringIO
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from evaluations.records import IntArray, Perturbation, PerturbationKind
from evaluations.timestamps import TIMESTAMP, shifted

Texts = Sequence[str]
BLOCK = 16  # lines that are moved or replaced together
CLOCK_CHANGES = 3  # times that the clock is set wrong in one document

DEFAULT_STRENGTHS: Mapping[PerturbationKind, float] = MappingProxyType(
    {
        PerturbationKind.OCR: 0.02,
        PerturbationKind.DROPPED_LINES: 0.1,
        PerturbationKind.DUPLICATED_LINES: 0.1,
        PerturbationKind.SHUFFLED_BLOCKS: 0.25,
        PerturbationKind.CLOCK_SKEW: 2.0,  # hours
        PerturbationKind.TRUNCATED_HISTORY: 0.5,
        PerturbationKind.FOREIGN_SITE: 0.5,
    }
)

# what character recognition takes for one another, in print and on screens
_CONFUSED = (
    "0/O 0/o 0/D O/Q 1/l 1/I l/I l/i I/| 2/Z 5/S 6/G 6/b 8/B 9/g c/e u/v h/b n/h t/f ,/. :/; -/_ "
    "rn/m vv/w cl/d nn/rm "
    "シ/ツ ソ/ン ン/リ ク/ケ ク/タ ワ/ウ ヲ/ヨ コ/ユ ノ/メ ラ/フ ス/ヌ チ/テ ー/一 ロ/口 ニ/二 "
    "カ/力 エ/工 タ/夕 ハ/八 ト/卜 ミ/三 ヘ/へ リ/り バ/パ ビ/ピ ブ/プ ベ/ペ ボ/ポ ッ/ツ ャ/ヤ "
    "ュ/ユ ョ/ヨ っ/つ ば/ぱ び/ぴ ぶ/ぷ べ/ぺ ぼ/ぽ め/ぬ る/ろ わ/れ は/ほ さ/き "
    "日/目 日/曰 末/未 土/士 己/已 大/太 大/犬 人/入 千/干 問/間 持/待 体/休 東/束 鳥/烏 石/右 "
    "名/各 析/折 設/投 検/険 機/械 線/緑 電/雷 〇/0 、/. 。/."
)


def perturb(text: str, perturbation: Perturbation, document: str, donors: Texts = ()) -> str:
    """`text` after one disturbance; the text itself where there is nothing to disturb.

    Args:
        text: stored text of one document.
        document: its id, which places the disturbance together with the seed.
        donors: texts of another site's documents, for `foreign_site`.
    """
    rng = _generator(perturbation, document)
    if perturbation.kind is PerturbationKind.FOREIGN_SITE and donors:
        found = mix_in(text, perturbation.strength, rng, donors)
    else:
        found = PERTURB[perturbation.kind](text, perturbation.strength, rng)
    return found.rstrip("\n") or text


def confuse_characters(text: str, strength: float, rng: np.random.Generator) -> str:
    """A share of the characters that recognition confuses, each taken for a similar one."""
    count = sum(1 for _ in _CONFUSABLE.finditer(text))  # a match takes a hundred times its bytes
    hit = set(_chosen(count, strength, rng))
    made, end = StringIO(), 0
    for number, match in enumerate(_CONFUSABLE.finditer(text)):
        if number in hit:
            choices = CONFUSIONS[match.group()]
            made.write(text[end : match.start()])
            made.write(choices[int(rng.integers(len(choices)))])
            end = match.end()
    made.write(text[end:])
    return made.getvalue()


def drop_lines(text: str, strength: float, rng: np.random.Generator) -> str:
    """A share of the lines lost; at least one stays."""
    lines = text.split("\n")
    lost = set(_chosen(len(lines), strength, rng)[: len(lines) - 1])
    return "\n".join(line for number, line in enumerate(lines) if number not in lost)


def duplicate_lines(text: str, strength: float, rng: np.random.Generator) -> str:
    """A share of the lines said twice in a row."""
    lines = text.split("\n")
    twice = set(_chosen(len(lines), strength, rng))
    return "\n".join(
        line for number, line in enumerate(lines) for _ in range(1 + (number in twice))
    )


def shuffle_blocks(text: str, strength: float, rng: np.random.Generator) -> str:
    """A share of the blocks of 16 lines, at least two of them, each in the place of another one."""
    blocks = _blocks(text)
    if len(blocks) < 2:
        return text
    moved = rng.permutation(len(blocks))[: max(2, round(strength * len(blocks)))].tolist()
    shuffled = list(blocks)
    for place, taken_from in zip(moved, [*moved[1:], moved[0]], strict=True):
        shuffled[place] = blocks[taken_from]
    return "\n".join(line for block in shuffled for line in block)


def skew_clock(text: str, strength: float, rng: np.random.Generator) -> str:
    """Times of day that are right at first and wrong from each of three random lines on.

    The error is drawn evenly from plus and minus `strength` hours, in whole seconds. Only times
    with their date are recognised, and epoch times where a time is expected; see `timestamps`.
    """
    lines = text.split("\n")
    changes = sorted(rng.choice(len(lines), size=min(CLOCK_CHANGES, len(lines)), replace=False))
    most = max(1, round(3600 * strength))
    errors = [0, *(int(error) for error in rng.integers(-most, most + 1, size=len(changes)))]
    borders = [0, *(int(change) for change in changes), len(lines)]
    return "\n".join(
        _moved(line, error)
        for error, (start, stop) in zip(errors, pairwise(borders), strict=True)
        for line in lines[start:stop]
    )


def truncate_history(text: str, strength: float, rng: np.random.Generator) -> str:
    """Without its first part: from the first line that begins behind that share of the text."""
    cut = int(strength * len(text))
    line_end = text.find("\n", max(0, cut - 1))
    rest = text[line_end + 1 :] if line_end >= 0 else ""
    return rest if rest.strip("\n") else text[min(cut, len(text) - 1) :]


def rename_site(text: str, strength: float, rng: np.random.Generator) -> str:
    """A share of the names of hosts, addresses, paths and ids, each renamed in its own shape."""
    times = [match.span() for match in TIMESTAMP.finditer(text)]
    starts = np.array([start for start, _ in times], dtype=np.int64)
    found, distinct = array("q"), set()  # not the matches: each takes a hundred bytes
    for match in _NAME.finditer(text):
        if not _inside(match, times, starts):
            found.extend(match.span())
            distinct.add(match.group())
    names = sorted(distinct)
    renamed = {names[k]: _same_shape(names[k], rng) for k in _chosen(len(names), strength, rng)}
    made, end = StringIO(), 0
    for start, stop in zip(found[::2], found[1::2], strict=True):
        made.write(text[end:start])
        made.write(renamed.get(text[start:stop], text[start:stop]))
        end = stop
    made.write(text[end:])
    return made.getvalue()


def mix_in(text: str, strength: float, rng: np.random.Generator, donors: Texts) -> str:
    """A share of the blocks of 16 lines replaced by as many lines of another site's documents."""
    blocks, lines_of = _blocks(text), [_line_starts(donor) for donor in donors]
    for number in _chosen(len(blocks), strength, rng):
        chosen = int(rng.integers(len(donors)))
        begins = lines_of[chosen]
        lines = len(begins) - 1
        start = int(rng.integers(max(1, lines - BLOCK + 1)))
        stop = min(lines, start + len(blocks[number]))
        blocks[number] = donors[chosen][begins[start] : begins[stop] - 1].split("\n")
    return "\n".join(line for block in blocks for line in block)


PERTURB: Mapping[PerturbationKind, Callable[[str, float, np.random.Generator], str]] = (
    MappingProxyType(
        {
            PerturbationKind.OCR: confuse_characters,
            PerturbationKind.DROPPED_LINES: drop_lines,
            PerturbationKind.DUPLICATED_LINES: duplicate_lines,
            PerturbationKind.SHUFFLED_BLOCKS: shuffle_blocks,
            PerturbationKind.CLOCK_SKEW: skew_clock,
            PerturbationKind.TRUNCATED_HISTORY: truncate_history,
            PerturbationKind.FOREIGN_SITE: rename_site,
        }
    )
)


# --- pieces ----------------------------------------------------------------------------------


def _confusions() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for pair in _CONFUSED.split():
        one, other = pair.split("/")
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return {seen: tuple(taken_for) for seen, taken_for in found.items()}


CONFUSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(_confusions())
_CONFUSABLE = re.compile("|".join(map(re.escape, sorted(CONFUSIONS, key=lambda s: (-len(s), s)))))

# an address, a host, a path or an id: ASCII in which letters meet digits, or parts are joined
_NAME = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"/?(?:[A-Za-z0-9_.-]+/)+[A-Za-z0-9_.-]*[A-Za-z0-9]"  # paths
    r"|[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+[A-Za-z0-9]"  # mail addresses
    r"|\d{1,3}(?:\.\d{1,3}){3}"  # IPv4
    r"|[A-Za-z]+(?:[._#:-][A-Za-z0-9]+)+"  # web-01, app.example.org, INC-10348
    r"|(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{3,}"  # MGR4872, 2aa86e97fb
    r")(?![A-Za-z0-9])"
)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_DIGITS, _SMALL, _LARGE = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _same_shape(name: str, rng: np.random.Generator) -> str:
    """Letters for letters of the same case, digits for digits, everything else as it was."""
    if _ADDRESS.fullmatch(name):
        return ".".join(str(part) for part in rng.integers(1, 255, size=4))
    return "".join(_like(character, rng) for character in name)


def _like(character: str, rng: np.random.Generator) -> str:
    for alphabet in (_DIGITS, _SMALL, _LARGE):
        if character in alphabet:
            return alphabet[int(rng.integers(len(alphabet)))]
    return character


def _inside(match: re.Match[str], spans: Sequence[tuple[int, int]], starts: IntArray) -> bool:
    """Whether it meets one of the spans, whose `starts` ascend."""
    before = int(np.searchsorted(starts, match.end())) - 1
    return before >= 0 and spans[before][1] > match.start()


def _moved(line: str, seconds: int) -> str:
    return TIMESTAMP.sub(lambda match: shifted(match, seconds), line) if seconds else line


def _blocks(text: str) -> list[list[str]]:
    lines = text.split("\n")
    return [lines[start : start + BLOCK] for start in range(0, len(lines), BLOCK)]


def _line_starts(text: str) -> array[int]:
    """Where each line of a text begins, and one behind its end: (lines + 1,)."""
    return array("q", [0, *(match.end() for match in re.finditer("\n", text)), len(text) + 1])


def _chosen(count: int, strength: float, rng: np.random.Generator) -> list[int]:
    """That share of `count` places, rounded and at least one, each once, in random order."""
    return [int(k) for k in rng.permutation(count)[: max(1, round(strength * count))]]


def _generator(perturbation: Perturbation, document: str) -> np.random.Generator:
    named = f"perturbation:{perturbation.kind}:{perturbation.seed}:{document}"
    digest = hashlib.sha256(named.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))
