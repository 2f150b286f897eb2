"""Triton for this machine: `DEVICE` is where kernels run, interpreted on the CPU without a GPU.

Import this before `gpu_scan` or `gpu_loss`. Triton decides on import whether its own functions are
interpreted, so the variable is set around that import; other processes never see it.
"""

from __future__ import annotations

import os

import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"

if DEVICE == "cpu":
    os.environ["TRITON_INTERPRET"] = "1"
    import triton
    import triton.experimental.gluon.language  # else imported at the first call: too late

    triton.knobs.runtime.interpret = True  # also sets the variable
    del os.environ["TRITON_INTERPRET"]
