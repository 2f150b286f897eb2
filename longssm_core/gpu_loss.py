"""Nats of targets from the features before the head, on a GPU, whose logits never exist.

`token_losses` is `scoring.token_losses` in one kernel: a program computes the logits of a block of
tokens for a range of ids, tile by tile, and keeps their running maximum and sum. `gpu.may_fuse`
says where it stands in for the torch form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from longssm_core.errors import ShapeError
from longssm_core.gpu import launching

ROWS, IDS, DEPTH = 64, 64, 32  # of one tile of logits, and of the features read at once
RANGE = 32  # tiles of ids that one program goes through: 2,048 ids
IDS_BACKWARD = 4096  # ids whose probabilities exist at once in the backward pass

_kernel: Callable[[Callable[..., Any]], Any] = triton.jit


def token_losses(features: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
    """Nats of each target, -log softmax(weight features)[target], (n,) float32.

    Products and sums are true float32, never TF32, whatever the dtype of the weight. The backward
    pass computes the probabilities again, 4,096 ids at a time, by torch.

    Args:
        features: before the head, (n, d_model), float32.
        weight: of the head, (vocabulary, d_model), float32, bfloat16 or float16.
        targets: ids below the vocabulary, (n,) int64.

    Raises:
        ShapeError: shapes that do not belong together, or features in another dtype.

    Source: the running maximum and sum of online softmax (arXiv:1805.02867), Algorithm 3.
    """
    rows, d_model = features.shape
    if weight.shape[1:] != (d_model,) or targets.shape != (rows,):
        found = f"head {tuple(weight.shape)} and targets {tuple(targets.shape)}"
        raise ShapeError(f"{found} for features {tuple(features.shape)}")
    if features.dtype != torch.float32:
        raise ShapeError(f"features of {features.dtype}, expected torch.float32")
    if torch.is_grad_enabled() and (features.requires_grad or weight.requires_grad):
        losses: Tensor = _TokenLosses.apply(features, weight, targets)  # type: ignore[no-untyped-call]
        return losses
    total, own = _forward(features, weight, targets)
    return total - own


class _TokenLosses(torch.autograd.Function):
    """`token_losses` with its gradients."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, targets: Tensor) -> Tensor:
        """The losses."""
        total, own = _forward(features, weight, targets)
        ctx.save_for_backward(features, weight, targets, total)
        return total - own

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, d_losses: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients of features and weight: (softmax - one at the target), times both."""
        features, weight, targets, total = ctx.saved_tensors
        d_features, d_weight = torch.zeros_like(features), torch.empty_like(weight)
        rows = torch.arange(len(targets), device=targets.device)
        for start in range(0, len(weight), IDS_BACKWARD):
            part = weight[start : start + IDS_BACKWARD].to(features.dtype)
            d_logits = torch.exp(features @ part.T - total[:, None])
            inside = (targets >= start) & (targets < start + len(part))
            # every row has one place of its own: no sum whose order could change
            d_logits[rows, (targets - start).clamp(0, len(part) - 1)] -= inside.to(d_logits.dtype)
            d_logits *= d_losses[:, None]
            d_features += d_logits @ part
            d_weight[start : start + len(part)] = (d_logits.T @ features).to(weight.dtype)
        return d_features, d_weight, None


def _forward(features: Tensor, weight: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """log sum exp of the logits, and the logit of the target, both (n,)."""
    (rows, d_model), vocabulary = features.shape, weight.shape[0]
    ranges = triton.cdiv(vocabulary, RANGE * IDS)
    totals, own = (features.new_empty((rows, ranges)) for _ in range(2))
    with launching(features):
        _losses_kernel[(triton.cdiv(rows, ROWS), ranges)](
            features.contiguous(), weight.contiguous(), targets.contiguous(), totals, own,
            rows, d_model, vocabulary,
            ROWS=ROWS, IDS=IDS, DEPTH=DEPTH, RANGE=RANGE, num_warps=8, enable_fp_fusion=True,
        )  # fmt: skip
    return torch.logsumexp(totals, dim=1), own.sum(dim=1)


@_kernel
def _losses_kernel(
    features: tl.tensor, weight: tl.tensor, targets: tl.tensor, totals: tl.tensor, own: tl.tensor,
    rows: tl.tensor, d_model: tl.tensor, vocabulary: tl.tensor, ROWS: tl.constexpr,
    IDS: tl.constexpr, DEPTH: tl.constexpr, RANGE: tl.constexpr,
) -> None:  # fmt: skip
    """log sum exp over a range of ids (axis 1) for a block of tokens; the target's logit or 0."""
    row = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)
    inside = row < rows
    wanted = tl.load(targets + row, mask=inside, other=-1)
    largest = tl.full([ROWS], -float("inf"), tl.float32)
    total, found = tl.zeros([ROWS], tl.float32), tl.zeros([ROWS], tl.float32)
    begin = tl.program_id(1) * RANGE * IDS
    for first in range(begin, tl.minimum(begin + RANGE * IDS, vocabulary), IDS):
        token = first + tl.arange(0, IDS)
        known = token < vocabulary
        place = token.to(tl.int64)[None, :] * d_model
        logits = tl.zeros([ROWS, IDS], tl.float32)
        for deep in range(0, d_model, DEPTH):
            column = deep + tl.arange(0, DEPTH)
            there = column < d_model
            x = tl.load(
                features + row[:, None] * d_model + column[None, :],
                mask=inside[:, None] & there[None, :],
                other=0.0,
            )
            w = tl.load(
                weight + place + column[:, None], mask=there[:, None] & known[None, :], other=0.0
            )
            logits = tl.dot(x, w.to(tl.float32), logits, input_precision="ieee")
        found += tl.sum(tl.where(token[None, :] == wanted[:, None], logits, 0.0), axis=1)
        logits = tl.where(known[None, :], logits, -float("inf"))
        above = tl.maximum(largest, tl.max(logits, axis=1))
        total = total * tl.exp(largest - above) + tl.sum(tl.exp(logits - above[:, None]), axis=1)
        largest = above
    result = row * tl.num_programs(1) + tl.program_id(1)
    tl.store(totals + result, largest + tl.log(total), mask=inside)
    tl.store(own + result, found, mask=inside)
