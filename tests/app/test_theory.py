"""The Theory page: sliders move the picture, and it says what is claimed by whom."""

from __future__ import annotations

import json
import re
from html import escape

import pytest

from evaluations.wording import say


def values(screen, chart: int) -> list[dict]:
    spec = json.loads(screen.test.get("vega_lite_chart")[chart].proto.spec)
    return next(
        layer["data"]["values"] for layer in spec["layer"] if "line" in layer["data"]["values"][0]
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_shows_charts_formulas_a_table_and_the_paper(open_page, language):
    screen = open_page("theory", language)
    assert not screen.test.exception
    assert "arXiv:2406.02080" in screen.text
    assert "href=" not in screen.text  # nothing to fetch, nowhere to go
    assert len(screen.test.latex) == 3
    assert len(screen.test.get("vega_lite_chart")) == 2
    for name in ("truth", "zero", "carried"):
        assert escape(say(f"theory.line.{name}", language)) in screen.text


def test_the_sliders_move_the_numbers_and_the_sentence(open_page):
    screen = open_page("theory", "en")
    assert "trained on length 16" in screen.text
    assert not re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", screen.text.replace("日本語", ""))
    before = screen.text
    screen.test.select_slider(key="theory_length").set_value(64)
    screen.test.slider(key="theory_noise").set_value(0.0)
    screen.test.slider(key="theory_states").set_value(1)
    screen.test.slider(key="theory_decay").set_value(2.0).run()
    assert not screen.test.exception
    assert screen.text != before
    assert "1,024" in screen.text
    assert "no worse even at 1024 tokens" in screen.text
