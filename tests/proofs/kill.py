"""Workers killed with SIGKILL at random moments: no row is lost, doubled or different.

Real supervisors and processes with real, tiny checkpoints that forget slowly. Two of three kills
end one process at a random moment of its work, the third the whole process group with its
supervisor, which is then started again as a user would. After each the proof counts what the
killed processes had begun and not stored (at most a unit each) and the seconds until a unit is
stored again, and until a unit of a task that was hit is; the lease is the product's own.

A process whose task has already died as often as a task may without a stored unit in between is
spared: one more death would rightly set the task aside, which is what `poison` proves.

`--negative-control` stores progress and losses in two transactions, half a second apart, so that
kills fall between them: the proof must find it.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from evaluations import database as tables
from evaluations.store import Store
from evaluations.tasks import DEATHS_ALLOWED
from tests.proofs.faults import (
    DATABASES,
    POLL,
    InVain,
    Rows,
    Workers,
    check_some_done,
    computed,
    failed_tasks,
    has_ended,
    is_sound,
    place,
    queue,
    quiet,
    stored_by,
    stored_units,
    wait_until,
)
from tests.proofs.nursery import ADDRESS, Nursery

SMALL, LONG = (3_000,), (34_000,)  # bytes of documents: one chunk, and nine
SHORT_DOCUMENTS, FULL_DOCUMENTS = SMALL * 4 + LONG, SMALL * 24 + LONG * 4
GAP = 1.5  # seconds of work at most between a stored unit and the next kill
GROUPS = 1 / 3  # share of the kills that hit the whole process group
AGAIN = 30.0  # seconds until work goes on
FAULT_PAUSE = "0.5"  # seconds between the two transactions of the negative control


@dataclass(frozen=True)
class Kill:
    """One SIGKILL: whom it hit, doing what, and what it cost."""

    moment: datetime
    whole_group: bool
    phases: tuple[str, ...]
    tasks: tuple[int, ...]  # that the killed processes held
    redone: tuple[int, ...]  # units of each that were begun and not stored
    seconds: float  # until a unit was stored, by anybody


@dataclass
class Outcome:
    """What a database and its workers came to."""

    database: str
    kills: list[Kill] = field(default_factory=list)
    rounds: int = 0
    lost: int = 0
    duplicated: int = 0
    different: int = 0  # tasks, or shown results
    failed: Counter[str] = field(default_factory=Counter)  # tasks by kind and reason
    spared: int = 0  # kills that would have set a task aside
    unsound: int = 0
    computed_again: int = 0  # units, by any process, over what is stored
    processes: int = 0  # killed
    resumed: list[float] = field(default_factory=list)  # seconds until a hit task went on

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        wrong = self.lost + self.duplicated + self.different + self.failed.total() + self.unsound
        return (
            wrong == 0
            and self.computed_again <= self.processes
            and all(max(kill.redone, default=0) <= 1 for kill in self.kills)
            and all(kill.seconds <= AGAIN for kill in self.kills)
        )

    def lines(self) -> list[str]:
        """The figures."""
        phases = Counter(phase for kill in self.kills for phase in kill.phases)
        waits = sorted(kill.seconds for kill in self.kills) or [0.0]
        went_on = sorted(self.resumed) or [0.0]
        groups = sum(kill.whole_group for kill in self.kills)
        return [
            f"{self.database}: {len(self.kills)} kills ({groups} of the whole group with its "
            f"supervisor, {sum(phases.values())} processes in all), {self.rounds} evaluations",
            "  killed while: " + ", ".join(f"{k} {n}" for k, n in phases.most_common()),
            f"  rows lost {self.lost}, scored twice {self.duplicated}, tasks or results that "
            f"differ {self.different}, failed {self.failed.total()}, damaged databases "
            f"{self.unsound}; kills that would have been a task's last {self.spared} (not done)",
            *(f"  failed: {reason} {n}" for reason, n in self.failed.items()),
            f"  units redone by a killed process: at most "
            f"{max((n for kill in self.kills for n in kill.redone), default=0)}, "
            f"{self.computed_again} in all",
            f"  seconds until a unit was stored: median {waits[len(waits) // 2]:.1f}, "
            f"longest {waits[-1]:.1f} (goal {AGAIN:.0f}); until a task that was hit went on: "
            f"median {went_on[len(went_on) // 2]:.1f}, longest {went_on[-1]:.1f}",
            f"  {'met' if self.met else 'MISSED'}",
        ]


def killed(
    database: str,
    kills: int,
    sizes: tuple[int, ...],
    expected: Rows,
    seed: int = 0,
    processes: int = 2,
    **environment: str,
) -> Outcome:
    """Evaluations over `sizes`, one after the other, until so many kills have fallen into them."""
    outcome, rng = Outcome(database), random.Random(seed)
    while len(outcome.kills) < kills and not ("PROOF_FAULT" in environment and outcome.different):
        with place(database, sizes) as where, where.store() as store:
            run = queue(store, where)
            with Workers(where, processes, **environment).working() as workers:
                hits, spared = _disturb(workers, store, run, kills - len(outcome.kills), rng)
                workers.stop()
            check_some_done(store, run)
            outcome.spared += spared
            outcome.kills += hits
            outcome.rounds += 1
            outcome.processes += sum(len(hit.phases) for hit in hits)
            outcome.computed_again += workers.total("units") - computed(store)
            _look_at(store, run, hits, expected, outcome)
    return outcome


def _disturb(
    workers: Workers, store: Store, run: str, kills: int, rng: random.Random
) -> tuple[list[Kill], int]:
    """Kill until the run is done or there were enough, then let it finish; how many were spared."""
    hits: list[Kill] = []
    spared = 0
    while not has_ended(store, run):
        if (why := workers.ended()) is not None:
            raise InVain(why)
        if len(hits) == kills:
            time.sleep(POLL)
            continue
        _pause(store, run, rng.uniform(0, GAP))
        alive = workers.alive()
        if has_ended(store, run):
            break
        if alive:
            hit = _kill(workers, store, run, alive, rng)
            hits += [hit] if hit else []
            spared += hit is None
    return hits, spared


def _pause(store: Store, run: str, seconds: float) -> None:
    """Wait a random moment of work, not longer than the work lasts."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not has_ended(store, run):
        time.sleep(POLL)


def _kill(
    workers: Workers, store: Store, run: str, alive: dict[str, int], rng: random.Random
) -> Kill | None:
    """One kill, until work goes on; None: it would have been the last death of a task."""
    whole_group = rng.random() < GROUPS
    victims = list(alive) if whole_group else [rng.choice(sorted(alive))]
    if not _halted(store, {name: alive[name] for name in victims}):
        return None
    moment, started = datetime.now(UTC), time.monotonic()
    if whole_group:
        workers.kill_all()
    else:
        os.kill(alive[victims[0]], signal.SIGKILL)
        wait_until(lambda: victims[0] not in workers.alive(), "a killed process is gone")
    before = stored_units(store, run)
    held = tuple(_held(store, victims))
    redone = tuple(workers.count(name, "units") - stored_by(store, name) for name in victims)
    phases = tuple(workers.phase(name) for name in victims)
    if whole_group:
        workers.start()
    wait_until(
        lambda: stored_units(store, run) > before or has_ended(store, run),
        "work goes on",
        vain=workers.ended,
    )
    return Kill(moment, whole_group, phases, held, redone, time.monotonic() - started)


def _halted(store: Store, victims: dict[str, int]) -> bool:
    """Whether the processes may be killed; they then stand still, or else go on.

    They are stopped before one looks, so that none claims another task in between.
    """
    for process in victims.values():
        os.kill(process, signal.SIGSTOP)
    if all(deaths + 1 < DEATHS_ALLOWED for deaths in _held(store, list(victims)).values()):
        return True
    for process in victims.values():
        os.kill(process, signal.SIGCONT)
    return False


def _held(store: Store, names: list[str]) -> dict[int, int]:
    """Tasks that these processes hold, with how often each has died since its last stored unit."""
    task = tables.tasks
    query = select(task.c.id, task.c.deaths).where(
        task.c.state == "running", task.c.lease_owner.in_(names)
    )
    with store.database.read() as connection:
        return {row.id: row.deaths for row in connection.execute(query)}


def _look_at(store: Store, run: str, hits: list[Kill], expected: Rows, outcome: Outcome) -> None:
    """Compare what is stored with the quiet run."""
    found = Rows.of(store, run)
    outcome.lost += found.lost
    outcome.duplicated += found.duplicated
    outcome.different += found.differences(expected)
    outcome.failed += failed_tasks(store, run)
    outcome.unsound += not is_sound(store)
    for hit in hits:
        outcome.resumed += [
            (moment - hit.moment).total_seconds()
            for task in hit.tasks
            if (moment := _next_sign(store, task, hit.moment)) is not None
        ]


def _next_sign(store: Store, task: int, after: datetime) -> datetime | None:
    """When the next unit of a task was stored, or its end."""
    loss = tables.losses
    stored = select(loss.c.stored_at).where(loss.c.task_id == task, loss.c.stored_at > after)
    end = select(tables.tasks.c.finished_at).where(tables.tasks.c.id == task)
    with store.database.read() as connection:
        next_unit = connection.scalar(stored.order_by(loss.c.stored_at).limit(1))
        return next_unit or connection.scalar(end)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many kills, where, and whether the workers are the faulty ones."""
    parser.add_argument("--kills", type=int, help="on each database; unset: 6, with --full 200")
    parser.add_argument("--database", default=",".join(DATABASES))
    parser.add_argument("--negative-control", action="store_true", help="must exit with 1")
    parser.add_argument("--cold", action="store_true", help="every process loads its libraries")
    parser.add_argument("--full", action="store_true", help="200 kills on each database")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print the figures of each database; 1 when a goal is missed."""
    sizes = FULL_DOCUMENTS if options.full else SHORT_DOCUMENTS
    kills = options.kills or (200 if options.full else 6)
    fault: dict[str, str] = {}
    if options.negative_control:
        fault = {"PROOF_FAULT": "two_transactions", "PROOF_PAUSE": FAULT_PAUSE}
    started = time.monotonic()
    expected = quiet(sizes)
    print(f"{len(sizes)} documents, {expected.units} units an evaluation, digest "
          f"{expected.digest()[:16]}", flush=True)  # fmt: skip
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if not options.cold:
            fault[ADDRESS] = stack.enter_context(Nursery(Path(folder))).address
        met = True
        for database in options.database.split(","):
            outcome = killed(database, kills, sizes, expected, options.seed, **fault)
            print("\n".join(outcome.lines()), flush=True)
            met = met and outcome.met
    how = "started" if options.cold else "copied from one that has loaded its libraries"
    print(f"seed {options.seed}, {time.monotonic() - started:.0f} s; processes {how}")
    return 0 if met else 1
