"""Reading with Mamba-2 on a CPU: everything between the projections in one kernel.

`read_fused_mamba2` is what `Mamba2Mixer` computes between in_proj and out_proj (convolution, step
sizes, scan, skip, gate, norm) over any length, without gradients. It takes SPAN steps at a time, a
head after the other, so that what a head needs stays in the cache: the state-space duality of
`scan.chunked_head_scan`, whose decays are here products of the decays of single steps.
`fused` is the same for training, with gradients and for short windows.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import torch
from numba import types
from torch import Tensor

from longssm_core.config import Mamba2Config
from longssm_core.fused_parts import TAPS, as_array, convolution_of, convolve, last_inputs
from longssm_core.mixers import Mamba2Mixer, decay_rate
from longssm_core.state import LayerState
from longssm_core.vectors import (
    INDEX,
    LANES,
    ONE,
    WIDE,
    WORD,
    ZERO,
    Lanes,
    add_product,
    cgutils,
    exp,
    exp_minus_one,
    fast,
    inserted,
    sigmoid,
    softplus,
)

SPAN = (
    32  # steps at a time: more makes the products within a span longer, less those with the state
)
ROWS = 8 if WIDE else 4  # of a tile; its sums have to fit into the registers
COLUMNS = 16  # the narrowest tile: heads and states come in multiples of it
HALF = np.float32(0.5)
GONE = np.float32(
    1e-30
)  # of a step: what is left of it when it is dropped, before numbers get slow


def _tile_of(vectors: int) -> Any:
    """One tile of a matrix product, ROWS x `vectors` registers."""

    @inserted
    def tile(
        typingctx: Any,
        c: Any,
        c_at: Any,
        c_row: Any,
        scale: Any,
        scale_at: Any,
        scale_step: Any,
        a: Any,
        a_at: Any,
        a_row: Any,
        a_step: Any,
        b: Any,
        b_at: Any,
        b_row: Any,
        steps: Any,
        keep: Any,
        whole: Any,
    ) -> Any:
        """c = a @ b, or with keep c = whole c + scale c + a @ b, a scale for each row.

        `_at` are offsets in floats; a[i, k] is at a_at + i * a_row + k * a_step.
        """
        index = types.intp
        signature = types.void(
            c, index, index, scale, index, index, a, index, index, index, b, index, index, index,
            types.boolean, types.float32,
        )  # fmt: skip

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            lanes = Lanes(context, builder, signature, arguments)
            c_row, scale_step, a_row, a_step, b_row, steps, keep = (
                arguments[n] for n in (2, 5, 8, 9, 12, 13, 14)
            )
            c, scale, a, b = (lanes.pointer(n, arguments[n + 1]) for n in (0, 3, 6, 10))
            places = [
                [
                    lanes.beyond(lanes.beyond(c, lanes.times(c_row, row)), LANES * n)
                    for n in range(vectors)
                ]
                for row in range(ROWS)
            ]
            sums = [[lanes.variable(lanes.constant(0.0)) for _ in line] for line in places]
            with builder.if_then(keep):
                for row, (line, totals) in enumerate(zip(places, sums, strict=True)):
                    factor = lanes.spread(lanes.beyond(scale, lanes.times(scale_step, row)))
                    for place, total in zip(line, totals, strict=True):
                        before = lanes.load(place)
                        kept = builder.fmul(lanes.spread_value(arguments[15]), before)
                        builder.store(lanes.multiply_add(factor, before, kept), total)
            add_product(lanes, sums, a, a_row, a_step, b, b_row, steps)
            for line, totals in zip(places, sums, strict=True):
                for place, total in zip(line, totals, strict=True):
                    lanes.store(builder.load(total), place)
            return context.get_dummy_value()

        return signature, generate

    return tile


_tile, _wide_tile = _tile_of(COLUMNS // LANES), _tile_of(2)


@fast
def _rows(
    c: Any, c_at: Any, c_row: Any, scale: Any, scale_at: Any, scale_step: Any,
    a: Any, a_at: Any, a_row: Any, a_step: Any, b: Any, b_at: Any, b_row: Any,
    columns: Any, steps: Any, keep: Any, whole: Any,
) -> None:  # fmt: skip
    """ROWS rows of the product of `_tile_of`, all columns."""
    column = 0
    while column + 2 * LANES <= columns:
        _wide_tile(
            c, c_at + column, c_row, scale, scale_at, scale_step,
            a, a_at, a_row, a_step, b, b_at + column, b_row, steps, keep, whole,
        )  # fmt: skip
        column += 2 * LANES
    if column < columns:
        _tile(
            c, c_at + column, c_row, scale, scale_at, scale_step,
            a, a_at, a_row, a_step, b, b_at + column, b_row, steps, keep, whole,
        )  # fmt: skip


class _Weights(NamedTuple):
    """Weights of a mixer as the loops read them; conv (TAPS, d_convolved)."""

    conv: Any
    conv_bias: Any
    dt_bias: Any
    A: Any
    D: Any  # of every channel, (d_inner,)
    norm: Any


class _Span(NamedTuple):
    """Buffers of one span."""

    active: Any  # u, B, C: (SPAN, d_convolved)
    delta: Any  # (SPAN, n_heads)
    decay: Any  # exp(delta A)
    change: Any  # what is left of the state before the span at its end, less 1, (n_heads,)
    B_turned: Any  # (d_state, SPAN), of one group
    agreement: Any  # C_i B_j, (SPAN, SPAN)
    left: Any  # of step j at step i, times delta_j, (SPAN,)
    since: Any  # what is left of the state before the span, (SPAN,)
    mixing: Any  # left * agreement, (SPAN, SPAN): 0 above the diagonal
    weighted: Any  # what step j adds to the state at the span's end, (SPAN, d_head)
    y: Any  # (SPAN, d_inner)


def _span(config: Mamba2Config) -> _Span:
    def empty(*shape: int) -> np.ndarray[Any, Any]:
        return np.empty(shape, dtype=np.float32)

    return _Span(
        active=empty(SPAN, config.d_convolved),
        delta=empty(SPAN, config.n_heads),
        decay=empty(SPAN, config.n_heads),
        change=empty(config.n_heads),
        B_turned=empty(config.d_state, SPAN),
        agreement=empty(SPAN, SPAN),
        left=empty(SPAN),
        since=empty(SPAN),
        mixing=empty(SPAN, SPAN),
        weighted=empty(SPAN, config.d_head),
        y=empty(SPAN, config.d_inner),
    )


@fast
def _enter(
    projected: Any, begin: Any, end: Any, before: Any, weights: Any, low: Any, high: Any, work: Any
) -> None:
    """u, B, C, step sizes and decays of the steps from begin to end; nothing after them."""
    inner, width, heads = weights.D.shape[0], weights.conv_bias.shape[0], weights.A.shape[0]
    convolve(projected, inner, begin, end, before, weights.conv, weights.conv_bias, work.active)
    change = work.change
    for h in range(heads):
        change[h] = ZERO
    for t in range(end - begin):
        source = projected[begin + t, inner + width : inner + width + heads]
        deltas, decays = work.delta[t], work.decay[t]
        for h in range(heads):
            delta = softplus(source[h] + weights.dt_bias[h])
            delta = low if delta < low else delta
            delta = high if delta > high else delta
            deltas[h], decays[h] = delta, exp(delta * weights.A[h])
            # not the product of decays near 1: rounded, they err to the same side at every step
            lost = exp_minus_one(delta * weights.A[h])
            change[h] = change[h] * lost + (change[h] + lost)
    for t in range(end - begin, SPAN):  # no time passes, and nothing enters
        work.active[t, :] = ZERO
        work.delta[t, :], work.decay[t, :] = ZERO, ONE


@fast
def _agree(work: Any, b_at: Any, c_at: Any) -> None:
    """C_i B_j of one group, whose B and C are in the columns of `active` from b_at and c_at."""
    states, width = work.B_turned.shape[0], work.active.shape[1]
    for t in range(SPAN):
        B = work.active[t, b_at : b_at + states]
        for n in range(states):
            work.B_turned[n, t] = B[n]
    for i in range(0, SPAN, ROWS):
        _rows(
            work.agreement, i * SPAN, SPAN, work.since, 0, 0,
            work.active, i * width + c_at, width, 1, work.B_turned, 0, SPAN,
            SPAN, states, False, ZERO,
        )  # fmt: skip


@inserted
def _mix(
    typingctx: Any,
    decay: Any,
    delta: Any,
    agreement: Any,
    left: Any,
    since: Any,
    mixing: Any,
    head: Any,
    heads: Any,
) -> Any:
    """Fills left, since and mixing of a head (see `_Span`); a loop would keep them in memory."""
    signature = types.void(decay, delta, agreement, left, since, mixing, types.intp, types.intp)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = Lanes(context, builder, signature, arguments)
        head, heads = arguments[6:]
        gone, zero, one = (lanes.constant(value) for value in (GONE, 0.0, 1.0))
        rest = [lanes.variable(zero) for _ in range(0, SPAN, LANES)]
        remaining = lanes.variable(one)
        with cgutils.for_range(builder, INDEX(SPAN)) as loop:
            i, row = loop.index, lanes.times(loop.index, SPAN)
            here = builder.add(lanes.times(i, heads), head)
            now, entering = (
                lanes.spread(lanes.pointer(0, here)),
                lanes.spread(lanes.pointer(1, here)),
            )

            def decayed(place: Any, now: Any = now) -> Any:
                value = builder.fmul(builder.load(place), now)
                # not "if greater": what is not a number has to stay
                return builder.select(builder.fcmp_ordered("<", value, gone), zero, value)

            builder.store(decayed(remaining), remaining)
            lane = builder.extract_element(builder.load(remaining), WORD(0))
            builder.store(lane, lanes.pointer(4, i))
            for n, place in enumerate(rest):
                value = lanes.replaced(decayed(place), builder.sub(i, INDEX(n * LANES)), entering)
                builder.store(value, place)
                at = builder.add(row, INDEX(n * LANES))
                product = builder.fmul(value, lanes.load(lanes.pointer(2, at)))
                lanes.store(product, lanes.pointer(5, at))
        for n, place in enumerate(rest):
            lanes.store(builder.load(place), lanes.pointer(3, INDEX(n * LANES)))
        return context.get_dummy_value()

    return signature, generate


@fast
def _scan_head(head: Any, b_at: Any, c_at: Any, d_head: Any, h: Any, work: Any) -> None:
    """y of one head; its state h, (d_state, d_head), is moved to the span's end."""
    states, width, inner, at = h.shape[0], work.active.shape[1], work.y.shape[1], head * d_head
    _mix(
        work.decay, work.delta, work.agreement, work.left, work.since, work.mixing,
        head, work.delta.shape[1],
    )  # fmt: skip
    for j in range(SPAN):
        u, target, rest = work.active[j, at : at + d_head], work.weighted[j], work.left[j]
        for c in range(d_head):
            target[c] = rest * u[c]
    for i in range(0, SPAN, ROWS):
        _rows(
            work.y, i * inner + at, inner, work.since, 0, 0,
            work.active, i * width + c_at, width, 1, h, 0, d_head, d_head, states, False, ZERO,
        )  # fmt: skip
        _rows(  # nothing above the diagonal
            work.y, i * inner + at, inner, work.since, i, 1, work.mixing, i * SPAN, SPAN, 1,
            work.active, at, width, d_head, i + ROWS, True, ZERO,
        )  # fmt: skip
    whole = ONE
    if work.since[SPAN - 1] < HALF:  # the change has few digits of it
        whole, work.change[head] = ZERO, work.since[SPAN - 1]
    for n in range(0, states, ROWS):
        _rows(
            h, n * d_head, d_head, work.change, head, 0, work.active, b_at + n, 1, width,
            work.weighted, 0, d_head, d_head, SPAN, True, whole,
        )  # fmt: skip


@fast
def _leave(y: Any, u: Any, gate: Any, D: Any, weight: Any, epsilon: Any, out: Any) -> None:
    """out = RMSNorm((y + D u) SiLU(gate)) of one step and group."""
    width, square = y.shape[0], ZERO
    for c in range(width):
        z = (y[c] + D[c] * u[c]) * gate[c] * sigmoid(gate[c])
        out[c] = z
        square += z * z
    scale = ONE / np.float32(math.sqrt(square / np.float32(width) + epsilon))
    for c in range(width):
        out[c] *= scale * weight[c]


@fast
def _read(
    projected: Any, before: Any, weights: Any, groups: Any, low: Any, high: Any, epsilon: Any,
    h: Any, work: Any, out: Any,
) -> None:  # fmt: skip
    """Fills out, (length, d_inner), of one row; h, (n_heads, d_state, d_head), moves to its end."""
    length, inner = out.shape
    heads, states, d_head = h.shape
    per_group = heads // groups
    for begin in range(0, length, SPAN):
        end = min(begin + SPAN, length)
        _enter(projected, begin, end, before, weights, low, high, work)
        for head in range(heads):
            b_at = inner + head // per_group * states
            c_at = b_at + groups * states
            if head % per_group == 0:
                _agree(work, b_at, c_at)
            _scan_head(head, b_at, c_at, d_head, h[head], work)
        for t in range(begin, end):
            for first in range(0, inner, inner // groups):
                here = slice(first, first + inner // groups)
                _leave(
                    work.y[t - begin, here], work.active[t - begin, here], projected[t, here],
                    weights.D[here], weights.norm[here], epsilon, out[t, here],
                )  # fmt: skip


def is_supported(config: Mamba2Config) -> bool:
    """Whether the fused form computes this model: whole tiles, four taps."""
    return config.d_head % COLUMNS == 0 and config.d_state % COLUMNS == 0 and config.d_conv == TAPS


def read_fused_mamba2(
    mixer: Mamba2Mixer, projected: Tensor, state: LayerState
) -> tuple[Tensor, LayerState]:
    """What `mixer` computes between in_proj and out_proj, for any length, without gradients.

    Args:
        projected: output of in_proj, (batch, length, d_projected), float32 on the CPU.
        state: before the first position.

    Returns:
        (batch, length, d_inner), to be given to out_proj; the state after the last position.
    """
    config, (batch, length, _) = mixer.config, projected.shape
    projected, before = projected.contiguous(), state.convolution.contiguous()
    low, high = (np.float32(limit) for limit in config.delta_limit)
    weights, work = _weights_of(mixer), _span(config)
    out = torch.empty(batch, length, config.d_inner)
    h = state.hidden.transpose(2, 3).clone(memory_format=torch.contiguous_format)  # moves on
    for row in range(batch):
        _read(
            projected[row].numpy(), before[row].numpy(), weights, config.n_groups, low, high,
            np.float32(mixer.norm.epsilon), h[row].numpy(), work, out[row].numpy(),
        )  # fmt: skip
    mixed = projected[..., config.d_inner : config.d_inner + config.d_convolved]
    return out, LayerState(h.transpose(2, 3).contiguous(), last_inputs(mixed, before))


def _weights_of(mixer: Mamba2Mixer) -> _Weights:
    conv, conv_bias = convolution_of(mixer.conv1d.weight, mixer.conv1d.bias)
    return _Weights(
        conv,
        conv_bias,
        dt_bias=as_array(mixer.dt_bias),
        A=as_array(decay_rate(mixer.A_log)),
        D=as_array(mixer.D.repeat_interleave(mixer.config.d_head)),
        norm=as_array(mixer.norm.weight),
    )
