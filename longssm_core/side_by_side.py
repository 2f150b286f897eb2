"""Several documents at once under `carry`, in batches of one shape: what a row holds decides it.

An accelerator is idle while it reads one document at a time. But the shape of a batch decides how
float32 sums round, so here every pass has the same shape, rows x chunk, however many documents
there are and whatever their lengths: short ones are padded, and no row looks at another. The losses
of a document therefore depend on the shape alone, not on its company, its row, or on whether it was
read in one call or goes on from a state. (The tests show it for the kernels of a CPU;
other devices have to pass the same ones.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from longssm_core.canonical import CHUNK
from longssm_core.errors import PolicyError, ShapeError
from longssm_core.models import LanguageModel
from longssm_core.scoring import ReadingState, start_reading, token_losses
from longssm_core.state import ModelState


class Piece(NamedTuple):
    """A document, or what comes next of it.

    tokens: ids, (length,) int64, length >= 1. state: where an earlier call stopped, of one row;
    None: the document's start.
    """

    tokens: Tensor
    state: ReadingState | None = None


class PieceLosses(NamedTuple):
    """nll (length,) float32, nats per token; the state to go on from.

    state: None where the piece ended inside a chunk: only a document's end may lie there.
    """

    nll: Tensor
    state: ReadingState | None


@torch.inference_mode()
def score_side_by_side(
    model: LanguageModel,
    pieces: Sequence[Piece],
    rows: int,
    chunk: int = CHUNK,
    between: Callable[[], None] = lambda: None,
) -> list[PieceLosses]:
    """Losses of every token of up to `rows` documents, each under `carry`.

    Args:
        model: reads all of them.
        pieces: one per document, of any lengths.
        rows, chunk: the shape of every batch; both change float32 bits, neither more than rounding.
        between: called before every batch; what it raises ends the scoring.

    Raises:
        ShapeError: no piece or more than `rows`, tokens that are not (length >= 1) of known ids, or
            a state of several rows.
        PolicyError: a state was left by another policy.
    """
    _check(model, pieces, rows, chunk)
    filled = [piece.tokens.to(model.device) for piece in pieces]
    readings = [piece.state or start_reading(model, 1) for piece in pieces]
    spare = start_reading(model, rows - len(pieces)) if rows > len(pieces) else None
    state = _joined([*readings, *([spare] if spare else [])])
    length = -(-max(len(tokens) for tokens in filled) // chunk) * chunk
    read = torch.full((rows, length + 1), model.config.bos, dtype=torch.int64, device=model.device)
    for row, (tokens, reading) in enumerate(zip(filled, readings, strict=True)):
        read[row, 0] = reading.last[0]
        read[row, 1 : len(tokens) + 1] = tokens
    losses, ends = [], dict[int, ModelState]()
    for start in range(0, length, chunk):
        between()
        features, after = model.read(read[:, start : start + chunk], state)
        assert isinstance(after, ModelState)  # as what it was given
        state = after
        losses.append(token_losses(model, features, read[:, start + 1 : start + chunk + 1]))
        for row, tokens in enumerate(filled):
            if len(tokens) == start + chunk:
                ends[row] = state.rows(torch.tensor([row], device=model.device))
    nll = torch.cat(losses, dim=1)
    return [
        PieceLosses(nll[row, : len(tokens)].clone(), _after(ends.get(row), tokens, reading))
        for row, (tokens, reading) in enumerate(zip(filled, readings, strict=True))
    ]


def _after(end: ModelState | None, tokens: Tensor, before: ReadingState) -> ReadingState | None:
    if end is None:
        return None
    return ReadingState(end, tokens[-1:], before.position + len(tokens), before.read_under)


def _joined(readings: Sequence[ReadingState]) -> ModelState:
    """The rows of all of them, in that order."""
    named = [one.model.to_tensors() for one in readings]
    return ModelState.from_tensors(
        {name: torch.cat([one[name] for one in named]) for name in named[0]}
    )


def _check(model: LanguageModel, pieces: Sequence[Piece], rows: int, chunk: int) -> None:
    if not 1 <= len(pieces) <= rows or chunk < 1:
        raise ShapeError(f"{len(pieces)} documents for {rows} rows of {chunk} tokens")
    for tokens, state in pieces:
        if tokens.dim() != 1 or len(tokens) < 1:
            raise ShapeError(f"tokens are {tuple(tokens.shape)}, expected (length >= 1,)")
        if int(tokens.min()) < 0 or int(tokens.max()) >= model.config.vocabulary:
            raise ShapeError(f"ids are from 0 to {model.config.vocabulary - 1}")
        if state is None:
            continue
        if not isinstance(state.model, ModelState) or state.read_under not in (
            None,
            ("carry", None),
        ):
            raise PolicyError("the state was left by another policy than carry")
        if state.last.shape[0] != 1:
            raise ShapeError(f"state of {state.last.shape[0]} rows for one document")
