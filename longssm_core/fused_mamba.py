"""Mamba on a CPU: convolution, and scan with skip and gate, each in one pass over the data.

`read_fused_mamba` is what `MambaMixer` computes after its input projection, without gradients. A
block of channels keeps its state in the first cache while it walks through time, and nothing of
size length x d_inner x d_state ever exists: at that size memory, not arithmetic, sets the pace.
`scan.selective_scan` is the definition. Compiled by numba at the first call and kept on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from longssm_core.config import MambaConfig
from longssm_core.fused import _array, _exp, _fast, _sigmoid
from longssm_core.mixers import MambaMixer, decay_rate
from longssm_core.state import LayerState

CHANNELS = 64  # of a block: state and decay rates of 16 modes fill 8 KiB


@_fast
def _convolve(x: Any, before: Any, weight: Any, bias: Any, out: Any, last_inputs: Any) -> None:
    """SiLU of the causal depthwise convolution of one row.

    x: (length, >= channels); before, last_inputs: (taps - 1, channels); weight (taps, channels).
    """
    length, channels, taps = out.shape[0], out.shape[1], weight.shape[0]
    for t in range(length):
        target = out[t]
        for c in range(channels):
            target[c] = bias[c]
        for tap in range(taps):
            at = t + tap - (taps - 1)
            source, factor = (x[at] if at >= 0 else before[at + taps - 1]), weight[tap]
            for c in range(channels):
                target[c] += source[c] * factor[c]
        for c in range(channels):
            target[c] = target[c] * _sigmoid(target[c])
    for tap in range(taps - 1):
        at = length + tap - (taps - 1)
        source = x[at] if at >= 0 else before[at + taps - 1]
        for c in range(channels):
            last_inputs[tap, c] = source[c]


@_fast
def _scan(
    u: Any, delta: Any, A: Any, D: Any, mixed: Any, b_at: Any, c_at: Any,
    projected: Any, gate_at: Any, h: Any, out: Any,
) -> None:  # fmt: skip
    """out = (y + D u) SiLU(gate) of one row, y from the recurrence; h is moved to its end.

    u, delta, out: (length, d_inner); A, h: (d_state, d_inner); B and C lie in the columns of
    `mixed` from b_at and c_at, the gate in those of `projected` from gate_at.
    """
    length, inner, state = u.shape[0], u.shape[1], A.shape[0]
    entering, total = np.empty(CHANNELS, np.float32), np.empty(CHANNELS, np.float32)
    for start in range(0, inner, CHANNELS):
        here = slice(start, start + CHANNELS)
        for t in range(length):
            time, value = delta[t, here], u[t, here]
            for c in range(CHANNELS):
                entering[c] = time[c] * value[c]
                total[c] = D[start + c] * value[c]
            for n in range(state):
                b, read = mixed[t, b_at + n], mixed[t, c_at + n]
                memory, rate = h[n, here], A[n, here]
                for c in range(CHANNELS):
                    now = _exp(time[c] * rate[c]) * memory[c] + entering[c] * b
                    memory[c] = now
                    total[c] += now * read
            gate, target = projected[t, gate_at + start : gate_at + start + CHANNELS], out[t, here]
            for c in range(CHANNELS):
                target[c] = total[c] * gate[c] * _sigmoid(gate[c])


def is_supported(config: MambaConfig) -> bool:
    """Whether the fused form computes this model: whole blocks of channels."""
    return config.d_inner % CHANNELS == 0


def read_fused_mamba(
    mixer: MambaMixer, projected: Tensor, state: LayerState
) -> tuple[Tensor, LayerState]:
    """What `mixer` computes between in_proj and out_proj, for any length, without gradients.

    Args:
        projected: output of in_proj, (batch, length, 2 d_inner), float32 on the CPU.
        state: before the first position.

    Returns:
        (batch, length, d_inner), to be given to out_proj; the state after the last position.
    """
    config, (batch, length, _) = mixer.config, projected.shape
    projected, inner = projected.contiguous(), config.d_inner
    weight, bias = _array(mixer.conv1d.weight[:, 0].t()), np.zeros(inner, np.float32)
    if mixer.conv1d.bias is not None:
        bias = _array(mixer.conv1d.bias)
    u = torch.empty(batch, length, inner)
    last_inputs = torch.empty(state.convolution.shape)
    before = state.convolution.contiguous()
    for row in range(batch):
        _convolve(
            projected[row].numpy(), before[row].numpy(), weight, bias,
            u[row].numpy(), last_inputs[row].numpy(),
        )  # fmt: skip
    mixed, delta = mixer.step_sizes(u)
    out, hidden = torch.empty(batch, length, inner), torch.empty(state.hidden.shape)
    A, D = _array(decay_rate(mixer.A_log).t()), _array(mixer.D)
    for row in range(batch):
        h = state.hidden[row].t().contiguous()
        _scan(
            u[row].numpy(), delta[row].numpy(), A, D, mixed[row].numpy(),
            config.delta_rank, config.delta_rank + config.d_state, projected[row].numpy(), inner,
            h.numpy(), out[row].numpy(),
        )  # fmt: skip
        hidden[row] = h.t()
    return out, LayerState(hidden, last_inputs)
