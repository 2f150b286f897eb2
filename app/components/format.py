"""Numbers and times as people of the page's language write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from session import language, words


def duration(seconds: float) -> str:
    """A length of time, rounded as one says it."""
    if seconds < 60:
        return words("app.time.seconds", n=max(5, 5 * round(seconds / 5)))
    if seconds < 3600:
        return words("app.time.minutes", n=round(seconds / 60))
    hours, minutes = divmod(round(seconds / 60), 60)
    return words("app.time.hours", hours=hours, minutes=minutes)


def moment(when: str | datetime) -> str:
    """A point in time (ISO 8601 where it is text) in the visitor's own time zone."""
    found = datetime.fromisoformat(when) if isinstance(when, str) else when
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    local = found.astimezone(_zone())
    if language() == "ja":
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local.day} {local:%b %Y, %H:%M}"


def today() -> str:
    """The visitor's date and time, short, for a name."""
    local = datetime.now(UTC).astimezone(_zone())
    if language() == "ja":
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}"


def zone_name() -> str:
    """The visitor's time zone, by its IANA name."""
    return _zone().key


def _zone() -> ZoneInfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def set_apart(text: str) -> str:
    """A user's text inside a line, isolated: one that reads right to left moves nothing else."""
    return f"\u2068{text}\u2069"


def told_apart(names: Mapping[str, str], more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What each option of a list is called, by id; of those that share a name, with more besides.

    The browser answers with the name that was chosen: of equal ones it could be any.

    Args:
        names: by id.
        more: what tells them apart beside the id's beginning, by id.
    """
    often = Counter(names.values())
    return {
        one: name
        if often[name] == 1
        else f"{name} ({', '.join(filter(None, ((more or {}).get(one), one[:6])))})"
        for one, name in names.items()
    }
