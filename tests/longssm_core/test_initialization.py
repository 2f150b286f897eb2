"""Training initializations: laws of all of them, then what makes each of them itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from longssm_core.config import Mamba2Config, S5Config
from longssm_core.corpus.mixture import Corpus, build_corpus
from longssm_core.errors import ConfigError
from longssm_core.initialization import (
    INITIALIZATIONS,
    AgedState,
    Border,
    FittedStates,
    initialization,
)
from longssm_core.state import LayerState, ModelState
from longssm_core.training import (
    TrainingConfig,
    Windows,
    start_model,
    train,
    uses_fused_kernels,
    weights_fingerprint,
    window_loss,
)

TINY = Mamba2Config(d_model=16, n_layers=2, n_heads=2, d_head=16, d_state=8)
SHORT = TrainingConfig("zero", training_length=16, steps=12, tokens_per_step=128)
every_initialization = pytest.mark.parametrize("name", INITIALIZATIONS)
either_way = pytest.mark.parametrize("reset_at_borders", [True, False])


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Documents of six windows: after some steps all streams have met borders."""
    made = build_corpus(60_000, seed=1, texts=[])
    return replace(made, offsets=np.arange(0, len(made.tokens), 6 * 16))


def a_border(fresh: list[bool], **known: object) -> Border:
    """Between windows of documents 0, 1, 2, …, after a window that ended in states 1 to 2."""
    documents = torch.arange(len(fresh))
    facts = {
        "before": documents,
        "after": documents,
        "fitted": FittedStates.of(ended_states(len(fresh)).state),
        "random": torch.Generator().manual_seed(0),
    }
    return Border(fresh=torch.tensor(fresh), **(facts | known))


def ended_states(rows: int) -> AgedState:
    """Final states of real windows, with their gradient."""
    model = start_model(TINY, seed=0)
    tokens = torch.randint(0, 256, (rows, 16), generator=torch.Generator().manual_seed(1))
    _, after = model(tokens, model.initial_state(rows))
    return AgedState(after, torch.ones(rows, dtype=torch.int64))


def blank_states(rows: int) -> AgedState:
    return AgedState.new(start_model(TINY, seed=0).initial_state(rows))


def same(state: ModelState, other: ModelState) -> bool:
    pairs = zip(state.to_tensors().values(), other.to_tensors().values(), strict=True)
    return all(torch.equal(mine, theirs) for mine, theirs in pairs)


def result_of(config, corpus, **options) -> tuple[str, ModelState | None]:
    model = start_model(TINY, seed=5)
    trained = train(model, corpus, config, **options)
    return weights_fingerprint(model), trained.initial_state


# --- laws of all -----------------------------------------------------------------------------


@every_initialization
def test_no_gradient_crosses_the_border_of_a_window(name):
    ended = ended_states(3)
    begun = INITIALIZATIONS[name].next_state(ended, blank_states(3), a_border([False] * 3))
    assert all(tensor.requires_grad for tensor in ended.state.to_tensors().values())
    assert not any(tensor.requires_grad for tensor in begun.state.to_tensors().values())


@every_initialization
def test_a_document_starts_from_the_blank_state(name):
    blank = blank_states(3)
    border = a_border([False, True, False])
    begun = INITIALIZATIONS[name].next_state(ended_states(3), blank, border)
    first = torch.tensor([1])
    assert same(begun.state.rows(first), blank.state.rows(first))
    assert begun.age[1] == 0


@pytest.mark.parametrize("name", ["previous", "state_passing", "fitted_noise"])
def test_a_state_that_is_not_finite_ends_with_its_document(name):
    ended = ended_states(2)
    for layer in ended.state.layers:
        layer.hidden.data[:] = torch.nan
        layer.convolution.data[:] = torch.inf
    border = a_border([True, True], fitted=FittedStates.of(ended.state))
    begun = INITIALIZATIONS[name].next_state(ended, blank_states(2), border)
    assert same(begun.state, blank_states(2).state)


@every_initialization
@either_way
def test_training_again_gives_the_same_weights(corpus, name, reset_at_borders):
    config = replace(SHORT, initialization=name, reset_at_borders=reset_at_borders)
    (weights, start), (weights_again, start_again) = (result_of(config, corpus) for _ in range(2))
    assert weights == weights_again
    assert (start is None) == (start_again is None) == (name != "learned")
    if start is not None:
        assert same(start, start_again)


@every_initialization
@either_way
def test_an_interrupted_training_goes_on_to_the_same_weights(corpus, name, reset_at_borders):
    config, kept = replace(SHORT, initialization=name, reset_at_borders=reset_at_borders), []
    whole, model = start_model(TINY, seed=5), start_model(TINY, seed=5)
    trained = train(whole, corpus, config, save=kept.append, save_every=5)
    resumed = train(model, corpus, config, resume=kept[0])
    assert kept[0].step == 5
    assert weights_fingerprint(model) == weights_fingerprint(whole)
    assert resumed.stage == trained.stage
    assert resumed.final_loss == trained.final_loss
    if trained.initial_state is not None:
        assert same(resumed.initial_state, trained.initial_state)


def test_every_initialization_trains_another_model(corpus):
    weights = {
        name: result_of(replace(SHORT, initialization=name), corpus)[0]
        for name in INITIALIZATIONS
        if name != "learned"
    }
    assert len(set(weights.values())) == len(weights) == 4


@pytest.mark.parametrize(
    ("name", "differs"),
    [("zero", False), ("previous", True), ("state_passing", True), ("fitted_noise", True)],
)
def test_states_cross_into_the_next_document_only_when_asked(corpus, name, differs):
    config = replace(SHORT, initialization=name)
    reset, carried = config, replace(config, reset_at_borders=False)
    assert (result_of(reset, corpus)[0] != result_of(carried, corpus)[0]) == differs


@pytest.mark.parametrize(
    ("name", "reset_at_borders", "windows"),
    [
        ("zero", True, 1),
        ("previous", True, 6),  # all that a document has
        ("previous", False, 12),  # every step
        ("state_passing", True, 6),
        ("state_passing", False, 8),  # once through all rows
        ("fitted_noise", True, 1),
        ("learned", False, 1),
    ],
)
def test_the_record_says_how_old_a_state_became(corpus, name, reset_at_borders, windows):
    config = replace(SHORT, initialization=name, reset_at_borders=reset_at_borders)
    stage = train(start_model(TINY, seed=5), corpus, config).stage
    assert stage.state_age == windows * 16
    assert stage.initialization == name


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="twice"):
        initialization("zero")(INITIALIZATIONS["zero"].next_state)


# --- zero and previous -----------------------------------------------------------------------


def test_previous_takes_over_the_state_of_its_own_row_and_zero_does_not():
    ended, blank = ended_states(2), blank_states(2)
    border = a_border([False, False])
    assert same(INITIALIZATIONS["previous"].next_state(ended, blank, border).state, ended.state)
    assert same(INITIALIZATIONS["zero"].next_state(ended, blank, border).state, blank.state)


# --- state passing ---------------------------------------------------------------------------


def test_state_passing_takes_the_state_of_the_row_before():
    ended = ended_states(3)
    begun = INITIALIZATIONS["state_passing"].next_state(
        ended, blank_states(3), a_border([False] * 3)
    )
    assert same(begun.state, ended.state.rows(torch.tensor([2, 0, 1])))


def test_a_row_is_never_passed_a_state_of_its_own_document():
    before, after = torch.tensor([7, 8, 7]), torch.tensor([7, 8, 7])
    begun = INITIALIZATIONS["state_passing"].next_state(
        ended_states(3), blank_states(3), a_border([False] * 3, before=before, after=after)
    )
    blank = [not layer.any() for layer in begun.state.layers[0].hidden]
    assert blank == [True, False, False]  # row 0 would have got document 7 from row 2


@pytest.mark.parametrize("streams", [2, 3, 7])
@either_way
def test_no_text_of_a_document_comes_back_to_it_through_other_rows(
    corpus, streams, reset_at_borders
):
    """A state that only remembers which documents it has passed through."""
    windows, marks = Windows(corpus, streams, 16, 256, seed=0), torch.eye(len(corpus))
    blank = AgedState.new(
        ModelState((LayerState(torch.zeros(streams, len(corpus)), torch.zeros(streams, 0, 1)),))
    )
    ended, unrelated = blank, 0
    for _, batch in zip(range(60), windows, strict=False):
        documents = torch.from_numpy(batch.documents)
        fresh = torch.from_numpy(batch.fresh) & reset_at_borders
        border = a_border(
            fresh.tolist(), before=torch.from_numpy(batch.before), after=documents, fitted=None
        )
        begun = INITIALIZATIONS["state_passing"].next_state(ended, blank, border)
        passed = begun.state.layers[0].hidden
        assert not (passed * marks[documents]).any()
        unrelated += int(passed.any(dim=1).sum())
        ended = AgedState(
            ModelState((LayerState(passed + marks[documents], torch.zeros(streams, 0, 1)),)),
            begun.age + 1,
        )
    assert unrelated >= 60 * streams // 3


def test_state_passing_needs_a_second_row():
    with pytest.raises(ConfigError, match="needs 2 windows side by side"):
        TrainingConfig("state_passing", training_length=128, steps=1, tokens_per_step=128)


# --- fitted noise ----------------------------------------------------------------------------


def constant(value: float) -> ModelState:
    return ModelState((LayerState(torch.full((2, 3, 4, 5), value), torch.full((2, 3, 6), value)),))


def test_the_fit_has_one_gaussian_per_head_and_channel():
    hidden = torch.tensor([1.0, 5.0]).view(1, 2, 1, 1).expand(4, 2, 3, 3)
    hidden = hidden + torch.tensor([-1.0, 1.0, -2.0, 2.0]).view(4, 1, 1, 1)
    convolution = torch.tensor([3.0, 7.0, 9.0]).expand(4, 2, 3)
    fitted = FittedStates.of(ModelState((LayerState(hidden, convolution),)))
    assert fitted.mean.layers[0].hidden.flatten().tolist() == [1.0, 5.0]
    assert fitted.variance.layers[0].hidden.flatten().tolist() == [2.5, 2.5]
    assert fitted.mean.layers[0].convolution.flatten().tolist() == [3.0, 7.0, 9.0]
    assert not fitted.variance.layers[0].convolution.any()


def test_the_fit_follows_recent_windows_and_knows_that_they_moved():
    fitted = FittedStates.of(constant(0.0)).renewed(constant(1.0))
    torch.testing.assert_close(fitted.mean.layers[0].hidden, torch.full((1, 3, 1, 1), 0.1))
    torch.testing.assert_close(fitted.variance.layers[0].hidden, torch.full((1, 3, 1, 1), 0.09))
    for _ in range(200):
        fitted = fitted.renewed(constant(1.0))
    torch.testing.assert_close(fitted.mean.layers[0].hidden, torch.ones(1, 3, 1, 1))
    assert fitted.variance.layers[0].hidden.max() < 1e-6


def test_the_noise_has_the_mean_and_deviation_of_each_head():
    mean, deviation = torch.tensor([0.0, 5.0]).view(1, 2, 1, 1), torch.tensor([1.0, 0.1])
    draws = torch.randn(400, 2, 4, 4, generator=torch.Generator().manual_seed(3))
    state = ModelState(
        (LayerState(draws * deviation.view(1, 2, 1, 1) + mean, torch.zeros(400, 0, 1)),)
    )
    border = a_border([False] * 400, fitted=FittedStates.of(state))
    begun = INITIALIZATIONS["fitted_noise"].next_state(
        AgedState.new(state), AgedState.new(state), border
    )
    noise = begun.state.layers[0].hidden
    assert (noise.mean(dim=(0, 2, 3)) - mean.flatten()).abs().max() < 0.05
    torch.testing.assert_close(noise.std(dim=(0, 2, 3)), deviation, rtol=0.05, atol=0)
    assert not torch.equal(noise, state.layers[0].hidden)


def test_the_seed_decides_the_noise_and_every_step_draws_its_own(corpus, monkeypatch):
    config, drawn = replace(SHORT, initialization="fitted_noise", steps=4), []
    entry = INITIALIZATIONS["fitted_noise"]

    def watched(ended: AgedState, blank: AgedState, border: Border) -> AgedState:
        drawn.append(border.random.initial_seed())
        return entry.next_state(ended, blank, border)

    monkeypatch.setitem(INITIALIZATIONS, "fitted_noise", replace(entry, next_state=watched))
    for seed in (0, 0, 1):
        result_of(replace(config, seed=seed), corpus)
    assert drawn[:4] == drawn[4:8]
    assert len(set(drawn)) == 8


def test_a_family_without_convolution_is_fitted_without_undefined_numbers(corpus):
    model, kept = start_model(S5Config(d_model=16, n_layers=1, d_state=8), seed=0), []
    config = replace(SHORT, initialization="fitted_noise", steps=3)
    train(model, corpus, config, save=kept.append, save_every=1)
    assert all(torch.isfinite(tensor).all() for tensor in kept[-1].tensors.values())
    assert kept[-1].tensors["mean/hidden.0"].shape == (1, 8, 1)  # one Gaussian per mode


# --- a learned start -------------------------------------------------------------------------


def mean_loss(model, corpus, start: ModelState) -> float:
    """Over 20 batches, every window from `start`."""
    batches = iter(Windows(corpus, 8, 16, model.config.bos, seed=0))
    losses = []
    with torch.no_grad():
        for _ in range(20):
            batch = next(batches)
            inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)
            losses.append(window_loss(model, inputs, targets, start)[0].item())
    return float(np.mean(losses))


def test_a_learned_start_lowers_the_loss_and_changes_no_weight(corpus):
    model = start_model(TINY, seed=5)
    train(model, corpus, replace(SHORT, steps=60, learning_rate=1e-2))
    weights = weights_fingerprint(model)
    config = replace(SHORT, initialization="learned", steps=60, learning_rate=3e-2)
    start = train(model, corpus, config).initial_state
    assert weights_fingerprint(model) == weights
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert start.batch_size == 1
    assert not any(tensor.requires_grad for tensor in start.to_tensors().values())
    assert all(tensor.any() for tensor in start.to_tensors().values())  # hidden and convolution
    rows = torch.zeros(8, dtype=torch.int64)
    blank = mean_loss(model, corpus, model.initial_state(8))
    assert mean_loss(model, corpus, start.rows(rows)) < blank - 0.005  # nats per token


def test_a_start_is_learned_for_a_frozen_model_and_one_that_has_fused_kernels(corpus):
    model = start_model(Mamba2Config(n_layers=1), seed=0).requires_grad_(False)
    assert uses_fused_kernels(model, 16)  # they have no gradient to the initial state
    config = replace(SHORT, initialization="learned", steps=1)
    start = train(model, corpus, config).initial_state
    assert all(tensor.any() for tensor in start.to_tensors().values())
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_a_family_without_convolution_learns_its_hidden_state(corpus):
    model = start_model(S5Config(d_model=16, n_layers=1, d_state=8), seed=0)
    start = train(model, corpus, replace(SHORT, initialization="learned")).initial_state
    assert start.layers[0].hidden.any()
    assert start.layers[0].convolution.shape == (1, 0, 16)
    assert all(parameter.grad is None for parameter in model.parameters())  # not even computed
