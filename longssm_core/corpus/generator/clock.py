"""The document's clock and the many ways in which time is written.

`Clock` moves forward in milliseconds; `STAMPS` holds the styles by name; each takes a clock and
returns text.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable

from longssm_core.corpus.generator.draws import Draws
from longssm_core.corpus.generator.words_en import MONTHS
from longssm_core.corpus.generator.words_en import WEEKDAYS as WEEKDAYS_EN
from longssm_core.corpus.generator.words_ja import WEEKDAYS as WEEKDAYS_JA

DAY_MS = 86_400_000
Stamp = Callable[["Clock"], str]


class Clock:
    """A moment, with its calendar parts ready for printing."""

    def __init__(self, draws: Draws) -> None:
        self.random = draws.random
        self.first_day = datetime.date(2018, 1, 1).toordinal() + draws.between(0, 3400)
        self.start_ms = draws.between(0, DAY_MS - 1)
        self.elapsed_ms = 0
        self.zone = draws.pick(("+0900", "+0900", "+0000", "+0100", "-0500"))
        self.day = -1
        self.advance(0)

    def advance(self, seconds: float) -> None:
        """Move forward."""
        self.elapsed_ms += int(seconds * 1000)
        day, self.ms_of_day = divmod(self.start_ms + self.elapsed_ms, DAY_MS)
        if day != self.day:
            self._set_day(day)
        rest, self.ms = divmod(self.ms_of_day, 1000)
        rest, self.second = divmod(rest, 60)
        self.hour, self.minute = divmod(rest, 60)

    def wander(self, low: float, high: float) -> None:
        """Move forward by between low and high seconds."""
        self.advance(low + (high - low) * self.random())

    def set_hour(self, hour: int, minute: int = 0) -> None:
        """Move forward to this time of day, tomorrow if it is past."""
        wait = (hour * 60 + minute) * 60_000 - self.ms_of_day
        self.advance((wait if wait > 0 else wait + DAY_MS) / 1000)

    def date_after(self, days: int) -> datetime.date:
        """The calendar day `days` after today."""
        return datetime.date.fromordinal(self.first_day + self.day + days)

    def _set_day(self, day: int) -> None:
        self.day = day
        date = datetime.date.fromordinal(self.first_day + day)
        self.year, self.month, self.monthday = date.year, date.month, date.day
        self.weekday = date.weekday()


def _hms(c: Clock) -> str:
    return f"{c.hour:02}:{c.minute:02}:{c.second:02}"


def _iso_date(c: Clock) -> str:
    return f"{c.year}-{c.month:02}-{c.monthday:02}"


def _era(c: Clock) -> str:
    if (c.year, c.month) < (2019, 5):
        return f"平成{c.year - 1988}年"
    return f"令和{c.year - 2018}年" if c.year > 2019 else "令和元年"


STAMPS: dict[str, Stamp] = {
    "iso": lambda c: f"{_iso_date(c)} {_hms(c)}",
    "iso_comma": lambda c: f"{_iso_date(c)} {_hms(c)},{c.ms:03}",
    "iso_dot": lambda c: f"{_iso_date(c)} {_hms(c)}.{c.ms:03}",
    "iso_z": lambda c: f"{_iso_date(c)}T{_hms(c)}Z",
    "iso_z_ms": lambda c: f"{_iso_date(c)}T{_hms(c)}.{c.ms:03}Z",
    "iso_zone": lambda c: f"{_iso_date(c)}T{_hms(c)}{c.zone[:3]}:{c.zone[3:]}",
    "slash": lambda c: f"{c.year}/{c.month:02}/{c.monthday:02} {_hms(c)}",
    "slash_ms": lambda c: f"{c.year}/{c.month:02}/{c.monthday:02} {_hms(c)}.{c.ms:03}",
    "slash_short": lambda c: f"{c.year % 100:02}/{c.month:02}/{c.monthday:02} {_hms(c)}",
    "web": lambda c: f"{c.monthday:02}/{MONTHS[c.month - 1]}/{c.year}:{_hms(c)} {c.zone}",
    "syslog": lambda c: f"{MONTHS[c.month - 1]} {c.monthday:2} {_hms(c)}",
    "ctime": lambda c: (
        f"{WEEKDAYS_EN[c.weekday]} {MONTHS[c.month - 1]} {c.monthday:02} {_hms(c)} {c.year}"
    ),
    "compact": lambda c: f"{c.year}{c.month:02}{c.monthday:02}-{_hms(c)}:{c.ms:03}",
    "packed": lambda c: (
        f"{c.year % 100:02}{c.month:02}{c.monthday:02} {c.hour:02}{c.minute:02}{c.second:02}"
    ),
    "epoch": lambda c: f"{(c.first_day + c.day - 719163) * 86400 + c.ms_of_day // 1000}",
    "epoch_ms": lambda c: (
        f"{(c.first_day + c.day - 719163) * 86400 + c.ms_of_day // 1000}.{c.ms:03}"
    ),
    "month_first": lambda c: f"{c.month:02}-{c.monthday:02} {_hms(c)}.{c.ms:03}",
    "us": lambda c: f"{c.month:02}/{c.monthday:02}/{c.year} {_hms(c)}",
    "dotted": lambda c: f"{c.monthday:02}.{c.month:02}.{c.year} {_hms(c)}",
    "clock": _hms,
    "clock_ms": lambda c: f"{_hms(c)}.{c.ms:03}",
    "uptime": lambda c: f"{c.elapsed_ms // 1000:6}.{c.ms:03}",
    "kanji": lambda c: (
        f"{c.year}年{c.month}月{c.monthday}日 {c.hour}時{c.minute:02}分{c.second:02}秒"
    ),
    "kanji_day": lambda c: f"{c.month}月{c.monthday}日 {c.hour:02}:{c.minute:02}",
    "kanji_week": lambda c: (
        f"{c.year}年{c.month:02}月{c.monthday:02}日({WEEKDAYS_JA[c.weekday]}) "
        f"{c.hour:02}:{c.minute:02}"
    ),
    "era": lambda c: f"{_era(c)}{c.month}月{c.monthday}日 {c.hour:02}:{c.minute:02}",
    "short_slash": lambda c: f"{c.month}/{c.monthday} {c.hour}:{c.minute:02}",
}
JAPANESE_STAMPS = ("kanji", "kanji_day", "kanji_week", "era", "short_slash")
COMMON_STAMPS = tuple(name for name in STAMPS if name not in JAPANESE_STAMPS)

DATES: dict[str, Stamp] = {
    "iso": _iso_date,
    "slash": lambda c: f"{c.year}/{c.month:02}/{c.monthday:02}",
    "en": lambda c: f"{WEEKDAYS_EN[c.weekday]} {c.monthday} {MONTHS[c.month - 1]} {c.year}",
    "en_us": lambda c: f"{MONTHS[c.month - 1]} {c.monthday}, {c.year}",
    "kanji": lambda c: f"{c.year}年{c.month}月{c.monthday}日（{WEEKDAYS_JA[c.weekday]}）",
    "kanji_short": lambda c: f"{c.month}月{c.monthday}日({WEEKDAYS_JA[c.weekday]})",
    "era": lambda c: f"{_era(c)}{c.month}月{c.monthday}日",
}
JAPANESE_DATES = ("kanji", "kanji", "kanji_short", "era", "slash", "iso")
COMMON_DATES = ("iso", "slash", "en", "en_us")
