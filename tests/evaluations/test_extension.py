"""The class of length extension: cases counted by hand, and what a whole evaluation says."""

from __future__ import annotations

import json

import numpy as np
import pytest

from evaluations.charts import curve_chart
from evaluations.extension import Losses, compared_lengths, extension_class
from evaluations.paired import LN2
from evaluations.records import STORED, DecisionRule, Extension, Snapshot
from evaluations.reports.content import extension_table, memo
from evaluations.wording import say
from tests.evaluations.made_runs import LENGTHS, B, arm, plan, snapshot

BYTES = 1_000.0
RULE = DecisionRule(primary_length=1024, short_length=16)  # both margins 0.02, 95 %


def classed(changes, rule=RULE, sizes=None):
    """The class of documents with these changes from T, (documents, longer lengths), bits/byte."""
    changes = np.atleast_2d(np.asarray(changes, dtype=float))
    sizes = np.full(len(changes), BYTES) if sizes is None else np.asarray(sizes, dtype=float)
    bits = 2.0 + np.concatenate([np.zeros((len(changes), 1)), changes], axis=1)
    lengths = (16, 64, 256, 1024)[: bits.shape[1]]
    losses = Losses(LN2 * sizes[:, None] * bits, sizes)
    return extension_class("B", lengths, losses, rule, np.random.default_rng(1))


def each(*change, documents=8):
    return [change] * documents


def test_a_rise_beyond_the_margin_on_every_document_fails():
    found = classed(each(0.0, 0.05))
    assert found.extension is Extension.FAILS
    # of 256 signs two lie as far: the observed ones, and all turned round, at the other length
    assert found.p_worse == (1.0, 2 / 256)
    assert found.changes == pytest.approx((0.0, 0.05))


def test_a_fall_beyond_the_margin_without_a_rise_is_strong():
    found = classed(each(-0.03, -0.05))
    assert found.extension is Extension.STRONG
    assert found.p_better == 1 / 256


def test_a_fall_of_less_than_what_is_asked_for_is_monotone():
    assert classed(each(-0.005, -0.01)).extension is Extension.MONOTONE


def test_a_rise_on_the_way_is_weak_however_low_it_ends():
    found = classed(each(-0.06, -0.05))
    assert found.extension is Extension.WEAK
    assert found.p_rise == (1.0, 2 / 256)
    assert found.p_better == 1 / 256


def test_documents_that_disagree_cannot_tell():
    found = classed([[0.06], [-0.06]] * 5)
    assert found.extension is Extension.CANNOT_TELL
    assert found.reason == "tested"


def test_six_documents_are_enough_where_they_agree_at_every_length():
    assert classed(each(0.05, 0.09, documents=6)).extension is Extension.FAILS
    assert classed(each(-0.05, -0.09, documents=6)).extension is Extension.STRONG
    assert classed(each(0.0, 0.05, documents=6)).extension is Extension.CANNOT_TELL  # 2 of 64


def test_fewer_than_six_documents_cannot_tell_and_show_their_change():
    found = classed(each(0.5, documents=5))
    assert (found.extension, found.reason) == (Extension.CANNOT_TELL, "few_units")
    assert found.changes == pytest.approx((0.5,))
    assert found.p_worse == ()


def test_a_higher_confidence_needs_more_documents():
    strict = RULE.model_copy(update={"confidence": 0.99})
    assert classed(each(0.5, documents=7), strict).reason == "few_units"
    assert classed(each(0.5, documents=8), strict).extension is Extension.FAILS


# residuals 5, 4, 3, 2, 1 and -1: their sum, 14, is reached by flipping nothing, the 1 or the -1
ONE = np.array([5, 4, 3, 2, 1, -1]) / 1_000
OTHER = np.array([5, 4, 3, 2, -1, 1]) / 1_000
NO_MARGIN = RULE.model_copy(update={"short_margin": 0.0})


def test_a_p_value_counts_the_signs_that_lie_as_far():
    assert classed(ONE[:, None], NO_MARGIN).p_worse == (3 / 64,)


def test_over_two_lengths_the_signs_count_that_lie_as_far_at_either():
    # + + + + and then - +, + +, - -, + -: three of these four serve one length, three the other
    found = classed(np.stack([ONE, OTHER], axis=1), NO_MARGIN)
    assert found.p_worse == (4 / 64, 4 / 64)


def test_a_change_is_a_ratio_of_sums_so_long_documents_count_more():
    found = classed([[0.1], *[[0.0]] * 5], sizes=[5_000.0, *[1_000.0] * 5])
    assert found.changes[0] == pytest.approx(0.1 * 5 / 10)


def test_the_same_losses_at_every_length_are_within_the_margin_and_not_strong():
    assert classed(each(0.0, 0.0, 0.0)).extension is Extension.MONOTONE


def test_twenty_documents_draw_their_signs_and_say_the_same_again():
    changes = np.random.default_rng(3).normal(-0.05, 0.01, size=(20, 3)).cumsum(axis=1)
    assert classed(changes) == classed(changes)
    assert classed(changes).extension is Extension.STRONG


@pytest.mark.parametrize(
    ("window", "expected"),
    [(None, (16, 64, 256, 1024)), (64, (16, 64)), (16, (16,))],
)
def test_an_arm_is_compared_as_far_as_it_reads_and_up_to_the_length_that_decides(window, expected):
    assert compared_lengths(arm("zero", window), LENGTHS, 1024) == expected


# --- in an evaluation ------------------------------------------------------------------------


def classes(found):
    return {one.arm: one for one in found.extension}


def test_zero_fails_and_proposed_is_strong_where_the_losses_say_so():
    found = classes(snapshot(24))
    assert found["zero+carry"].extension is Extension.FAILS
    assert found[B].extension is Extension.STRONG
    assert found[B].lengths == (16, 64, 256, 1024)
    assert found[B].changes[-1] == pytest.approx(-0.15, abs=0.01)
    assert found["zero+reset:64"].lengths == (16, 64)
    assert found["zero+reset:16"].reason == "no_longer_length"


def test_documents_of_one_group_are_one_unit():
    found = classes(snapshot(24, groups=[f"machine {i % 5}" for i in range(24)]))
    assert found[B].units == 5
    assert found[B].reason == "few_units"


def test_one_document_cannot_tell():
    assert classes(snapshot(1))[B].reason == "few_units"


def test_an_unfinished_evaluation_has_no_class():
    assert snapshot(24, status="running").extension == ()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_class_is_said_in_the_table_and_in_the_memo(language):
    found = snapshot(24)
    words = {"ja": "強い延長", "en": "strong extension"}[language]
    (row,) = (row for row in extension_table(found, language) if row[0] == B)
    assert row[1:4] == ("1,024", "−0.150", "24")
    assert words in row[4]
    (said,) = (line.value for line in memo(found, language).reproducibility if words in line.value)
    nothing = say("results.extension.no_longer_length", language)
    assert said.startswith(f"A{'：' if language == 'ja' else ': '}{nothing};")


def test_a_longer_text_than_the_deciding_length_is_not_looked_at():
    shorter = snapshot(24, made_plan=plan(rule={"primary_length": 64}))
    assert classes(shorter)[B].lengths == (16, 64)


def test_a_result_of_a_version_without_classes_contexts_and_tokenizers_is_still_read():
    stored = json.loads(snapshot(24).model_dump_json())
    for name in ("extension", "document_curves"):
        del stored[name]
    for point in stored["curve"]:
        del point["context_mean"], point["context_min"], point["context_max"]
    for row in stored["documents"]:
        del row["prefix_bytes"]
    assert "tokenizer" not in stored["plan"]  # so the hash of a plan over bytes is what it was
    found = Snapshot.model_validate_json(json.dumps(stored), context=STORED)
    assert found.plan.unit == "bytes"
    assert extension_table(found, "en") == ()
    assert not any(line.label == "Beyond the training length" for line in lines_of(found))
    assert curve_chart(found, "en").to_dict()


def lines_of(found):
    return memo(found, "en").reproducibility
