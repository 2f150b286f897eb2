"""A Python that has loaded its libraries once and is copied for every process that a proof starts.

Loading torch costs seconds of processor time; a proof that kills hundreds of processes would do
little else. `Nursery` starts the server, `begin` has it fork: the copy becomes the process that was
asked for, with its own input, output, environment and process group, and does all that is ours
anew. No database and no model is open in the server. `Begun` is to its users what a Popen is.
"""

from __future__ import annotations

import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

ADDRESS = "PROOF_NURSERY"  # variable with the server's socket
ROOT = Path(__file__).resolve().parents[2]


class Begun:
    """A process that was forked by the server."""

    def __init__(
        self,
        connection: socket.socket,
        stdin: BinaryIO | None,
        stdout: BinaryIO | None,
    ) -> None:
        self._connection = connection
        self.stdin, self.stdout = stdin, stdout
        self.pid = int(_line(connection))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code; None: it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self._hear()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._hear()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, number: int) -> None:
        """A signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _hear(self) -> None:
        self.returncode = int(_line(self._connection) or -signal.SIGKILL)
        self._connection.close()


def begin(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    out: int | None = None,
    group: int = 0,
) -> Begun:
    """Run `python -m module arguments` as a copy of the server that ADDRESS names.

    Args:
        out: where it prints; None: a pipe to us, as its input is one from us.
        group: of processes, that it joins; 0: one of its own.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(environment[ADDRESS])
    given, ours = os.pipe()
    theirs, printed = (None, out) if out is not None else os.pipe()
    asked = json.dumps([module, list(arguments), dict(environment), group])
    socket.send_fds(
        connection, [asked.encode() + b"\n"], [given, printed, 2 if out is None else out]
    )
    os.close(given)
    if out is None:
        os.close(printed)
    stdout = None if theirs is None else os.fdopen(theirs, "rb", buffering=0)
    return Begun(connection, os.fdopen(ours, "wb", buffering=0), stdout)


class Nursery:
    """The server, as long as the block runs."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "nursery.socket")
        self._folder = folder

    def __enter__(self) -> Nursery:
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment = {**os.environ, **one_thread, "PYTHONPATH": str(ROOT)}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.nursery", self.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )
        assert self._server.stdout is not None
        if self._server.stdout.readline() != b"ready\n":
            raise RuntimeError("the nursery did not start")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(60)


def _line(connection: socket.socket) -> str:
    found = b""
    while not found.endswith(b"\n") and (piece := connection.recv(1)):
        found += piece
    return found.decode().strip()


# --- the server ------------------------------------------------------------------------------


def serve(address: str) -> int:
    """Fork for everybody who asks, and tell them how it ended, until the input closes."""
    import longssm_core.fused_parts  # noqa: F401 - loaded here for the copies

    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(64)
    print("ready", flush=True)
    children: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listening, woken, sys.stdin], [], [])
        if sys.stdin in ready:
            return 0
        if woken in ready:
            os.read(woken, 4096)
            _tell_ends(children)
        if listening in ready:
            connection, _ = listening.accept()
            pid = _fork(connection, [listening, *children.values()], (woken, wake))
            children[pid] = connection
            connection.sendall(f"{pid}\n".encode())


def _tell_ends(children: dict[int, socket.socket]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        connection = children.pop(pid)
        with suppress(OSError):  # who asked for it has died
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        connection.close()


def _fork(connection: socket.socket, others: Sequence[socket.socket], pipes: Sequence[int]) -> int:
    data, handles, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(1 << 20)
    module, arguments, environment, group = json.loads(data)
    pid = os.fork()
    if pid:
        for handle in handles:
            os.close(handle)
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgid(0, group)
    for target, handle in enumerate(handles):
        os.dup2(handle, target)
    for handle in (*handles, *pipes):
        os.close(handle)
    for other in (connection, *others):
        other.close()
    _become(module, arguments, environment)
    raise AssertionError("unreachable")


def _become(module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    code = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [module, *arguments]
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
        sys.stderr = os.fdopen(2, "w", buffering=1)
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1]))
