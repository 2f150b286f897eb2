"""The state-space recurrence of Mamba-2: its definition and a fast chunked form.

`selective_scan` is the definition, one step after another, to be read beside the paper
(arXiv:2405.21060, Section 3; discretisation as in arXiv:2312.00752, Eq. 4, B in first-order form).
`chunked_scan` computes the same values by matrix products over short chunks (state-space duality,
Section 6 there). Both take the state in and give it back, so that calls can be chained.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

CHUNK = 64  # longer chunks lose float32 digits and leave the cache; see `chunked_scan`


class ScanOutput(NamedTuple):
    """y (batch, length, n_heads, d_head); final_state (batch, n_heads, d_head, d_state)."""

    y: Tensor
    final_state: Tensor


def selective_scan(
    u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, initial_state: Tensor
) -> ScanOutput:
    """Outputs and last state of h_t = exp(delta_t A) h_{t-1} + delta_t u_t B_t^T, y_t = h_t C_t.

    Args:
        u: input, (batch, length, n_heads, d_head).
        delta: step size, positive, (batch, length, n_heads).
        A: decay rate of each head, negative, (n_heads,).
        B, C: input-dependent projections, shared by the heads, (batch, length, d_state).
        initial_state: h_0, (batch, n_heads, d_head, d_state).
    """
    h, outputs = initial_state, []
    for t in range(u.shape[1]):
        decay = torch.exp(delta[:, t] * A)[..., None, None]
        h = decay * h + (delta[:, t, :, None] * u[:, t])[..., None] * B[:, t, None, None, :]
        outputs.append((h * C[:, t, None, None, :]).sum(dim=-1))
    return ScanOutput(torch.stack(outputs, dim=1), h)


def chunked_scan(
    u: Tensor,
    delta: Tensor,
    A: Tensor,
    B: Tensor,
    C: Tensor,
    initial_state: Tensor,
    chunk: int = CHUNK,
) -> ScanOutput:
    """As `selective_scan`, by matrix products over chunks of `chunk` steps.

    Inside a chunk y_i = sum_{j<=i} exp(S_i - S_j) delta_j (C_i B_j) u_j + exp(S_i) C_i h_0 with
    S_i = A (delta_1 + ... + delta_i). Decays are only ever multiplied, never divided, so nothing
    overflows however long the text.
    """
    h, outputs = initial_state, []
    for start in range(0, u.shape[1], chunk):
        piece = slice(start, start + chunk)
        y, h = _one_chunk(u[:, piece], delta[:, piece], A, B[:, piece], C[:, piece], h)
        outputs.append(y)
    return ScanOutput(outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=1), h)


def _one_chunk(u: Tensor, delta: Tensor, A: Tensor, B: Tensor, C: Tensor, h: Tensor) -> ScanOutput:
    batch, length, n_heads, d_head = u.shape
    d_state = B.shape[-1]
    decay = (delta * A).transpose(1, 2).cumsum(dim=-1)  # S, (batch, n_heads, length)
    later = torch.ones(length, length, dtype=torch.bool, device=u.device).triu(1)
    # masked before exp: above the diagonal the difference is positive and could overflow
    between = (decay[..., :, None] - decay[..., None, :]).masked_fill(later, -torch.inf).exp()
    agreement = torch.bmm(C, B.transpose(1, 2))  # C_i B_j, (batch, length, length)
    weighted = (delta[..., None] * u).transpose(1, 2)  # (batch, n_heads, length, d_head)
    y = torch.matmul(between * agreement[:, None], weighted)

    # the part of y that comes from h_0, all heads in one product
    from_state = torch.bmm(C, h.reshape(batch, n_heads * d_head, d_state).transpose(1, 2))
    from_state = from_state.view(batch, length, n_heads, d_head).transpose(1, 2)
    y = y + decay.exp()[..., None] * from_state

    to_end = (decay[..., -1:] - decay).exp()  # what is left of step j at the chunk's end
    inflow = (to_end[..., None] * weighted).transpose(2, 3).reshape(batch, -1, length)
    added = torch.bmm(inflow, B).view(batch, n_heads, d_head, d_state)
    final = decay[..., -1].exp()[..., None, None] * h + added
    return ScanOutput(y.transpose(1, 2), final)
