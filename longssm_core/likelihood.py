"""What evaluation harnesses ask of a language model: likelihoods and continuations of texts.

`Reader` joins a checkpoint, its tokenizer and a way of reading (`read_policy` of a word such as
`reset:256`). Every text is a document of its own: its first token is predicted from the start
token, and nothing is padded. `rolling_segments` are the windows that lm-evaluation-harness gives
to models of a limited context; that harness itself is known to `harness` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from longssm_core.canonical import CHUNK, TOKENS_AT_ONCE
from longssm_core.errors import ConfigError, PolicyError
from longssm_core.models import LanguageModel
from longssm_core.scoring import HEAD_ROWS, Segment, check_policy, segments, token_losses
from longssm_core.sliding import SlidingState
from longssm_core.state import ModelState
from longssm_core.tokenizer import Ids, Tokens


class Likelihood(NamedTuple):
    """log_likelihood: nats; is_greedy: whether every target was the likeliest token."""

    log_likelihood: float
    is_greedy: bool


def rolling_segments(start: int, stop: int, longest: int) -> list[Segment]:
    """Targets [start, stop) in windows of `longest` inputs, each token once.

    The windows follow one another without overlap, but for the last: it reads `longest` inputs too
    and scores only what is left. The same windows as lm-evaluation-harness's
    `get_rolling_token_windows` with one token of context, made disjoint; where `longest` divides
    the targets of a document, they are those of `reset`.
    """
    targets = ((first, min(first + longest, stop)) for first in range(start, stop, longest))
    return [Segment(max(-1, last - longest - 1), first, last) for first, last in targets]


@dataclass(frozen=True)
class Reader:
    """A checkpoint and how it reads a text.

    policy, window: as in `score`.
    longest: None, or the most inputs that a prediction may depend on: then texts are cut as
        lm-evaluation-harness does it, and `policy` is `carry` inside a window.
    """

    model: LanguageModel
    tokenizer: Tokens
    policy: str = "carry"
    window: int | None = None
    longest: int | None = None

    def __post_init__(self) -> None:
        """Refuse a way of reading that contradicts itself."""
        check_policy(self.policy, self.window)
        if self.longest is not None and (self.longest < 1 or self.policy != "carry"):
            raise PolicyError(
                f"a longest context of {self.longest} with {self.policy}: it is at least 1, and a "
                "policy has its own window"
            )

    def log_likelihood(
        self, context: Sequence[int] | Ids, targets: Sequence[int] | Ids
    ) -> Likelihood:
        """Of the tokens `targets` after the tokens `context`, which begin the document."""
        tokens = torch.tensor([*context, *targets], dtype=torch.int64, device=self.model.device)
        start, stop = len(context), len(tokens)
        if start == stop:
            return Likelihood(0.0, True)
        if self.longest is not None:
            parts = rolling_segments(start, stop, self.longest)
        else:
            parts = segments((0, start, stop), self.policy, self.window)
        return self._likelihood(tokens, parts)

    @torch.inference_mode()
    def _likelihood(self, tokens: Tensor, parts: Sequence[Segment]) -> Likelihood:
        nats, is_greedy = 0.0, True
        for rows in _side_by_side(parts):
            for features, wanted in self._predicting(tokens, rows):
                nats += float(token_losses(self.model, features, wanted).double().sum())
                is_greedy = is_greedy and self._are_likeliest(features, wanted)
        return Likelihood(-nats, is_greedy)

    def _predicting(
        self, tokens: Tensor, rows: Sequence[Segment]
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Features (rows, length, d_model) and the tokens that they have to predict, by chunks."""
        context, targets = _shape(rows[0])
        first = torch.tensor([part.first for part in rows], device=tokens.device)
        length = context + targets - 1
        state = self._blank(len(rows), length)
        for start in range(0, length, CHUNK):
            stop = min(start + CHUNK, length)
            index = first[:, None] + torch.arange(start, stop, device=tokens.device)
            inputs = torch.where(index < 0, self.model.config.bos, tokens[index.clamp(min=0)])
            features, state = self.model.read(inputs, state)
            unasked = max(0, context - 1 - start)  # positions whose next token is only read
            if unasked < stop - start:
                yield features[:, unasked:], tokens[index[:, unasked:] + 1]

    def _are_likeliest(self, features: Tensor, wanted: Tensor) -> bool:
        blocks = torch.split(features.flatten(0, 1), HEAD_ROWS)
        pairs = zip(blocks, torch.split(wanted.flatten(), HEAD_ROWS), strict=True)
        return all(bool((self.model.head(f).argmax(dim=-1) == w).all()) for f, w in pairs)

    @torch.inference_mode()
    def continuation(self, context: str, stops: Sequence[str], most: int, end: int) -> str:
        """What the model writes on, greedily, up to a stop.

        Args:
            stops: texts before the first of which the result ends.
            most: tokens at most.
            end: id of the token that ends a document; it is not part of the result.

        Raises:
            ConfigError: the longest context leaves no room for `most` tokens.
        """
        written: list[int] = []
        for token in self._tokens_after(context, most):
            if token == end:
                break
            written.append(token)
            text = self.tokenizer.decode(np.array(written, dtype=np.int64))
            found = [text.index(stop) for stop in stops if stop and stop in text]
            if found:
                return text[: min(found)]
        return self.tokenizer.decode(np.array(written, dtype=np.int64))

    def _tokens_after(self, context: str, most: int) -> Iterator[int]:
        """`most` tokens; under `reset` the state is dropped at every border of the document."""
        inputs = [self.model.config.bos, *self.tokenizer.encode(context).tolist()]
        position = len(inputs) - 1
        reset = self.window if self.policy == "reset" else None
        if reset is not None:
            inputs = inputs[position - position % reset :]
        if self.longest is not None:
            inputs = inputs[-self._room_beside(most) :]
        longest = len(inputs) + most
        state = self._blank(1, longest)
        for _ in range(most):
            for start in range(0, len(inputs), CHUNK):
                batch = torch.tensor([inputs[start : start + CHUNK]], device=self.model.device)
                features, state = self.model.read(batch, state)
            token = int(self.model.head(features[:, -1]).argmax())
            yield token
            inputs, position = [token], position + 1
            if reset is not None and position % reset == 0:
                state = self._blank(1, longest)

    def _room_beside(self, most: int) -> int:
        assert self.longest is not None
        if self.longest <= most:
            raise ConfigError(
                f"{most} tokens to write and a longest context of {self.longest}: make the context "
                "larger, or ask for fewer tokens"
            )
        return self.longest - most

    def _blank(self, rows: int, length: int) -> ModelState | SlidingState:
        """The state before `length` inputs; a window beyond them would only take memory."""
        if self.policy == "window":
            assert self.window is not None
            return self.model.initial_sliding_state(rows, min(self.window, length))
        return self.model.initial_state(rows)


def _shape(part: Segment) -> tuple[int, int]:
    """Inputs up to the one that predicts the first target, and targets."""
    return part.start - part.first, part.stop - part.start


def _side_by_side(parts: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Neighbours of one shape, as many as may be rows of one batch."""
    for shape, alike in groupby(parts, key=_shape):
        members, most = list(alike), max(1, TOKENS_AT_ONCE // sum(shape))
        yield from (members[i : i + most] for i in range(0, len(members), most))


def read_policy(word: str) -> tuple[str, int | None]:
    """Policy and window of `carry`, `reset:W` or `window:W`.

    Raises:
        PolicyError: it is none of them.
    """
    policy, colon, window = word.partition(":")
    if colon and not window.isdecimal():
        raise PolicyError(f"no reading policy {word!r}; there are carry, reset:W and window:W")
    found = (policy, int(window) if colon else None)
    check_policy(*found)
    return found
