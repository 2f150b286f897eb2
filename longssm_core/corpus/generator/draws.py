"""Random draws that are the same on every machine.

Everything is derived from `random.Random(text).random()`, whose sequence Python guarantees; the
choices on top of it are ours, so that no library version can change them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class Draws:
    """A seeded source of choices."""

    def __init__(self, key: str) -> None:
        self.random = random.Random(key).random

    def between(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """One option, all equally likely."""
        return options[int(self.random() * len(options))]

    def often(self, options: Sequence[T]) -> T:
        """One option, the first ones more likely: real traffic has favourites."""
        chance = self.random()
        return options[int(chance * chance * len(options))]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.random() < probability

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """`count` different options in random order (all of them, if there are fewer)."""
        rest = list(options)
        chosen = []
        for _ in range(min(count, len(rest))):
            chosen.append(rest.pop(int(self.random() * len(rest))))
        return chosen

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """All options in random order."""
        return self.some(options, len(options))

    def capitals(self, count: int) -> str:
        """Capital letters without I and O, as in part numbers."""
        return "".join(self.pick(CAPITALS) for _ in range(count))

    def hexadecimal(self, count: int) -> str:
        """Lower-case hexadecimal digits."""
        text = ""
        while len(text) < count:
            text += f"{int(self.random() * 0x1000000):06x}"
        return text[:count]
