"""How a log line of one document is laid out.

`line_layout` draws a layout and returns it as a function.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from longssm_core.corpus.generator.clock import COMMON_STAMPS, JAPANESE_STAMPS, STAMPS, Stamp
from longssm_core.corpus.generator.world import World

Layout = Callable[[int, str, str], str]  # level 0 (normal) to 3 (detail), source, message

LEVELS = (
    ("INFO", "WARN", "ERROR", "DEBUG"),
    ("INFO ", "WARN ", "ERROR", "DEBUG"),
    ("info", "warning", "error", "debug"),
    ("I", "W", "E", "D"),
    ("NOTICE", "WARNING", "CRITICAL", "TRACE"),
    ("Information", "Warning", "Error", "Verbose"),
    ("6", "4", "3", "7"),
    ("LOG", "WARNING", "FATAL", "DETAIL"),
    ("OK", "CAUTION", "ALARM", "-"),
)
JAPANESE_LEVELS = (
    ("情報", "警告", "エラー", "詳細"),
    ("正常", "注意", "異常", "参考"),
    ("通知", "軽故障", "重故障", "記録"),
    ("○", "△", "×", "－"),
)
BRACKETS = ("{}", "{}", "[{}]", "[{}]", "<{}>", "({})", "{}:", "{{{}}}")


def stamp_style(world: World) -> Stamp:
    """A way to write the time, Japanese ones only where Japanese is written."""
    if world.language == "ja" and world.draws.chance(0.3):
        return STAMPS[world.draws.pick(JAPANESE_STAMPS)]
    return STAMPS[world.draws.pick(COMMON_STAMPS)]


def levels(world: World) -> tuple[str, str, str, str]:
    """The level words of this document."""
    japanese = world.language != "en" and world.draws.chance(0.45)
    return world.draws.pick(JAPANESE_LEVELS if japanese else LEVELS)


def line_layout(world: World) -> Layout:
    """A layout drawn from delimited, key=value, JSON and table styles."""
    makers = (_delimited, _delimited, _delimited, _delimited, _key_value, _json, _table)
    return world.draws.pick(makers)(world)


def _delimited(world: World) -> Layout:
    draws, clock = world.draws, world.clock
    stamp, words = stamp_style(world), levels(world)
    gap = draws.pick((" ", " ", " ", " - ", " | ", "\t", "; ", "  "))
    joint = draws.pick((" ", ": ", " - ", " | ", " : ", "\t"))
    fields = ["%(time)s", "%(level)s", "%(source)s"]
    if draws.chance(0.3):
        fields = ["%(level)s", "%(time)s", "%(source)s"]
    elif draws.chance(0.3):
        fields = ["%(time)s", "%(source)s", "%(level)s"]
    if draws.chance(0.25):
        fields.insert(draws.between(1, 2), draws.pick(world.hosts))
    if draws.chance(0.3):
        fields.insert(
            draws.between(1, 3), f"{draws.pick(('', 'pid=', 'T', '#'))}{draws.between(100, 32000)}"
        )
    # the pattern is a "%" format of a dict: named fields, any order
    pattern = gap.join(draws.pick(BRACKETS).format(part) for part in fields) + joint + "%(message)s"

    def line(level: int, source: str, message: str) -> str:
        return pattern % {
            "time": stamp(clock), "level": words[level], "source": source, "message": message,
        }  # fmt: skip

    return line


def _key_value(world: World) -> Layout:
    draws, clock = world.draws, world.clock
    stamp, words = stamp_style(world), levels(world)
    names = (
        draws.pick(("ts", "time", "timestamp", "@timestamp", "date")),
        draws.pick(("level", "lvl", "severity", "sev", "prio")),
        draws.pick(("source", "logger", "svc", "unit", "component", "src")),
        draws.pick(("msg", "message", "event", "text", "detail")),
    )
    quote = draws.pick(('"', '"', "'"))
    gap = draws.pick((" ", " ", ", ", ";", "\t"))
    pattern = gap.join(
        (
            f"{names[0]}={quote}%s{quote}",
            f"{names[1]}=%s",
            f"{names[2]}=%s",
            f"{names[3]}={quote}%s{quote}",
        )
    )
    return lambda level, source, message: pattern % (stamp(clock), words[level], source, message)


def _json(world: World) -> Layout:
    draws, clock = world.draws, world.clock
    stamp, words = stamp_style(world), levels(world)
    time_key = draws.pick(
        ("ts", "time", "timestamp", "@t", "日時" if world.language == "ja" else "t")
    )
    level_key = draws.pick(
        ("level", "lvl", "severity", "区分" if world.language == "ja" else "sev")
    )
    source_key = draws.pick(("logger", "service", "component", "source"))
    message_key = draws.pick(
        ("msg", "message", "event", "内容" if world.language == "ja" else "text")
    )
    separators = draws.pick(((",", ":"), (", ", ": ")))

    def line(level: int, source: str, message: str) -> str:
        row = {
            time_key: stamp(clock),
            level_key: words[level].strip(),
            source_key: source,
            message_key: message,
        }
        return json.dumps(row, ensure_ascii=False, separators=separators)

    return line


def _table(world: World) -> Layout:
    draws, clock = world.draws, world.clock
    stamp, words = stamp_style(world), levels(world)
    separator = draws.pick((",", "\t", "|", ";"))
    quote = '"' if separator == "," else ""
    width = draws.pick((0, 0, 8, 16))

    def line(level: int, source: str, message: str) -> str:
        return separator.join(
            (stamp(clock), words[level], source.ljust(width), f"{quote}{message}{quote}")
        )

    return line
