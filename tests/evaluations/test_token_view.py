"""Token by token: bins, stretches, cells and parts of text against slow ways to the same."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from evaluations.records import Span
from evaluations.token_view import (
    Piece,
    beside,
    even_edges,
    first_whole,
    line_ends,
    overview,
    part_at,
    read_before,
    read_behind,
    strip_edges,
    text_cells,
)

TEXT = "温度 12.5 ℃\n警報😀 a\n\nいろはにほへと line\nlast é"


def made(rng, count=900, gaps=True):
    """Losses on most tokens of a document, with short and very long lines."""
    positions = np.arange(count)
    if gaps:
        positions = positions[(positions < count // 3) | (positions > count // 2)]
    a, b = (rng.gamma(2, 1, len(positions)).astype(np.float32) for _ in range(2))
    ends = rng.random(len(positions)) < 0.15
    ends[400:] = False  # one line that is longer than a stretch
    return Piece(positions, a, b, ends)


def slow_stretches(piece, longest):
    """(start, stop, bits) of every stretch, token by token."""
    found, begun = [], True
    for i, position in enumerate(piece.positions.tolist()):
        bits = (float(piece.a[i]) - float(piece.b[i])) / math.log(2)
        follows = found and found[-1][1] == position
        if begun or not follows or found[-1][1] - found[-1][0] == longest:
            found.append([position, position, 0.0])
        found[-1][1] = position + 1
        found[-1][2] += bits
        begun = bool(piece.ends_line[i])
    return [tuple(one) for one in found]


@pytest.mark.parametrize("cuts", [(), (1, 2, 50, 299, 300, 301, 600)])
def test_the_largest_gains_and_losses_are_those_of_all_lines_wherever_pieces_end(cuts):
    piece = made(np.random.default_rng(3))
    edges = (0, *cuts, len(piece.positions))
    found = overview((piece[a:b] for a, b in pairwise(edges)), 900)
    every = slow_stretches(piece, 256)
    for shown, sign in ((found.gains, -1), (found.losses, 1)):
        wanted = sorted(every, key=lambda one: (sign * one[2], one[0]))[:10]
        assert [one[:2] for one in shown] == [one[:2] for one in wanted]
        assert [one.bits for one in shown] == pytest.approx([one[2] for one in wanted])
    assert max(one[1] - one[0] for one in every) == 256


def test_gains_are_gains_and_losses_losses_however_few_there_are():
    piece = Piece(
        np.arange(4),
        np.array([1, 1, 3, 1], dtype=np.float32),
        np.array([1, 1, 1, 2], dtype=np.float32),
        np.array([True, True, True, True]),
    )
    found = overview([piece], 4)
    assert [(one.start, one.bits > 0) for one in found.gains] == [(2, True)]
    assert [(one.start, one.bits < 0) for one in found.losses] == [(3, True)]


def test_bins_hold_the_mean_of_their_tokens_and_what_was_not_read_is_no_zero():
    piece = made(np.random.default_rng(4))
    found = overview([piece[:200], piece[200:]], 900, even_edges(900, 20))
    bits = dict(zip(piece.positions.tolist(), piece.bits.tolist(), strict=True))
    for number in range(20):
        own = [bits[t] for t in range(900) if t * 20 // 900 == number and t in bits]
        assert found.bin_tokens[number] == len(own)
        if own:
            assert found.bin_bits[number] == pytest.approx(sum(own) / len(own))
        else:
            assert math.isnan(found.bin_bits[number])
    assert found.bin_tokens.min() == 0
    assert [(s.start, s.stop) for s in found.read] == [(0, 300), (451, 900)]
    assert found.mean == pytest.approx(np.mean(list(bits.values())))


def test_a_loss_that_is_no_number_is_counted_and_is_in_no_sum():
    piece = made(np.random.default_rng(5), gaps=False)
    piece.b[10], piece.a[500], piece.b[500] = np.nan, np.inf, np.inf
    found = overview([piece], 900)
    assert found.not_finite == 2
    assert np.isfinite(found.bin_bits).all()
    assert math.isfinite(found.bits)
    assert all(not one.start <= 10 < one.stop for one in (*found.gains, *found.losses))


def test_swapping_the_arms_swaps_gains_and_losses():
    piece = made(np.random.default_rng(6))
    other = Piece(piece.positions, piece.b, piece.a, piece.ends_line)
    found, swapped = overview([piece], 900), overview([other], 900)
    assert [one[:2] for one in found.gains] == [one[:2] for one in swapped.losses]
    assert found.bits == pytest.approx(-swapped.bits)


@pytest.mark.parametrize(
    "read",
    [
        (Span(0, 8_192),),
        (Span(100, 200), Span(70_000, 70_900), Span(399_000, 400_000)),
        tuple(Span(start, start + 16) for start in range(50, 399_000, 1_000)),
        (Span(5, 6),),
    ],
)
def test_what_was_read_can_be_seen_on_the_strip_however_long_the_text_is(read):
    count = 400_000
    edges = strip_edges(read, count)
    assert (edges[0], edges[-1]) == (0, count)
    assert (np.diff(edges) > 0).all()
    positions = np.concatenate([np.arange(span.start, span.stop) for span in read])
    zeros = np.zeros(len(positions), dtype=np.float32)
    found = overview([Piece(positions, zeros, zeros, zeros > 0)], count, edges)
    seen = found.bin_tokens > 0
    for start, stop, tokens in zip(edges[:-1], edges[1:], found.bin_tokens, strict=True):
        assert tokens in (0, stop - start)  # no bin is read in part
    assert len(read) <= seen.sum()
    assert seen.mean() > 0.4 or seen.sum() == len(positions)  # at most a bin a token
    assert (~seen).any()
    assert found.is_stretched
    assert found.tokens == len(positions)


@pytest.mark.parametrize("read", [(), (Span(0, 800),), (Span(0, 300), Span(350, 900))])
def test_a_text_that_was_read_for_the_most_part_or_not_at_all_has_bins_of_one_size(read):
    edges = strip_edges(read, 900)
    assert edges.tolist() == even_edges(900).tolist()
    assert set(np.diff(edges)) <= {1, 2}
    assert not overview([], 900, edges).is_stretched


def test_what_was_read_before_and_behind_a_token_is_found():
    read = (Span(5, 10), Span(20, 30))
    assert [read_behind(read, at) for at in (0, 5, 7, 10, 29, 30)] == [5, 5, 7, 20, 29, None]
    assert [read_before(read, at) for at in (5, 6, 10, 20, 21, 99)] == [None, 5, 9, 9, 20, 29]


def test_a_document_that_nobody_read_has_no_mean():
    found = overview([], 100)
    assert (found.tokens, found.mean, found.gains) == (0, None, ())


# --- cells ------------------------------------------------------------------------------------


def sizes_of(rng, length):
    """Sizes of tokens that cut characters anywhere; some have no bytes."""
    sizes = []
    while (left := length - sum(sizes)) > 0:
        sizes.append(int(min(left, rng.integers(0, 5))))
    return [*sizes, 0]


def slow_cells(text, sizes, values):
    """(text, tokens, sum) of the smallest runs of tokens that spell whole characters."""
    found, start, at, first = [], 0, 0, 0
    for i, size in enumerate(sizes):
        at += size
        try:
            spelled = text[start:at].decode("utf-8")
        except UnicodeDecodeError:
            continue
        if spelled:
            found.append([spelled, i + 1 - first, sum(values[first : i + 1])])
            start, first = at, i + 1
    if first < len(sizes):  # tokens without bytes at the end
        found[-1][1] += len(sizes) - first
        found[-1][2] += sum(values[first:])
    return found


@pytest.mark.parametrize("seed", range(12))
def test_cells_are_the_smallest_parts_of_whole_tokens_and_whole_characters(seed):
    rng = np.random.default_rng(seed)
    text = TEXT.encode()
    sizes = [1] * len(text) if seed == 0 else sizes_of(rng, len(text))
    a = rng.gamma(2, 1, len(sizes)).astype(np.float32)
    positions = np.arange(len(sizes)) + 50
    piece = Piece(positions, a, a * 0, np.zeros(len(sizes), dtype=bool))
    offsets = 700 + np.concatenate([[0], np.cumsum(sizes)])
    found = text_cells(text, 50, offsets, piece)
    wanted = slow_cells(text, sizes, (a / math.log(2)).tolist())
    assert list(found.texts) == [one[0] for one in wanted]
    assert found.tokens.tolist() == [one[1] for one in wanted]
    assert found.a == pytest.approx([one[2] for one in wanted], rel=1e-5)
    assert "".join(found.texts) == TEXT
    assert (found.starts[0], found.starts[-1]) == (50, 50 + len(sizes))


def test_a_cell_without_all_of_its_losses_has_none():
    text = "é".encode() + b"ab"
    one = np.ones(2, dtype=np.float32)
    piece = Piece(np.array([1, 2]), one, one, np.zeros(2, dtype=bool))
    found = text_cells(text, 0, np.arange(5), piece)
    assert found.texts == ("é", "a", "b")
    assert found.is_read.tolist() == [False, True, False]
    assert np.isnan(found.a[[0, 2]]).all()
    assert text_cells(text, 0, np.arange(5), None).is_read.sum() == 0


def test_the_tone_follows_from_the_difference_per_token():
    a = np.array([0.1, 0.5, 2, 9, -0.5, -2, -9, np.nan], dtype=np.float32) * math.log(2)
    piece = Piece(np.arange(8), a, a * 0, np.zeros(8, dtype=bool))
    assert text_cells(b"abcdefgh", 0, np.arange(9), piece).levels.tolist() == [
        *(0, 1, 2, 3, -1, -2, -3, 0)
    ]


def test_a_page_begins_where_a_token_and_a_character_do():
    text = "é温x".encode()
    at = np.arange(len(text))
    assert [first_whole(text[i:], at[: len(text) - i]) for i in range(6)] == [0, 1, 0, 2, 1, 0]
    assert first_whole("温".encode()[1:], np.array([0, 1])) is None
    assert first_whole(text[1:], np.array([0, 2, 4])) == 2


def test_a_line_end_is_found_in_the_token_that_holds_it():
    assert line_ends(b"ab\ncd\n\nx", np.array([0, 2, 4, 4, 5, 8])).tolist() == [
        *(False, True, False, False, True)
    ]


# --- texts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"), [("", ""), ("abc", ""), ("温度12", "温度 13"), ("abcabc", "xbcaab")]
)
def test_parts_beside_another_text_spell_the_text_and_share_what_they_say(one, other):
    parts = beside(one, other)
    assert "".join(part.text for part in parts) == one
    rest = iter(other)
    assert all(letter in rest for part in parts if part.kind == "same" for letter in part.text)
    assert [p.text for p in beside(one, one)] == ([one] if one else [])


def test_texts_part_at_their_first_difference():
    assert part_at("温度12", "温度13") == 3
    assert part_at("ab", "abc") == 2
    assert part_at("ab", "ab") is None
