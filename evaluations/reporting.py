"""The kind `report`: the reports of an evaluation, made by a worker from its stored snapshot.

The result of the job names, for every format, the file's name and the SHA-256 under which
`store.files` has it.
"""

from __future__ import annotations

from evaluations import additions
from evaluations.jobs import Job
from evaluations.reports import report_bytes, report_name
from evaluations.wording import LANGUAGES


def run(job: Job) -> None:
    """Make one format after the other: each takes seconds, so an interruption begins anew."""
    assert job.task.run is not None
    request = job.request
    language = next(known for known in LANGUAGES if known == request["language"])
    made: dict[str, dict[str, str]] = {}
    snapshot = job.store.snapshot(job.task.run)
    added = additions.read(job.store.database, job.task.run)
    for number, name in enumerate(request["formats"]):
        job.check()
        data = report_bytes(snapshot, name, language, added)
        sha256 = job.store.files.put(data)
        made[name] = {"name": report_name(snapshot, name, language), "sha256": sha256}
        job.keep(number, 1, result=made)
    job.finish(made)
