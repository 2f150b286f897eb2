"""Products with weights when a CPU reads: `multiply`, by the faster of torch's two libraries.

Torch computes float32 products with MKL; its other library, oneDNN, is about a tenth faster on
processors with AVX-512 once there are some rows, and reachable under a name that is not public.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from torch import Tensor

ROWS, STEPS = 128, 32  # of the least product that is worth it


@cache
def _one_dnn() -> Any:
    """oneDNN's product; None: not here."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512":
        return None
    return getattr(torch.ops.mkldnn, "_linear_pointwise", None)


def multiply(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x W^T + bias, (..., out), without gradient; x (..., in), W (out, in), float32 on the CPU."""
    product = _one_dnn()
    if product is None or x.shape[-1] < STEPS or x.numel() < ROWS * x.shape[-1]:
        return F.linear(x, weight, bias)
    y: Tensor = product(x, weight, bias, "none", [], "")
    return y
