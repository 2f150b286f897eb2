"""Document text that reads right to left: it stays in its own place and moves nothing beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

COMPONENTS = Path(__file__).parents[2] / "app" / "components"
HEBREW, ARABIC = "\u05e9\u05dc\u05d5\u05dd", "\u0639\u0627\u0644\u0645"
TEXTS = ["pump ", HEBREW, " ", "12", " ", ARABIC, "!"]  # as a text of its own: ARABIC before 12
LEFTS = "(all) => all.map((one) => one.getBoundingClientRect().left)"
VIEWER = "".join(
    f'<div class="{name}"></div>'
    for name in ("strip", "axis", "turn", "caption", "text", "readout", "legend")
)


def viewer_data() -> dict[str, Any]:
    """A page of the Compare page's viewer with a token per text, all read and alike."""
    n = len(TEXTS)
    words = ("strip", "first", "training", "last", "here", "page", "before", "behind", "hint",
             "caption")  # fmt: skip
    filled = "“{text}” at {position}: A {a}, B {b}"
    return {
        "key": ["k"],
        "texts": TEXTS,
        "starts": list(range(n + 1)),
        "a": [1.0] * n,
        "b": [1.0] * n,
        "read": [True] * n,
        "levels": [0] * n,
        "at": 0,
        "mark": None,
        "moves": {"before": None, "behind": None},
        "strip": {"bits": [0.0], "tokens": [n], "edges": [0, n], "count": n, "window": [0, n],
                  "training": n, "scale": 1.0},
        "labels": {**dict.fromkeys(words, "-"), "legend": [],
                   "better": dict.fromkeys(("better", "worse", "same"), "-"),
                   "readout": dict.fromkeys(("read", "unread", "broken"), filled)},
    }  # fmt: skip


def test_tokens_stand_in_their_order_and_the_figures_beside_them_too(page):
    style = (COMPONENTS / "token_viewer.css").read_text(encoding="utf-8")
    script = (COMPONENTS / "token_viewer.js").read_text(encoding="utf-8")
    page.set_content(f"<style>{style}</style><div class=viewer>{VIEWER}</div>")
    page.evaluate(
        """async ([source, data]) => {
          const module = await import("data:text/javascript;charset=utf-8,"
            + encodeURIComponent(source));
          module.default({ parentElement: document.body, data, setTriggerValue: () => {} });
        }""",
        [script, viewer_data()],
    )
    lefts = page.eval_on_selector_all(".text .cell", LEFTS)
    assert len(lefts) == len(TEXTS)
    assert lefts == sorted(lefts)
    page.hover(f".text .cell >> text={HEBREW}")
    assert page.inner_text(".readout") == f"“\u2068{HEBREW}\u2069” at 1: A 1.000, B 1.000"


def test_what_is_marked_in_a_line_of_text_stays_where_it_is(page):
    style = (COMPONENTS.parent / "style.css").read_text(encoding="utf-8")
    for tag in ("span", "mark", "u"):
        parts = "".join(f"<{tag}>{text}</{tag}>" for text in TEXTS)
        page.set_content(f"<style>{style}</style><p class=lab-quote>{parts}</p>")
        lefts = page.eval_on_selector_all(f".lab-quote {tag}", LEFTS)
        assert lefts == sorted(lefts), tag
