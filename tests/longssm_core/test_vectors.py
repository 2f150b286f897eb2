"""The functions and the tile that the kernels are made of, against float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

from longssm_core import vectors


@vectors.fast
def of_all(function, x, out):
    for i in range(len(x)):
        out[i] = function(x[i])


def applied(function, x):
    out = np.empty_like(x)
    of_all(function, x, out)
    return out.astype(np.float64)


@pytest.mark.parametrize(
    ("function", "exact", "lowest", "highest", "error"),
    [
        (vectors.exp, np.exp, -86, 87, 2e-7),
        (vectors.softplus, lambda x: np.logaddexp(0, x), -80, 80, 4e-7),
        (vectors.exp_minus_one, np.expm1, -86, -1e-3, 2e-7),
        (vectors.exp_minus_one, np.expm1, -1e-3, -1e-9, 2e-7),
        (vectors.sigmoid, lambda x: 1 / (1 + np.exp(-x)), -80, 80, 4e-7),
    ],
)
def test_functions_are_accurate_also_where_their_values_are_tiny(
    function, exact, lowest, highest, error
):
    x = np.linspace(lowest, highest, 20_001, dtype=np.float32)
    assert np.max(np.abs(applied(function, x) / exact(x.astype(np.float64)) - 1)) < error


def test_what_is_not_a_number_stays_so_and_the_ends_are_finite():
    for function in (vectors.exp, vectors.softplus, vectors.sigmoid):
        low, high, broken = applied(function, np.array([-1e9, 80, math.nan], dtype=np.float32))
        assert low < 1e-37
        assert math.isfinite(high)
        assert math.isnan(broken)
