"""A kind of job for tests: it adds numbers, one a part, and stops once in between if asked to."""

from __future__ import annotations

from evaluations.jobs import Job, Stopping


def run(job: Job) -> None:
    stored = job.state()
    total = int(stored or b"0")
    for number in range(job.task.next_unit, job.request["to"]):
        job.check()
        if number == job.request.get("stop_at") and stored is None:
            raise Stopping
        total += number
        job.keep(number, done=1, state=str(total).encode(), result={"sum": total})
    job.finish({"sum": total})
