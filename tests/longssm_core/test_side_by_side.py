"""Documents side by side: no row shows in the bits of another, nor where it stands or was cut."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from longssm_core.config import Mamba2Config, MambaConfig
from longssm_core.errors import PolicyError, ShapeError
from longssm_core.models import LanguageModel, initialize
from longssm_core.scoring import score
from longssm_core.side_by_side import Piece, score_side_by_side

CHUNK = 32
CONFIGS = {
    "mamba2": Mamba2Config(d_model=16, n_layers=2, n_heads=2, d_head=16, d_state=8),
    "mamba": MambaConfig(d_model=16, n_layers=2, d_inner=32, d_state=8),
}


@pytest.fixture(scope="module", params=CONFIGS)
def model(request) -> LanguageModel:
    made = LanguageModel(CONFIGS[request.param])
    initialize(made, seed=1)
    return made.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def documents() -> list[torch.Tensor]:
    """Of 200, 96, 1 and 130 tokens."""
    draw = torch.Generator().manual_seed(2)
    return [torch.randint(0, 256, (size,), generator=draw) for size in (200, 96, 1, 130)]


def read(model, documents, rows=4):
    return score_side_by_side(model, [Piece(one) for one in documents], rows, CHUNK)


def test_every_document_has_the_losses_that_it_has_alone_but_for_rounding(model, documents):
    for found, tokens in zip(read(model, documents), documents, strict=True):
        expected = score(model, tokens[None], "carry", chunk=CHUNK).nll[0]
        torch.testing.assert_close(found.nll, expected, atol=1e-5, rtol=0)


def test_neither_company_nor_order_changes_a_bit(model, documents):
    alone = [read(model, [one])[0].nll for one in documents]
    for order in permutations(range(4)):
        found = read(model, [documents[number] for number in order])
        for number, one in zip(order, found, strict=True):
            assert torch.equal(one.nll, alone[number])


def test_a_row_full_of_nonsense_stays_by_itself(model, documents):
    first = score_side_by_side(model, [Piece(documents[1])], 4, CHUNK)[0].state
    hidden = {name: value * float("nan") for name, value in first.model.to_tensors().items()}
    broken = type(first)(type(first.model).from_tensors(hidden), first.last, first.position)
    pieces = [Piece(documents[0]), Piece(documents[3], broken)]
    found = score_side_by_side(model, pieces, 4, CHUNK)
    assert not found[1].nll.isfinite().all()
    assert torch.equal(found[0].nll, read(model, documents[:1])[0].nll)


@pytest.mark.parametrize("cut", [32, 64, 160])
def test_a_document_goes_on_from_its_state_in_other_company_to_the_same_bits(model, documents, cut):
    whole = read(model, documents)[0]
    first = read(model, [documents[0][:cut], documents[3]])[0]
    assert first.state.position == cut
    rest = [Piece(documents[1]), Piece(documents[2]), Piece(documents[0][cut:], first.state)]
    second = score_side_by_side(model, rest, 4, CHUNK)[2]
    assert torch.equal(torch.cat([first.nll, second.nll]), whole.nll)


def test_a_state_is_there_only_where_a_chunk_ends(model, documents):
    states = [one.state for one in read(model, documents)]
    assert [state is not None for state in states] == [False, True, False, False]
    assert states[1].position == 96


def test_what_does_not_fit_is_refused(model, documents):
    with pytest.raises(ShapeError, match="5 documents for 4 rows"):
        read(model, [*documents, documents[0]])
    with pytest.raises(ShapeError, match="ids are"):
        read(model, [torch.tensor([999])])
    left = score(model, documents[0][None, :32], "reset", 16, CHUNK).final_state
    with pytest.raises(PolicyError, match="another policy"):
        score_side_by_side(model, [Piece(documents[0], left)], 4, CHUNK)
