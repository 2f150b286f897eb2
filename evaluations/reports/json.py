"""The stored snapshot as JSON, with what people added: what every other report was made from."""

from __future__ import annotations

from pydantic import Field

from evaluations.additions import NOTHING, Added
from evaluations.records import Snapshot


def _is_nothing(added: Added) -> bool:
    return added == NOTHING


class Report(Snapshot):
    """A snapshot, and beside it the entries of one moment; left out where there are none."""

    added: Added = Field(default=NOTHING, exclude_if=_is_nothing)


def json_text(snapshot: Snapshot, added: Added = NOTHING) -> str:
    """The snapshot, unrounded; `Report.model_validate_json` reads it back."""
    report = Report.model_construct(**{**dict(snapshot), "added": added})
    return report.model_dump_json(indent=2) + "\n"
