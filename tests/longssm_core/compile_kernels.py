"""Compiles every launch of the GPU kernels for compute capability 8.0, without a GPU.

`python -m tests.longssm_core.compile_kernels` prints one JSON object per kernel: its name, the
shared memory of a program in bytes, and whether its products are rounded to TF32.
"""

from __future__ import annotations

import json

import torch
from triton.backends.compiler import GPUTarget
from triton.runtime import driver
from triton.runtime.jit import KernelInterface

from longssm_core import gpu_loss, gpu_scan


class NoGpu:
    """What triton asks of a driver while it compiles."""

    def get_current_target(self):
        return GPUTarget("cuda", 80, 32)

    def get_current_device(self):
        return 0

    def get_current_stream(self, device):
        return 0


def compiled_instead_of_launched(kernel, grid):
    def compile_only(*arguments, **options):
        binary = kernel.run(*arguments, grid=grid, warmup=True, **options)
        tf32 = "tf32" in binary.asm["ptx"]
        print(json.dumps([kernel.__name__, binary.metadata.shared, tf32]), flush=True)

    return compile_only


def compile_all(length: int) -> None:
    leaf = {"requires_grad": True}
    shared = torch.empty(1, length, 16)
    u = torch.empty(1, length, 64)
    arguments = (u, u, torch.empty(64, 16), shared, shared, torch.empty(1, 64, 16, **leaf))
    sum(value.sum() for value in gpu_scan.selective_scan(*arguments)).backward()
    with torch.no_grad():
        gpu_scan.selective_scan(*arguments, later=u)
    shared = torch.empty(1, length, 1, 128)
    u, delta = torch.empty(1, length, 4, 64), torch.empty(1, length, 4)
    gpu_scan.head_scan(u, delta, torch.empty(4), shared, shared, torch.empty(1, 4, 64, 128))
    for dtype in (torch.float32, torch.bfloat16, torch.float16):
        head, ids = torch.empty(512, 64, dtype=dtype), torch.zeros(length, dtype=torch.int64)
        gpu_loss.token_losses(torch.empty(length, 64), head, ids)


if __name__ == "__main__":
    driver.set_active(NoGpu())
    KernelInterface.__getitem__ = compiled_instead_of_launched
    for length in (1, 200):  # 1 becomes a constant of the kernel
        compile_all(length)
