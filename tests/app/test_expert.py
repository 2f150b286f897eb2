"""The experts' details: where long context helps, in both languages."""

from __future__ import annotations

import pytest

from evaluations.records import ContextSensitive, SensitiveTokens
from evaluations.wording import say
from tests.app.made_store import put
from tests.evaluations.reports.snapshots import VARIANTS

CHOSEN = SensitiveTokens(
    chosen_by="a",
    tokens=123,
    documents=7,
    arm_a=4.5,
    arm_b=4.25,
    delta_bits_per_byte=-0.25,
    ci_low=-0.5,
    ci_high=0.1,
)
FOUND = ContextSensitive(drop=1.0, shortest=16, longest=4096, targets=4_100, sets=(CHOSEN,))


def details(open_page, settings, language, found, name="go"):
    put(settings, VARIANTS[name]().model_copy(update={"context_sensitive": found}), "run")
    screen = open_page("results", language, run="run")
    screen.test.toggle(key="expert").set_value(True).run()
    assert not screen.test.exception
    return screen.text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_both_arms_are_shown_on_the_tokens_that_context_helps(open_page, settings, language):
    text = details(open_page, settings, language, FOUND)
    assert say("app.results.sensitive.by.a", language) in text.replace("&#x27;", "'")
    for shown in ("123 (3.0%)", "4.500", "4.250", "−0.250"):
        assert shown in text


def test_without_such_tokens_it_says_so_and_without_the_analysis_nothing(open_page, settings):
    none = FOUND.model_copy(update={"sets": ()})
    assert say("app.results.sensitive.none", "en") in details(open_page, settings, "en", none)


@pytest.mark.parametrize(("name", "found"), [("go", None), ("withheld", FOUND)])
def test_what_was_not_computed_or_is_withheld_is_not_shown(open_page, settings, name, found):
    text = details(open_page, settings, "en", found, name)
    assert say("app.results.sensitive", "en") not in text
