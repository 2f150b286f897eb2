"""The proof of fast pages, in short: its figures come with a wide margin for a busy machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_page_asks_the_database_for_every_evaluation():
    root = Path(__file__).parents[2]
    # in a process of its own: Streamlit's runner leaves its page script behind
    command = [sys.executable, "-m", "tests.proofs", "pages", "--n", "40", "--slack", "6"]
    done = subprocess.run(command, cwd=root, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every goal is met" in done.stdout
