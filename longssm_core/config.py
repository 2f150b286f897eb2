"""Configuration of the model family, frozen and checked on creation.

`ModelConfig` carries the names of the field; `from_hugging_face` and `to_hugging_face` translate
to the `config.json` of `Mamba2ForCausalLM`, so that a checkpoint is readable by either side.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from longssm_core.errors import ConfigError

ARCHITECTURES = ("Mamba2ForCausalLM",)  # the allow-list: no other class is ever built


@dataclass(frozen=True)
class ModelConfig:
    """Dimensions of a Mamba-2 language model (arXiv:2405.21060).

    d_inner = n_heads * d_head channels pass through the state-space layer; each head has one
    decay rate and a state of (d_head, d_state).
    """

    vocabulary: int = 257  # 256 byte values and the document's start
    d_model: int = 128
    n_layers: int = 3
    n_heads: int = 8
    d_head: int = 32
    d_state: int = 64
    d_conv: int = 4
    norm_epsilon: float = 1e-5
    delta_limit: tuple[float, float] = (0.0, math.inf)
    bos: int = 256

    def __post_init__(self) -> None:
        """Refuse dimensions that cannot be built."""
        sizes = (self.vocabulary, self.d_model, self.n_layers, self.n_heads, self.d_head)
        if min(*sizes, self.d_state) < 1:
            raise ConfigError("every dimension must be at least 1")
        if self.d_conv < 2:
            raise ConfigError("the convolution needs at least 2 taps (d_conv)")
        if self.d_inner % self.d_model:
            raise ConfigError("n_heads * d_head must be a multiple of d_model")
        if not 0 <= self.bos < self.vocabulary:
            raise ConfigError(f"start token {self.bos} is outside the vocabulary")

    @property
    def d_inner(self) -> int:
        """Channels inside a layer."""
        return self.n_heads * self.d_head

    @property
    def d_convolved(self) -> int:
        """Channels that pass the short convolution: the input and the projections B and C."""
        return self.d_inner + 2 * self.d_state

    @property
    def d_projected(self) -> int:
        """Width of the input projection: gate, convolved channels, one step size per head."""
        return self.d_inner + self.d_convolved + self.n_heads

    def to_hugging_face(self) -> dict[str, Any]:
        """The `config.json` of transformers' `Mamba2ForCausalLM`."""
        values = {
            "architectures": list(ARCHITECTURES),
            "model_type": "mamba2",
            "vocab_size": self.vocabulary,
            "hidden_size": self.d_model,
            "num_hidden_layers": self.n_layers,
            "num_heads": self.n_heads,
            "head_dim": self.d_head,
            "state_size": self.d_state,
            "conv_kernel": self.d_conv,
            "expand": self.d_inner // self.d_model,
            "n_groups": 1,
            "layer_norm_epsilon": self.norm_epsilon,
            "rms_norm": True,
            "hidden_act": "silu",
            "use_bias": False,
            "use_conv_bias": True,
            "tie_word_embeddings": True,
            "chunk_size": 64,
            "bos_token_id": self.bos,
            "eos_token_id": self.bos,
            "pad_token_id": self.bos,
            "torch_dtype": "float32",
        }
        if math.isfinite(self.delta_limit[1]):  # JSON has no infinity; left out it means none
            values["time_step_limit"] = list(self.delta_limit)
        return values


_FIXED = {  # what this family does not vary; another value would need other equations
    "n_groups": 1,
    "hidden_act": "silu",
    "use_bias": False,
    "use_conv_bias": True,
    "rms_norm": True,
    "tie_word_embeddings": True,
}


def from_hugging_face(values: Mapping[str, Any]) -> ModelConfig:
    """The dimensions in a `config.json` of `Mamba2ForCausalLM`.

    Raises:
        ConfigError: another architecture, or an option that this family does not compute.
    """
    architecture = (values.get("architectures") or ["(none)"])[0]
    if architecture not in ARCHITECTURES:
        raise ConfigError(
            f"architecture {architecture} is not offered; {', '.join(ARCHITECTURES)} is"
        )
    for option, expected in _FIXED.items():
        if option in values and values[option] != expected:
            raise ConfigError(f"{option} = {values[option]!r} is not offered; {expected!r} is")
    try:
        low, high = values.get("time_step_limit", (0.0, math.inf))
        return ModelConfig(
            vocabulary=int(values["vocab_size"]),
            d_model=int(values["hidden_size"]),
            n_layers=int(values["num_hidden_layers"]),
            n_heads=int(values["num_heads"]),
            d_head=int(values["head_dim"]),
            d_state=int(values["state_size"]),
            d_conv=int(values["conv_kernel"]),
            norm_epsilon=float(values.get("layer_norm_epsilon", 1e-5)),
            delta_limit=(float(low), float(high)),
            bos=int(values["bos_token_id"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"config.json is incomplete or malformed ({error!r})") from error
