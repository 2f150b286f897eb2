"""Disturbed documents: what each kind does, and what none of them ever does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evaluations.documents.cleaning import normal_text
from evaluations.perturbations import BLOCK, CONFUSIONS, DEFAULT_STRENGTHS, perturb, rename_site
from evaluations.records import Perturbation, PerturbationKind
from longssm_core.corpus.generator import generate

KINDS = tuple(PerturbationKind)
NUMBERED = "\n".join(f"line {number}" for number in range(100))


def disturb(text: str, kind: str, strength: float | None = None, **more) -> str:
    chosen = DEFAULT_STRENGTHS[PerturbationKind(kind)] if strength is None else strength
    document = more.pop("document", "document")
    donors = more.pop("donors", ())
    perturbation = Perturbation(kind=PerturbationKind(kind), strength=chosen, **more)
    return perturb(text, perturbation, document, donors)


@pytest.mark.parametrize("kind", KINDS)
@given(
    text=st.text(alphabet="aO0l1rn シツ未、\n/:.-9", min_size=1, max_size=200),
    strength=st.floats(0.01, 1.0),
    seed=st.integers(0, 2**40),
)
@settings(max_examples=30, deadline=None)
def test_whatever_is_disturbed_is_a_stored_text_again_and_the_same_every_time(
    kind, text, strength, seed
):
    text = normal_text(text) or "one line"
    once = disturb(text, kind, strength, seed=seed)
    assert once == disturb(text, kind, strength, seed=seed)
    assert once
    assert once == normal_text(once)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_kind_changes_a_log_of_either_language_and_another_seed_or_document_otherwise(
    kind, language
):
    text = generate(9_000_000_123, 30_000, kind="auth_log", language=language).text.rstrip("\n")
    found = {
        text,
        disturb(text, kind),
        disturb(text, kind, seed=1),
        disturb(text, kind, document="another"),
    }
    assert len(found) == (2 if kind == "truncated_history" else 4)  # a beginning is a beginning


def test_character_recognition_replaces_that_share_of_confusable_characters_by_similar_ones():
    text = "0" * 100 + "シ" * 100 + "，" * 100
    found = disturb(text, "ocr", 0.5)
    assert len(found) == len(text)
    changed = [(a, b) for a, b in zip(text, found, strict=True) if a != b]
    assert len(changed) == 100  # half of the 200 that can be confused
    assert all(b in CONFUSIONS[a] for a, b in changed)
    assert found[200:] == text[200:]


def test_confusions_go_both_ways_and_two_characters_may_become_one():
    assert all(one in CONFUSIONS[other] for one, others in CONFUSIONS.items() for other in others)
    assert disturb("modern", "ocr", 1.0) != "modern"
    assert {disturb("rn", "ocr", 1.0, seed=seed) for seed in range(20)} == {"m"}


def test_lines_are_lost_in_their_order_and_one_always_stays():
    kept = disturb(NUMBERED, "dropped_lines", 0.1).split("\n")
    assert len(kept) == 90
    assert kept == [line for line in NUMBERED.split("\n") if line in set(kept)]
    assert disturb("a\nb\nc", "dropped_lines", 1.0) in ("a", "b", "c")


def test_repeated_lines_stand_behind_themselves():
    lines = disturb(NUMBERED, "duplicated_lines", 0.1).split("\n")
    assert len(lines) == 110
    twice = [line for line, count in Counter(lines).items() if count == 2]
    assert len(twice) == 10
    assert all(lines[lines.index(line) + 1] == line for line in twice)


def test_shuffled_blocks_hold_the_same_lines_and_each_chosen_one_moves():
    lines = disturb(NUMBERED, "shuffled_blocks", 1.0).split("\n")
    assert sorted(lines) == sorted(NUMBERED.split("\n"))
    firsts = [f"line {number}" for number in range(0, 100, 16)]
    places = [lines.index(first) for first in firsts]
    assert all(NUMBERED.split("\n").index(f) != p for f, p in zip(firsts, places, strict=True))
    assert disturb("one block only", "shuffled_blocks", 1.0) == "one block only"


def test_a_skewed_clock_is_right_at_first_and_moves_nothing_but_the_times():
    lines = [f"2026-11-24 {n // 60:02}:{n % 60:02}:00 value {n}" for n in range(600)]
    found = disturb("\n".join(lines), "clock_skew", 1.0).split("\n")
    assert found[0] == lines[0]
    assert [line[20:] for line in found] == [line[20:] for line in lines]
    when = [np.datetime64(line[:19].replace(" ", "T")) for line in (*lines, *found)]
    errors = [int((b - a).astype(int)) for a, b in zip(when[:600], when[600:], strict=True)]
    assert 2 <= len(set(errors)) <= 4  # right, then wrong three times
    assert max(map(abs, errors)) <= 3600


def test_a_history_is_cut_at_a_line():
    found = disturb(NUMBERED, "truncated_history", 0.5)
    assert NUMBERED.endswith("\n" + found)
    assert abs(len(found) - len(NUMBERED) / 2) < 10
    assert disturb("x" * 10, "truncated_history", 0.5) == "x" * 5


def test_another_sites_names_have_the_same_shape_and_are_the_same_everywhere():
    log = (
        "2026-11-24 05:12:33 web-01 /var/log/app7.log user=kato ip=10.1.2.3 session 2aa86e97fb\n"
        "2026-11-24 05:12:34 web-01 受注 MGR4872 を開始 10.1.2.3"
    )
    found = rename_site(log, 1.0, np.random.default_rng(0))
    for name in ("web-01", "/var/log/app7.log", "10.1.2.3", "2aa86e97fb", "MGR4872"):
        assert name not in found
    for kept in ("2026-11-24 05:12:33 ", "user=kato", "受注", "を開始"):
        assert kept in found
    first, second = (line.split()[2] for line in found.split("\n"))
    assert first == second
    assert [c.isalpha() for c in first] == [c.isalpha() for c in "web-01"]


def test_documents_of_another_site_replace_that_share_of_the_blocks():
    donor = "\n".join(f"foreign {number}" for number in range(40))
    lines = disturb(NUMBERED, "foreign_site", 0.5, donors=[donor]).split("\n")
    assert len(lines) == 100
    foreign = [line for line in lines if line.startswith("foreign")]
    assert len(foreign) in (64, 52)  # 4 of 7 blocks, the last one of 4 lines
    assert [line for line in lines if not line.startswith("foreign")] == [
        line for line in NUMBERED.split("\n") if line in set(lines)
    ]


@pytest.mark.parametrize("lines", [1, 5, 16, 40])
def test_each_replaced_block_is_a_run_of_lines_of_one_document_which_is_not_cut_up_for_it(lines):
    class Donor(str):
        def split(self, *_arguments):
            raise AssertionError("all lines of a long text, for every block of another one")

    donors = [Donor("\n".join(f"{site} {number}" for number in range(lines))) for site in "xy"]
    found = disturb(NUMBERED, "foreign_site", 1.0, donors=donors).split("\n")
    taken = [line.split() for line in found]
    assert {site for site, _ in taken} == {"x", "y"}
    size = min(lines, BLOCK)
    for start in range(0, len(taken), size):
        block = taken[start : start + size]
        site, first = block[0][0], int(block[0][1])
        assert block == [[site, str(first + k)] for k in range(len(block))]


@pytest.mark.parametrize(
    ("kind", "strength"), [("ocr", 0), ("ocr", 1.1), ("clock_skew", -1), ("ocr", float("nan"))]
)
def test_a_strength_that_means_nothing_is_refused(kind, strength):
    with pytest.raises(ValidationError):
        Perturbation(kind=kind, strength=strength)
