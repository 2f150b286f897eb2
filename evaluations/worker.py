"""The worker of a database: starts processes that compute, and keeps them running.

`ensure_worker(settings)` starts one detached worker per machine and database, guarded by a lock
file; `start_worker` one that ends with the command that started it; `supervise` is what both run:
it starts `worker_process` N times, replaces a process that died or froze, and stops them all when
it is told to. This module never imports torch: pages call it too.
"""

from __future__ import annotations

import logging
import os
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any

import psutil
from filelock import FileLock, Timeout

from evaluations import tasks
from evaluations.database import Database, is_outage, open_database
from evaluations.errors import RefusedOption
from evaluations.settings import Settings

PROCESS_MEMORY = 1 << 30  # bytes that one process may need with its models
STOP_PATIENCE = 20.0  # seconds for a process to store its unit before it is killed
QUICK_DEATH = 10.0  # a process that dies sooner is started again more and more slowly
SLOWEST_RESTART = 30.0
START_PATIENCE = 600.0  # seconds until a new process shows its first sign of life
LEAST_FROZEN = 20.0  # seconds without a sign of life, at least, before a process is killed
LOOK_FOR_DEAD = 5.0  # seconds between two looks for dead processes of this machine
SILENT = 12.0  # seconds without a heartbeat that a process on a server's list may miss
LOG_LIMIT = 10 << 20

log = logging.getLogger("longssm.worker")


def ensure_worker(settings: Settings) -> bool:
    """Start a detached worker unless this machine has one for this database; whether it did."""
    if is_running(settings):
        return False
    with _log_file(settings) as out:
        _spawn(settings, ["--unless-running"], stdin=subprocess.DEVNULL, out=out)
    return True


def start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    """A worker that ends when its input is closed, or with this process.

    Where one is running already it ends at once.
    """
    arguments = ["--unless-running", "--with-parent"]
    with _log_file(settings) as out:
        return _spawn(settings, arguments, stdin=subprocess.PIPE, out=out)


def is_running(settings: Settings) -> bool:
    """Whether this machine has a worker for this database."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.worker_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def supervise(
    settings: Settings,
    processes: int | None = None,
    until_idle: bool = False,
    unless_running: bool = False,
    with_parent: bool = False,
) -> int:
    """Keep worker processes running until told to stop; the exit code.

    Args:
        settings: the database and the limits.
        processes: how many; unset: as many as processors and memory allow.
        until_idle: end when no task is queued or running.
        unless_running: end at once where this machine has a worker for this database.
        with_parent: end when the standard input closes.

    Raises:
        RefusedOption: fewer than one process.
    """
    if processes is not None and processes < 1:
        raise RefusedOption("command.worker.no_process", found=processes)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.worker_lock)
    try:
        lock.acquire(timeout=1.0)  # whoever only looks (is_running) holds it for a moment
    except Timeout:
        if unless_running:
            return 0
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    database = open_database(settings)
    try:
        count = processes or settings.worker_processes or sensible_processes()
        return _Supervisor(settings, database, until_idle).run(count, stop)
    finally:
        database.close()
        lock.release()


def sensible_processes() -> int:
    """One per processor, as memory allows; one alone where there is an accelerator."""
    if has_cuda():
        return 1
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        processors = os.cpu_count() or 1
    by_memory = psutil.virtual_memory().available // PROCESS_MEMORY
    return max(1, min(processors, by_memory))


def has_cuda() -> bool:
    """Whether torch sees a CUDA device; asked in another process, and only where it is likely."""
    if shutil.which("nvidia-smi") is None:
        return False
    question = "import torch, sys; sys.exit(0 if torch.cuda.is_available() else 1)"
    return subprocess.run([sys.executable, "-c", question], check=False).returncode == 0


def start_process(arguments: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A worker process with these arguments, its input and output connected to us."""
    return subprocess.Popen(
        [sys.executable, "-m", "evaluations.worker_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


class _Process:
    """One worker process, as its supervisor sees it."""

    def __init__(self, settings: Settings, until_idle: bool) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.started = time.monotonic()
        self.last_pulse: float | None = None  # None: it has not shown a sign of life yet
        arguments = ["--name", self.name, *(["--until-idle"] if until_idle else [])]
        self.popen = start_process(arguments, _environment(settings))
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        """Ask it to store its unit and end."""
        if self.popen.stdin is not None:
            self.popen.stdin.close()

    def is_frozen(self, patience: float) -> bool:
        """Whether it has shown no sign of life for so many seconds."""
        if self.last_pulse is None:
            return time.monotonic() - self.started > START_PATIENCE
        return time.monotonic() - self.last_pulse > patience

    def forgive(self) -> None:
        """Take it as alive now: nobody listened for a while."""
        if self.last_pulse is not None:
            self.last_pulse = time.monotonic()

    def kill(self) -> None:
        """End it now."""
        self.popen.kill()
        self.popen.wait()

    def _listen(self) -> None:
        output = self.popen.stdout
        while output is not None and output.read(1):
            self.last_pulse = time.monotonic()


class _Supervisor:
    """Starts, watches and stops the processes of one worker."""

    def __init__(self, settings: Settings, database: Database, until_idle: bool) -> None:
        self._settings = settings
        self._undertaker = _Undertaker(database)
        self._until_idle = until_idle
        self._processes: list[_Process] = []
        self._due: list[float] = []  # when processes are to be started in place of dead ones
        self._quick_deaths = 0
        # a frozen process may hold a lock that others wait for: it is killed before they give up
        self._frozen_after = max(LEAST_FROZEN, 1.5 * settings.lease_seconds)

    def run(self, count: int, stop: threading.Event) -> int:
        """Keep `count` processes alive until `stop` is set or all have ended by themselves."""
        self._processes = [self._start() for _ in range(count)]
        looked = time.monotonic()
        while (self._processes or self._due) and not stop.is_set():
            stop.wait(0.2)
            if time.monotonic() - looked > 5.0:  # it was this process that slept
                for process in self._processes:
                    process.forgive()
            looked = time.monotonic()
            self._processes = [process for process in self._processes if self._look(process)]
            self._start_what_is_due()
        self._stop_all()
        return 0

    def _start(self) -> _Process:
        return _Process(self._settings, self._until_idle)

    def _look(self, process: _Process) -> bool:
        """Whether it goes on; where it ended as it should not, another one will be started."""
        if process.is_frozen(self._frozen_after):
            log.warning("worker process %s froze: killed", process.name)
            process.kill()
        code = process.popen.poll()
        if code is None:
            return True
        if code == tasks.STEP_ASIDE:
            self._due.append(time.monotonic())
        elif code != 0:
            log.warning("worker process %s ended with %s", process.name, code)
            self._undertaker.bury(process.name)
            self._due.append(time.monotonic() + self._delay(process))
        return False

    def _start_what_is_due(self) -> None:
        late = [due for due in self._due if due <= time.monotonic()]
        self._due = [due for due in self._due if due not in late]
        self._processes += [self._start() for _ in late]

    def _delay(self, process: _Process) -> float:
        """Seconds until another one is started in its place."""
        if time.monotonic() - process.started > QUICK_DEATH:
            self._quick_deaths = 0
            return 0.0
        self._quick_deaths += 1
        return float(min(SLOWEST_RESTART, 0.25 * 2 ** (self._quick_deaths - 1)))

    def _stop_all(self) -> None:
        for process in self._processes:
            process.stop()
        patience = time.monotonic() + STOP_PATIENCE
        for process in self._processes:
            try:
                process.popen.wait(timeout=max(0.0, patience - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
            if process.popen.returncode not in (0, tasks.STEP_ASIDE):
                self._undertaker.bury(process.name)
        self._undertaker.stop()


class _Undertaker:
    """Lets others have at once what dead processes held; in an outage their leases run out.

    In a thread of its own: it may have to wait for a lock that a frozen process holds, and it is
    the supervisor that ends that one. It also finds processes of this machine whose supervisor
    died with them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dead: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="undertaker", daemon=True)
        self._thread.start()

    def bury(self, name: str) -> None:
        """Have this process's tasks given back, soon."""
        self._dead.put(name)

    def stop(self) -> None:
        """Finish what was asked for, unless it takes long."""
        self._dead.put(None)
        self._thread.join(STOP_PATIENCE)

    def _work(self) -> None:
        looked = float("-inf")
        while True:
            if time.monotonic() - looked > LOOK_FOR_DEAD:
                self._unless_away(self._find_forgotten)
                looked = time.monotonic()
            try:
                name = self._dead.get(timeout=LOOK_FOR_DEAD)
            except queue.Empty:
                continue
            if name is None:
                return
            self._unless_away(self._bury, name)

    def _bury(self, name: str) -> None:
        tasks.release_owner(self._database, name)
        tasks.forget_worker(self._database, name)

    def _find_forgotten(self) -> None:
        """Bury processes of this machine that nobody buried.

        Where the database is a server's, another machine may have our host's name and a process
        that does not exist here: there a dead one has been silent as well.
        """
        silence = 0.0 if self._database.is_sqlite else SILENT
        for one in tasks.workers_on(self._database, socket.gethostname()):
            if one.silence >= silence and not _lives(one):
                log.warning("worker process %s is gone", one.name)
                self._bury(one.name)

    def _unless_away(self, action: Callable[..., None], *arguments: str) -> None:
        try:
            action(*arguments)
        except Exception as error:  # leases run out by themselves
            if is_outage(error):
                log.warning("waiting for the database: %s", error.orig)
            else:
                log.exception("dead processes were not looked after")


def _lives(worker: tasks.Listed) -> bool:
    """Whether its process is there, and not another one that got its number since."""
    try:
        return psutil.Process(worker.process).create_time() <= worker.started.timestamp() + 1.0
    except psutil.NoSuchProcess:
        return False


def _spawn(
    settings: Settings, arguments: Sequence[str], stdin: int, out: IO[bytes]
) -> subprocess.Popen[bytes]:
    options: dict[str, Any] = {"start_new_session": True}  # out of the reach of Ctrl-C
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        options = {"creationflags": flags}
    return subprocess.Popen(
        [sys.executable, "-m", "evaluations", "worker", *arguments],
        stdin=stdin,
        stdout=out,
        stderr=out,
        env=_environment(settings),
        **options,
    )


def _environment(settings: Settings) -> dict[str, str]:
    """Ours with these settings, and one thread for every library that would take more."""
    one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**os.environ, **settings.environment(), **one_thread}


def _log_file(settings: Settings) -> IO[bytes]:
    """The worker's log, started anew when it has grown too large."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.worker_log
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # os.read: a thread inside the buffered reader would abort the interpreter at its end
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()
