"""The kind `generate`: one arm continues one document at its points, item by item.

A point is reached by reading on from the one before it, in pieces that follow from the points
alone: float32 bits depend on them, so a task that goes on after an interruption writes the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from evaluations.jobs import Job
from evaluations.outputs import Output
from evaluations.records import Span
from evaluations.requests import OutputWork, output_row, output_work
from evaluations.units import PREFIX_UNIT


def run(job: Job) -> None:
    """Write what is not stored yet."""
    job.scorer.watch(job.check)
    work = output_work(job.store, job.task)
    job.scorer.prepare(work.arm)
    first, state = job.task.next_unit, job.state()
    # without the state all is read again, over the same borders: no item is written again
    begun = first if state is not None else 0
    places = (0, *work.positions)
    for item in range(begun, len(work.positions)):
        started = time.perf_counter()
        here = work.positions[item]
        state = _read(job, work, Span(places[item], here), state)
        if item < first:
            continue
        found = _written(job, work, here, state)
        write = partial(
            output_row,
            task=job.task,
            item=item,
            found=found,
            seconds=time.perf_counter() - started,
            worker=job.heart.name,
        )
        job.keep(item, here - places[item] + work.length, state, write)
    job.finish()


def _read(job: Job, work: OutputWork, span: Span, state: bytes | None) -> bytes:
    """The state after the tokens of `span`, read on from the one before them."""
    ids = work.beginning.ids
    for piece in _pieces(span):
        job.check()
        state = job.scorer.read_prefix(work.arm, ids[piece.start : piece.stop], state).state
    assert state is not None  # no point is the document's start
    return state


def _pieces(span: Span) -> Iterator[Span]:
    for start in range(span.start, span.stop, PREFIX_UNIT):
        yield Span(start, min(start + PREFIX_UNIT, span.stop))


def _written(job: Job, work: OutputWork, position: int, state: bytes) -> Output:
    """The arm's own continuation, and what the true one costs it."""
    scorer, document = job.scorer, job.task.document
    assert document is not None
    written = scorer.write_on(work.arm, state, work.length, work.lines)
    truth = work.reference(position)
    read = scorer.read_prefix(work.arm, work.beginning.ids[truth.start : truth.stop], state)
    return Output(
        document=document,
        arm=work.arm.name,
        position=position,
        written=written.text,
        reference=work.beginning.spelled(truth),
        nll=written.nll,
        reference_nll=read.nll,
        lines=work.lines,
    )
