"""A recommendation of people's own beside the verdict: where the two part, the writer is told."""

from __future__ import annotations

import pytest

from evaluations.advice import reads_against
from evaluations.records import Outcome


@pytest.mark.parametrize(
    ("text", "against"),
    [
        ("提案方式を採用する。", ("no_go", "undecided", "withheld")),
        ("ラインAから導入を進めたい", ("no_go", "undecided", "withheld")),
        ("Adopt it on line A.", ("no_go", "undecided", "withheld")),
        ("採用を見送る", ("go", "conditional")),
        ("今回は導入しない。", ("go", "conditional")),
        ("Do not adopt it yet", ("go", "conditional")),
        ("We don't roll it out", ("go", "conditional")),
        ("文書を増やして再検証する", ()),
        ("", ()),
    ],
)
def test_what_a_recommendation_seems_to_say_is_held_against_the_verdict(text, against):
    found = tuple(one.value for one in Outcome if reads_against(text, one) is not None)
    assert sorted(found) == sorted(against)
