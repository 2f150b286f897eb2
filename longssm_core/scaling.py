"""Time and memory of scoring against the length of one document, from 10 kB to 32 MB.

`scaling` measures every size in a process of its own, which reads a file of that size under `carry`
a piece at a time, its state passed on as stored bytes, as a worker does. `exponent` fits
time = a x size^k by least squares of the logarithms: k = 1 is linear. A size counts for the fit of
the time if what it costs to begin is below a tenth of its time; that cost is how much longer the
first piece took than the median one, after the kernels were compiled on another text.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from longssm_core.bench import PIECE, SHAPES
from longssm_core.canonical import CHUNK
from longssm_core.config import Mamba2Config
from longssm_core.memory import watched_memory
from longssm_core.models import LanguageModel, initialize
from longssm_core.scoring import ReadingState, score

SIZES = (10_000, 32_000, 100_000, 320_000, 1_000_000, 3_200_000, 10_000_000, 32_000_000)  # bytes
TINY = "tiny"  # a shape that reads 32 MB in minutes
LINEAR = 1.05  # the largest exponent that counts as linear
LARGEST_START = 0.1  # share of a size's time that its beginning may take
_SHAPES = {**SHAPES, TINY: Mamba2Config(257, 32, 1, n_heads=2, d_head=32, d_state=16)}


@dataclass(frozen=True)
class Scaled:
    """What one size took."""

    size: int  # bytes, each a token
    seconds: float  # of processor time
    start: float  # of them for beginning
    peak_megabytes: float  # resident, of the whole process


def scaling(shape: str, largest: int) -> Iterator[Scaled]:
    """Every size up to `largest` bytes, as it is measured, the smallest first."""
    for size in SIZES:
        if size <= largest:
            command = [sys.executable, "-m", "longssm_core.scaling", shape, str(size)]
            reply = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            yield Scaled(**json.loads(reply))


def shapes() -> list[str]:
    """Names of the models that can be measured."""
    return list(_SHAPES)


def measure(shape: str, size: int) -> Scaled:
    """One size in this process."""
    torch.set_num_threads(1)
    model = LanguageModel(_SHAPES[shape])
    initialize(model, seed=0)
    model.eval().requires_grad_(False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text")
        _write(path, size)
        text = np.memmap(path, dtype=np.uint8, mode="r")
        _pieces(model, text[: 2 * CHUNK])  # compiles
        with watched_memory() as memory:
            pieces = _pieces(model, text)
        del text  # Windows removes no file that is mapped
    start = max(0.0, pieces[0] - float(np.median(pieces)))
    return Scaled(size, sum(pieces), start, memory.peak / 1e6)


def _write(path: Path, size: int) -> None:
    """A log without meaning: what is read does not change how long it takes."""
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        for start in range(0, size, 1 << 20):
            file.write(rng.integers(32, 127, min(1 << 20, size - start), dtype=np.uint8).tobytes())


def _pieces(model: LanguageModel, text: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> list[float]:
    """Seconds of processor time of each piece."""
    state: bytes | None = None
    seconds = []
    for begin in range(0, len(text), PIECE):
        started = time.process_time()
        tokens = torch.from_numpy(text[begin : begin + PIECE].astype(np.int64))[None]
        before = None if state is None else ReadingState.from_bytes(state)
        state = score(model, tokens, chunk=CHUNK, state=before).final_state.to_bytes()
        seconds.append(time.process_time() - started)
    return seconds


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """k of value = a x size^k, by least squares of the logarithms; None: fewer than two sizes."""
    if len(sizes) < 2:
        return None
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def counted(found: Sequence[Scaled]) -> list[Scaled]:
    """Those whose beginning hardly counts."""
    return [one for one in found if one.start < LARGEST_START * one.seconds]


def time_exponent(found: Sequence[Scaled]) -> float | None:
    """Of the processor time."""
    fitted = counted(found)
    return exponent([one.size for one in fitted], [one.seconds for one in fitted])


def memory_exponent(found: Sequence[Scaled]) -> float | None:
    """Of the peak memory, over all sizes."""
    return exponent([one.size for one in found], [one.peak_megabytes for one in found])


def scaling_table(found: Sequence[Scaled]) -> str:
    """The sizes as a Markdown table, then both exponents."""
    lines = ["| bytes | s of CPU | bytes/s | of it beginning | MB |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.size:,} | {one.seconds:,.2f} | {one.size / one.seconds:,.0f} "
        f"| {one.start / one.seconds:.1%} | {one.peak_megabytes:,.0f} |"
        for one in found
    ]
    of_time, of_memory = time_exponent(found), memory_exponent(found)
    lines.append("")
    lines.append(
        "too few sizes for an exponent"
        if of_time is None or of_memory is None
        else f"time ~ size^{of_time:.3f} ({len(counted(found))} sizes; linear: at most {LINEAR}), "
        f"memory ~ size^{of_memory:.3f}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    print(json.dumps(asdict(measure(sys.argv[1], int(sys.argv[2])))))
