"""Whether evaluations notice that the web server is killed, and how soon the next tells the truth.

The app is started as users start it and has started its own worker; evaluations are queued. Again
and again the web server is killed with SIGKILL while they are computed, and started anew. The
worker's processes are the same all along and go on storing; the server that was started last tells
the true progress within GOAL seconds; and in the end the losses have the bits of an evaluation
during which no server ran at all.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError

import psutil
from prometheus_client.parser import text_string_to_metric_families

from evaluations.operations import work_facts
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.worker import stop_worker
from tests.evaluations.queued import queue_run
from tests.evaluations.tiny_pair import save_tiny_pair
from tests.proofs.restore import run_digest

ROOT = Path(__file__).parents[2]
TIMES = 20
GOAL = 5.0  # seconds from the start of a server to its telling the true progress
PATIENCE = 600.0  # seconds, on a busy machine
DOCUMENTS, SIZE = 6, 60_000  # of one evaluation


class Row(NamedTuple):
    """One kill."""

    units_down: int  # stored while no server ran
    seconds: float  # from the start of the next server to the true progress
    cpu: float  # seconds of a processor that it had by then: all it needs on a machine at rest
    same_worker: bool
    torch: bool  # whether the server has loaded it

    @property
    def met(self) -> bool:
        """Whether nobody but the visitors noticed, and those not for long."""
        return self.seconds <= GOAL and self.same_worker and not self.torch


class Site:
    """The app on a port of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self._server = self._start()

    def restart(self) -> float:
        """Start the server again; when that was."""
        started = time.perf_counter()
        self._server = self._start()
        return started

    @property
    def cpu(self) -> float:
        """Seconds of a processor that the server has used."""
        spent = psutil.Process(self._server.pid).cpu_times()
        return float(spent.user + spent.system)

    def kill(self) -> None:
        """End the server as a crash does."""
        self._server.kill()
        self._server.wait()

    def stop(self) -> int:
        """End the server as an operator does; its exit code."""
        self._server.send_signal(signal.SIGTERM)
        return self._server.wait(timeout=30)

    def get(self, path: str) -> bytes:
        """What the server answers, as soon as it answers."""
        patience = time.monotonic() + PATIENCE
        while True:
            try:
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{self._port}{path}", timeout=10
                ) as it:
                    return bytes(it.read())
            except (URLError, OSError):
                if time.monotonic() > patience:
                    raise
                time.sleep(0.02)

    def stored_units(self) -> int:
        """Progress of all evaluations, as the server tells it."""
        text = self.get("/api/metrics").decode()
        (found,) = [
            one
            for one in text_string_to_metric_families(text)
            if one.name == "longssm_stored_units"
        ]
        return int(found.samples[0].value)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streamlit", "run", "app/main.py"]
        return subprocess.Popen(
            [*command, "--server.port", str(self._port)],
            cwd=ROOT,
            env={**os.environ, **self._settings.environment()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def kills(
    site: Site, store: Store, times: int, pair: tuple[str, str]
) -> tuple[list[Row], list[str]]:
    """Kill and start the server `times` times while evaluations are computed; their ids."""
    rng, rows = random.Random(0), []
    runs = [queue_run(store, documents=DOCUMENTS, size=SIZE, seed=0, pair=pair)]
    _wait(lambda: units(store) > 0)
    before = workers(store)
    for _ in range(times):
        known = units(store)
        while units(store) == known:  # there is something to notice
            if store.progress(runs[-1]).status == "done":
                seed = 1_000 * len(runs)
                runs.append(queue_run(store, documents=DOCUMENTS, size=SIZE, seed=seed, pair=pair))
            time.sleep(0.02)
        time.sleep(rng.uniform(0.0, 0.5))
        site.kill()
        stored = units(store)
        time.sleep(rng.uniform(0.2, 0.6))
        down = units(store) - stored
        started = site.restart()
        told, least = -1, units(store)
        while not least <= told <= units(store):  # it grows while we ask
            least = units(store)
            told = site.stored_units()
        seconds, cpu = time.perf_counter() - started, site.cpu
        torch = json.loads(site.get("/api/health"))["torch"]
        rows.append(Row(down, seconds, cpu, workers(store) == before, torch))
    _wait(lambda: all(store.progress(run).status == "done" for run in runs))
    return rows, runs


def units(store: Store) -> int:
    """Units stored, of all evaluations."""
    with store.database.read() as connection:
        return work_facts(connection).stored_units


def workers(store: Store) -> set[int]:
    """Process ids of the workers of this data folder, whose own processes may change."""
    return {process.pid for process in psutil.process_iter() if _is_worker(process, store)}


def _is_worker(process: psutil.Process, store: Store) -> bool:
    try:
        if process.cmdline()[1:4] != ["-m", "evaluations", "worker"]:
            return False
        return process.environ().get("LONGSSM_DATA_DIR") == str(store.settings.data_dir)
    except psutil.Error:
        return False


def _wait(condition: Callable[[], bool]) -> None:
    patience = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > patience:
            raise TimeoutError("the evaluations do not go on")
        time.sleep(0.02)


@contextmanager
def running_site(folder: Path) -> Iterator[tuple[Site, Store]]:
    """The app with a worker of two processes; both ended afterwards."""
    settings = Settings(
        data_dir=folder / "data", worker_processes=2, metrics=True, reuse_losses=False
    )
    with closing(open_store(settings)) as store:
        site = Site(settings)
        try:
            yield site, store
        finally:
            site.kill()
            stop_worker(settings)


def undisturbed(folder: Path, store: Store, runs: list[str], pair: tuple[str, str]) -> bool:
    """Whether the evaluations have the losses that they have without any server."""
    settings = store.settings.model_copy(update={"data_dir": folder / "quiet"})
    with closing(open_store(settings)) as quiet:
        again = [
            queue_run(quiet, documents=DOCUMENTS, size=SIZE, seed=1_000 * number, pair=pair)
            for number in range(len(runs))
        ]
        command = [sys.executable, "-m", "evaluations", "worker", "--until-idle"]
        environment = {**os.environ, **settings.environment()}
        subprocess.run(command, env=environment, check=True, stderr=subprocess.DEVNULL)
        return all(
            run_digest(store, one, False) == run_digest(quiet, other, False)
            for one, other in zip(runs, again, strict=True)
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How often."""
    parser.add_argument("--times", type=int, default=TIMES)


def run(options: argparse.Namespace) -> int:
    """Print every kill; 1 when one was noticed."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pair = save_tiny_pair(folder / "pair")
        with running_site(folder) as (site, store):
            rows, runs = kills(site, store, options.times, pair)
            code = site.stop()
            same = undisturbed(folder, store, runs, pair)
    print(f"{'units stored while down':>24}{'seconds to the truth':>22}{'of a processor':>16}")
    for row in rows:
        missed = "" if row.met else "  MISSED"
        print(f"{row.units_down:>24}{row.seconds:>22.2f}{row.cpu:>16.2f}{missed}")
    slowest = max(row.seconds for row in rows)
    print(
        f"{len(rows)} kills over {len(runs)} evaluations: slowest {slowest:.2f} s "
        f"(load {os.getloadavg()[1]:.0f} on {os.cpu_count()} processors), "
        f"{sum(row.units_down for row in rows)} units stored while no server ran, losses "
        f"{'equal' if same else 'NOT equal'} to those without a server; ended with {code}; "
        f"{time.perf_counter() - began:.0f} s"
    )
    return 0 if same and code == 0 and all(row.met for row in rows) else 1
