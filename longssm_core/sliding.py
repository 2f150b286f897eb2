"""The state of a sliding window: each layer remembers exactly its last W inputs.

`SlidingState` takes the place of a `ModelState` wherever a model reads under the policy `window`.
Beside the carried memory it holds the memory W tokens ago and what came in since, so that the one
can be subtracted from the other (`mixers.Mixer.slide`). In a stack of n layers the upper ones read
inputs that saw further back: n (W - 1) tokens in all.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from longssm_core.errors import ShapeError


@dataclass(frozen=True)
class SlidingLayerState:
    """Memory of one layer.

    hidden, convolution: as in `LayerState`, carried from the document's start.
    lagging: hidden as it was W tokens ago.
    queue: what entered in the last W tokens, oldest first, tensors (batch, W, ...).
    """

    hidden: Tensor
    convolution: Tensor
    lagging: Tensor
    queue: tuple[Tensor, ...]


@dataclass(frozen=True)
class SlidingState:
    """Memory of all layers, for every row of a batch."""

    layers: tuple[SlidingLayerState, ...]

    @property
    def batch_size(self) -> int:
        """Rows."""
        return self.layers[0].hidden.shape[0]

    @property
    def window(self) -> int:
        """W, in tokens."""
        return self.layers[0].queue[0].shape[1]

    def norms(self) -> Tensor:
        """Euclidean norm of the carried hidden state, (n_layers, batch)."""
        return torch.stack([layer.hidden.flatten(1).norm(dim=1) for layer in self.layers])

    def to_tensors(self) -> dict[str, Tensor]:
        """Named tensors, for storing."""
        named = {}
        for number, layer in enumerate(self.layers):
            named[f"hidden.{number}"] = layer.hidden.contiguous()
            named[f"convolution.{number}"] = layer.convolution.contiguous()
            named[f"lagging.{number}"] = layer.lagging.contiguous()
            for part, value in enumerate(layer.queue):
                named[f"queue.{number}.{part}"] = value.contiguous()
        return named

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> SlidingState:
        """The inverse of `to_tensors`."""
        count = sum(name.startswith("hidden.") for name in tensors)
        parts = sum(name.startswith("queue.0.") for name in tensors)
        return cls(
            tuple(
                SlidingLayerState(
                    tensors[f"hidden.{number}"],
                    tensors[f"convolution.{number}"],
                    tensors[f"lagging.{number}"],
                    tuple(tensors[f"queue.{number}.{part}"] for part in range(parts)),
                )
                for number in range(count)
            )
        )


def check_sliding_state(state: SlidingState, blank: SlidingState) -> None:
    """Raise ShapeError unless `state` has the shapes of `blank`, a model's own."""
    found, expected = ([_shapes(layer) for layer in one.layers] for one in (state, blank))
    if len(found) != len(expected):
        raise ShapeError(f"sliding state of {len(found)} layers, {len(expected)} expected")
    for own, wanted in zip(found, expected, strict=True):
        if own != wanted:
            raise ShapeError(f"sliding layer state of {own}, {wanted} expected")


def _shapes(layer: SlidingLayerState) -> list[tuple[int, ...]]:
    """Of hidden, convolution, lagging and the parts of the queue."""
    tensors = (layer.hidden, layer.convolution, layer.lagging, *layer.queue)
    return [tuple(tensor.shape) for tensor in tensors]
