"""Ray as the engine of a worker: one actor per GPU, or per CPU slot, in place of local processes.

`RayEngine(address)` gives `worker.supervise` its crew. Every actor is a `ClaimLoop`: the same loop
that a local process runs, so the database stays the only record, and what an actor held when it
died goes to another one. Ray only starts, watches and ends processes; no text passes through it.

Without an address Ray is started here for this worker alone: bound to loopback, without its page
and without usage statistics, its files in a private folder that goes with it. With one it joins a
cluster, whose machines need this version, the database (PostgreSQL) and the data folder. Both ask
for Ray's token. Ray reads its variables when it is imported, so nothing here imports it earlier.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from sqlalchemy.engine import make_url

from evaluations.errors import RefusedOption
from evaluations.heart import worker_name
from evaluations.log import start_logging
from evaluations.settings import Settings
from evaluations.worker import START_PATIENCE, Crew, has_cuda, sensible_processes

KILLED = -9  # exit code of an actor whose process is gone
PULSE = 2.0  # seconds between two questions whether an actor lives
END_PATIENCE = 10.0  # seconds for Ray's own processes to end before they are killed
OBJECT_STORE = 80 << 20  # bytes; the least that Ray allows: nothing goes through it
RAY_DEFAULT_TOKEN = Path("~/.ray/auth_token")

log = logging.getLogger("longssm.worker")


class ClaimLoop:
    """The actor. Its threads: one works, one hears `stop`, one answers `beat`."""

    def __init__(self, settings: dict[str, Any], on_gpu: bool) -> None:
        self._settings = Settings(**settings)
        self._on_gpu = on_gpu
        self._stop = threading.Event()

    def work(self, name: str, until_idle: bool) -> int:
        """Claim and compute, as `name`, until told to stop; the exit code."""
        from evaluations.core_scorer import CoreScorer  # only here: the supervisor needs no torch
        from evaluations.worker_process import leave_at_once, work

        _log_to(self._settings.worker_log)
        device = "cuda" if self._on_gpu else self._settings.device  # Ray shows it one GPU alone
        try:
            scorer = CoreScorer(device, self._settings.loaded_models)
            return work(self._settings, scorer, self._stop, until_idle, name, leave_at_once)
        except Exception:
            log.exception("worker process %s failed", name)  # here: Ray's copy is not logged
            raise

    def stop(self) -> None:
        """Store the unit that is computed, and end."""
        self._stop.set()

    def beat(self) -> None:
        """An answer is a sign of life."""


class RayEngine:
    """Actors of a cluster, or of this machine."""

    def __init__(self, address: str | None = None) -> None:
        """The cluster at `address` (HOST:PORT); None: the one of RAY_ADDRESS, or a new one here.

        Raises:
            RefusedOption: Ray is not installed.
        """
        if find_spec("ray") is None:
            raise RefusedOption("command.worker.no_ray")
        self._address = address or os.environ.get("RAY_ADDRESS") or None

    @contextmanager
    def running(self, settings: Settings, processes: int | None) -> Iterator[Crew]:
        """Ray, started or joined, and left or ended with the block.

        Raises:
            RefusedOption: no cluster answers there, or it cannot reach the database.
        """
        _ask_for_token(settings, joins=self._address is not None)
        if self._address is not None:
            with _joined(self._address):
                check_database(settings, _machines())
                yield _crew(settings, processes)
            return
        count = processes or settings.worker_processes or sensible_processes()
        with _started(count):
            yield _crew(settings, processes, here=count)


def check_database(settings: Settings, machines: Collection[str]) -> None:
    """Raise RefusedOption where actors on `machines` would write one SQLite file."""
    if make_url(settings.url).get_backend_name() == "sqlite" and set(machines) != {_this_machine()}:
        raise RefusedOption("command.worker.sqlite_on_cluster", machines=len(set(machines)))


# --- Ray ------------------------------------------------------------------------------------


def _ray() -> Any:
    """Ray itself, imported when its variables are set; where it is not installed nobody asks."""
    import ray

    return ray


def _ask_for_token(settings: Settings, joins: bool) -> None:
    """Set how Ray talks: with a token, and to nobody about its use.

    A token of the user's is taken (RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH, and to join a cluster the
    file where Ray keeps one); else one is made and kept in the data folder.
    """
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_USAGE_STATS_ENABLED": "0"}
    given = os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH")
    if given or (joins and RAY_DEFAULT_TOKEN.expanduser().is_file()):
        return
    os.environ["RAY_AUTH_TOKEN_PATH"] = str(kept_token(settings))


def kept_token(settings: Settings) -> Path:
    """The data folder's token for Ray, made where there is none; only its owner can read it."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "ray.token"
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path
    with os.fdopen(file, "w") as out:
        out.write(secrets.token_hex(32))
    return path


@contextmanager
def _started(count: int) -> Iterator[None]:
    """Ray on this machine alone, with so many slots; none of its processes is left afterwards."""
    # its switch for firewalls of other systems: the node's address is loopback, and so is all
    # that listens (`_node_ip_address` is not obeyed)
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    os.environ.setdefault("RAY_worker_niceness", "0")  # as local processes; Ray's own is 15
    ray = _ray()
    folder = tempfile.mkdtemp(prefix="longssm-ray-")  # short, for the names of its sockets
    try:
        ray.init(
            "local",
            num_cpus=count,
            object_store_memory=OBJECT_STORE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            _temp_dir=str(Path(folder) / "r"),  # Ray opens it to everybody: the one around it not
        )
        yield
    finally:
        ours = psutil.Process().children(recursive=True)
        ray.shutdown()
        _, left = psutil.wait_procs(ours, timeout=END_PATIENCE)
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=END_PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _joined(address: str) -> Iterator[None]:
    """A driver in the cluster at `address`; its actors end with it."""
    ray = _ray()
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ray.exceptions.RayError, RuntimeError, ValueError) as error:
        raise RefusedOption("command.worker.no_cluster", address=address) from error
    try:
        yield
    finally:
        ray.shutdown()


def _machines() -> set[str]:
    ray = _ray()
    return {node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}


def _this_machine() -> str:
    return socket.gethostname()


# --- its actors -----------------------------------------------------------------------------


class _Slot(NamedTuple):
    """What one actor takes."""

    gpus: int
    cpus: int


def _crew(settings: Settings, processes: int | None, here: int | None = None) -> _RayCrew:
    """As many actors as were asked for, else one per GPU, else one per CPU slot.

    Those that find no room wait until the cluster has some.
    """
    ray = _ray()
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0))
    if (settings.device or "cuda").startswith("cuda") and gpus and (here is None or has_cuda()):
        return _RayCrew(settings, processes or settings.worker_processes or gpus, _Slot(1, 0))
    slots = here or settings.worker_processes or int(resources.get("CPU", 1))
    return _RayCrew(settings, processes or slots, _Slot(0, 1))


class _RayCrew:
    def __init__(self, settings: Settings, count: int, slot: _Slot) -> None:
        self._settings = settings
        self._slot = slot
        self.count = max(1, count)

    def start(self, until_idle: bool) -> _Actor:
        return _Actor(self._settings, self._slot, until_idle)


class _Actor:
    """One actor, as its supervisor sees it."""

    def __init__(self, settings: Settings, slot: _Slot, until_idle: bool) -> None:
        ray = _ray()
        self.name = worker_name()
        self.started = time.monotonic()
        self._last_pulse: float | None = None  # None: it has not shown a sign of life yet
        self._asked = self.started
        self._code: int | None = None
        # no restarts by Ray: what it starts again would not work, and under the name of a dead one
        actor: Any = ray.remote(ClaimLoop).options(
            num_gpus=slot.gpus, num_cpus=slot.cpus, max_concurrency=4, max_restarts=0
        )
        self._actor = actor.remote(settings.model_dump(mode="json"), slot.gpus > 0)
        self._beat = self._actor.beat.remote()
        self._work = self._actor.work.remote(self.name, until_idle)

    def exit_code(self) -> int | None:
        """How it ended; None: it has not."""
        if self._code is None and self.wait(0.0):
            self._code = self._end()
            self._remove()
        return self._code

    def stop(self) -> None:
        """Ask it to store its unit and end; one that has not begun has nothing to store."""
        self._listen()
        if self._last_pulse is None:
            self._remove()
        else:
            self._actor.stop.remote()

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        ray = _ray()
        ended, _ = ray.wait([self._work], timeout=seconds)
        return bool(ended)

    def is_frozen(self, patience: float) -> bool:
        """Whether it has shown no sign of life for so many seconds."""
        self._listen()
        present = time.monotonic()
        if self._last_pulse is None:
            return present - self.started > START_PATIENCE
        return present - self._last_pulse > patience

    def forgive(self) -> None:
        """Take it as alive now: nobody listened for a while."""
        if self._last_pulse is not None:
            self._last_pulse = time.monotonic()

    def kill(self) -> None:
        """End it now."""
        self._remove()
        self.wait(END_PATIENCE)
        if self._code is None:
            self._code = KILLED

    def _listen(self) -> None:
        """Note an answer to the last question, and ask the next one."""
        ray = _ray()
        answered, _ = ray.wait([self._beat], timeout=0)
        if not answered or time.monotonic() - self._asked < PULSE:
            return
        try:
            ray.get(self._beat)
        except ray.exceptions.RayError:
            return  # it is gone: `exit_code` says so
        self._last_pulse = self._asked = time.monotonic()
        self._beat = self._actor.beat.remote()

    def _end(self) -> int:
        ray = _ray()
        try:
            return int(ray.get(self._work))
        except ray.exceptions.RayTaskError:
            return 1  # it has logged why
        except ray.exceptions.RayError as error:
            log.warning("worker process %s is gone: %s", self.name, type(error).__name__)
            return KILLED

    def _remove(self) -> None:
        """Give its slot back."""
        ray = _ray()
        ray.kill(self._actor)


def _log_to(path: Path) -> None:
    """Our lines into the worker's log, where local processes write; nothing into Ray's files."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(message)s"))
    logging.getLogger().addHandler(handler)
    start_logging()
