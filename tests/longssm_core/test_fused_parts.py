"""What reading shares between the families, and its products: the values of torch in float64."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from longssm_core import products, scoring
from longssm_core.fused_parts import rms_norm
from longssm_core.mixers import RMSNorm
from longssm_core.products import multiply
from tests.longssm_core.families import make_model

random = torch.Generator().manual_seed(7)


def test_a_norm_has_its_values_and_is_only_read_by_the_kernel(monkeypatch):
    x, norm = torch.randn(2, 5, 48, generator=random), RMSNorm(48, 1e-5)
    norm.weight.data = torch.randn(48, generator=random)
    expected = norm.double()(x.double())
    norm.float()
    torch.testing.assert_close(rms_norm(x, norm.weight, 1e-5).double(), expected, rtol=1e-6, atol=0)
    used = []
    monkeypatch.setattr(
        "longssm_core.fused_parts.rms_norm", lambda *given: used.append(1) or rms_norm(*given)
    )
    norm(x).sum().backward()
    assert norm.weight.grad is not None
    assert used == []
    with torch.no_grad():
        norm(x.transpose(0, 1))
    assert used == [1]


@pytest.mark.parametrize("columns", [7, 40, 1024])
@pytest.mark.parametrize("size", [1.0, 1000.0])
def test_losses_are_those_of_the_softmax_over_the_whole_vocabulary(columns, size, monkeypatch):
    monkeypatch.setattr(scoring, "HEAD_COLUMNS", columns)
    monkeypatch.setattr(scoring, "HEAD_ROWS", 16)
    model = make_model("mamba2")
    features = size * torch.randn(3, 11, model.config.d_model, generator=random)
    targets = torch.randint(0, model.config.vocabulary, (3, 11), generator=random)
    logits = F.linear(features.double(), model.head_weight.double())
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    with torch.no_grad():
        found = scoring.token_losses(model, features, targets)
    assert (found.flatten() - expected).abs().max() < 1e-6 * logits.abs().max()
    features[1, 4, 0] = torch.nan
    with torch.no_grad():
        broken = scoring.token_losses(model, features, targets).isnan()
    assert broken.nonzero().tolist() == [[1, 4]]


@pytest.mark.parametrize("shape", [(1, 16), (300, 16), (2, 150, 64), (130, 64)])
def test_a_product_is_the_same_in_both_libraries(shape, monkeypatch):
    x, weight = torch.randn(*shape, generator=random), torch.randn(48, shape[-1], generator=random)
    exact = x.double() @ weight.double().t()
    found = [multiply(x, weight)]
    monkeypatch.setattr(products, "_one_dnn", lambda: None)
    found.append(multiply(x, weight))
    for one in found:
        assert one.shape == exact.shape
        assert (one - exact).norm() / exact.norm() < 1e-6
    bias = torch.randn(48, generator=random)
    torch.testing.assert_close(multiply(x, weight, bias), F.linear(x, weight, bias))
