"""Comparing what both arms write: points, texts, metrics by hand and by a reference, intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics import CHRF

from evaluations.outputs import (
    Output,
    choose_positions,
    chrf,
    compare_outputs,
    edit_similarity,
    first_lines,
    parts_after,
    shown_text,
)

TEXT = "".join(f"{n:03} 注文 order {n * n} done\n\n  \n" for n in range(60)).encode()
ANY_LINE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


def test_points_are_line_starts_spread_over_the_document_and_repeat_with_the_seed():
    found = choose_positions(TEXT, None, least=200, count=4, document="d", seed=1)
    assert len(found) == 4
    assert found == choose_positions(TEXT, None, least=200, count=4, document="d", seed=1)
    assert found != choose_positions(TEXT, None, least=200, count=4, document="d", seed=2)
    assert found != choose_positions(TEXT, None, least=200, count=4, document="e", seed=1)
    for place in found:
        assert TEXT[place - 1 : place] == b"\n"
        assert TEXT[place : place + 3].isdigit()  # neither a blank line nor the middle of one
        assert place >= 200
    quarters = [(place - 200) * 4 // (len(TEXT) - 200) for place in found]
    assert quarters == [0, 1, 2, 3]


def test_a_line_that_starts_inside_a_token_is_no_point():
    text = b"one\ntwo\nthree\nfour\n"
    sizes = np.array([3, 1, 3, 2, 4, 1, 4, 1])  # the fourth token is the line end and a "t"
    assert choose_positions(text, sizes, least=0, count=9, document="d", seed=0) == (2, 6)


def test_a_document_of_one_line_or_of_none_that_is_late_enough_has_no_point():
    assert choose_positions(b"one line", None, 0, 4, "d", 0) == ()
    assert choose_positions(b"one\ntwo\n", None, 5, 4, "d", 0) == ()
    assert choose_positions(b"", None, 0, 4, "d", 0) == ()


def test_first_lines_keep_their_line_ends():
    assert first_lines(b"a\nb\nc", 1) == b"a\n"
    assert first_lines(b"a\nb\nc", 2) == b"a\nb\n"
    assert first_lines(b"a\nb\nc", 3) == b"a\nb\nc"


def test_bytes_that_cut_a_character_are_shown_without_it():
    assert shown_text("注文".encode()[:-1]) == "注"
    assert shown_text(b"ok \xff\xfe done\n") == "ok \ufffd\ufffd done"
    assert shown_text(b"\x1b[31mred") == "␛[31mred"


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("status ok after 3 retries", "status ok after 4 retries"),
        ("注文番号 17 を確認", "注文番号 18 を確認しました"),
        ("a", "abc"),
        ("", "abc"),
        ("same", "same"),
        ("xyz", "abc"),
    ],
)
def test_chrf_is_that_of_sacrebleu(written, reference):
    expected = CHRF().sentence_score(written, [reference]).score
    assert chrf(written, reference) == pytest.approx(expected, abs=1e-9)


@given(ANY_LINE, ANY_LINE)
def test_chrf_of_any_text_is_that_of_sacrebleu(written, reference):
    expected = CHRF().sentence_score(written, [reference]).score
    assert chrf(written, reference) == pytest.approx(expected, abs=1e-9)


def test_edit_similarity_counts_insertions_deletions_and_changes():
    assert edit_similarity("kitten", "sitting") == pytest.approx(1 - 3 / 7)
    assert edit_similarity("abc", "") == edit_similarity("", "abc") == 0.0
    assert edit_similarity("", "") == edit_similarity("注文", "注文") == 1.0
    assert edit_similarity("abcd", "bcd") == pytest.approx(0.75)


@given(ANY_LINE, ANY_LINE)
def test_edit_similarity_does_not_depend_on_the_order_and_finds_equals(one, other):
    assert edit_similarity(one, other) == edit_similarity(other, one)
    assert 0.0 <= edit_similarity(one, other) <= 1.0
    assert (edit_similarity(one, other) == 1.0) is (one == other)


def test_two_continuations_part_at_their_first_different_byte():
    assert parts_after(b"abcd", b"abxd") == 2
    assert parts_after(b"ab", b"abcd") == 2
    assert parts_after(b"same", b"same") is None


def output(document: str, arm: str, written: str, position: int = 100, nats: float = 1.0) -> Output:
    reference = b"truth\n"
    nll = np.full(len(reference), nats, dtype=np.float32)
    return Output(document, arm, position, written.encode(), reference, nll, nll)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_every_point_that_both_continued_counts_alike():
    outputs = [
        output("d1", "A", "truth\n"),
        output("d1", "B", "truth\n"),
        output("d1", "A", "other\n", position=200),
        output("d1", "B", "truth\n", position=200),
        output("d2", "A", "trust\n"),
        output("d2", "B", "truth\n"),
        output("d3", "A", "truth\n"),  # B has not come so far
    ]
    found = compare_outputs(outputs, "A", "B", {}, rng())
    assert (found.points, found.documents, found.same) == (3, 2, 1)
    assert found.parts_after == 1.5  # "other" at once, "trus" after three bytes
    exact = next(one for one in found.measures if one.name == "exact_match")
    assert (exact.arm_a, exact.arm_b) == (pytest.approx(1 / 3), 1.0)
    assert exact.delta == pytest.approx(2 / 3)
    assert exact.ci_low is None  # two documents carry no interval


def test_swapping_the_arms_flips_every_difference_and_an_arm_equals_itself():
    outputs = [
        output(f"d{n}", arm, "truth\n" if (n % 3 == 0) == (arm == "A") else "tooth\n", nats=n + 1.0)
        for n in range(8)
        for arm in "AB"
    ]
    there, back = (compare_outputs(outputs, *arms, {}, rng()) for arms in ("AB", "BA"))
    for one, other in zip(there.measures, back.measures, strict=True):
        assert one.delta == pytest.approx(-other.delta)
        assert one.ci_low is not None
        assert one.ci_low <= one.delta <= one.ci_high
    same = compare_outputs(outputs, "A", "A", {}, rng())
    assert {one.delta for one in same.measures} == {0.0}
    assert same.same == same.points


def test_the_truth_costs_bits_per_byte():
    outputs = [output("d", arm, "x", nats=nats) for arm, nats in (("A", 2.0), ("B", 1.0))]
    (bits,) = (
        one
        for one in compare_outputs(outputs, "A", "B", {}, rng()).measures
        if one.name == "reference_bits"
    )
    assert bits.arm_a == pytest.approx(2 / np.log(2))
    assert bits.delta == pytest.approx(-1 / np.log(2))


def test_documents_of_one_group_are_one_unit():
    outputs = [output(f"d{n}", arm, "truth\n") for n in range(8) for arm in "AB"]
    together = compare_outputs(outputs, "A", "B", {f"d{n}": "one" for n in range(8)}, rng())
    alone = compare_outputs(outputs, "A", "B", {}, rng())
    assert together.measures[0].ci_low is None
    assert alone.measures[0].ci_low == 0.0
    assert (together.groups, alone.groups) == (1, None)


def test_nothing_is_said_before_both_arms_have_written():
    assert compare_outputs([output("d", "A", "truth")], "A", "B", {}, rng()) is None
