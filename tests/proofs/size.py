"""Memory of the real app while large files go through it: upload, reading, storing, plan, scoring.

A log of 1 GB (short: 40 MB) and a single line of 100 MB (short: 5 MB) are uploaded in pieces by the
app's own route with a signed token, read and stored on the Data page in a browser beside six small
files, so that neither is split, and a quick run of all of them is started on the Run page and
scored by the app's worker. The same was done with small files before, so that what is printed is
above an app and a worker that have everything loaded and do nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import URLError
from urllib.parse import parse_qs, quote, urlsplit

import psutil
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.settings import load_settings
from evaluations.store import Store, open_store
from longssm_core.corpus.generator import generate

ROOT = Path(__file__).parents[2]
MB = 1_000_000
SHORT, FULL = (40 * MB, 5 * MB), (1_000 * MB, 100 * MB)  # bytes of the log, of the single line
SMALL_FILES, SMALL = 6, 60_000
PIECE = 8 * 1024 * 1024
# MB; web and worker above idle
GOALS = {"web": 200.0, "child": 1024.0, "storing": 400.0, "worker": 1024.0}
READ_BY_WORKERS = 50 * 1024 * 1024  # bytes of a file above which the page hands it to a worker
PATIENCE = 7_200.0  # seconds for one step, on a busy machine
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Figure(NamedTuple):
    """Memory of one process, in MB."""

    process: str
    idle: float
    peak: float

    @property
    def counted(self) -> float:
        """What the goal is about: readers are new, the others were there before."""
        return self.peak - self.idle

    @property
    def met(self) -> bool:
        """Whether it is below its goal."""
        return self.counted < GOALS[self.process]


class Watch:
    """The largest resident memory of the app's process, of its readers and of its worker."""

    def __init__(self, web: int, data_dir: Path) -> None:
        self.peak: dict[str, float] = {}
        self._web, self._data_dir = psutil.Process(web), data_dir
        self._worker: psutil.Process | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def start_again(self) -> dict[str, float]:
        """Forget the peaks; what the processes hold now."""
        self.peak = {}
        time.sleep(2.0)
        return dict(self.peak)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.05):
            for name, process in self._processes():
                try:
                    held = process.memory_info().rss / MB
                except psutil.Error:
                    continue
                self.peak[name] = max(self.peak.get(name, 0.0), held)

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        yield "web", self._web
        try:
            if self._worker is None or not self._worker.is_running():
                self._worker = _worker_of(self._data_dir)
            parents = [one for one in (self._web, self._worker) if one is not None]
            below = [one for parent in parents for one in parent.children(recursive=True)]
        except psutil.Error:
            return
        if self._worker is not None:
            yield "worker", self._worker
        for one in below:  # large files are read below a worker, by a program that stores them
            if _runs(one, "documents"):
                yield "child", one
            elif _runs(one, "ingesting"):
                yield "storing", one


def _runs(process: psutil.Process, module: str) -> bool:
    try:
        return any(f"evaluations.{module}" in word for word in process.cmdline())
    except psutil.Error:
        return False


def _worker_of(data_dir: Path) -> psutil.Process | None:
    for process in psutil.process_iter():
        try:
            if _runs(process, "worker_process") and _is_of(process, data_dir):
                return process
        except psutil.Error:
            continue
    return None


def _is_of(process: psutil.Process, data_dir: Path) -> bool:
    return bool(process.environ().get("LONGSSM_DATA_DIR") == str(data_dir))


# --- the app -----------------------------------------------------------------------------------


@contextmanager
def running_app(data_dir: Path) -> Iterator[tuple[str, int]]:
    """The dashboard on a data folder of its own, with one worker process: address, process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    own = {"LONGSSM_DATA_DIR": str(data_dir), "LONGSSM_WORKER_PROCESSES": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    log = data_dir.with_suffix(".log")
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **own}, stdout=output, stderr=output
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address, server, log)
            yield address, server.pid
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=120)
            _stop_workers(data_dir)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api/health", timeout=20).close()
            return
        except (URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"the app did not start:\n{log.read_text()[-3000:]}")


def _stop_workers(data_dir: Path) -> None:
    """The worker outlives the app by design: end the processes of this data folder."""
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and _is_of(process, data_dir):
                process.kill()
        except psutil.Error:
            continue


@contextmanager
def browser() -> Iterator[Any]:
    """A visitor's page."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = opened.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        opened.close()


def upload(address: str, data_dir: Path, box: str, path: Path) -> str:
    """Send a file as the browser does, piece by piece with the page's permission; its id."""
    sys.path.insert(0, str(ROOT / "app"))
    try:
        from signing import sign, signing_key
    finally:
        sys.path.pop(0)
    limit = load_settings().largest_text
    token = sign(signing_key(data_dir), "upload", {"box": box, "limit": limit}, PATIENCE)
    file, length = secrets.token_hex(16), path.stat().st_size
    with path.open("rb") as source:
        for offset in range(0, length, PIECE):
            headers = {
                "Upload-Token": token,
                "Upload-Offset": str(offset),
                "Upload-Length": str(length),
                "Upload-Name": quote(path.name),
            }
            request = urllib.request.Request(
                f"{address}/api/upload/{file}", source.read(PIECE), headers, method="PUT"
            )
            urllib.request.urlopen(request, timeout=PATIENCE).close()
    return file


def evaluate(page: Any, address: str, data_dir: Path, files: list[Path], store: Store) -> str:
    """Upload, store and start a quick run of these files; the run."""
    box = secrets.token_hex(16)
    ids = {upload(address, data_dir, box, file): file.stat().st_size for file in files}
    page.goto(f"{address}/data?lang=en&box={box}")
    page.wait_for_selector(".st-key-store_files button")
    page.locator(".st-key-store_files button").click()
    page.wait_for_selector(".st-key-store_files", state="detached")
    large = [id for id, size in ids.items() if size > READ_BY_WORKERS]
    for id in large:  # nobody waits in front of the page for these
        page.locator(f".st-key-start_{id} button").click()
        page.wait_for_selector(f".st-key-start_{id}", state="detached")
    wait_until(lambda: not any(job.is_moving for job in store.jobs("ingest")))
    assert all(job.result["documents"] for job in store.jobs("ingest") if job.result is not None)
    page.goto(f"{address}/data?lang=en")  # a new visit: all documents are ticked
    page.wait_for_selector(".st-key-next button:not([disabled])")
    page.locator(".st-key-next button").click()
    page.wait_for_selector(".st-key-start button")
    page.locator(".st-key-start button").click()
    page.wait_for_url(re.compile(r"run=[0-9a-f]+"))
    return str(parse_qs(urlsplit(page.url).query)["run"][0])


def wait_for_units(store: Store, run: str, larger_than: int) -> None:
    """Until the worker has stored losses of every document that is larger than this."""
    wanted = {
        part.document.id
        for part in store.run_documents(run)
        if part.document.bytes > larger_than and part.role != "too_short"
    }
    assert wanted
    query = (
        select(tables.tasks.c.document_id, func.count())
        .join(tables.losses, tables.losses.c.task_id == tables.tasks.c.id)
        .where(tables.tasks.c.run_id == run)
        .group_by(tables.tasks.c.document_id)
    )

    def are_stored() -> bool:
        with store.database.read() as connection:
            return wanted <= set(dict(connection.execute(query).tuples().all()))

    wait_until(are_stored)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Look every half second."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError("nothing happens")
        time.sleep(0.5)


# --- the files ---------------------------------------------------------------------------------


def write_log(path: Path, size: int) -> None:
    """A log of about `size` bytes: one made-up log again and again, each copy numbered."""
    text = generate(9_400_000_000, 200_000).text
    written = number = 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(f"{text}\nend of part {number}\n".encode())
            number += 1


def write_line(path: Path, size: int) -> None:
    """A single line of about `size` bytes, Japanese in parts."""
    words = f"値={1:06} status=ok 冷却ポンプ ".encode()
    with path.open("wb") as file:
        for _ in range(size // (len(words) * 10_000) + 1):
            file.write(words * 10_000)


def small_files(folder: Path, seed: int) -> list[Path]:
    """Six small logs."""
    found = []
    for number in range(SMALL_FILES):
        path = folder / f"small-{seed}-{number}.log"
        path.write_text(generate(9_500_000_000 + seed + number, SMALL).text, encoding="utf-8")
        found.append(path)
    return found


def measure(folder: Path, log: int, line: int) -> list[Figure]:
    """The figures, from a new app in `folder`."""
    data_dir = folder / "data"
    with running_app(data_dir) as (address, process), browser() as page:
        watch = Watch(process, data_dir)
        store = open_store(load_settings(data_dir=data_dir))
        try:
            run = evaluate(page, address, data_dir, small_files(folder, 0), store)
            wait_for_units(store, run, 0)
            idle = watch.start_again()
            write_log(folder / "large.log", log)
            write_line(folder / "line.txt", line)
            large = [folder / "large.log", folder / "line.txt"]
            run = evaluate(page, address, data_dir, [*large, *small_files(folder, 100)], store)
            wait_for_units(store, run, larger_than=2 * SMALL)
        finally:
            store.close()
            watch.stop()
    return [Figure(name, idle.get(name, 0.0), found) for name, found in watch.peak.items()]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How large the files are."""
    parser.add_argument("--full", action="store_true", help="a log of 1 GB, a line of 100 MB")


def run(options: argparse.Namespace) -> int:
    """Print the memory of every process; 1 when one holds more than it should."""
    log, line = FULL if options.full else SHORT
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="size-") as folder:
        figures = measure(Path(folder), log, line)
    print(f"{'process':10}{'idle MB':>10}{'peak MB':>10}{'counted':>10}{'goal':>8}")
    for one in figures:
        print(
            f"{one.process:10}{one.idle:>10.0f}{one.peak:>10.0f}{one.counted:>10.0f}"
            f"{GOALS[one.process]:>8.0f}{'' if one.met else '  MISSED'}"
        )
    seconds = time.perf_counter() - started
    print(f"log of {log // MB:,} MB, line of {line // MB:,} MB, {seconds:.0f} s")
    return 0 if all(one.met for one in figures) else 1
