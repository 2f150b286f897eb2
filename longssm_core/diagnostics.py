"""What a model does with its memory: how large it grows, how far back it reaches, how it fades.

`state_norms` and `effective_remembrance` look at readings, `repeated_token` at one that never says
anything new, `continuation_losses` at what is expected next, `decay_lengths` at the layers. None of
them decides anything; a norm that grows without end, or a prediction that still depends on the
oldest tokens far beyond the training length, is what goes wrong when length extension fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from longssm_core.errors import ShapeError
from longssm_core.mixers import Mamba2Mixer, MambaMixer, decay_rate
from longssm_core.models import LanguageModel
from longssm_core.scoring import ReadingState, score, start_reading


class StateNorms(NamedTuple):
    """positions (looks,): tokens read; norms (looks, n_layers, batch): Euclidean, of h."""

    positions: tuple[int, ...]
    norms: Tensor


def read_and_look(
    model: LanguageModel, tokens: Tensor, every: int
) -> Iterator[tuple[Tensor, ReadingState]]:
    """Losses (batch, <= every) and the state after them, piece by piece, the state carried.

    The states of a scoring pass, so that whoever looks at them pays for no second one.
    """
    reading = start_reading(model, tokens.shape[0])
    for start in range(0, tokens.shape[1], every):
        nll, reading = score(model, tokens[:, start : start + every], state=reading)
        yield nll, reading


def state_norms(model: LanguageModel, tokens: Tensor, every: int = 256) -> StateNorms:
    """Norm of every layer's hidden state after each `every` tokens of (batch, length)."""
    looks = [reading for _, reading in read_and_look(model, tokens, every)]
    positions = tuple(reading.position for reading in looks)
    return StateNorms(positions, torch.stack([reading.model.norms() for reading in looks]))


@torch.inference_mode()
def effective_remembrance(model: LanguageModel, tokens: Tensor, forgotten: Sequence[int]) -> Tensor:
    """How much the prediction after all tokens depends on the first t of them, (len(forgotten),).

    Total variation, 0 to 1, between the next token's distribution with the whole text and with its
    first t tokens left out. 0: they do not matter.

    Args:
        tokens: one document, (length,) int64.
        forgotten: the t, each from 1 to length - 1.

    Raises:
        ShapeError: a t is outside the text.

    Source: EffRem in Ruiz & Gu (arXiv:2507.02782).
    """
    if not all(1 <= t < len(tokens) for t in forgotten):
        raise ShapeError(f"tokens to forget are {list(forgotten)}, expected 1 to {len(tokens) - 1}")
    whole = _prediction(model, tokens, start_reading(model, 1))
    rest = (_prediction(model, *_blank_before(model, tokens[t:])) for t in forgotten)
    return torch.stack([0.5 * (whole - part).abs().sum() for part in rest])


class Repeated(NamedTuple):
    """nll (pieces,): mean nats per token of each piece; positions and norms as in StateNorms."""

    nll: Tensor
    positions: tuple[int, ...]
    norms: Tensor


def repeated_token(model: LanguageModel, token: int, length: int, every: int = 256) -> Repeated:
    """Losses and state norms while one token is read again and again, such as a line break.

    A state that cannot forget is filled by it until the predictions collapse.

    Source: the newline test of Stuffed Mamba (arXiv:2410.07145).
    """
    tokens = torch.full((1, length), token, dtype=torch.int64)
    looks = [(nll.mean(), reading) for nll, reading in read_and_look(model, tokens, every)]
    return Repeated(
        torch.stack([nll for nll, _ in looks]),
        tuple(reading.position for _, reading in looks),
        torch.stack([reading.model.norms() for _, reading in looks]),
    )


def continuation_losses(
    model: LanguageModel,
    tokens: Tensor,
    continuations: Sequence[Tensor],
    policy: str = "carry",
    window: int | None = None,
) -> Tensor:
    """Nats of each continuation of one text, (len(continuations),), all from the same state.

    Args:
        tokens: what is read first, (length,) int64.
        continuations: ids, (length,) each.
        policy, window: as in `score`, counted from the start of `tokens`.
    """
    after = score(model, tokens[None], policy=policy, window=window).final_state
    found = [
        score(model, one[None], policy=policy, window=window, state=after).nll.sum()
        for one in continuations
    ]
    return torch.stack(found)


def _blank_before(model: LanguageModel, tokens: Tensor) -> tuple[Tensor, ReadingState]:
    """What is left to read, and a blank state whose first input is the first of `tokens`."""
    return tokens[1:], ReadingState(model.initial_state(1), tokens[:1].to(model.device), 1)


def _prediction(model: LanguageModel, tokens: Tensor, reading: ReadingState) -> Tensor:
    """Chances of the next token, (vocabulary,), after reading `tokens` on from `reading`."""
    after = score(model, tokens[None], state=reading).final_state if len(tokens) else reading
    features, _ = model.read(after.last[:, None], after.model)
    return torch.softmax(model.head(features[0, -1]), dim=-1)


@torch.inference_mode()
def decay_lengths(model: LanguageModel, tokens: Tensor) -> list[Tensor]:
    """Tokens after which a mode keeps 1/e of what entered, one tensor for each layer.

    Shaped (n_heads,) in Mamba-2, (d_inner, d_state) in Mamba, (d_state,) in S5. In Mamba and
    Mamba-2 the decay depends on the input: the mean over `tokens` (batch, length) is taken.
    """
    lengths = []
    x, state = model.backbone.embeddings(tokens).float(), model.initial_state(tokens.shape[0])
    for block, layer in zip(model.backbone.blocks(), state.layers, strict=True):
        mixer, normed = block.mixer, block.norm(x)
        if isinstance(mixer, Mamba2Mixer | MambaMixer):
            elapsed = mixer.elapsed(mixer.enter(normed, layer.convolution).inflow).mean(dim=(0, 1))
            rate = -decay_rate(mixer.A_log)
            rate = rate * (elapsed if rate.dim() == 1 else elapsed[:, None])
        else:
            rate = torch.exp(mixer.log_rate + mixer.log_delta)  # type: ignore[operator]
        lengths.append(1.0 / rate)
        x, _ = block(x, layer)
    return lengths
