"""The bundled sample: long business and machine logs, made on the spot.

`sample_documents` gives the texts of the sample project as one ingested file of many documents.
They come from the generator that also wrote part of the training text, with seeds that training
never uses: the same kinds of logs, none of the same worlds.
"""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import product
from random import Random

from evaluations.documents.ingest import ExtractedDocument, Ingested
from evaluations.records import Document
from longssm_core.corpus.generator import KINDS, LANGUAGES, generate

SAMPLE_DOCUMENTS = 30
SAMPLE_SEED = 9_000_000_000  # training uses seeds below this one
SMALLEST, LARGEST = 24_000, 40_000  # bytes


@cache
def sample_documents() -> Ingested:
    """The sample project, as `Store.add_documents` takes it: mixed kinds and languages."""
    documents = tuple(_document(number) for number in range(SAMPLE_DOCUMENTS))
    everything = "\n".join(extracted.text for extracted in documents).encode("utf-8")
    sha256 = hashlib.sha256(everything).hexdigest()
    return Ingested(
        status="accept",
        file="sample",
        messages=(),
        encoding="utf-8",
        text_sha256=sha256,
        original_sha256=sha256,
        bytes=len(everything),
        documents=documents,
    )


def _document(number: int) -> ExtractedDocument:
    cells = list(product(KINDS, LANGUAGES))
    Random(SAMPLE_SEED).shuffle(cells)
    kind, language = cells[number % len(cells)]
    seed = SAMPLE_SEED + number
    size = Random(seed).randint(SMALLEST, LARGEST)
    generated = generate(seed, size, kind=kind, language=language)
    text = generated.text.rstrip("\n")  # stored texts have no trailing line ends
    utf8 = text.encode("utf-8")
    sha256 = hashlib.sha256(utf8).hexdigest()
    document = Document(
        id=sha256,
        name=generated.name,
        bytes=len(utf8),
        characters=len(text),
        encoding="utf-8",
        format=generated.name.rpartition(".")[2],
        original_sha256=sha256,
    )
    return ExtractedDocument(document, text)
