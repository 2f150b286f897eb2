"""Tokens and the bytes behind them: they add up to the text, whatever the vocabulary."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from longssm_core.errors import CheckpointError
from longssm_core.records import CheckpointFiles
from longssm_core.tokenizer import ByteTokenizer, FileTokenizer, load_tokenizer

TEXT = "状態 state 409: order 17 → retry, 注文番号 A-17 を確認\n" * 40


@pytest.fixture(scope="module")
def byte_pairs(tmp_path_factory):
    """A byte-pair vocabulary in the form of the Mamba checkpoints', learned here."""
    return learned(tmp_path_factory, normalizers.NFC())


@pytest.fixture(scope="module")
def plain_byte_pairs(tmp_path_factory):
    """The same that changes nothing of what it reads."""
    return learned(tmp_path_factory, None)


def learned(tmp_path_factory, normalizer):
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([TEXT], trainer)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.mark.parametrize(
    "text", [TEXT, "", "a", "é", "\u304b\u3099 e\u0301", "👩‍👩‍👧", "ｱｲｳ", "  \n"]
)
def test_bytes_add_up_to_the_text(byte_pairs, text):
    for tokenizer in (FileTokenizer(byte_pairs), ByteTokenizer()):
        tokens = tokenizer.read(text)
        assert tokens.sizes.shape == tokens.ids.shape
        assert tokens.sizes.min(initial=0) >= 0
        assert tokens.sizes.sum() == len(text.encode())
        assert tokens.ids.tolist() == tokenizer.encode(text).tolist()


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(text=ANY_TEXT)
def test_bytes_add_up_to_any_text(byte_pairs, text):
    for tokenizer in (FileTokenizer(byte_pairs), ByteTokenizer()):
        assert tokenizer.read(text).sizes.sum() == len(text.encode())


@given(text=ANY_TEXT)
def test_a_character_that_is_split_counts_byte_by_byte(plain_byte_pairs, text):
    """Without a normalizer every token has exactly the bytes that it spells."""
    tokenizer = FileTokenizer(plain_byte_pairs)
    tokens, found = tokenizer.read(text), b""
    utf8 = text.encode()
    for token, size in zip(tokens.ids, tokens.sizes, strict=True):
        own = utf8[len(found) : len(found) + size]
        spelled = tokenizer.decode(np.array([token]))
        assert spelled == own.decode("utf-8", errors="replace")
        found += own
    assert found == utf8


def test_a_kanji_of_three_tokens_counts_one_byte_with_each(plain_byte_pairs):
    tokens = FileTokenizer(plain_byte_pairs).read("鬱")
    assert tokens.sizes.tolist() == [1, 1, 1]


def test_what_the_tokenizer_changes_counts_by_whole_characters(byte_pairs):
    # か and a combining mark, 3 bytes each, are read as が: three tokens that spell other bytes
    tokens = FileTokenizer(byte_pairs).read("\u304b\u3099")
    assert len(tokens.ids) == 3
    assert tokens.sizes.sum() == 6
    assert set(tokens.sizes.tolist()) <= {0, 3, 6}


def test_a_token_counts_its_own_bytes(byte_pairs):
    tokenizer = FileTokenizer(byte_pairs)
    tokens, sizes = tokenizer.read("state 409")
    assert sizes.tolist() == [
        len(tokenizer.decode(tokens[i : i + 1]).encode()) for i in range(len(tokens))
    ]
    assert len(tokens) < 9  # something was merged


def test_what_spells_a_special_token_is_read_as_text(byte_pairs, tmp_path):
    tokenizer = Tokenizer.from_file(str(byte_pairs))
    tokenizer.add_special_tokens(["<|endoftext|>"])
    end = tokenizer.token_to_id("<|endoftext|>")
    text = "one<|endoftext|>two"
    assert end in tokenizer.encode(text).ids  # the library would end the document here
    tokenizer.save(str(tmp_path / "tokenizer.json"))

    found = FileTokenizer(tmp_path / "tokenizer.json")
    tokens, sizes = found.read(text)
    assert end not in tokens
    assert found.decode(tokens) == text
    assert sizes.sum() == len(text)


def test_a_long_text_is_read_in_pieces_that_end_with_a_line(byte_pairs, monkeypatch):
    tokenizer = FileTokenizer(byte_pairs)
    whole = tokenizer.read(TEXT)
    monkeypatch.setattr("longssm_core.tokenizer.PIECE", 200)
    parts = tokenizer.read(TEXT)
    assert parts.ids.tolist() == whole.ids.tolist()
    assert parts.sizes.tolist() == whole.sizes.tolist()
    one_line = "a state " * 100  # no line end: cut where it must be
    assert tokenizer.decode(tokenizer.encode(one_line)) == one_line


def test_text_survives_tokens(byte_pairs):
    for tokenizer in (FileTokenizer(byte_pairs), ByteTokenizer()):
        assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_truncation_and_padding_in_the_file_do_not_apply(byte_pairs, tmp_path):
    tokenizer = Tokenizer.from_file(str(byte_pairs))
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    found = FileTokenizer(tmp_path / "tokenizer.json").encode(TEXT)
    assert found.tolist() == FileTokenizer(byte_pairs).encode(TEXT).tolist()
    assert len(found) > 64
    assert len(FileTokenizer(tmp_path / "tokenizer.json").encode("a")) == 1


def files(folder) -> CheckpointFiles:
    return CheckpointFiles("somewhere", folder, (), "0", "bytes")


def test_a_checkpoint_gets_its_own_tokenizer(byte_pairs, tmp_path):
    assert isinstance(load_tokenizer(files(tmp_path), 257, 256), ByteTokenizer)
    assert isinstance(load_tokenizer(files(byte_pairs.parent), 400, 0), FileTokenizer)


def test_a_vocabulary_without_its_tokenizer_is_not_taken_for_bytes(tmp_path):
    with pytest.raises(CheckpointError, match=r"tokenizer\.json is missing"):
        load_tokenizer(files(tmp_path), 50280, 0)


def test_a_tokenizer_larger_than_the_model_or_malformed_is_refused(byte_pairs, tmp_path):
    with pytest.raises(CheckpointError, match="the model 300"):
        load_tokenizer(files(byte_pairs.parent), 300, 0)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": 1}))
    with pytest.raises(CheckpointError, match="malformed"):
        load_tokenizer(files(tmp_path), 400, 0)


def test_the_bytes_of_tokens_may_cut_a_character_and_join_to_the_text(plain_byte_pairs):
    for tokenizer in (FileTokenizer(plain_byte_pairs), ByteTokenizer()):
        ids = tokenizer.encode("ログ👩‍👩‍👧 log\n")
        parts = [tokenizer.spell(ids[:cut]) + tokenizer.spell(ids[cut:]) for cut in range(len(ids))]
        assert set(parts) == {"ログ👩‍👩‍👧 log\n".encode()}


def test_a_vocabulary_that_is_none_of_bytes_spells_whole_characters(tmp_path):
    tokenizer = Tokenizer(models.WordLevel({"ログ": 0, "log": 1}, unk_token="log"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    words = FileTokenizer(tmp_path / "tokenizer.json")
    assert words.spell(np.array([0, 1])) == "ログ log".encode()
