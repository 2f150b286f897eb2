"""Reports as the Report page shows and the download route hands them out: made once for both.

`Wanted` names one file completely: the evaluation, the moments up to which entries count, format
and language. `signed` turns it into an address, `asked` reads it back, `made` gives its bytes,
`page_count` how many pages its PDF has. An address gives the same file whatever is entered later;
what is appended to the rule, or erased, is in it all the same.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from links import download_address
from preview import SMALL, page_picture
from pypdf import PdfReader
from session import open_store, settings, snapshot

from evaluations import additions, entries, kpis
from evaluations.additions import NOTHING, Added
from evaluations.handover import package
from evaluations.records import Snapshot
from evaluations.reports import MEDIA_TYPES, report_bytes
from evaluations.reviews import finished
from evaluations.wording import Language


@dataclass(frozen=True)
class Wanted:
    """One report.

    moment: ISO 8601, texts and yen entered up to it count; empty: none does.
    said: the same of blind reviews and figures of the business; None: all that there are.
    page, pixels_per_inch: of a picture, from 1. zone: the reader's time zone, in which moments are
    told.
    """

    run: str
    format: str  # one of evaluations.reports.FORMATS, png (a page) or zip (the handover package)
    language: Language
    moment: str = ""
    page: int = 1
    zone: str = "UTC"
    pixels_per_inch: int = SMALL
    said: str | None = None


def moment_of(added: Added) -> str:
    """The moment of these entries, as `Wanted` has it."""
    return added.moment.isoformat() if added.moment is not None else ""


def signed(wanted: Wanted, file: str) -> str:
    """The address under which the route hands out this file, for some hours.

    A picture of the preview is always of what the page beside it shows.
    """
    if wanted.format != "png":
        wanted = replace(wanted, said=_last_said(wanted.run))
    return download_address(asdict(wanted), file)


def asked(permission: dict[str, Any]) -> Wanted:
    """What a verified permission asks for."""
    names = [one.name for one in fields(Wanted)]
    return Wanted(**{name: permission[name] for name in names if name in permission})


def made(wanted: Wanted) -> bytes:
    """The file. That of a finished evaluation is made once for preview and download.

    Raises:
        EvaluationError: there is no such evaluation, or its memo does not fit page 1.
    """
    if wanted.said == _last_said(wanted.run):
        wanted = replace(wanted, said=None)  # the same file as that of the preview
    found = _found(wanted)
    if found.status == "done":
        said = repr((found.review, found.kpi_actuals))
        changes = (found.name, len(found.amendments), said, found.erased)
        return _finished(settings().url, changes, wanted)
    return _make(found, wanted)


def media_type(format: str) -> str:
    """Of a file in that format."""
    return {**MEDIA_TYPES, "png": "image/png", "zip": "application/zip"}[format]


def page_count(wanted: Wanted) -> int:
    """Pages of the PDF."""
    return len(PdfReader(io.BytesIO(made(_whole(wanted)))).pages)


def _whole(picture: Wanted) -> Wanted:
    """The PDF of which it shows a page."""
    return replace(picture, format="pdf", page=1, pixels_per_inch=SMALL)


@lru_cache(maxsize=48)
def _finished(
    database: str, changes: tuple[str, int, str, tuple[str, ...]], wanted: Wanted
) -> bytes:
    """Keyed by all that a finished evaluation's report can depend on."""
    if wanted.format == "png":
        pdf = _finished(database, changes, _whole(wanted))
        return page_picture(pdf, wanted.page, wanted.pixels_per_inch)
    return _make(_found(wanted), wanted)


def _found(wanted: Wanted) -> Snapshot:
    """What is told: all that is known now, or what was known when the address was made."""
    if wanted.said is None:
        return snapshot(wanted.run)
    nothing = datetime.min.replace(tzinfo=UTC)
    until = datetime.fromisoformat(wanted.said) if wanted.said else nothing
    return open_store().snapshot(wanted.run, until)


def _last_said(run: str) -> str:
    """When the last review ended or the last figure was entered, as `Wanted` has it."""
    store = open_store()
    figures = entries.history(store.database, run, kpis.KIND)
    moments = [*finished(store, run).values(), *(entry.entered_at for entry in figures)]
    return max(moments).isoformat() if moments else ""


def _make(found: Snapshot, wanted: Wanted) -> bytes:
    if wanted.format == "zip":
        return package(found, wanted.language)
    added = NOTHING
    if wanted.moment:
        until = datetime.fromisoformat(wanted.moment)
        added = additions.read(open_store().database, wanted.run, until)
    added = replace(added, zone=wanted.zone)
    if wanted.format == "png":
        pdf = report_bytes(found, "pdf", wanted.language, added)
        return page_picture(pdf, wanted.page, wanted.pixels_per_inch)
    return report_bytes(found, wanted.format, wanted.language, added)
