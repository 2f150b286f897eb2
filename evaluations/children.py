"""Processes that a task starts: each leads a group of its own, and no group outlives its task.

`Children.start` is how a kind of task runs another program; `Children.kill` ends them all with
everything that they started. Should this process be killed, a child sees its input close
(`watch_parent`) and ends its group itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

_WINDOWS = sys.platform == "win32"


class Children:
    """The processes that this one has started for its task."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        output: int | IO[bytes] = subprocess.PIPE,
        errors: int | IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start `command` in a process group of its own; its input stays open while we live."""
        options: dict[str, Any] = {"start_new_session": True}
        if _WINDOWS:
            flags = "CREATE_NO_WINDOW", "CREATE_NEW_PROCESS_GROUP"
            options = {"creationflags": sum(getattr(subprocess, flag) for flag in flags)}
        with self._lock:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=errors,
                env=None if environment is None else dict(environment),
                cwd=folder,
                **options,
            )
            self._running.append(child)
        return child

    def kill(self) -> None:
        """End all of them, with everything that they started."""
        with self._lock:
            running, self._running = self._running, []
        for child in running:
            kill_group(child)


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """End a process that leads a group, and the group; it may have ended already."""
    if _WINDOWS:
        _kill_family(child.pid)
    else:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)  # also where only its children are left
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    child.wait()


def watch_parent() -> None:
    """For a child: end the whole group when the parent's end of our input closes."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    # os.read: a thread inside the buffered reader would abort the interpreter at its end
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if _WINDOWS:
        _kill_family(os.getpid())
    elif os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def _kill_family(process: int) -> None:
    """Windows knows no groups that can be killed: the process after all that came from it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        leader = psutil.Process(process)
        for one in (*leader.children(recursive=True), leader):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
