"""The proof of fast pages, in short: its figures come with a wide margin for a busy machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs import pages


def test_no_page_asks_the_database_for_every_evaluation():
    root = Path(__file__).parents[2]
    # in a process of its own: Streamlit's runner leaves its page script behind
    command = [sys.executable, "-m", "tests.proofs", "pages", "--n", "40", "--slack", "6"]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every goal is met" in done.stdout


@pytest.mark.parametrize("how", ["script", "browser"])
@pytest.mark.parametrize(("change", "again"), [(0.51, 0.1), (0.1, 0.31)])
def test_a_page_that_is_too_slow_misses_the_goal(how, change, again):
    assert not pages.told(how, "results", [9.0, 0.49, 0.29], slack=1.0)
    assert pages.told(how, "results", [0.1, change, again], slack=1.0)
