"""Training with an explicit initialization of the state: windows, truncated BPTT, post-training.

In reading order: `TrainingConfig`; `Windows`, the order in which a corpus is read; `train`, one
arm; `adapt`, further steps from a checkpoint. Two arms with equal seed and corpus see the same
windows in the same order; they differ in `next_state` alone: `zero` starts every window blank,
`previous` (LongSSM, arXiv:2406.02080) from the final state of the window before, with the gradient
stopped at the border.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from numpy.typing import NDArray
from torch import Tensor

from longssm_core.config import ModelConfig
from longssm_core.corpus.mixture import Corpus
from longssm_core.errors import ConfigError, TrainingDiverged
from longssm_core.initialization import INITIALIZATIONS
from longssm_core.models import LanguageModel, initialize
from longssm_core.records import TrainingStage
from longssm_core.scan import CHUNK
from longssm_core.state import ModelState


@dataclass(frozen=True)
class TrainingConfig:
    """One stretch of training. Lengths in tokens."""

    initialization: str  # zero or previous
    training_length: int  # T
    steps: int
    tokens_per_step: int = 8192  # equal for every T, as in the author's code
    learning_rate: float = 3e-3
    final_share: float = 0.1  # of the learning rate, at the end of the cosine
    warm_up: float = 0.05  # share of the steps
    weight_decay: float = 0.05
    clip: float = 1.0  # largest gradient norm
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if self.initialization not in INITIALIZATIONS:
            raise ConfigError(
                f"no training initialization {self.initialization!r}; "
                f"there are {', '.join(INITIALIZATIONS)}"
            )
        if self.training_length < 2 or self.tokens_per_step % self.training_length:
            raise ConfigError(
                f"{self.tokens_per_step} tokens per step are not a whole number of windows "
                f"of {self.training_length}"
            )

    @property
    def streams(self) -> int:
        """Rows of a batch: documents that are read side by side."""
        return self.tokens_per_step // self.training_length

    def rate(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, then a cosine."""
        warm = max(1, round(self.warm_up * self.steps))
        if step < warm:
            return self.learning_rate * (step + 1) / warm
        done = (step - warm) / max(1, self.steps - warm)
        cosine = 0.5 * (1 + math.cos(math.pi * done))
        return self.learning_rate * (self.final_share + (1 - self.final_share) * cosine)


class Batch(NamedTuple):
    """One window of every stream.

    inputs, targets: (streams, T), int64; the target of a position is the next token.
    fresh: the window is the first of its document, (streams,), bool.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    fresh: NDArray[np.bool_]


class Windows:
    """Contiguous streams over a corpus.

    Every stream walks one document window by window and takes the next document of a seeded random
    order at its end; the last, incomplete window of a document is left out, so that no window
    holds two documents and none is padded. `longest` is the largest offset of a window's end in
    its document so far: the oldest state that carrying would have met.
    """

    def __init__(self, corpus: Corpus, streams: int, length: int, bos: int, seed: int) -> None:
        lengths = np.diff(corpus.offsets)
        self._usable = np.flatnonzero(lengths >= length)
        if len(self._usable) == 0:
            raise ConfigError(f"no document of the corpus has {length} tokens")
        self._corpus, self._length, self._bos = corpus, length, bos
        self._random = np.random.default_rng(seed)
        self._order = self._documents()
        self._document = np.zeros(streams, dtype=np.int64)
        self._position = np.zeros(streams, dtype=np.int64)
        self._ended = np.ones(streams, dtype=bool)
        self.longest = 0

    def _documents(self) -> Iterator[int]:
        while True:
            yield from self._random.permutation(self._usable)

    def __iter__(self) -> Iterator[Batch]:
        """Batches without end; after all documents, all again in another order."""
        while True:
            yield self._next()

    def _next(self) -> Batch:
        fresh = self._ended.copy()
        for row in np.flatnonzero(fresh):
            self._document[row], self._position[row] = next(self._order), 0
        offsets = self._corpus.offsets
        start = offsets[self._document] + self._position
        index = start[:, None] + np.arange(self._length)
        targets = self._corpus.tokens[index].astype(np.int64)
        before = self._corpus.tokens[np.maximum(start - 1, 0)].astype(np.int64)
        first = np.where(self._position == 0, self._bos, before)
        inputs = np.concatenate([first[:, None], targets[:, :-1]], axis=1)
        self._position += self._length
        self.longest = max(self.longest, int(self._position.max()))
        left = offsets[self._document + 1] - offsets[self._document] - self._position
        self._ended = left < self._length
        return Batch(inputs, targets, fresh)


class Progress(NamedTuple):
    """A step that is done; loss in bits per token."""

    step: int
    loss: float
    rate: float
    gradient_norm: float


class Trained(NamedTuple):
    """What a stretch of training leaves: the stage for the record, and the last losses."""

    stage: TrainingStage
    final_loss: float  # bits per token, mean of the last tenth of the steps


def train(
    model: LanguageModel,
    corpus: Corpus,
    config: TrainingConfig,
    report: Callable[[Progress], None] = lambda _: None,
    save: Callable[[TrainingSnapshot], None] | None = None,
    resume: TrainingSnapshot | None = None,
    save_every: int = 100,
) -> Trained:
    """Train `model` in place; equal arguments give equal weights on one device and thread count.

    Args:
        report: called after every step.
        save: called every `save_every` steps with all that is needed to go on later.
        resume: such a snapshot; the steps before it are not repeated.

    Raises:
        TrainingDiverged: a loss is not finite.
    """
    next_state = INITIALIZATIONS[config.initialization]
    optimizer = _optimizer(model, config)
    windows = Windows(corpus, config.streams, config.training_length, model.config.bos, config.seed)
    batches = iter(windows)
    blank = model.initial_state(config.streams)
    state, first, losses = blank, 0, []
    if resume is not None:
        state, first, losses = _restore(resume, model, optimizer), resume.step, list(resume.losses)
        for _ in range(first):
            next(batches)
    for step in range(first, config.steps):
        batch = next(batches)
        fresh = torch.from_numpy(batch.fresh).to(model.device)
        state = next_state(state, blank, fresh)
        loss, state = _step(model, optimizer, batch, state, config, step, report)
        losses.append(loss)
        if save is not None and (step + 1) % save_every == 0:
            save(_snapshot(step + 1, model, optimizer, state, losses))
    tail = losses[-max(1, len(losses) // 10) :]
    age = windows.longest if config.initialization == "previous" else config.training_length
    stage = TrainingStage(
        config.initialization,
        config.steps,
        config.training_length,
        config.steps * config.tokens_per_step,
        age,
    )
    return Trained(stage, float(np.mean(tail)))


def _step(
    model: LanguageModel,
    optimizer: torch.optim.AdamW,
    batch: Batch,
    state: ModelState,
    config: TrainingConfig,
    step: int,
    report: Callable[[Progress], None],
) -> tuple[float, ModelState]:
    for group in optimizer.param_groups:
        group["lr"] = config.rate(step)
    inputs = torch.from_numpy(batch.inputs).to(model.device)
    targets = torch.from_numpy(batch.targets).to(model.device)
    loss, after = window_loss(model, inputs, targets, state)
    if not torch.isfinite(loss):
        raise TrainingDiverged(f"loss is {loss.item()} at step {step}")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    optimizer.step()
    bits = loss.item() / math.log(2)
    report(Progress(step, bits, config.rate(step), float(norm)))
    return bits, after.detach()


def window_loss(
    model: LanguageModel, inputs: Tensor, targets: Tensor, state: ModelState
) -> tuple[Tensor, ModelState]:
    """Mean nats per token of one window of every stream, and the states at its end."""
    if uses_fused_kernels(model, inputs.shape[1]):
        from longssm_core.fused import fused_loss  # compiles on import: only when it trains

        return fused_loss(model, inputs, targets, state)
    logits, after = model(inputs, state)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), after


def uses_fused_kernels(model: LanguageModel, length: int) -> bool:
    """Whether a window of `length` is trained by the fused CPU kernels or by plain torch."""
    if model.device.type != "cpu" or length > CHUNK or find_spec("numba") is None:
        return False
    from longssm_core.fused import is_supported

    float32 = all(parameter.dtype == torch.float32 for parameter in model.parameters())
    return float32 and is_supported(model.config)


def _optimizer(model: LanguageModel, config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW; decay on the matrices only: step sizes, decay rates and norms keep their scale."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": config.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.95),
    )


# --- going on after an interruption ----------------------------------------------------------


class TrainingSnapshot(NamedTuple):
    """All that is needed to go on: tensors by name (weights, moments, state), losses so far."""

    step: int
    tensors: dict[str, Tensor]
    losses: list[float]


def _snapshot(
    step: int,
    model: LanguageModel,
    optimizer: torch.optim.AdamW,
    state: ModelState,
    losses: list[float],
) -> TrainingSnapshot:
    tensors = {f"weight/{name}": p.detach().clone() for name, p in model.named_parameters()}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state[parameter].items():
            tensors[f"{key}/{name}"] = value.detach().clone()
    tensors |= {f"state/{name}": value.clone() for name, value in state.to_tensors().items()}
    return TrainingSnapshot(step, tensors, list(losses))


def _restore(
    snapshot: TrainingSnapshot, model: LanguageModel, optimizer: torch.optim.AdamW
) -> ModelState:
    tensors = snapshot.tensors
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[f"weight/{name}"])
            optimizer.state[parameter] = {
                key: tensors[f"{key}/{name}"].clone() for key in ("step", "exp_avg", "exp_avg_sq")
            }
    return ModelState.from_tensors(
        {name.removeprefix("state/"): t for name, t in tensors.items() if name.startswith("state/")}
    )


# --- start and identity ----------------------------------------------------------------------


def start_model(config: ModelConfig, seed: int) -> LanguageModel:
    """A new model with the start weights of `seed`: the same for every arm of a pair."""
    model = LanguageModel(config)
    initialize(model, seed)
    return model


def weights_fingerprint(model: LanguageModel) -> str:
    """SHA-256 over all weights, in their order."""
    digest = hashlib.sha256()
    for name, parameter in model.named_parameters():
        digest.update(name.encode())
        digest.update(parameter.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
