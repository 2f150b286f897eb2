"""Text to token ids and back to the UTF-8 bytes behind each token.

`ByteTokenizer` is the vocabulary of the shipped checkpoints: token = byte value, and 256 for the
start of a document. `FileTokenizer` is the `tokenizer.json` of a checkpoint, such as the byte-pair
vocabulary of the Mamba models. `load_tokenizer` gives the one that belongs to a checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from longssm_core.errors import CheckpointError
from longssm_core.records import TOKENIZER, CheckpointFiles

if TYPE_CHECKING:
    from tokenizers import Encoding

BOS = 256  # the start of a document; never a target

Ids = NDArray[np.int64]


class Tokens(Protocol):
    """What every tokenizer can do."""

    name: str

    def encode(self, text: str) -> Ids:
        """Ids of all tokens of `text`, (length,), without the document's start."""
        ...

    def decode(self, tokens: Ids) -> str:
        """The text of `tokens`."""
        ...

    def count_bytes(self, text: str, tokens: Ids) -> Ids:
        """UTF-8 bytes of `text` behind each of its tokens, (length,): they add up to the text."""
        ...


class ByteTokenizer:
    """Tokens are the UTF-8 bytes of the text."""

    name = "bytes"
    vocabulary = 257

    def encode(self, text: str) -> Ids:
        """Ids of all tokens of `text`, (length,), without the document's start.

        Raises:
            UnicodeEncodeError: the text holds a lone surrogate.
        """
        return np.frombuffer(text.encode("utf-8"), dtype=np.uint8).astype(np.int64)

    def decode(self, tokens: Ids) -> str:
        """The text of `tokens`; bytes that are not UTF-8 appear as U+FFFD."""
        return tokens.astype(np.uint8).tobytes().decode("utf-8", errors="replace")

    def token_bytes(self, tokens: Ids) -> Ids:
        """UTF-8 bytes behind each token, (length,): one each."""
        return np.ones(tokens.shape, dtype=np.int64)

    def count_bytes(self, text: str, tokens: Ids) -> Ids:
        """One each."""
        return self.token_bytes(tokens)


class FileTokenizer:
    """The vocabulary in a `tokenizer.json`, read by the library that wrote it."""

    def __init__(self, path: Path) -> None:
        from tokenizers import Tokenizer  # only here: shipped checkpoints need no library

        self.name = path.name
        self._tokenizer = Tokenizer.from_file(str(path))
        # settings of the batches that a file was saved with: a document is read whole and alone
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    @property
    def vocabulary(self) -> int:
        """Number of ids, added ones included."""
        return int(self._tokenizer.get_vocab_size())

    def encode(self, text: str) -> Ids:
        """Ids of all tokens of `text`, (length,), without the document's start."""
        return np.array(self._encoding(text).ids, dtype=np.int64)

    def decode(self, tokens: Ids) -> str:
        """The text of `tokens`."""
        return str(self._tokenizer.decode(tokens.tolist(), skip_special_tokens=False))

    def count_bytes(self, text: str, tokens: Ids) -> Ids:
        """UTF-8 bytes of `text` behind each of its tokens, (length,): they add up to the text.

        A character that is split over several tokens counts with the first of them; what the
        tokenizer leaves out counts with the token after it.
        """
        encoding = self._encoding(text)
        if encoding.ids != tokens.tolist():
            raise ValueError("these are not the tokens of this text")
        sizes = np.fromiter((len(c.encode("utf-8")) for c in text), dtype=np.int64, count=len(text))
        before = np.concatenate([[0], sizes.cumsum()])
        ends = np.maximum.accumulate(np.array([end for _, end in encoding.offsets], dtype=np.int64))
        if len(ends):
            ends[-1] = len(text)
        return np.diff(before[ends], prepend=0)

    def _encoding(self, text: str) -> Encoding:
        return self._tokenizer.encode(text, add_special_tokens=False)


def load_tokenizer(files: CheckpointFiles, vocabulary: int, bos: int) -> Tokens:
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
