"""Training of Mamba-2 on a CPU at several times the speed of the eager model, the same values.

`fused_mixer` is everything between the two projections of `Mamba2Mixer` (convolution, step sizes,
scan within one chunk, gate, norm) and its exact gradients; `fused_loss` is the whole model with
the mean cross-entropy. Both work row by row, so that what a row needs stays in the cache, and
compute the backward pass from little that is kept. `fused_mamba2` reads, at any length. `scan.py`
and `models.py` are the definition; `is_supported` says for which models these stand in for them.

The gradient stops at the state on both sides, as in truncated backpropagation through time.
Compiled by numba at the first call and kept on disk; float32, contiguous, single-threaded.
"""

from __future__ import annotations

import math
import threading
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import torch
from numba import types
from torch import Tensor

from longssm_core.config import Mamba2Config, ModelConfig
from longssm_core.errors import ConfigError, ShapeError
from longssm_core.fused_parts import TAPS, as_array, rms_norm_rows
from longssm_core.mixers import Mamba2Mixer
from longssm_core.models import LanguageModel
from longssm_core.scan import CHUNK
from longssm_core.state import LayerState, ModelState, check_state
from longssm_core.vectors import ONE, ZERO, Lanes, add_product, exp, fast, inserted, sigmoid

LANES = 8  # floats in one AVX register
ROW_TILE, COLUMN_TILE = 4, 2 * LANES  # one tile of a product: 8 accumulators in registers
MICRO_BATCH = 2048  # tokens of `fused_loss` at a time: measured best, backward finds them in L3


_TWENTY = np.float32(20.0)

# ---------------------------------------------------------------------------- matrix products


@inserted
def _tile(
    typingctx: Any,
    c: Any,
    c_at: Any,
    c_row: Any,
    a: Any,
    a_at: Any,
    a_row: Any,
    a_step: Any,
    b: Any,
    b_at: Any,
    b_row: Any,
    steps: Any,
    keep: Any,
) -> Any:
    """One tile of c = keep * c + a @ b; `_at` are offsets in floats, keep is 0 or 1.

    numba has no vector types and its loops leave the sums in memory; here they are registers.
    """
    index = types.intp
    signature = types.void(
        c, index, index, a, index, index, index, b, index, index, index, types.boolean
    )

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = Lanes(context, builder, signature, arguments, LANES)
        c_row, a_row, a_step, b_row = (arguments[i] for i in (2, 5, 6, 9))
        c, a, b = (lanes.pointer(number, arguments[number + 1]) for number in (0, 3, 7))
        places = [
            [lanes.beyond(lanes.beyond(c, lanes.times(c_row, row)), at) for at in (0, LANES)]
            for row in range(ROW_TILE)
        ]
        sums = [[lanes.variable(lanes.constant(0.0)) for _ in line] for line in places]
        with builder.if_then(arguments[11]):  # keep
            for line, totals in zip(places, sums, strict=True):
                for place, total in zip(line, totals, strict=True):
                    builder.store(lanes.load(place), total)
        add_product(lanes, sums, a, a_row, a_step, b, b_row, arguments[10])
        for line, totals in zip(places, sums, strict=True):
            for place, total in zip(line, totals, strict=True):
                lanes.store(builder.load(total), place)
        return context.get_dummy_value()

    return signature, generate


# rows are a multiple of ROW_TILE, columns of COLUMN_TILE: buffers of time are padded with zeros
@fast
def _product(
    c: Any, c_at: Any, c_row: Any, a: Any, a_at: Any, a_row: Any, a_step: Any,
    b: Any, b_at: Any, b_row: Any, rows: Any, columns: Any, steps: Any, keep: Any,
) -> None:  # fmt: skip
    """c = keep * c + a @ b, with a[i, k] at a_at + i * a_row + k * a_step."""
    for column in range(0, columns, COLUMN_TILE):
        for row in range(0, rows, ROW_TILE):
            _tile(
                c, c_at + row * c_row + column, c_row, a, a_at + row * a_row, a_row, a_step,
                b, b_at + column, b_row, steps, keep,
            )  # fmt: skip


# ---------------------------------------------------------------------------- one layer


class _Weights(NamedTuple):
    """Weights of a mixer as the loops read them; conv (TAPS, d_convolved), A = -exp(A_log)."""

    conv: Any
    conv_bias: Any
    dt_bias: Any
    A: Any
    D: Any
    D_wide: Any  # D of every channel, (d_inner,)
    norm: Any


class _Gradients(NamedTuple):
    """Sums over all rows, float64: thousands of small terms are added one after another."""

    conv: Any
    conv_bias: Any
    dt_bias: Any
    A: Any
    D: Any
    norm: Any


class _Workspace(NamedTuple):
    """Buffers of one row; `time` is the length, padded with zeros to whole tiles."""

    extended: Any  # (TAPS - 1 + length, d_convolved)
    total: Any  # convolution before SiLU, (time, d_convolved)
    slope: Any  # derivative of SiLU there
    active: Any  # u, B, C: (time, d_convolved)
    raw: Any  # before softplus, (time, n_heads)
    delta: Any
    decay: Any  # S, (n_heads, time)
    weighted: Any  # delta u, (time, d_inner)
    B_turned: Any  # (d_state, time)
    C_turned: Any
    weighted_turned: Any  # (d_inner, time)
    agreement: Any  # C_i B_j, (time, time)
    between: Any  # exp(S_i - S_j), 0 above the diagonal
    mixing: Any  # between * agreement
    lower: Any  # ones on and below the diagonal
    y_turned: Any  # (d_inner, time)
    y: Any  # (time, d_inner)
    inflow: Any
    d_y: Any  # gradients, from here on
    d_y_decayed: Any
    d_weighted: Any
    d_mixing: Any
    d_agreement: Any
    gradient_b: Any  # (time, d_state)
    gradient_c: Any
    d_total: Any  # (length + TAPS - 1, d_convolved): zeros after the end
    d_decay: Any  # (n_heads, time)
    d_delta: Any
    sums: Any  # over one row: conv taps, conv bias, norm, (TAPS + 2, max width)


_BUFFERS = threading.local()  # one set for each thread: the loops run without the GIL


def _workspace(config: Mamba2Config, length: int) -> _Workspace:
    """Of the length that was asked for last; another takes its place."""
    key, kept = _BUFFERS.__dict__.get("rows", (None, None))
    if key != (config, length):
        kept = _new_workspace(config, length)
        _BUFFERS.rows = (config, length), kept
    assert isinstance(kept, _Workspace)
    return kept


def _new_workspace(config: Mamba2Config, length: int) -> _Workspace:
    time = -(-length // COLUMN_TILE) * COLUMN_TILE
    inner, state, heads, width = config.d_inner, config.d_state, config.n_heads, config.d_convolved

    def zeros(*shape: int) -> np.ndarray[Any, Any]:
        return np.zeros(shape, dtype=np.float32)

    return _Workspace(
        extended=zeros(TAPS - 1 + length, width),
        total=zeros(time, width),
        slope=zeros(time, width),
        active=zeros(time, width),
        raw=zeros(time, heads),
        delta=zeros(time, heads),
        decay=zeros(heads, time),
        weighted=zeros(time, inner),
        B_turned=zeros(state, time),
        C_turned=zeros(state, time),
        weighted_turned=zeros(inner, time),
        agreement=zeros(time, time),
        between=zeros(time, time),
        mixing=zeros(time, time),
        lower=np.tril(np.ones((time, time), dtype=np.float32)),
        y_turned=zeros(inner, time),
        y=zeros(time, inner),
        inflow=zeros(time, inner),
        d_y=zeros(time, inner),
        d_y_decayed=zeros(time, inner),
        d_weighted=zeros(time, inner),
        d_mixing=zeros(time, time),
        d_agreement=zeros(time, time),
        gradient_b=zeros(time, state),
        gradient_c=zeros(time, state),
        d_total=zeros(length + TAPS - 1, width),
        d_decay=zeros(heads, time),
        d_delta=zeros(time, heads),
        sums=zeros(TAPS + 2, width),
    )


@fast
def _prepare(
    projected: Any, before: Any, weights: Any, low: Any, high: Any, with_slope: Any, work: Any
) -> None:
    """u, B, C, step sizes, decays S and agreement C_i B_j of one row."""
    length, inner, width = projected.shape[0], weights.norm.shape[0], weights.conv_bias.shape[0]
    heads, state, time = weights.A.shape[0], work.B_turned.shape[0], work.agreement.shape[0]
    d_head = inner // heads
    for t in range(TAPS - 1):
        source, target = before[t], work.extended[t]
        for c in range(width):
            target[c] = source[c]
    for t in range(length):
        source, target = projected[t, inner : inner + width], work.extended[t + TAPS - 1]
        for c in range(width):
            target[c] = source[c]

    w0, w1, w2, w3 = weights.conv[0], weights.conv[1], weights.conv[2], weights.conv[3]
    bias = weights.conv_bias
    for t in range(length):
        x0, x1, x2, x3 = (
            work.extended[t], work.extended[t + 1], work.extended[t + 2], work.extended[t + 3],
        )  # fmt: skip
        active, slope = work.active[t], work.slope[t]
        if with_slope:
            for c in range(width):
                x = bias[c] + x0[c] * w0[c] + x1[c] * w1[c] + x2[c] * w2[c] + x3[c] * w3[c]
                gate = sigmoid(x)
                active[c] = x * gate
                slope[c] = gate * (ONE + x * (ONE - gate))
        else:
            for c in range(width):
                x = bias[c] + x0[c] * w0[c] + x1[c] * w1[c] + x2[c] * w2[c] + x3[c] * w3[c]
                active[c] = x * sigmoid(x)

    for t in range(length):
        source = projected[t, inner + width : inner + width + heads]
        for h in range(heads):
            raw = source[h] + weights.dt_bias[h]
            delta = raw if raw > _TWENTY else np.float32(math.log1p(math.exp(raw)))
            delta = low if delta < low else delta
            delta = high if delta > high else delta
            work.raw[t, h], work.delta[t, h] = raw, delta
            before_it = work.decay[h, t - 1] if t > 0 else ZERO
            work.decay[h, t] = before_it + delta * weights.A[h]
        u, weighted = work.active[t, :inner], work.weighted[t]
        for h in range(heads):
            delta = work.delta[t, h]
            for c in range(h * d_head, (h + 1) * d_head):
                weighted[c] = delta * u[c]
    for h in range(heads):
        for t in range(length, time):
            work.decay[h, t] = work.decay[h, length - 1]

    for t in range(length):
        B = work.active[t, inner : inner + state]
        C = work.active[t, inner + state : inner + 2 * state]
        for n in range(state):
            work.B_turned[n, t] = B[n]
            work.C_turned[n, t] = C[n]
    _product(
        work.agreement, 0, time, work.active, inner + state, width, 1,
        work.B_turned, 0, time, time, time, state, False,
    )  # fmt: skip


@fast
def _decays_between(head: Any, length: Any, work: Any) -> None:
    """exp(S_i - S_j) of one head, and its product with the agreement."""
    time = work.agreement.shape[0]
    decay = work.decay[head]
    for i in range(length):
        end = decay[i]
        between, mixing = work.between[i], work.mixing[i]
        agreement, lower = work.agreement[i], work.lower[i]
        for j in range(time):
            # above the diagonal the difference is positive and could overflow
            difference = end - decay[j]
            difference = ZERO if difference > ZERO else difference
            value = exp(difference) * lower[j]
            between[j] = value
            mixing[j] = value * agreement[j]


@fast
def _forward(
    projected: Any, before: Any, hidden: Any, weights: Any, low: Any, high: Any, epsilon: Any,
    work: Any, scanned: Any, out: Any, last_inputs: Any, final: Any,
) -> None:  # fmt: skip
    """Fills scanned (y of the scan), out, and the new state, for every row.

    hidden, final: (batch, d_inner, d_state); scanned, out: (batch, length, d_inner).
    """
    batch, length = projected.shape[0], projected.shape[1]
    inner, width, heads = weights.norm.shape[0], weights.conv_bias.shape[0], weights.A.shape[0]
    state, time = work.B_turned.shape[0], work.agreement.shape[0]
    d_head = inner // heads
    for row in range(batch):
        _prepare(projected[row], before[row], weights, low, high, False, work)
        for t in range(TAPS - 1):
            source, target = work.extended[length + t], last_inputs[row, t]
            for c in range(width):
                target[c] = source[c]

        # the part of y that comes from h_0, with time along the rows: C_i h_0 as h_0 C_i^T
        _product(
            work.y_turned, 0, time, hidden[row], 0, state, 1,
            work.C_turned, 0, time, inner, time, state, False,
        )  # fmt: skip
        for h in range(heads):
            last = work.decay[h, length - 1]
            for t in range(length):
                now = work.decay[h, t]
                here, to_end = exp(now), exp(last - now)
                for c in range(h * d_head, (h + 1) * d_head):
                    work.y[t, c] = here * work.y_turned[c, t]
                    work.inflow[t, c] = to_end * work.weighted[t, c]
        for h in range(heads):
            _decays_between(h, length, work)
            at = h * d_head
            for i in range(0, time, ROW_TILE):  # nothing above the diagonal
                _product(
                    work.y, i * inner + at, inner, work.mixing, i * time, time, 1,
                    work.weighted, at, inner, ROW_TILE, d_head, i + ROW_TILE, True,
                )  # fmt: skip

        for h in range(heads):
            left = exp(work.decay[h, length - 1])
            for c in range(h * d_head, (h + 1) * d_head):
                source, target = hidden[row, c], final[row, c]
                for n in range(state):
                    target[n] = left * source[n]
        _product(
            final[row], 0, state, work.inflow, 0, 1, inner,
            work.active, inner, width, inner, state, time, True,
        )  # fmt: skip

        for t in range(length):
            y, kept, u = work.y[t], scanned[row, t], work.active[t, :inner]
            gate, target = projected[row, t, :inner], out[row, t]
            for c in range(inner):
                kept[c] = y[c]
            square = ZERO
            for c in range(inner):
                z = (y[c] + weights.D_wide[c] * u[c]) * gate[c] * sigmoid(gate[c])
                target[c] = z
                square += z * z
            scale = ONE / np.float32(math.sqrt(square / np.float32(inner) + epsilon))
            for c in range(inner):
                target[c] *= scale * weights.norm[c]


@fast
def _backward(
    d_out: Any, scanned: Any, projected: Any, before: Any, hidden: Any, weights: Any,
    low: Any, high: Any, epsilon: Any, work: Any, d_projected: Any, gradients: Any,
) -> None:  # fmt: skip
    """Fills d_projected and adds to `gradients`; with A = -exp(A_log), gradients.A is dA."""
    batch, length = projected.shape[0], projected.shape[1]
    inner, width, heads = weights.norm.shape[0], weights.conv_bias.shape[0], weights.A.shape[0]
    state, time = work.B_turned.shape[0], work.agreement.shape[0]
    d_head = inner // heads
    inverse = ONE / np.float32(inner)
    for row in range(batch):
        _prepare(projected[row], before[row], weights, low, high, True, work)
        d_bias, d_norm = work.sums[TAPS], work.sums[TAPS + 1]
        for k in range(TAPS + 2):
            for c in range(width):
                work.sums[k, c] = ZERO

        # norm, gate, skip
        for t in range(length):
            y, u, gate = scanned[row, t], work.active[t, :inner], projected[row, t, :inner]
            source, d_y, d_gate = d_out[row, t], work.d_y[t], d_projected[row, t, :inner]
            square, along = ZERO, ZERO
            for c in range(inner):
                z = (y[c] + weights.D_wide[c] * u[c]) * gate[c] * sigmoid(gate[c])
                d_y[c] = z
                square += z * z
                along += z * source[c] * weights.norm[c]
            scale = ONE / np.float32(math.sqrt(square * inverse + epsilon))
            shrink = along * inverse * scale * scale
            for c in range(inner):
                d_norm[c] += source[c] * d_y[c] * scale
            for c in range(inner):
                d_z = scale * (source[c] * weights.norm[c] - d_y[c] * shrink)
                opening = sigmoid(gate[c])
                open_by = gate[c] * opening
                v = y[c] + weights.D_wide[c] * u[c]
                d_gate[c] = d_z * v * (opening + open_by * (ONE - opening))
                d_y[c] = d_z * open_by

        # scan
        for t in range(length):
            for c in range(inner):
                work.weighted_turned[c, t] = work.weighted[t, c]
            for h in range(heads):
                here = exp(work.decay[h, t])
                for c in range(h * d_head, (h + 1) * d_head):
                    work.d_y_decayed[t, c] = here * work.d_y[t, c]
        for i in range(time):
            for j in range(time):
                work.d_agreement[i, j] = ZERO
        for h in range(heads):
            _decays_between(h, length, work)
            at = h * d_head
            for i in range(0, time, ROW_TILE):
                _product(  # only rows i and later see step i
                    work.d_weighted, i * inner + at, inner, work.mixing, i * time + i, 1, time,
                    work.d_y, i * inner + at, inner, ROW_TILE, d_head, time - i, False,
                )  # fmt: skip
                # columns up to the diagonal, in whole tiles; the others stay zero
                _product(
                    work.d_mixing, i * time, time, work.d_y, i * inner + at, inner, 1,
                    work.weighted_turned, at * time, time, ROW_TILE, i + ROW_TILE, d_head, False,
                )  # fmt: skip
            for i in range(length):
                total, between, part = work.d_agreement[i], work.between[i], work.d_mixing[i]
                for j in range(time):
                    total[j] += between[j] * part[j]
        _product(
            work.gradient_c, 0, state, work.d_agreement, 0, time, 1,
            work.active, inner, width, time, state, time, False,
        )  # fmt: skip
        _product(
            work.gradient_c, 0, state, work.d_y_decayed, 0, inner, 1,
            hidden[row], 0, state, time, state, inner, True,
        )  # fmt: skip
        _product(
            work.gradient_b, 0, state, work.d_agreement, 0, 1, time,
            work.active, inner + state, width, time, state, time, False,
        )  # fmt: skip

        # step sizes; S_i is in every term of y_i, and -S_j in every use of delta_j u_j
        for t in range(length):
            y, u, weighted = scanned[row, t], work.active[t, :inner], work.weighted[t]
            d_y, d_weighted = work.d_y[t], work.d_weighted[t]
            d_u, slope = work.d_total[t], work.slope[t]
            for h in range(heads):
                delta, D = work.delta[t, h], weights.D[h]
                of_decay, of_delta, of_D = ZERO, ZERO, ZERO
                for c in range(h * d_head, (h + 1) * d_head):
                    of_decay += d_y[c] * y[c] - d_weighted[c] * weighted[c]
                    of_delta += d_weighted[c] * u[c]
                    of_D += d_y[c] * u[c]
                    d_u[c] = (D * d_y[c] + delta * d_weighted[c]) * slope[c]
                work.d_decay[h, t] = of_decay
                work.d_delta[t, h] = of_delta
                gradients.D[h] += of_D
            d_B, d_C = work.gradient_b[t], work.gradient_c[t]
            for n in range(state):
                d_u[inner + n] = d_B[n] * slope[inner + n]
                d_u[inner + state + n] = d_C[n] * slope[inner + state + n]
        for h in range(heads):
            rest, of_A = ZERO, ZERO
            for back in range(length):
                t = length - 1 - back
                rest += work.d_decay[h, t]
                delta, raw = work.delta[t, h], work.raw[t, h]
                of_A += rest * delta
                d_delta = work.d_delta[t, h] + weights.A[h] * rest
                exact = raw if raw > _TWENTY else np.float32(math.log1p(math.exp(raw)))
                if exact < low or exact > high:  # the limit does not move
                    d_delta = ZERO
                d_raw = d_delta * sigmoid(raw)
                d_projected[row, t, inner + width + h] = d_raw
                gradients.dt_bias[h] += d_raw
            gradients.A[h] += of_A

        # convolution; d_total has zeros after the last step
        w0, w1, w2, w3 = weights.conv[0], weights.conv[1], weights.conv[2], weights.conv[3]
        for t in range(length):
            e0, e1, e2, e3 = (
                work.d_total[t], work.d_total[t + 1], work.d_total[t + 2], work.d_total[t + 3],
            )  # fmt: skip
            target = d_projected[row, t, inner : inner + width]
            for c in range(width):
                target[c] = e0[c] * w3[c] + e1[c] * w2[c] + e2[c] * w1[c] + e3[c] * w0[c]
            for c in range(width):
                d_bias[c] += e0[c]
            for k in range(TAPS):
                x, total = work.extended[t + k], work.sums[k]
                for c in range(width):
                    total[c] += e0[c] * x[c]
        for k in range(TAPS):
            for c in range(width):
                gradients.conv[k, c] += work.sums[k, c]
        for c in range(width):
            gradients.conv_bias[c] += d_bias[c]
        for c in range(inner):
            gradients.norm[c] += d_norm[c]


# ---------------------------------------------------------------------------- the mixer


def is_supported(config: ModelConfig) -> TypeGuard[Mamba2Config]:
    """Whether the fused form computes this model.

    Mamba-2 with whole tiles, four convolution taps with bias, one group, a tied head.
    """
    return (
        isinstance(config, Mamba2Config)
        and config.d_head % COLUMN_TILE == 0
        and config.d_state % COLUMN_TILE == 0
        and config.d_conv == TAPS
        and config.n_groups == 1
        and config.tied
        and config.convolution_bias
        and not config.projection_bias
    )


class _Run(NamedTuple):
    """One mixer with everything that the loops need beside its inputs."""

    weights: _Weights
    limits: tuple[Any, Any, Any]  # lowest and highest delta, epsilon of the norm
    work: _Workspace


def _run_of(mixer: Mamba2Mixer, length: int) -> _Run:
    config = mixer.config
    low, high = config.delta_limit
    D = mixer.D.detach()
    weights = _Weights(
        conv=as_array(mixer.conv1d.weight[:, 0].t()),
        conv_bias=as_array(_bias(mixer)),
        dt_bias=as_array(mixer.dt_bias),
        A=as_array(-torch.exp(mixer.A_log)),
        D=as_array(D),
        D_wide=as_array(D.repeat_interleave(config.d_head)),
        norm=as_array(mixer.norm.weight),
    )
    limits = (np.float32(low), np.float32(high), np.float32(mixer.norm.epsilon))
    return _Run(weights, limits, _workspace(config, length))


def _bias(mixer: Mamba2Mixer) -> Tensor:
    assert mixer.conv1d.bias is not None
    return mixer.conv1d.bias


def _zero_gradients(config: Mamba2Config) -> _Gradients:
    return _Gradients(
        conv=np.zeros((TAPS, config.d_convolved)),
        conv_bias=np.zeros(config.d_convolved),
        dt_bias=np.zeros(config.n_heads),
        A=np.zeros(config.n_heads),
        D=np.zeros(config.n_heads),
        norm=np.zeros(config.d_inner),
    )


def _parameters(mixer: Mamba2Mixer) -> tuple[Tensor, ...]:
    """In the order of `_parameter_gradients`."""
    return (
        mixer.conv1d.weight, _bias(mixer), mixer.dt_bias, mixer.A_log, mixer.D, mixer.norm.weight,
    )  # fmt: skip


def _parameter_gradients(gradients: _Gradients, A: np.ndarray[Any, Any]) -> tuple[Tensor, ...]:
    def tensor(array: np.ndarray[Any, Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))

    return (
        tensor(gradients.conv.T[:, None]),
        tensor(gradients.conv_bias),
        tensor(gradients.dt_bias),
        tensor(gradients.A * A),  # dA / dA_log = A
        tensor(gradients.D),
        tensor(gradients.norm),
    )


def _supported(config: ModelConfig) -> Mamba2Config:
    if not is_supported(config):
        raise ConfigError(
            f"the fused layer needs Mamba-2 with d_head and d_state in multiples of {COLUMN_TILE}, "
            f"d_conv = {TAPS} with bias, one group and a tied head; use the model's own forward"
        )
    return config


def _check(config: Mamba2Config, length: int, *tensors: Tensor) -> None:
    _supported(config)
    if not 1 <= length <= CHUNK:
        raise ShapeError(f"the fused layer takes 1 to {CHUNK} tokens at a time, {length} given")
    for tensor in tensors:
        if tensor.dtype != torch.float32 or tensor.device.type != "cpu":
            raise ShapeError(
                f"the fused layer takes float32 on the CPU, {tensor.dtype} on {tensor.device} given"
            )


def _check_state(config: Mamba2Config, batch: int, state: LayerState) -> None:
    if state.hidden.requires_grad or state.convolution.requires_grad:
        raise ShapeError("the fused layer has no gradient to its initial state; detach() it")
    hidden = (batch, config.n_heads, config.d_head, config.d_state)
    convolution = (batch, TAPS - 1, config.d_convolved)
    found = tuple(state.hidden.shape), tuple(state.convolution.shape)
    if found != (hidden, convolution):
        raise ShapeError(f"state of shapes {found} given, {hidden} and {convolution} expected")


class _FusedMixer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, mixer: Mamba2Mixer, projected: Tensor, hidden: Tensor, before: Tensor,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        config = mixer.config
        batch, length, _ = projected.shape
        projected, hidden, before = projected.contiguous(), hidden.contiguous(), before.contiguous()
        run = _run_of(mixer, length)
        scanned = torch.empty(batch, length, config.d_inner)
        out, final, last = (torch.empty_like(x) for x in (scanned, hidden, before))
        flat = (batch, config.d_inner, config.d_state)
        _forward(
            projected.numpy(), before.numpy(), hidden.view(flat).numpy(), run.weights,
            *run.limits, run.work, scanned.numpy(), out.numpy(), last.numpy(),
            final.view(flat).numpy(),
        )  # fmt: skip
        ctx.save_for_backward(projected, hidden, before, scanned, *parameters)
        ctx.config, ctx.weights, ctx.limits = config, run.weights, run.limits
        ctx.mark_non_differentiable(final, last)
        ctx.set_materialize_grads(False)
        return out, final, last

    @staticmethod
    def backward(ctx: Any, d_out: Tensor | None, *_: Any) -> tuple[Tensor | None, ...]:
        if d_out is None:
            return (None,) * 10
        config: Mamba2Config = ctx.config
        projected, hidden, before, scanned = ctx.saved_tensors[:4]
        d_projected, gradients = torch.empty_like(projected), _zero_gradients(config)
        flat = (projected.shape[0], config.d_inner, config.d_state)
        _backward(
            d_out.contiguous().numpy(), scanned.numpy(), projected.numpy(), before.numpy(),
            hidden.view(flat).numpy(), ctx.weights, *ctx.limits,
            _workspace(config, projected.shape[1]), d_projected.numpy(), gradients,
        )  # fmt: skip
        of_parameters = _parameter_gradients(gradients, ctx.weights.A)
        return (None, d_projected, None, None, *of_parameters)


def fused_mixer(
    mixer: Mamba2Mixer, projected: Tensor, state: LayerState
) -> tuple[Tensor, LayerState]:
    """What `mixer` computes between in_proj and out_proj, and the state after the last position.

    Args:
        mixer: the layer whose convolution, decays, skip and norm are used.
        projected: output of in_proj, (batch, length, d_projected), 1 <= length <= 64.
        state: the layer's state before the first position; has no gradient.

    Returns:
        (batch, length, d_inner), to be given to out_proj; the new state, without gradient.

    Raises:
        ConfigError: a model that `is_supported` refuses.
        ShapeError: too long, not float32 on the CPU, or a state with gradient or of another shape.
    """
    config = mixer.config
    _check(config, projected.shape[1], projected, state.hidden, state.convolution)
    _check_state(config, projected.shape[0], state)
    out, hidden, convolution = _FusedMixer.apply(  # type: ignore[no-untyped-call]
        mixer, projected, state.hidden, state.convolution, *_parameters(mixer)
    )
    return out, LayerState(hidden, convolution)


# ---------------------------------------------------------------------------- the whole model


@fast
def _rms_norm_backward(
    x: Any, weight: Any, epsilon: Any, d_out: Any, add: Any, d_x: Any, d_weight: Any
) -> None:
    """d_x (+)= the gradient of x, added to what is there if `add`; d_weight += its own."""
    width = x.shape[1]
    inverse = ONE / np.float32(width)
    total = np.zeros(width, dtype=np.float32)
    for t in range(x.shape[0]):
        source, above, target = x[t], d_out[t], d_x[t]
        square, along = ZERO, ZERO
        for c in range(width):
            square += source[c] * source[c]
            along += source[c] * above[c] * weight[c]
        scale = ONE / np.float32(math.sqrt(square * inverse + epsilon))
        shrink = along * inverse * scale * scale
        for c in range(width):
            total[c] += above[c] * source[c] * scale
        if add:
            for c in range(width):
                target[c] += scale * (above[c] * weight[c] - source[c] * shrink)
        else:
            for c in range(width):
                target[c] = scale * (above[c] * weight[c] - source[c] * shrink)
    for c in range(width):
        d_weight[c] += total[c]


@fast
def _cross_entropy(logits: Any, targets: Any, scale: Any, losses: Any) -> None:
    """Losses in nats, (tokens,); logits become their gradient, times `scale`."""
    width = logits.shape[1]
    for t in range(logits.shape[0]):
        line, target = logits[t], targets[t]
        highest = line[0]
        for c in range(width):
            highest = line[c] if line[c] > highest else highest
        aim, total = line[target], ZERO
        for c in range(width):
            value = exp(line[c] - highest)
            line[c] = value
            total += value
        losses[t] = np.float32(math.log(total)) + highest - aim
        share = scale / total
        for c in range(width):
            line[c] *= share
        line[target] -= scale


@fast
def _add_rows(tokens: Any, d_x: Any, d_table: Any) -> None:
    """d_table[token] += d_x of every position with that token."""
    for t in range(tokens.shape[0]):
        source, target = d_x[t], d_table[tokens[t]]
        for c in range(d_x.shape[1]):
            target[c] += source[c]


class _LayerBuffers(NamedTuple):
    """What the backward pass of one layer reads, for the tokens of a micro-batch."""

    x: Tensor  # input of the block
    normed: Tensor
    projected: Tensor
    scanned: Tensor
    out: Tensor  # of the mixer, before out_proj


class _ModelBuffers(NamedTuple):
    layers: tuple[_LayerBuffers, ...]
    x: Tensor  # after the last block
    features: Tensor
    logits: Tensor
    losses: Tensor
    d_x: Tensor
    d_normed: Tensor
    d_projected: Tensor
    d_out: Tensor

    def first(self, tokens: int) -> _ModelBuffers:
        """The same for fewer tokens."""
        layers = tuple(_LayerBuffers(*(part[:tokens] for part in layer)) for layer in self.layers)
        return _ModelBuffers(layers, *(part[:tokens] for part in self[1:]))


def _model_buffers(config: Mamba2Config, tokens: int) -> _ModelBuffers:
    """The first `tokens` of the largest that this thread has needed for this model."""
    key, kept = _BUFFERS.__dict__.get("model", (None, None))
    if key != config or len(kept.x) < tokens:
        kept = _new_model_buffers(config, tokens)
        _BUFFERS.model = config, kept
    assert isinstance(kept, _ModelBuffers)
    return kept.first(tokens)


def _new_model_buffers(config: Mamba2Config, tokens: int) -> _ModelBuffers:
    def empty(width: int) -> Tensor:
        return torch.empty(tokens, width)

    layers = tuple(
        _LayerBuffers(
            empty(config.d_model), empty(config.d_model), empty(config.d_projected),
            empty(config.d_inner), empty(config.d_inner),
        )
        for _ in range(config.n_layers)
    )  # fmt: skip
    return _ModelBuffers(
        layers, empty(config.d_model), empty(config.d_model), empty(config.vocabulary),
        torch.empty(tokens), empty(config.d_model), empty(config.d_model),
        empty(config.d_projected), empty(config.d_inner),
    )  # fmt: skip


class _BlockGradients(NamedTuple):
    norm: Tensor
    in_proj: Tensor
    mixer: _Gradients
    out_proj: Tensor


class _Pass:
    """One forward (and backward) pass over a batch, a few rows at a time."""

    def __init__(self, model: LanguageModel, length: int, count: int, with_gradients: bool) -> None:
        backbone, self.config = model.backbone, _supported(model.config)
        self.length, self.with_gradients = length, with_gradients
        self.scale = np.float32(1.0 / count)
        self.epsilon = np.float32(self.config.norm_epsilon)
        self.table = backbone.embeddings.weight.detach()
        self.last_norm = as_array(backbone.norm_f.weight)
        self.blocks = _blocks(model)
        self.norms = [as_array(block.norm.weight) for block in self.blocks]
        self.runs = [_run_of(block.mixer, length) for block in self.blocks]
        self.d_table = torch.zeros_like(self.table)
        self.d_last_norm = np.zeros(self.config.d_model)
        self.gradients = [
            _BlockGradients(
                torch.zeros(self.config.d_model, dtype=torch.float64),
                torch.zeros_like(block.mixer.in_proj.weight),
                _zero_gradients(self.config),
                torch.zeros_like(block.mixer.out_proj.weight),
            )
            for block in self.blocks
        ]

    def rows(self, tokens: Tensor, targets: Tensor, before: ModelState, after: ModelState) -> float:
        """Sum of the losses of these rows, nats; fills `after` and adds to the gradients."""
        config, shape = self.config, (*tokens.shape, -1)
        buffers = _model_buffers(config, tokens.numel())
        tokens, targets = tokens.reshape(-1), targets.reshape(-1)
        flat = (shape[0], config.d_inner, config.d_state)
        xs = [layer.x for layer in buffers.layers] + [buffers.x]
        torch.index_select(self.table, 0, tokens, out=xs[0])
        for number, (block, layer, run) in enumerate(
            zip(self.blocks, buffers.layers, self.runs, strict=True)
        ):
            mixer = block.mixer
            rms_norm_rows(layer.x.numpy(), self.norms[number], self.epsilon, layer.normed.numpy())
            torch.mm(layer.normed, mixer.in_proj.weight.detach().t(), out=layer.projected)
            start, end = before.layers[number], after.layers[number]
            _forward(
                layer.projected.view(shape).numpy(), start.convolution.numpy(),
                start.hidden.view(flat).numpy(), run.weights, *run.limits, run.work,
                layer.scanned.view(shape).numpy(), layer.out.view(shape).numpy(),
                end.convolution.numpy(), end.hidden.view(flat).numpy(),
            )  # fmt: skip
            torch.addmm(layer.x, layer.out, mixer.out_proj.weight.detach().t(), out=xs[number + 1])
        rms_norm_rows(buffers.x.numpy(), self.last_norm, self.epsilon, buffers.features.numpy())
        torch.mm(buffers.features, self.table.t(), out=buffers.logits)
        _cross_entropy(buffers.logits.numpy(), targets.numpy(), self.scale, buffers.losses.numpy())
        if self.with_gradients:
            self._backward(buffers, tokens, shape, before)
        return float(buffers.losses.double().sum())

    def _backward(
        self, buffers: _ModelBuffers, tokens: Tensor, shape: tuple[int, ...], before: ModelState
    ) -> None:
        flat = (shape[0], self.config.d_inner, self.config.d_state)
        self.d_table.addmm_(buffers.logits.t(), buffers.features)
        torch.mm(buffers.logits, self.table, out=buffers.d_normed)
        d_x = buffers.d_x
        _rms_norm_backward(
            buffers.x.numpy(), self.last_norm, self.epsilon, buffers.d_normed.numpy(), False,
            d_x.numpy(), self.d_last_norm,
        )  # fmt: skip
        for number in reversed(range(len(self.blocks))):
            mixer, layer, run = self.blocks[number].mixer, buffers.layers[number], self.runs[number]
            gradients, start = self.gradients[number], before.layers[number]
            gradients.out_proj.addmm_(d_x.t(), layer.out)
            torch.mm(d_x, mixer.out_proj.weight.detach(), out=buffers.d_out)
            _backward(
                buffers.d_out.view(shape).numpy(), layer.scanned.view(shape).numpy(),
                layer.projected.view(shape).numpy(), start.convolution.numpy(),
                start.hidden.view(flat).numpy(), run.weights, *run.limits, run.work,
                buffers.d_projected.view(shape).numpy(), gradients.mixer,
            )  # fmt: skip
            gradients.in_proj.addmm_(buffers.d_projected.t(), layer.normed)
            torch.mm(buffers.d_projected, mixer.in_proj.weight.detach(), out=buffers.d_normed)
            _rms_norm_backward(
                layer.x.numpy(), self.norms[number], self.epsilon, buffers.d_normed.numpy(), True,
                d_x.numpy(), gradients.norm.numpy(),
            )  # fmt: skip
        _add_rows(tokens.numpy(), d_x.numpy(), self.d_table.numpy())

    def parameter_gradients(self) -> list[Tensor]:
        """In the order of `_model_parameters`."""
        found = [self.d_table, torch.from_numpy(self.d_last_norm).float()]
        for gradients, run in zip(self.gradients, self.runs, strict=True):
            found += [gradients.norm.float(), gradients.in_proj, gradients.out_proj]
            found += _parameter_gradients(gradients.mixer, run.weights.A)
        return found


class _TypedBlock(NamedTuple):
    norm: Any
    mixer: Mamba2Mixer


def _blocks(model: LanguageModel) -> list[_TypedBlock]:
    found = []
    for block in model.backbone.layers:
        assert isinstance(block.mixer, Mamba2Mixer)
        found.append(_TypedBlock(block.norm, block.mixer))
    return found


def _model_parameters(model: LanguageModel) -> list[Tensor]:
    found: list[Tensor] = [model.backbone.embeddings.weight, model.backbone.norm_f.weight]
    for norm, mixer in _blocks(model):
        found += [norm.weight, mixer.in_proj.weight, mixer.out_proj.weight]
        found += _parameters(mixer)
    return found


class _FusedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, model: LanguageModel, tokens: Tensor, targets: Tensor, before: ModelState,
        after: ModelState, with_gradients: bool, *parameters: Tensor,
    ) -> Tensor:  # fmt: skip
        batch, length = tokens.shape
        run = _Pass(model, length, tokens.numel(), with_gradients)
        at_once = max(1, MICRO_BATCH // length)
        total = 0.0
        for start in range(0, batch, at_once):
            rows = slice(start, start + at_once)
            total += run.rows(
                tokens[rows], targets[rows], _piece(before, rows), _piece(after, rows)
            )
        ctx.gradients = run.parameter_gradients() if with_gradients else None
        return torch.tensor(total / tokens.numel(), dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, d_loss: Tensor) -> tuple[Tensor | None, ...]:
        gradients = ctx.gradients
        if gradients is None:
            raise RuntimeError("the gradients of this fused loss were used already")
        ctx.gradients = None
        if d_loss.item() != 1.0:
            gradients = [gradient * d_loss for gradient in gradients]
        return (None,) * 6 + tuple(gradients)


def _piece(state: ModelState, rows: slice) -> ModelState:
    return ModelState(
        tuple(LayerState(layer.hidden[rows], layer.convolution[rows]) for layer in state.layers)
    )


def fused_loss(
    model: LanguageModel, tokens: Tensor, targets: Tensor, state: ModelState
) -> tuple[Tensor, ModelState]:
    """Mean cross-entropy of `targets` in nats per token, and the state after the last token.

    The gradients are computed together with the loss and handed out by `backward()`, once; under
    `torch.no_grad()` they are not computed.

    Args:
        model: float32, on the CPU.
        tokens, targets: ids, (batch, length) int64, 1 <= length <= 64.
        state: the state before the first token; has no gradient, as the new one.

    Raises:
        ConfigError: a model that `is_supported` refuses.
        ShapeError: as `fused_mixer`, or ids of another shape or outside the vocabulary.
    """
    config = _supported(model.config)
    if tokens.dim() != 2 or tokens.shape != targets.shape:
        raise ShapeError(
            f"tokens {tuple(tokens.shape)} and targets {tuple(targets.shape)} given; "
            "both are (batch, length)"
        )
    batch, length = tokens.shape
    _check(config, length, model.backbone.embeddings.weight)
    check_state(state, config, batch)
    for ids in (tokens, targets):  # the loops read memory without checking the bounds
        if ids.dtype != torch.int64 or int(ids.min()) < 0 or int(ids.max()) >= config.vocabulary:
            raise ShapeError(f"ids are int64 from 0 to {config.vocabulary - 1}")
    before, after = [], []
    for layer in state.layers:
        _check_state(config, batch, layer)
        hidden, convolution = layer.hidden.contiguous(), layer.convolution.contiguous()
        before.append(LayerState(hidden, convolution))
        after.append(LayerState(torch.empty_like(hidden), torch.empty_like(convolution)))
    new_state, parameters = ModelState(tuple(after)), _model_parameters(model)
    wanted = torch.is_grad_enabled() and any(weight.requires_grad for weight in parameters)
    loss: Tensor = _FusedLoss.apply(  # type: ignore[no-untyped-call]
        model, tokens, targets, ModelState(tuple(before)), new_state, wanted, *parameters
    )
    return loss, new_state
