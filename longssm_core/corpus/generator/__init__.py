"""The project's own generator of long business and machine logs, Japanese, English and mixed.

Every document is a world of its own, drawn from the seed: people, machines, products, codes, line
format and message templates. What is said later can be foretold only by a reader who remembers
what was said before. Main names: `generate`, `GeneratedDocument`, `KINDS`,
`generator_fingerprint`. Standard library only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from longssm_core.corpus.generator.draws import Draws
from longssm_core.corpus.generator.kinds_business import BUSINESS_KINDS
from longssm_core.corpus.generator.kinds_machine import MACHINE_KINDS
from longssm_core.corpus.generator.kinds_prose import PROSE_KINDS
from longssm_core.corpus.generator.world import World

__all__ = ["KINDS", "LANGUAGES", "GeneratedDocument", "generate", "generator_fingerprint"]

LANGUAGES = ("ja", "en", "mixed")
LANGUAGE_SHARES = (0.45, 0.40, 0.15)
MINIMUM_SIZE = 512  # bytes; any first line fits

_WRITERS: dict[str, tuple[Callable[[World], Iterator[str]], str, str]] = {
    **MACHINE_KINDS,
    **BUSINESS_KINDS,
    **PROSE_KINDS,
}
KINDS: tuple[str, ...] = tuple(_WRITERS)


@dataclass(frozen=True)
class GeneratedDocument:
    """One invented document: LF line ends, no byte-order mark."""

    name: str  # a plausible ASCII file name
    kind: str
    language: str  # "ja", "en" or "mixed"
    text: str


def generate(
    seed: int, size: int, kind: str | None = None, language: str | None = None
) -> GeneratedDocument:
    """One document of about `size` UTF-8 bytes: cut at a line end, never more than `size`.

    The same arguments give the same text on every machine, a larger size the same text, continued.
    Without a kind or language the seed draws one: all kinds equally, languages by their shares.

    Raises:
        ValueError: an unknown kind or language, or a size below 512 bytes.
    """
    if size < MINIMUM_SIZE:
        raise ValueError(f"size {size}: a document needs at least {MINIMUM_SIZE} bytes")
    choice = Draws(f"choice/{seed}")
    kind = choice.pick(KINDS) if kind is None else kind
    language = _language(choice.random()) if language is None else language
    if kind not in _WRITERS:
        raise ValueError(f"kind {kind!r}: expected one of {', '.join(KINDS)}")
    if language not in LANGUAGES:
        raise ValueError(f"language {language!r}: expected one of {', '.join(LANGUAGES)}")
    write, domain, ending = _WRITERS[kind]
    draws = Draws(f"{seed}/{kind}/{language}")
    if domain == "any":
        domain = draws.pick(("plant", "logistics", "it", "office"))
    world = World(draws, language, domain)
    # named before writing: a name must not depend on how far the document goes
    name = f"{world.coined()}_{kind}_{world.clock.year}-{world.clock.month:02}.{ending}"
    return GeneratedDocument(name, kind, language, _cut(write(world), size))


def generator_fingerprint() -> str:
    """SHA-256 over the generator's own source files: the frozen generator's hash."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py"), key=lambda path: path.name):
        digest.update(f"{path.name}\n".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()


def _language(chance: float) -> str:
    if chance < LANGUAGE_SHARES[0]:
        return "ja"
    return "en" if chance < LANGUAGE_SHARES[0] + LANGUAGE_SHARES[1] else "mixed"


def _cut(lines: Iterator[str], size: int) -> str:
    """As many whole lines as fit into `size` UTF-8 bytes."""
    kept, used = [], 0
    for line in lines:
        used += len(line.encode()) + 1
        if used > size:
            break
        kept.append(line)
    return "\n".join([*kept, ""])
