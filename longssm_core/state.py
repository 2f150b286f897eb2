"""The state of a model between two pieces of text: an argument and a return value.

`LayerState` holds what one layer remembers (hidden state and the last convolution inputs: carry
one without the other and the tokens after every border are scored wrongly); `ModelState` is one
of them per layer. Float32 whatever the dtype of the projections; float64 in a float64 model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from longssm_core.config import LanguageModelConfig
from longssm_core.errors import ShapeError


@dataclass(frozen=True)
class LayerState:
    """Memory of one layer.

    hidden: h, float32; (batch, n_heads, d_head, d_state) in Mamba-2, (batch, d_inner, d_state) in
        Mamba, (batch, d_state, 2) in S5 (real and imaginary part).
    convolution: the last d_conv - 1 inputs of the short convolution, (batch, d_conv - 1, channels),
        oldest first; no inputs where a family has no convolution.
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
        """Rows with keep = 1 unchanged, with keep = 0 blank; keep (batch,), bool or number."""

        def blanked(tensor: Tensor) -> Tensor:
            drop = (keep == 0).view(-1, *[1] * (tensor.dim() - 1))
            return tensor.masked_fill(drop, 0.0)  # not a product: NaN * 0 is NaN

        return self._map(blanked)

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


def first_broken_layer(tensors: Mapping[str, Tensor]) -> int | None:
    """The first layer that remembers NaN or an infinity; None: no layer does.

    Args:
        tensors: of a state, by names whose second part is the layer, such as `hidden.3`. NaN in a
            layer reaches all layers behind it, none before.
    """
    layers = (
        int(name.split(".")[1])
        for name, tensor in tensors.items()
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all())
    )
    return min(layers, default=None)


def blank_state(
    config: LanguageModelConfig,
    batch_size: int,
    device: torch.device | str,
    dtype: torch.dtype = torch.float32,
) -> ModelState:
    """ZERO: every layer starts from nothing."""

    def zeros(shape: tuple[int, ...]) -> Tensor:
        return torch.zeros(shape, device=device, dtype=dtype)

    hidden, convolution = _shapes(config, batch_size)
    return ModelState(
        tuple(LayerState(zeros(hidden), zeros(convolution)) for _ in range(config.n_layers))
    )


def check_state(state: ModelState, config: LanguageModelConfig, batch_size: int) -> None:
    """Raise ShapeError unless `state` belongs to this model and batch."""
    expected = _shapes(config, batch_size)
    if len(state.layers) != config.n_layers:
        raise ShapeError(f"state of {len(state.layers)} layers, {config.n_layers} expected")
    for layer in state.layers:
        found = (tuple(layer.hidden.shape), tuple(layer.convolution.shape))
        if found != expected:
            raise ShapeError(f"layer state of {found}, {expected} expected (hidden, convolution)")


def _shapes(
    config: LanguageModelConfig, batch_size: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return (batch_size, *config.hidden_shape), (batch_size, *config.convolution_shape)
