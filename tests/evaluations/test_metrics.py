import math

import numpy as np
import pytest

from evaluations.errors import NothingToScore
from evaluations.metrics import METRICS, Totals, find_metric, metric
from evaluations.records import TokenLosses

# two tokens of 3 and 1 bytes, 2 ln 2 and 4 ln 2 nats: 6 bits over 4 bytes
LOSSES = TokenLosses(
    "d",
    "a",
    None,
    np.array([0, 1]),
    np.array([2 * math.log(2), 4 * math.log(2)], dtype=np.float32),
    np.array([3, 1]),
    np.array([0, 3]),
)


def test_bits_per_byte_divides_by_bytes_and_not_by_tokens():
    assert METRICS["bits_per_byte"](Totals.of(LOSSES)) == pytest.approx(6 / 4)


def test_perplexity_is_the_exponential_of_the_mean_loss_per_token():
    assert METRICS["perplexity"](Totals.of(LOSSES)) == pytest.approx(2**3)


def test_bits_per_character_divides_by_the_characters():
    assert METRICS["bits_per_character"](Totals.of(LOSSES, characters=2)) == pytest.approx(3)


def test_pooling_documents_is_a_ratio_of_sums():
    short, long = Totals(nll=math.log(2), tokens=1, bytes=1), Totals(math.log(2), 9, 9)
    assert METRICS["bits_per_byte"](short + long) == pytest.approx(2 / 10)


def test_characters_are_known_of_a_sum_only_if_they_are_of_both():
    assert (Totals(1.0, 1, 1, 1) + Totals(1.0, 1, 1, 2)).characters == 3
    assert (Totals(1.0, 1, 1, 1) + Totals(1.0, 1, 1)).characters is None


@pytest.mark.parametrize("name", ["bits_per_byte", "perplexity", "bits_per_character"])
def test_nothing_to_score_is_an_error_and_not_zero(name):
    with pytest.raises(NothingToScore):
        METRICS[name](Totals(0.0, 0, 0))


def test_every_metric_has_a_unit_and_a_direction():
    assert {m.name: m.direction for m in METRICS.values()} == {
        "bits_per_byte": "lower",
        "perplexity": "lower",
        "bits_per_character": "lower",
    }
    assert all(m.unit for m in METRICS.values())


def test_a_metric_cannot_be_registered_twice():
    def bits_per_byte(totals: Totals) -> float:
        return 0.0

    with pytest.raises(ValueError, match="registered twice"):
        metric(unit="bit/byte", direction="lower")(bits_per_byte)


def test_an_unknown_metric_is_answered_with_the_names_that_exist():
    with pytest.raises(KeyError, match="bits_per_byte, bits_per_character, perplexity"):
        find_metric("accuracy")
