"""Configurations of the model families, frozen and checked on creation.

`Mamba2Config`, `MambaConfig` (Mamba-1 and FalconMamba) and `S5Config` carry the names of the field;
`from_hugging_face` and `to_hugging_face` translate to the `config.json` of transformers' classes,
so that a checkpoint is readable by either side. S5 has no class there: its `config.json` has the
same form with an architecture of our own. The architecture list is the allow-list: no other class
is ever built.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from longssm_core.errors import ModelRefused
from longssm_core.records import CONFIG

LARGEST = 1 << 20  # no dimension of a model is larger: refused before anything is allocated


@dataclass(frozen=True)
class LanguageModelConfig(ABC):
    """What all families share: embedding, residual blocks with one mixer each, last norm, head."""

    vocabulary: int = 257  # 256 byte values and the document's start
    d_model: int = 128
    n_layers: int = 3
    norm_epsilon: float = 1e-5
    bos: int = 256  # the token before a document
    tied: bool = True  # the head is the embedding read backwards

    def __post_init__(self) -> None:
        """Refuse dimensions that cannot be built."""
        sizes = (self.vocabulary, self.d_model, self.n_layers, *self.hidden_shape)
        if min(sizes) < 1 or max(sizes) > LARGEST:
            raise ModelRefused("dimension", most=LARGEST)
        if not 0 < self.norm_epsilon < 1:
            raise ModelRefused("epsilon", found=self.norm_epsilon)
        if not 0 <= self.bos < self.vocabulary:
            raise ModelRefused("start_token", found=self.bos)

    @property
    @abstractmethod
    def hidden_shape(self) -> tuple[int, ...]:
        """Shape of one layer's hidden state h, for one row."""

    @property
    @abstractmethod
    def convolution_shape(self) -> tuple[int, int]:
        """Shape of one layer's stored convolution inputs, for one row: (d_conv - 1, channels)."""

    def to_hugging_face(self) -> dict[str, Any]:
        """What `config.json` says of every family."""
        return {
            "vocab_size": self.vocabulary,
            "hidden_size": self.d_model,
            "num_hidden_layers": self.n_layers,
            "layer_norm_epsilon": self.norm_epsilon,
            "tie_word_embeddings": self.tied,
            "bos_token_id": self.bos,
            "eos_token_id": self.bos,
            "pad_token_id": self.bos,
            "torch_dtype": "float32",
        }


@dataclass(frozen=True)
class Mamba2Config(LanguageModelConfig):
    """Dimensions of a Mamba-2 language model (arXiv:2405.21060).

    d_inner = n_heads * d_head channels pass through the state-space layer; each head has one
    decay rate and a state of (d_head, d_state); heads of one group share B and C.
    """

    n_heads: int = 8
    d_head: int = 32
    d_state: int = 64
    d_conv: int = 4
    n_groups: int = 1
    delta_limit: tuple[float, float] = (0.0, math.inf)
    projection_bias: bool = False
    convolution_bias: bool = True

    def __post_init__(self) -> None:
        """Refuse dimensions that cannot be built."""
        super().__post_init__()
        _check_taps(self.d_conv)
        if self.d_inner % self.d_model:
            raise ModelRefused("heads", found=self.d_inner, expected=self.d_model)
        if self.n_groups < 1 or self.n_heads % self.n_groups:
            raise ModelRefused("groups", heads=self.n_heads, groups=self.n_groups)
        low, high = self.delta_limit
        if not 0 <= low < high:
            raise ModelRefused("step_limit", low=low, high=high)

    @property
    def hidden_shape(self) -> tuple[int, ...]:
        """(n_heads, d_head, d_state)."""
        return (self.n_heads, self.d_head, self.d_state)

    @property
    def convolution_shape(self) -> tuple[int, int]:
        """(d_conv - 1, d_convolved)."""
        return (self.d_conv - 1, self.d_convolved)

    @property
    def d_inner(self) -> int:
        """Channels inside a layer."""
        return self.n_heads * self.d_head

    @property
    def d_convolved(self) -> int:
        """Channels that pass the short convolution: the input and the projections B and C."""
        return self.d_inner + 2 * self.n_groups * self.d_state

    @property
    def d_projected(self) -> int:
        """Width of the input projection: gate, convolved channels, one step size per head."""
        return self.d_inner + self.d_convolved + self.n_heads

    def to_hugging_face(self) -> dict[str, Any]:
        """The `config.json` of transformers' `Mamba2ForCausalLM`."""
        values = super().to_hugging_face() | {
            "architectures": ["Mamba2ForCausalLM"],
            "model_type": "mamba2",
            "num_heads": self.n_heads,
            "head_dim": self.d_head,
            "state_size": self.d_state,
            "conv_kernel": self.d_conv,
            "expand": self.d_inner // self.d_model,
            "n_groups": self.n_groups,
            "rms_norm": True,
            "hidden_act": "silu",
            "use_bias": self.projection_bias,
            "use_conv_bias": self.convolution_bias,
            "chunk_size": 64,
        }
        if math.isfinite(self.delta_limit[1]):  # JSON has no infinity; left out it means none
            values["time_step_limit"] = list(self.delta_limit)
        return values


@dataclass(frozen=True)
class MambaConfig(LanguageModelConfig):
    """Dimensions of a Mamba language model (arXiv:2312.00752), or of FalconMamba's.

    Every one of the d_inner channels has its own step size and a state of d_state numbers. With
    `mixer_norm_epsilon` B, C and the step's low-rank form pass a norm without weights: FalconMamba
    (arXiv:2410.05355, Section 3).
    """

    d_inner: int = 256
    d_state: int = 16
    d_conv: int = 4
    delta_rank: int = 8
    projection_bias: bool = False
    convolution_bias: bool = True
    mixer_norm_epsilon: float | None = None

    def __post_init__(self) -> None:
        """Refuse dimensions that cannot be built."""
        super().__post_init__()
        _check_taps(self.d_conv)
        if not 1 <= self.delta_rank <= LARGEST:
            raise ModelRefused("rank", most=LARGEST)

    @property
    def hidden_shape(self) -> tuple[int, ...]:
        """(d_inner, d_state)."""
        return (self.d_inner, self.d_state)

    @property
    def convolution_shape(self) -> tuple[int, int]:
        """(d_conv - 1, d_inner)."""
        return (self.d_conv - 1, self.d_inner)

    def to_hugging_face(self) -> dict[str, Any]:
        """The `config.json` of transformers' `MambaForCausalLM` or `FalconMambaForCausalLM`."""
        falcon = self.mixer_norm_epsilon is not None
        values = super().to_hugging_face() | {
            "architectures": ["FalconMambaForCausalLM" if falcon else "MambaForCausalLM"],
            "model_type": "falcon_mamba" if falcon else "mamba",
            "expand": _whole(self.d_inner / self.d_model),
            "intermediate_size": self.d_inner,
            "state_size": self.d_state,
            "conv_kernel": self.d_conv,
            "time_step_rank": self.delta_rank,
            "hidden_act": "silu",
            "use_bias": self.projection_bias,
            "use_conv_bias": self.convolution_bias,
        }
        return values | ({"mixer_rms_eps": self.mixer_norm_epsilon} if falcon else {})


@dataclass(frozen=True)
class S5Config(LanguageModelConfig):
    """Dimensions of an S5 language model (arXiv:2208.04933), as in the LongSSM experiments.

    One multi-input, multi-output layer with `d_state` complex modes; no convolution, so the
    hidden state is all that a layer remembers.
    """

    d_state: int = 128

    @property
    def hidden_shape(self) -> tuple[int, ...]:
        """(d_state, 2): real and imaginary part of every mode."""
        return (self.d_state, 2)

    @property
    def convolution_shape(self) -> tuple[int, int]:
        """Nothing: there is no convolution."""
        return (0, self.d_model)

    def to_hugging_face(self) -> dict[str, Any]:
        """A `config.json` in the same form, with an architecture that is only ours."""
        own = {"architectures": ["S5ForCausalLM"], "model_type": "s5", "state_size": self.d_state}
        return super().to_hugging_face() | own


ModelConfig = Mamba2Config | MambaConfig | S5Config


def read_config(folder: Path) -> ModelConfig:
    """The configuration of the checkpoint in `folder`.

    Raises:
        ModelRefused: as `from_hugging_face`, or the file is not an object of JSON.
    """
    try:
        values: Any = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelRefused("config_malformed", detail=repr(error)) from error
    if not isinstance(values, dict):
        raise ModelRefused("config_malformed", detail="an object is expected")
    return from_hugging_face(values)


def from_hugging_face(values: Mapping[str, Any]) -> ModelConfig:
    """The dimensions in a `config.json`.

    Raises:
        ModelRefused: another architecture, or an option that its family does not compute.
    """
    named = values.get("architectures")
    architecture = named[0] if isinstance(named, list) and named else "(none)"
    if not isinstance(architecture, str) or architecture not in ARCHITECTURES:
        raise ModelRefused("architecture", found=architecture, offered=", ".join(ARCHITECTURES))
    _check_fixed(values)
    try:
        return ARCHITECTURES[architecture](values)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise ModelRefused("config_malformed", detail=repr(error)) from error


_FIXED = {"hidden_act": "silu", "rms_norm": True}  # another value would need other equations


def _check_fixed(values: Mapping[str, Any]) -> None:
    for option, expected in _FIXED.items():
        if option in values and values[option] != expected:
            raise ModelRefused("option", option=option, found=values[option], expected=expected)


def _check_taps(d_conv: int) -> None:
    if not 2 <= d_conv <= LARGEST:
        raise ModelRefused("taps", most=LARGEST)


def _whole(number: float) -> int | float:
    """An integer where it is one: transformers' classes ask for the type."""
    return int(number) if number == int(number) else number


def _number(value: Any) -> float:
    """A number; transformers writes infinity as {"__float__": "Infinity"}."""
    return float(value["__float__"] if isinstance(value, Mapping) else value)


def _check_width(values: Mapping[str, Any], d_inner: int) -> None:
    expected = float(values.get("expand", 2)) * int(values["hidden_size"])
    if d_inner != expected:
        raise ModelRefused("width", found=d_inner, expected=expected)


def _shared(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "vocabulary": int(values["vocab_size"]),
        "d_model": int(values["hidden_size"]),
        "n_layers": int(values["num_hidden_layers"]),
        "norm_epsilon": float(values.get("layer_norm_epsilon", 1e-5)),
        "bos": int(values.get("bos_token_id") or 0),
        "tied": bool(values.get("tie_word_embeddings", True)),
    }


def _mamba2(values: Mapping[str, Any]) -> Mamba2Config:
    low, high = (_number(limit) for limit in values.get("time_step_limit") or (0.0, math.inf))
    _check_width(values, int(values["num_heads"]) * int(values["head_dim"]))
    return Mamba2Config(
        **_shared(values),
        n_heads=int(values["num_heads"]),
        d_head=int(values["head_dim"]),
        d_state=int(values["state_size"]),
        d_conv=int(values["conv_kernel"]),
        n_groups=int(values.get("n_groups", 8)),  # the class's default
        delta_limit=(low, high),
        projection_bias=bool(values.get("use_bias", False)),
        convolution_bias=bool(values.get("use_conv_bias", True)),
    )


def _mamba(values: Mapping[str, Any], mixer_norm_epsilon: float | None = None) -> MambaConfig:
    d_model = int(values["hidden_size"])
    rank = values.get("time_step_rank", "auto")
    return MambaConfig(
        **_shared(values),
        d_inner=int(values.get("intermediate_size") or float(values.get("expand", 2)) * d_model),
        d_state=int(values["state_size"]),
        d_conv=int(values.get("conv_kernel", 4)),
        delta_rank=math.ceil(d_model / 16) if rank == "auto" else int(rank),
        projection_bias=bool(values.get("use_bias", False)),
        convolution_bias=bool(values.get("use_conv_bias", True)),
        mixer_norm_epsilon=mixer_norm_epsilon,
    )


def _falcon_mamba(values: Mapping[str, Any]) -> MambaConfig:
    return _mamba(values, float(values.get("mixer_rms_eps", 1e-6)))


def _s5(values: Mapping[str, Any]) -> S5Config:
    return S5Config(**_shared(values), d_state=int(values["state_size"]))


ARCHITECTURES: dict[str, Callable[[Mapping[str, Any]], ModelConfig]] = {
    "Mamba2ForCausalLM": _mamba2,
    "MambaForCausalLM": _mamba,
    "FalconMambaForCausalLM": _falcon_mamba,
    "S5ForCausalLM": _s5,
}
