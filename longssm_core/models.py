"""The language model: (tokens, state) -> (logits, state), for any length of at least one token.

`LanguageModel` is an embedding, residual blocks with one state-space layer each (`mixers`), a last
norm and the head, with the names and equations of transformers' classes, so that weights travel
unchanged between the two; unlike there, the state is always an argument and a return value.
`initialize` gives the start weights: time constants log-spaced from 2 to 2,000 tokens, because a
small model with the usual start values forgets within 64 bytes and has nothing to extend.
"""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from torch import Tensor, nn

from longssm_core.config import LanguageModelConfig, ModelConfig
from longssm_core.mixers import Mamba2Mixer, MambaMixer, Projection, RMSNorm, S5Mixer, make_mixer
from longssm_core.records import CheckpointFiles
from longssm_core.sliding import SlidingLayerState, SlidingState, check_sliding_state
from longssm_core.state import LayerState, ModelState, blank_state, check_state

SHORTEST_MEMORY, LONGEST_MEMORY = 2.0, 2000.0  # tokens: time constants of the fastest, slowest mode


class ModelOutput(NamedTuple):
    """logits (batch, length, vocabulary) float32; the state after the last token."""

    logits: Tensor
    state: ModelState


class Features(NamedTuple):
    """features before the head (batch, length, d_model); the state after the last token."""

    features: Tensor
    state: ModelState | SlidingState


class Block(nn.Module):
    """Residual block: x + mixer(norm(x))."""

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__()
        self.norm = RMSNorm(config.d_model, config.norm_epsilon)
        self.mixer = make_mixer(config)

    def forward(
        self, x: Tensor, state: LayerState, sequential: bool = False
    ) -> tuple[Tensor, LayerState]:
        """Output of the block and its state after the last position."""
        y, after = self.mixer(self.norm(x), state, sequential)
        return x + y, after

    def slide(self, x: Tensor, state: SlidingLayerState) -> tuple[Tensor, SlidingLayerState]:
        """The same, every position reading the last W inputs only."""
        y, after = self.mixer.slide(self.norm(x), state)
        return x + y, after


class Backbone(nn.Module):
    """Embedding, blocks and last norm, under the names of the Hugging Face checkpoints."""

    def __init__(self, config: LanguageModelConfig) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(config.vocabulary, config.d_model)
        self.layers = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.norm_f = RMSNorm(config.d_model, config.norm_epsilon)

    def blocks(self) -> list[Block]:
        """The layers, typed."""
        return [cast("Block", layer) for layer in self.layers]


class LanguageModel(nn.Module):
    """A state-space language model whose state is an argument and a return value."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(config)
        self.lm_head = (
            None if config.tied else Projection(config.d_model, config.vocabulary, bias=False)
        )
        self.files: CheckpointFiles | None = None  # set by `load_checkpoint`
        self.learned_start: ModelState | None = None  # of one row: takes the place of the blank

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.backbone.embeddings.weight.device

    @property
    def _computed_in(self) -> torch.dtype:
        """Of everything but products: float32 for weights in half precision."""
        weights = self.backbone.norm_f.weight.dtype
        return torch.float64 if weights == torch.float64 else torch.float32

    def cast_products(self, dtype: torch.dtype) -> LanguageModel:
        """This model with projections and embedding in `dtype`; all else keeps its precision.

        Step sizes, decay rates, norms and S5's small complex system are few numbers, and errors in
        them grow with the length of the text.
        """
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Embedding):
                module.weight.data = module.weight.data.to(dtype)
        return self

    def initial_state(self, batch_size: int) -> ModelState:
        """The blank state, or the learned one in its place, for `batch_size` rows."""
        if self.learned_start is not None:
            return self.learned_start.rows(torch.zeros(batch_size, dtype=torch.int64))
        return blank_state(self.config, batch_size, self.device, self._computed_in)

    def initial_sliding_state(self, batch_size: int, window: int) -> SlidingState:
        """The blank state of a window of `window` tokens, for `batch_size` rows.

        A learned start is no input: it is not part of a window.
        """
        return self._blank_sliding(batch_size, window, self.device)

    def _blank_sliding(
        self, batch_size: int, window: int, device: torch.device | str
    ) -> SlidingState:
        blank = blank_state(self.config, batch_size, device, self._computed_in)
        return SlidingState(
            tuple(
                SlidingLayerState(
                    layer.hidden,
                    layer.convolution,
                    torch.zeros_like(layer.hidden),
                    block.mixer.empty_queue(window, layer.hidden),
                )
                for layer, block in zip(blank.layers, self.backbone.blocks(), strict=True)
            )
        )

    def read(self, tokens: Tensor, state: ModelState | SlidingState) -> Features:
        """Features of all tokens under the policy that the state stands for.

        Raises:
            ShapeError: the state belongs to another batch size or model.
        """
        if isinstance(state, ModelState):
            return Features(*self.hidden(tokens, state))
        # on "meta" only shapes exist: a queue as long as the window need not be filled to compare
        check_sliding_state(state, self._blank_sliding(len(tokens), state.window, "meta"))
        x, after = self.backbone.embeddings(tokens).to(self._computed_in), []
        for block, layer_state in zip(self.backbone.blocks(), state.layers, strict=True):
            x, layer_after = block.slide(x, layer_state)
            after.append(layer_after)
        return Features(self.backbone.norm_f(x), SlidingState(tuple(after)))

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
        x = self.backbone.embeddings(tokens).to(self._computed_in)
        after = []
        for block, layer_state in zip(self.backbone.blocks(), state.layers, strict=True):
            x, layer_after = block(x, layer_state, sequential)
            after.append(layer_after)
        return self.backbone.norm_f(x), ModelState(tuple(after))

    @property
    def head_weight(self) -> Tensor:
        """Of the head, (vocabulary, d_model): its own, or the embedding read backwards."""
        return self.backbone.embeddings.weight if self.lm_head is None else self.lm_head.weight

    def head(self, features: Tensor) -> Tensor:
        """Logits, (..., vocabulary), of features (..., d_model); in float32 at least.

        A loss is a small difference between large logits: half precision is not enough for them.
        """
        return F.linear(features, self.head_weight.to(features.dtype))

    def forward(self, tokens: Tensor, state: ModelState, sequential: bool = False) -> ModelOutput:
        """Logits of the next token at every position, and the state after the last one."""
        features, after = self.hidden(tokens, state, sequential)
        return ModelOutput(self.head(features), after)


# --- start weights ---------------------------------------------------------------------------


@torch.no_grad()
def initialize(model: LanguageModel, seed: int) -> None:
    """Start weights, the same for every arm of a pair: drawn on the CPU from `seed`."""
    random = torch.Generator().manual_seed(seed)
    config = model.config
    model.backbone.embeddings.weight.normal_(0.0, 0.02, generator=random)
    for name, bias in model.named_parameters():
        if name.endswith("bias"):
            bias.zero_()
    for block in model.backbone.blocks():
        mixer = block.mixer
        if isinstance(mixer, Mamba2Mixer):
            _initialize_mamba2(mixer, config.n_layers, random)
        elif isinstance(mixer, MambaMixer):
            _initialize_mamba(mixer, config.n_layers, random)
        else:
            _initialize_s5(cast("S5Mixer", mixer), random)
    if model.lm_head is not None:
        model.lm_head.weight.normal_(0.0, config.d_model**-0.5, generator=random)


def _initialize_mamba2(mixer: Mamba2Mixer, n_layers: int, random: torch.Generator) -> None:
    config = mixer.config
    mixer.in_proj.weight.normal_(0.0, config.d_model**-0.5, generator=random)
    # step sizes start close to their head's time constant and are learnt from there
    mixer.in_proj.weight[-config.n_heads :] *= 0.1
    spread = (config.d_inner * n_layers) ** -0.5
    mixer.out_proj.weight.normal_(0.0, spread, generator=random)
    mixer.conv1d.weight.uniform_(-1, 1, generator=random).mul_(config.d_conv**-0.5)
    mixer.A_log.zero_()  # A = -1: the time constant of a head is 1 / delta
    mixer.dt_bias.copy_(_inverse_softplus(1.0 / _time_constants(config.n_heads)))
    mixer.D.fill_(1.0)


def _initialize_mamba(mixer: MambaMixer, n_layers: int, random: torch.Generator) -> None:
    config = mixer.config
    mixer.in_proj.weight.normal_(0.0, config.d_model**-0.5, generator=random)
    mixer.x_proj.weight.normal_(0.0, config.d_inner**-0.5, generator=random)
    mixer.dt_proj.weight.normal_(0.0, 0.1 * config.delta_rank**-0.5, generator=random)
    spread = (config.d_inner * n_layers) ** -0.5
    mixer.out_proj.weight.normal_(0.0, spread, generator=random)
    mixer.conv1d.weight.uniform_(-1, 1, generator=random).mul_(config.d_conv**-0.5)
    # A = -(1 ... d_state), S4D-real: 1 / delta is the time constant of a channel's slowest mode
    mixer.A_log.copy_(torch.arange(1, config.d_state + 1).log().expand_as(mixer.A_log))
    order = torch.randperm(config.d_inner, generator=random)
    mixer.dt_proj.bias.copy_(_inverse_softplus(1.0 / _time_constants(config.d_inner)[order]))
    mixer.D.fill_(1.0)


def _initialize_s5(mixer: S5Mixer, random: torch.Generator) -> None:
    config = mixer.config
    # eigenvalues -1/2 + i pi n (S4D-Lin, arXiv:2206.11893): the time constant is 2 / delta
    mixer.log_rate.fill_(math.log(0.5))
    mixer.frequency.copy_(math.pi * torch.arange(config.d_state) / 8)
    order = torch.randperm(config.d_state, generator=random)
    mixer.log_delta.copy_((2.0 / _time_constants(config.d_state)[order]).log())
    mixer.B.normal_(0.0, config.d_model**-0.5, generator=random)
    mixer.C.normal_(0.0, config.d_state**-0.5, generator=random)
    mixer.D.fill_(1.0)
    mixer.gate.weight.normal_(0.0, config.d_model**-0.5, generator=random)


def _time_constants(count: int) -> Tensor:
    return torch.logspace(math.log10(SHORTEST_MEMORY), math.log10(LONGEST_MEMORY), count)


def _inverse_softplus(value: Tensor) -> Tensor:
    return value + torch.log(-torch.expm1(-value))
