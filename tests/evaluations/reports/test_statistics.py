"""The lines for experts: p values, the mean by document, what could be detected."""

from __future__ import annotations

import pytest

from evaluations.records import Outcome
from evaluations.reports.markdown import markdown_text
from evaluations.reports.statistics import statistics
from evaluations.wording import LANGUAGES, Language, say
from tests.evaluations.reports.snapshots import VARIANTS, snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_have_the_numbers_of_the_snapshot(language: Language) -> None:
    made = snapshot()
    said = " ".join(f"{line.label} {line.value}" for line in statistics(made, language))
    for number in ("0.0002", "0.0006", "0.031", "0.018"):
        assert number in said
    assert made.comparison.macro is not None
    assert f"{made.comparison.macro:+.3f}".replace("-", "−") in said
    further = {one.arm_a for one in made.contrasts} - {made.comparison.arm_a}
    assert further
    assert all(arm in said for arm in further)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("variant", list(VARIANTS))
def test_the_command_prints_them_but_never_of_an_evaluation_that_is_not_valid(
    variant: str, language: Language
) -> None:
    made = VARIANTS[variant]()
    lines, text = statistics(made, language), markdown_text(made, language)
    assert (lines == ()) is (
        made.verdict.outcome is Outcome.WITHHELD or made.comparison.delta_bits_per_byte is None
    )
    assert (f"## {say('reports.statistics', language)}" in text) is bool(lines)
