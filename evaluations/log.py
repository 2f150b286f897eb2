"""What processes write to stderr: one line a record, and never a word of a document.

`start_logging(settings)` is called once a process, `about(run=..., task=...)` names what every line
inside its block is about. Lines are text or, with LONGSSM_LOG_FORMAT=json, one JSON object each:
time (UTC), level, event (the constant part of the message), logger, process, run, task, message and
error.

What may hold a user's text is left out where a record is made, so that no handler, ours or a
library's, can print it: an exception is its type and the place it was raised at, and of another
library's message only the constant part is kept, or the place it was written at. With
LONGSSM_LOG_TRACEBACKS=true all of it is written: to find a defect, on a machine whose log may hold
the documents.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from evaluations.settings import Settings

OURS = ("longssm", "evaluations", "longssm_core")  # loggers whose messages were written for logs
ROOT = Path(__file__).parents[1]
UNSAID = "unsaid"  # message of a library that may have filled it with values
CAUSES_SHOWN = 4

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 never changed


def start_logging(settings: Settings | None = None) -> None:
    """Our own messages and everybody's warnings, one line each, in the settings' format.

    Args:
        settings: None: they are not read yet; text without values.
    """
    tracebacks = settings is not None and settings.log_tracebacks
    as_json = settings is not None and settings.log_format == "json"
    logging.setLogRecordFactory(logging.LogRecord if tracebacks else _RecordWithoutValues)
    logging.captureWarnings(True)
    logging.basicConfig(level=logging.WARNING)
    layout = _JsonLine() if as_json else _TextLine()
    for handler in _handlers():
        handler.setFormatter(layout)
    logging.getLogger("longssm").setLevel(logging.INFO)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def _handlers() -> Iterator[logging.Handler]:
    """Of all loggers: servers have handlers of their own."""
    for logger in (logging.getLogger(), *logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            yield from logger.handlers


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Name what is worked on in every line that is logged inside the block."""
    known = {name: str(value) for name, value in ids.items() if value is not None}
    token = _about.set({**_about.get(), **known})
    try:
        yield
    finally:
        _about.reset(token)


def described(error: BaseException) -> str:
    """Types of an error and its causes, with the place it was raised at; none of its values."""
    parts: list[str] = []
    found: BaseException | None = error
    while found is not None and len(parts) < CAUSES_SHOWN:
        code = _code(found)
        named = f"{type(found).__name__}{f' {code}' if code else ''}"
        place = _place(found.__traceback__)
        parts.append(f"{named} at {place}" if place else named)
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)
    return " after ".join(parts)


def _code(error: BaseException) -> str | None:
    """What a database or the system calls an error: a constant, such as SQLITE_BUSY or ENOSPC."""
    for name in ("sqlstate", "sqlite_errorname"):
        if isinstance(code := getattr(error, name, None), str):
            return code
    number = error.errno if isinstance(error, OSError) else None
    return None if number is None else f"errno {number}"


def _place(trace: TracebackType | None) -> str:
    """Where our own code was last, and the line that raised if that is another one."""
    frames = traceback.extract_tb(trace)
    if not frames:
        return ""
    own = [frame for frame in frames if _is_ours(frame.filename)]
    shown = [*own[-1:], *([] if own and own[-1] is frames[-1] else frames[-1:])]
    return " > ".join(f"{_file(frame.filename)}:{frame.lineno} {frame.name}" for frame in shown)


def _is_ours(file: str) -> bool:
    path = Path(file)
    return path.is_relative_to(ROOT) and "site-packages" not in path.parts


def _file(file: str) -> str:
    """A file of code as it is known everywhere: its place in the project, or its name."""
    return str(Path(file).relative_to(ROOT)) if _is_ours(file) else Path(file).name


class _RecordWithoutValues(logging.LogRecord):
    """A record in which nothing is left that may have come from a user's file."""

    def __init__(
        self,
        name: str,
        level: int,
        pathname: str,
        lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        sinfo: str | None = None,
        **more: Any,
    ) -> None:
        error = exc_info[1] if exc_info else None
        if name.partition(".")[0] in OURS:
            args = _without_errors(args)
        else:
            is_constant = bool(args) and isinstance(msg, str)
            msg, args = (msg if is_constant else f"{UNSAID}: {_file(pathname)}:{lineno}"), ()
        super().__init__(name, level, pathname, lineno, msg, args, None, func, None, **more)
        self.error = None if error is None else described(error)


def _without_errors(args: Any) -> Any:
    """Arguments of a message, with errors among them by their types alone."""
    if isinstance(args, tuple):
        return tuple(described(one) if isinstance(one, BaseException) else one for one in args)
    return args


class _TextLine(logging.Formatter):
    """time level process logger: message [run task] (error)."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without line ends that a value may hold; a traceback where it is allowed."""
        error = getattr(record, "error", None)
        ids = " ".join(f"{name}={value}" for name, value in _about.get().items())
        line = (
            f"{_time(record)} {record.levelname} {record.process} {record.name}: "
            f"{record.getMessage()}{f' [{ids}]' if ids else ''}{f' ({error})' if error else ''}"
        )
        line = line.replace("\r", " ").replace("\n", " ")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _JsonLine(logging.Formatter):
    """One JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """One line: JSON escapes the line ends in its values."""
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "event": _event(record),
            "logger": record.name,
            "process": record.process,
            **_about.get(),
            "message": record.getMessage(),
        }
        if error := getattr(record, "error", None):
            fields["error"] = error
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _event(record: logging.LogRecord) -> str:
    """What happened, in the words that are the same each time: task_failed."""
    constant = re.sub(r"%\(?\w*\)?[sdfrx]", " ", str(record.msg))
    return "_".join(re.findall(r"[a-z0-9]+", constant.lower()))[:60]


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """The last line of a process that an error ends; Ctrl-C is none."""
    if issubclass(kind, KeyboardInterrupt):
        return
    exc_info = (kind, error, trace)
    logging.getLogger("longssm").critical("ended by an unexpected error", exc_info=exc_info)


def _log_uncaught_in_thread(ended: threading.ExceptHookArgs) -> None:
    error = ended.exc_value
    if error is None or isinstance(error, SystemExit):
        return
    exc_info = (type(error), error, error.__traceback__)
    logging.getLogger("longssm").critical("a thread ended by an error", exc_info=exc_info)
