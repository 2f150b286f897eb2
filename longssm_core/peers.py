"""Other implementations of scoring, on our weights: what `bench` measures beside ours.

Each function takes a model and gives tokens (1, length) -> nats (1, length) as the peer computes
them; its package is imported there and nowhere else. `PEERS` lists them.
"""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody reads
from numpy.typing import NDArray
from torch import Tensor

from longssm_core.config import Mamba2Config, MambaConfig
from longssm_core.models import LanguageModel
from longssm_core.scoring import score

CHUNK = 512  # tokens of a pass, for ours and for llama.cpp

Score = Callable[[Tensor], Tensor]  # tokens (1, length) -> nats (1, length)
Named = Iterator[tuple[str, Tensor]]


@dataclass(frozen=True)
class Peer:
    """A way to score: what must be installed for it, and which families it computes."""

    make: Callable[[LanguageModel], Score]
    packages: tuple[str, ...] = ()
    families: tuple[type, ...] = (MambaConfig, Mamba2Config)

    @property
    def is_installed(self) -> bool:
        """Whether it can be measured here."""
        return all(find_spec(package) is not None for package in self.packages)


def ours(model: LanguageModel) -> Score:
    """`score`, as a worker calls it."""
    return lambda tokens: score(model, tokens, chunk=CHUNK).nll


def _shifted(bos: int, tokens: Tensor) -> Tensor:
    """What a model reads to predict `tokens`."""
    start = torch.full((1, 1), bos)
    return torch.cat([start, tokens[:, :-1]], dim=1)


def transformers_model(model: LanguageModel) -> Score:
    """transformers' class on the same weights, one pass."""
    import transformers

    values = model.config.to_hugging_face()
    name = values["architectures"][0].removesuffix("ForCausalLM")
    configuration = getattr(transformers, f"{name}Config").from_dict(values)
    peer = getattr(transformers, f"{name}ForCausalLM")(configuration).eval()
    peer.load_state_dict(model.state_dict(), strict=False)
    peer.tie_weights()
    bos = model.config.bos  # all that is kept of our model

    def run(tokens: Tensor) -> Tensor:
        logits = peer(_shifted(bos, tokens), use_cache=False).logits
        return F.cross_entropy(logits[0], tokens[0], reduction="none")[None]

    return run


def mambapy_model(model: LanguageModel) -> Score:
    """mambapy's layers on the same weights, one pass, between our embedding and head."""
    from mambapy.mamba import Mamba
    from mambapy.mamba import MambaConfig as PeerConfig

    config = model.config
    assert isinstance(config, MambaConfig)
    expand = config.d_inner // config.d_model
    peer = Mamba(
        PeerConfig(config.d_model, config.n_layers, config.delta_rank, config.d_state, expand)
    )
    prefix = "backbone.layers."
    weights = model.state_dict().items()
    peer.load_state_dict(
        {f"layers.{k.removeprefix(prefix)}": v for k, v in weights if k.startswith(prefix)}
    )
    peer.eval()
    model.backbone.layers = torch.nn.ModuleList()  # the peer has its own, and nothing but these

    def run(tokens: Tensor) -> Tensor:
        x = model.backbone.embeddings(_shifted(config.bos, tokens))
        logits = model.head(model.backbone.norm_f(peer(x)))
        return F.cross_entropy(logits[0], tokens[0], reduction="none")[None]

    return run


# --- llama.cpp -------------------------------------------------------------------------------


def llama_cpp_model(model: LanguageModel) -> Score:
    """llama.cpp on the same weights, CHUNK tokens at a time, all logits read back."""
    import llama_cpp as peer

    peer.llama_log_set(_no_log(), ctypes.c_void_p(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.gguf"
        write_gguf(model, path)
        parameters = peer.llama_model_default_params()
        parameters.use_mmap = False  # the file is gone when this block ends
        loaded = peer.llama_model_load_from_file(str(path).encode(), parameters)
    if not loaded:
        raise RuntimeError("llama.cpp does not read this model")
    options = peer.llama_context_default_params()
    options.n_ctx, options.n_batch, options.n_ubatch = 1 << 20, CHUNK, CHUNK
    options.n_threads = options.n_threads_batch = torch.get_num_threads()
    context = peer.llama_init_from_model(loaded, options)
    batch = peer.llama_batch_init(CHUNK, 0, 1)
    bos, vocabulary = model.config.bos, model.config.vocabulary  # all that is kept of our model

    def run(tokens: Tensor) -> Tensor:
        peer.llama_memory_clear(peer.llama_get_memory(context), True)
        inputs, losses = _shifted(bos, tokens)[0], []
        for start in range(0, len(inputs), CHUNK):
            piece = inputs[start : start + CHUNK].tolist()
            _fill(batch, piece, start)
            if peer.llama_decode(context, batch) != 0:
                raise RuntimeError("llama.cpp could not decode")
            logits = np.ctypeslib.as_array(peer.llama_get_logits(context), (len(piece), vocabulary))
            wanted = tokens[0, start : start + CHUNK]
            losses.append(F.cross_entropy(torch.from_numpy(logits), wanted, reduction="none"))
        return torch.cat(losses)[None]

    return run


@cache
def _no_log() -> Any:
    """A callback that lives as long as the process: the library keeps calling it."""
    import llama_cpp

    return llama_cpp.llama_log_callback(lambda *_: None)


def _fill(batch: Any, tokens: list[int], start: int) -> None:
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.logits[i] = token, start + i, 1
        batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0


def write_gguf(model: LanguageModel, path: Path) -> None:
    """The model as llama.cpp reads it, float32, without a tokenizer."""
    from gguf import GGUFWriter

    config = model.config
    assert isinstance(config, MambaConfig | Mamba2Config)
    second = isinstance(config, Mamba2Config)
    writer = GGUFWriter(str(path), "mamba2" if second else "mamba")
    writer.add_context_length(1 << 20)
    writer.add_embedding_length(config.d_model)
    writer.add_feed_forward_length(0)
    writer.add_head_count(0)
    writer.add_block_count(config.n_layers)
    writer.add_layer_norm_rms_eps(config.norm_epsilon)
    writer.add_ssm_conv_kernel(config.d_conv)
    writer.add_ssm_inner_size(config.d_inner)
    writer.add_ssm_state_size(config.d_state)
    if isinstance(config, Mamba2Config):
        writer.add_ssm_time_step_rank(config.n_heads)
        writer.add_ssm_group_count(config.n_groups)
    else:
        writer.add_ssm_time_step_rank(config.delta_rank)
    writer.add_tokenizer_model("no_vocab")
    writer.add_vocab_size(config.vocabulary)
    for name, value in _gguf_tensors(model):
        array: NDArray[np.float32] = value.detach().contiguous().numpy()
        writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _gguf_tensors(model: LanguageModel) -> Named:
    yield "token_embd.weight", model.backbone.embeddings.weight
    yield "output.weight", model.head_weight
    yield "output_norm.weight", model.backbone.norm_f.weight
    for number, block in enumerate(model.backbone.blocks()):
        own = dict(block.mixer.state_dict())
        yield f"blk.{number}.attn_norm.weight", block.norm.weight
        for name, value in _gguf_mixer(own, isinstance(model.config, Mamba2Config), model):
            yield f"blk.{number}.{name}", value


def _gguf_mixer(own: dict[str, Tensor], second: bool, model: LanguageModel) -> Named:
    yield "ssm_in.weight", own["in_proj.weight"]
    yield "ssm_conv1d.weight", own["conv1d.weight"][:, 0]
    yield "ssm_conv1d.bias", own["conv1d.bias"]
    yield "ssm_out.weight", own["out_proj.weight"]
    a = -torch.exp(own["A_log"])
    if not second:
        yield "ssm_x.weight", own["x_proj.weight"]
        yield "ssm_dt.weight", own["dt_proj.weight"]
        yield "ssm_dt.bias", own["dt_proj.bias"]
        yield "ssm_a", a
        yield "ssm_d", own["D"]
        return
    assert isinstance(model.config, Mamba2Config)
    yield "ssm_dt.bias", own["dt_bias"]
    yield "ssm_a", a[:, None]
    yield "ssm_d", own["D"][:, None]
    yield "ssm_norm.weight", own["norm.weight"].view(model.config.n_groups, -1)


PEERS: dict[str, Peer] = {
    "ours": Peer(ours),
    "llama.cpp": Peer(llama_cpp_model, ("llama_cpp", "gguf")),
    "transformers": Peer(transformers_model, ("transformers",)),
    "mambapy": Peer(mambapy_model, ("mambapy",), (MambaConfig,)),
}
