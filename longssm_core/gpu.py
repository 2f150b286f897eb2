"""Whether a computation goes to the GPU kernels: `may_fuse`, the one place that decides.

`gpu_scan` and `gpu_loss` hold the kernels; they import triton, so they are only imported where
this says yes. An error inside a kernel is an error: nothing falls back behind anyone's back.
"""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor

OLDEST = (8, 0)  # compute capability: triton supports none before


def may_fuse(x: Tensor) -> bool:
    """Whether what is computed from `x` has GPU kernels here.

    Float32 on a CUDA device: float64 models are references, and half precision is for the products
    around the scans only.
    """
    return x.device.type == "cuda" and x.dtype == torch.float32 and _has_kernels(x.device)


@cache
def _has_kernels(device: torch.device) -> bool:
    """Whether kernels can be compiled for `device`: NVIDIA, triton, and the C compiler it needs."""
    return (
        torch.version.hip is None
        and find_spec("triton") is not None
        and bool(os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang"))
        and torch.cuda.get_device_capability(device) >= OLDEST
    )


def launching(x: Tensor) -> AbstractContextManager[object]:
    """Makes the device of x the current one: kernels are launched there, wherever their data is."""
    return torch.cuda.device(x.device) if x.is_cuda else nullcontext()
