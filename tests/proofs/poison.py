"""A document that kills its worker is set aside after three deaths; all others finish.

Real workers; whoever begins with one of the documents is killed with SIGKILL, as the operating
system does when memory runs out.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from evaluations.wording import LANGUAGES, say
from tests.proofs.faults import DATABASES, Workers, has_ended, place, queue, wait_until
from tests.proofs.nursery import ADDRESS, Nursery

SHORT, FULL = 6, 100  # documents, one of them poisoned
BYTES = 2_000
ARMS = 4


@dataclass(frozen=True)
class Outcome:
    """What became of the documents."""

    database: str
    finished: int
    documents: int
    reasons: tuple[str, ...]  # keys, of the poisoned document under each arm
    sentences: tuple[str, ...]  # what is said of it
    deaths: int
    others_failed: int
    seconds: float

    @property
    def met(self) -> bool:
        """Whether one document is set aside and all others are finished."""
        return (
            self.finished == self.documents - 1
            and self.reasons == ("task.parked",) * ARMS
            and self.deaths == 3 * ARMS
            and self.others_failed == 0
        )

    def lines(self) -> list[str]:
        """The figures."""
        return [
            f"{self.database}: {self.finished} of {self.documents} documents finished, "
            f"{len(self.reasons)} tasks of the poisoned one set aside after {self.deaths} deaths, "
            f"others failed {self.others_failed}, {self.seconds:.0f} s",
            *(f"  {sentence}" for sentence in self.sentences),
            f"  {'met' if self.met else 'MISSED'}",
        ]


def poisoned(database: str, documents: int, nursery: str) -> Outcome:
    """One evaluation in which one document is poison."""
    started = time.monotonic()
    with place(database, (BYTES,) * documents) as where, where.store() as store:
        run = queue(store, where)
        poison = store.run_documents(run)[documents // 2].document
        fault = {"PROOF_FAULT": "poison", "PROOF_POISON": poison.id, ADDRESS: nursery}
        workers = Workers(where, **fault)
        with workers.working():
            wait_until(lambda: has_ended(store, run), "all others are done")
            workers.stop()
        progress, deaths = store.progress(run), workers.log().count("ended with -9")
    own = [failure for failure in progress.failures if failure.document == poison.name]
    return Outcome(
        database=database,
        finished=sum(one.done == one.total for one in progress.documents if one.id != poison.id),
        documents=documents,
        reasons=tuple(failure.reason.key for failure in own),
        sentences=tuple(say(own[0].reason.key, word, **own[0].reason.values) for word in LANGUAGES)
        if own
        else (),
        deaths=deaths,
        others_failed=len(progress.failures) - len(own),
        seconds=time.monotonic() - started,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where, and among how many documents."""
    parser.add_argument("--database", default=",".join(DATABASES))
    parser.add_argument("--full", action="store_true", help=f"{FULL} documents")


def run(options: argparse.Namespace) -> int:
    """Print what became of the documents; 1 when a goal is missed."""
    met = True
    with tempfile.TemporaryDirectory() as folder, Nursery(Path(folder)) as nursery:
        for database in options.database.split(","):
            documents = FULL if options.full else SHORT
            outcome = poisoned(database, documents, nursery.address)
            print("\n".join(outcome.lines()), flush=True)
            met = met and outcome.met
    return 0 if met else 1
