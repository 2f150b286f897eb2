"""Speed and memory of scoring, with the peers that are installed beside ours.

`bench` measures every shape with every backend, each in a process of its own, on the same random
weights and tokens: nats of every token of one document. In the same process the bare matrix
products of the model are timed as well, the floor below which no implementation with these
products can go; so the ratio to it does not depend on what else the machine did meanwhile.
`PEERS` is the list; a peer that is not installed is named as missing.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from torch import Tensor

from longssm_core.config import Mamba2Config, MambaConfig, ModelConfig
from longssm_core.models import LanguageModel, initialize
from longssm_core.scoring import score

SHAPES: dict[str, ModelConfig] = {
    "mamba-130m": MambaConfig(50280, 768, 24, bos=0, d_inner=1536, delta_rank=48),
    "mamba2-130m": Mamba2Config(50280, 768, 24, bos=0, n_heads=24, d_head=64, d_state=128),
    "mamba-bytes": MambaConfig(257, 256, 8, d_inner=512, delta_rank=16),
    "mamba2-bytes": Mamba2Config(257, 256, 8, n_heads=16, d_head=32, d_state=64),
    "shipped": Mamba2Config(),
}
CHUNK = 512  # tokens of a pass, for ours and for the floor
LEAST_SECONDS = 1.0  # a measurement is repeated until it took so long

Score = Callable[[Tensor], Tensor]  # tokens (1, length) -> nats (1, length)


@dataclass(frozen=True)
class Measurement:
    """One backend on one shape and length."""

    shape: str
    backend: str
    length: int  # tokens
    threads: int
    tokens_per_second: float
    floor: float  # tokens per second of the products alone, measured in the same process
    peak_megabytes: float  # resident, of the process
    difference: float | None  # from ours, largest over tokens, nats; None for ours

    @property
    def share_of_floor(self) -> float:
        """1 is as fast as the products alone."""
        return self.tokens_per_second / self.floor


def ours(model: LanguageModel) -> Score:
    """`score`, as a worker calls it."""
    return lambda tokens: score(model, tokens, chunk=CHUNK).nll


def transformers_model(model: LanguageModel) -> Score:
    """transformers' class on the same weights, one pass."""
    import transformers

    values = model.config.to_hugging_face()
    name = values["architectures"][0].removesuffix("ForCausalLM")
    configuration = getattr(transformers, f"{name}Config").from_dict(values)
    peer = getattr(transformers, f"{name}ForCausalLM")(configuration).eval()
    peer.load_state_dict(model.state_dict(), strict=False)
    peer.tie_weights()
    start = torch.full((1, 1), model.config.bos)

    def run(tokens: Tensor) -> Tensor:
        inputs = torch.cat([start, tokens[:, :-1]], dim=1)
        logits = peer(inputs, use_cache=False).logits
        return F.cross_entropy(logits[0], tokens[0], reduction="none")[None]

    return run


def mambapy_model(model: LanguageModel) -> Score:
    """mambapy's layers on the same weights, one pass, between our embedding and head."""
    from mambapy.mamba import Mamba
    from mambapy.mamba import MambaConfig as PeerConfig

    config = model.config
    assert isinstance(config, MambaConfig)
    expand = config.d_inner // config.d_model
    peer = Mamba(
        PeerConfig(config.d_model, config.n_layers, config.delta_rank, config.d_state, expand)
    )
    prefix = "backbone.layers."
    weights = model.state_dict().items()
    peer.load_state_dict(
        {f"layers.{k.removeprefix(prefix)}": v for k, v in weights if k.startswith(prefix)}
    )
    peer.eval()
    start = torch.full((1, 1), config.bos)

    def run(tokens: Tensor) -> Tensor:
        x = model.backbone.embeddings(torch.cat([start, tokens[:, :-1]], dim=1))
        logits = model.head(model.backbone.norm_f(peer(x)))
        return F.cross_entropy(logits[0], tokens[0], reduction="none")[None]

    return run


@dataclass(frozen=True)
class Peer:
    """A way to score: what must be installed for it, and which families it computes."""

    make: Callable[[LanguageModel], Score]
    package: str | None = None
    families: tuple[type, ...] = (MambaConfig, Mamba2Config)


PEERS: dict[str, Peer] = {
    "ours": Peer(ours),
    "transformers": Peer(transformers_model, "transformers"),
    "mambapy": Peer(mambapy_model, "mambapy", (MambaConfig,)),
}


def bench(
    shapes: Sequence[str], lengths: Sequence[int], threads: Sequence[int]
) -> Iterator[Measurement]:
    """Every combination that is installed and computed, as it is measured."""
    for shape in shapes:
        for name, peer in PEERS.items():
            if not isinstance(SHAPES[shape], peer.families) or not is_installed(peer):
                continue
            for count in threads:
                yield from _in_own_process(shape, name, lengths, count)


def is_installed(peer: Peer) -> bool:
    """Whether the peer can be measured here."""
    return peer.package is None or find_spec(peer.package) is not None


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
            reference = None if backend == "ours" else ours(model)(tokens)
        difference = None if reference is None else float((nll - reference).abs().max())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
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
