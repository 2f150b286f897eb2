"""`python -m evaluations adapt CKPT FILE...`: a pair of one's own, and how to compare it.

Trains in this process, without a database; repeated after an interruption, it goes on. Progress
goes to stderr, the result alone to stdout: the last line is the command that compares the pair on
the documents that were held out.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evaluations.commands import ALL_REFUSED, DONE
from evaluations.commands.failures import computing_on
from evaluations.commands.notices import StatusLine, tell
from evaluations.commands.options import share, split, text, whole
from evaluations.commands.run import accepted_files, tell_duplicate
from evaluations.documents import ExtractedDocument
from evaluations.errors import RefusedAdaptation, RefusedOption
from evaluations.held_out import LEAST, Parted, hold_out, write_held_out
from evaluations.plan import LARGEST_SEED
from evaluations.settings import Settings
from evaluations.wording import Language, say
from longssm_core.errors import ConfigError

if TYPE_CHECKING:
    from longssm_core.adaptation import Adapted, Start, Work
    from longssm_core.pair import ArmPlan
    from longssm_core.training import Progress

INITIALIZATIONS = "previous,zero"
LONGEST_WINDOW = 65_536  # tokens
OUTPUT, HELD_OUT = Path("adapted"), "held-out"
MEASURED = 8  # held-out documents that are read before and after
OUT_OF_MEMORY = "command.adapt.out_of_memory"


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The options of `adapt`."""

    def help_of(option: str, **values: object) -> str:
        return say(f"command.adapt.{option}", language, **values)

    checkpoint = text("CKPT")
    parser.add_argument("checkpoint", type=checkpoint, metavar="CKPT", help=help_of("checkpoint"))
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help=help_of("files"))
    parser.add_argument(
        "--initialization",
        type=text("--initialization"),
        default=INITIALIZATIONS,
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
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="DIR", help=folder)
    parser.add_argument("--json", action="store_true", help=say("command.json", language))


def main(arguments: argparse.Namespace, settings: Settings) -> int:
    """Ingest, hold out, train, print; the exit code."""
    # only here: it loads torch
    from longssm_core.adaptation import adapt_pair, adaptation_plans, read_start
    from longssm_core.pair import alone_in

    language, device = settings.language, settings.device
    initializations = _initializations(arguments.initialization)
    with computing_on(device, OUT_OF_MEMORY):
        start = read_start(arguments.checkpoint, device)
    documents = _documents(arguments, language)
    if not documents:
        return ALL_REFUSED
    parted = _parted(arguments, start, documents, language)
    work = _work(arguments, start, parted, initializations)
    with alone_in(arguments.output):
        plans = adaptation_plans(work, arguments.output, device)
        held_out = write_held_out(parted.held_out, arguments.output / HELD_OUT)
        line = _TrainingLine(language, len(plans))
        with computing_on(device, OUT_OF_MEMORY):
            made = adapt_pair(plans, line.show)
            line.end()
            measured = _measured(start, made, parted, device)
    for one in measured:
        if one.after > one.before:
            tell(say("command.adapt.worse", language, initialization=one.initialization))
    _print(arguments, made, measured, parted, held_out, language)
    return DONE


def _initializations(words: str) -> tuple[str, ...]:
    """Names of the core's registry, each once."""
    from longssm_core.initialization import INITIALIZATIONS as KNOWN

    names = tuple(dict.fromkeys(name for word in words.split(",") if (name := word.strip())))
    for name in names or (words,):
        if name not in KNOWN:
            raise RefusedOption(
                "command.option.choice",
                option="--initialization",
                found=name,
                choices=", ".join(KNOWN),
            )
    return names


def _documents(arguments: argparse.Namespace, language: Language) -> list[ExtractedDocument]:
    """The documents of all files that can be read; a text that is there twice counts once."""
    first: dict[str, ExtractedDocument] = {}
    for _, ingested in accepted_files(arguments.files, arguments.split, language):
        for one in ingested.documents:
            known = first.setdefault(one.document.id, one)
            if known is not one:
                tell_duplicate(one.document.name, known.document.name, language)
    return list(first.values())


def _parted(
    arguments: argparse.Namespace,
    start: Start,
    documents: Sequence[ExtractedDocument],
    language: Language,
) -> Parted:
    """The documents by what becomes of them; what is to be said of that goes to stderr."""
    length, seed = arguments.training_length or start.training_length, arguments.seed or 0
    parted = hold_out(documents, length, seed, arguments.hold_out, start.documents)
    for one in parted.too_short:
        words = say("command.adapt.too_short", language, file=one.document.name, length=length)
        tell(words)
    held_out = len(parted.held_out)
    if held_out < LEAST:
        tell(say("command.adapt.few_held_out", language, held_out=held_out, needed=LEAST))
    if start.record is None and arguments.training_length is None:
        tell(say("command.adapt.no_record", language, source=start.source, length=length))
    return parted


def _work(
    arguments: argparse.Namespace, start: Start, parted: Parted, initializations: Sequence[str]
) -> Work:
    from longssm_core.adaptation import choose_work

    try:
        return choose_work(
            start,
            [np.frombuffer(one.text.encode(), dtype=np.uint8) for one in parted.training],
            initializations,
            arguments.steps,
            arguments.training_length,
            arguments.seed or 0,
        )
    except ConfigError as error:
        raise RefusedAdaptation(
            "command.adapt.too_little",
            initialization=", ".join(initializations),
            length=arguments.training_length or start.training_length,
        ) from error


class _TrainingLine:
    """How far the training is and how long it will take, on stderr."""

    def __init__(self, language: Language, plans: int) -> None:
        self._language, self._line = language, StatusLine()
        self._arms_left, self._arm = plans, ""
        self._done, self._began = 0, 0.0

    def show(self, plan: ArmPlan, progress: Progress) -> None:
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


class _HeldOutLoss(NamedTuple):
    """Bits per byte of the held-out documents, read alike by the start and by what it became."""

    initialization: str
    before: float
    after: float


def _measured(
    start: Start, made: Sequence[Adapted], parted: Parted, device: str | None
) -> list[_HeldOutLoss]:
    from longssm_core.adaptation import bits_per_byte
    from longssm_core.checkpoint import load_checkpoint

    texts = [np.frombuffer(one.text.encode(), dtype=np.uint8) for one in parted.held_out[:MEASURED]]
    found, beginning = [], load_checkpoint(start.source, device)
    for one in made:
        name, length = one.initialization, one.record.training_length
        before, after = (
            bits_per_byte(model, texts, name, length)
            for model in (beginning, load_checkpoint(str(one.folder), device))
        )
        found.append(_HeldOutLoss(name, before, after))
    return found


# --- the result ------------------------------------------------------------------------------


def _print(
    arguments: argparse.Namespace,
    made: Sequence[Adapted],
    measured: Sequence[_HeldOutLoss],
    parted: Parted,
    held_out: Sequence[Path],
    language: Language,
) -> None:
    if arguments.json:
        # ASCII: any console can print it
        print(json.dumps(_result(made, measured, parted, held_out)))
        return
    for one in made:
        first, last = _ends(one.losses)
        values = {"initialization": one.initialization, "folder": one.folder}
        bits = {"first": f"{first:.3f}", "last": f"{last:.3f}"}
        print(say("command.adapt.made", language, **values, **bits))
    for loss in measured:
        ends = {"before": f"{loss.before:.3f}", "after": f"{loss.after:.3f}"}
        name = loss.initialization
        print(say("command.adapt.held_out_bits", language, initialization=name, **ends))
    counts = {"trained": len(parted.training), "held_out": len(held_out)}
    folder = arguments.output / HELD_OUT
    print(say("command.adapt.split", language, **counts, folder=folder))
    print(say("command.adapt.next", language))
    print(_next_command(made, held_out))


def _result(
    made: Sequence[Adapted],
    measured: Sequence[_HeldOutLoss],
    parted: Parted,
    held_out: Sequence[Path],
) -> dict[str, object]:
    return {
        "checkpoints": [
            {
                "folder": str(one.folder),
                "training_initialization": one.record.training_initialization,
                "training_length": one.record.training_length,
                "steps": one.record.stages[-1].steps,
                "tokens": one.record.stages[-1].tokens,
                "state_age": one.record.stages[-1].state_age,
                "partner": one.record.partner,
            }
            for one in made
        ],
        "held_out": [str(path) for path in held_out],
        "trained_on": [
            {"name": one.document.name, "sha256": one.document.id, "bytes": one.document.bytes}
            for one in parted.training
        ],
        "held_out_bits_per_byte": {
            one.initialization: {"before": one.before, "after": one.after} for one in measured
        },
        "losses": {one.initialization: one.losses for one in made},
        "next_command": _next_command(made, held_out),
    }


def _ends(losses: Sequence[float]) -> tuple[float, float]:
    """Mean loss of the first and of the last tenth of the steps."""
    tenth = max(1, len(losses) // 10)
    return float(np.mean(losses[:tenth])), float(np.mean(losses[-tenth:]))


def _next_command(made: Sequence[Adapted], held_out: Sequence[Path]) -> str:
    """What compares the pair; without one, two ways of reading the first checkpoint."""
    folders = {one.initialization: str(one.folder) for one in made}
    proposed = next((name for name in folders if name != "zero"), None)
    if "zero" in folders and proposed is not None:
        sides = ["--zero", folders["zero"], "--proposed", folders[proposed]]
    else:
        sides = ["--preset", "operations", "--proposed", next(iter(folders.values()))]
    words = ["python", "-m", "evaluations", "run", *map(str, held_out), *sides]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
