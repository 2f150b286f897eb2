"""The language model: (tokens, state) -> (logits, state), for any length of at least one token.

`Mamba2` has the layers, names and equations of transformers' `Mamba2ForCausalLM`, so that weights
travel unchanged between the two; unlike there, the state is always an argument and a return value.
`initialize` gives the start weights: time constants of the heads log-spaced from 2 to 2,000 tokens,
because a small model with Mamba-2's usual start values forgets within 64 bytes and has nothing to
extend.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from torch import Tensor, nn

from longssm_core.config import ModelConfig
from longssm_core.records import CheckpointDescription
from longssm_core.scan import chunked_scan, selective_scan
from longssm_core.state import LayerState, ModelState, blank_state, check_state

SHORTEST_MEMORY, LONGEST_MEMORY = 2.0, 2000.0  # tokens: time constants of the fastest, slowest head


class ModelOutput(NamedTuple):
    """logits (batch, length, vocabulary) float32; the state after the last token."""

    logits: Tensor
    state: ModelState


class RMSNorm(nn.Module):
    """x / rms(x) * weight over the last dimension, in float32."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """Normalised x, same shape."""
        normalised: Tensor = F.rms_norm(x, x.shape[-1:], self.weight, self.epsilon)
        return normalised


class DepthwiseConvolution(nn.Module):
    """Weights of the short convolution, (d_convolved, 1, d_conv), in the checkpoints' form."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(config.d_convolved, 1, config.d_conv))
        self.bias = nn.Parameter(torch.zeros(config.d_convolved))


class Mamba2Mixer(nn.Module):
    """One state-space layer (arXiv:2405.21060, Figure 6, with the sequential projections)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.in_proj = nn.Linear(config.d_model, config.d_projected, bias=False)
        self.conv1d = DepthwiseConvolution(config)
        self.dt_bias = nn.Parameter(torch.zeros(config.n_heads))
        self.A_log = nn.Parameter(torch.zeros(config.n_heads))
        self.D = nn.Parameter(torch.ones(config.n_heads))
        self.norm = RMSNorm(config.d_inner, config.norm_epsilon)
        self.out_proj = nn.Linear(config.d_inner, config.d_model, bias=False)

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
        convolved, last_inputs = self._convolve(mixed, state.convolution)
        u, B, C = torch.split(convolved, [config.d_inner, config.d_state, config.d_state], dim=-1)
        u = u.reshape(batch, length, config.n_heads, config.d_head)
        delta = F.softplus(delta + self.dt_bias).clamp(*config.delta_limit)
        A = -torch.exp(self.A_log.float())  # float32: exp(A_log) can overflow in half precision
        scan = selective_scan if sequential else chunked_scan
        y, hidden = scan(u, delta, A, B, C, state.hidden)
        y = (y + self.D[:, None] * u).reshape(batch, length, config.d_inner)
        y = self.norm(y * F.silu(gate))
        return self.out_proj(y), LayerState(hidden, last_inputs)

    def _convolve(self, mixed: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Causal depthwise convolution over [before, mixed], SiLU; and the new last inputs."""
        length, taps = mixed.shape[1], self.config.d_conv
        extended = torch.cat([before, mixed], dim=1)
        # a sum of shifted products: on (batch, length, channel) tensors faster than F.conv1d
        weight = self.conv1d.weight[:, 0]
        total = self.conv1d.bias + extended[:, :length] * weight[:, 0]
        for tap in range(1, taps):
            total = torch.addcmul(total, extended[:, tap : tap + length], weight[:, tap])
        return F.silu(total), extended[:, length:]


class Block(nn.Module):
    """Residual block: x + mixer(norm(x))."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.norm = RMSNorm(config.d_model, config.norm_epsilon)
        self.mixer = Mamba2Mixer(config)

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """Output of the block and its state after the last position."""
        y, after = self.mixer(self.norm(x), state, sequential)
        return x + y, after


class Backbone(nn.Module):
    """Embedding, blocks and last norm, under the names of the Hugging Face checkpoints."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(config.vocabulary, config.d_model)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm_f = RMSNorm(config.d_model, config.norm_epsilon)


class Mamba2(nn.Module):
    """A Mamba-2 language model whose state is an argument and a return value."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.description: CheckpointDescription | None = None  # set by `load_checkpoint`

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.backbone.embeddings.weight.device

    def initial_state(self, batch_size: int) -> ModelState:
        """The blank state, for `batch_size` rows."""
        return blank_state(self.config, batch_size, self.device)

    def hidden(
        self, tokens: Tensor, state: ModelState, sequential: bool = False
    ) -> tuple[Tensor, ModelState]:
        """Features before the head, (batch, length, d_model), and the state after the last token.

        Args:
            tokens: ids, (batch, length) int64, length >= 1.
            state: the state before the first token.

        Raises:
            ShapeError: the state belongs to another batch size or model.
        """
        check_state(state, self.config, tokens.shape[0])
        x = self.backbone.embeddings(tokens)
        after = []
        for block, layer_state in zip(self.backbone.layers, state.layers, strict=True):
            x, layer_after = block(x, layer_state, sequential)
            after.append(layer_after)
        return self.backbone.norm_f(x), ModelState(tuple(after))

    def head(self, features: Tensor) -> Tensor:
        """Logits, float32, (..., vocabulary): the embedding read backwards."""
        return F.linear(features, self.backbone.embeddings.weight).float()

    def forward(self, tokens: Tensor, state: ModelState, sequential: bool = False) -> ModelOutput:
        """Logits of the next token at every position, and the state after the last one."""
        features, after = self.hidden(tokens, state, sequential)
        return ModelOutput(self.head(features), after)


@torch.no_grad()
def initialize(model: Mamba2, seed: int) -> None:
    """Start weights, the same for every arm of a pair: drawn on the CPU from `seed`."""
    random = torch.Generator().manual_seed(seed)
    config = model.config
    model.backbone.embeddings.weight.normal_(0.0, 0.02, generator=random)
    memory = torch.logspace(math.log10(SHORTEST_MEMORY), math.log10(LONGEST_MEMORY), config.n_heads)
    for block in model.backbone.layers:
        mixer = block.mixer
        assert isinstance(mixer, Mamba2Mixer)
        mixer.in_proj.weight.normal_(0.0, config.d_model**-0.5, generator=random)
        # step sizes start close to their head's time constant and are learnt from there
        mixer.in_proj.weight[-config.n_heads :] *= 0.1
        spread = (config.d_inner * config.n_layers) ** -0.5
        mixer.out_proj.weight.normal_(0.0, spread, generator=random)
        mixer.conv1d.weight.uniform_(-1, 1, generator=random).mul_(config.d_conv**-0.5)
        mixer.conv1d.bias.zero_()
        mixer.A_log.zero_()  # A = -1: the time constant of a head is 1 / delta
        mixer.dt_bias.copy_(_inverse_softplus(1.0 / memory))
        mixer.D.fill_(1.0)


def _inverse_softplus(value: Tensor) -> Tensor:
    return value + torch.log(-torch.expm1(-value))
