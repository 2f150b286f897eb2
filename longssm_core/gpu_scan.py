"""The scans of Mamba and Mamba-2 on a GPU, with their states in and out and exact gradients.

`selective_scan` (Mamba) walks through time with the states of a block of channels in registers;
`head_scan` (Mamba-2) computes all chunks side by side and passes the state from one to the next.
Both take the arguments of `scan.py`'s fast forms and are tested against its definitions. Nothing
divides by a decay and nothing is added atomically: equal inputs give equal bits. `gpu.may_fuse`
says where these stand in for the torch forms.

The decay of a step is kept as exp(x) - 1: float32 knows exp(-1/2000) to 3e-8 only, a GPU's
approximate exp less, and a channel that remembers 2,000 steps makes 2,000 times that of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from longssm_core.errors import ShapeError
from longssm_core.gpu import launching
from longssm_core.scan import CHUNK, ScanOutput, blocked_selective_scan, head_chunk

KEPT_EVERY = 64  # steps between two of the states that the backward pass starts from
CHANNELS = 16  # of one program: a warp's registers hold 16 modes of them, and programs are many
WIDEST, DEEPEST = 64, 32  # channels and modes of a head in one product: no register spills
PASSED = 256  # numbers of a state that one program passes from chunk to chunk
CONTRACTED = {"enable_fp_fusion": True}  # multiply and add rounded once; triton's default varies

_kernel: Callable[[Callable[..., Any]], Any] = triton.jit


@_kernel
def _decay_less_one(x: tl.tensor) -> tl.tensor:
    """exp(x) - 1 for x <= 0: a Taylor polynomial where the difference would lose its digits."""
    near = 1 + x * (1 / 5) * (1 + x * (1 / 6))
    near = x * (1 + x * (1 / 2) * (1 + x * (1 / 3) * (1 + x * (1 / 4) * near)))
    return tl.where(x > -0.25, near, tl.exp(x) - 1)


# --- Mamba -----------------------------------------------------------------------------------


def selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    initial_state: Tensor,
    later: Tensor | None = None,
) -> ScanOutput:
    """As `scan.selective_scan`, float32: one program per row and block of channels.

    With `later` (batch, length, d_inner): y_t = C_t exp(later_t A) h_t; a gradient through that is
    computed by the torch form, since no training reads through a window.

    For a gradient every 64th state is kept, length / 64 x d_inner x d_state for each row; the
    backward pass computes those between again.

    Raises:
        ShapeError: shapes that do not belong together, or another dtype.

    Source: Mamba (arXiv:2312.00752), Section 3.3.2: the states stay in fast memory, and the
    backward pass recomputes them.
    """
    batch, length, d_inner = u.shape
    _check(
        (u, (batch, length, d_inner)),
        (delta, (batch, length, d_inner)),
        (A, (d_inner, A.shape[-1])),
        (B, (batch, length, A.shape[-1])),
        (C, (batch, length, A.shape[-1])),
        (initial_state, (batch, d_inner, A.shape[-1])),
        (delta if later is None else later, (batch, length, d_inner)),
    )
    arguments = (u, delta, A, B, C, initial_state)
    if not (torch.is_grad_enabled() and any(value.requires_grad for value in arguments)):
        return ScanOutput(*_selective_forward(*arguments, later=later)[:2])
    if later is not None:
        return blocked_selective_scan(*arguments, later)
    return ScanOutput(*_SelectiveScan.apply(*arguments))  # type: ignore[no-untyped-call]


class _SelectiveScan(torch.autograd.Function):
    """`selective_scan` with its gradients."""

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, initial_state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """y and the final state."""
        y, final, kept = _selective_forward(u, delta, A, B, C, initial_state, keep=True)
        ctx.save_for_backward(u, delta, A, B, C, kept)
        return y, final

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_y: Tensor, d_final: Tensor) -> tuple[Tensor, ...]:
        """Gradients of u, delta, A, B, C and the initial state."""
        u, delta, A, B, C, kept = ctx.saved_tensors
        return _selective_backward(u, delta, A, B, C, kept, d_y, d_final)


def _selective_forward(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    initial_state: Tensor,
    later: Tensor | None = None,
    keep: bool = False,
) -> tuple[Tensor, Tensor, Tensor]:
    """y, the final state, and with `keep` the states (batch, segments, d_inner, d_state)."""
    (batch, length, d_inner), d_state = u.shape, A.shape[1]
    segments = triton.cdiv(length, KEPT_EVERY)
    y, final = u.new_empty(u.shape), u.new_empty(initial_state.shape)
    kept = u.new_empty((batch, segments if keep else 0, d_inner, d_state))
    inputs = [value.contiguous() for value in (u, delta, A, B, C, initial_state)]
    read = inputs[1] if later is None else later.contiguous()
    with launching(u):
        _selective_forward_kernel[(batch, triton.cdiv(d_inner, CHANNELS))](
            *inputs, read, y, final, kept, length, segments, d_inner, d_state,
            KEEP=keep, LATER=later is not None, EVERY=KEPT_EVERY,
            CHANNELS=CHANNELS, MODES=triton.next_power_of_2(d_state), num_warps=1, **CONTRACTED,
        )  # fmt: skip
    return y, final, kept


def _selective_backward(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    kept: Tensor,
    d_y: Tensor,
    d_final: Tensor,
) -> tuple[Tensor, ...]:
    (batch, length, d_inner), d_state = u.shape, A.shape[1]
    blocks = triton.cdiv(d_inner, CHANNELS)
    d_u, d_delta = u.new_empty(u.shape), u.new_empty(u.shape)
    # sums over rows and channels are completed here, in a fixed order
    d_A = u.new_empty((batch, d_inner, d_state))
    d_B, d_C = (u.new_empty((batch, length, blocks, d_state)) for _ in range(2))
    d_start = u.new_empty((batch, d_inner, d_state))
    between = u.new_empty((batch, min(length, KEPT_EVERY), d_inner, d_state))
    inputs = [value.contiguous() for value in (u, delta, A, B, C, kept, d_y, d_final)]
    with launching(u):
        _selective_backward_kernel[(batch, blocks)](
            *inputs, between, d_u, d_delta, d_A, d_B, d_C, d_start,
            length, kept.shape[1], between.shape[1], d_inner, d_state, EVERY=KEPT_EVERY,
            CHANNELS=CHANNELS, MODES=triton.next_power_of_2(d_state), num_warps=1, **CONTRACTED,
        )  # fmt: skip
    return d_u, d_delta, d_A.sum(dim=0), d_B.sum(dim=2), d_C.sum(dim=2), d_start


@_kernel
def _selective_forward_kernel(
    u: tl.tensor, delta: tl.tensor, A: tl.tensor, B: tl.tensor, C: tl.tensor, start: tl.tensor,
    later: tl.tensor, y: tl.tensor, final: tl.tensor, kept: tl.tensor, length: tl.tensor,
    segments: tl.tensor, d_inner: tl.tensor, d_state: tl.tensor, KEEP: tl.constexpr,
    LATER: tl.constexpr, EVERY: tl.constexpr, CHANNELS: tl.constexpr, MODES: tl.constexpr,
) -> None:  # fmt: skip
    """All steps of one row (axis 0) and one block of channels (axis 1)."""
    row = tl.program_id(0).to(tl.int64)  # offsets of a large batch do not fit 32 bits
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    mode = tl.arange(0, MODES)
    here, seen = channel < d_inner, mode < d_state
    both, place = here[:, None] & seen[None, :], channel[:, None] * d_state + mode[None, :]
    rate = tl.load(A + place, mask=both, other=0.0)
    h = tl.load(start + row * d_inner * d_state + place, mask=both, other=0.0)
    for segment in range(segments):
        if KEEP:
            tl.store(kept + (row * segments + segment) * d_inner * d_state + place, h, mask=both)
        stop = tl.minimum(length, (segment + 1) * EVERY)
        for t in tl.range(segment * EVERY, stop, num_stages=4):
            at = row * length + t
            value = tl.load(u + at * d_inner + channel, mask=here, other=0.0)
            time = tl.load(delta + at * d_inner + channel, mask=here, other=0.0)
            b = tl.load(B + at * d_state + mode, mask=seen, other=0.0)
            c = tl.load(C + at * d_state + mode, mask=seen, other=0.0)
            less = _decay_less_one(time[:, None] * rate)
            h = h + (less * h + (time * value)[:, None] * b[None, :])
            memory = h
            if LATER:
                wait = tl.load(later + at * d_inner + channel, mask=here, other=0.0)
                memory = h * tl.exp(wait[:, None] * rate)
            tl.store(y + at * d_inner + channel, tl.sum(memory * c[None, :], axis=1), mask=here)
    tl.store(final + row * d_inner * d_state + place, h, mask=both)


@_kernel
def _selective_backward_kernel(
    u: tl.tensor, delta: tl.tensor, A: tl.tensor, B: tl.tensor, C: tl.tensor, kept: tl.tensor,
    d_y: tl.tensor, d_final: tl.tensor, between: tl.tensor, d_u: tl.tensor, d_delta: tl.tensor,
    d_A: tl.tensor, d_B: tl.tensor, d_C: tl.tensor, d_start: tl.tensor, length: tl.tensor,
    segments: tl.tensor, room: tl.tensor, d_inner: tl.tensor, d_state: tl.tensor,
    EVERY: tl.constexpr, CHANNELS: tl.constexpr, MODES: tl.constexpr,
) -> None:  # fmt: skip
    """The adjoint g_t = d_y_t C_t + exp(delta_{t+1} A) g_{t+1}, segment by segment from the end.

    The states of a segment are computed once more into `between`, (batch, room, d_inner, d_state).
    """
    row, block = tl.program_id(0).to(tl.int64), tl.program_id(1)
    channel = block * CHANNELS + tl.arange(0, CHANNELS)
    mode = tl.arange(0, MODES)
    here, seen = channel < d_inner, mode < d_state
    both, place = here[:, None] & seen[None, :], channel[:, None] * d_state + mode[None, :]
    size = d_inner * d_state
    rate = tl.load(A + place, mask=both, other=0.0)
    g = tl.load(d_final + row * size + place, mask=both, other=0.0)
    d_rate = tl.zeros([CHANNELS, MODES], tl.float32)
    for back in range(segments):
        segment = segments - 1 - back
        first = segment * EVERY
        steps = tl.minimum(EVERY, length - first)
        h = tl.load(kept + (row * segments + segment) * size + place, mask=both, other=0.0)
        for step in tl.range(0, steps, num_stages=4):
            tl.store(between + (row * room + step) * size + place, h, mask=both)
            at = row * length + first + step
            value = tl.load(u + at * d_inner + channel, mask=here, other=0.0)
            time = tl.load(delta + at * d_inner + channel, mask=here, other=0.0)
            b = tl.load(B + at * d_state + mode, mask=seen, other=0.0)
            less = _decay_less_one(time[:, None] * rate)
            h = h + (less * h + (time * value)[:, None] * b[None, :])
        tl.debug_barrier()  # what one thread wrote another may read
        for behind in range(steps):
            step = steps - 1 - behind
            at = row * length + first + step
            value = tl.load(u + at * d_inner + channel, mask=here, other=0.0)
            time = tl.load(delta + at * d_inner + channel, mask=here, other=0.0)
            b = tl.load(B + at * d_state + mode, mask=seen, other=0.0)
            c = tl.load(C + at * d_state + mode, mask=seen, other=0.0)
            dy = tl.load(d_y + at * d_inner + channel, mask=here, other=0.0)
            before = tl.load(between + (row * room + step) * size + place, mask=both, other=0.0)
            less = _decay_less_one(time[:, None] * rate)
            decayed, entering = before + less * before, time * value
            h = decayed + entering[:, None] * b[None, :]
            g = g + dy[:, None] * c[None, :]
            part = (at * tl.num_programs(1) + block) * d_state + mode
            tl.store(d_C + part, tl.sum(dy[:, None] * h, axis=0), mask=seen)
            tl.store(d_B + part, tl.sum(entering[:, None] * g, axis=0), mask=seen)
            by_inflow, by_decay = tl.sum(g * b[None, :], axis=1), g * decayed
            d_rate += by_decay * time[:, None]
            d_time = value * by_inflow + tl.sum(by_decay * rate, axis=1)
            tl.store(d_u + at * d_inner + channel, time * by_inflow, mask=here)
            tl.store(d_delta + at * d_inner + channel, d_time, mask=here)
            g = g + less * g
        tl.debug_barrier()  # all have read before the next segment is written
    tl.store(d_A + row * size + place, d_rate, mask=both)
    tl.store(d_start + row * size + place, g, mask=both)


# --- Mamba-2 ---------------------------------------------------------------------------------


def head_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    initial_state: Tensor,
    later: Tensor | None = None,
) -> ScanOutput:
    """As `scan.chunked_head_scan`, float32: all chunks side by side.

    What each chunk adds to the state; the state at the start of each chunk, one after another;
    the outputs of each chunk. Products are true float32, never TF32. For a gradient the states at
    the chunks' starts are kept; the backward pass is that of the torch form of one chunk, over
    all chunks at once, with the adjoint state passed from chunk to chunk by the same kernel.

    Raises:
        ShapeError: shapes that do not belong together, or another dtype.

    Source: Mamba-2 (arXiv:2405.21060), Section 6, the block decomposition.
    """
    (batch, length, n_heads, d_head), (n_groups, d_state) = u.shape, B.shape[-2:]
    if n_heads % n_groups:
        raise ShapeError(f"{n_heads} heads in {n_groups} groups: expected whole groups")
    _check(
        (u, (batch, length, n_heads, d_head)),
        (delta, (batch, length, n_heads)),
        (A, (n_heads,)),
        (B, (batch, length, n_groups, d_state)),
        (C, (batch, length, n_groups, d_state)),
        (initial_state, (batch, n_heads, d_head, d_state)),
        (delta if later is None else later, (batch, length, n_heads)),
    )
    arguments = (u, delta, A, B, C, initial_state)
    if torch.is_grad_enabled() and any(value.requires_grad for value in arguments):
        y, final = _HeadScan.apply(*arguments)  # type: ignore[no-untyped-call]
    else:
        y, final, _ = _head_forward(*arguments)
    return ScanOutput(y if later is None else torch.exp(later * A)[..., None] * y, final)


class _HeadScan(torch.autograd.Function):
    """`head_scan` with its gradients."""

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, initial_state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """y and the final state."""
        y, final, starts = _head_forward(u, delta, A, B, C, initial_state)
        ctx.save_for_backward(u, delta, A, B, C, starts)
        return y, final

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_y: Tensor, d_final: Tensor) -> tuple[Tensor, ...]:
        """Gradients of u, delta, A, B, C and the initial state."""
        u, delta, A, B, C, kept = ctx.saved_tensors
        return _head_backward(u, delta, A, B, C, kept, d_y, d_final)


def _head_forward(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, initial_state: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """y, the final state, and the states (batch, chunks, ...) at the start of each chunk."""
    (batch, length, n_heads, d_head), (n_groups, d_state) = u.shape, B.shape[-2:]
    chunks = triton.cdiv(length, CHUNK)
    u, delta, A, B, C = (value.contiguous() for value in (u, delta, A, B, C))
    y, added = u.new_empty(u.shape), u.new_empty((batch, chunks, n_heads, d_head, d_state))
    decay = u.new_empty((batch, chunks, n_heads))
    wide, deep = _tile(d_head, WIDEST), _tile(d_state, DEEPEST)
    grid = (batch * chunks, n_heads, triton.cdiv(d_head, wide))
    sizes = (length, chunks, n_heads, d_head, n_groups, d_state)
    tiles = {"CHUNK": CHUNK, "WIDE": wide, "DEEP": deep, "num_warps": 8, **CONTRACTED}
    with launching(u):
        _chunk_states_kernel[grid](u, delta, A, B, added, decay, *sizes, **tiles)
        starts, final = _passed(added, decay, initial_state)
        _chunk_outputs_kernel[grid](u, delta, A, B, C, starts, y, *sizes, **tiles)
    return y, final, starts


def _tile(size: int, largest: int) -> int:
    """Least power of 2 that holds `size`, within what a product can take."""
    return max(16, min(largest, int(triton.next_power_of_2(size))))


def _passed(added: Tensor, decay: Tensor, start: Tensor) -> tuple[Tensor, Tensor]:
    """h_c of h_{c+1} = exp(decay_c) h_c + added_c for all chunks, and the one after the last.

    added: (batch, chunks, n_heads, ...); decay: (batch, chunks, n_heads); start: h_0.
    """
    batch, chunks, n_heads = decay.shape
    states, final = added.new_empty(added.shape), added.new_empty(start.shape)
    size = added[0, 0, 0].numel()
    _pass_kernel[(batch * n_heads, triton.cdiv(size, PASSED))](
        added.contiguous(), decay.contiguous(), start.contiguous(), states, final,
        chunks, n_heads, size, PASSED=PASSED, num_warps=2, **CONTRACTED,
    )  # fmt: skip
    return states, final


def _head_backward(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    starts: Tensor,
    d_y: Tensor,
    d_final: Tensor,
) -> tuple[Tensor, ...]:
    (batch, length), chunks = u.shape[:2], starts.shape[1]
    steps = min(CHUNK, length)

    def as_rows(value: Tensor) -> Tensor:
        """Chunks as rows of a batch; steps added at the end take no time and add nothing."""
        missing = [0, 0] * (value.dim() - 2) + [0, chunks * steps - length]
        padded = torch.nn.functional.pad(value, missing)
        return padded.reshape(batch * chunks, steps, *value.shape[2:]).detach().requires_grad_()

    leaves = as_rows(u), as_rows(delta), A.detach().requires_grad_(), as_rows(B), as_rows(C)
    entry = starts.flatten(0, 1).detach().requires_grad_()
    with torch.enable_grad():
        y, left = head_chunk(*leaves, entry)
    d_rows = as_rows(d_y).detach()
    # what the outputs of a chunk ask of the state at its start; then what all later ones do
    (asked,) = torch.autograd.grad(y, entry, d_rows, retain_graph=True)
    asked = asked.view(starts.shape)
    decay = leaves[1].detach().sum(dim=1).view(batch, chunks, -1) * A
    with launching(u):
        d_left, d_start = _passed(asked.flip(1), decay.flip(1), d_final)
    d_u, d_delta, d_A, d_B, d_C = torch.autograd.grad(
        (y, left), leaves, (d_rows, d_left.flip(1).flatten(0, 1))
    )
    whole = (value.reshape(batch, -1, *value.shape[2:]) for value in (d_u, d_delta, d_B, d_C))
    d_u, d_delta, d_B, d_C = (value[:, :length] for value in whole)
    return d_u, d_delta, d_A, d_B, d_C, d_start


@_kernel
def _chunk_states_kernel(
    u: tl.tensor, delta: tl.tensor, A: tl.tensor, B: tl.tensor, added: tl.tensor, decay: tl.tensor,
    length: tl.tensor, chunks: tl.tensor, n_heads: tl.tensor, d_head: tl.tensor,
    n_groups: tl.tensor, d_state: tl.tensor, CHUNK: tl.constexpr, WIDE: tl.constexpr,
    DEEP: tl.constexpr,
) -> None:  # fmt: skip
    """sum_j exp(S_end - S_j) delta_j u_j B_j^T, and S_end, of a row's chunk (axis 0) and head."""
    piece, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    group = head // (n_heads // n_groups)
    t = (piece % chunks) * CHUNK + tl.arange(0, CHUNK)
    inside, at = t < length, piece // chunks * length + t
    channel = tl.program_id(2) * WIDE + tl.arange(0, WIDE)
    here = channel < d_head
    time = tl.load(delta + at * n_heads + head, mask=inside, other=0.0)
    elapsed = time * tl.load(A + head)
    whole = tl.sum(elapsed, axis=0)
    weight = tl.exp(whole - tl.cumsum(elapsed, axis=0)) * time
    place = (at[:, None] * n_heads + head) * d_head + channel[None, :]
    value = tl.load(u + place, mask=inside[:, None] & here[None, :], other=0.0)
    inflow = tl.trans(value * weight[:, None])
    result = added + ((piece * n_heads + head) * d_head + channel[:, None]) * d_state
    for first in range(0, d_state, DEEP):
        mode = first + tl.arange(0, DEEP)
        seen = mode < d_state
        shared = B + (at[:, None] * n_groups + group) * d_state + mode[None, :]
        b = tl.load(shared, mask=inside[:, None] & seen[None, :], other=0.0)
        sums = tl.dot(inflow, b, input_precision="ieee")
        tl.store(result + mode[None, :], sums, mask=here[:, None] & seen[None, :])
    if tl.program_id(2) == 0:
        tl.store(decay + piece * n_heads + head, whole)


@_kernel
def _pass_kernel(
    added: tl.tensor, decay: tl.tensor, start: tl.tensor, states: tl.tensor, final: tl.tensor,
    chunks: tl.tensor, n_heads: tl.tensor, size: tl.tensor, PASSED: tl.constexpr,
) -> None:  # fmt: skip
    """One part of the state of one row and head, from chunk to chunk."""
    line = tl.program_id(0).to(tl.int64)
    row, head = line // n_heads, line % n_heads
    place = tl.program_id(1) * PASSED + tl.arange(0, PASSED)
    here = place < size
    h = tl.load(start + line * size + place, mask=here, other=0.0)
    for chunk in tl.range(0, chunks, num_stages=3):
        at = (row * chunks + chunk) * n_heads + head
        entering = tl.load(added + at * size + place, mask=here, other=0.0)
        less = _decay_less_one(tl.load(decay + at))
        tl.store(states + at * size + place, h, mask=here)
        h = h + (less * h + entering)
    tl.store(final + line * size + place, h, mask=here)


@_kernel
def _chunk_outputs_kernel(
    u: tl.tensor, delta: tl.tensor, A: tl.tensor, B: tl.tensor, C: tl.tensor, starts: tl.tensor,
    y: tl.tensor, length: tl.tensor, chunks: tl.tensor, n_heads: tl.tensor, d_head: tl.tensor,
    n_groups: tl.tensor, d_state: tl.tensor, CHUNK: tl.constexpr, WIDE: tl.constexpr,
    DEEP: tl.constexpr,
) -> None:  # fmt: skip
    """y_i = sum_{j<=i} exp(S_i - S_j) delta_j (C_i B_j) u_j + exp(S_i) h C_i, h at the start."""
    piece, head = tl.program_id(0).to(tl.int64), tl.program_id(1)
    group = head // (n_heads // n_groups)
    step = tl.arange(0, CHUNK)
    t = (piece % chunks) * CHUNK + step
    inside, at = t < length, piece // chunks * length + t
    channel = tl.program_id(2) * WIDE + tl.arange(0, WIDE)
    here = channel < d_head
    state = starts + ((piece * n_heads + head) * d_head + channel[:, None]) * d_state
    agreement = tl.zeros([CHUNK, CHUNK], tl.float32)  # C_i B_j
    carried = tl.zeros([CHUNK, WIDE], tl.float32)  # h C_i
    for first in range(0, d_state, DEEP):
        mode = first + tl.arange(0, DEEP)
        seen = mode < d_state
        shared = (at[:, None] * n_groups + group) * d_state + mode[None, :]
        b = tl.load(B + shared, mask=inside[:, None] & seen[None, :], other=0.0)
        c = tl.load(C + shared, mask=inside[:, None] & seen[None, :], other=0.0)
        h = tl.load(state + mode[None, :], mask=here[:, None] & seen[None, :], other=0.0)
        agreement = tl.dot(c, tl.trans(b), agreement, input_precision="ieee")
        carried = tl.dot(c, tl.trans(h), carried, input_precision="ieee")
    time = tl.load(delta + at * n_heads + head, mask=inside, other=0.0)
    decay = tl.cumsum(time * tl.load(A + head), axis=0)  # S
    # before exp: above the diagonal the difference is positive and could overflow
    apart = tl.where(step[:, None] >= step[None, :], decay[:, None] - decay[None, :], -float("inf"))
    weights = tl.exp(apart) * agreement * time[None, :]
    place = (at[:, None] * n_heads + head) * d_head + channel[None, :]
    both = inside[:, None] & here[None, :]
    value = tl.load(u + place, mask=both, other=0.0)
    total = tl.dot(weights, value, tl.exp(decay)[:, None] * carried, input_precision="ieee")
    tl.store(y + place, total, mask=both)


def _check(*expected: tuple[Tensor, tuple[int, ...]]) -> None:
    """Raise ShapeError unless each tensor is float32 of its shape: a kernel would read beyond."""
    for tensor, shape in expected:
        if tuple(tensor.shape) != shape or tensor.dtype != torch.float32:
            found = f"{tuple(tensor.shape)} of {tensor.dtype}"
            raise ShapeError(f"a tensor of the scan is {found}, expected {shape} of torch.float32")
