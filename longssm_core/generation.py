"""Continuing a text from a state: greedy, or sampled with a seed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from longssm_core.errors import ShapeError
from longssm_core.models import LanguageModel
from longssm_core.scoring import ReadingState


class Continuation(NamedTuple):
    """tokens (batch, length) int64; the state to go on from."""

    tokens: Tensor
    final_state: ReadingState


@torch.inference_mode()
def generate(
    model: LanguageModel,
    reading: ReadingState,
    length: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> Continuation:
    """The next `length` tokens of every row, as the model would write on.

    Args:
        reading: where `score` stopped, under `carry` or `window`; it is not changed.
        temperature: 0 takes the likeliest token, 1 samples from the model's distribution.
        seed: of the samples; equal seeds give equal tokens on one device.

    Raises:
        ShapeError: no tokens are asked for, or the temperature is negative.
    """
    if length < 1 or temperature < 0:
        raise ShapeError(f"{length} tokens at temperature {temperature}: at least 1, at least 0")
    random = torch.Generator(device=model.device).manual_seed(seed)
    state, last, written = reading.model, reading.last, []
    for _ in range(length):
        features, state = model.read(last[:, None], state)
        last = _choose(model.head(features[:, -1]), temperature, random)
        written.append(last)
    tokens = torch.stack(written, dim=1)
    position = reading.position + length
    return Continuation(tokens, ReadingState(state, last, position, reading.read_under))


def _choose(logits: Tensor, temperature: float, random: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits.argmax(dim=-1)
    chances = torch.softmax(logits.float() / temperature, dim=-1)
    return torch.multinomial(chances, 1, generator=random).squeeze(-1)
