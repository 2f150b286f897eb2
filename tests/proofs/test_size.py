"""The proof of flat memory, in short."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.proofs import size

ROOT = Path(__file__).parents[2]


@pytest.mark.browser
@pytest.mark.slow
def test_large_files_go_through_the_app_with_flat_memory():
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not (os.environ.get("CHROMIUM") or any(map(shutil.which, size.BROWSERS))):
        pytest.skip("Chromium is not installed")
    # in a process of its own: another test of this one may have a browser open
    command = [sys.executable, "-m", "tests.proofs", "size"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert rows >= {"web", "child", "worker"}


def test_a_goal_that_is_missed_is_seen():
    assert size.Figure("web", 200.0, 390.0).met
    assert not size.Figure("web", 200.0, 410.0).met
    assert not size.Figure("child", 0.0, 1100.0).met
