"""What reading on a CPU shares between the families: short convolution, RMSNorm, loss.

`convolve`, `rms_norm` and `token_losses` are compiled by numba; without gradients. `fused_mamba`
and `fused_mamba2` hold what a family has for itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from longssm_core.products import multiply
from longssm_core.vectors import ONE, ZERO, exp, fast, sigmoid

TAPS = 4  # the convolution is written out for the width that every published model has


def as_array(tensor: Tensor) -> np.ndarray[Any, Any]:
    """Its values for a kernel, contiguous, without history."""
    array: np.ndarray[Any, Any] = tensor.detach().contiguous().numpy()
    return array


@fast
def convolve(
    x: Any, x_at: Any, start: Any, stop: Any, before: Any, weight: Any, bias: Any, out: Any
) -> None:
    """out[0:] = SiLU of the causal convolution at the positions from start to stop of one row.

    x: (length, >= x_at + channels); before: (TAPS - 1, channels), the inputs before the row;
    weight (TAPS, channels); out: (>= stop - start, channels).
    """
    channels = bias.shape[0]
    w0, w1, w2, w3 = weight[0], weight[1], weight[2], weight[3]
    for t in range(start, stop):
        x0 = x[t - 3, x_at : x_at + channels] if t > 2 else before[t]
        x1 = x[t - 2, x_at : x_at + channels] if t > 1 else before[t + 1]
        x2 = x[t - 1, x_at : x_at + channels] if t > 0 else before[t + 2]
        x3, target = x[t, x_at : x_at + channels], out[t - start]
        for c in range(channels):
            y = bias[c] + x0[c] * w0[c] + x1[c] * w1[c] + x2[c] * w2[c] + x3[c] * w3[c]
            target[c] = y * sigmoid(y)


def last_inputs(x: Tensor, before: Tensor) -> Tensor:
    """The last TAPS - 1 of [before, x], (batch, TAPS - 1, channels)."""
    if x.shape[1] < TAPS - 1:
        x = torch.cat([before, x], dim=1)
    return x[:, 1 - TAPS :].contiguous()


def convolution_of(weight: Tensor, bias: Tensor | None) -> tuple[Any, Any]:
    """Weights (channels, 1, TAPS) and bias as `convolve` reads them."""
    taps = as_array(weight[:, 0].t())
    return taps, np.zeros(len(weight), np.float32) if bias is None else as_array(bias)


@fast
def rms_norm_rows(x: Any, weight: Any, epsilon: Any, out: Any) -> None:
    """out = x / rms(x) * weight; x (tokens, d_model)."""
    width = x.shape[1]
    for t in range(x.shape[0]):
        source, target = x[t], out[t]
        square = ZERO
        for c in range(width):
            square += source[c] * source[c]
        scale = ONE / np.float32(math.sqrt(square / np.float32(width) + epsilon))
        for c in range(width):
            target[c] = source[c] * scale * weight[c]


def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """x / rms(x) * weight over the last dimension, in one pass; float32 on the CPU."""
    out = torch.empty_like(x, memory_format=torch.contiguous_format)
    flat = x.reshape(-1, x.shape[-1])
    normed = out.view(flat.shape).numpy()
    rms_norm_rows(as_array(flat), as_array(weight), np.float32(epsilon), normed)
    return out


@fast
def _add_block(logits: Any, first: Any, targets: Any, highest: Any, total: Any, aimed: Any) -> None:
    """The logits of ids from `first` on, (tokens, ids), added to what earlier blocks left.

    highest: largest logit so far; total: sum of exp(logit - highest); aimed: that of the target.
    """
    width = logits.shape[1]
    for t in range(logits.shape[0]):
        line, top = logits[t], highest[t]
        for c in range(width):
            top = line[c] if line[c] > top else top
        added = ZERO
        for c in range(width):
            added += exp(line[c] - top)
        total[t] = total[t] * exp(highest[t] - top) + added
        highest[t] = top
        if first <= targets[t] < first + width:
            aimed[t] = line[targets[t] - first]


def token_losses(rows: Tensor, weight: Tensor, targets: Tensor, columns: int) -> Tensor:
    """-log softmax(rows W^T)[target], (tokens,), `columns` ids at a time.

    rows (tokens, d_model), weight (vocabulary, d_model), float32 on the CPU.
    """
    highest, total = torch.full((len(rows),), -torch.inf), torch.zeros(len(rows))
    aimed, wanted = torch.empty(len(rows)), as_array(targets)
    for first in range(0, len(weight), columns):
        logits = multiply(rows, weight[first : first + columns])
        _add_block(logits.numpy(), first, wanted, highest.numpy(), total.numpy(), aimed.numpy())
    return total.log_() + highest - aimed
