"""The state-space layers: (x, layer state) -> (y, layer state), one class per family.

`Mamba2Mixer`, `MambaMixer` and `S5Mixer` hold the weights under the names of the Hugging Face
checkpoints and call the scans. Projections are computed in the dtype of their weights, everything
between them (convolution, step sizes, scan, gate, norm) and the state in float32; in float64 for a
model that was cast to it as a whole.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from torch import Tensor, nn

from longssm_core.config import LanguageModelConfig, Mamba2Config, MambaConfig, S5Config
from longssm_core.scan import (
    blocked_selective_scan,
    chunked_diagonal_scan,
    chunked_head_scan,
    diagonal_scan,
    head_scan,
    selective_scan,
)
from longssm_core.state import LayerState


class RMSNorm(nn.Module):
    """x / rms(x) * weight over the last dimension, or over each of `groups` parts of it."""

    def __init__(self, width: int, epsilon: float, groups: int = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon
        self.groups = groups

    def forward(self, x: Tensor) -> Tensor:
        """Normalised x, same shape."""
        if self.groups == 1:
            return F.rms_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.epsilon)
        parts = x.view(*x.shape[:-1], self.groups, -1)
        parts = F.rms_norm(parts, parts.shape[-1:], None, self.epsilon)
        return parts.flatten(-2) * self.weight


class Projection(nn.Linear):
    """A linear map: the product in the dtype of the weight, the sum with the bias in that of x."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., out) for x (..., in), in the dtype of x."""
        if self.weight.dtype == x.dtype:
            return F.linear(x, self.weight, self.bias)
        y = F.linear(x.to(self.weight.dtype), self.weight).to(x.dtype)
        return y if self.bias is None else y + self.bias


class DepthwiseConvolution(nn.Module):
    """A short causal convolution of every channel, then SiLU; its inputs belong to the state."""

    def __init__(self, channels: int, taps: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, 1, taps))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """SiLU of the convolution over [before, x], (batch, length, channels); new last inputs."""
        length, taps = x.shape[1], self.weight.shape[-1]
        extended = torch.cat([before, x], dim=1)
        # a sum of shifted products: on (batch, length, channel) tensors faster than F.conv1d
        weight = self.weight[:, 0].to(x.dtype)
        total = extended[:, :length] * weight[:, 0]
        if self.bias is not None:
            total = self.bias + total
        for tap in range(1, taps):
            total = torch.addcmul(total, extended[:, tap : tap + length], weight[:, tap])
        return F.silu(total), extended[:, length:]


class Mamba2Mixer(nn.Module):
    """Mamba-2 (arXiv:2405.21060, Figure 6, with the sequential projections)."""

    def __init__(self, config: Mamba2Config) -> None:
        super().__init__()
        self.config = config
        bias = config.projection_bias
        self.in_proj = Projection(config.d_model, config.d_projected, bias=bias)
        self.conv1d = DepthwiseConvolution(
            config.d_convolved, config.d_conv, config.convolution_bias
        )
        self.dt_bias = nn.Parameter(torch.zeros(config.n_heads))
        self.A_log = nn.Parameter(torch.zeros(config.n_heads))
        self.D = nn.Parameter(torch.ones(config.n_heads))
        self.norm = RMSNorm(config.d_inner, config.norm_epsilon, config.n_groups)
        self.out_proj = Projection(config.d_inner, config.d_model, bias=bias)

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """Output (batch, length, d_model) and the state after the last position.

        `sequential` takes the step-by-step definition of the scan instead of the chunked form.
        """
        config = self.config
        batch, length, _ = x.shape
        gate, mixed, delta = torch.split(
            self.in_proj(x), [config.d_inner, config.d_convolved, config.n_heads], dim=-1
        )
        convolved, last_inputs = self.conv1d(mixed, state.convolution)
        shared = config.n_groups * config.d_state
        u, B, C = torch.split(convolved, [config.d_inner, shared, shared], dim=-1)
        u = u.reshape(batch, length, config.n_heads, config.d_head)
        B, C = (v.reshape(batch, length, config.n_groups, config.d_state) for v in (B, C))
        delta = F.softplus(delta + self.dt_bias).clamp(*config.delta_limit)
        scan = head_scan if sequential else chunked_head_scan
        y, hidden = scan(u, delta, decay_rate(self.A_log), B, C, state.hidden)
        y = (y + self.D[:, None] * u).reshape(batch, length, config.d_inner)
        y = self.norm(y * F.silu(gate))
        return self.out_proj(y), LayerState(hidden, last_inputs)


class MambaMixer(nn.Module):
    """Mamba (arXiv:2312.00752, Algorithm 2 and Figure 3), and FalconMamba with its inner norms."""

    def __init__(self, config: MambaConfig) -> None:
        super().__init__()
        self.config = config
        bias, d_inner = config.projection_bias, config.d_inner
        self.in_proj = Projection(config.d_model, 2 * d_inner, bias=bias)
        self.conv1d = DepthwiseConvolution(d_inner, config.d_conv, config.convolution_bias)
        self.x_proj = Projection(d_inner, config.delta_rank + 2 * config.d_state, bias=False)
        self.dt_proj = Projection(config.delta_rank, d_inner)
        self.A_log = nn.Parameter(torch.zeros(d_inner, config.d_state))
        self.D = nn.Parameter(torch.ones(d_inner))
        self.out_proj = Projection(d_inner, config.d_model, bias=bias)

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """Output (batch, length, d_model) and the state after the last position.

        `sequential` takes the step-by-step definition of the scan instead of the blocked form.
        """
        config = self.config
        mixed, gate = self.in_proj(x).chunk(2, dim=-1)
        u, last_inputs = self.conv1d(mixed, state.convolution)
        delta, B, C = torch.split(
            self.x_proj(u), [config.delta_rank, config.d_state, config.d_state], dim=-1
        )
        if config.mixer_norm_epsilon is not None:
            epsilon = config.mixer_norm_epsilon
            delta, B, C = (F.rms_norm(v, v.shape[-1:], None, epsilon) for v in (delta, B, C))
        delta = F.softplus(self.dt_proj(delta))
        scan = selective_scan if sequential else blocked_selective_scan
        y, hidden = scan(u, delta, decay_rate(self.A_log), B, C, state.hidden)
        y = (y + self.D * u) * F.silu(gate)
        return self.out_proj(y), LayerState(hidden, last_inputs)


class S5Mixer(nn.Module):
    """S5 (arXiv:2208.04933, Section 3): one diagonal complex system, then GELU and a gate.

    lambda = -exp(log_rate) + i frequency; zero-order hold with one learned step size per mode:
    exp(lambda delta) h + (exp(lambda delta) - 1) / lambda B u, y = Re(C h) + D u.
    """

    def __init__(self, config: S5Config) -> None:
        super().__init__()
        self.config = config
        modes, width = config.d_state, config.d_model
        self.log_rate = nn.Parameter(torch.zeros(modes))
        self.frequency = nn.Parameter(torch.zeros(modes))
        self.log_delta = nn.Parameter(torch.zeros(modes))
        self.B = nn.Parameter(torch.zeros(modes, width, 2))  # real and imaginary part
        self.C = nn.Parameter(torch.zeros(width, modes, 2))
        self.D = nn.Parameter(torch.ones(width))
        self.gate = Projection(width, width)

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """Output (batch, length, d_model) and the state after the last position.

        `sequential` takes the step-by-step definition of the scan instead of the chunked form.
        """
        eigenvalue = torch.complex(-torch.exp(self.log_rate), self.frequency)
        log_decay = eigenvalue * torch.exp(self.log_delta)
        hold = torch.expm1(log_decay) / eigenvalue  # zero-order hold, S5 Eq. 6
        B = hold[:, None] * torch.view_as_complex(self.B)
        inflow = F.linear(x.to(B.dtype), B)
        scan = diagonal_scan if sequential else chunked_diagonal_scan
        states, hidden = scan(inflow, log_decay, torch.view_as_complex(state.hidden.contiguous()))
        y = F.linear(states, torch.view_as_complex(self.C)).real + self.D * x
        y = F.gelu(y)
        return y * torch.sigmoid(self.gate(y)), LayerState(
            torch.view_as_real(hidden), state.convolution
        )


def decay_rate(A_log: Tensor) -> Tensor:
    """A = -exp(A_log), in float32 at least: it can overflow in half precision."""
    return -torch.exp(A_log if A_log.dtype == torch.float64 else A_log.float())


def make_mixer(config: LanguageModelConfig) -> nn.Module:
    """The state-space layer of a configuration's family."""
    if isinstance(config, Mamba2Config):
        return Mamba2Mixer(config)
    if isinstance(config, MambaConfig):
        return MambaMixer(config)
    assert isinstance(config, S5Config)
    return S5Mixer(config)
