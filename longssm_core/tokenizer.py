"""Text to token ids and back to the UTF-8 bytes behind each token.

`ByteTokenizer` is the vocabulary of the shipped checkpoints: token = byte value, and 256 for the
start of a document. `FileTokenizer` is the `tokenizer.json` of a checkpoint, such as the byte-pair
vocabulary of the Mamba models. `load_tokenizer` gives the one that belongs to a checkpoint. No
torch here: a page counts tokens too.

Text is data. What spells a special token, such as `<|endoftext|>`, is read like any other
characters: a user's log cannot end a document or start a turn. Bytes that were no text in the
uploaded file are already U+FFFD in the stored one, and are read as that character.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from longssm_core.config import read_config
from longssm_core.errors import CheckpointError, ModelRefused
from longssm_core.records import TOKENIZER, CheckpointDescription, CheckpointFiles

if TYPE_CHECKING:
    from tokenizers import Encoding

BOS = 256  # the start of a document; never a target
PIECE = 1 << 20  # characters given to the library at once: it needs some hundred bytes for each

Ids = NDArray[np.int64]


class TokenizedText(NamedTuple):
    """Ids of all tokens without the document's start, and the UTF-8 bytes behind each, (length,).

    The bytes add up to the text.
    """

    ids: Ids
    sizes: Ids


class Tokens(Protocol):
    """What every tokenizer can do."""

    name: str

    def read(self, text: str) -> TokenizedText:
        """The tokens of `text`, without the document's start."""
        ...

    def encode(self, text: str) -> Ids:
        """Ids of all tokens of `text`, (length,), without the document's start."""
        ...

    def decode(self, tokens: Ids) -> str:
        """The text of `tokens`."""
        ...

    def spell(self, tokens: Ids) -> bytes:
        """The UTF-8 bytes of `tokens`; a character may be cut at either end."""
        ...


class ByteTokenizer:
    """Tokens are the UTF-8 bytes of the text."""

    name = "bytes"
    vocabulary = 257

    def read(self, text: str) -> TokenizedText:
        """The tokens of `text`, one byte each."""
        tokens = self.encode(text)
        return TokenizedText(tokens, self.token_bytes(tokens))

    def encode(self, text: str) -> Ids:
        """Ids of all tokens of `text`, (length,), without the document's start.

        Raises:
            UnicodeEncodeError: the text holds a lone surrogate.
        """
        return np.frombuffer(text.encode("utf-8"), dtype=np.uint8).astype(np.int64)

    def decode(self, tokens: Ids) -> str:
        """The text of `tokens`; bytes that are not UTF-8 appear as U+FFFD."""
        return tokens.astype(np.uint8).tobytes().decode("utf-8", errors="replace")

    def spell(self, tokens: Ids) -> bytes:
        """The bytes that `tokens` are; a character may be cut at either end."""
        return tokens.astype(np.uint8).tobytes()

    def token_bytes(self, tokens: Ids) -> Ids:
        """UTF-8 bytes behind each token, (length,): one each."""
        return np.ones(tokens.shape, dtype=np.int64)


class FileTokenizer:
    """The vocabulary in a `tokenizer.json`, read by the library that wrote it."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer  # only here: shipped checkpoints need no library

        self.name = path.name
        self._tokenizer = Tokenizer.from_file(str(path))
        # settings of the batches that a file was saved with: a document is read whole and alone
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # as plain text, where the text spells one

    @property
    def vocabulary(self) -> int:
        """Number of ids, added ones included."""
        return int(self._tokenizer.get_vocab_size())

    def read(self, text: str) -> TokenizedText:
        """The tokens of `text`, without the document's start.

        A long text is read in pieces that end with a line, so that memory does not grow with it:
        the tokens at such a border are those of two texts.

        A token has the bytes that its own entry in the vocabulary spells, as long as all of them
        together spell the text, as those of a byte-level vocabulary do: a character may be split
        over tokens. Where they do not (the tokenizer changes what it reads), a character counts
        with the first token that shows it, and what is left out with the token after it.
        """
        read = [self._read_piece(piece) for piece in _pieces(text)]
        if not read:
            return TokenizedText(np.empty(0, np.int64), np.empty(0, np.int64))
        return TokenizedText(*(np.concatenate(part) for part in zip(*read, strict=True)))

    def encode(self, text: str) -> Ids:
        """Ids of all tokens of `text`, (length,), without the document's start."""
        return self.read(text).ids

    def decode(self, tokens: Ids) -> str:
        """The text of `tokens`."""
        return str(self._tokenizer.decode(tokens.tolist(), skip_special_tokens=False))

    def spell(self, tokens: Ids) -> bytes:
        """The bytes of `tokens`; those of a byte-level vocabulary may cut a character.

        Any other vocabulary writes whole characters.
        """
        spelled = b"".join(self._spelled.get(token, b"") for token in tokens.tolist())
        decoded = self.decode(tokens)
        is_theirs = spelled.decode("utf-8", errors="replace") == decoded
        return spelled if is_theirs else decoded.encode("utf-8")

    def _read_piece(self, text: str) -> TokenizedText:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        ids = encoding.ids
        spelled = [self._spelled[token] for token in ids]
        if b"".join(spelled) == text.encode("utf-8"):
            sizes = np.fromiter(map(len, spelled), dtype=np.int64, count=len(spelled))
        else:
            sizes = _by_character(encoding, text)
        return TokenizedText(np.array(ids, dtype=np.int64), sizes)

    @cached_property
    def _spelled(self) -> dict[int, bytes]:
        """The bytes that each token spells, if the vocabulary is one of bytes."""
        added = self._tokenizer.get_added_tokens_decoder()
        found = {}
        for word, token in self._tokenizer.get_vocab(with_added_tokens=True).items():
            known = token not in added and all(letter in _BYTE_OF for letter in word)
            found[token] = bytes(_BYTE_OF[letter] for letter in word) if known else word.encode()
        return found


def _pieces(text: str) -> Iterator[str]:
    """The text in parts of at most PIECE characters, cut behind a line end where there is one."""
    start = 0
    while start < len(text):
        stop = min(start + PIECE, len(text))
        if stop < len(text):
            stop = text.rfind("\n", start, stop) + 1 or stop
        yield text[start:stop]
        start = stop


def _by_character(encoding: Encoding, text: str) -> Ids:
    """UTF-8 bytes of the characters that end with each token, (length,)."""
    sizes = np.fromiter((len(c.encode("utf-8")) for c in text), dtype=np.int64, count=len(text))
    before = np.concatenate([[0], sizes.cumsum()])
    ends = np.maximum.accumulate(np.array([end for _, end in encoding.offsets], dtype=np.int64))
    if len(ends):
        ends[-1] = len(text)
    return np.diff(before[ends], prepend=0)


def _letters_of_bytes() -> dict[str, int]:
    """The letter that stands for each byte in a byte-level vocabulary, and that byte.

    A byte that prints in Latin-1 is its own letter; the others follow from U+0100 on, in order.

    Source: the byte-pair vocabulary of GPT-2, which Mamba's GPT-NeoX vocabulary took over.
    """
    prints = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in prints]
    letters = {chr(byte): byte for byte in prints}
    return letters | {chr(0x100 + place): byte for place, byte in enumerate(hidden)}


_BYTE_OF = _letters_of_bytes()


def tokenizer_in(checkpoint: CheckpointFiles | CheckpointDescription) -> Tokens:
    """The tokenizer that belongs to a checkpoint, without loading the checkpoint.

    Raises:
        CheckpointError: as `load_tokenizer`, or its configuration is malformed.
    """
    try:
        config = read_config(checkpoint.folder)
    except ModelRefused as error:
        raise CheckpointError(checkpoint.source, error.key, **error.values) from error
    return load_tokenizer(checkpoint, config.vocabulary, config.bos)


def load_tokenizer(
    files: CheckpointFiles | CheckpointDescription, vocabulary: int, bos: int
) -> Tokens:
    """The tokenizer that belongs to a checkpoint whose model has `vocabulary` ids.

    Raises:
        CheckpointError: it has none, and its vocabulary is not that of bytes; or the file is
            malformed or has more ids than the model.
    """
    path = files.folder / TOKENIZER
    if not path.is_file():
        if (vocabulary, bos) != (ByteTokenizer.vocabulary, BOS):
            raise CheckpointError(files.source, "no_tokenizer", vocabulary=vocabulary)
        return ByteTokenizer()
    try:
        tokenizer = FileTokenizer(path)
    except Exception as error:  # the library raises nothing more special
        raise CheckpointError(files.source, "tokenizer_malformed", detail=error) from error
    if tokenizer.vocabulary > vocabulary:
        raise CheckpointError(
            files.source, "tokenizer_larger", found=tokenizer.vocabulary, expected=vocabulary
        )
    return tokenizer
