"""The worker of a database: starts processes that compute, and keeps them running.

`ensure_worker(settings)` starts one detached worker per machine and database, guarded by a lock
file, `stop_worker` has it stop; `start_worker` starts one that ends with the command that started
it; `supervise` is what both run: it starts N members of an engine, replaces one that died or froze,
and stops them all when it is told to. An engine is what starts members: `LocalEngine` runs
`worker_process` on this machine, `RayEngine` in `ray_engine` the same loop in the actors of a
cluster. This module never imports torch: pages call it too.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import psutil
from filelock import FileLock, Timeout

from evaluations import tasks
from evaluations.database import Database, is_outage, open_database
from evaluations.errors import RefusedOption
from evaluations.heart import worker_name
from evaluations.notifications import Courier
from evaluations.settings import Settings

PROCESS_MEMORY = 1 << 30  # bytes that one process may need with its models
STOP_PATIENCE = 15.0  # seconds for a process to store its unit before it is killed
STOP_SECONDS = 20.0  # for all of a worker to end, once it was asked to
QUICK_DEATH = 10.0  # a process that dies sooner is started again more and more slowly
SLOWEST_RESTART = 30.0
START_PATIENCE = 600.0  # seconds until a new process shows its first sign of life
LEAST_FROZEN = 20.0  # seconds without a sign of life, at least, before a process is killed
LOOK_FOR_DEAD = 5.0  # seconds between two looks for dead processes of this machine
SILENT = 12.0  # seconds without a heartbeat that a process on a server's list may miss
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


class Member(Protocol):
    """One process that runs the claim loop, wherever it is, as its supervisor sees it."""

    name: str  # the owner of its leases: no other process has or had it
    started: float  # by the supervisor's monotonic clock

    def exit_code(self) -> int | None:
        """How it ended; None: it has not."""

    def stop(self) -> None:
        """Ask it to store its unit and end."""

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""

    def is_frozen(self, patience: float) -> bool:
        """Whether it has shown no sign of life for so many seconds."""

    def forgive(self) -> None:
        """Take it as alive now: nobody listened for a while."""

    def kill(self) -> None:
        """End it now."""


class Crew(Protocol):
    """The members of an engine that is running."""

    count: int  # how many are wanted

    def start(self, until_idle: bool) -> Member:
        """One more member."""


class Engine(Protocol):
    """What starts members."""

    def running(self, settings: Settings, processes: int | None) -> AbstractContextManager[Crew]:
        """The engine, started, and ended with the block; processes None: as many as make sense."""


def supervise(
    settings: Settings,
    processes: int | None = None,
    until_idle: bool = False,
    unless_running: bool = False,
    with_parent: bool = False,
    engine: Engine | None = None,
) -> int:
    """Keep worker processes running until told to stop; the exit code.

    Args:
        settings: the database and the limits.
        processes: how many; unset: as many as processors and memory allow.
        until_idle: end when no task is queued or running.
        unless_running: end at once where this machine has a worker for this database.
        with_parent: end when the standard input closes.
        engine: what starts the processes; unset: this machine.

    Raises:
        RefusedOption: fewer than one process, or an engine that cannot be used.
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
    _stop_at_signals(stop)
    if with_parent:
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    database = open_database(settings)
    try:
        Courier(database, settings, stop).start()
        with (engine or LocalEngine()).running(settings, processes) as crew:
            _stop_at_signals(stop)  # an engine may have set its own
            is_first = lock.is_locked
            return _Supervisor(settings, database, crew, until_idle, is_first).run(stop)
    finally:
        database.close()
        if lock.is_locked:
            settings.worker_stop.unlink(missing_ok=True)
        lock.release()


def _stop_at_signals(stop: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())


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


class LocalEngine:
    """Processes of this machine."""

    @contextmanager
    def running(self, settings: Settings, processes: int | None) -> Iterator[Crew]:
        """Nothing has to be started beside the processes themselves."""
        yield _LocalCrew(settings, processes or settings.worker_processes or sensible_processes())


class _LocalCrew:
    def __init__(self, settings: Settings, count: int) -> None:
        self._settings = settings
        self.count = count

    def start(self, until_idle: bool) -> _Process:
        return _Process(self._settings, until_idle)


def start_process(arguments: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A worker process with these arguments, its input and output connected to us."""
    return subprocess.Popen(
        [sys.executable, "-m", "evaluations.worker_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


class _Process:
    """One worker process of this machine."""

    def __init__(self, settings: Settings, until_idle: bool) -> None:
        self.name = worker_name()
        self.started = time.monotonic()
        self.last_pulse: float | None = None  # None: it has not shown a sign of life yet
        arguments = ["--name", self.name, *(["--until-idle"] if until_idle else [])]
        self.popen = start_process(arguments, _environment(settings))
        threading.Thread(target=self._listen, daemon=True).start()

    def exit_code(self) -> int | None:
        """How it ended; None: it has not."""
        return self.popen.poll()

    def stop(self) -> None:
        """Ask it to store its unit and end."""
        if self.popen.stdin is not None:
            self.popen.stdin.close()

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        try:
            self.popen.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

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
    """Starts, watches and stops the members of one worker."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        crew: Crew,
        until_idle: bool,
        is_first: bool,
    ) -> None:
        self._settings = settings
        self._undertaker = _Undertaker(database)
        self._crew = crew
        self._until_idle = until_idle
        self._is_first = is_first  # of this machine: it is the one that is asked to stop
        self._looked_at_log = 0.0
        self._members: list[Member] = []
        self._due: list[float] = []  # when members are to be started in place of dead ones
        self._quick_deaths = 0
        # a frozen process may hold a lock that others wait for: it is killed before they give up
        self._frozen_after = max(LEAST_FROZEN, 1.5 * settings.lease_seconds)

    def run(self, stop: threading.Event) -> int:
        """Keep the crew at its count until `stop` is set or all have ended by themselves."""
        self._members = [self._start() for _ in range(self._crew.count)]
        looked = time.monotonic()
        while (self._members or self._due) and not stop.is_set():
            stop.wait(0.2)
            self._tend(stop)
            if time.monotonic() - looked > 5.0:  # it was this process that slept
                for member in self._members:
                    member.forgive()
            looked = time.monotonic()
            self._members = [member for member in self._members if self._look(member)]
            self._start_what_is_due()
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

    def _start(self) -> Member:
        return self._crew.start(self._until_idle)

    def _look(self, member: Member) -> bool:
        """Whether it goes on; where it ended as it should not, another one will be started."""
        if member.is_frozen(self._frozen_after):
            log.warning("worker process %s froze: killed", member.name)
            member.kill()
        code = member.exit_code()
        if code is None:
            return True
        if code == tasks.STEP_ASIDE:
            self._due.append(time.monotonic())
        elif code != 0:
            log.warning("worker process %s ended with %s", member.name, code)
            self._undertaker.bury(member.name)
            self._due.append(time.monotonic() + self._delay(member))
        return False

    def _start_what_is_due(self) -> None:
        late = [due for due in self._due if due <= time.monotonic()]
        self._due = [due for due in self._due if due not in late]
        self._members += [self._start() for _ in late]

    def _delay(self, member: Member) -> float:
        """Seconds until another one is started in its place."""
        if time.monotonic() - member.started > QUICK_DEATH:
            self._quick_deaths = 0
            return 0.0
        self._quick_deaths += 1
        return float(min(SLOWEST_RESTART, 0.25 * 2 ** (self._quick_deaths - 1)))

    def _stop_all(self) -> None:
        for member in self._members:
            member.stop()
        patience = time.monotonic() + STOP_PATIENCE
        for member in self._members:
            if not member.wait(max(0.0, patience - time.monotonic())):
                member.kill()
            if member.exit_code() not in (0, tasks.STEP_ASIDE):
                self._undertaker.bury(member.name)
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
