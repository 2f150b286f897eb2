"""How numbers are written: the one home of their form, for pages, commands and reports alike.

A true minus sign, a comma for thousands, as many digits as the reader needs. What a number counts
stands behind it in the wording: one space before a unit or a counter (`24 件`, `4,096 bytes`), none
before a per cent sign (`95%`); `tests/evaluations/test_numbers.py` holds every text to it.
"""

from __future__ import annotations

from typing import Literal

from evaluations.wording import Language, say

Way = Literal["better", "worse", "same"]  # of B, whose smaller numbers are better


def signed(value: float, digits: int = 3) -> str:
    """`+0.012`, `−0.143`, `0.000`, with a true minus sign."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return text[1:] if float(f"{value:.{digits}f}") == 0 else text


def plain(value: float, digits: int = 3) -> str:
    """`1.912`, `−0.143`."""
    return f"{value:.{digits}f}".replace("-", "−")


def apart(share: float) -> tuple[Way, str]:
    """`("better", "3.3")` of a share of -0.0328: which way, and by how many per cent.

    More digits where one would print 0; `same` only where it is hardly anything.
    """
    percent = 100 * abs(share)
    digits = next((n for n in (1, 2) if round(percent, n) > 0), 3)
    shown = plain(percent, digits)
    return "same" if float(shown) == 0 else "better" if share < 0 else "worse", shown


def way(difference: float) -> Way:
    """Which way a difference B - A points, as far as its printed three digits tell."""
    printed = round(difference, 3)
    return "same" if printed == 0 else "better" if printed < 0 else "worse"


def length(tokens: int) -> str:
    """`4,096`."""
    return f"{tokens:,}"


def about_characters(bytes: int) -> str:
    """`1,400`: Japanese characters in so many bytes of UTF-8, three each, to two digits."""
    count = bytes / 3
    return f"{round(count, 2 - len(str(round(count)))) if count >= 100 else count:,.0f}"


def interval(low: float, high: float, language: Language) -> str:
    """`−0.171〜−0.116`, `−0.171 to −0.116`."""
    return say("charts.interval", language, low=signed(low), high=signed(high))


def percent(share: float, digits: int = 0) -> str:
    """`95%`, `58.3%`, of a share of one."""
    return f"{plain(100 * share, digits)}%"


def level(share: float) -> str:
    """`95%`, `97.5%`: with the digits that it was given with, as a confidence has them."""
    return f"{100 * share:g}%"


def size(bytes: int) -> str:
    """`812 B`, `24.5 KB`, `1.3 MB`."""
    if bytes < 1024:
        return f"{bytes} B"
    value, unit = bytes / 1024, "KB"
    for larger in ("MB", "GB"):
        if value >= 1024:
            value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if value >= 100 else f"{value:.1f} {unit}"
