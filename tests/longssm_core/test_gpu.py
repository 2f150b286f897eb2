"""Where the GPU kernels are used: tried on what a machine could lack, without a GPU."""

import pytest
import torch

from longssm_core import gpu


@pytest.fixture
def complete(monkeypatch):
    """A machine that has everything."""
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(gpu, "find_spec", lambda name: object())
    monkeypatch.setattr(gpu.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    monkeypatch.delenv("CC", raising=False)
    return monkeypatch


def test_a_complete_machine_lacks_nothing(complete):
    assert gpu.missing_for_kernels(torch.device("cuda")) is None


@pytest.mark.parametrize(
    ("owner", "name", "value", "missing"),
    [
        (torch.version, "hip", "6.0", "NVIDIA CUDA"),
        (gpu, "find_spec", lambda name: None, "triton"),
        (gpu.shutil, "which", lambda name: None, "C compiler"),
        (torch.cuda, "get_device_capability", lambda device: (7, 5), "compute capability 8.0"),
    ],
)
def test_what_is_missing_is_named(complete, owner, name, value, missing):
    complete.setattr(owner, name, value)
    assert gpu.missing_for_kernels(torch.device("cuda")) == missing
