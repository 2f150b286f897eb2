"""Files that people drop -> documents that can be scored, or one clear sentence.

    pieces ▸ encodings ▸ cleaning ▸ masking ▸ texts ▸ columns ▸ readers ▸ archives ▸ boundaries
        ▸ extraction ▸ (child ▸ sandbox) ▸ ingest

`ingest_path` is what uploads and commands use: it parses in a child process with limits.
`ingest_bytes` does the same in this process. The names are looked up on first use, so that the
child, which needs neither NumPy nor pydantic, starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evaluations.documents.boundaries import Split, SplitOffer, split_text, suggest_splits
    from evaluations.documents.columns import Column
    from evaluations.documents.encodings import ENCODINGS
    from evaluations.documents.extraction import Private
    from evaluations.documents.ingest import (
        ExtractedDocument,
        Ingested,
        ingest_bytes,
        ingest_json,
        places_in_words,
    )
    from evaluations.documents.masking import KINDS, PATTERNS, Masking, NamesError, names_in
    from evaluations.documents.names import display_name
    from evaluations.documents.readers import (
        LARGEST_FILE,
        LARGEST_TEXT,
        PLAIN,
        has_own_encoding,
        supported,
    )
    from evaluations.documents.sandbox import ingest_path

__all__ = [
    "ENCODINGS",
    "KINDS",
    "LARGEST_FILE",
    "LARGEST_TEXT",
    "PATTERNS",
    "PLAIN",
    "Column",
    "ExtractedDocument",
    "Ingested",
    "Masking",
    "NamesError",
    "Private",
    "Split",
    "SplitOffer",
    "display_name",
    "has_own_encoding",
    "ingest_bytes",
    "ingest_json",
    "ingest_path",
    "names_in",
    "places_in_words",
    "split_text",
    "suggest_splits",
    "supported",
]

_HOME = {
    "Column": "columns",
    "Private": "extraction",
    "ENCODINGS": "encodings",
    "LARGEST_FILE": "readers",
    "LARGEST_TEXT": "readers",
    "Masking": "masking",
    "NamesError": "masking",
    "KINDS": "masking",
    "PATTERNS": "masking",
    "PLAIN": "readers",
    "ExtractedDocument": "ingest",
    "Ingested": "ingest",
    "Split": "boundaries",
    "SplitOffer": "boundaries",
    "display_name": "names",
    "has_own_encoding": "readers",
    "ingest_bytes": "ingest",
    "ingest_json": "ingest",
    "ingest_path": "sandbox",
    "names_in": "masking",
    "places_in_words": "ingest",
    "split_text": "boundaries",
    "suggest_splits": "boundaries",
    "supported": "readers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
