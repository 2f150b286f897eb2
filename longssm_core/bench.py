"""Speed and memory of scoring, with the peers that are installed beside ours.

`bench` measures every shape with every backend, each in a process of its own, on the same random
weights and tokens: nats of every token of one document. In the same process the bare matrix
products of the model are timed as well, the floor below which no implementation with these
products can go; so the ratio to it does not depend on what else the machine did meanwhile.
`peers.PEERS` is the list; a peer that is not installed is left out. `memory` reads a text of any
length piece by piece, as a worker does, and looks at the memory of the process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from longssm_core.config import Mamba2Config, MambaConfig, ModelConfig
from longssm_core.memory import watched_memory
from longssm_core.models import LanguageModel, initialize
from longssm_core.peers import CHUNK, PEERS, Score
from longssm_core.scoring import ReadingState, score

SHAPES: dict[str, ModelConfig] = {
    "mamba-130m": MambaConfig(50280, 768, 24, bos=0, d_inner=1536, delta_rank=48),
    "mamba2-130m": Mamba2Config(50280, 768, 24, bos=0, n_heads=24, d_head=64, d_state=128),
    "mamba-bytes": MambaConfig(257, 256, 8, d_inner=512, delta_rank=16),
    "mamba2-bytes": Mamba2Config(257, 256, 8, n_heads=16, d_head=32, d_state=64),
    "shipped": Mamba2Config(),
}
LEAST_SECONDS = 1.0  # a measurement is repeated until it took so long
PIECE = 4096  # tokens that `memory` holds at a time
FLAT = (8_192, 1 << 20)  # tokens: texts whose memory is compared


@dataclass(frozen=True)
class Measurement:
    """One backend on one shape and length."""

    shape: str
    backend: str
    length: int  # tokens
    threads: int
    tokens_per_second: float
    floor: float  # tokens per second of the products alone, measured in the same process
    peak_megabytes: float  # resident, of the whole process while it scores
    difference: float | None = None  # from ours, largest over tokens, nats; None for ours

    @property
    def share_of_floor(self) -> float:
        """1 is as fast as the products alone."""
        return self.tokens_per_second / self.floor


def bench(
    shapes: Sequence[str], lengths: Sequence[int], threads: Sequence[int], peers: Collection[str]
) -> Iterator[Measurement]:
    """Every combination that is installed and computed, as it is measured; ours always."""
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes:
            for name, peer in PEERS.items():
                if name not in peers and name != "ours":
                    continue
                if not isinstance(SHAPES[shape], peer.families) or not peer.is_installed:
                    continue
                for count in threads:
                    found = _in_own_process(shape, name, lengths, count, Path(folder))
                    yield from (_beside_ours(one, Path(folder)) for one in found)


def _in_own_process(
    shape: str, backend: str, lengths: Sequence[int], threads: int, folder: Path
) -> list[Measurement]:
    """Its own, so that its memory is its own."""
    reply = _ask(["measure", shape, backend, list(lengths), threads, str(folder)])
    return [Measurement(**row) for row in json.loads(reply)]


def _ask(request: Sequence[object]) -> bytes:
    """What a process of its own answers to a request; see the end of this module."""
    command = [sys.executable, "-m", "longssm_core.bench", json.dumps(request)]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def _beside_ours(found: Measurement, folder: Path) -> Measurement:
    """With the largest difference of its losses from ours, which were measured before."""
    if found.backend == "ours":
        return found
    own, other = (
        np.load(_losses_of(folder, found.shape, name, found.length, found.threads))
        for name in ("ours", found.backend)
    )
    return replace(found, difference=float(np.abs(own - other).max()))


def _losses_of(folder: Path, shape: str, backend: str, length: int, threads: int) -> Path:
    return folder / f"{shape}-{backend}-{length}-{threads}.npy"


def measure(
    shape: str, backend: str, lengths: Sequence[int], threads: int, folder: Path
) -> list[Measurement]:
    """All lengths of one backend in this process, the shortest first; the losses into `folder`."""
    torch.set_num_threads(threads)
    config = SHAPES[shape]
    run = PEERS[backend].make(_model(shape))  # it keeps what it needs of ours, the rest is freed
    found = []
    for length in sorted(lengths):
        tokens = _tokens(config, length)
        with torch.inference_mode():
            run(tokens[:, : min(length, CHUNK)])  # compiles, fills the caches
            before = floor(config, min(length, CHUNK))
            with watched_memory() as memory:
                speed, nll = _speed(run, tokens)
            after = floor(config, min(length, CHUNK))
        np.save(_losses_of(folder, shape, backend, length, threads), nll.numpy())
        share = (before + after) / 2
        found.append(Measurement(shape, backend, length, threads, speed, share, memory.peak / 1e6))
    return found


def _model(shape: str) -> LanguageModel:
    model = LanguageModel(SHAPES[shape])
    initialize(model, seed=0)
    return model.eval().requires_grad_(False)


def memory(shape: str, length: int) -> float:
    """Peak megabytes of a process that reads `length` tokens, a piece at a time, as a worker does.

    Neither text nor losses are kept: what grows with the length would be ours.
    """
    return float(_ask(["memory", shape, length]))


def _read_all(shape: str, length: int) -> float:
    torch.set_num_threads(1)
    model, reading = _model(shape), None
    random = torch.Generator().manual_seed(1)
    with watched_memory() as found:
        for start in range(0, length, PIECE):
            piece = _tokens(model.config, min(PIECE, length - start), random)
            reading = _read(model, piece, reading)
    return found.peak / 1e6


def _read(model: LanguageModel, piece: Tensor, reading: ReadingState | None) -> ReadingState:
    """The state after a piece, by way of the bytes in which it is stored."""
    after = score(model, piece, chunk=CHUNK, state=reading).final_state
    return ReadingState.from_bytes(after.to_bytes())


def _tokens(config: ModelConfig, length: int, random: torch.Generator | None = None) -> Tensor:
    random = random or torch.Generator().manual_seed(1)
    return torch.randint(0, config.vocabulary - 1, (1, length), generator=random)


def _speed(run: Score, tokens: Tensor) -> tuple[float, Tensor]:
    """Tokens per second of CPU time on one thread, of wall time on several; and the last losses."""
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    passes, started = 0, clock()
    while clock() - started < LEAST_SECONDS or passes == 0:
        nll = run(tokens)
        passes += 1
    return passes * tokens.shape[1] / (clock() - started), nll


def floor(config: ModelConfig, rows: int) -> float:
    """Tokens per second of the model's matrix products alone, `rows` tokens at a time."""
    products = [(torch.randn(rows, wide), torch.randn(high, wide)) for wide, high in sizes(config)]
    outputs = [torch.empty(rows, right.shape[0]) for _, right in products]

    def multiply(_: Tensor) -> Tensor:
        for _layer in range(config.n_layers):
            for (left, right), out in zip(products[:-1], outputs[:-1], strict=True):
                torch.mm(left, right.t(), out=out)
        return torch.mm(products[-1][0], products[-1][1].t(), out=outputs[-1])

    multiply(outputs[0])
    return _speed(multiply, torch.empty(1, rows))[0]


def sizes(config: ModelConfig) -> list[tuple[int, int]]:
    """(in, out) of every product of one layer, then of the head."""
    head = (config.d_model, config.vocabulary)
    if isinstance(config, Mamba2Config):
        return [(config.d_model, config.d_projected), (config.d_inner, config.d_model), head]
    assert isinstance(config, MambaConfig)
    return [
        (config.d_model, 2 * config.d_inner),
        (config.d_inner, config.delta_rank + 2 * config.d_state),
        (config.delta_rank, config.d_inner),
        (config.d_inner, config.d_model),
        head,
    ]


def table(found: Sequence[Measurement]) -> str:
    """The measurements as a Markdown table; x is the ratio of ours to that backend."""
    own = {(m.shape, m.length, m.threads): m for m in found if m.backend == "ours"}
    lines = [
        "| shape | tokens | threads | backend | tokens/s | ours is | of the floor | MB | apart |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for m in sorted(found, key=lambda m: (m.shape, m.threads, m.length)):
        ratio = own[m.shape, m.length, m.threads].share_of_floor / m.share_of_floor
        apart = "" if m.difference is None else f"{m.difference:.0e}"
        lines.append(
            f"| {m.shape} | {m.length:,} | {m.threads} | {m.backend} | {m.tokens_per_second:,.0f} "
            f"| {'' if m.backend == 'ours' else f'{ratio:.1f}x'} | {m.share_of_floor:.0%} "
            f"| {m.peak_megabytes:,.0f} | {apart} |"
        )
    return "\n".join(lines)


def memory_table(found: Sequence[tuple[str, int, float]]) -> str:
    """(shape, tokens, megabytes) as a Markdown table; ratios are to the shortest of a shape."""
    least = {shape: megabytes for shape, _, megabytes in reversed(found)}
    lines = ["| shape | tokens | MB | of the shortest |", "|---|---|---|---|"]
    lines += [f"| {s} | {n:,} | {mb:,.0f} | {mb / least[s]:.2f} |" for s, n, mb in found]
    return "\n".join(lines)


def _answer(what: str, *request: Any) -> str:
    """What `_ask` asks for."""
    if what == "memory":
        return json.dumps(_read_all(*request))
    shape, backend, lengths, threads, folder = request
    return json.dumps([asdict(m) for m in measure(shape, backend, lengths, threads, Path(folder))])


if __name__ == "__main__":
    print(_answer(*json.loads(sys.argv[1])))
