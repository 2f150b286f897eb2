"""Whether logs in every text encoding are read right, and never wrongly in silence.

For each of fourteen encodings 500 logs of 200 bytes to 1 MB are drawn (`logs`), Japanese and
European: every tenth is in pure ASCII, every other one holds a character beyond it, and a log that
the encoding cannot hold is drawn again. Right is what has the text hash of the true text. At least
99.5 % must be right, and nothing wrong may be accepted without a warning.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from evaluations.documents.ingest import Ingested, ingest_bytes
from tests.proofs import jis, logs

SHORT, FULL = 30, 500  # logs of an encoding
SMALLEST_SHARE = 0.995  # that must be right
ASCII_EVERY = 10
DOUBTS = ("documents.warning.encoding", "documents.partial.places")
# The same characters have two code points: one in the tables of JIS, one in those of Windows.
_JIS_TO_WINDOWS = str.maketrans("〜−‖", "～－∥")
_WINDOWS_TO_JIS = str.maketrans("～－∥", "〜−‖")


class Form(NamedTuple):
    """One way to write a text as bytes."""

    encode: Callable[[str], bytes]
    kinds: Mapping[str, logs.Lines]
    mark: bytes = b""
    tables: Mapping[int, int] | None = None  # which of two code points this encoding has


def _python(codec: str) -> Callable[[str], bytes]:
    """Python's encoder, for texts that come back as they were."""

    def encode(text: str) -> bytes:
        data = text.encode(codec)
        if data.decode(codec) != text:
            raise UnicodeEncodeError(codec, text, 0, len(text), "it does not come back")
        return data

    return encode


FORMS: Mapping[str, Form] = {
    "UTF-8": Form(_python("utf-8"), logs.KINDS),
    "UTF-8 with mark": Form(_python("utf-8"), logs.KINDS, b"\xef\xbb\xbf"),
    "UTF-16 LE with mark": Form(_python("utf-16-le"), logs.KINDS, b"\xff\xfe"),
    "UTF-16 BE with mark": Form(_python("utf-16-be"), logs.KINDS, b"\xfe\xff"),
    "UTF-16 LE": Form(_python("utf-16-le"), logs.KINDS),
    "UTF-16 BE": Form(_python("utf-16-be"), logs.KINDS),
    "CP932": Form(_python("cp932"), logs.JAPANESE, tables=_JIS_TO_WINDOWS),
    "Shift_JIS, half-width": Form(_python("cp932"), logs.HALF_WIDTH, tables=_JIS_TO_WINDOWS),
    "EUC-JP": Form(_python("euc_jp"), logs.JAPANESE, tables=_WINDOWS_TO_JIS),
    "EUC-JP of Windows": Form(jis.euc, logs.OF_WINDOWS, tables=_WINDOWS_TO_JIS),
    "ISO-2022-JP": Form(_python("iso2022_jp"), logs.JAPANESE, tables=_WINDOWS_TO_JIS),
    "ISO-2022-JP of Windows": Form(jis.iso_2022, logs.OF_WINDOWS, tables=_WINDOWS_TO_JIS),
    "Latin-1": Form(_python("latin-1"), logs.EUROPEAN),
    "Windows-1252": Form(_python("cp1252"), logs.EUROPEAN),
}


class Log(NamedTuple):
    """A log and its bytes in one encoding."""

    kind: str
    text: str
    data: bytes


class Row(NamedTuple):
    """How the logs of one encoding were read."""

    form: str
    logs: int
    right: int
    warned: int
    silent: int  # wrong, and nothing said of it
    seconds: float  # of a processor for reading, without drawing
    wrong: tuple[str, ...]  # which ones, to look at

    @property
    def met(self) -> bool:
        """Whether the goals hold."""
        return self.right >= SMALLEST_SHARE * self.logs and self.silent == 0


def drawn(name: str, number: int, seed: int) -> Log:
    """One log that the encoding `name` can hold."""
    form, rng = FORMS[name], random.Random(f"{seed}/{name}/{number}")
    size = logs.drawn_size(rng)
    if number % ASCII_EVERY == 0:
        text = logs.written(logs.english, rng, size)
        return Log("english", text, form.mark + form.encode(text))
    while True:
        kind = rng.choice(sorted(form.kinds))
        text = logs.written(form.kinds[kind], rng, size)
        text = text.translate(form.tables) if form.tables else text
        if text.isascii():
            continue
        try:
            return Log(kind, text, form.mark + form.encode(text))
        except UnicodeEncodeError:
            continue


def true_hash(text: str) -> str:
    """The hash of the text in the product's normal form: LF, and no line ends at its end."""
    normal = text.replace("\r\n", "\n").rstrip("\n")
    return hashlib.sha256(normal.encode()).hexdigest()


def is_told(found: Ingested) -> bool:
    """Whether a user learns that the text may be wrong; a word about other things is not that."""
    return found.status == "reject" or any(reason.key in DOUBTS for reason in found.messages)


def one_row(name: str, count: int, seed: int) -> Row:
    """`count` logs in one encoding, read without a hint."""
    right = warned = silent = 0
    seconds = 0.0
    wrong: list[str] = []
    for number in range(count):
        log = drawn(name, number, seed)
        started = time.process_time()
        found = ingest_bytes("made.log", log.data)
        seconds += time.process_time() - started
        is_right = found.text_sha256 == true_hash(log.text)
        right += is_right
        warned += is_told(found)
        if not is_right:
            silent += not is_told(found)
            about = f"{number} {log.kind} {len(log.data)} B"
            wrong.append(f"{about}: {found.status} {found.encoding}")
    return Row(name, count, right, warned, silent, seconds, tuple(wrong))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many logs of each encoding, and which."""
    parser.add_argument("--full", action="store_true", help=f"{FULL} logs of an encoding")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="name the logs that were read wrongly")


def run(options: argparse.Namespace) -> int:
    """Print every encoding; 1 when a goal is missed."""
    started, count = time.perf_counter(), FULL if options.full else SHORT
    print(
        f"{'encoding':24}{'logs':>5}{'right':>7}{'warned':>8}{'silently wrong':>16}"
        f"{'processor s':>13}"
    )
    met = True
    for name in FORMS:
        row = one_row(name, count, options.seed)
        met = met and row.met
        print(
            f"{name:24}{row.logs:>5}{row.right:>7}{row.warned:>8}{row.silent:>16}"
            f"{row.seconds:>13.1f}{'' if row.met else '  MISSED'}",
            flush=True,
        )
        for one in row.wrong if options.show else ():
            print(f"    {one}")
    print(f"seed {options.seed}, {time.perf_counter() - started:.0f} s with drawing the logs")
    return 0 if met else 1
