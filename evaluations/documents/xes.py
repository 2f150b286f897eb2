"""Event logs of process mining (XES) as text: a line that opens each case, then one for each event.

    === case 1-364285768 === channel=Internet
    2010-03-31T16:59:42+02:00 Accepted, org:group=V30, impact=Medium

`event_log` reads the file piece by piece; only the text is kept. Document types and entities, by
which XML grows without end or asks for other files, are refused; XES has no use for them.

Source: IEEE 1849, eXtensible Event Stream: log > trace > event, each with typed attributes that
have a key, mostly a value, and may hold attributes of their own.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat

from evaluations.documents.boundaries import case_line

TIME, NAME = "time:timestamp", "concept:name"
PIECE = 1024 * 1024
DEEPEST = 64  # elements inside one another
_LINE_ENDS = re.compile(r"[\r\n]+")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})[\"']")
_ENCODINGS: Mapping[str, str] = {  # what XML calls them -> what we do
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "ms932": "cp932",
    "latin1": "iso-8859-1",
    "cp1252": "windows-1252",
}

Attributes = list[tuple[str, str]]


class XesError(Exception):
    """A file is no event log that can be read: `reason` names why, `line` where (0: nowhere)."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


class EventLog(NamedTuple):
    """The text of an event log, and how many events it tells of."""

    text: str
    events: int


def encoding_of(data: bytes) -> str:
    """The encoding that XML says it is in: by its first bytes, by its declaration, or UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, b"<\x00")):
        return "utf-16-le"
    if data.startswith((codecs.BOM_UTF16_BE, b"\x00<")):
        return "utf-16-be"
    found = _DECLARED.match(data.removeprefix(codecs.BOM_UTF8)[:400])
    if found is None or data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    name = found[1].decode("ascii", "replace").lower()
    return _ENCODINGS.get(name, name)


def event_log(data: bytes, encoding: str, largest: int) -> EventLog:
    """The events in `data`, in the order of the file.

    Args:
        data: XML.
        encoding: in which it is written; a name that Python's codecs know.
        largest: characters that the text may have.

    Raises:
        XesError: "doctype", "damaged", "other" (XML, but no event log) or "large".
        UnicodeDecodeError: it is written in another encoding.
    """
    writer = _Writer(largest)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(data)
    try:
        for start in range(0, len(data), PIECE):
            text = decoder.decode(view[start : start + PIECE])
            if start == 0:
                text = text.removeprefix("\ufeff").lstrip()
            parser.Parse(text.encode("utf-8"), False)
        parser.Parse(decoder.decode(b"", True).encode("utf-8"), True)
    except expat.ExpatError as error:
        raise XesError("damaged", error.lineno) from error
    return EventLog(writer.text.getvalue(), writer.events)


def _refuse(*_: object) -> None:
    raise XesError("doctype")


class _Writer:
    """Handlers of the parser: what they collect of a case or event becomes text when it ends."""

    def __init__(self, largest: int) -> None:
        self.text = io.StringIO()
        self.events = 0
        self._room = largest
        self._cases = 0
        self._path: list[str] = []
        self._case: Attributes | None = None  # of the trace that is open
        self._lines: list[str] = []  # its events
        self._event: Attributes | None = None  # of the event that is open
        self._keys: list[str] = []  # of the attributes that are open

    def start(self, tag: str, values: Mapping[str, str]) -> None:
        """An element begins."""
        name = tag.rpartition(":")[2]  # a prefix of the file's own choice
        if not self._path and name != "log":
            raise XesError("other")
        if len(self._path) == DEEPEST:
            raise XesError("damaged")
        self._path.append(name)
        if name == "trace" and len(self._path) == 2:
            self._case, self._lines = [], []
        elif name == "event" and self._path[1:-1] in ([], ["trace"]):
            self._event = []
        else:
            self._attribute(values)

    def _attribute(self, values: Mapping[str, str]) -> None:
        """One attribute of the event or case that is open; those of the whole log are left out."""
        open_one = self._case if self._event is None else self._event
        if open_one is None:
            return
        self._keys.append(values.get("key", ""))
        if "value" in values:
            key = ".".join(filter(None, self._keys))
            self._take(len(key) + len(values["value"]))
            open_one.append((key, _LINE_ENDS.sub(" ", values["value"])))

    def end(self, tag: str) -> None:
        """An element ends."""
        name = self._path.pop()
        if self._keys:
            self._keys.pop()
        elif name == "event" and self._event is not None:
            self._lines.append(_event_line(self._event))
            self.events += 1
            self._event = None
            if self._case is None:  # an event outside of any case
                self._write()
        elif name == "trace" and self._case is not None:
            self._cases += 1
            self._lines.insert(0, _case_line(self._case, self._cases))
            self._take(len(self._lines[0]))
            self._case = None
            self._write()

    def _write(self) -> None:
        for line in filter(None, self._lines):
            self.text.write(line)
            self.text.write("\n")
        self._lines = []

    def _take(self, size: int) -> None:
        # a long key repeats with every attribute below it, so a file can be shorter than its text
        self._room -= size + 2
        if self._room < 0:
            raise XesError("large")


def _event_line(attributes: Attributes) -> str:
    time, name = _first(attributes, TIME), _first(attributes, NAME)
    others = [pair for pair in attributes if pair not in ((TIME, time), (NAME, name))]
    return ", ".join(filter(None, (" ".join(filter(None, (time, name))), _pairs(others))))


def _case_line(attributes: Attributes, number: int) -> str:
    name = _first(attributes, NAME)
    others = [pair for pair in attributes if pair != (NAME, name)]
    return f"{case_line(name or str(number))} {_pairs(others)}".rstrip()


def _first(attributes: Attributes, key: str) -> str:
    return next((value for name, value in attributes if name == key), "")


def _pairs(attributes: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{_LINE_ENDS.sub(' ', key)}={value}" for key, value in attributes)
