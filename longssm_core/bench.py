"""Speed and memory of scoring, with the peers that are installed beside ours.

`bench` measures every shape with every backend, each in a process of its own, on the same random
weights and tokens: nats of every token of one document. In the same process the bare matrix
products of the model are timed as well, the floor below which no implementation with these
products can go; so the ratio to it does not depend on what else the machine did meanwhile.
`peers.PEERS` is the list; a peer that is not installed is left out.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from longssm_core.config import Mamba2Config, MambaConfig, ModelConfig
from longssm_core.models import LanguageModel, initialize
from longssm_core.peers import CHUNK, PEERS, Score, ours

SHAPES: dict[str, ModelConfig] = {
    "mamba-130m": MambaConfig(50280, 768, 24, bos=0, d_inner=1536, delta_rank=48),
    "mamba2-130m": Mamba2Config(50280, 768, 24, bos=0, n_heads=24, d_head=64, d_state=128),
    "mamba-bytes": MambaConfig(257, 256, 8, d_inner=512, delta_rank=16),
    "mamba2-bytes": Mamba2Config(257, 256, 8, n_heads=16, d_head=32, d_state=64),
    "shipped": Mamba2Config(),
}
LEAST_SECONDS = 1.0  # a measurement is repeated until it took so long


@dataclass(frozen=True)
class Measurement:
    """One backend on one shape and length."""

    shape: str
    backend: str
    length: int  # tokens
    threads: int
    tokens_per_second: float
    floor: float  # tokens per second of the products alone, measured in the same process
    peak_megabytes: float  # resident, of the process; with our weights too in a peer's process
    difference: float | None  # from ours, largest over tokens, nats; None for ours

    @property
    def share_of_floor(self) -> float:
        """1 is as fast as the products alone."""
        return self.tokens_per_second / self.floor


def bench(
    shapes: Sequence[str], lengths: Sequence[int], threads: Sequence[int]
) -> Iterator[Measurement]:
    """Every combination that is installed and computed, as it is measured."""
    for shape in shapes:
        for name, peer in PEERS.items():
            if not isinstance(SHAPES[shape], peer.families) or not peer.is_installed:
                continue
            for count in threads:
                yield from _in_own_process(shape, name, lengths, count)


def _in_own_process(
    shape: str, backend: str, lengths: Sequence[int], threads: int
) -> list[Measurement]:
    """Its own, so that its peak memory is its own."""
    request = json.dumps([shape, backend, list(lengths), threads])
    reply = subprocess.run(
        [sys.executable, "-m", "longssm_core.bench", request], stdout=subprocess.PIPE, check=True
    )
    return [Measurement(**row) for row in json.loads(reply.stdout)]


def measure(shape: str, backend: str, lengths: Sequence[int], threads: int) -> list[Measurement]:
    """All lengths of one backend in this process, the shortest first."""
    torch.set_num_threads(threads)
    model = LanguageModel(SHAPES[shape])
    initialize(model, seed=0)
    model.eval().requires_grad_(False)
    run = PEERS[backend].make(model)
    found = []
    for length in sorted(lengths):
        tokens = _tokens(model, length)
        with torch.inference_mode():
            run(tokens[:, : min(length, CHUNK)])  # compiles, fills the caches
            before = floor(model.config, min(length, CHUNK))
            speed, nll = _speed(run, tokens)
            after = floor(model.config, min(length, CHUNK))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            reference = None if backend == "ours" else ours(model)(tokens)
        difference = None if reference is None else float((nll - reference).abs().max())
        found.append(
            Measurement(
                shape, backend, length, threads, speed, (before + after) / 2, peak, difference
            )
        )
    return found


def _tokens(model: LanguageModel, length: int) -> Tensor:
    random = torch.Generator().manual_seed(1)
    return torch.randint(0, model.config.vocabulary - 1, (1, length), generator=random)


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


if __name__ == "__main__":
    print(json.dumps([asdict(m) for m in measure(*json.loads(sys.argv[1]))]))
