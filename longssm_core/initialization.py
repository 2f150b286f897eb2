"""Training initializations: the state a window starts from. The one registry of this room.

In reading order: `AgedState`, a state and how old it is; `Border`, what else is known between two
windows; `Initialization`, an entry of the registry; the five functions. Each takes the state at the
end of the window before and the blank state, and returns the state for the next window, which
carries no gradient into the window before: back-propagation stops at the border. What they need
beside it (a fitted Gaussian, a learned start) is declared in their entry and kept by `training`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from longssm_core.state import LayerState, ModelState


@dataclass(frozen=True)
class AgedState:
    """A state, and the number of windows since each of its rows was blank, (batch,), int64."""

    state: ModelState
    age: Tensor

    @classmethod
    def new(cls, state: ModelState) -> AgedState:
        """`state` with age 0."""
        device = state.layers[0].hidden.device
        return cls(state, torch.zeros(state.batch_size, dtype=torch.int64, device=device))

    def detach(self) -> AgedState:
        """The same values; the gradient stops here."""
        return AgedState(self.state.detach(), self.age)

    def rolled(self) -> AgedState:
        """Every row takes the place of the next one, the last that of the first."""
        order = torch.arange(len(self.age), device=self.age.device).roll(1)
        return AgedState(self.state.rows(order), self.age[order])

    def where(self, keep: Tensor) -> AgedState:
        """Rows with keep unchanged, the others blank; keep (batch,), bool."""
        return AgedState(self.state.where(keep), self.age * keep)


class Border(NamedTuple):
    """What is known between two windows.

    fresh: rows that must start blank, since they begin another document, (batch,), bool.
    before, after: the documents of both windows, (batch,), int64; before is -1 at the very start.
    fitted: the final states of recent windows, for the entries that ask for it.
    random: seeded by training seed and step, so that a resumed training draws the same.
    """

    fresh: Tensor
    before: Tensor
    after: Tensor
    fitted: FittedStates | None
    random: torch.Generator


class NextState(Protocol):
    """(state at the end of the window before, blank state, border) -> state of the next window."""

    def __call__(self, ended: AgedState, blank: AgedState, border: Border) -> AgedState:
        """The state that the next window starts from, without gradient into the one before."""
        ...


@dataclass(frozen=True)
class Initialization:
    """An entry of the registry."""

    name: str
    next_state: NextState
    fits_final_states: bool = False  # wants `Border.fitted`
    learns_start: bool = False  # the blank state is a learned one, and all that is trained
    least_rows: int = 1  # windows side by side without which it makes no sense


INITIALIZATIONS: dict[str, Initialization] = {}


def initialization(
    name: str, *, fits_final_states: bool = False, learns_start: bool = False, least_rows: int = 1
) -> Callable[[NextState], NextState]:
    """Register a training initialization under `name`; a second one of that name is refused."""

    def register(function: NextState) -> NextState:
        if name in INITIALIZATIONS:
            raise ValueError(f"training initialization {name!r} is registered twice")
        INITIALIZATIONS[name] = Initialization(
            name, function, fits_final_states, learns_start, least_rows
        )
        return function

    return register


@initialization("zero")
def zero(ended: AgedState, blank: AgedState, border: Border) -> AgedState:
    """Every window starts blank."""
    return blank


@initialization("previous")
def previous(ended: AgedState, blank: AgedState, border: Border) -> AgedState:
    """Every window starts where the one before ended; blank at the start of a document.

    Source: LongSSM (arXiv:2406.02080), h_0 of a window := h_T of the window before, no gradient.
    """
    return ended.detach().where(~border.fresh)


@initialization("state_passing", least_rows=2)
def state_passing(ended: AgedState, blank: AgedState, border: Border) -> AgedState:
    """Every window starts where a window of unrelated text ended; blank at the start of a document.

    Row i takes over from row i - 1. A state that has passed through all rows would bring a row the
    text of its own document back, so it starts blank again instead.

    Source: state passing in Ruiz & Gu (arXiv:2507.02782), there over shuffled data.
    """
    passed = ended.detach().rolled()
    unrelated = border.before.roll(1) != border.after
    round_trip = passed.age >= len(passed.age)
    return passed.where(unrelated & ~round_trip & ~border.fresh)


@initialization("fitted_noise", fits_final_states=True)
def fitted_noise(ended: AgedState, blank: AgedState, border: Border) -> AgedState:
    """Every window starts from noise like the final states; blank at the start of a document.

    Source: fitted noise in Ruiz & Gu (arXiv:2507.02782), one Gaussian per layer and head.
    """
    if border.fitted is None:  # nothing has ended yet
        return blank
    noise = border.fitted.sample(ended.state, border.random)
    return AgedState.new(noise).where(~border.fresh)


@initialization("learned", learns_start=True)
def learned(ended: AgedState, blank: AgedState, border: Border) -> AgedState:
    """Every window starts from the one learned state that takes the place of the blank one.

    The gradient reaches it from every window; the weights of the model stay as they are. Source:
    initial-state tuning, as in S0 tuning (arXiv:2604.01168).
    """
    return blank


# --- the Gaussian of final states ------------------------------------------------------------

RECENT = 0.1  # weight of the newest window: the fit looks back about ten windows


@dataclass(frozen=True)
class FittedStates:
    """Mean and variance of recent final states, per layer and head, as states of one row.

    A head is the first dimension of the hidden state (a head of Mamba-2, a channel of Mamba, a mode
    of S5); the convolution inputs have one Gaussian per channel.
    """

    mean: ModelState
    variance: ModelState

    @classmethod
    def of(cls, final: ModelState) -> FittedStates:
        """Fitted to one window of every row."""
        mean = _reduced(final)
        return cls(mean, _reduced(_combined(lambda x, mean: (x - mean).square(), final, mean)))

    def renewed(self, final: ModelState) -> FittedStates:
        """With the newest window taken in: running mean, and variance about it."""
        new = FittedStates.of(final)

        def mean(old: Tensor, new: Tensor) -> Tensor:
            return old + RECENT * (new - old)

        def with_drift(variance: Tensor, old: Tensor, new: Tensor) -> Tensor:
            return variance + RECENT * (1 - RECENT) * (new - old).square()

        within = _combined(mean, self.variance, new.variance)
        return FittedStates(
            _combined(mean, self.mean, new.mean),
            _combined(with_drift, within, self.mean, new.mean),
        )

    def sample(self, like: ModelState, random: torch.Generator) -> ModelState:
        """Independent draws, of the shapes of `like`."""

        def draw(like: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
            noise = torch.randn(like.shape, generator=random, device=like.device)
            return noise.mul_(variance.sqrt()).add_(mean)

        return _combined(draw, like, self.mean, self.variance)


def _combined(change: Callable[..., Tensor], *states: ModelState) -> ModelState:
    return ModelState(
        tuple(
            LayerState(
                change(*(layer.hidden for layer in layers)),
                change(*(layer.convolution for layer in layers)),
            )
            for layers in zip(*(state.layers for state in states), strict=True)
        )
    )


def _reduced(state: ModelState) -> ModelState:
    """Means: one per head (dimension 1 of the hidden state) and one per channel (the last one)."""
    return ModelState(
        tuple(
            LayerState(
                _mean(layer.hidden, [0, *range(2, layer.hidden.dim())]),
                _mean(layer.convolution, [0, 1]),
            )
            for layer in state.detach().layers
        )
    )


def _mean(tensor: Tensor, dims: list[int]) -> Tensor:
    """0 where there is nothing: S5 has no convolution inputs."""
    count = math.prod(tensor.shape[dim] for dim in dims)
    return tensor.sum(dim=dims, keepdim=True) / max(1, count)
