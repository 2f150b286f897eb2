"""Short measurements in a process of their own, since who asks for them may not load torch.

`ask` starts a module with a request on its standard input and gives its answer; `answer` is the
other side. Both speak JSON, one object each. No measurement outlives who asked for it, nor that
somebody waits for it: `meanwhile` is asked all the time. `end_all` ends them before.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

import psutil

from evaluations.children import Children, watch_parent
from evaluations.commands.failures import in_words
from evaluations.errors import EvaluationError
from evaluations.records import Reason
from evaluations.settings import Settings, load_settings

PATIENCE = 300.0  # seconds; a probe takes twenty
LOOK = 0.2  # seconds between two looks whether somebody still waits
ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_asked: set[Children] = set()  # whose answers are waited for


def nobody_leaves() -> None:
    """For who cannot be called away while a measurement is waited for."""


def ask(
    module: str,
    request: Mapping[str, Any],
    settings: Settings,
    meanwhile: Callable[[], None] = nobody_leaves,
) -> dict[str, Any]:
    """What the module `evaluations.<module>` answers.

    Args:
        meanwhile: called every LOOK seconds; whatever it raises ends the measurement, at once and
            with all that it started.

    Raises:
        EvaluationError: what it says is wrong, or that it gave no answer.
    """
    environment = {**os.environ, **settings.environment(), **dict.fromkeys(ONE_THREAD, "1")}
    children = Children()
    _asked.add(children)
    patience = threading.Timer(PATIENCE, children.kill)
    patience.start()
    try:
        child = children.start(
            [sys.executable, "-m", f"evaluations.{module}"],
            environment=environment,
            errors=subprocess.DEVNULL,
        )
        assert child.stdin is not None
        assert child.stdout is not None
        with child.stdin, child.stdout:
            child.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            child.stdin.flush()  # and stays open: when it closes, the other side ends
            try:
                found: dict[str, Any] = json.loads(_all_of(child.stdout, meanwhile))
            finally:
                children.kill()  # first: nobody can close what another thread reads
    except (OSError, ValueError) as error:
        raise EvaluationError("estimate.no_answer") from error
    finally:
        patience.cancel()
        children.kill()
        _asked.discard(children)
    if "error" in found:
        raise EvaluationError(found["error"]["key"], **found["error"]["values"])
    return found


def _all_of(output: IO[bytes], meanwhile: Callable[[], None]) -> bytes:
    """Everything until its end; a thread reads, so that this one can be called away."""
    read: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=lambda: read.put(output.read()), daemon=True).start()
    while True:
        try:
            return read.get(timeout=LOOK)
        except queue.Empty:
            meanwhile()


def end_all() -> None:
    """End every measurement that is still waited for, so that nothing waits for its end."""
    for children in tuple(_asked):
        children.kill()


def answer(compute: Callable[[Mapping[str, Any], Settings], Mapping[str, Any]]) -> int:
    """Print what `compute` makes of the request, or what is wrong; the exit code."""
    request = json.loads(sys.stdin.buffer.readline() or b"{}")
    watch_parent()
    settings = load_settings()
    try:
        print(json.dumps(compute(request, settings)), flush=True)
    except Exception as error:
        said = in_words(error, settings)
        if said is None:
            raise
        print(json.dumps({"error": error_as_json(said)}), flush=True)
        return 1
    return 0


def error_as_json(said: EvaluationError) -> dict[str, Any]:
    """The error's sentence as it can be stored: without another sentence inside it."""
    if any(isinstance(value, Reason) for value in said.values.values()):
        return {"key": "train.place", "values": {"path": str(said.values.get("path", "pairs"))}}
    return {"key": said.key, "values": {name: str(v) for name, v in said.values.items()}}


def seconds_alive() -> float:
    """How long ago this process was started."""
    return time.time() - psutil.Process().create_time()
