"""The training text: generated logs, openly licensed documentation and real tool logs, mixed.

`build_corpus` draws whole documents until each kind has its share of the bytes, shuffles them and
says what they are (`DataRecord`); `Corpus` holds them as one array of bytes with offsets, so that
it can be stored, memory-mapped and fingerprinted. Where the texts come from is the business of
`generator`, `installed` and `tool_logs`.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from longssm_core.corpus.generator import generate, generator_fingerprint
from longssm_core.corpus.installed import Source, SourceText
from longssm_core.damage import undamaged
from longssm_core.errors import DamagedFile
from longssm_core.records import DataRecord, TextSource

# seeds of generated documents: training, held-back evaluation and the bundled sample never meet
TRAINING_SEEDS = range(1_000_000_000)
EVALUATION_SEEDS = range(8_000_000_000, 9_000_000_000)
SAMPLE_SEEDS = range(9_000_000_000, 10_000_000_000)

SHORTEST, LONGEST = 2_000, 24_000  # bytes of a generated document, log-uniform
DATA, TOKENS, OFFSETS = "data.json", "tokens.npy", "offsets.npy"  # of a stored corpus
SHARES = {"generated": 0.60, "documentation": 0.25, "log": 0.15}
JAPANESE_DOCUMENTATION = 0.4  # share of the documentation, as far as there is any


@dataclass(frozen=True)
class Corpus:
    """Documents one after another.

    tokens: bytes of all documents, (total,), uint8.
    offsets: document i is tokens[offsets[i]:offsets[i + 1]], (documents + 1,), int64.
    """

    tokens: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    record: DataRecord

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def document(self, number: int) -> NDArray[np.uint8]:
        """The bytes of one document."""
        return self.tokens[self.offsets[number] : self.offsets[number + 1]]

    def save(self, folder: Path) -> None:
        """Write the arrays and the record into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / TOKENS, self.tokens)
        np.save(folder / OFFSETS, self.offsets)
        text = json.dumps(asdict(self.record), ensure_ascii=False, indent=2)
        (folder / DATA).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Corpus:
        """The inverse of `save`; the tokens stay on disk until they are read.

        Raises:
            DamagedFile: a file is missing, malformed, or of another size than the others say.
        """
        data, tokens, offsets = (folder / name for name in (DATA, TOKENS, OFFSETS))
        with undamaged(data, folder):
            record = _RECORD.validate_json(data.read_text(encoding="utf-8"))
        with undamaged(tokens, folder):
            found = np.load(tokens, mmap_mode="r")
        with undamaged(offsets, folder):
            borders = np.load(offsets)
        if not _holds(found, np.uint8) or len(found) != record.bytes:
            raise DamagedFile(tokens, folder, "foreign")
        if not _holds(borders, np.int64) or not _part(borders, len(found)):
            raise DamagedFile(offsets, folder, "foreign")
        return cls(found, borders, record)

    def fingerprint(self) -> str:
        """SHA-256 over all documents in order, as the record of this very text says it."""
        digest = hashlib.sha256(self.tokens.tobytes())
        digest.update(np.diff(self.offsets).tobytes())
        return digest.hexdigest()


_RECORD = TypeAdapter(DataRecord)


def _holds(array: object, kind: type[np.generic]) -> bool:
    return isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype == kind


def _part(offsets: NDArray[np.int64], total: int) -> bool:
    """Whether `offsets` part `total` bytes into documents."""
    inside = len(offsets) > 1 and offsets[0] == 0 and offsets[-1] == total
    return bool(inside and (np.diff(offsets) >= 0).all())


def build_corpus(size: int, seed: int, texts: Sequence[SourceText]) -> Corpus:
    """About `size` bytes of training text in seeded random order.

    `texts` are the documentation and log sources that are at hand. A kind that has less than its
    share is used whole, and generated documents fill the rest.
    """
    rng = random.Random(f"corpus {seed}")
    documentation = size * SHARES["documentation"]
    japanese = documentation * JAPANESE_DOCUMENTATION
    drawn = [
        *_draw(texts, "documentation", "ja", japanese, rng),
        *_draw(texts, "documentation", "en", documentation - japanese, rng),
        *_draw(texts, "log", None, size * SHARES["log"], rng),
    ]
    left = size - sum(len(text) for _, text in drawn)
    drawn += [(GENERATOR, text) for text in _generated(left, seed, rng)]
    rng.shuffle(drawn)
    return _corpus(drawn)


GENERATOR = Source("generated logs", "1", "Apache-2.0", "log", "ja, en", None)
Drawn = tuple[Source, bytes]


def _draw(
    texts: Sequence[SourceText], kind: str, language: str | None, size: float, rng: random.Random
) -> list[Drawn]:
    pool = [
        (source, text)
        for source, documents in texts
        if source.kind == kind and language in (None, source.language)
        for text in documents
    ]
    rng.shuffle(pool)
    drawn: list[Drawn] = []
    taken = 0
    for source, text in pool:
        if taken >= size:
            break
        drawn.append((source, text.encode("utf-8")))
        taken += len(drawn[-1][1])
    return drawn


def _generated(size: float, seed: int, rng: random.Random) -> Iterator[bytes]:
    taken, number = 0, TRAINING_SEEDS[seed * 1_000_000]
    while taken < size:
        length = math.exp(rng.uniform(math.log(SHORTEST), math.log(LONGEST)))
        text = generate(number, int(length)).text.encode("utf-8")
        taken, number = taken + len(text), number + 1
        yield text


def _corpus(drawn: Sequence[Drawn]) -> Corpus:
    by_source: dict[Source, int] = {}
    for source, text in drawn:
        by_source[source] = by_source.get(source, 0) + len(text)
    sources = tuple(
        TextSource(source.name, source.version, source.licence, amount)
        for source, amount in sorted(by_source.items(), key=lambda item: -item[1])
    )
    return join_texts([text for _, text in drawn], sources, generator_fingerprint())


def join_texts(
    texts: Sequence[bytes], sources: tuple[TextSource, ...], generator: str = ""
) -> Corpus:
    """`texts` one after another, each a document, with the record that says what they are."""
    lengths = np.asarray([len(text) for text in texts], dtype=np.int64)
    tokens = np.frombuffer(b"".join(texts), dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    record = DataRecord(
        fingerprint="",
        documents=len(texts),
        bytes=len(tokens),
        generator=generator,
        sources=sources,
    )
    unnamed = Corpus(tokens, offsets, record)
    return replace(unnamed, record=replace(record, fingerprint=unnamed.fingerprint()))
