"""Training with an explicit initialization of the state: windows and truncated BPTT.

In reading order: `TrainingConfig`; `Windows`, the order in which a corpus is read; `train`, one
stretch of training, of a new model or on from a checkpoint; `TrainingSnapshot`, to go on after an
interruption. Arms with equal seed and corpus see the same windows in the same order; they differ
in the entry of `INITIALIZATIONS` alone: `zero` starts every window blank, `previous` (LongSSM,
arXiv:2406.02080) from the final state of the window before, with the gradient stopped at the
border; `learned` trains no weights but the state that takes the place of the blank one.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from numpy.typing import NDArray
from torch import Tensor

from longssm_core import gpu
from longssm_core.config import ModelConfig
from longssm_core.corpus.mixture import Corpus
from longssm_core.errors import ConfigError, TrainingDiverged
from longssm_core.initialization import (
    INITIALIZATIONS,
    AgedState,
    Border,
    FittedStates,
    Initialization,
)
from longssm_core.models import LanguageModel, initialize
from longssm_core.records import TrainingStage
from longssm_core.scan import CHUNK
from longssm_core.scoring import token_losses
from longssm_core.state import LayerState, ModelState


@dataclass(frozen=True)
class TrainingConfig:
    """One stretch of training. Lengths in tokens."""

    initialization: str  # a name in INITIALIZATIONS
    training_length: int  # T
    steps: int
    tokens_per_step: int = 8192  # equal for every T, as in the author's code
    learning_rate: float = 3e-3
    final_share: float = 0.1  # of the learning rate, at the end of the cosine
    warm_up: float = 0.05  # share of the steps
    weight_decay: float = 0.05
    clip: float = 1.0  # largest gradient norm
    seed: int = 0
    reset_at_borders: bool = True  # False: states also cross into the next document of a stream

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if self.initialization not in INITIALIZATIONS:
            raise ConfigError(
                f"no training initialization {self.initialization!r}; "
                f"there are {', '.join(INITIALIZATIONS)}"
            )
        if self.steps < 1 or self.tokens_per_step < 1:
            raise ConfigError(
                f"{self.steps} steps of {self.tokens_per_step} tokens given; at least 1 of each"
            )
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise ConfigError(f"learning rate {self.learning_rate} given; a positive number needed")
        if self.training_length < 2 or self.tokens_per_step % self.training_length:
            raise ConfigError(
                f"{self.tokens_per_step} tokens per step are not a whole number of windows "
                f"of {self.training_length}"
            )
        if self.streams < self.entry.least_rows:
            raise ConfigError(
                f"{self.initialization} needs {self.entry.least_rows} windows side by side; "
                f"{self.tokens_per_step} tokens per step hold {self.streams}"
            )

    @property
    def entry(self) -> Initialization:
        """What the registry knows of the initialization."""
        return INITIALIZATIONS[self.initialization]

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
    before, documents: the document of the window before (-1: there is none) and of this one,
        (streams,), int64.
    """

    inputs: NDArray[np.int64]
    targets: NDArray[np.int64]
    fresh: NDArray[np.bool_]
    before: NDArray[np.int64]
    documents: NDArray[np.int64]


class Windows:
    """Contiguous streams over a corpus.

    Every stream walks one document window by window and takes the next document of a seeded random
    order at its end; the last, incomplete window of a document is left out, so that no window
    holds two documents and none is padded.
    """

    def __init__(self, corpus: Corpus, streams: int, length: int, bos: int, seed: int) -> None:
        lengths = np.diff(corpus.offsets)
        self._usable = np.flatnonzero(lengths >= length)
        if len(self._usable) == 0:
            raise ConfigError(f"no document of the corpus has {length} tokens")
        self._corpus, self._length, self._bos = corpus, length, bos
        self._random = np.random.default_rng(seed)
        self._order = self._documents()
        self._document = np.full(streams, -1, dtype=np.int64)
        self._position = np.zeros(streams, dtype=np.int64)
        self._ended = np.ones(streams, dtype=bool)

    def _documents(self) -> Iterator[int]:
        while True:
            yield from self._random.permutation(self._usable)

    def __iter__(self) -> Iterator[Batch]:
        """Batches without end; after all documents, all again in another order."""
        while True:
            yield self._next()

    def _next(self) -> Batch:
        fresh, before_it = self._ended.copy(), self._document.copy()
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
        left = offsets[self._document + 1] - offsets[self._document] - self._position
        self._ended = left < self._length
        return Batch(inputs, targets, fresh, before_it, self._document.copy())


class Progress(NamedTuple):
    """A step that is done; loss in bits per token."""

    step: int
    loss: float
    rate: float
    gradient_norm: float


@dataclass(frozen=True)
class Checking:
    """Ends a training where text that it does not read was read best.

    What is trained on soon says little of other text: a small text is learned by heart.
    """

    loss: Callable[[LanguageModel], float]  # of that text; smaller is better
    every: int  # steps between two looks; one more before the first step, one after the last
    patience: int  # looks without a better one, after which it ends


class Check(NamedTuple):
    """One look: how well text was read that is not trained on, after so many steps."""

    step: int
    loss: float


class Trained(NamedTuple):
    """What a stretch of training leaves beside the weights.

    stage: for the record; its steps are those whose weights are kept.
    final_loss: bits per token, mean of the last tenth of the steps that are kept; without any,
        that of the first step, which the start made.
    initial_state: what `learned` has learned, of one row; None for all others.
    checks: in the order of their steps; empty without a `Checking`.
    """

    stage: TrainingStage
    final_loss: float
    initial_state: ModelState | None
    checks: tuple[Check, ...] = ()


def train(
    model: LanguageModel,
    corpus: Corpus,
    config: TrainingConfig,
    report: Callable[[Progress], None] = lambda _: None,
    save: Callable[[TrainingSnapshot], None] | None = None,
    resume: TrainingSnapshot | None = None,
    save_every: int = 100,
    checking: Checking | None = None,
) -> Trained:
    """Train `model` in place; equal arguments give equal weights on one device and thread count.

    With an initialization that learns its start (`learned`) the weights stay as they are, and the
    learned state is returned.

    Args:
        report: called after every step.
        save: called every `save_every` steps with all that is needed to go on later.
        resume: such a snapshot; the steps before it are not repeated.
        checking: leaves the model with the weights that it found best, be they those of the start;
            None: with the last ones.

    Raises:
        TrainingDiverged: a loss, a gradient or a weight is not finite.
    """
    start = _blank_start(model) if config.entry.learns_start else None
    run = _Run(model, config, start, _trained_tensors(model, start))
    optimizer = _optimizer(run.trained.values(), config)
    batches = iter(
        Windows(corpus, config.streams, config.training_length, model.config.bos, config.seed)
    )
    memory, first, losses = _Memory(AgedState.new(model.initial_state(config.streams)), 0), 0, []
    if resume is not None:
        memory, first, losses = _restore(resume, run, optimizer), resume.step, list(resume.losses)
        for _ in range(first):
            next(batches)
    best = None
    if checking is not None:
        best = _restored_best(resume, run) if resume else _Best.new(run, checking)
    with _frozen(model, start is not None):
        for step in range(first, config.steps):
            done, memory = _step(run, optimizer, next(batches), memory, step)
            losses.append(done.loss)
            report(done)
            if best is not None and checking is not None and _is_look(checking, config, step + 1):
                best = best.looked(run, checking, step + 1, memory.oldest)
                if best.looks_since >= checking.patience:
                    break
            if save is not None and (step + 1) % save_every == 0:
                _check_finite(run.trained, step)
                save(_snapshot(step + 1, run, optimizer, memory, losses, best))
    _check_finite(run.trained, config.steps - 1)
    kept, oldest = config.steps, memory.oldest
    if best is not None:
        kept, oldest = best.step, best.oldest
        _put(run, best.tensors)
    tail = losses[: max(1, kept)][-max(1, kept // 10) :]
    learned = None if start is None else start.detach()
    checks = () if best is None else best.checks
    return Trained(_stage(config, kept, oldest), float(np.mean(tail)), learned, checks)


def _stage(config: TrainingConfig, steps: int, oldest: int) -> TrainingStage:
    return TrainingStage(
        config.initialization,
        steps,
        config.training_length,
        steps * config.tokens_per_step,
        max(1, oldest) * config.training_length,
    )


# --- the best weights so far -----------------------------------------------------------------


class _Best(NamedTuple):
    """The weights with which text that is not trained on was read best."""

    step: int
    oldest: int  # as in `_Memory`, at that step
    tensors: dict[str, Tensor]  # copies
    checks: tuple[Check, ...]

    @classmethod
    def new(cls, run: _Run, checking: Checking) -> _Best:
        """Those of the start."""
        return cls(0, 0, _copies(run.trained), (_look(run, checking, 0),))

    @property
    def looks_since(self) -> int:
        """Looks that were no better."""
        return sum(one.step > self.step for one in self.checks)

    def looked(self, run: _Run, checking: Checking, step: int, oldest: int) -> _Best:
        """After one more look: these weights, or those that are better."""
        check = _look(run, checking, step)
        checks = (*self.checks, check)
        if check.loss < min(one.loss for one in self.checks):
            return _Best(step, oldest, _copies(run.trained), checks)
        return self._replace(checks=checks)


def _is_look(checking: Checking, config: TrainingConfig, step: int) -> bool:
    return step % checking.every == 0 or step == config.steps


def _look(run: _Run, checking: Checking, step: int) -> Check:
    model = run.model
    before, model.learned_start = model.learned_start, run.start
    try:
        return Check(step, checking.loss(model))
    finally:
        model.learned_start = before


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _put(run: _Run, tensors: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, tensor in run.trained.items():
            tensor.copy_(tensors[name])


class _Run(NamedTuple):
    """What stays during a training: `trained` are the tensors that the optimizer moves."""

    model: LanguageModel
    config: TrainingConfig
    start: ModelState | None  # of one row; None: windows know no start but the blank state
    trained: dict[str, Tensor]


class _Memory(NamedTuple):
    """What passes from one window to the next."""

    ended: AgedState  # where the window ended
    oldest: int  # largest age of a row so far, in windows
    fitted: FittedStates | None = None


def _step(
    run: _Run, optimizer: torch.optim.AdamW, batch: Batch, memory: _Memory, step: int
) -> tuple[Progress, _Memory]:
    model, config = run.model, run.config
    for group in optimizer.param_groups:
        group["lr"] = config.rate(step)
    begun = _begun(run, batch, memory, step)
    inputs = torch.from_numpy(batch.inputs).to(model.device)
    targets = torch.from_numpy(batch.targets).to(model.device)
    loss, after = window_loss(model, inputs, targets, begun.state)
    if not torch.isfinite(loss):
        raise TrainingDiverged(f"loss is {loss.item()} at step {step}")
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = float(torch.nn.utils.clip_grad_norm_(run.trained.values(), config.clip))
    if not math.isfinite(norm):
        raise TrainingDiverged(f"the gradient's norm is {norm} at step {step}")
    optimizer.step()
    done = Progress(step, loss.item() / math.log(2), config.rate(step), norm)
    return done, _passed_on(config, begun, after.detach(), memory)


def _begun(run: _Run, batch: Batch, memory: _Memory, step: int) -> AgedState:
    """The state that the window of this step starts from."""
    device, config = run.model.device, run.config
    fresh = batch.fresh if config.reset_at_borders else np.zeros_like(batch.fresh)
    random = torch.Generator(device)
    random.manual_seed(int(np.random.SeedSequence([config.seed, step]).generate_state(1)[0]))
    border = Border(
        torch.from_numpy(fresh).to(device),
        torch.from_numpy(batch.before).to(device),
        torch.from_numpy(batch.documents).to(device),
        memory.fitted,
        random,
    )
    blank = run.model.initial_state(config.streams)
    if run.start is not None:
        blank = _repeated(run.start, config.streams)
    return config.entry.next_state(memory.ended, AgedState.new(blank), border)


def _passed_on(
    config: TrainingConfig, begun: AgedState, final: ModelState, memory: _Memory
) -> _Memory:
    ended = AgedState(final, begun.age + 1)
    fitted = None
    if config.entry.fits_final_states:
        fitted = memory.fitted.renewed(final) if memory.fitted else FittedStates.of(final)
    return _Memory(ended, max(memory.oldest, int(ended.age.max())), fitted)


def window_loss(
    model: LanguageModel, inputs: Tensor, targets: Tensor, state: ModelState
) -> tuple[Tensor, ModelState]:
    """Mean nats per token of one window of every stream, and the states at its end."""
    learns_state = any(layer.hidden.requires_grad for layer in state.layers)
    if uses_fused_kernels(model, inputs.shape[1]) and not learns_state:
        from longssm_core.fused import fused_loss  # compiles on import: only when it trains

        return fused_loss(model, inputs, targets, state)
    features, after = model.hidden(inputs, state)
    if gpu.may_fuse(features):
        return token_losses(model, features, targets).mean(), after
    logits = model.head(features)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()), after


def uses_fused_kernels(model: LanguageModel, length: int) -> bool:
    """Whether a window of `length` is trained by the fused CPU kernels or by plain torch."""
    if model.device.type != "cpu" or length > CHUNK or find_spec("numba") is None:
        return False
    from longssm_core.fused import is_supported

    float32 = all(parameter.dtype == torch.float32 for parameter in model.parameters())
    return float32 and is_supported(model.config)


def _optimizer(trained: Iterable[Tensor], config: TrainingConfig) -> torch.optim.AdamW:
    """AdamW; decay on the matrices only: step sizes, decay rates and norms keep their scale.

    A learned state counts as a matrix: it decays towards the blank one.
    """
    tensors = list(trained)
    matrices = [tensor for tensor in tensors if tensor.dim() >= 2]
    vectors = [tensor for tensor in tensors if tensor.dim() < 2]
    return torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": config.weight_decay},
            {"params": vectors, "weight_decay": 0.0},
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.95),
    )


def _check_finite(trained: Mapping[str, Tensor], step: int) -> None:
    for name, tensor in trained.items():
        if not torch.isfinite(tensor).all():
            raise TrainingDiverged(f"{name} holds values that are not finite after step {step}")


# --- a learned start -------------------------------------------------------------------------


def _blank_start(model: LanguageModel) -> ModelState:
    """The state of one row that `learned` trains: blank at first, hidden state and convolution."""
    state = model.initial_state(1)
    for tensor in state.to_tensors().values():
        tensor.requires_grad_()
    return state


def _repeated(start: ModelState, rows: int) -> ModelState:
    """`start` for every row; their gradients add up."""

    def repeat(tensor: Tensor) -> Tensor:
        return tensor.expand(rows, *tensor.shape[1:])

    return ModelState(
        tuple(LayerState(repeat(layer.hidden), repeat(layer.convolution)) for layer in start.layers)
    )


def _trained_tensors(model: LanguageModel, start: ModelState | None) -> dict[str, Tensor]:
    if start is None:
        return dict(model.named_parameters())
    # S5 has no convolution inputs: nothing to learn there
    return {name: tensor for name, tensor in start.to_tensors().items() if tensor.numel()}


@contextmanager
def _frozen(model: LanguageModel, frozen: bool) -> Iterator[None]:
    """No gradients for the weights inside, if `frozen`."""
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(not frozen)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_()


# --- going on after an interruption ----------------------------------------------------------


class TrainingSnapshot(NamedTuple):
    """All that is needed to go on: tensors by name (weights, moments, state), losses so far."""

    step: int
    tensors: dict[str, Tensor]
    losses: list[float]
    checks: tuple[Check, ...] = ()


_MOMENTS = ("exp_avg", "exp_avg_sq")


def _snapshot(
    step: int,
    run: _Run,
    optimizer: torch.optim.AdamW,
    memory: _Memory,
    losses: list[float],
    best: _Best | None,
) -> TrainingSnapshot:
    tensors = {"age": memory.ended.age, "oldest": torch.tensor(memory.oldest)}
    for name, tensor in run.trained.items():
        tensors[f"weight/{name}"] = tensor.detach()
        for key in ("step", *_MOMENTS):
            tensors[f"{key}/{name}"] = optimizer.state[tensor][key]
    states = {"state": memory.ended.state}
    if memory.fitted is not None:
        states |= {"mean": memory.fitted.mean, "variance": memory.fitted.variance}
    for prefix, state in states.items():
        tensors |= {f"{prefix}/{name}": value for name, value in state.to_tensors().items()}
    checks: tuple[Check, ...] = ()
    if best is not None:
        tensors |= {f"best/{name}": tensor for name, tensor in best.tensors.items()}
        tensors["best_step"] = torch.tensor([best.step, best.oldest])
        checks = best.checks
    return TrainingSnapshot(step, {k: v.clone() for k, v in tensors.items()}, list(losses), checks)


def _restored_best(snapshot: TrainingSnapshot, run: _Run) -> _Best:
    tensors = snapshot.tensors
    step, oldest = tensors["best_step"].tolist()
    kept = {name: tensors[f"best/{name}"].to(run.model.device) for name in run.trained}
    return _Best(step, oldest, kept, snapshot.checks)


def _restore(snapshot: TrainingSnapshot, run: _Run, optimizer: torch.optim.AdamW) -> _Memory:
    """Put weights and moments back; what passes on to the next window."""
    tensors, device = snapshot.tensors, run.model.device
    with torch.no_grad():
        for name, tensor in run.trained.items():
            tensor.copy_(tensors[f"weight/{name}"])
            moments = {key: tensors[f"{key}/{name}"].to(device, copy=True) for key in _MOMENTS}
            # AdamW counts its steps on the CPU, wherever the weights are
            optimizer.state[tensor] = {"step": tensors[f"step/{name}"].clone(), **moments}

    def state(prefix: str) -> ModelState:
        start = f"{prefix}/"
        return ModelState.from_tensors(
            {k.removeprefix(start): v.to(device) for k, v in tensors.items() if k.startswith(start)}
        )

    ended = AgedState(state("state"), tensors["age"].to(device))
    fitted = FittedStates(state("mean"), state("variance")) if "mean/hidden.0" in tensors else None
    return _Memory(ended, int(tensors["oldest"]), fitted)


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
