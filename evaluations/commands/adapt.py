"""`python -m evaluations adapt CKPT FILE...`: a pair of one's own, and how to compare it.

Trains in this process, without a database, unless `--queue` leaves it to a worker; repeated after
an interruption, it goes on. Progress goes to stderr, the result alone to stdout: the last line is
the command that compares the pair on the documents that were held out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evaluations.adaptation import (
    HELD_OUT,
    INITIALIZATIONS,
    LONGEST_WINDOW,
    Adaptation,
    Listener,
    OwnPair,
    check_initializations,
    make_own_pair,
)
from evaluations.commands import ALL_REFUSED, DONE
from evaluations.commands.failures import computing_on
from evaluations.commands.notices import StatusLine, tell
from evaluations.commands.options import (
    Preparation,
    add_preparation,
    preparation,
    share,
    split,
    text,
    whole,
)
from evaluations.commands.run import accepted_files, add_new, tell_duplicate
from evaluations.documents import ExtractedDocument, Ingested
from evaluations.errors import RefusedOption
from evaluations.plan import LARGEST_SEED, loadable
from evaluations.requests import request_training
from evaluations.settings import Settings
from evaluations.store import open_store
from evaluations.wording import Language, say

if TYPE_CHECKING:
    from longssm_core.pair import ArmPlan
    from longssm_core.training import Progress

OUTPUT = Path("adapted")
OUT_OF_MEMORY = "command.adapt.out_of_memory"


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `adapt`."""

    def help_of(option: str, **values: object) -> str:
        return say(f"command.adapt.{option}", language, **values)

    checkpoint = text("CKPT")
    parser.add_argument("checkpoint", type=checkpoint, metavar="CKPT", help=help_of("checkpoint"))
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=help_of("files"))
    add_preparation(parser, language, storing=True)
    parser.add_argument(
        "--initialization",
        type=text("--initialization"),
        default=",".join(INITIALIZATIONS),
        metavar="NAME,NAME,...",
        help=help_of("initialization"),
    )
    steps, length = whole("--steps"), whole("--training-length", least=2, most=LONGEST_WINDOW)
    parser.add_argument("--steps", type=steps, metavar="N", help=help_of("steps"))
    parser.add_argument(
        "--training-length", type=length, metavar="T", help=help_of("training_length")
    )
    hold_out = share("--hold-out")
    parser.add_argument("--hold-out", type=hold_out, metavar="SHARE", help=help_of("hold_out"))
    in_run = {"split": split, "seed": whole("--seed", least=0, most=LARGEST_SEED)}
    for option, metavar in (("split", "HOW"), ("seed", "N")):
        words = say(f"command.run.{option}", language)
        parser.add_argument(f"--{option}", type=in_run[option], metavar=metavar, help=words)
    folder = help_of("output", folder=OUTPUT)
    parser.add_argument("--output", type=Path, metavar="DIR", help=folder)
    parser.add_argument("--queue", action="store_true", help=help_of("queue"))
    parser.add_argument("--database", metavar="URL", help=say("command.database", language))
    parser.add_argument("--json", action="store_true", help=say("command.json", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ingest, hold out, train, print; the exit code."""
    # only here: it loads torch
    from longssm_core.adaptation import read_start

    language, device = settings.language, settings.device
    wanted = _wanted(arguments)
    if arguments.queue:
        return _queue(arguments, wanted, settings)
    output = arguments.output or OUTPUT
    with computing_on(device, OUT_OF_MEMORY):
        start = read_start(wanted.checkpoint, device)
    documents = _documents(arguments, settings)
    if not documents:
        return ALL_REFUSED
    line = _TrainingLine(language)
    with computing_on(device, OUT_OF_MEMORY):
        found = make_own_pair(wanted, start, documents, output, device, line)
    line.end()
    for one in found.measured:
        if one.is_worse:
            tell(say("command.adapt.worse", language, initialization=one.initialization))
    _print(arguments, found, output, language)
    return DONE


def _queue(arguments: argparse.Namespace, wanted: Adaptation, settings: Settings) -> int:
    """Store the documents and queue the making of the pair; the job's number on stdout."""
    if arguments.output is not None:
        raise RefusedOption("command.adapt.queue_output")
    prepared = preparation(arguments)
    accepted = list(_accepted(arguments, settings, prepared))
    if not accepted:
        return ALL_REFUSED
    wanted = wanted.model_copy(update={"checkpoint": loadable(wanted.checkpoint)})
    store = open_store(settings)
    try:
        documents = add_new(store, accepted, settings.language, prepared.keep_original)
        name = Path(wanted.checkpoint).name
        print(request_training(store, name, [one.id for one in documents], wanted))
    finally:
        store.close()
    return DONE


def _wanted(arguments: argparse.Namespace) -> Adaptation:
    """What the options ask for; every initialization once."""
    words = arguments.initialization
    names = tuple(dict.fromkeys(name for word in words.split(",") if (name := word.strip())))
    check_initializations(names, words)
    return Adaptation(
        checkpoint=arguments.checkpoint,
        initializations=names,
        steps=arguments.steps,
        training_length=arguments.training_length,
        hold_out=arguments.hold_out,
        seed=arguments.seed or 0,
    )


def _accepted(
    arguments: argparse.Namespace, settings: Settings, prepared: Preparation
) -> Iterator[tuple[Path, Ingested]]:
    return accepted_files(
        arguments.files,
        arguments.split,
        settings.language,
        settings.largest_text,
        limits=settings.reader_limits,
        prepared=prepared,
    )


def _documents(arguments: argparse.Namespace, settings: Settings) -> list[ExtractedDocument]:
    """The documents of all files that can be read; a text that is there twice counts once."""
    first: dict[str, ExtractedDocument] = {}
    for _, ingested in _accepted(arguments, settings, preparation(arguments)):
        for one in ingested.documents:
            known = first.setdefault(one.document.id, one)
            if known is not one:
                tell_duplicate(one.document.name, known.document.name, settings.language)
    return list(first.values())


class _TrainingLine(Listener):
    """How far the training is and how long it will take, on stderr."""

    def __init__(self, language: Language) -> None:
        self._language, self._line = language, StatusLine()
        self._arms_left, self._arm = 0, ""
        self._done, self._began = 0, 0.0

    def notice(self, key: str, **values: object) -> None:
        """One line."""
        tell(say(key, self._language, **values))

    def planned(self, plans: Sequence[ArmPlan]) -> None:
        """What will be trained, in this order."""
        self._arms_left = len(plans)

    def step(self, plan: ArmPlan, progress: Progress) -> None:
        """Say it after a step; the first one compiles, so that time is counted from its end."""
        if plan.name != self._arm:
            self._arm, self._arms_left = plan.name, self._arms_left - 1
        steps, step = plan.training.steps, progress.step + 1
        seconds = self._seconds_left(steps - step + self._arms_left * steps)
        if not self._line.is_due():
            return
        values: dict[str, object] = {"initialization": plan.name, "step": step, "steps": steps}
        values["loss"] = f"{progress.loss:.3f}"
        if seconds is None:
            words = say("command.adapt.progress", self._language, **values)
        else:
            minutes = f"{seconds / 60:.1f}"
            words = say("command.adapt.progress_left", self._language, minutes=minutes, **values)
        self._line.write(words)

    def end(self) -> None:
        """Leave the line as it is."""
        if self._arm:
            self._line.end()

    def _seconds_left(self, steps_left: int) -> float | None:
        now = time.monotonic()
        self._began = self._began or now
        self._done += 1
        if self._done == 1:
            return None
        return (now - self._began) / (self._done - 1) * steps_left


# --- the result ------------------------------------------------------------------------------


def _print(arguments: argparse.Namespace, found: OwnPair, output: Path, language: Language) -> None:
    if arguments.json:
        # ASCII: any console can print it
        print(json.dumps(found.as_json()))
        return
    for one in found.made:
        first, last = _ends(one.losses)
        values = {"initialization": one.initialization, "folder": one.folder}
        bits = {"first": f"{first:.3f}", "last": f"{last:.3f}"}
        print(say("command.adapt.made", language, **values, **bits))
        if one.record.settings.get("checks"):
            kept = {"initialization": one.initialization, "steps": one.record.stages[-1].steps}
            print(say("command.adapt.kept", language, **kept))
    for loss in found.measured:
        ends = {"before": f"{loss.before:.3f}", "after": f"{loss.after:.3f}"}
        name = loss.initialization
        print(say("command.adapt.held_out_bits", language, initialization=name, **ends))
    counts = {"trained": len(found.parted.training), "held_out": len(found.held_out)}
    folder = output / HELD_OUT
    print(say("command.adapt.split", language, **counts, folder=folder))
    print(say("command.adapt.next", language))
    print(found.next_command)


def _ends(losses: Sequence[float]) -> tuple[float, float]:
    """Mean loss of the first and of the last tenth of the steps."""
    tenth = max(1, len(losses) // 10)
    return float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:]))
