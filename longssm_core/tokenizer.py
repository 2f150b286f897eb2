"""Text to token ids and back to the UTF-8 bytes behind each token.

`ByteTokenizer` is the vocabulary of the shipped checkpoints: token = byte value, and 256 for the
start of a document. Byte-pair vocabularies come with the checkpoints that need them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BOS = 256  # the start of a document; never a target


class ByteTokenizer:
    """Tokens are the UTF-8 bytes of the text."""

    name = "bytes"
    vocabulary = 257

    def encode(self, text: str) -> NDArray[np.int64]:
        """Ids of all tokens of `text`, (length,), without the document's start.

        Raises:
            UnicodeEncodeError: the text holds a lone surrogate.
        """
        return np.frombuffer(text.encode("utf-8"), dtype=np.uint8).astype(np.int64)

    def decode(self, tokens: NDArray[np.int64]) -> str:
        """The text of `tokens`; bytes that are not UTF-8 appear as U+FFFD."""
        return tokens.astype(np.uint8).tobytes().decode("utf-8", errors="replace")

    def token_bytes(self, tokens: NDArray[np.int64]) -> NDArray[np.int64]:
        """UTF-8 bytes behind each token, (length,): one each."""
        return np.ones(tokens.shape, dtype=np.int64)
