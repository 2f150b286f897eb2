"""The benchmark of scaling: what it fits, and that scoring stays linear and flat, in short."""

from __future__ import annotations

import json

import pytest

from longssm_core.__main__ import main
from longssm_core.scaling import Scaled, exponent, memory_exponent, scaling_table, time_exponent


def test_exponents_are_those_of_the_law_that_made_the_values():
    sizes = [10**k for k in range(4, 8)]
    assert exponent(sizes, [3e-5 * size**1.2 for size in sizes]) == pytest.approx(1.2)
    assert exponent(sizes, [90.0] * 4) == pytest.approx(0.0, abs=1e-9)
    assert exponent([10_000], [1.0]) is None


def test_sizes_that_hardly_took_longer_than_to_begin_are_left_out():
    found = [Scaled(10**k, 1.0 + 1e-5 * 10**k, 1.0, 100.0) for k in range(4, 8)]
    assert time_exponent(found) == pytest.approx(0.96, abs=0.02)  # 10 MB and 1 MB
    assert memory_exponent(found) == pytest.approx(0.0, abs=1e-9)
    assert "(2 sizes" in scaling_table(found)


@pytest.mark.slow
def test_scoring_is_linear_in_time_and_flat_in_memory(capsys):
    code = main(["bench", "--scaling", "--megabytes", "0.1", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert [one["size"] for one in printed["sizes"]] == [10_000, 32_000, 100_000]
    assert printed["exponents"]["memory"] < 0.05
    assert code == (printed["exponents"]["time"] > 1.05)
