"""What a worker spends on a unit beside computing it, found by an evaluation without a model.

`seconds_beside` has one made-up document done in a database of its own by the loop that workers run
(`worker_process.work`), with a scorer that computes nothing. What is left is what every unit costs
anyway: claiming its task, opening its text, looking whether it is known, storing losses and state.
That database is a file; one on a server may be slower or faster. No text of a user is copied.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from evaluations import database as tables
from evaluations.records import Arm, Block, Document, IntArray, Plan, RunDocument, TokenMap
from evaluations.scorer import Device, NextTokens, PrefixLosses, Probe, RowLosses, WrittenText
from evaluations.settings import Settings
from evaluations.store import list_documents, open_store
from evaluations.tokens import packed
from evaluations.worker_process import work
from longssm_core.tokenizer import TokenizedText

LARGEST = 16 << 20  # tokens: a worker checks a larger text once, not for every task
LONGEST = 6.0  # seconds: of a long document with thousands of units the first ones tell enough
NAMES = ("first", "second")  # of workers: the second checks what the first has computed


def seconds_beside(
    settings: Settings, folder: Path, plan: Plan, part: RunDocument, states: Mapping[str, bytes]
) -> float:
    """Seconds a unit, measured on a document of the same length.

    Args:
        folder: an empty one, on the disk of the database; whoever gave it takes it away.
        part: a document of the plan.
        states: the reading state of each arm, by its name: it is stored with every unit.
    """
    apart = {"data_dir": folder, "database_url": "", "files": "", "notify": ""}
    own = settings.model_copy(update=apart)
    store = open_store(own)
    try:
        made_up = _made_up(part, store.files.put)
        with store.database.write() as connection:
            list_documents(connection, [made_up.document])
        store.create_run("", plan.model_copy(update={"rule_hash": None}), [made_up])
        began = time.perf_counter()
        with _after(LONGEST) as stop:
            for name in NAMES:
                work(own, _Instant(states), stop, until_idle=True, name=name)
        seconds = time.perf_counter() - began
        with store.database.read() as connection:
            units = connection.scalar(select(func.count()).select_from(tables.losses))
    finally:
        store.close()
    assert units  # else what it found would be about nothing
    return seconds / units


@contextmanager
def _after(seconds: float) -> Iterator[threading.Event]:
    """An event that is set after so many seconds."""
    stop = threading.Event()
    timer = threading.Timer(seconds, stop.set)
    timer.start()
    try:
        yield stop
    finally:
        timer.cancel()


def _made_up(part: RunDocument, put: Callable[[bytes], str]) -> RunDocument:
    """A scored document as long as `part`, stored; it says nothing."""
    count = min(part.token_count, LARGEST)
    size = 1 if part.tokens is None else max(1, part.document.bytes // part.token_count)
    text = b"a" * (count * size)
    document = Document(
        id=put(text),
        name="",
        bytes=len(text),
        characters=len(text),
        encoding="utf-8",
        format="txt",
        original_sha256=hashlib.sha256(text).hexdigest(),
    )
    tokens = None
    if part.tokens is not None:
        ids, sizes = np.zeros(count, dtype=np.int64), np.full(count, size, dtype=np.int64)
        tokens = TokenMap(count=count, file=put(packed(TokenizedText(ids, sizes))))
    return RunDocument(document=document, role="scored", order=0, tokens=tokens)


class _Instant:
    """A `Scorer` that has every answer at once."""

    def __init__(self, states: Mapping[str, bytes]) -> None:
        self._states = states

    def device(self) -> Device:
        return Device("", 1)

    def prepare(self, arm: Arm) -> None:
        pass

    def watch(self, check: Callable[[], None]) -> None:
        pass

    def read_prefix(self, arm: Arm, tokens: IntArray, state: bytes | None) -> PrefixLosses:
        return PrefixLosses(np.ones(len(tokens), dtype=np.float32), self._states[arm.name])

    def read_side_by_side(
        self, arm: Arm, texts: Sequence[NextTokens], rows: int
    ) -> list[RowLosses]:
        return [RowLosses(*self.read_prefix(arm, *text)) for text in texts]

    def blank_state(self, arm: Arm, position: int, last: int) -> bytes:
        return self._states[arm.name]

    def score_blocks(
        self, arm: Arm, tokens: IntArray, blocks: Sequence[Block]
    ) -> NDArray[np.float32]:
        size = blocks[0].targets.stop - blocks[0].targets.start
        return np.ones((len(blocks), size), dtype=np.float32)

    def write_on(self, arm: Arm, state: bytes, most: int, lines: int) -> WrittenText:
        raise NotImplementedError("nothing is written in a rehearsal")

    def probe(self, arm: Arm, tokens: IntArray) -> Probe:
        return Probe(chunk_difference=0.0, state_growth=1.0)

    def peak_memory(self) -> int | None:
        return None
