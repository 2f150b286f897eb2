"""What holds for the whole suite: on a CI machine a skipped test is a failure.

Tests of a CUDA device are left out, not skipped, where no such device can be: no set-up adds one.
"""

from __future__ import annotations

import os
import shutil

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fast tests first; the browser and other slow ones last. Order inside a group stays."""
    if shutil.which("nvidia-smi") is None:
        left_out = [item for item in items if item.get_closest_marker("gpu")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("gpu")]
    items.sort(key=lambda item: (bool(item.get_closest_marker("browser")),
                                 bool(item.get_closest_marker("slow"))))  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true everything that a test needs has been installed, so nothing may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None or not reporter.stats.get("skipped"):
        return
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
