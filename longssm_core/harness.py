"""Our checkpoints as a model of lm-evaluation-harness (`lm_eval`), so that its tasks run on them.

`python -m longssm_core.harness run --model longssm --model_args checkpoint=zero-t16,policy=carry
--tasks ...` is the harness's own command with our model known to it; in Python, importing this
module makes `lm_eval.simple_evaluate(model="longssm", ...)` work. The harness looks for no models
of other packages by itself. Needs `pip install -r requirements-harness.txt`; what is computed is in
`likelihood`, which does not.

First tokens: a text is a document, so its first token is predicted from the start token, and a
context is read after the start token too (the harness's own `hf` model leaves that to the
tokenizer). `policy` is `carry` (no window is cut), `reset:W` or `window:W`. With `max_length=W`
instead texts are cut as the harness cuts them for models of a limited context.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from lm_eval.__main__ import cli_evaluate
from lm_eval.api.model import TemplateLM
from lm_eval.api.registry import model_registry
from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs
from tqdm import tqdm

from longssm_core.checkpoint import load_checkpoint, tokenizer_of
from longssm_core.errors import ConfigError
from longssm_core.likelihood import Reader, read_policy
from longssm_core.records import CONFIG, find_checkpoint, read_record

NAME = "longssm"
DEFAULT_DEVICE = "cuda:0"  # what the harness's command gives to every model
MOST_TOKENS = 256  # that a task may write where it does not say how many


class _Request(NamedTuple):
    """A context and what follows it, as text and as tokens, in the harness's order."""

    texts: tuple[str, str]
    context: list[int]
    targets: list[int]


class LongSSM(TemplateLM):
    """A checkpoint of ours, read under one policy.

    Raises:
        CheckpointError: no such checkpoint.
        PolicyError: no such policy, or `max_length` beside one that has its own window.
    """

    def __init__(
        self,
        checkpoint: str,
        policy: str = "carry",
        max_length: int | None = None,
        device: str | None = None,
        dtype: str | None = None,
        **_batches: object,
    ) -> None:
        """Load the checkpoint.

        Args:
            checkpoint: a shipped name, a folder, or a hub id `owner/name@commit`.
            policy: `carry`, `reset:W` or `window:W`.
            max_length: the most tokens that a prediction may depend on, cut by the harness's rule.
            device: None, and the harness's own default `cuda:0` where there is none, take the
                best there is.
            dtype: such as `bfloat16`, of the products; None is float32.
            _batches: sizes that the harness offers to every model; ours depend on lengths alone.
        """
        super().__init__()
        if device == DEFAULT_DEVICE and not torch.cuda.is_available():
            device = None
        model = load_checkpoint(checkpoint, device, None if dtype is None else _dtype(dtype))
        self._source, self._end = checkpoint, _end_of_text(checkpoint, model.config.bos)
        self._reader = Reader(model, tokenizer_of(model), *read_policy(policy), max_length)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self._reader.model.device

    @property
    def eot_token_id(self) -> int:
        """The token that ends a text."""
        return self._end

    @property
    def prefix_token_id(self) -> int:
        """The token before a document."""
        return self._reader.model.config.bos

    @property
    def tokenizer_name(self) -> str:
        """Tells vocabularies apart where the harness keeps requests."""
        return find_checkpoint(self._source).tokenizer

    def get_model_info(self) -> dict[str, Any]:
        """What results are stored with: which weights, how trained, and how read."""
        files, reader = find_checkpoint(self._source), self._reader
        record = read_record(self._source, files.folder)
        return {
            "model_sha": files.fingerprint,
            "model_num_parameters": sum(p.numel() for p in reader.model.parameters()),
            "training_initialization": record.training_initialization if record else "unknown",
            "policy": reader.policy,
            "window": reader.window,
            "max_length": reader.longest,
        }

    def tok_encode(
        self, string: str, add_special_tokens: bool | None = None, **_: object
    ) -> list[int]:
        """Ids of a text, without the start token: `Reader` puts it before every document."""
        return [int(token) for token in self._reader.tokenizer.encode(string)]

    def _loglikelihood_tokens(
        self, requests: Sequence[tuple[tuple[str, str], list[int], list[int]]], **options: Any
    ) -> list[tuple[float, bool]]:
        results: list[tuple[float, bool]] = []
        for request in _progress(map(_Request._make, requests), options, len(requests)):
            # an empty context is given as the start token, which every document has already
            context = request.context if request.texts[0] else []
            nats, is_greedy = self._reader.log_likelihood(context, request.targets)
            self.cache_hook.add_partial("loglikelihood", request.texts, (nats, is_greedy))
            results.append((nats, is_greedy))
        return results

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        """Nats of whole texts; every token counts once."""
        results = []
        for request in _progress(requests, {"disable_tqdm": disable_tqdm}, len(requests)):
            found, _ = self._reader.log_likelihood([], self.tok_encode(request.args[0]))
            self.cache_hook.add_partial("loglikelihood_rolling", request.args, found)
            results.append(found)
        return results

    def generate_until(self, requests: Any, disable_tqdm: bool = False) -> list[str]:
        """Greedy continuations, each up to the first of its stops.

        Raises:
            ConfigError: a task asks for samples.
        """
        results = []
        for request in _progress(requests, {"disable_tqdm": disable_tqdm}, len(requests)):
            context, asked = request.args
            wanted = normalize_gen_kwargs(asked, MOST_TOKENS)
            if wanted.get("do_sample") or wanted.get("temperature"):
                raise ConfigError(f"{NAME} writes greedily: set do_sample to false, temperature 0")
            stops = handle_stop_sequences(wanted["until"], eos=None)
            found = self._reader.continuation(context, stops, wanted["max_gen_toks"], self._end)
            self.cache_hook.add_partial("generate_until", request.args, found)
            results.append(found)
        return results


def _progress(requests: Iterable[Any], options: dict[str, Any], total: int) -> Iterable[Any]:
    found: Iterable[Any] = tqdm(requests, disable=options.get("disable_tqdm", False), total=total)
    return found


def _dtype(name: str) -> torch.dtype:
    found = getattr(torch, name, None)
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise ConfigError(f"no dtype {name!r}; there are float32, bfloat16 and float16")
    return found


def _end_of_text(checkpoint: str, bos: int) -> int:
    """The token that ends a text: as `config.json` says, else the one that starts it."""
    path = find_checkpoint(checkpoint).folder / CONFIG
    end = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id")
    return end if isinstance(end, int) else bos


# by name, not by class: run as a command this file is another module than the one that is imported
model_registry.register(NAME, target="longssm_core.harness:LongSSM")

if __name__ == "__main__":
    sys.argv[0] = "lm_eval"
    cli_evaluate()
