"""What options may hold: functions that argparse calls with the word behind an option.

`whole`, `share`, `choice` and `text` make one for an option, `formats`, `lengths`, `split`,
`kinds`, `reading`, `columns` and `masks` are one each; `add_preparation` adds the options that say
what of a file is left out, `preparation` reads them. Whatever they refuse is a `RefusedOption`,
which argparse lets through: its own messages are English only.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from evaluations.documents import (
    PATTERNS,
    Ingested,
    Masking,
    NamesError,
    Split,
    display_name,
    names_in,
    places_in_words,
)
from evaluations.errors import RefusedOption
from evaluations.perturbations import DEFAULT_STRENGTHS
from evaluations.plan import LONGEST_CONTEXT
from evaluations.records import Perturbation, PerturbationKind, Policy
from evaluations.wording import Language, say

MOST = 2**31 - 1
PART_SIZE, TIMES = "size:", ("day", "hour", "case")


class Reading(NamedTuple):
    """A reading policy, as `--policy` gives it."""

    policy: Policy
    window: int | None


class Preparation(NamedTuple):
    """What of a file is left out before it is scored, and whether the file itself is kept."""

    columns: tuple[str, ...] | None
    masking: Masking | None
    keep_original: bool


AS_IT_IS = Preparation(None, None, keep_original=True)


def masked_words(ingested: Ingested, language: Language) -> str:
    """How much of a file was masked, by kind."""
    if not ingested.private.masked:
        return say("documents.masked.none", language, file=ingested.file)
    kinds = places_in_words(dict(ingested.private.masked), language)
    return say("documents.masked", language, file=ingested.file, kinds=kinds)


def add_preparation(parser: argparse.ArgumentParser, language: Language, storing: bool) -> None:
    """Options for the columns of tables and for masking; `storing`: of a command that stores."""

    def help_of(option: str) -> str:
        return say(f"command.prepare.{option}", language)

    names = ",".join(PATTERNS)
    parser.add_argument("--columns", type=columns, metavar="NAME,...", help=help_of("columns"))
    parser.add_argument("--mask", type=masks, metavar=names, help=help_of("mask"))
    parser.add_argument("--mask-names", type=Path, metavar="FILE", help=help_of("mask_names"))
    if storing:
        parser.add_argument("--keep-original", action="store_true", help=help_of("keep_original"))


def preparation(arguments: argparse.Namespace) -> Preparation:
    """What the options of `add_preparation` say.

    Raises:
        RefusedOption: the list of names cannot be used.
    """
    kinds: tuple[str, ...] = arguments.mask or ()
    names: tuple[str, ...] = ()
    if arguments.mask_names is not None:
        names = _names(arguments.mask_names)
        kinds = (*kinds, "name")
    masking = Masking.of({"kinds": kinds, "names": names} if kinds else None)
    is_whole = masking is None and arguments.columns is None
    keep_original = is_whole or getattr(arguments, "keep_original", False)
    return Preparation(arguments.columns, masking, keep_original)


def _names(path: Path) -> tuple[str, ...]:
    file = display_name(path.name)
    try:
        names = names_in(path.read_text(encoding="utf-8-sig"))
    except NamesError as error:
        raise RefusedOption(error.key, file=file, **error.values) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedOption("command.option.names_unread", file=file) from error
    if not names:
        raise RefusedOption("command.option.names_empty", file=file)
    return names


def columns(words: str) -> tuple[str, ...]:
    """Names of columns, separated by commas; a name that holds one is in quotes, as in a table."""
    names = next(csv.reader([words]), [])
    found = tuple(name.strip() for name in names if name.strip())
    if not found:
        raise RefusedOption("command.option.columns", found=words)
    return found


def masks(words: str) -> tuple[str, ...]:
    """Kinds of personal data, separated by commas."""
    names = [word.strip() for word in words.split(",") if word.strip()]
    if not names or any(name not in PATTERNS for name in names):
        raise RefusedOption("command.option.masks", found=words, choices=", ".join(PATTERNS))
    return tuple(dict.fromkeys(names))


def whole(option: str, least: int = 1, most: int = MOST) -> Callable[[str], int]:
    """Whole numbers from `least` to `most`."""

    def read(word: str) -> int:
        number = _number(word)
        if number is None or not least <= number <= most:
            raise RefusedOption(
                "command.option.whole", option=option, found=word, least=least, most=most
            )
        return number

    return read


def choice(option: str, choices: Sequence[str]) -> Callable[[str], str]:
    """One of `choices`."""

    def read(word: str) -> str:
        if word not in choices:
            raise RefusedOption(
                "command.option.choice", option=option, found=word, choices=", ".join(choices)
            )
        return word

    return read


def text(option: str) -> Callable[[str], str]:
    """Characters that can be stored: no bytes that the terminal's encoding does not know."""

    def read(word: str) -> str:
        if not word.isascii() and word.encode("utf-8", "replace").decode() != word:
            raise RefusedOption("command.option.text", option=option, found=word)
        return word

    return read


def share(option: str) -> Callable[[str], float]:
    """Numbers between 0 and 1, both left out."""

    def read(word: str) -> float:
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if not 0 < number < 1:
            raise RefusedOption("command.option.share", option=option, found=word)
        return number

    return read


def formats(words: str) -> tuple[str, ...]:
    """The formats of reports, as they are written; `check_formats` knows those that exist."""
    return tuple(name for word in words.split(",") if (name := word.strip()))


def lengths(words: str) -> tuple[int, ...]:
    """Context lengths in tokens, separated by commas."""
    found = [_number(word) for word in words.split(",") if word.strip()]
    numbers = tuple(n for n in found if n is not None and 1 <= n <= LONGEST_CONTEXT)
    if not numbers or len(numbers) < len(found):
        raise RefusedOption("plan.lengths_invalid", lengths=words)
    return numbers


def split(word: str) -> Split:
    """24 (equal parts), size:65536 (parts of about so many bytes), day, hour or case."""
    if word in TIMES:
        return Split(by=word)  # type: ignore[arg-type]
    number = _number(word.removeprefix(PART_SIZE))
    if number is None or not 1 <= number <= MOST:
        raise RefusedOption("command.option.split", found=word)
    return Split(size=number) if word.startswith(PART_SIZE) else Split(pieces=number)


def kinds(words: str) -> tuple[tuple[PerturbationKind, float], ...]:
    """Kinds of perturbation, separated by commas, each with its strength or the usual one."""
    found = {}
    for word in (word.strip() for word in words.split(",") if word.strip()):
        name, colon, strength = word.partition(":")
        try:
            kind = PerturbationKind(name)
            value = float(strength) if colon else DEFAULT_STRENGTHS[kind]
            found[kind] = Perturbation(kind=kind, strength=value).strength
        except ValueError as error:
            raise _unknown_kinds(word) from error
    if not found:
        raise _unknown_kinds(words)
    return tuple(found.items())


def _unknown_kinds(found: str) -> RefusedOption:
    return RefusedOption("command.option.kinds", found=found, choices=", ".join(PerturbationKind))


def reading(word: str) -> Reading:
    """carry, reset:W or window:W."""
    name, colon, window = word.partition(":")
    number = _number(window)
    if name == Policy.CARRY and not colon:
        return Reading(Policy.CARRY, None)
    if name not in (Policy.RESET, Policy.WINDOW) or number is None or not 1 <= number <= MOST:
        raise RefusedOption("command.option.policy", found=word)
    return Reading(Policy(name), number)


def _number(word: str) -> int | None:
    try:
        return int(word)
    except ValueError:  # also for more digits than Python reads
        return None
