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
    return missing_for_kernels(device) is None


def missing_for_kernels(device: torch.device) -> str | None:
    """What a CUDA device lacks for the kernels, in one word or two; None: nothing.

    Kernels are compiled where they run: triton needs an NVIDIA card of capability 8.0 and a C
    compiler.
    """
    if torch.version.hip is not None:
        return "NVIDIA CUDA"
    if find_spec("triton") is None:
        return "triton"
    if not (os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")):
        return "C compiler"
    if torch.cuda.get_device_capability(device) < OLDEST:
        return f"compute capability {OLDEST[0]}.{OLDEST[1]}"
    return None


def launching(x: Tensor) -> AbstractContextManager[object]:
    """Makes the device of x the current one: kernels are launched there, wherever their data is."""
    return torch.cuda.device(x.device) if x.is_cuda else nullcontext()
