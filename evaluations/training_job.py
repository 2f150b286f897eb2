"""The kind `train`: a pair of one's own, made by a program that a worker watches.

`run` is the worker's side: it starts this module as a process of its own, tells the database how
far it is, and gives the processor back where scoring waits and nobody else could do it. `main` is
that process: it runs the code of the command `adapt` on stored documents into a folder of the data
folder, and goes on from the last snapshot to the same bits, whoever was killed. What it has to say
is one JSON object a line: a notice, how far it is, the loss on held-out documents, the result or an
error.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from filelock import FileLock

from evaluations import tasks
from evaluations.adaptation import (
    HeldOutLoss,
    Listener,
    OwnPair,
    check_amount,
    make_own_pair,
)
from evaluations.children import watch_parent
from evaluations.commands.failures import computing_on, in_words
from evaluations.documents.ingest import ExtractedDocument
from evaluations.errors import TrainingFailed
from evaluations.files import ContentFiles, open_files
from evaluations.jobs import Job, Stopping
from evaluations.pair_folders import pair_folder, wanted_in
from evaluations.records import Document
from evaluations.requests import training_documents
from evaluations.settings import Settings, load_settings
from evaluations.short_probe import error_as_json
from evaluations.training_view import thinned
from longssm_core.errors import FolderInUse

if TYPE_CHECKING:
    from longssm_core.pair import ArmPlan
    from longssm_core.training import Progress

MEMORY_SHARE = 0.75  # of the machine: more would take it from whoever scores
LOOK = 1.0  # seconds between two looks at the memory, and for waiting scoring
LOSSES = "losses.jsonl"  # in a checkpoint's folder, as `longssm_core.pair` writes it
PACED = 20  # steps, whose time says how long the others will take
STEPS_KEPT = 20  # with every so many steps a training counts as having come further
PREDECESSOR = 60.0  # seconds for a process that this one replaces to leave the folder
NICENESS = 5  # behind those that score, on a busy processor


# --- the worker's side -----------------------------------------------------------------------


def run(job: Job) -> None:
    """Have the pair of the request made.

    Raises:
        TrainingFailed: what the process said of it, or that it was ended from outside.
    """
    request = {**job.request, "documents": _documents(job)}
    child = job.start([sys.executable, "-m", "evaluations.training_job"], environment=_own(job))
    assert child.stdin is not None
    child.stdin.write(json.dumps(request).encode("ascii") + b"\n")
    child.stdin.flush()
    kept, result = job.task.next_unit, None
    looked = time.monotonic()
    for line in job.lines(child):
        said = json.loads(line)
        if "error" in said:
            raise TrainingFailed(said["error"]["key"], **said["error"]["values"])
        result = said.get("result", result)
        if "done" in said:
            if said["done"] // STEPS_KEPT > kept:
                kept = said["done"] // STEPS_KEPT
                job.keep(kept - 1, 0, result={"so_far": said["so_far"]})
            job.progress(said["done"], said["total"])
        if time.monotonic() - looked > LOOK:
            looked = time.monotonic()
            _step_aside(job)
    if result is None:
        raise TrainingFailed("train.died")
    job.finish(result)


def _documents(job: Job) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in training_documents(job.store, job.task)]


def _own(job: Job) -> dict[str, str]:
    """The environment of the process: it needs the files, not the database."""
    settings = job.store.settings.environment()
    found = {**os.environ, **settings, "OMP_NUM_THREADS": "1"}
    found.pop("LONGSSM_DATABASE_URL", None)
    return found


def _step_aside(job: Job) -> None:
    """Let what waits go first where this is the only worker: training goes on behind it.

    Raises:
        Stopping: something waits that nobody else would do.
    """
    database, own = job.store.database, job.heart.name
    if tasks.is_waiting(database, own) and tasks.works_alone(database, own):
        raise Stopping


# --- the process -----------------------------------------------------------------------------


def main() -> int:
    """Answer the request on standard input."""
    request = json.loads(sys.stdin.buffer.readline())
    watch_parent()
    threading.Thread(target=_watch_memory, name="memory", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    settings = load_settings()
    try:
        _say({"result": _made(request, settings)})
    except Exception as error:
        said = in_words(error, settings)
        if said is None:
            raise  # with its traceback in the worker's log
        _say({"error": error_as_json(said)})
        return 1
    return 0


def _made(request: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """The pair of a request, made into its folder: the same request has the same one."""
    from longssm_core.adaptation import read_start  # only here: it loads torch

    documents = [Document(**one) for one in request["documents"]]
    check_amount(documents)
    wanted = wanted_in(request)
    folder = pair_folder(settings, request, [one.id for one in documents])
    files = open_files(settings)
    device = settings.device
    with computing_on(device, "command.adapt.out_of_memory"), _alone(settings):
        start = read_start(wanted.checkpoint, device)
        texts = _texts(files, documents)
        found = _patiently(lambda: make_own_pair(wanted, start, texts, folder, device, _Speaker()))
    zero, proposed = found.sides
    held_out = [one.document for one in found.parted.held_out]
    return {
        **found.as_json(),
        "folder": str(folder),
        "zero": zero,
        "proposed": proposed,
        "held_out_documents": [{"id": one.id, "name": one.name} for one in held_out],
    }


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """No other training on this machine meanwhile, whatever the queue has let through."""
    lock = settings.data_dir / f"training-{socket.gethostname()}.lock"
    with FileLock(lock, poll_interval=0.5):
        yield


def _texts(files: ContentFiles, documents: Sequence[Document]) -> list[ExtractedDocument]:
    try:
        return [ExtractedDocument(one, files.read(one.id).decode("utf-8")) for one in documents]
    except FileNotFoundError as error:
        raise TrainingFailed("task.document_missing") from error


def _patiently(make: Callable[[], OwnPair]) -> OwnPair:
    """Wait for a process that was left behind: it ends when it finds its own task lost."""
    patience = time.monotonic() + PREDECESSOR
    while True:
        try:
            return make()
        except FolderInUse:
            if time.monotonic() > patience:
                raise
            time.sleep(0.5)


class _Speaker(Listener):
    """Says how far it is, over all checkpoints of the pair, and what the losses were."""

    def __init__(self) -> None:
        self._plans: list[str] = []
        self._held_out: dict[str, dict[str, float]] = {}
        self._losses: dict[str, dict[int, float]] = {}  # by checkpoint and step, from 1
        self._ends: deque[float] = deque(maxlen=PACED)  # of the last steps, seconds
        self._stored = -1  # how often `run` has stored what is said

    def planned(self, plans: Sequence[ArmPlan]) -> None:
        """What will be trained, in this order; an interrupted training has losses already."""
        self._plans = [plan.name for plan in plans]
        self._losses = {plan.name: _losses_in(plan.folder / LOSSES) for plan in plans}
        self._tell(0, sum(plan.training.steps for plan in plans), None, None)

    def step(self, plan: ArmPlan, progress: Progress) -> None:
        """A step is done; all checkpoints of a pair have as many."""
        steps, before = plan.training.steps, self._plans.index(plan.name)
        done = before * steps + progress.step + 1
        self._losses[plan.name][progress.step + 1] = progress.loss
        self._ends.append(time.monotonic())
        self._tell(done, steps * len(self._plans), plan.name, progress.loss)

    def measured(self, loss: HeldOutLoss) -> None:
        """A checkpoint is made, and so good."""
        self._held_out[loss.initialization] = {"before": loss.before, "after": loss.after}
        self._ends.clear()  # what lies between two checkpoints is no step

    def _tell(self, done: int, total: int, name: str | None, loss: float | None) -> None:
        so_far: dict[str, Any] = {"name": name, "loss": loss}
        so_far["held_out_bits_per_byte"] = self._held_out
        if done // STEPS_KEPT != self._stored:  # only then it is stored
            self._stored = done // STEPS_KEPT
            so_far["losses"] = {own: thinned(by_step) for own, by_step in self._losses.items()}
        if len(self._ends) > 1:
            taken = self._ends[-1] - self._ends[0]
            so_far["seconds_per_step"] = taken / (len(self._ends) - 1)
        _say({"done": done, "total": total, "so_far": so_far})


def _losses_in(path: Path) -> dict[int, float]:
    """Losses by step, from 1, of a training that was interrupted; none where it begins."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
            found[int(row["step"]) + 1] = float(row["loss"])
        except (ValueError, KeyError, TypeError):
            continue  # an interruption halves a line; what counts is read by the training itself
    return found


def _watch_memory() -> None:
    """End this process where it takes too much: the machine has other work."""
    limit = MEMORY_SHARE * psutil.virtual_memory().total
    own = psutil.Process()
    while own.memory_info().rss < limit:
        time.sleep(LOOK)
    _say({"error": {"key": "command.adapt.out_of_memory", "values": {}}})
    os._exit(1)


def _say(said: Mapping[str, Any]) -> None:
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    sys.exit(main())
