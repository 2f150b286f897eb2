"""Reading with Mamba on a CPU: convolution, step sizes, scan, skip and gate in two kernels.

`read_fused_mamba` is what `MambaMixer` computes between its projections, without gradients.
Between the convolution and the rest lie two more products, so there are two kernels. The second
takes BLOCK steps of CHANNELS channels at a time: what they need stays in the first cache, their
states in registers, and nothing of size length x d_inner x d_state ever exists; at that size
memory, not arithmetic, sets the pace. `scan.selective_scan` is the definition.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numba import types
from torch import Tensor

from longssm_core.config import MambaConfig
from longssm_core.fused_parts import TAPS, as_array, convolution_of, convolve, last_inputs
from longssm_core.mixers import MambaMixer, decay_rate
from longssm_core.products import multiply
from longssm_core.state import LayerState
from longssm_core.vectors import LANES, Lanes, cgutils, exact_order, inserted, sigmoid, softplus

CHANNELS = 64  # of a block: whole cache lines of one row, next to each other
BLOCK = 16  # steps of a block
GROUP = 8  # states of a channel that are in registers at once


def _walk_of(states: int) -> Any:
    """A walk through the steps of a block with `states` states of LANES channels in registers."""

    @inserted
    def walk(
        typingctx: Any,
        delta: Any,
        inflow: Any,
        y: Any,
        place: Any,
        rates: Any,
        hidden: Any,
        mode: Any,
        channels: Any,
        mixed: Any,
        b_at: Any,
        c_at: Any,
        row: Any,
        steps: Any,
    ) -> Any:
        """h = 2^(delta rate) h + inflow B and y += C h.

        delta, inflow, y: (BLOCK, CHANNELS) from float `place`; rates, hidden: states `channels`
        floats apart from float `mode`; B and C of the first step at floats b_at and c_at of
        `mixed`, those of the next step `row` floats on.
        """
        index = types.intp
        signature = types.void(
            delta, inflow, y, index, rates, hidden, index, index, mixed, index, index, index, index
        )

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            lanes = Lanes(context, builder, signature, arguments)
            place, mode, channels = (arguments[n] for n in (3, 6, 7))
            b_at, c_at, row, steps = arguments[9:]
            apart = [lanes.times(channels, n) for n in range(states)]
            first_rate, first_state = lanes.pointer(4, mode), lanes.pointer(5, mode)
            rate = [lanes.load(lanes.beyond(first_rate, n)) for n in apart]
            h = [lanes.variable(lanes.load(lanes.beyond(first_state, n))) for n in apart]
            with cgutils.for_range(builder, steps) as loop:
                here = builder.add(place, lanes.times(loop.index, CHANNELS))
                time, entering = (
                    lanes.load(lanes.pointer(0, here)),
                    lanes.load(lanes.pointer(1, here)),
                )
                b, c = (
                    lanes.beyond(lanes.pointer(8, at), lanes.times(loop.index, row))
                    for at in (b_at, c_at)
                )
                sums = [lanes.load(lanes.pointer(2, here)), lanes.constant(0.0)]  # shorter chains
                for n in range(states):
                    added = builder.fmul(entering, lanes.spread(lanes.beyond(b, n)))
                    now = lanes.decayed(builder.load(h[n]), builder.fmul(time, rate[n]), added)
                    builder.store(now, h[n])
                    read = lanes.spread(lanes.beyond(c, n))
                    sums[n % 2] = lanes.multiply_add(now, read, sums[n % 2])
                lanes.store(builder.fadd(*sums), lanes.pointer(2, here))
            for place_of, value in zip(apart, h, strict=True):
                lanes.store(builder.load(value), lanes.beyond(first_state, place_of))
            return context.get_dummy_value()

        return signature, generate

    return walk


_walk, _walk_one = _walk_of(GROUP), _walk_of(1)


@exact_order
def _scan(
    u: Any, raw: Any, bias: Any, rates: Any, D: Any, mixed: Any, b_at: Any, c_at: Any,
    projected: Any, h: Any, out: Any,
) -> None:  # fmt: skip
    """out = (y + D u) SiLU(gate) of one row, y from the recurrence; h is moved to its end.

    u, raw, out: (length, d_inner), delta = softplus(raw + bias); rates, h: (d_state, d_inner), a
    state decays by 2^(delta rate); B and C lie in the columns of `mixed` from b_at and c_at, the
    gate behind the first d_inner columns of `projected`.
    """
    length, inner, states, width = u.shape[0], u.shape[1], h.shape[0], mixed.shape[1]
    delta, inflow = np.empty((BLOCK, CHANNELS), np.float32), np.empty((BLOCK, CHANNELS), np.float32)
    y = np.empty((BLOCK, CHANNELS), np.float32)
    for begin in range(0, length, BLOCK):
        steps = min(BLOCK, length - begin)
        for first in range(0, inner, CHANNELS):
            here = slice(first, first + CHANNELS)
            for t in range(steps):
                value, source, offset, skip = (
                    u[begin + t, here],
                    raw[begin + t, here],
                    bias[here],
                    D[here],
                )
                for c in range(CHANNELS):
                    now = softplus(source[c] + offset[c])
                    delta[t, c] = now
                    inflow[t, c] = now * value[c]
                    y[t, c] = skip[c] * value[c]
            for c in range(0, CHANNELS, LANES):
                at = begin * width
                n = 0
                while n + GROUP <= states:
                    _walk(
                        delta, inflow, y, c, rates, h, n * inner + first + c, inner,
                        mixed, at + b_at + n, at + c_at + n, width, steps,
                    )  # fmt: skip
                    n += GROUP
                while n < states:
                    _walk_one(
                        delta, inflow, y, c, rates, h, n * inner + first + c, inner,
                        mixed, at + b_at + n, at + c_at + n, width, steps,
                    )  # fmt: skip
                    n += 1
            for t in range(steps):
                gate = projected[begin + t, inner + first : inner + first + CHANNELS]
                target = out[begin + t, here]
                for c in range(CHANNELS):
                    target[c] = y[t, c] * gate[c] * sigmoid(gate[c])


def is_supported(config: MambaConfig) -> bool:
    """Whether the fused form computes this model: whole blocks of channels, four taps."""
    return config.d_inner % CHANNELS == 0 and config.d_conv == TAPS


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
    projected, before = projected.contiguous(), state.convolution.contiguous()
    inner, states = config.d_inner, config.d_state
    taps, bias = convolution_of(mixer.conv1d.weight, mixer.conv1d.bias)
    u = torch.empty(batch, length, inner)
    for row in range(batch):
        convolve(
            projected[row].numpy(), 0, 0, length, before[row].numpy(), taps, bias, u[row].numpy()
        )
    mixed = mixer.mix(u)
    raw = multiply(mixed[..., : config.delta_rank], mixer.dt_proj.weight)  # its bias: in `_scan`
    rates, D = as_array(decay_rate(mixer.A_log).t() * math.log2(math.e)), as_array(mixer.D)
    out = torch.empty(batch, length, inner)
    h = state.hidden.transpose(1, 2).clone(memory_format=torch.contiguous_format)  # moves on
    for row in range(batch):
        _scan(
            u[row].numpy(), raw[row].numpy(), as_array(mixer.dt_proj.bias), rates, D,
            mixed[row].numpy(), config.delta_rank, config.delta_rank + states,
            projected[row].numpy(), h[row].numpy(), out[row].numpy(),
        )  # fmt: skip
    after = LayerState(h.transpose(1, 2).contiguous(), last_inputs(projected[..., :inner], before))
    return out, after
