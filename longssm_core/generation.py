"""Continuing a text from a state: `generate` (greedy, or sampled with a seed) and `write_on`.

Both read on under the policy that left the state, so that what is written follows from the arm's
own reading of everything before: under `reset` the state is dropped at every border that falls
into what is written, as it would be if the same tokens stood in the document.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from longssm_core.errors import ShapeError
from longssm_core.models import Features, LanguageModel
from longssm_core.scoring import ReadingState, token_losses


class Continuation(NamedTuple):
    """tokens (batch, length) int64; the state to go on from."""

    tokens: Tensor
    final_state: ReadingState


class Written(NamedTuple):
    """What one document goes on with, in a model's view.

    tokens: (length,) int64; nll: nats of each under the model that wrote it, (length,) float32.
    """

    tokens: Tensor
    nll: Tensor


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
        reading: where `score` stopped; it is not changed.
        temperature: 0 takes the likeliest token, 1 samples from the model's distribution.
        seed: of the samples; equal seeds give equal tokens on one device.

    Raises:
        ShapeError: no tokens are asked for, or the temperature is negative.
    """
    if length < 1 or temperature < 0:
        raise ShapeError(f"{length} tokens at temperature {temperature}: at least 1, at least 0")
    random = torch.Generator(device=model.device).manual_seed(seed)
    written = []
    for _ in range(length):
        read = _read_last(model, reading)
        last = _choose(model.head(read.features[:, -1]), temperature, random)
        reading = _gone_on(reading, read, last)
        written.append(last)
    return Continuation(torch.stack(written, dim=1), reading)


@torch.inference_mode()
def write_on(
    model: LanguageModel,
    reading: ReadingState,
    most: int,
    is_enough: Callable[[Sequence[int]], bool] = lambda _: False,
    end: int | None = None,
) -> Written:
    """The likeliest next token of one document, again and again; equal arguments give equal bits.

    It ends after `most` tokens, with the token after which `is_enough` of all that was written is
    true, or before `end`.

    Args:
        reading: where `score` stopped, of one row; it is not changed.
        end: id of the token that ends a document; None: there is none.

    Raises:
        ShapeError: no tokens are asked for, or the state has more than one row.
    """
    if most < 1 or reading.last.shape[0] != 1:
        raise ShapeError(f"{most} tokens after {reading.last.shape[0]} rows: at least 1, exactly 1")
    written: list[int] = []
    losses = []
    while len(written) < most and not (written and is_enough(written)):
        read = _read_last(model, reading)
        last = model.head(read.features[:, -1]).argmax(dim=-1)
        if int(last) == end:
            break
        losses.append(token_losses(model, read.features[:, -1], last))
        written.append(int(last))
        reading = _gone_on(reading, read, last)
    nll = torch.cat(losses) if losses else torch.empty(0, device=model.device)
    return Written(torch.tensor(written, dtype=torch.int64), nll.float())


def _read_last(model: LanguageModel, reading: ReadingState) -> Features:
    """What predicts the next token of every row: features (batch, 1, d_model), and the state."""
    policy, window = reading.read_under or (None, None)
    state = reading.model
    if policy == "reset" and window is not None and reading.position % window == 0:
        state = model.initial_state(reading.last.shape[0])
    return model.read(reading.last[:, None], state)


def _gone_on(reading: ReadingState, read: Features, last: Tensor) -> ReadingState:
    return ReadingState(read.state, last, reading.position + 1, reading.read_under)


def _choose(logits: Tensor, temperature: float, random: torch.Generator) -> Tensor:
    if temperature == 0:
        return logits.argmax(dim=-1)
    chances = torch.softmax(logits.float() / temperature, dim=-1)
    return torch.multinomial(chances, 1, generator=random).squeeze(-1)
