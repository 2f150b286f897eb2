"""How long making a pair will take, how much memory and disk: measured in a few real steps.

`estimate_training` asks a process of its own (`main`), which continues the checkpoint on made-up
text of the same shapes for STEPS steps and reads a held-out text once.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from evaluations.adaptation import MEASURED, Adaptation
from evaluations.commands.failures import computing_on
from evaluations.errors import RefusedAdaptation
from evaluations.settings import Settings
from evaluations.short_probe import answer, ask, nobody_leaves, seconds_alive
from evaluations.training_view import PartedSizes
from longssm_core.errors import ConfigError
from longssm_core.memory import watched_memory

if TYPE_CHECKING:
    from longssm_core.adaptation import Start, Work
    from longssm_core.training import Progress

STEPS = 6  # the first is left out of the pace: it compiles
# two checkpoints, and a snapshot: weights, the best so far, and the optimizer's two moments
WEIGHTS_HELD = 6


class TrainingEstimate(NamedTuple):
    """Of all checkpoints of a pair together."""

    seconds: float
    memory: int  # bytes, of the process that trains
    disk: int  # bytes that its folder will hold
    steps: int  # of each checkpoint


def estimate_training(
    settings: Settings,
    wanted: Adaptation,
    sizes: PartedSizes,
    meanwhile: Callable[[], None] = nobody_leaves,
) -> TrainingEstimate:
    """Measured on this machine now, in about ten seconds.

    Args:
        meanwhile: as in `short_probe.ask`.

    Raises:
        EvaluationError: the checkpoint cannot be continued, or there is too little text.
    """
    # of this process: the other one may be killed in the middle
    with tempfile.TemporaryDirectory(prefix="longssm-estimate-") as folder:
        request = {
            "wanted": wanted.model_dump(mode="json"),
            "training": list(sizes.training),
            "held_out": list(sizes.held_out),
            "checked": list(sizes.checked),
            "folder": folder,
        }
        return TrainingEstimate(**ask("training_estimate", request, settings, meanwhile))


def main() -> int:
    """Answer the request on standard input."""
    return answer(_measured)


def _measured(request: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    from longssm_core.adaptation import read_start  # only here: it loads torch
    from longssm_core.records import find_checkpoint

    wanted = Adaptation(**request["wanted"])
    with watched_memory() as memory, computing_on(settings.device, "command.adapt.out_of_memory"):
        start = read_start(wanted.checkpoint, settings.device)
        work = _work(start, wanted, request["training"], request["checked"])
        startup = seconds_alive()
        one, fixed = _pace(start, wanted, work, settings.device, Path(request["folder"]))
        text = _text_seconds(wanted, work, settings.device)
        reading = 2 * min(MEASURED, len(request["held_out"])) * text
    steps, arms = work.trainings[0].steps, len(work.trainings)
    weights = sum(path.stat().st_size for path in find_checkpoint(wanted.checkpoint).weights)
    size = sum(request["training"]) + sum(request["held_out"])
    return {
        "seconds": startup + arms * (fixed + steps * one + reading + _checking(work, text)),
        "memory": memory.peak,
        "disk": size + WEIGHTS_HELD * weights,
        "steps": steps,
    }


def _work(
    start: Start, wanted: Adaptation, training: Sequence[int], checked: Sequence[int]
) -> Work:
    """The steps and shapes that documents of these sizes will be trained in."""
    from longssm_core.adaptation import choose_work

    left = list((Counter(training) - Counter(checked)).elements())
    streams, apart = ([np.zeros(n, dtype=np.uint8) for n in sizes] for sizes in (left, checked))
    asked = (wanted.initializations, wanted.steps, wanted.training_length, wanted.seed)
    try:
        return choose_work(start, streams, *asked, apart)
    except ConfigError as error:
        raise RefusedAdaptation(
            "command.adapt.too_little",
            initialization=", ".join(wanted.initializations),
            length=wanted.training_length or start.training_length,
        ) from error


def _pace(
    start: Start, wanted: Adaptation, work: Work, device: str | None, folder: Path
) -> tuple[float, float]:
    """Seconds of a step, and of all that a checkpoint costs beside its steps.

    Args:
        folder: an empty one, for a checkpoint.
    """
    from longssm_core.adaptation import LEAST_WINDOWS, adapt_pair, adaptation_plans, choose_work

    shape = work.trainings[0]
    rows, size = shape.tokens_per_step // shape.training_length, shape.training_length
    rng = np.random.default_rng(0)
    texts = [rng.integers(32, 127, LEAST_WINDOWS * size, dtype=np.uint8) for _ in range(rows)]
    short = choose_work(start, texts, wanted.initializations, STEPS, size, wanted.seed)
    first = short._replace(trainings=short.trainings[:1])  # the others differ by a few sums
    ends: list[float] = []

    def ended(_plan: object, _progress: Progress) -> None:
        ends.append(time.perf_counter())

    (plan,) = adaptation_plans(first, folder, device)
    began = time.perf_counter()
    adapt_pair([plan], ended)
    whole = time.perf_counter() - began
    one = statistics.median(np.diff(ends))
    return float(one), max(0.0, whole - STEPS * float(one))


def _checking(work: Work, text: float) -> float:
    """Seconds in which the texts are read that say when to end; `text` of MEASURED bytes."""
    from longssm_core.adaptation import CHECK_EVERY, CHECKED, CHECKED_BYTES
    from longssm_core.adaptation import MEASURED as BYTES

    looks = 2 + work.trainings[0].steps // CHECK_EVERY
    return looks * min(CHECKED, len(work.checked_on)) * text * CHECKED_BYTES / BYTES


def _text_seconds(wanted: Adaptation, work: Work, device: str | None) -> float:
    """Seconds in which one held-out text is read."""
    from longssm_core.adaptation import MEASURED as BYTES
    from longssm_core.adaptation import bits_per_byte
    from longssm_core.checkpoint import load_checkpoint

    model = load_checkpoint(wanted.checkpoint, device)
    text = np.full(BYTES, 65, dtype=np.uint8)
    began = time.perf_counter()
    for name in wanted.initializations[:1]:
        bits_per_byte(model, [text], name, work.trainings[0].training_length)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
