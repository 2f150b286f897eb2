"""The state-space layers: (x, layer state) -> (y, layer state), one class per family.

`Mamba2Mixer`, `MambaMixer` and `S5Mixer` hold the weights under the names of the Hugging Face
checkpoints and call the scans; `Mixer` puts their parts together, for a state that is carried and
for one that slides. Projections are computed in the dtype of their weights, everything
between them (convolution, step sizes, scan, gate, norm) and the state in float32; in float64 for a
model that was cast to it as a whole.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from torch import Tensor, nn

from longssm_core import gpu
from longssm_core.config import LanguageModelConfig, Mamba2Config, MambaConfig, S5Config
from longssm_core.products import multiply
from longssm_core.scan import (
    ScanOutput,
    blocked_selective_scan,
    chunked_diagonal_scan,
    chunked_head_scan,
    diagonal_scan,
    head_scan,
    in_double,
    selective_scan,
)
from longssm_core.sliding import SlidingLayerState
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
        if self.groups == 1 and may_read_fused(x, self.weight):
            from longssm_core import fused_parts  # compiled by numba: only where it reads

            return fused_parts.rms_norm(x, self.weight, self.epsilon)
        if self.groups == 1:
            return F.rms_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.epsilon)
        parts = x.view(*x.shape[:-1], self.groups, -1)
        parts = F.rms_norm(parts, parts.shape[-1:], None, self.epsilon)
        return parts.flatten(-2) * self.weight


class Projection(nn.Linear):
    """A linear map: the product in the dtype of the weight, the sum with the bias in that of x."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., out) for x (..., in), in the dtype of x."""
        if may_read_fused(x, self.weight):
            return multiply(x, self.weight, self.bias)
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


FusedForm = Callable[[Tensor, LayerState], tuple[Tensor, LayerState]]


class Entered(NamedTuple):
    """What a layer does with its input before the scan.

    inflow: what the scan adds to the state, one or more tensors (batch, length, ...).
    read_out: C where it depends on the input, (batch, length, ...); else nothing.
    beside: what goes around the scan: its input and the gate.
    last_inputs: of the convolution, for the next piece.
    """

    inflow: tuple[Tensor, ...]
    read_out: tuple[Tensor, ...]
    beside: tuple[Tensor, ...]
    last_inputs: Tensor


class Mixer(nn.Module, ABC):
    """A state-space layer: what enters the scan, the scan, and what is made of its output.

    In all families inflow, read-out and what goes beside are tensors (batch, length, ...).
    """

    @abstractmethod
    def enter(self, x: Tensor, before: Tensor) -> Entered:
        """Projections and convolution of x (batch, length, d_model); `before`: its last inputs."""

    @abstractmethod
    def scan(
        self,
        inflow: tuple[Tensor, ...],
        read_out: tuple[Tensor, ...],
        hidden: Tensor,
        window: Tensor | None = None,
        sequential: bool = False,
    ) -> ScanOutput:
        """Outputs and last state; with `window` outputs read the state so much time later."""

    @abstractmethod
    def leave(self, y: Tensor, beside: tuple[Tensor, ...]) -> Tensor:
        """Gate, norm and projection: the layer's output, (batch, length, d_model)."""

    @abstractmethod
    def elapsed(self, inflow: tuple[Tensor, ...]) -> Tensor:
        """The time that passes with each token, (batch, length, ...): what decay multiplies."""

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """Output (batch, length, d_model) and the state after the last position.

        `sequential` takes the step-by-step definition of the scan instead of its fast form.
        """
        entered = self.enter(x, state.convolution)
        y, hidden = self.scan(entered.inflow, entered.read_out, state.hidden, sequential=sequential)
        return self.leave(y, entered.beside), LayerState(hidden, entered.last_inputs)

    def slide(self, x: Tensor, state: SlidingLayerState) -> tuple[Tensor, SlidingLayerState]:
        """As `forward`, each position reading a state that holds its last W inputs only.

        h_t minus what is left at t of h_{t-W}: exact for a linear recurrence, and the same whatever
        the pieces. A second scan, W tokens behind, carries h_{t-W}.

        Source: the sliding window by state difference of Stuffed Mamba (arXiv:2410.07145).
        """
        entered, length = self.enter(x, state.convolution), x.shape[1]
        extended = tuple(
            torch.cat([old, new], dim=1)
            for old, new in zip(state.queue, entered.inflow, strict=True)
        )
        y, hidden = self.scan(entered.inflow, entered.read_out, state.hidden)
        behind = tuple(value[:, :length] for value in extended)
        window = _sums_of_last(self.elapsed(extended), length)
        forgotten, lagging = self.scan(behind, entered.read_out, state.lagging, window)
        queue = tuple(value[:, length:] for value in extended)
        after = SlidingLayerState(hidden, entered.last_inputs, lagging, queue)
        return self.leave(y - forgotten, entered.beside), after

    @abstractmethod
    def empty_queue(self, window: int, like: Tensor) -> tuple[Tensor, ...]:
        """An inflow of `window` tokens that adds nothing in no time; rows and dtype of `like`."""


def _sums_of_last(elapsed: Tensor, length: int) -> Tensor:
    """Time that passed in the window that ends at each of the last `length` tokens.

    elapsed is (batch, W + length, ...). Summed in double precision: it is a difference.
    """
    total = in_double(elapsed).cumsum(dim=1)
    return (total[:, -length:] - total[:, :length]).to(elapsed)


class ProjectedMixer(Mixer):
    """A layer between two projections: a fused middle for reading on a CPU, a scan for a GPU."""

    in_proj: Projection
    out_proj: Projection
    A_log: nn.Parameter
    by_definition: ClassVar[Callable[..., ScanOutput]]  # (u, delta, A, B, C, state)
    fast: ClassVar[Callable[..., ScanOutput]]  # the same, and the window

    @abstractmethod
    def on_gpu(self) -> Callable[..., ScanOutput]:
        """The same as `fast`, by a kernel."""

    @abstractmethod
    def fused(self) -> FusedForm | None:
        """The middle without gradients, from in_proj's output; None: not for this configuration."""

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """As in every family; by the fused kernels where they apply and no gradient is due."""
        if not sequential and may_read_fused(x, self.in_proj.weight):
            read = self.fused()
            if read is not None:
                y, after = read(self.in_proj(x), state)
                return self.out_proj(y), after
        return super().forward(x, state, sequential)

    def scan(
        self,
        inflow: tuple[Tensor, ...],
        read_out: tuple[Tensor, ...],
        hidden: Tensor,
        window: Tensor | None = None,
        sequential: bool = False,
    ) -> ScanOutput:
        """The family's recurrence; inflow is u, delta, B, and read_out is C."""
        (u, delta, B), (C,) = inflow, read_out
        A = decay_rate(self.A_log)
        if sequential:
            return self.by_definition(u, delta, A, B, C, hidden)
        fast = self.on_gpu() if gpu.may_fuse(u) else self.fast
        return fast(u, delta, A, B, C, hidden, window)

    def elapsed(self, inflow: tuple[Tensor, ...]) -> Tensor:
        """delta, (batch, length, n_heads) in Mamba-2, (batch, length, d_inner) in Mamba."""
        return inflow[1]


class Mamba2Mixer(ProjectedMixer):
    """Mamba-2 (arXiv:2405.21060, Figure 6, with the sequential projections)."""

    by_definition = staticmethod(head_scan)  # one decay per head
    fast = staticmethod(chunked_head_scan)

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

    def on_gpu(self) -> Callable[..., ScanOutput]:
        """All chunks side by side."""
        from longssm_core import gpu_scan  # compiled by triton: only where there is a GPU

        return gpu_scan.head_scan

    def fused(self) -> FusedForm | None:
        """Where its tiles fit: see `fused_mamba2.is_supported`."""
        from longssm_core import fused_mamba2  # compiled by numba: only where it reads

        if not fused_mamba2.is_supported(self.config):
            return None
        return lambda projected, state: fused_mamba2.read_fused_mamba2(self, projected, state)

    def enter(self, x: Tensor, before: Tensor) -> Entered:
        """Inflow u, delta, B; read-out C; beside the scan u and the gate."""
        config = self.config
        batch, length, _ = x.shape
        gate, mixed, delta = torch.split(
            self.in_proj(x), [config.d_inner, config.d_convolved, config.n_heads], dim=-1
        )
        convolved, last_inputs = self.conv1d(mixed, before)
        shared = config.n_groups * config.d_state
        u, B, C = torch.split(convolved, [config.d_inner, shared, shared], dim=-1)
        u = u.reshape(batch, length, config.n_heads, config.d_head)
        B, C = (v.reshape(batch, length, config.n_groups, config.d_state) for v in (B, C))
        delta = F.softplus(delta + self.dt_bias).clamp(*config.delta_limit)
        return Entered((u, delta, B), (C,), (u, gate), last_inputs)

    def leave(self, y: Tensor, beside: tuple[Tensor, ...]) -> Tensor:
        """D u added, gated, normalised, projected."""
        u, gate = beside
        y = (y + self.D[:, None] * u).reshape(gate.shape)
        output: Tensor = self.out_proj(self.norm(y * F.silu(gate)))
        return output

    def empty_queue(self, window: int, like: Tensor) -> tuple[Tensor, ...]:
        """u, delta and B, all zero."""
        config = self.config
        shapes = (
            (config.n_heads, config.d_head),
            (config.n_heads,),
            (config.n_groups, config.d_state),
        )
        return tuple(like.new_zeros(len(like), window, *shape) for shape in shapes)


class MambaMixer(ProjectedMixer):
    """Mamba (arXiv:2312.00752, Algorithm 2 and Figure 3), and FalconMamba with its inner norms."""

    by_definition = staticmethod(selective_scan)  # a decay for each channel and state
    fast = staticmethod(blocked_selective_scan)

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

    def on_gpu(self) -> Callable[..., ScanOutput]:
        """The states of a block of channels in registers."""
        from longssm_core import gpu_scan  # compiled by triton: only where there is a GPU

        return gpu_scan.selective_scan

    def fused(self) -> FusedForm | None:
        """Where its blocks fit: see `fused_mamba.is_supported`."""
        from longssm_core import fused_mamba  # compiled by numba: only where it reads

        if not fused_mamba.is_supported(self.config):
            return None
        return lambda projected, state: fused_mamba.read_fused_mamba(self, projected, state)

    def enter(self, x: Tensor, before: Tensor) -> Entered:
        """Inflow u, delta, B; read-out C; beside the scan u and the gate."""
        mixed, gate = self.in_proj(x).chunk(2, dim=-1)
        u, last_inputs = self.conv1d(mixed, before)
        low_rank, B, C = torch.split(self.mix(u), self._mixed, dim=-1)
        delta = F.softplus(self.dt_proj(low_rank))
        return Entered((u, delta, B), (C,), (u, gate), last_inputs)

    def mix(self, u: Tensor) -> Tensor:
        """The step's low-rank form, B and C, (batch, length, delta_rank + 2 d_state)."""
        mixed: Tensor = self.x_proj(u)
        epsilon = self.config.mixer_norm_epsilon
        if epsilon is None:
            return mixed
        parts = torch.split(mixed, self._mixed, dim=-1)
        normed = [F.rms_norm(part, part.shape[-1:], None, epsilon) for part in parts]
        return torch.cat(normed, dim=-1)

    @property
    def _mixed(self) -> list[int]:
        """Widths of what `mix` gives."""
        return [self.config.delta_rank, self.config.d_state, self.config.d_state]

    def leave(self, y: Tensor, beside: tuple[Tensor, ...]) -> Tensor:
        """D u added, gated, projected."""
        u, gate = beside
        output: Tensor = self.out_proj((y + self.D * u) * F.silu(gate))
        return output

    def empty_queue(self, window: int, like: Tensor) -> tuple[Tensor, ...]:
        """u, delta and B, all zero."""
        config = self.config
        widths = (config.d_inner, config.d_inner, config.d_state)
        return tuple(like.new_zeros(len(like), window, width) for width in widths)


class S5Mixer(Mixer):
    """S5 (arXiv:2208.04933, Section 3): one diagonal complex system, then GELU and a gate.

    lambda = -exp(log_rate) + i frequency; zero-order hold with one learned step size per mode:
    h_t = exp(lambda delta) h_{t-1} + (exp(lambda delta) - 1) / lambda B u_t, y = Re(C h) + D u.
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

    @property
    def eigenvalues(self) -> Tensor:
        """lambda of the continuous system, (d_state,), complex."""
        return torch.complex(-torch.exp(self.log_rate), self.frequency)

    def enter(self, x: Tensor, before: Tensor) -> Entered:
        """Inflow of the discretised system, (batch, length, d_state, 2); beside the scan x."""
        log_decay = self.eigenvalues * torch.exp(self.log_delta)
        hold = torch.expm1(log_decay) / self.eigenvalues  # zero-order hold, S5 Eq. 6
        B = hold[:, None] * torch.view_as_complex(self.B)
        inflow = torch.view_as_real(F.linear(x.to(B.dtype), B))
        # one token is one unit of time for every mode
        time = torch.ones(x.shape[:2], dtype=x.dtype, device=x.device)
        return Entered((inflow, time), (), (x,), before)

    def scan(
        self,
        inflow: tuple[Tensor, ...],
        read_out: tuple[Tensor, ...],
        hidden: Tensor,
        window: Tensor | None = None,
        sequential: bool = False,
    ) -> ScanOutput:
        """A fixed decay for each mode; y is Re(C h)."""
        log_decay = self.eigenvalues * torch.exp(self.log_delta)
        entering, start = (torch.view_as_complex(v.contiguous()) for v in (inflow[0], hidden))
        scan = diagonal_scan if sequential else chunked_diagonal_scan
        states, last = scan(entering, log_decay, start)
        if window is not None:
            states = states * torch.exp(log_decay * window[..., None])
        y = F.linear(states, torch.view_as_complex(self.C)).real
        return ScanOutput(y, torch.view_as_real(last))

    def leave(self, y: Tensor, beside: tuple[Tensor, ...]) -> Tensor:
        """D x added, GELU, gated by itself."""
        y = F.gelu(y + self.D * beside[0])
        return y * torch.sigmoid(self.gate(y))

    def elapsed(self, inflow: tuple[Tensor, ...]) -> Tensor:
        """Tokens, (batch, length)."""
        return inflow[1]

    def empty_queue(self, window: int, like: Tensor) -> tuple[Tensor, ...]:
        """No inflow, in no time."""
        rows = len(like)
        return like.new_zeros(rows, window, self.config.d_state, 2), like.new_zeros(rows, window)


def may_read_fused(x: Tensor, weight: Tensor) -> bool:
    """Whether the CPU kernels are there, and float32 is read without a gradient."""
    return (
        not torch.is_grad_enabled()
        and x.device.type == "cpu"
        and x.dtype == weight.dtype == torch.float32
        and _has_numba()
    )


@cache
def _has_numba() -> bool:
    return find_spec("numba") is not None


def decay_rate(A_log: Tensor) -> Tensor:
    """A = -exp(A_log), in float32 at least: it can overflow in half precision."""
    return -torch.exp(A_log if A_log.dtype == torch.float64 else A_log.float())


def make_mixer(config: LanguageModelConfig) -> Mixer:
    """The state-space layer of a configuration's family."""
    if isinstance(config, Mamba2Config):
        return Mamba2Mixer(config)
    if isinstance(config, MambaConfig):
        return MambaMixer(config)
    assert isinstance(config, S5Config)
    return S5Mixer(config)
