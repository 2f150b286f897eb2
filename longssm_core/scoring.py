"""Streaming losses: nats per token under a reading policy, in memory that the text cannot grow.

In reading order: `score` reads a batch of documents from their start or goes on from a
`ReadingState`; `score_blocks` scores targets of one document after a blank start nearby (context
length c of the matched curve). Both keep at most HEAD_ROWS x HEAD_COLUMNS logits.

The first-token rule: the first token of a document is predicted from the start token; after any
other blank start the first input is the token before the first target, as in training and as in
lm-evaluation-harness's rolling windows. A window of W targets therefore reads W inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from safetensors.torch import load, save
from torch import Tensor

from longssm_core import gpu
from longssm_core.errors import PolicyError, ShapeError
from longssm_core.mixers import may_read_fused
from longssm_core.models import LanguageModel
from longssm_core.sliding import SlidingState
from longssm_core.state import ModelState

CHUNK = 256  # tokens per row and pass: large enough for the products, small enough for the cache
TOKENS_AT_ONCE = 2048  # rows x length of one pass over blocks or windows
HEAD_ROWS, HEAD_COLUMNS = 512, 1024  # tokens x ids whose logits exist at once: 2 MiB
POLICIES = ("carry", "reset", "window")


@dataclass(frozen=True)
class ReadingState:
    """Where reading stands: what the model remembers, and what it reads next.

    model: memory of the model before the next input.
    last: the last token read and not yet given to the model, (batch,); the start token at first.
    position: tokens read so far, counted from the document's start.
    read_under: policy and window that it was left by; None: not known, and not checked.
    """

    model: ModelState | SlidingState
    last: Tensor
    position: int
    read_under: tuple[str, int | None] | None = None

    def to_bytes(self) -> bytes:
        """Exact bytes for storing (safetensors)."""
        tensors = {**self.model.to_tensors(), "last": self.last}
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        tensors["position"] = torch.tensor([self.position])
        if self.read_under is not None:
            policy, window = self.read_under
            tensors["read_under"] = torch.tensor([POLICIES.index(policy), window or 0])
        return save(tensors)

    @classmethod
    def from_bytes(cls, data: bytes, device: torch.device | str = "cpu") -> ReadingState:
        """The inverse of `to_bytes`."""
        tensors = {name: tensor.to(device) for name, tensor in load(data).items()}
        position, last = int(tensors.pop("position")[0]), tensors.pop("last")
        known = tensors.pop("read_under", None)  # states of earlier versions do not say it
        slides = "lagging.0" in tensors
        model = (SlidingState if slides else ModelState).from_tensors(tensors)
        if known is None:
            return cls(model, last, position)
        policy, window = known.tolist()
        return cls(model, last, position, (POLICIES[policy], window or None))


class ScoreResult(NamedTuple):
    """nll (batch, length) float32, nats per token; the state to go on from."""

    nll: Tensor
    final_state: ReadingState


def start_reading(
    model: LanguageModel, batch_size: int, policy: str = "carry", window: int | None = None
) -> ReadingState:
    """The state at the start of `batch_size` documents."""
    last = torch.full((batch_size,), model.config.bos, dtype=torch.int64, device=model.device)
    return ReadingState(_blank(model, batch_size, policy, window), last, 0, (policy, window))


def _blank(
    model: LanguageModel, batch_size: int, policy: str, window: int | None
) -> ModelState | SlidingState:
    if policy == "window":
        assert window is not None
        return model.initial_sliding_state(batch_size, window)
    return model.initial_state(batch_size)


@torch.inference_mode()
def score(
    model: LanguageModel,
    tokens: Tensor,
    policy: str = "carry",
    window: int | None = None,
    chunk: int = 2048,
    state: ReadingState | None = None,
    between: Callable[[], None] = lambda: None,
) -> ScoreResult:
    """Loss of every token, each scored once, under a reading policy.

    Args:
        tokens: ids, (batch, length) int64, length >= 1: documents, or their next pieces.
        policy: `carry` keeps the state; `reset` drops it before every token whose offset in the
            document is a multiple of `window`; under `window` every layer remembers its last
            `window` inputs.
        window: W in tokens for `reset` and `window`; None for `carry`.
        chunk: tokens given to the model at a time; never visible in a result beyond rounding.
        state: where an earlier call stopped; None at the documents' start.
        between: called before every piece; what it raises ends the scoring.

    Raises:
        PolicyError: no such policy, the window does not fit it, or the state was left by another
            policy or window.
        ShapeError: tokens are not (batch, length >= 1) of known ids, or the state has another
            batch size.
    """
    check_policy(policy, window)
    _check_tokens(model, tokens, chunk)
    tokens = tokens.to(model.device)
    reading = state or start_reading(model, tokens.shape[0], policy, window)
    _check_reading(reading, tokens.shape[0], policy, window)
    losses, start = [], 0
    while start < tokens.shape[1]:
        between()
        left = tokens.shape[1] - start
        piece = tokens[:, start : start + _next_length(reading, policy, window, chunk, left)]
        nll, reading = _score_piece(model, piece, reading, window if policy == "reset" else None)
        losses.append(nll)
        start += piece.shape[1]
    return ScoreResult(torch.cat(losses, dim=1), reading)


def check_policy(policy: str, window: int | None) -> None:
    """Raise PolicyError unless `policy` exists and `window` fits it."""
    if policy not in POLICIES:
        raise PolicyError(f"no reading policy {policy!r}; there are {', '.join(POLICIES)}")
    if policy != "carry" and (window is None or window < 1):
        raise PolicyError(f"{policy} needs a window of at least 1 token")
    if policy == "carry" and window is not None:
        raise PolicyError("carry has no window")


def _check_tokens(model: LanguageModel, tokens: Tensor, chunk: int) -> None:
    if tokens.dim() != 2 or min(tokens.shape) < 1:
        raise ShapeError(f"tokens are {tuple(tokens.shape)}, expected (batch >= 1, length >= 1)")
    _check_ids(model, tokens, chunk)


def _check_ids(model: LanguageModel, tokens: Tensor, chunk: int) -> None:
    if int(tokens.min()) < 0 or int(tokens.max()) >= model.config.vocabulary:
        raise ShapeError(f"ids are from 0 to {model.config.vocabulary - 1}")
    if chunk < 1:
        raise ShapeError(f"chunk is {chunk}, expected at least 1")


def _check_reading(reading: ReadingState, rows: int, policy: str, window: int | None) -> None:
    if reading.last.shape[0] != rows:
        raise ShapeError(f"state of {reading.last.shape[0]} rows for {rows} documents")
    held = reading.model.window if isinstance(reading.model, SlidingState) else None
    fits = held == (window if policy == "window" else None)
    if not fits or reading.read_under not in (None, (policy, window)):
        raise PolicyError(f"the state was left by another policy than {policy}, window {window}")


def _next_length(
    reading: ReadingState, policy: str, window: int | None, chunk: int, left: int
) -> int:
    """Tokens of the next piece: a chunk, or up to the border where the state is dropped."""
    longest = min(chunk, left)
    if policy != "reset" or window is None:
        return longest
    inside = reading.position % window
    if inside or window > longest:
        return min(longest, window - inside)
    return longest // window * window  # whole windows, read side by side


def _score_piece(
    model: LanguageModel, piece: Tensor, reading: ReadingState, reset: int | None
) -> ScoreResult:
    """One piece; with `reset`, part of one window or whole windows, each from a blank state."""
    if reset is not None and reading.position % reset == 0:
        return _score_windows(model, piece, reading, min(reset, piece.shape[1]))
    features, after = model.read(_inputs(piece, reading), reading.model)
    return _result(model, features, after, piece, reading)


def _score_windows(
    model: LanguageModel, piece: Tensor, reading: ReadingState, window: int
) -> ScoreResult:
    """Whole windows as rows of one batch, each from a blank state."""
    inputs = _inputs(piece, reading).reshape(-1, window)
    features, after = model.hidden(inputs, model.initial_state(inputs.shape[0]))
    batch, length = piece.shape
    last_window = torch.arange(1, batch + 1, device=piece.device) * (length // window) - 1
    return _result(model, features, after.rows(last_window), piece, reading)


def _inputs(piece: Tensor, reading: ReadingState) -> Tensor:
    """What the model reads to predict `piece`: everything one token earlier."""
    return torch.cat([reading.last[:, None], piece[:, :-1]], dim=1)


def _result(
    model: LanguageModel,
    features: Tensor,
    after: ModelState | SlidingState,
    piece: Tensor,
    reading: ReadingState,
) -> ScoreResult:
    nll = token_losses(model, features.reshape(*piece.shape, -1), piece)
    position = reading.position + piece.shape[1]
    return ScoreResult(nll, ReadingState(after, piece[:, -1], position, reading.read_under))


def token_losses(model: LanguageModel, features: Tensor, targets: Tensor) -> Tensor:
    """Nats of `targets`, any shape, float32, given the features before the head (..., d_model).

    -log softmax(logits)[target] by blocks of tokens and ids, so that few logits exist at once.
    """
    flat, wanted = features.reshape(-1, features.shape[-1]), targets.reshape(-1)
    weight = model.head_weight
    if gpu.may_fuse(flat):
        from longssm_core import gpu_loss  # compiled by triton: only where there is a GPU

        return gpu_loss.token_losses(flat, weight, wanted).view(targets.shape)
    of_rows = _losses_of_rows
    if may_read_fused(flat, weight):
        from longssm_core import fused_parts  # compiled by numba: only where it reads

        of_rows = fused_parts.token_losses
    losses = [
        of_rows(rows, weight, ids, HEAD_COLUMNS)
        for rows, ids in zip(
            torch.split(flat, HEAD_ROWS), torch.split(wanted, HEAD_ROWS), strict=True
        )
    ]
    return torch.cat(losses).view(targets.shape).float()


def _losses_of_rows(rows: Tensor, weight: Tensor, targets: Tensor, columns: int) -> Tensor:
    """(tokens,), `columns` ids of the vocabulary at a time."""
    blocks = [
        torch.logsumexp(F.linear(rows, part.to(rows.dtype)), dim=-1)
        for part in torch.split(weight, columns)
    ]
    total = blocks[0] if len(blocks) == 1 else torch.logsumexp(torch.stack(blocks), dim=0)
    return total - (rows * weight[targets].to(rows.dtype)).sum(dim=-1)


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

    Under `carry` and `window` there is one. Under `reset` the state is also dropped before every
    target whose offset is a multiple of the window, so a target sees at most `window` tokens.
    """
    read_from, start, stop = block
    first = read_from if read_from > 0 else -1
    if policy != "reset" or window is None:
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
    between: Callable[[], None] = lambda: None,
) -> Tensor:
    """Losses of the targets of blocks of one document, each block from a blank state.

    Args:
        tokens: ids of the document, (length,) int64.
        blocks: (read_from, start, stop): targets [start, stop), of one size in all blocks, are
            scored after reading from the blank state at token `read_from`; from the document's
            start token when read_from is 0.
        policy, window: as in `score`; `reset` borders count from the document's start.
        between: as in `score`.

    Returns:
        nll (blocks, targets per block), float32.

    Raises:
        PolicyError: as `score`.
        ShapeError: blocks of different sizes, or outside the document.
    """
    check_policy(policy, window)
    sizes = {stop - start for _, start, stop in blocks}
    count = tokens.shape[0]
    inside = all(0 <= a <= b < c <= count and (a < b or b == 0) for a, b, c in blocks)
    if len(sizes) != 1 or not inside:
        raise ShapeError(f"blocks of sizes {sorted(sizes)} in {tokens.shape[0]} tokens")
    _check_ids(model, tokens, chunk)
    tokens = tokens.to(model.device)
    result = torch.empty(len(blocks), sizes.pop(), dtype=torch.float32, device=model.device)
    pieces = [
        (number, segment)
        for number, block in enumerate(blocks)
        for segment in segments(block, policy, window)
    ]
    for group in _of_one_shape(pieces):
        blank = _blank(model, len(group), policy, window)
        parts = [segment for _, segment in group]
        nll = _score_segments(model, tokens, parts, blank, chunk, between)
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
    model: LanguageModel,
    tokens: Tensor,
    group: Sequence[Segment],
    state: ModelState | SlidingState,
    chunk: int,
    between: Callable[[], None],
) -> Tensor:
    """Losses (rows, targets) of segments of one shape, read from `state`."""
    first = torch.tensor([segment.first for segment in group], device=tokens.device)
    length = group[0].stop - 1 - group[0].first  # inputs: up to the token before the last target
    targets = group[0].stop - group[0].start
    index = first[:, None] + torch.arange(length, device=tokens.device)
    inputs = torch.where(index < 0, model.config.bos, tokens[index.clamp(min=0)])
    wanted, losses = tokens[index[:, -targets:] + 1], []
    for start in range(0, length, chunk):
        between()
        features, state = model.read(inputs[:, start : start + chunk], state)
        stop = start + features.shape[1]
        from_here = max(start, length - targets)
        if from_here < stop:
            piece = wanted[:, from_here - (length - targets) : stop - (length - targets)]
            losses.append(token_losses(model, features[:, from_here - start :], piece))
    return torch.cat(losses, dim=1)
