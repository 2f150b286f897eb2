"""Reports of an evaluation, all made from one stored snapshot and what people had added to it at
one moment (`additions`): `write_report`.

`check_formats` and `prepare_folder` say beforehand what would go wrong with it.
`content` says what a memo contains and `appendix` what stands behind it, without a format; `pdf`,
`pptx`, `xlsx`, `html` and `markdown` lay it out;
`json` is the snapshot itself.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from evaluations.additions import NOTHING, Added
from evaluations.errors import EvaluationError, UnusablePlace
from evaluations.records import Snapshot
from evaluations.reports.html import html_text
from evaluations.reports.json import json_text
from evaluations.reports.markdown import markdown_text
from evaluations.reports.pdf import pdf_bytes
from evaluations.reports.pptx import pptx_bytes
from evaluations.reports.xlsx import xlsx_bytes
from evaluations.wording import Language

WRITERS: Mapping[str, Callable[[Snapshot, Language, Added], bytes]] = {
    "pdf": pdf_bytes,
    "pptx": pptx_bytes,
    "xlsx": xlsx_bytes,
    "html": lambda snapshot, language, added: html_text(snapshot, language, added).encode(),
    "md": lambda snapshot, language, added: markdown_text(snapshot, language, added).encode(),
    "json": lambda snapshot, language, added: json_text(snapshot, added).encode(),
}
FORMATS: tuple[str, ...] = tuple(WRITERS)  # in the order in which a page offers them
_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json; charset=utf-8",
}


class UnknownReportFormat(EvaluationError):
    """No report is made in that format, or none was named; the message lists those that are."""


def write_report(
    snapshot: Snapshot,
    formats: Iterable[str],
    folder: Path,
    language: Language,
    added: Added = NOTHING,
) -> list[Path]:
    """One file per format in `folder`, which is made where it is missing.

    Every file is complete when it appears: it is written beside its place and then renamed.

    Raises:
        UnknownReportFormat: before anything is written.
        UnusablePlace: the folder cannot be made or written.
    """
    wanted = list(dict.fromkeys(formats))
    check_formats(wanted)
    prepare_folder(folder)
    return [
        _write(
            folder / report_name(snapshot, name, language),
            WRITERS[name](snapshot, language, added),
        )
        for name in wanted
    ]


def check_formats(names: Sequence[str]) -> None:
    """Nothing, for formats that all exist.

    Raises:
        UnknownReportFormat: one does not, or none is named.
    """
    if not names:
        raise UnknownReportFormat("command.report.no_format", formats=", ".join(FORMATS))
    for name in names:
        check_format(name)


def prepare_folder(folder: Path) -> None:
    """The folder, made where it is missing and tried with a file that is gone at once.

    Raises:
        UnusablePlace: it cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UnusablePlace.of(folder, error) from error


def check_format(name: str) -> None:
    """Nothing, for a format that exists.

    Raises:
        UnknownReportFormat: the message names the format and lists those that exist.
    """
    if name not in WRITERS:
        raise UnknownReportFormat("reports.unknown_format", format=name, formats=", ".join(FORMATS))


def report_bytes(
    snapshot: Snapshot, name: str, language: Language, added: Added = NOTHING
) -> bytes:
    """The report in one format, for a download."""
    check_format(name)
    return WRITERS[name](snapshot, language, added)


def report_name(snapshot: Snapshot, name: str, language: Language) -> str:
    """The file's name, such as `longssm-ab-3f2a-ja.pdf`; the snapshot itself has no language."""
    run = re.sub(r"[^A-Za-z0-9._-]", "_", snapshot.run).strip(".") or "run"
    return f"longssm-ab-{run}.json" if name == "json" else f"longssm-ab-{run}-{language}.{name}"


def _write(path: Path, content: bytes) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        return part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UnusablePlace.of(path, error) from error
