"""Streaming losses: nats per token under a reading policy, in memory that the text cannot grow.

In reading order: `score` reads a batch of documents from their start or goes on from a
`ReadingState`; `score_blocks` scores targets of one document after a blank start nearby (context
length c of the matched curve). Both keep at most one chunk of logits.

The first-token rule: the first token of a document is predicted from the start token; after any
other blank start the first input is the token before the first target, as in training and as in
lm-evaluation-harness's rolling windows. A window of W targets therefore reads W inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from safetensors.torch import load, save
from torch import Tensor

from longssm_core.errors import PolicyError, ShapeError
from longssm_core.models import LanguageModel
from longssm_core.state import ModelState

CHUNK = 256  # tokens per row and pass: large enough for the products, small enough for the cache
TOKENS_AT_ONCE = 2048  # rows x length of one pass over blocks or windows
POLICIES = ("carry", "reset")


@dataclass(frozen=True)
class ReadingState:
    """Where reading stands: what the model remembers, and what it reads next.

    model: memory of the model before the next input.
    last: the last token read and not yet given to the model, (batch,); the start token at first.
    position: tokens read so far, counted from the document's start.
    """

    model: ModelState
    last: Tensor
    position: int

    def to_bytes(self) -> bytes:
        """Exact bytes for storing (safetensors)."""
        tensors = {**self.model.to_tensors(), "last": self.last}
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        tensors["position"] = torch.tensor([self.position])
        return save(tensors)

    @classmethod
    def from_bytes(cls, data: bytes, device: torch.device | str = "cpu") -> ReadingState:
        """The inverse of `to_bytes`."""
        tensors = {name: tensor.to(device) for name, tensor in load(data).items()}
        position, last = int(tensors.pop("position")[0]), tensors.pop("last")
        return cls(ModelState.from_tensors(tensors), last, position)


class ScoreResult(NamedTuple):
    """nll (batch, length) float32, nats per token; the state to go on from."""

    nll: Tensor
    final_state: ReadingState


def start_reading(model: LanguageModel, batch_size: int) -> ReadingState:
    """The state at the start of `batch_size` documents."""
    last = torch.full((batch_size,), model.config.bos, dtype=torch.int64, device=model.device)
    return ReadingState(model.initial_state(batch_size), last, 0)


@torch.inference_mode()
def score(
    model: LanguageModel,
    tokens: Tensor,
    policy: str = "carry",
    window: int | None = None,
    chunk: int = CHUNK,
    state: ReadingState | None = None,
) -> ScoreResult:
    """Loss of every token, each scored once, under a reading policy.

    Args:
        tokens: ids, (batch, length) int64, length >= 1: documents, or their next pieces.
        policy: `carry` keeps the state; `reset` drops it before every token whose offset in the
            document is a multiple of `window`.
        window: W in tokens for `reset`; None for `carry`.
        chunk: tokens given to the model at a time; never visible in a result beyond rounding.
        state: where an earlier call stopped; None at the documents' start.

    Raises:
        PolicyError: no such policy, or the window does not fit it.
        ShapeError: tokens are not (batch, length >= 1), or the state has another batch size.
    """
    check_policy(policy, window)
    if tokens.dim() != 2 or tokens.shape[1] < 1:
        raise ShapeError(f"tokens are {tuple(tokens.shape)}, expected (batch, length >= 1)")
    if chunk < 1:
        raise ShapeError(f"chunk is {chunk}, expected at least 1")
    tokens = tokens.to(model.device)
    reading = state or start_reading(model, tokens.shape[0])
    if reading.last.shape[0] != tokens.shape[0]:
        raise ShapeError(f"state of {reading.last.shape[0]} rows for {tokens.shape[0]} documents")
    losses = []
    start = 0
    while start < tokens.shape[1]:
        piece = tokens[:, start : start + _next_length(reading, policy, window, chunk)]
        step = _score_windows if _holds_whole_windows(piece, reading, window) else _score_piece
        nll, reading = step(model, piece, reading, window)
        losses.append(nll)
        start += piece.shape[1]
    return ScoreResult(torch.cat(losses, dim=1), reading)


def check_policy(policy: str, window: int | None) -> None:
    """Raise PolicyError unless `policy` exists and `window` fits it."""
    if policy not in POLICIES:
        raise PolicyError(f"no reading policy {policy!r}; there are {', '.join(POLICIES)}")
    if policy == "reset" and (window is None or window < 1):
        raise PolicyError("reset needs a window of at least 1 token")
    if policy == "carry" and window is not None:
        raise PolicyError("carry has no window")


def _next_length(reading: ReadingState, policy: str, window: int | None, chunk: int) -> int:
    """Tokens of the next piece: a chunk, or up to the border where the state is dropped."""
    if policy == "carry" or window is None:
        return chunk
    inside = reading.position % window
    if inside or window > chunk:
        return min(chunk, window - inside)
    return chunk // window * window  # whole windows, read side by side


def _holds_whole_windows(piece: Tensor, reading: ReadingState, window: int | None) -> bool:
    return (
        window is not None
        and reading.position % window == 0
        and piece.shape[1] >= window
        and piece.shape[1] % window == 0
    )


def _score_piece(
    model: LanguageModel, piece: Tensor, reading: ReadingState, window: int | None
) -> ScoreResult:
    """One piece without a border inside; the state is dropped first when it starts at one."""
    state = reading.model
    if window is not None and reading.position % window == 0:
        state = model.initial_state(piece.shape[0])
    if window is not None and piece.shape[1] > window - reading.position % window:
        rest = window - reading.position % window  # the text ends inside a later window
        head = _score_piece(model, piece[:, :rest], reading, window)
        tail = _score_piece(model, piece[:, rest:], head.final_state, window)
        return ScoreResult(torch.cat([head.nll, tail.nll], dim=1), tail.final_state)
    inputs = torch.cat([reading.last[:, None], piece[:, :-1]], dim=1)
    features, after = model.hidden(inputs, state)
    position = reading.position + piece.shape[1]
    return ScoreResult(_losses(model, features, piece), ReadingState(after, piece[:, -1], position))


def _score_windows(
    model: LanguageModel, piece: Tensor, reading: ReadingState, window: int | None
) -> ScoreResult:
    """Whole windows as rows of one batch, each from a blank state."""
    assert window is not None
    batch, length = piece.shape
    before = torch.cat([reading.last[:, None], piece[:, :-1]], dim=1)
    inputs, targets = before.reshape(-1, window), piece.reshape(-1, window)
    features, after = model.hidden(inputs, model.initial_state(inputs.shape[0]))
    last_window = torch.arange(1, batch + 1, device=piece.device) * (length // window) - 1
    reading = ReadingState(after.rows(last_window), piece[:, -1], reading.position + length)
    return ScoreResult(_losses(model, features, targets).reshape(batch, length), reading)


def _losses(model: LanguageModel, features: Tensor, targets: Tensor) -> Tensor:
    """Nats of `targets` (batch, length) float32 given the features before the head."""
    logits = model.head(features)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(
        targets.shape
    )


# --- targets after a blank start ---------------------------------------------------------------


class Segment(NamedTuple):
    """Targets [start, stop) of a document, read from a blank state with first input `first`.

    first = -1 is the start token, before token 0.
    """

    first: int
    start: int
    stop: int


def segments(block: tuple[int, int, int], policy: str, window: int | None) -> list[Segment]:
    """The blank starts inside a block (read_from, start, stop), counted from the document's start.

    Under `carry` there is one. Under `reset` the state is also dropped before every target whose
    offset is a multiple of the window, so a target sees at most `window` tokens.
    """
    read_from, start, stop = block
    first = read_from if read_from > 0 else -1
    if policy == "carry" or window is None:
        return [Segment(first, start, stop)]
    borders = range((start // window) * window, stop, window)
    return [
        Segment(max(first, border - 1), max(start, border), min(stop, border + window))
        for border in borders
    ]


@torch.inference_mode()
def score_blocks(
    model: LanguageModel,
    tokens: Tensor,
    blocks: Sequence[tuple[int, int, int]],
    policy: str = "carry",
    window: int | None = None,
    chunk: int = CHUNK,
) -> Tensor:
    """Losses of the targets of blocks of one document, each block from a blank state.

    Args:
        tokens: ids of the document, (length,) int64.
        blocks: (read_from, start, stop): targets [start, stop), of one size in all blocks, are
            scored after reading from the blank state at token `read_from`; from the document's
            start token when read_from is 0.
        policy, window: as in `score`; `reset` borders count from the document's start.

    Returns:
        nll (blocks, targets per block), float32.

    Raises:
        PolicyError: as `score`.
        ShapeError: blocks of different sizes, or outside the document.
    """
    check_policy(policy, window)
    sizes = {stop - start for _, start, stop in blocks}
    inside = all(0 <= a < b < c <= tokens.shape[0] or (a == b == 0 < c) for a, b, c in blocks)
    if len(sizes) != 1 or not inside:
        raise ShapeError(f"blocks of sizes {sorted(sizes)} in {tokens.shape[0]} tokens")
    tokens = tokens.to(model.device)
    result = torch.empty(len(blocks), sizes.pop(), dtype=torch.float32, device=model.device)
    pieces = [
        (number, segment)
        for number, block in enumerate(blocks)
        for segment in segments(block, policy, window)
    ]
    for group in _of_one_shape(pieces):
        nll = _score_segments(model, tokens, [segment for _, segment in group], chunk)
        for row, (number, segment) in zip(nll, group, strict=True):
            offset = segment.start - blocks[number][1]
            result[number, offset : offset + row.shape[0]] = row
    return result


Numbered = tuple[int, Segment]


def _of_one_shape(pieces: Iterable[Numbered]) -> list[list[Numbered]]:
    """Groups that can be rows of one batch: as much to read, as many targets, few at once."""
    by_shape: dict[tuple[int, int], list[Numbered]] = {}
    for number, segment in pieces:
        shape = (segment.start - segment.first, segment.stop - segment.start)
        by_shape.setdefault(shape, []).append((number, segment))
    groups = []
    for (context, targets), members in by_shape.items():
        rows = max(1, TOKENS_AT_ONCE // (context + targets))
        groups += [members[i : i + rows] for i in range(0, len(members), rows)]
    return groups


def _score_segments(
    model: LanguageModel, tokens: Tensor, group: Sequence[Segment], chunk: int
) -> Tensor:
    """Losses (rows, targets) of segments of one shape."""
    first = torch.tensor([segment.first for segment in group], device=tokens.device)
    length = group[0].stop - 1 - group[0].first  # inputs: up to the token before the last target
    targets = group[0].stop - group[0].start
    index = first[:, None] + torch.arange(length, device=tokens.device)
    inputs = torch.where(index < 0, model.config.bos, tokens[index.clamp(min=0)])
    wanted = tokens[index[:, -targets:] + 1]
    state, losses = model.initial_state(len(group)), []
    for start in range(0, length, chunk):
        features, state = model.hidden(inputs[:, start : start + chunk], state)
        stop = start + features.shape[1]
        from_here = max(start, length - targets)
        if from_here < stop:
            piece = wanted[:, from_here - (length - targets) : stop - (length - targets)]
            losses.append(_losses(model, features[:, from_here - start :], piece))
    return torch.cat(losses, dim=1)
