"""The state of a model between two pieces of text: an argument and a return value.

`LayerState` holds what one layer remembers (hidden state and the last convolution inputs: carry
one without the other and the tokens after every border are scored wrongly); `ModelState` is one
of them per layer. All float32, whatever the dtype of the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from longssm_core.config import ModelConfig
from longssm_core.errors import ShapeError


@dataclass(frozen=True)
class LayerState:
    """Memory of one layer.

    hidden: h, (batch, n_heads, d_head, d_state), float32.
    convolution: the last d_conv - 1 inputs of the short convolution,
        (batch, d_conv - 1, d_convolved), oldest first.
    """

    hidden: Tensor
    convolution: Tensor


@dataclass(frozen=True)
class ModelState:
    """Memory of all layers, for every row of a batch."""

    layers: tuple[LayerState, ...]

    @property
    def batch_size(self) -> int:
        """Rows."""
        return self.layers[0].hidden.shape[0]

    def detach(self) -> ModelState:
        """The same values without their history: the gradient stops here (truncated BPTT)."""
        return self._map(lambda tensor: tensor.detach())

    def where(self, keep: Tensor) -> ModelState:
        """Rows with keep = 1 unchanged, rows with keep = 0 blank; keep (batch,), float."""
        return self._map(lambda tensor: tensor * keep.view(-1, *[1] * (tensor.dim() - 1)))

    def rows(self, index: Tensor) -> ModelState:
        """The rows of `index`, in that order."""
        return self._map(lambda tensor: tensor[index])

    def norms(self) -> Tensor:
        """Euclidean norm of the hidden state, (n_layers, batch); endless growth is a warning."""
        return torch.stack([layer.hidden.flatten(1).norm(dim=1) for layer in self.layers])

    def to_tensors(self) -> dict[str, Tensor]:
        """Named tensors, for storing."""
        named = {}
        for number, layer in enumerate(self.layers):
            named[f"hidden.{number}"] = layer.hidden.contiguous()
            named[f"convolution.{number}"] = layer.convolution.contiguous()
        return named

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> ModelState:
        """The inverse of `to_tensors`."""
        count = sum(name.startswith("hidden.") for name in tensors)
        return cls(
            tuple(
                LayerState(tensors[f"hidden.{number}"], tensors[f"convolution.{number}"])
                for number in range(count)
            )
        )

    def _map(self, change: Callable[[Tensor], Tensor]) -> ModelState:
        return ModelState(
            tuple(
                LayerState(change(layer.hidden), change(layer.convolution)) for layer in self.layers
            )
        )


def blank_state(config: ModelConfig, batch_size: int, device: torch.device | str) -> ModelState:
    """ZERO: every layer starts from nothing."""
    hidden = (batch_size, config.n_heads, config.d_head, config.d_state)
    convolution = (batch_size, config.d_conv - 1, config.d_convolved)
    return ModelState(
        tuple(
            LayerState(torch.zeros(hidden, device=device), torch.zeros(convolution, device=device))
            for _ in range(config.n_layers)
        )
    )


def check_state(state: ModelState, config: ModelConfig, batch_size: int) -> None:
    """Raise ShapeError unless `state` belongs to this model and batch."""
    hidden = (batch_size, config.n_heads, config.d_head, config.d_state)
    found = tuple(state.layers[0].hidden.shape) if state.layers else ()
    if len(state.layers) != config.n_layers or found != hidden:
        raise ShapeError(
            f"state of {len(state.layers)} layers with {found} given, "
            f"{config.n_layers} layers with {hidden} expected"
        )
