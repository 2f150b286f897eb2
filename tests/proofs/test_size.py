"""The proof of flat memory, in short."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.proofs import size


@pytest.mark.browser
@pytest.mark.slow
def test_large_files_go_through_the_app_with_flat_memory(tmp_path):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not (os.environ.get("CHROMIUM") or any(map(shutil.which, size.BROWSERS))):
        pytest.skip("Chromium is not installed")
    figures = size.measure(tmp_path, *size.SHORT)
    assert all(one.met for one in figures), figures
    assert {one.process for one in figures} >= {"web", "child", "worker"}


def test_a_goal_that_is_missed_is_seen():
    assert size.Figure("web", 200.0, 390.0).met
    assert not size.Figure("web", 200.0, 410.0).met
    assert not size.Figure("child", 0.0, 1100.0).met
