"""Shape of the vocabulary: `words` splits a list, the types hold the words of one line of work."""

from __future__ import annotations

from dataclasses import dataclass


def words(text: str) -> tuple[str, ...]:
    """The words of a whitespace-separated list; "_" inside a word stands for a blank."""
    return tuple(word.replace("_", " ") for word in text.split())


@dataclass(frozen=True)
class Trouble:
    """Parts that fail in the same ways and are mended in the same ways."""

    parts: tuple[str, ...]
    faults: tuple[str, ...]
    remedies: tuple[str, ...]  # ja: suru-nouns; en: regular verbs
    causes: tuple[str, ...] = ()  # if empty, those of the whole domain


@dataclass(frozen=True)
class Goods:
    """Products of one trade, and what distinguishes them."""

    modifiers: tuple[str, ...]
    products: tuple[str, ...]


@dataclass(frozen=True)
class DomainWords:
    """One line of work: what is handled and how, what can fail and why, who does it."""

    things: tuple[str, ...]
    actions: tuple[str, ...]  # done to things; ja: suru-nouns, en: regular verbs
    causes: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    departments: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """Everything that can fail."""
        return tuple(part for trouble in self.troubles for part in trouble.parts)
