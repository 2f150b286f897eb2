"""A text as a learned vocabulary reads it, packed for the store, piece by piece.

`packed_tokens` is what `Store.tokenize` stores. The library that reads holds some 200 MB for a
piece, however long the text: a text of more than IN_PROCESS bytes is read by `main`, a process that
gives its memory back and ends with whoever asked for it. `end_all` ends those that are at work.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from evaluations.children import Children, watch_parent
from evaluations.errors import TokenizingEnded
from evaluations.tokens import packed, text_pieces
from longssm_core.records import TOKENIZER
from longssm_core.tokenizer import FileTokenizer, Tokens

IN_PROCESS = 512 << 10  # bytes of a text that is read where it is asked for
_READ_AT_ONCE = 1 << 20  # bytes of packed tokens
_reading: set[Children] = set()


def packed_tokens(text: Path, tokenizer: Tokens, checkpoint: Path) -> Iterator[bytes]:
    """The file of all tokens, a piece at a time.

    Args:
        text: the file of a stored text.
        tokenizer: of the checkpoint.
        checkpoint: its folder.

    Raises:
        TokenizingEnded: the process that reads the text was ended.
    """
    if text.stat().st_size <= IN_PROCESS:
        return (packed(tokenizer.read(piece)) for piece in text_pieces(text))
    return _by_child(text, checkpoint / TOKENIZER)


def end_all() -> None:
    """End every reading that is still waited for, so that nothing waits for its end."""
    for children in tuple(_reading):
        children.kill()


def _by_child(text: Path, vocabulary: Path) -> Iterator[bytes]:
    children = Children()
    _reading.add(children)
    try:
        child = children.start([sys.executable, "-m", "evaluations.tokenizing"])
        assert child.stdin is not None
        assert child.stdout is not None
        with child.stdin, child.stdout:
            child.stdin.write(json.dumps([str(text), str(vocabulary)]).encode("ascii") + b"\n")
            child.stdin.flush()  # and stays open: when it closes, the other side ends
            while piece := child.stdout.read(_READ_AT_ONCE):
                yield piece
            if child.wait() != 0:
                raise TokenizingEnded("tokens.ended")
    except BrokenPipeError as error:  # before it was asked
        raise TokenizingEnded("tokens.ended") from error
    finally:
        children.kill()
        _reading.discard(children)


def main() -> int:
    """Write the tokens of the text that is named on standard input."""
    text, vocabulary = map(Path, json.loads(sys.stdin.buffer.readline()))
    watch_parent()
    tokenizer = FileTokenizer(vocabulary)
    for piece in text_pieces(text):
        sys.stdout.buffer.write(packed(tokenizer.read(piece)))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
