"""The real app in a real browser: one server for all tests here, on a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError

import psutil
import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Site(NamedTuple):
    """The running app: its address and its data folder."""

    address: str
    data_dir: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data_dir = tmp_path_factory.mktemp("site") / "data"
    port = _free_port()
    environment = {**os.environ, "LONGSSM_DATA_DIR": str(data_dir)}
    environment.pop("LONGSSM_DATABASE_URL", None)
    log = (data_dir.parent / "server.log").open("w")
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, server, Path(log.name))
        yield Site(address, data_dir)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
        log.close()
        _stop_workers(data_dir)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("Chromium is not installed (looked for " + ", ".join(NAMES) + ")")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, Any]:
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def page(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A fresh visitor in Tokyo; `page.requests` lists every address the browser asked for.

    What stood on the page, and what the browser complained of, is printed when the test has failed.
    """
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, timezone_id="Asia/Tokyo", accept_downloads=True
    )
    opened = context.new_page()
    opened.set_default_timeout(150_000)  # for a machine that is busy with other work
    opened.requests = []
    opened.on("request", lambda request: opened.requests.append(request.url))
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    yield opened
    if request.node.stash.get(FAILED, False):
        print(opened.locator("body").inner_text(timeout=5_000), *said, sep="\n")
    context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/health", timeout=2).close()
            return
        except (URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"the app did not start:\n{log.read_text()[-3000:]}")


def _stop_workers(data_dir: Path) -> None:
    """The worker outlives the app by design: end the processes of this data folder."""
    mine = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("LONGSSM_DATA_DIR") == str(data_dir):
                mine.append(process)
        except psutil.Error:
            continue
    for process in mine:
        if process.pid != os.getpid():
            process.terminate()
    _, alive = psutil.wait_procs(mine, timeout=15)
    for process in alive:
        process.kill()
