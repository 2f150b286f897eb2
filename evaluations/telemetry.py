"""Figures for a monitoring system, in the text format of Prometheus.

`Telemetry(settings)`: `text()` is what a scrape gets, `serve(port)` answers scrapes of a worker on
this machine. Figures are counts and seconds with labels from fixed lists: no names of documents,
evaluations or people. They come from the database, so that every process tells the same.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import psutil
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from evaluations.database import glance
from evaluations.operations import WorkFacts, free_bytes, work_facts
from evaluations.settings import Settings

REMEMBERED = 300.0  # seconds over which speeds are told
LEAST_APART = 5.0  # seconds between two looks that make a speed
KEPT = 2.0  # seconds for which an answer is given again, whoever asks


class Speeds(NamedTuple):
    """Work a second, of all workers together."""

    units: float
    tokens: float


class Pace:
    """Speeds between the looks of the last minutes."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int, int]] = deque()

    def after(self, moment: float, units: int, tokens: int) -> Speeds | None:
        """Speeds up to this look; None: it is the first for a while, or work was taken back.

        Args:
            moment: seconds, of a clock that is never set.
            units: stored so far, by all tasks.
            tokens: read so far, by all tasks.
        """
        if self._looks and (units < self._looks[-1][1] or tokens < self._looks[-1][2]):
            self._looks.clear()  # a task started over: the sums are no counters across that
        self._looks.append((moment, units, tokens))
        while moment - self._looks[0][0] > REMEMBERED:
            self._looks.popleft()
        since, first_units, first_tokens = self._looks[0]
        seconds = moment - since
        if seconds < LEAST_APART:
            return None
        return Speeds((units - first_units) / seconds, (tokens - first_tokens) / seconds)


class Telemetry(Collector):
    """The figures of one database, as its processes tell them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pace = Pace()
        self._one_at_a_time = threading.Lock()
        self._answer, self._answered = b"", float("-inf")

    def text(self) -> bytes:
        """All figures; asked in quick succession, the ones of a moment ago.

        Raises:
            OperationalError: the database does not answer.
        """
        with self._one_at_a_time:
            if time.monotonic() - self._answered > KEPT:
                self._answer = generate_latest(self._registry())
                self._answered = time.monotonic()
            return self._answer

    def serve(self, port: int) -> None:
        """Answer scrapes at http://127.0.0.1:port/metrics as long as this process runs."""
        start_http_server(port, addr="127.0.0.1", registry=self._registry())

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not ask the database."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The figures as they are now."""
        with glance(self._settings) as connection:
            facts = work_facts(connection)
        yield _by("longssm_runs", "Evaluations", ("status",), facts.runs)
        yield _by("longssm_tasks", "Tasks", ("kind", "state"), facts.tasks)
        yield _by("longssm_failed_tasks", "Failed tasks", ("reason",), facts.failures)
        yield _one("longssm_workers_alive", "Worker processes heard of lately", facts.workers_alive)
        yield _one("longssm_workers_silent", "Worker processes gone silent", facts.workers_silent)
        yield _one("longssm_heartbeat_age_seconds", "Of the living worker heard of least",
                   facts.heartbeat_age)  # fmt: skip
        yield _one("longssm_queue_age_seconds", "Of the oldest waiting task", facts.queue_age)
        yield from self._work(facts)
        yield _one("longssm_free_bytes", "On the data folder's disk", free_bytes(self._settings))
        yield from _process()

    def _work(self, facts: WorkFacts) -> Iterator[Metric]:
        # gauges: a task that starts over takes its part of the sums back
        yield _one("longssm_stored_units", "Units stored, of all tasks", facts.stored_units)
        yield _one("longssm_read_tokens", "Tokens read, of all tasks", facts.read_tokens)
        pace = self._pace.after(time.monotonic(), facts.stored_units, facts.read_tokens)
        units, tokens = (None, None) if pace is None else pace
        over = "between the scrapes of the last five minutes"
        yield _one("longssm_units_per_second", f"Units stored, {over}", units)
        yield _one("longssm_tokens_per_second", f"Tokens read, {over}", tokens)

    def _registry(self) -> CollectorRegistry:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry


def _process() -> Iterator[Metric]:
    """This process, under the names that all exporters use."""
    own = psutil.Process()
    yield _one("process_resident_memory_bytes", "Resident memory", own.memory_info().rss)
    yield _one("process_start_time_seconds", "Start, in seconds since 1970", own.create_time())
    spent = own.cpu_times()
    cpu = CounterMetricFamily("process_cpu_seconds", "User and system time")
    cpu.add_metric([], spent.user + spent.system)
    yield cpu


def _one(name: str, words: str, value: float | None) -> Metric:
    """A figure; without a value it is absent, not zero."""
    family = GaugeMetricFamily(name, words)
    if value is not None:
        family.add_metric([], value)
    return family


def _by(
    name: str,
    words: str,
    labels: tuple[str, ...],
    counts: Mapping[str, int] | Mapping[tuple[str, str], int],
) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for values, count in sorted(counts.items()):
        family.add_metric([values] if isinstance(values, str) else list(values), count)
    return family
