"""Starting an evaluation: from the bundled sample, or from what was chosen on the pages."""

from __future__ import annotations

import logging

from session import open_store, settings, words

from evaluations.errors import RefusedPlan
from evaluations.outputs import OutputsRequest
from evaluations.plan import PlannedRun, make_plan
from evaluations.records import Depth, Preset
from evaluations.samples import SAMPLE_DOCUMENTS, sample_documents

log = logging.getLogger("longssm.app")

__all__ = ["SAMPLE_DOCUMENTS", "start", "start_sample"]


def start_sample() -> str:
    """Queue a real evaluation of the bundled sample; the run's id."""
    store = open_store()
    documents = store.add_documents(sample_documents())
    planned = make_plan(Preset.BEST_ZERO, Depth.QUICK, documents, rows=settings().rows)
    return start(words("app.home.sample.name"), planned)


def start(name: str, planned: PlannedRun, outputs: OutputsRequest | None = None) -> str:
    """Lock the plan and queue its tasks; the run's id.

    The same plan over the same documents is the same evaluation: it is not computed twice, but
    what failed in it is tried again.

    Args:
        outputs: what A and B write once the losses are there; None: nothing.
    """
    run = open_store().start_run(name, planned.plan, planned.run_documents)
    if outputs is not None:
        try:
            open_store().request_outputs(run, outputs)
        except RefusedPlan as refused:  # no line to continue: nothing that the losses need
            log.warning("no outputs: %s", refused)
    return run
