"""Points in time inside a text, found and moved without touching how they are written.

`TIMESTAMP` matches them: ISO and its relatives (2026-11-24T05:12:33, 2026/11/24 05:12), Japanese
dates with a time (also with an era), access logs (24/Nov/2026:05:12:33), syslog (Nov 24 05:12:33),
day or month first (24.11.2026 05:12), compact ones (20261124-05:12:33, 261124 051233), and epoch
seconds or milliseconds at the start of a line or behind a word such as `ts=`. `shifted` gives the
text of a match some seconds later. A time of day without its date is left alone: nobody knows
when it leaves its day.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = "|".join(_MONTHS)
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}  # the year before its first
_UNKNOWN_YEAR = 2000  # syslog names none; a leap year, so that 29 February is a day
_CLOCK = r"[01]?\d|2[0-3]"

# `%` stands for the number of the form: group names are unique in one expression
_FORMS = (
    rf"(?<!\d)(?P<y%>\d{{4}})(?P<_%>[-/.])(?P<m%>\d\d?)(?P=_%)(?P<d%>\d\d?)[T_, ]"
    rf"(?P<H%>{_CLOCK}):(?P<M%>\d\d)(?::(?P<S%>\d\d))?(?!\d)",
    rf"(?P<e%>令和|平成|昭和)?(?P<y%>\d{{1,4}})年 ?(?P<m%>\d\d?)月 ?(?P<d%>\d\d?)日"
    rf"[^\d\n]{{0,6}}(?P<H%>{_CLOCK})[:時] ?(?P<M%>\d\d?)(?:[:分] ?(?P<S%>\d\d?))?(?!\d)",
    rf"(?<!\d)(?P<d%>\d\d?)[/-](?P<b%>{_MONTH})[/-](?P<y%>\d{{4}})[: T]"
    rf"(?P<H%>{_CLOCK}):(?P<M%>\d\d):(?P<S%>\d\d)(?!\d)",
    rf"\b(?P<b%>{_MONTH}) (?P<d%>[ \d]\d|\d) (?P<H%>{_CLOCK}):(?P<M%>\d\d):(?P<S%>\d\d)"
    rf"(?: (?P<y%>\d{{4}}))?(?!\d)",
    rf"(?<!\d)(?P<d%>\d\d)\.(?P<m%>\d\d)\.(?P<y%>\d{{4}}) "
    rf"(?P<H%>{_CLOCK}):(?P<M%>\d\d)(?::(?P<S%>\d\d))?(?!\d)",
    rf"(?<!\d)(?P<m%>\d\d)/(?P<d%>\d\d)/(?P<y%>\d{{4}}) "
    rf"(?P<H%>{_CLOCK}):(?P<M%>\d\d)(?::(?P<S%>\d\d))?(?!\d)",
    r"(?<!\d)(?P<y%>20\d\d)(?P<m%>0[1-9]|1[0-2])(?P<d%>\d\d)[T_-](?P<H%>[01]\d|2[0-3]):?"
    r"(?P<M%>[0-5]\d):?(?P<S%>[0-5]\d)(?!\d)",
    r"(?<!\d)(?P<y%>\d\d)(?P<m%>0[1-9]|1[0-2])(?P<d%>[0-3]\d) (?P<H%>[01]\d|2[0-3])"
    r"(?P<M%>[0-5]\d)(?P<S%>[0-5]\d)(?!\d)",
    r"(?:(?<=^)|(?<=\n)|(?<=\[)|(?<=time=)|(?<=ts=)|(?<=\"ts\":)|(?<=\"time\":)|(?<=\"timestamp\":)"
    r"|(?<=\"ts\": )|(?<=\"time\": )|(?<=\"timestamp\": ))"
    r"(?P<E%>1\d{9})(?P<milli%>\d{3})?(?!\d)",
)
TIMESTAMP = re.compile(
    "|".join(f"(?P<form{n}>{form.replace('%', str(n))})" for n, form in enumerate(_FORMS))
)


def shifted(match: re.Match[str], seconds: int) -> str:
    """What `TIMESTAMP` matched, `seconds` later, written in the same way.

    As it was where it is no point in time (31 February), or leaves its era or the calendar.
    """
    fields = _fields(match)
    if "E" in fields:
        return _replaced(match, {"E": f"{int(fields['E']) + seconds:010d}"})
    try:
        era = _ERAS[fields["e"]] if "e" in fields else 0
        later = _moment(fields, era) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return match.group()
    if "e" in fields and later.year <= era:
        return match.group()
    return _replaced(match, _written(fields, later, era))


def _fields(match: re.Match[str]) -> dict[str, str]:
    """The fields of the form that matched, without the form's number."""
    return {
        name.rstrip("0123456789"): text
        for name, text in match.groupdict().items()
        if text is not None and not name.startswith("form")
    }


def _moment(fields: dict[str, str], era: int) -> datetime:
    if "y" in fields:
        year = int(fields["y"]) + era
        year += 2000 if len(fields["y"]) == 2 and not era else 0
    else:
        year = _UNKNOWN_YEAR
    month = _MONTHS.index(fields["b"]) + 1 if "b" in fields else int(fields["m"])
    hour, minute, second = (int(fields.get(name, "0")) for name in "HMS")
    return datetime(year, month, int(fields["d"]), hour, minute, second)


def _written(fields: dict[str, str], later: datetime, era: int) -> dict[str, str]:
    """Every field of the new moment, as wide as before."""
    values = {
        "y": (later.year - era) % (100 if len(fields.get("y", "")) == 2 and not era else 10_000),
        "m": later.month,
        "d": later.day,
        "H": later.hour,
        "M": later.minute,
        "S": later.second,
    }
    written = {
        name: str(value).rjust(len(fields[name]), " " if fields[name].startswith(" ") else "0")
        for name, value in values.items()
        if name in fields
    }
    if "b" in fields:
        written["b"] = _MONTHS[later.month - 1]
    return written


def _replaced(match: re.Match[str], written: dict[str, str]) -> str:
    """The matched text with some of its fields written anew."""
    number = next(name for name, text in match.groupdict().items() if text and name[:4] == "form")
    places = sorted((*match.span(f"{name}{number[4:]}"), text) for name, text in written.items())
    parts, end = [], match.start()
    for start, stop, text in places:
        parts += [match.string[end:start], text]
        end = stop
    return "".join([*parts, match.string[end : match.end()]])
