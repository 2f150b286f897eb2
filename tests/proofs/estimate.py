"""Whether the estimate of a run's time and memory from a short probe is within 30 % of the truth.

The bundled sample is planned, estimated as the Run page does, and computed by a worker of its own
in an empty data folder, so that nothing can be taken over from an earlier evaluation. The truth is
the time from starting that worker to its end, and the resident memory that its processes report
with what they store: of as many as work at a time, the largest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.run_estimate import RunEstimate, estimate_run
from evaluations.samples import sample_documents
from evaluations.settings import Settings
from evaluations.store import Store, open_store

GOAL = 0.30  # of what it took


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--full", action="store_true", help="standard depth beside the quick one")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured")
    parser.add_argument("--documents", type=int, help="of the sample; unset: all")


def run(options: argparse.Namespace) -> int:
    """Print estimates and truths; 1 when one is further off than the goal."""
    depths = [Depth.QUICK, Depth.STANDARD] if options.full else [Depth.QUICK]
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processor cores")
    print(
        f"{'':10}{'':>10}{'probe':>7}{'estimate':>10}{'took':>9}{'':>6}{'estimate':>10}{'took':>9}"
    )
    print(
        f"{'depth':10}{'documents':>10}{'s':>7}{'s':>10}{'s':>9}{'off':>6}{'MB':>10}{'MB':>9}{'off':>6}"
    )
    worst = 0.0
    for depth in depths:
        for _ in range(options.rounds):
            found = measured(depth, options.documents)
            worst = max(worst, *map(abs, found.off))
            print(found.line(depth), flush=True)
    estimate = found.estimate
    print(f"{estimate.processes} processes on {estimate.device}; worst {100 * worst:.0f} %")
    return 0 if worst <= GOAL else 1


class Round(NamedTuple):
    """What was said, and what came of it."""

    documents: int
    asked: float  # seconds until the estimate was there
    estimate: RunEstimate
    seconds: float
    memory: int  # bytes

    @property
    def off(self) -> tuple[float, float]:
        """Time and memory: how much more was said than it was, as a share of what it was."""
        return self.estimate.seconds / self.seconds - 1, self.estimate.memory / self.memory - 1

    def line(self, depth: Depth) -> str:
        """For the table."""
        time_off, memory_off = (f"{100 * off:>+5.0f}%" for off in self.off)
        said, megabytes = self.estimate, (self.estimate.memory / 1e6, self.memory / 1e6)
        times = f"{self.asked:>7.1f}{said.seconds:>10.1f}{self.seconds:>9.1f}{time_off}"
        return (
            f"{depth:10}{self.documents:>10}{times}"
            f"{megabytes[0]:>10.0f}{megabytes[1]:>9.0f}{memory_off}"
        )


def measured(depth: Depth, most: int | None = None) -> Round:
    """One estimate, and the evaluation that it is about."""
    with tempfile.TemporaryDirectory(prefix="longssm-proof-") as folder:
        settings = Settings(data_dir=Path(folder), database_url="", files="", notify="")
        store = open_store(settings)
        try:
            documents = store.add_documents(sample_documents())[:most]
            planned = make_plan(Preset.BEST_ZERO, depth, documents)
            began = time.perf_counter()
            estimate = estimate_run(settings, store, planned)
            asked = time.perf_counter() - began
            run = store.create_run("estimate", planned.plan, planned.run_documents)
            began = time.perf_counter()
            _work_off(settings)
            took = time.perf_counter() - began
            if store.progress(run).status != "done":
                raise RuntimeError("the evaluation did not end")
            memory = _memory(store, estimate.processes)
        finally:
            store.close()
    return Round(len(documents), asked, estimate, took, memory)


def _work_off(settings: Settings) -> None:
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "evaluations", "worker", "--until-idle"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


def _memory(store: Store, processes: int) -> int:
    """Bytes of so many processes together, the largest of those that stored anything."""
    losses = tables.losses.c
    peaks = select(func.max(losses.peak_memory)).group_by(losses.worker)
    with store.database.read() as connection:
        return sum(sorted(connection.scalars(peaks))[-processes:])
