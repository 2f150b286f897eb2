"""The kind `report`: the reports of an evaluation, made by a worker from its stored snapshot.

The result of the job names, for every format, the file's name and the SHA-256 under which
`store.files` has it.
"""

from __future__ import annotations

from functools import partial

from evaluations import additions
from evaluations.jobs import Job
from evaluations.keeping import check_kept, kept
from evaluations.reports import report_bytes, report_name
from evaluations.wording import LANGUAGES

_Made = dict[str, dict[str, str]]  # by format


def run(job: Job) -> None:
    """Make one format after the other: each takes seconds, so an interruption begins anew."""
    assert job.task.run is not None
    request = job.request
    language = next(known for known in LANGUAGES if known == request["language"])
    made: _Made = {}
    snapshot = job.store.snapshot(job.task.run)
    added = additions.read(job.store.database, job.task.run)
    for number, name in enumerate(request["formats"]):
        job.check()
        data = report_bytes(snapshot, name, language, added)
        named = report_name(snapshot, name, language)
        kept(partial(job.store.files.put, data), partial(_keep, job, number, made, name, named))
    job.finish(made)


def _keep(job: Job, number: int, made: _Made, name: str, named: str, sha256: str) -> None:
    """Name one report in what the job gave so far; its file is there."""
    made[name] = {"name": named, "sha256": sha256}
    job.keep(
        number,
        1,
        write=lambda connection: check_kept(connection, job.store.files, [sha256]),
        result=made,
    )
