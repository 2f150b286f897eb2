"""The worker of a database: starts processes that compute, and keeps them running.

`ensure_worker(settings)` starts one detached worker per machine and database, guarded by a lock
file, `stop_worker` has it stop; `start_worker` starts one that ends with the command that started
it; `supervise` is what both run: it starts `worker_process` N times, replaces a process that died
or froze, and stops them all when it is told to. This module never imports torch: pages call it too.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import psutil
from filelock import FileLock, Timeout

from evaluations import tasks
from evaluations.database import Database, is_outage, open_database
from evaluations.errors import RefusedOption
from evaluations.settings import Settings

PROCESS_MEMORY = 1 << 30  # bytes that one process may need with its models
STOP_PATIENCE = 15.0  # seconds for a process to store its unit before it is killed
STOP_SECONDS = 20.0  # for all of a worker to end, once it was asked to
QUICK_DEATH = 10.0  # a process that dies sooner is started again more and more slowly
SLOWEST_RESTART = 30.0
START_PATIENCE = 600.0  # seconds until a new process shows its first sign of life
LEAST_FROZEN = 20.0  # seconds without a sign of life, at least, before a process is killed
LOG_LIMIT = 10 << 20  # bytes of the worker's log; as much is kept of what went before
LOG_LOOKS = 5.0  # seconds between two looks at its size

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


def stop_worker(settings: Settings) -> bool | None:
    """Ask this machine's worker of this database to stop, and wait until it has.

    Returns:
        Whether it stopped in time; None: there was none.
    """
    if not is_running(settings):
        return None
    settings.worker_stop.touch()
    patience = time.monotonic() + STOP_SECONDS
    while is_running(settings):
        if time.monotonic() > patience:
            return False
        time.sleep(0.1)
    return True


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
    if lock.is_locked:
        settings.worker_stop.unlink(missing_ok=True)  # asked of the one before
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if with_parent:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    database = open_database(settings)
    try:
        count = processes or settings.worker_processes or sensible_processes()
        return _Supervisor(settings, database, until_idle, lock.is_locked).run(count, stop)
    finally:
        database.close()
        if lock.is_locked:
            settings.worker_stop.unlink(missing_ok=True)
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


class _Process:
    """One worker process, as its supervisor sees it."""

    def __init__(self, settings: Settings, until_idle: bool) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.started = time.monotonic()
        self.last_pulse: float | None = None  # None: it has not shown a sign of life yet
        arguments = ["--name", self.name, *(["--until-idle"] if until_idle else [])]
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "evaluations.worker_process", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(settings),
        )
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

    def __init__(
        self, settings: Settings, database: Database, until_idle: bool, is_first: bool
    ) -> None:
        self._settings = settings
        self._database = database
        self._until_idle = until_idle
        self._is_first = is_first  # of this machine: it is the one that is asked to stop
        self._looked_at_log = 0.0
        self._processes: list[_Process] = []
        self._quick_deaths = 0
        # a frozen process may hold a lock that others wait for: it is killed before they give up
        self._frozen_after = max(LEAST_FROZEN, 1.5 * settings.lease_seconds)

    def run(self, count: int, stop: threading.Event) -> int:
        """Keep `count` processes alive until `stop` is set or all have ended by themselves."""
        self._processes = [self._start() for _ in range(count)]
        looked = time.monotonic()
        while self._processes and not stop.is_set():
            stop.wait(0.2)
            self._tend(stop)
            if time.monotonic() - looked > 5.0:  # it was this process that slept
                for process in self._processes:
                    process.forgive()
            looked = time.monotonic()
            self._processes = [
                kept for process in self._processes if (kept := self._look(process, stop))
            ]
        self._stop_all()
        return 0

    def _tend(self, stop: threading.Event) -> None:
        """What is done for all workers of this machine: the wish to stop, the size of the log."""
        if not self._is_first:
            return
        if self._settings.worker_stop.exists():
            stop.set()
        if time.monotonic() - self._looked_at_log > LOG_LOOKS:
            self._looked_at_log = time.monotonic()
            shorten_log(self._settings.worker_log)

    def _start(self) -> _Process:
        return _Process(self._settings, self._until_idle)

    def _look(self, process: _Process, stop: threading.Event) -> _Process | None:
        """The process, another one in its place, or None where it ended as it should."""
        if process.is_frozen(self._frozen_after):
            log.warning("worker process %s froze: killed", process.name)
            process.kill()
        code = process.popen.poll()
        if code is None:
            return process
        if code == 0:
            return None
        if code != tasks.STEP_ASIDE:
            log.warning("worker process %s ended with %s", process.name, code)
            self._bury(process)
            self._slow_down(process, stop)
        return None if stop.is_set() else self._start()

    def _bury(self, process: _Process) -> None:
        """Let others have what a dead process held; in an outage they wait for its lease to end."""
        try:
            tasks.release_owner(self._database, process.name)
            tasks.forget_worker(self._database, process.name)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("%s was not released: %s", process.name, error.orig)

    def _slow_down(self, process: _Process, stop: threading.Event) -> None:
        if time.monotonic() - process.started > QUICK_DEATH:
            self._quick_deaths = 0
            return
        stop.wait(min(SLOWEST_RESTART, 0.25 * 2**self._quick_deaths))
        self._quick_deaths += 1

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
                self._bury(process)


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
    """The worker's log; whoever writes to it appends, wherever it ends by then."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shorten_log(settings.worker_log)
    return settings.worker_log.open("ab")


def shorten_log(path: Path) -> None:
    """Begin the log anew when it has grown too large; the one before is kept beside it.

    Processes go on writing to the file that they opened, so its content is copied and cut off
    rather than the file renamed. A line that is written in that moment is lost.
    """
    try:
        if path.stat().st_size <= LOG_LIMIT:
            return
        shutil.copyfile(path, path.with_suffix(".old.log"))
        os.truncate(path, 0)
    except FileNotFoundError:
        return
    except OSError as error:  # a full disk must not end the worker
        log.warning("the log cannot be shortened: %s", error)


def _wait_for_end_of_input(stop: threading.Event) -> None:
    # os.read: a thread inside the buffered reader would abort the interpreter at its end
    while os.read(sys.stdin.fileno(), 4096):
        pass
    stop.set()
