"""A decision rule: what it may ask for, and that it is read back as it was locked."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from evaluations.records import HIGHEST, STORED, DecisionRule

NUMBERS = (
    *("margin", "short_margin", "confidence", "maximum_slowdown", "maximum_memory_ratio"),
    "review_margin",
)
LENGTHS = {"primary_length": 1024, "short_length": 16}


@pytest.mark.parametrize("field", NUMBERS)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e999, "Infinity"])
def test_no_number_of_a_rule_is_infinite(field, value):
    with pytest.raises(ValidationError, match=field):
        DecisionRule.model_validate({**LENGTHS, field: value})
    with pytest.raises(ValidationError, match=field):
        DecisionRule.model_validate({**LENGTHS, field: value}, context=STORED)


@pytest.mark.parametrize("field", NUMBERS)
def test_every_number_of_a_rule_has_a_highest_value(field):
    highest = DecisionRule.model_validate({**LENGTHS, field: HIGHEST[field]})
    assert DecisionRule.model_validate_json(highest.model_dump_json()) == highest
    beyond = math.nextafter(HIGHEST[field], math.inf)
    with pytest.raises(ValidationError, match="less than or equal"):
        DecisionRule.model_validate({**LENGTHS, field: beyond})


@pytest.mark.parametrize("field", NUMBERS)
def test_a_stored_rule_is_read_whatever_is_asked_of_new_ones(field):
    beyond = (1 + HIGHEST[field]) / 2 if field == "confidence" else 2 * HIGHEST[field]
    found = DecisionRule.model_validate({**LENGTHS, field: beyond}, context=STORED)
    assert getattr(found, field) == beyond
