"""The generator of training text: reproducible, and foretold only by those who remember."""

from __future__ import annotations

import lzma
import re
import subprocess
import sys
import time
from collections import Counter

import pytest

from longssm_core.corpus.generator import KINDS, LANGUAGES, generate, generator_fingerprint

EVERY_WORLD = [(kind, language) for kind in KINDS for language in LANGUAGES]
TOKEN = re.compile(r"[A-Za-z0-9_./:#-]{6,}|[ぁ-んァ-ヶ一-龠ー]{3,}")


def compressed_size(data: bytes) -> int:
    return len(lzma.compress(data, format=lzma.FORMAT_ALONE, preset=6))


def longest_return(text: str) -> int:
    """The largest distance in bytes between two neighbouring uses of one id or word."""
    last: dict[str, int] = {}
    longest = 0
    for match in TOKEN.finditer(text):
        if match.group() in last:
            longest = max(longest, match.start() - last[match.group()])
        last[match.group()] = match.start()
    return longest


def test_the_same_seed_gives_the_same_text():
    assert generate(7, 6000) == generate(7, 6000)


def test_another_process_with_another_hash_seed_gives_the_same_text():
    program = (
        "from longssm_core.corpus.generator import generate; print(ascii(generate(3, 3000).text))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert runs == {f"{generate(3, 3000).text!a}\n".encode()}


@pytest.mark.parametrize(("kind", "language"), EVERY_WORLD)
def test_every_kind_in_every_language_keeps_to_its_size_and_format(kind, language):
    document = generate(11, 8000, kind, language)
    data = document.text.encode()
    assert (document.kind, document.language) == (kind, language)
    assert 7000 < len(data) <= 8000
    assert data.decode() == document.text
    assert document.text.endswith("\n")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffd]", document.text)
    assert re.fullmatch(r"[\w.-]+", document.name, re.ASCII)


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_document_starts_with_the_shorter_one(kind):
    assert generate(5, 12_000, kind).text.startswith(generate(5, 3000, kind).text)


@pytest.mark.parametrize(("kind", "language"), EVERY_WORLD)
def test_slots_are_always_filled(kind, language):
    text = generate(13, 8000, kind, language).text
    assert not re.search(r"%s|%\(|\{[a-z]+\}|\bNone\b|<longssm|object at 0x", text)


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_ids_come_back_after_more_than_four_thousand_characters(kind):
    returns = [longest_return(generate(seed, 30_000, kind).text) for seed in range(4)]
    assert sum(distance > 4000 for distance in returns) >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_the_beginning_helps_to_foretell_the_end(kind):
    data = generate(17, 24_000, kind).text.encode()
    parts = [data[start : start + 3000] for start in range(0, len(data), 3000)]
    together, apart = compressed_size(data), sum(map(compressed_size, parts))
    assert together < 0.85 * apart


def test_a_foreign_beginning_helps_less_than_the_own_one():
    gains = []
    for seed in range(12):
        own, foreign = generate(seed, 16_000, "orders"), generate(seed + 100, 8000, "orders")
        beginning, end = own.text.encode()[:8000], own.text.encode()[8000:]
        after_own = compressed_size(beginning + end) - compressed_size(beginning)
        before = foreign.text.encode()
        gains.append(compressed_size(before + end) - compressed_size(before) - after_own)
    assert min(gains) > 0


def test_different_seeds_share_few_of_their_words():
    def vocabulary(seed: int) -> set[str]:
        return set(TOKEN.findall(generate(seed, 8000, "machine_log", "ja").text))

    worlds = [vocabulary(seed) for seed in range(6)]
    shared = [len(a & b) / min(len(a), len(b)) for a in worlds for b in worlds if a is not b]
    assert max(shared) < 0.25


def test_kinds_and_languages_are_drawn_in_their_shares():
    documents = [generate(seed, 512) for seed in range(1500)]
    languages = Counter(document.language for document in documents)
    assert set(Counter(document.kind for document in documents)) == set(KINDS)
    for language, share in (("ja", 0.45), ("en", 0.40), ("mixed", 0.15)):
        assert abs(languages[language] / 1500 - share) < 0.05


def test_japanese_documents_are_japanese_where_people_write():
    for kind in ("shift_report", "meeting_minutes", "email_thread", "handover"):
        text = generate(2, 6000, kind, "ja").text
        assert len(re.findall(r"[ぁ-んァ-ヶ一-龠]", text)) > 0.4 * len(text)
        assert generate(2, 6000, kind, "en").text.isascii()


def test_impossible_requests_are_refused_with_what_was_expected():
    with pytest.raises(ValueError, match="at least 512"):
        generate(1, 100)
    with pytest.raises(ValueError, match="machine_log"):
        generate(1, 1000, "novel")
    with pytest.raises(ValueError, match="mixed"):
        generate(1, 1000, "orders", "fr")


def test_the_fingerprint_names_the_source():
    assert re.fullmatch(r"[0-9a-f]{64}", generator_fingerprint())
    assert generator_fingerprint() == generator_fingerprint()


@pytest.mark.slow
def test_a_core_writes_more_than_one_megabyte_and_a_half_per_second():
    started = time.process_time()
    written = sum(len(generate(seed, 16_000).text.encode()) for seed in range(400))
    assert written / (time.process_time() - started) > 1.5e6
