"""`python -m evaluations diagnose RUN`: what arms A and B of an evaluation do with their memory.

Loads the checkpoints in this process and stores nothing; progress goes to stderr.
"""

from __future__ import annotations

import argparse
import json

from evaluations.commands import DONE
from evaluations.commands.failures import computing_on
from evaluations.commands.notices import tell
from evaluations.commands.options import text
from evaluations.diagnosis import MOST_READ, ArmDiagnosis, Diagnosis
from evaluations.errors import RefusedOption
from evaluations.numbers import plain, signed
from evaluations.records import Document, Snapshot
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from evaluations.wording import Language, say


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `diagnose`."""
    parser.add_argument(
        "run", type=text("RUN"), metavar="RUN", help=say("command.run_id", language)
    )
    document = say("command.diagnose.document", language)
    parser.add_argument("--document", type=text("--document"), metavar="NAME", help=document)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Diagnose and print; the exit code."""
    from evaluations.core_diagnostics import Diagnostics  # only here: it loads torch

    language = settings.language
    store = open_store(settings)
    try:
        snapshot = store.snapshot(arguments.run)
        document = _document(store, snapshot, arguments.document)
        with store.text_file(document.id).open("rb") as file:
            content = file.read(MOST_READ).decode("utf-8", "ignore")
    finally:
        store.close()
    arms = []
    with computing_on(settings.device, "command.diagnose.out_of_memory"):
        diagnostics = Diagnostics(settings.device)
        for name in (snapshot.comparison.arm_a, snapshot.comparison.arm_b):
            tell(say("command.diagnose.working", language, arm=name, file=document.name))
            arm = next(arm for arm in snapshot.plan.arms if arm.name == name)
            arms.append(diagnostics.diagnose(arm, content, snapshot.plan.seed))
    found = Diagnosis(
        run=snapshot.run,
        document=document.id,
        name=document.name,
        bytes=document.bytes,
        read=len(content.encode("utf-8")),
        arms=tuple(arms),
    )
    if arguments.json:
        print(json.dumps(found.model_dump(mode="json")))
    else:
        print("\n".join(_lines(found, language)))
    return DONE


def _document(store: Store, snapshot: Snapshot, wanted: str | None) -> Document:
    """The run's document of that name or id; without one, its longest."""
    documents = [part.document for part in store.run_documents(snapshot.run)]
    if wanted is None:
        return max(documents, key=lambda document: (document.bytes, document.id))
    for document in documents:
        if wanted in (document.id, document.name):
            return document
    names = ", ".join(document.name for document in documents[:8])
    raise RefusedOption("command.diagnose.no_document", found=wanted, names=names)


def _lines(found: Diagnosis, language: Language) -> list[str]:
    head = say("diagnose.head", language, file=found.name, bytes=f"{found.bytes:,}")
    lines = [head]
    if found.read < found.bytes:
        lines.append(say("diagnose.part", language, read=f"{found.read:,}"))
    for side, arm in zip("AB", found.arms, strict=True):
        lines += ["", f"{side}: {arm.arm} ({arm.checkpoint})", *_arm(arm, language)]
    return [*lines, "", say("diagnose.legend", language)]


def _arm(arm: ArmDiagnosis, language: Language) -> list[str]:
    def words(key: str, **values: object) -> str:
        return "  " + say(f"diagnose.{key}", language, **values)

    lines = [
        words(
            "remembrance",
            kept=f"{one.kept:,}",
            context=f"{one.context:,}",
            value=plain(one.distance),
        )
        for one in arm.remembrance
    ]
    shown = [one for k, one in enumerate(arm.norms) if (k + 1) & k == 0 or one is arm.norms[-1]]
    norms = ", ".join(
        f"{one.position:,}: {sum(n * n for n in one.layers) ** 0.5:.2f}" for one in shown
    )
    lines.append(words("norms", values=norms))
    test = arm.newlines
    lines.append(
        words(
            "newlines.passed" if test.passed else "newlines.failed",
            tokens=f"{test.tokens:,}",
            early="-" if test.early is None else plain(test.early),
            late="-" if test.late is None else plain(test.late),
            guess=plain(test.guess),
            growth="-" if test.growth is None else plain(test.growth, 2),
        )
    )
    lines += [
        words(
            "recall",
            distance=f"{one.distance:,}",
            first=f"{100 * one.first:.0f}",
            chance=f"{100 * one.chance:.0f}",
            trials=one.trials,
            advantage=signed(one.advantage),
            low=signed(one.low),
            high=signed(one.high),
        )
        for one in arm.recall
    ]
    return lines
