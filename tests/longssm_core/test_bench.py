"""The benchmark measures what it says: right losses, the products of the model, peers by name."""

from __future__ import annotations

import json
import time

import pytest
import torch

from longssm_core import bench
from longssm_core.__main__ import main
from longssm_core.bench import SHAPES, Measurement, measure, sizes, table
from longssm_core.config import Mamba2Config, MambaConfig
from longssm_core.models import LanguageModel
from longssm_core.peers import PEERS, Peer

TINY = {
    "mamba": MambaConfig(50, 32, 2, bos=49, d_inner=64, delta_rank=2),
    "mamba2": Mamba2Config(50, 16, 2, bos=49, n_heads=2, d_head=16, d_state=16),
}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(bench, "SHAPES", TINY)
    monkeypatch.setattr(bench, "LEAST_SECONDS", 0.01)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
@pytest.mark.parametrize("shape", TINY)
def test_every_installed_peer_finds_the_same_losses(shape, tmp_path):
    for name, peer in PEERS.items():
        if not peer.is_installed or not isinstance(TINY[shape], peer.families):
            continue
        (measured,) = measure(shape, name, [40], threads=1, folder=tmp_path)
        found = bench._beside_ours(measured, tmp_path)
        assert found.peak_megabytes > 1
        assert found.tokens_per_second > 0
        assert found.floor > 0
        assert found.difference is None if name == "ours" else found.difference < 1e-4


@pytest.mark.parametrize("shape", TINY)
def test_the_floor_holds_every_matrix_product_of_the_model(shape):
    model = LanguageModel(TINY[shape])
    linear = sum(m.weight.numel() for m in model.modules() if isinstance(m, torch.nn.Linear))
    *layer, head = sizes(TINY[shape])
    assert model.config.n_layers * sum(wide * high for wide, high in layer) == linear
    assert head[0] * head[1] == model.backbone.embeddings.weight.numel()


def test_ratios_are_of_the_shares_of_the_floor():
    rows = [
        Measurement("mamba", "ours", 8, 1, 100.0, 200.0, 10.0, None),
        Measurement("mamba", "other", 8, 1, 30.0, 300.0, 10.0, 1e-6),  # on a quicker moment
    ]
    assert "| other | 30 | 5.0x | 10% |" in table(rows)


def test_the_command_names_what_is_missing_and_refuses_unknown_shapes(monkeypatch, capsys):
    def own(shape, backend, lengths, threads, folder):
        return [Measurement(shape, backend, n, threads, 10.0, 20.0, 1.0, None) for n in lengths]

    monkeypatch.setattr(bench, "_in_own_process", own)
    monkeypatch.setattr(Peer, "is_installed", property(lambda peer: peer.packages == ()))
    assert main(["bench", "--shapes", "mamba", "--lengths", "8", "16", "--json"]) == 0
    said = capsys.readouterr()
    assert [row["length"] for row in json.loads(said.out)] == [8, 16]
    assert "not installed, left out: llama.cpp, transformers, mambapy" in said.err
    assert main(["bench", "--shapes", "nothing"]) == 1
    assert "no shape nothing; there are mamba, mamba2" in capsys.readouterr().err
    assert main(["bench", "--peers", "nobody"]) == 1
    assert "no peer nobody; there are ours, llama.cpp" in capsys.readouterr().err


def test_only_the_peers_that_are_named_run_beside_ours(monkeypatch, capsys):
    ran = []

    def own(shape, backend, lengths, threads, folder):
        ran.append(backend)
        return [Measurement(shape, backend, n, threads, 10.0, 20.0, 1.0, None) for n in lengths]

    monkeypatch.setattr(bench, "_in_own_process", own)
    monkeypatch.setattr(bench, "_beside_ours", lambda found, folder: found)
    monkeypatch.setattr(Peer, "is_installed", property(lambda peer: True))
    command = ["bench", "--shapes", "mamba", "--lengths", "8", "--peers", "mambapy,llama.cpp"]
    assert main(command) == 0
    assert ran == ["ours", "llama.cpp", "mambapy"]
    assert "| transformers |" not in capsys.readouterr().out


def test_memory_that_is_held_while_watched_is_seen():
    with bench.watched_memory() as found:
        held = torch.ones(50_000_000)
        time.sleep(0.05)
        del held
        before = found.peak / 1e6
    assert before > 200
    assert found.peak / 1e6 >= before


@pytest.mark.slow
def test_the_memory_of_a_text_does_not_grow_with_it(monkeypatch, capsys):
    monkeypatch.setattr(bench, "FLAT", (2_048, 65_536))
    assert main(["bench", "--memory"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("|")[2].strip() for line in lines[2:]] == ["2,048", "65,536"]
    assert float(lines[-1].split("|")[4]) < 1.1


def test_the_shapes_are_those_of_the_published_checkpoints():
    counts = {}
    for name in ("mamba-130m", "mamba2-130m"):
        with torch.device("meta"):
            model = LanguageModel(SHAPES[name])
        counts[name] = sum(weight.numel() for weight in model.parameters())
    assert counts["mamba-130m"] == 129_135_360
    assert counts["mamba2-130m"] == pytest.approx(128.9e6, rel=0.01)
