"""What the first visit of a page would wait for, done in the background while another is read.

Results, Compare and Report need modules and a chart drawer that the server starts without: it has
to be there within seconds, and who opens no evaluation never needs them. As soon as somebody has
one in view (`prepare`) they are made ready, and then the report of that evaluation, to which all
its pages lead. One thread of the server does it (`begin`), and of what was asked meanwhile only the
last.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache
from importlib import import_module
from queue import SimpleQueue
from typing import NamedTuple

from session import open_store, snapshot

from evaluations import additions
from evaluations.wording import Language

log = logging.getLogger("longssm.app")

DELAY = 2.0  # seconds, in which the page that is being opened reaches the browser
BREATH = 0.02  # seconds after each module: who looks at a page comes first
MODULES = (
    "evaluations.reports",
    "evaluations.handover",
    "evaluations.commands",
    "evaluations.comparing",
    "evaluations.perturbations",
    "evaluations.robustness",
    "evaluations.short_probe",
    "evaluations.training_view",
    "evaluations.theory_charts",
    "pyarrow",
    "report_files",
)


class InView(NamedTuple):
    """An evaluation that somebody looks at, in which language and time zone."""

    run: str
    language: Language
    zone: str


_asked: SimpleQueue[InView] = SimpleQueue()


@cache
def begin() -> threading.Thread:
    """The thread that does it, waiting for the first evaluation in view; started once."""
    thread = threading.Thread(target=_work, name="warming", daemon=True)
    thread.start()
    return thread


def prepare(run: str, language: Language, zone: str) -> None:
    """Have all of it made ready for this evaluation, if a server has begun; returns at once."""
    if begin.cache_info().currsize:
        _asked.put(InView(run, language, zone))


def _work() -> None:
    wanted = _asked.get()
    time.sleep(DELAY)
    try:
        make_ready()
    except Exception:
        log.exception("not made ready; the page that needs it will say why")
    while True:
        while not _asked.empty():
            wanted = _asked.get()
        try:
            make_report(wanted)
        except Exception as error:  # it may have been erased; the Report page says what is wrong
            log.info("no report of %s was made ready: %s", wanted.run, error)
        wanted = _asked.get()


def make_ready() -> None:
    """Modules, and one chart as a picture: the first of a process takes most of a second more."""
    for name in MODULES:
        import_module(name)
        time.sleep(BREATH)
    import numpy as np

    from evaluations.charts import LIGHT, svg
    from evaluations.theory import Setting, illustrate
    from evaluations.theory_charts import memory_chart

    setting = Setting()
    found = illustrate(setting, np.random.default_rng(0))
    svg(memory_chart(found, setting.training_length, "en", LIGHT))


def make_report(wanted: InView) -> None:
    """PDF and picture of page 1 as the Report page will ask for them; kept by `report_files`."""
    from report_files import Wanted, made, moment_of

    if snapshot(wanted.run).status != "done":
        return  # it would be made anew each time
    until = moment_of(additions.read(open_store().database, wanted.run))
    made(Wanted(wanted.run, "png", wanted.language, until, zone=wanted.zone))
