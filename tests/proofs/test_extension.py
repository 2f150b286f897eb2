"""The proof of the extension classes, in short, and that it would see tests that are too bold."""

from __future__ import annotations

import numpy as np
import pytest

from evaluations import extension
from evaluations.records import Extension
from tests.proofs.extension import BORDERS, DISTRIBUTIONS, RULE, drawn, one_row


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("units", [6, 10])
def test_a_class_is_given_falsely_as_seldom_as_it_says(border, units):
    row = one_row(border, "normal", units, 200, np.random.default_rng(units))
    assert row.met, row


def test_an_evaluation_has_its_true_changes_as_ratios_of_expectations():
    noise, _ = DISTRIBUTIONS["skewed to worse"]
    nll, sizes = drawn(noise, np.random.default_rng(1), 100_000, (0.01, -0.02))
    changes = (nll[:, 1:] - nll[:, :1]).sum(axis=0) / (np.log(2) * sizes.sum())
    assert changes == pytest.approx([0.01, -0.02], abs=0.0005)


def test_what_is_far_from_the_border_is_found():
    rng = np.random.default_rng(2)
    noise, _ = DISTRIBUTIONS["normal"]
    for changes, expected in (
        ((0.03, 0.06, 0.09), Extension.FAILS),
        ((-0.03, -0.06, -0.09), Extension.STRONG),
    ):
        losses = drawn(noise, rng, 20, changes)
        found = extension.extension_class("B", (16, 64, 256, 1024), losses, RULE, rng)
        assert found.extension is expected


def test_tests_that_are_too_bold_are_seen(monkeypatch):
    honest = extension._class_of
    monkeypatch.setattr(extension, "_class_of", lambda tests, level: honest(tests, 8 * level))
    assert not one_row("fails", "normal", 10, 200, np.random.default_rng(1)).met
