"""The experts' details: what A and B write, compared, in both languages."""

from __future__ import annotations

import numpy as np
import pytest

from evaluations.outputs import Output, compare_outputs
from evaluations.store import Store
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS


def written(document: str, arm: str) -> Output:
    text = b"truth\n" if arm == "B" else b"<b>tooth</b>\n"
    nll = np.ones(6, dtype=np.float32)
    return Output(document, arm, 100, text, b"truth\n", nll, nll)


SUMMARY = compare_outputs(
    [written(f"d{number}", arm) for number in range(7) for arm in "AB"],
    "A",
    "B",
    {},
    np.random.default_rng(0),
)


def details(open_page, settings, monkeypatch, language, summary, name="go"):
    monkeypatch.setattr(Store, "outputs_summary", lambda _store, _run: summary)
    put(settings, VARIANTS[name](), "run")
    screen = open_page("results", language, run="run")
    screen.test.toggle(key="expert").set_value(True).run()
    assert not screen.test.exception
    return screen.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_both_arms_are_compared_by_every_metric(open_page, settings, monkeypatch, language):
    text = details(open_page, settings, monkeypatch, language, SUMMARY)
    assert say("app.results.outputs", language) in text
    for one in SUMMARY.measures:
        assert say(f"outputs.{one.name}", language) in text
    for shown in ("0.000", "1.000", "100.000"):
        assert shown in text


@pytest.mark.parametrize(("name", "summary"), [("go", None), ("withheld", SUMMARY)])
def test_without_outputs_or_a_valid_result_nothing_is_said(
    open_page, settings, monkeypatch, name, summary
):
    text = details(open_page, settings, monkeypatch, "en", summary, name)
    assert say("app.results.outputs", "en") not in text
