"""The stored snapshot as JSON: what every other report was made from."""

from __future__ import annotations

from evaluations.records import Snapshot


def json_text(snapshot: Snapshot) -> str:
    """The snapshot, unrounded; `Snapshot.model_validate_json` reads it back."""
    return snapshot.model_dump_json(indent=2) + "\n"
