"""What holds for the whole suite: on a CI machine a skipped test is a failure.

Left out, not skipped, are tests of a CUDA device where no such device can be, since no set-up adds
one, and those beside lm-evaluation-harness unless they are asked for: it is heavy.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fast tests first; the browser and other slow ones last. Order inside a group stays."""
    for marker in _left_out(config):
        left_out = [item for item in items if item.get_closest_marker(marker)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(marker)]
    items.sort(key=lambda item: (bool(item.get_closest_marker("browser")),
                                 bool(item.get_closest_marker("slow"))))  # fmt: skip


def _left_out(config: pytest.Config) -> Iterator[str]:
    if shutil.which("nvidia-smi") is None:
        yield "gpu"
    if "harness" not in config.getoption("markexpr"):
        yield "harness"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI=true everything that a test needs has been installed, so nothing may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None or not reporter.stats.get("skipped"):
        return
    if session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
