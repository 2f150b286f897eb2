"""Whether the estimate of a run's time from a short probe is within 30 % of what it took.

The bundled sample is planned, estimated as the Run page does, and computed by a worker of its own
in an empty data folder, so that nothing can be taken over from an earlier evaluation.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.run_estimate import RunEstimate, estimate_run
from evaluations.samples import sample_documents
from evaluations.settings import Settings
from evaluations.store import open_store

GOAL = 0.30  # of what it took


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--full", action="store_true", help="standard depth beside the quick one")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured")
    parser.add_argument("--documents", type=int, help="of the sample; unset: all")


def run(options: argparse.Namespace) -> int:
    """Print estimate and time of each; 1 when one is further off than the goal."""
    depths = [Depth.QUICK, Depth.STANDARD] if options.full else [Depth.QUICK]
    print(
        f"{'depth':10}{'documents':>10}{'estimate s':>12}{'took s':>9}{'off':>8}{'memory MB':>11}"
    )
    worst = 0.0
    for depth in depths:
        for _ in range(options.rounds):
            estimate, took, documents = measured(depth, options.documents)
            off = estimate.seconds / took - 1
            worst = max(worst, abs(off))
            times = f"{estimate.seconds:>12.1f}{took:>9.1f}{100 * off:>+7.0f}%"
            print(f"{depth:10}{documents:>10}{times}{estimate.memory / 1e6:>11.0f}", flush=True)
    print(f"{estimate.processes} processes on {estimate.device}; worst {100 * worst:.0f} %")
    return 0 if worst <= GOAL else 1


def measured(depth: Depth, most: int | None = None) -> tuple[RunEstimate, float, int]:
    """The estimate, the seconds that it took, and the number of documents."""
    with tempfile.TemporaryDirectory(prefix="longssm-proof-") as folder:
        settings = Settings(data_dir=Path(folder), database_url="", files="", notify="")
        store = open_store(settings)
        try:
            documents = store.add_documents(sample_documents())[:most]
            planned = make_plan(Preset.BEST_ZERO, depth, documents)
            estimate = estimate_run(settings, store, planned)
            run = store.create_run("estimate", planned.plan, planned.run_documents)
            began = time.perf_counter()
            _work_off(settings)
            took = time.perf_counter() - began
            if store.progress(run).status != "done":
                raise RuntimeError("the evaluation did not end")
        finally:
            store.close()
    return estimate, took, len(documents)


def _work_off(settings: Settings) -> None:
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "evaluations", "worker", "--until-idle"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
