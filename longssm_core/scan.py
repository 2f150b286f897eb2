"""The recurrences of the families: their definitions, and fast forms tested against them.

Every scan takes the state in and gives it back, so that calls can be chained. The definitions go
one step after another, to be read beside the papers:

    selective_scan   Mamba    h_t = exp(delta_t A) h_{t-1} + delta_t B_t u_t, a state per channel
    head_scan        Mamba-2  the same with one decay per head and B, C shared by its group
    diagonal_scan    S5       h_t = L h_{t-1} + v_t, fixed complex L

`blocked_selective_scan`, `chunked_head_scan` and `chunked_diagonal_scan` compute the same values
faster. With `later` an output reads the state as it will be after so much more time without input:
the sliding window of `mixers` needs that. Decays are only ever multiplied, never divided, so
nothing overflows however long the text.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

CHUNK = 64  # longer chunks lose float32 digits and leave the cache; see `chunked_head_scan`
BLOCK = 32  # steps whose decays are held at once; see `blocked_selective_scan`


class ScanOutput(NamedTuple):
    """y, one output per step, and the state after the last step, shaped like the initial one."""

    y: Tensor
    final_state: Tensor


def in_double(x: Tensor) -> Tensor:
    """x in double precision, real or complex; moved to the CPU from Apple's MPS, which has none."""
    dtype = torch.complex128 if x.is_complex() else torch.float64
    return x.to("cpu" if x.device.type == "mps" else x.device, dtype)


# --- Mamba -----------------------------------------------------------------------------------


def selective_scan(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, initial_state: Tensor
) -> ScanOutput:
    """Outputs and last state of h_t = exp(delta_t A) h_{t-1} + delta_t B_t u_t, y_t = C_t h_t.

    Args:
        u: input, (batch, length, d_inner).
        delta: step size, positive, (batch, length, d_inner).
        A: diagonal of the state matrix, negative, (d_inner, d_state).
        B, C: input-dependent projections, (batch, length, d_state).
        initial_state: h_0, (batch, d_inner, d_state).

    Source: Mamba (arXiv:2312.00752), Section 3.2; A discretised by Eq. 4, B in first-order form.
    """
    h, outputs = initial_state, []
    for t in range(u.shape[1]):
        decay = torch.exp(delta[:, t, :, None] * A)
        h = decay * h + (delta[:, t] * u[:, t])[..., None] * B[:, t, None, :]
        outputs.append((h * C[:, t, None, :]).sum(dim=-1))
    return ScanOutput(torch.stack(outputs, dim=1), h)


def blocked_selective_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    initial_state: Tensor,
    later: Tensor | None = None,
    block: int = BLOCK,
) -> ScanOutput:
    """As `selective_scan`; what does not depend on the state is computed for `block` steps at once.

    Memory is block x d_inner x d_state for each row, whatever the length. With `later` (batch,
    length, d_inner): y_t = C_t exp(later_t A) h_t.
    """
    h, outputs = initial_state, []
    for start in range(0, u.shape[1], block):
        now = slice(start, start + block)
        # time first, so that one step is one contiguous piece
        decay = torch.exp(delta[:, now].transpose(0, 1)[..., None] * A)
        inflow = (delta[:, now] * u[:, now]).transpose(0, 1)[..., None]
        inflow = inflow * B[:, now].transpose(0, 1)[:, :, None, :]
        states = []
        for step, entering in zip(decay, inflow, strict=True):
            h = torch.addcmul(entering, step, h)
            states.append(h)
        read, seen = C[:, now].transpose(0, 1)[..., None], torch.stack(states)
        if later is not None:
            seen = seen * torch.exp(later[:, now].transpose(0, 1)[..., None] * A)
        outputs.append(torch.matmul(seen, read).squeeze(-1))
    return ScanOutput(torch.cat(outputs).transpose(0, 1), h)


# --- Mamba-2 ---------------------------------------------------------------------------------


def head_scan(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, initial_state: Tensor
) -> ScanOutput:
    """Outputs and last state of h_t = exp(delta_t A) h_{t-1} + delta_t u_t B_t^T, y_t = h_t C_t.

    Args:
        u: input, (batch, length, n_heads, d_head).
        delta: step size, positive, (batch, length, n_heads).
        A: decay rate of each head, negative, (n_heads,).
        B, C: input-dependent projections, (batch, length, n_groups, d_state); a group's heads
            follow each other.
        initial_state: h_0, (batch, n_heads, d_head, d_state).

    Source: Mamba-2 (arXiv:2405.21060), Section 3; discretisation as in Mamba.
    """
    heads_per_group = u.shape[2] // B.shape[2]
    B, C = (value.repeat_interleave(heads_per_group, dim=2) for value in (B, C))
    h, outputs = initial_state, []
    for t in range(u.shape[1]):
        decay = torch.exp(delta[:, t] * A)[..., None, None]
        h = decay * h + (delta[:, t, :, None] * u[:, t])[..., None] * B[:, t, :, None, :]
        outputs.append((h * C[:, t, :, None, :]).sum(dim=-1))
    return ScanOutput(torch.stack(outputs, dim=1), h)


def chunked_head_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    initial_state: Tensor,
    later: Tensor | None = None,
    chunk: int = CHUNK,
) -> ScanOutput:
    """As `head_scan`, by matrix products over chunks of `chunk` steps (state-space duality).

    Inside a chunk y_i = sum_{j<=i} exp(S_i - S_j) delta_j (C_i B_j) u_j + exp(S_i) C_i h_0 with
    S_i = A (delta_1 + ... + delta_i): Mamba-2, Section 6. With `later` (batch, length, n_heads):
    y_t = exp(later_t A) h_t C_t.
    """
    h, outputs = initial_state, []
    for start in range(0, u.shape[1], chunk):
        piece = slice(start, start + chunk)
        y, h = head_chunk(u[:, piece], delta[:, piece], A, B[:, piece], C[:, piece], h)
        outputs.append(y)
    y = outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=1)
    return ScanOutput(y if later is None else torch.exp(later * A)[..., None] * y, h)


def head_chunk(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, h: Tensor) -> ScanOutput:
    """`head_scan` from the state `h` over one chunk of any length, by matrix products."""
    batch, length, n_heads, d_head = u.shape
    groups, d_state = B.shape[2:]
    decay = (delta * A).transpose(1, 2).cumsum(dim=-1)  # S, (batch, n_heads, length)
    later = torch.ones(length, length, dtype=torch.bool, device=u.device).triu(1)
    # masked before exp: above the diagonal the difference is positive and could overflow
    between = (decay[..., :, None] - decay[..., None, :]).masked_fill(later, -torch.inf).exp()
    B, C = B.transpose(1, 2).flatten(0, 1), C.transpose(1, 2).flatten(0, 1)  # rows: batch x groups
    agreement = torch.bmm(C, B.transpose(1, 2)).view(batch, groups, 1, length, length)  # C_i B_j
    weights = between.view(batch, groups, -1, length, length) * agreement
    weighted = (delta[..., None] * u).transpose(1, 2)  # (batch, n_heads, length, d_head)
    y = torch.matmul(weights.view(batch, n_heads, length, length), weighted)

    # the part of y that comes from h_0, all heads of a group in one product
    wide = n_heads // groups * d_head
    from_state = torch.bmm(C, h.reshape(batch * groups, wide, d_state).transpose(1, 2))
    from_state = from_state.view(batch, groups, length, n_heads // groups, d_head)
    from_state = from_state.transpose(2, 3).reshape(batch, n_heads, length, d_head)
    y = y + decay.exp()[..., None] * from_state

    to_end = (decay[..., -1:] - decay).exp()  # what is left of step j at the chunk's end
    inflow = (to_end[..., None] * weighted).transpose(2, 3).reshape(batch * groups, wide, length)
    added = torch.bmm(inflow, B).view(batch, n_heads, d_head, d_state)
    final = decay[..., -1].exp()[..., None, None] * h + added
    return ScanOutput(y.transpose(1, 2), final)


# --- S5 --------------------------------------------------------------------------------------


def diagonal_scan(inflow: Tensor, log_decay: Tensor, initial_state: Tensor) -> ScanOutput:
    """All states and the last one of h_t = exp(log_decay) h_{t-1} + inflow_t.

    Args:
        inflow: B u_t in the discretised system, (batch, length, d_state), complex.
        log_decay: lambda * delta of every mode, real part negative, (d_state,), complex.
        initial_state: h_0, (batch, d_state), complex.

    Source: S5 (arXiv:2208.04933), Eq. 2 with the diagonal state matrix of Section 3.
    """
    h, states = initial_state, []
    decay = torch.exp(log_decay).to(inflow.dtype)
    for t in range(inflow.shape[1]):
        h = decay * h + inflow[:, t]
        states.append(h)
    return ScanOutput(torch.stack(states, dim=1), h)


def chunked_diagonal_scan(
    inflow: Tensor, log_decay: Tensor, initial_state: Tensor, chunk: int = CHUNK
) -> ScanOutput:
    """As `diagonal_scan`: within a chunk h_i = sum_{j<=i} L^(i-j) v_j + L^i h_0, one product.

    The powers of L come from `log_decay` in double precision: a slow mode's 1 - |L| has few digits
    in float32, and its error would grow with the length.
    """
    steps = min(chunk, inflow.shape[1])
    exact = in_double(log_decay)
    exponents = torch.arange(steps + 1, device=exact.device)
    powers = torch.exp(exact[:, None] * exponents).to(inflow)
    lag = exponents[:steps, None] - exponents[None, :steps]
    toeplitz = powers[:, lag.clamp(min=0)] * (lag >= 0).to(inflow.device)  # (d_state, steps, steps)
    h, outputs = initial_state, []
    for start in range(0, inflow.shape[1], chunk):
        piece = inflow[:, start : start + chunk].permute(2, 1, 0)  # (d_state, length, batch)
        length = piece.shape[1]
        states = torch.bmm(toeplitz[:, :length, :length], piece)
        states = states + powers[:, 1 : length + 1, None] * h.transpose(0, 1)[:, None]
        outputs.append(states)
        h = states[:, -1].transpose(0, 1)
    return ScanOutput(torch.cat(outputs, dim=1).permute(2, 1, 0), h)
