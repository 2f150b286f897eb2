"""Two real checkpoints that are tiny: saved by longssm_core, loaded by real workers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from longssm_core.checkpoint import save_checkpoint
from longssm_core.config import Mamba2Config, ModelConfig
from longssm_core.models import LanguageModel, initialize
from tests.evaluations.queued import describe

TINY = Mamba2Config(d_model=16, n_layers=1, n_heads=2, d_head=16, d_state=8)


def save_tiny_pair(
    folder: Path, config: ModelConfig = TINY, moved: float = 0.02
) -> tuple[str, str]:
    """Folders of a ZERO and a PROPOSED checkpoint; their weights differ by about `moved`."""
    sources = []
    for number, name in enumerate(("zero-t16", "previous-t16")):
        model = LanguageModel(config)
        initialize(model, seed=7)
        noise = torch.Generator().manual_seed(number)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=noise) * moved)
        place = folder / name
        save_checkpoint(model, replace(describe(name).record, parameters=1), place)
        sources.append(str(place))
    return sources[0], sources[1]


def save_tiny_pair_with_tokens(folder: Path, text: str) -> tuple[str, str]:
    """The same with one byte-pair vocabulary of 400 tokens, learned from `text`.

    It holds a special token that a text may spell.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        initial_alphabet=alphabet,
        special_tokens=["<|endoftext|>"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(text.splitlines(keepends=True), trainer)
    reads_tokens = replace(TINY, vocabulary=tokenizer.get_vocab_size(), bos=0)
    sources = save_tiny_pair(folder, reads_tokens)
    for source in sources:
        tokenizer.save(str(Path(source) / "tokenizer.json"))
    return sources
