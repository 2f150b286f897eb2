"""GPU kernels against the float64 definitions: interpreted on the CPU, compiled where a GPU is.

The same tests run on both; those marked `gpu` need what only a GPU has: length, and the choice that
the models make by themselves.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st

from longssm_core import gpu, mixers, training
from longssm_core.config import Mamba2Config
from longssm_core.errors import ShapeError
from longssm_core.scan import blocked_selective_scan, chunked_head_scan, head_scan, selective_scan
from longssm_core.scoring import score, token_losses
from longssm_core.training import window_loss
from tests.longssm_core.families import FAMILIES, SMALL, exact, make_model, make_tokens
from tests.longssm_core.triton_here import DEVICE

from longssm_core import gpu_loss, gpu_scan  # isort: skip - triton comes first

LONGEST_MEMORY = 2000  # steps
WITH_KERNELS = [name for name in FAMILIES if name != "s5"]
NAMES = ("u", "delta", "A", "B", "C", "initial_state")


class Scan(NamedTuple):
    """A kernel, its definition, and arguments: slow decay, a state that is not blank."""

    kernel: Callable
    definition: Callable
    arguments: list[torch.Tensor]


def random_steps(*shape: int, random: torch.Generator) -> torch.Tensor:
    """From 1e-4 to 0.5, even in their logarithm."""
    return torch.empty(shape).uniform_(math.log(1e-4), math.log(0.5), generator=random).exp()


def mamba(length: int, d_inner: int = 21, d_state: int = 3, rows: int = 2) -> Scan:
    random = torch.Generator().manual_seed(length)
    normal = lambda *shape: torch.randn(shape, generator=random)  # noqa: E731
    A = -torch.arange(1.0, d_state + 1).expand(d_inner, d_state)
    delta = random_steps(rows, length, d_inner, random=random)
    delta[..., 0] = 1 / LONGEST_MEMORY
    B, C = (normal(rows, length, 2 * d_state)[..., ::2] for _ in range(2))  # not contiguous
    start = normal(rows, d_inner, d_state)
    arguments = [normal(rows, length, d_inner), delta, A, B, C, start]
    return Scan(gpu_scan.selective_scan, selective_scan, arguments)


def mamba2(length: int, groups: int = 2, d_head: int = 5, d_state: int = 6, rows: int = 2) -> Scan:
    random = torch.Generator().manual_seed(length)
    normal = lambda *shape: torch.randn(shape, generator=random)  # noqa: E731
    n_heads = 2 * groups
    delta = random_steps(rows, length, n_heads, random=random)
    delta[..., 0] = 1 / LONGEST_MEMORY
    A = -torch.linspace(1, 4, n_heads)
    B, C = (normal(rows, length, groups, d_state) for _ in range(2))
    start = normal(rows, n_heads, d_head, d_state)
    arguments = [normal(rows, length, n_heads, d_head), delta, A, B, C, start]
    return Scan(gpu_scan.head_scan, head_scan, arguments)


def relative(found: torch.Tensor, expected: torch.Tensor) -> float:
    """Largest error, as a part of the largest expected value."""
    found, expected = found.detach().cpu().double(), expected.detach().cpu()
    return float((found - expected).abs().max() / expected.abs().max())


def here(values: list[torch.Tensor]) -> list[torch.Tensor]:
    return [value.to(DEVICE) for value in values]


def with_gradients(scan: Callable, arguments: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """y, final state, and gradients through both of them."""
    leaves = [value.detach().clone().requires_grad_() for value in arguments]
    y, final = scan(*leaves)
    random = torch.Generator().manual_seed(1)
    weights = [torch.randn(v.shape, generator=random).to(v) for v in (y, final)]
    gradients = torch.autograd.grad((y, final), leaves, weights)
    return {"y": y, "final_state": final, **dict(zip(NAMES, gradients, strict=True))}


def check_against_definition(scan: Scan) -> None:
    found = with_gradients(scan.kernel, here(scan.arguments))
    expected = with_gradients(scan.definition, [value.double() for value in scan.arguments])
    for name, value in expected.items():
        assert found[name].shape == value.shape
        # a gradient adds up over all positions, and of a tiny model little may be left of the sum
        limit = 1e-5 if name in ("y", "final_state") else 5e-5
        assert relative(found[name], value) < limit, name
    with torch.no_grad():  # another path: nothing is kept
        y, final = scan.kernel(*here(scan.arguments))
    assert torch.equal(y, found["y"])
    assert torch.equal(final, found["final_state"])


# --- the scans -------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "d_inner"), [(1, 21), (7, 21), (64, 5), (65, 21), (130, 5)])
def test_mamba_is_its_definition_with_all_gradients(length, d_inner):
    check_against_definition(mamba(length, d_inner))


@pytest.mark.parametrize("length", [1, 7, 64, 65, 130])
def test_mamba2_is_its_definition_with_all_gradients(length):
    check_against_definition(mamba2(length))


@settings(max_examples=12, deadline=None)
@given(
    length=st.integers(1, 150),
    groups=st.integers(1, 3),
    d_head=st.sampled_from([1, 16, 33, 70]),
    d_state=st.sampled_from([1, 16, 35]),
)
def test_mamba2_has_no_shape_that_does_not_fit_its_tiles(length, groups, d_head, d_state):
    check_against_definition(mamba2(length, groups, d_head, d_state, rows=1))


@pytest.mark.parametrize("make", [mamba, mamba2])
def test_the_initial_state_matters_and_pieces_are_the_whole(make):
    kernel, _, arguments = make(40)
    u, delta, A, B, C, start = here(arguments)
    whole = kernel(u, delta, A, B, C, start)
    outputs, h = [], start
    for piece in (slice(0, 1), slice(1, 9), slice(9, 40)):
        y, h = kernel(u[:, piece], delta[:, piece], A, B[:, piece], C[:, piece], h)
        outputs.append(y)
    assert relative(torch.cat(outputs, dim=1), whole.y.double()) < 1e-6
    assert relative(h, whole.final_state.double()) < 1e-6
    blank = kernel(u, delta, A, B, C, torch.zeros_like(start))
    assert relative(blank.y, whole.y.double()) > 0.1
    assert relative(blank.final_state, whole.final_state.double()) > 0.1


def test_equal_steps_do_not_add_up_the_rounding_of_a_decay_near_one():
    """exp(x) in float32 errs to the same side at every step; exp(x) - 1 hardly errs at all."""
    kernel, definition, arguments = mamba(600, d_inner=3, d_state=1, rows=1)
    arguments = [value.abs() for value in arguments]
    arguments[1][:], arguments[2] = (
        torch.tensor([1e-4, 1 / LONGEST_MEMORY, 1e-3]),
        -torch.ones(3, 1),
    )
    exactly = definition(*(value.double() for value in arguments)).final_state
    found = relative(kernel(*here(arguments)).final_state, exactly)
    in_float32 = relative(definition(*arguments).final_state, exactly)
    assert found < 1e-6
    assert in_float32 > 5e-6


@pytest.mark.parametrize("make", [mamba, mamba2])
def test_steps_that_forget_everything_give_no_infinity(make):
    kernel, definition, arguments = make(70)
    arguments[1][:, 3:] = 200.0
    found, expected = kernel(*here(arguments)), definition(*(v.double() for v in arguments))
    assert relative(found.y, expected.y) < 1e-5
    assert relative(found.final_state, expected.final_state) < 1e-5


@pytest.mark.parametrize(("make", "form"), [(mamba, blocked_selective_scan),
                                            (mamba2, chunked_head_scan)])  # fmt: skip
def test_outputs_can_read_the_state_later(make, form):
    kernel, _, arguments = make(33)
    later = 3 * arguments[1].flip(1)
    found = kernel(*here(arguments), later.to(DEVICE))
    expected = form(*(value.double() for value in arguments), later.double())
    now = kernel(*here(arguments))
    assert relative(found.y, expected.y) < 1e-5
    assert torch.equal(found.final_state, now.final_state)
    assert relative(now.y, expected.y) > 0.01
    leaf = later.to(DEVICE)
    through = with_gradients(lambda *values: kernel(*values, leaf), here(arguments))
    expected = with_gradients(
        lambda *values: form(*values, later.double()), [v.double() for v in arguments]
    )
    for name, value in expected.items():
        assert relative(through[name], value) < 2e-5, name


@pytest.mark.parametrize("make", [mamba, mamba2])
def test_a_second_run_gives_the_same_bits(make):
    kernel, _, arguments = make(8)
    first, second = (with_gradients(kernel, here(arguments)) for _ in range(2))
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


@pytest.mark.parametrize("make", [mamba, mamba2])
@pytest.mark.parametrize("wrong", NAMES)
def test_a_tensor_that_does_not_belong_is_refused_before_a_kernel_reads_it(make, wrong):
    kernel, _, arguments = make(5)
    at = NAMES.index(wrong)
    for other in (arguments[at][1:], arguments[at].double()):
        with pytest.raises(ShapeError, match="expected"):
            kernel(*here([*arguments[:at], other, *arguments[at + 1 :]]))


# --- the loss --------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("rows", "d_model", "vocabulary"), [(1, 16, 5), (70, 40, 257),
                                                             (3, 33, 2100)])  # fmt: skip
def test_losses_are_those_of_all_logits_in_float64(rows, d_model, vocabulary, dtype):
    random = torch.Generator().manual_seed(vocabulary)
    features = torch.randn(rows, d_model, generator=random)
    weight = torch.randn(vocabulary, d_model, generator=random).to(dtype)
    targets = torch.randint(vocabulary, (rows,), generator=random)
    targets[-1] = vocabulary - 1
    share = torch.rand(rows, generator=random)
    leaves = [value.to(DEVICE).requires_grad_() for value in (features, weight)]
    doubles = [value.detach().double().requires_grad_() for value in (features, weight)]
    found = gpu_loss.token_losses(*leaves, targets.to(DEVICE))
    expected = F.cross_entropy(doubles[0] @ doubles[1].T, targets, reduction="none")
    assert found.dtype == torch.float32
    assert relative(found, expected) < 1e-5
    assert (found.cpu() - expected).abs().max() < 2e-5  # nats
    wanted = torch.autograd.grad(expected, doubles, share.double())
    for value, gradient in zip(
        torch.autograd.grad(found, leaves, share.to(DEVICE)), wanted, strict=True
    ):
        assert relative(value, gradient) < 1e-5 + torch.finfo(value.dtype).eps
    with torch.no_grad():
        assert torch.equal(gpu_loss.token_losses(*leaves, targets.to(DEVICE)), found)


def test_large_logits_do_not_overflow():
    features = torch.tensor([[1.0, 0.0], [0.0, 1.0]]).to(DEVICE)
    weight = torch.tensor([[1e4, -1e4], [0.0, -2e4], [9999.0, 3e4]]).to(DEVICE)
    found = gpu_loss.token_losses(features, weight, torch.tensor([2, 0]).to(DEVICE)).cpu()
    assert found[0] == pytest.approx(1 + math.log1p(math.exp(-1)), abs=1e-3)  # 1e-7 of 1e4
    assert found[1] == 4e4


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the interpreter, about the NaN
def test_a_loss_that_is_not_finite_stays_so():
    features, weight = torch.tensor([[math.nan]]).to(DEVICE), torch.ones(70, 1).to(DEVICE)
    assert gpu_loss.token_losses(features, weight, torch.tensor([0]).to(DEVICE)).isnan().all()


def test_a_head_of_another_model_is_refused():
    ids = torch.zeros(2, dtype=torch.int64)
    for features, weight in (
        (torch.zeros(2, 3), torch.zeros(5, 4)),
        (torch.zeros(1, 4), torch.zeros(5, 4)),
        (torch.zeros(2, 4).double(), torch.zeros(5, 4)),
    ):
        with pytest.raises(ShapeError, match="features"):
            gpu_loss.token_losses(features, weight, ids)


# --- whole models ----------------------------------------------------------------------------


@pytest.fixture
def kernels(monkeypatch):
    """The names of the kernels that ran, in their order; on a CPU they are chosen as on a GPU."""
    ran: list[str] = []

    def noted(module, name):
        function = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *values, **more: ran.append(name) or function(*values, **more)
        )

    noted(gpu_scan, "selective_scan")
    noted(gpu_scan, "head_scan")
    noted(gpu_loss, "token_losses")
    if DEVICE == "cpu":
        monkeypatch.setattr(gpu, "may_fuse", lambda x: x.dtype == torch.float32)
        monkeypatch.setattr(mixers, "may_read_fused", lambda x, weight: False)
        monkeypatch.setattr(training, "uses_fused_kernels", lambda model, length: False)
    return ran


@pytest.mark.parametrize(("policy", "window"), [("carry", None), ("reset", 8), ("window", 8)])
@pytest.mark.parametrize("family", WITH_KERNELS)
def test_a_model_reads_by_its_kernels_under_every_policy(kernels, family, policy, window):
    model, tokens = make_model(family), make_tokens(1, 18)
    expected = score(exact(model), tokens, policy, window).nll
    assert not kernels
    found = score(model.to(DEVICE), tokens, policy, window, chunk=12)
    scan = "head_scan" if isinstance(model.config, Mamba2Config) else "selective_scan"
    assert set(kernels) == {scan, "token_losses"}
    assert (found.nll.cpu() - expected).abs().max() < 2e-5 * expected.max()
    again = score(model, tokens[:, :10], policy, window)
    rest = score(model, tokens[:, 10:], policy, window, state=again.final_state).nll
    assert (rest.cpu() - expected[:, 10:]).abs().max() < 2e-5 * expected.max()


@pytest.mark.parametrize("family", WITH_KERNELS)
def test_a_model_is_trained_by_its_kernels(kernels, family):
    tokens, gradients = make_tokens(2, 12), {}
    for double in (True, False):
        model = make_model(family)
        model = exact(model) if double else model.to(DEVICE)
        model.requires_grad_()
        inputs, targets = tokens[:, :-1].to(model.device), tokens[:, 1:].to(model.device)
        loss, _ = window_loss(model, inputs, targets, model.initial_state(2))
        loss.backward()
        gradients[double] = {name: weight.grad for name, weight in model.named_parameters()}
        assert ("token_losses" in kernels) != double
    for name, expected in gradients[True].items():
        assert relative(gradients[False][name], expected) < 5e-5, name


@pytest.mark.parametrize("family", WITH_KERNELS)
def test_half_precision_weights_are_read_as_without_kernels(kernels, monkeypatch, family):
    model, tokens = make_model(family).cast_products(torch.bfloat16).to(DEVICE), make_tokens(1, 20)
    found = score(model, tokens)
    assert "token_losses" in kernels
    assert {v.dtype for v in found.final_state.model.to_tensors().values()} == {torch.float32}
    monkeypatch.setattr(gpu, "may_fuse", lambda x: False)
    assert (found.nll - score(model, tokens).nll).abs().max() < 2e-3  # nats


def test_the_definition_is_never_replaced(kernels):
    model, tokens = make_model("mamba").to(DEVICE), make_tokens(1, 5).to(DEVICE)
    model(tokens, model.initial_state(1), sequential=True)
    assert not kernels


def test_a_cpu_and_a_float64_model_never_have_kernels():
    assert not gpu.may_fuse(torch.zeros(1))
    assert not gpu.may_fuse(torch.zeros(1, device=DEVICE, dtype=torch.float64))
    assert not gpu.may_fuse(torch.zeros(1, device=DEVICE, dtype=torch.bfloat16))


def test_other_processes_do_not_interpret():
    assert "TRITON_INTERPRET" not in os.environ


@pytest.mark.slow
def test_every_launch_compiles_for_a_gpu_in_true_float32(tmp_path):
    """Interpreted Python allows more than the compiler; this needs no GPU."""
    found = subprocess.run(
        [sys.executable, "-m", "tests.longssm_core.compile_kernels"],
        env={**os.environ, "TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    kernels = [json.loads(line) for line in found.stdout.splitlines()]
    assert len({name for name, _, _ in kernels}) == 6
    for name, shared, tf32 in kernels:
        assert shared <= 99 * 1024, name  # what the smallest of these GPUs has for a program
        assert not tf32, name


# --- on a GPU only ---------------------------------------------------------------------------


@pytest.mark.gpu
@pytest.mark.parametrize(("policy", "window"), [("carry", None), ("reset", 64), ("window", 64)])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_long_text_on_a_gpu_is_the_float64_reading(family, policy, window):
    model, tokens = make_model(family), make_tokens(2, 3000)
    expected = score(exact(model), tokens, policy, window).nll
    found = score(model.cuda(), tokens, policy, window).nll.cpu()
    assert (found - expected).abs().mean() < 1e-5 * expected.mean()


@pytest.mark.gpu
@pytest.mark.parametrize("family", WITH_KERNELS)
def test_a_gpu_chooses_the_kernels_by_itself(kernels, family):
    model, tokens = make_model(family).cuda(), make_tokens(2, 70)
    score(model, tokens)
    assert "token_losses" in kernels
    assert len(kernels) == SMALL["n_layers"] + 1


@pytest.mark.gpu
@pytest.mark.parametrize("family", FAMILIES)
def test_one_step_of_training_on_a_gpu_has_the_gradients_of_float64(family):
    tokens, gradients = make_tokens(4, 257), []
    for device, dtype in (("cpu", torch.float64), ("cuda", torch.float32)):
        model = exact(make_model(family)).to(device, dtype).requires_grad_()
        inputs, targets = tokens[:, :-1].to(device), tokens[:, 1:].to(device)
        loss, _ = window_loss(model, inputs, targets, model.initial_state(4))
        loss.backward()
        gradients.append({name: weight.grad for name, weight in model.named_parameters()})
    for name, expected in gradients[0].items():
        assert relative(gradients[1][name], expected) < 2e-4, name


@pytest.mark.gpu
@pytest.mark.parametrize("family", FAMILIES)
def test_half_precision_on_a_gpu_reads_as_on_a_cpu(family):
    model, tokens = make_model(family).cast_products(torch.bfloat16), make_tokens(2, 300)
    expected = score(model, tokens).nll
    found = score(model.cuda(), tokens).nll.cpu()
    assert (found - expected).mean().abs() < 2e-3 * expected.mean()  # both round their products
    logits = token_losses(model, torch.ones(3, SMALL["d_model"]).cuda(), torch.arange(3).cuda())
    assert logits.isfinite().all()
