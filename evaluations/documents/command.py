"""`python -m evaluations ingest FILE...`: what an upload would do with each file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from evaluations.documents.ingest import ingest_json
from evaluations.documents.limits import USUAL, Limits
from evaluations.documents.masking import Masking
from evaluations.documents.readers import LARGEST_TEXT
from evaluations.documents.sandbox import ingest_path
from evaluations.wording import Language, say

DONE, FAILED, ALL_REFUSED = 0, 1, 2


def run_ingest(
    paths: Sequence[Path],
    name: str | None,
    language: Language,
    out: TextIO,
    errors: TextIO | None = None,
    encoding: str | None = None,
    largest_text: int = LARGEST_TEXT,
    limits: Limits = USUAL,
    columns: Sequence[str] | None = None,
    masking: Masking | None = None,
) -> int:
    """Exit code; one JSON object a line goes to `out`, one line per refused file to `errors`.

    0: at least one file is taken. 1: the command itself makes no sense. 2: every file is refused.
    `name` is the user's name for the file, so it goes with a single file only. `encoding`,
    one of ENCODINGS, overrules what would be detected; `columns` and `masking` are as for
    `ingest_path`. The lines are ASCII: a console in any
    encoding can print them.
    """
    errors = sys.stderr if errors is None else errors
    if name is not None and len(paths) != 1:
        print(say("documents.command.one_name", language, files=len(paths)), file=errors)
        return FAILED
    taken = 0
    for path in paths:
        ingested = ingest_path(
            path,
            name,
            encoding,
            columns=columns,
            masking=masking,
            largest_text=largest_text,
            limits=limits,
        )
        print(json.dumps(ingest_json(ingested, language)), file=out, flush=True)
        if ingested.status == "reject":
            print(ingested.words(language), file=errors, flush=True)
        else:
            taken += 1
    return DONE if taken or not paths else ALL_REFUSED
