"""Sketches of texts: how much of one stands in another, against counting all shingles."""

from __future__ import annotations

import numpy as np
import pytest

from longssm_core.overlap import (
    EARLIER_MOST,
    MOST_UNITED,
    SHINGLE,
    containment,
    from_text,
    sketch,
    to_text,
    united,
)


def random_text(seed: int, size: int) -> bytes:
    return np.random.default_rng(seed).integers(97, 123, size).astype(np.uint8).tobytes()


def shingles(text: bytes) -> set[bytes]:
    return {text[i : i + SHINGLE] for i in range(len(text) - SHINGLE + 1)}


@pytest.mark.parametrize("common", [0.0, 0.3, 0.8, 1.0])
@pytest.mark.parametrize("more", [0, 200_000, 600_000])
def test_the_share_is_that_of_all_shingles(common, more):
    """Also where the whole is so long that its sketch is cut."""
    part = random_text(1, 40_000)
    kept = part[: int(common * len(part))]
    whole = random_text(2, more) + kept + random_text(3, 5_000)
    exact = len(shingles(part) & shingles(whole)) / len(shingles(part))
    assert containment(sketch(part), sketch(whole)) == pytest.approx(exact, abs=0.06)


def test_a_shift_by_one_byte_changes_nothing():
    text = random_text(1, 20_000)
    assert containment(sketch(text), sketch(b"x" + text)) == 1.0


def test_a_part_of_any_of_several_texts_is_found_in_all_of_them_together():
    texts = [random_text(seed, 30_000) for seed in range(5)]
    together = united(map(sketch, texts))
    assert containment(sketch(texts[3][5_000:20_000]), together) == 1.0
    assert containment(sketch(random_text(9, 20_000)), together) == 0.0
    long = [random_text(seed, 400_000) for seed in range(3)]
    assert len(united(map(sketch, long))) <= MOST_UNITED
    assert containment(sketch(long[2][:100_000]), united(map(sketch, long))) == 1.0
    assert len(united([])) == 0


def test_too_little_text_says_nothing_unless_it_is_the_same():
    assert containment(sketch(b"short"), sketch(random_text(1, 9_000))) is None
    assert containment(sketch(b"short"), sketch(b"short")) == 1.0
    assert containment(sketch(b"short"), sketch(b"other")) is None
    tiny = random_text(4, SHINGLE + 100)
    assert containment(sketch(tiny), sketch(tiny)) == 1.0


def test_a_sketch_of_an_earlier_version_is_understood():
    """It held the 256 smallest hashes of all."""
    text = random_text(1, 100_000)
    earlier = sketch(text)[:EARLIER_MOST]
    assert containment(earlier, sketch(text)) == 1.0
    assert containment(sketch(text), earlier) == 1.0
    assert containment(sketch(random_text(2, 100_000)), earlier) == 0.0


def test_a_record_gives_back_the_sketch_that_it_was_given():
    found = sketch(random_text(1, 50_000))
    assert np.array_equal(from_text(to_text(found)), found)
    with pytest.raises(ValueError, match=r"base64|padding|characters"):
        from_text("no sketch!")
