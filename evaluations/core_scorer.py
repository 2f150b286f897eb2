"""From tokens to losses: the one module of this room that knows torch, imported by workers only.

`CoreScorer` holds the checkpoints that it loaded last and computes with one thread on a CPU:
several processes are faster than several threads, and their float32 sums do not depend on how many
processors there are. Of the kernels that oneDNN makes for every length of text it keeps a few.
"""

from __future__ import annotations

import gc
import logging
import os
import platform
from collections import OrderedDict
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from evaluations.errors import DeviceLost, RefusedPlan
from evaluations.records import Arm, Block, IntArray, Policy
from evaluations.scorer import (
    Device,
    NextTokens,
    PrefixLosses,
    Probe,
    RowLosses,
    WrittenText,
)
from evaluations.shortage import Result, with_room
from longssm_core.canonical import CHUNK
from longssm_core.checkpoint import load_checkpoint, tokenizer_of
from longssm_core.generation import write_on
from longssm_core.gpu import missing_for_kernels
from longssm_core.models import LanguageModel
from longssm_core.scoring import ReadingState, at_border, score, score_blocks
from longssm_core.side_by_side import Piece, score_side_by_side
from longssm_core.state import first_broken_layer
from longssm_core.tokenizer import Tokens

KERNELS_KEPT = 64  # made for one shape each; of the shapes that come again there are some dozens
KERNEL_CACHES = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")  # oneDNN's, and torch's
PROBES = {64: 1_024, 7: 1_024, 1: 256}  # chunk -> tokens that are read; one at a time is slow

log = logging.getLogger("longssm.worker")


class CoreScorer:
    """longssm_core, with the checkpoints that were used last kept in memory."""

    def __init__(self, device: str | None = None, kept: int = 4) -> None:
        torch.set_num_threads(1)
        for name in KERNEL_CACHES:  # read when the first layer is computed: 1,024 in each
            os.environ.setdefault(name, str(KERNELS_KEPT))
        self._device = device
        self._kept = kept
        self._models: OrderedDict[str, LanguageModel] = OrderedDict()
        self._tokenizers: dict[str, Tokens] = {}  # by tokenizer, of the models that wrote
        self._check: Callable[[], None] = lambda: None

    def device(self) -> Device:
        """The accelerator's name, or the processor's with one thread."""
        if self._on_cuda():
            return Device(torch.cuda.get_device_name(self._cuda), 1)
        return Device(processor_name(), 1, torch.backends.cpu.get_cpu_capability())

    def prepare(self, arm: Arm) -> None:
        """Have the arm's checkpoint in memory, so that its loading is in no measured time."""
        self._carefully(arm, lambda: self._model(arm))

    def watch(self, check: Callable[[], None]) -> None:
        """Call `check` before every piece that a model reads: what it raises ends the unit."""
        self._check = check

    def read_prefix(self, arm: Arm, tokens: IntArray, state: bytes | None) -> PrefixLosses:
        """Losses of `tokens` read on from `state`; None: from the document's start."""
        return self._carefully(arm, lambda: self._read_prefix(arm, tokens, state))

    def _read_prefix(self, arm: Arm, tokens: IntArray, state: bytes | None) -> PrefixLosses:
        model = self._model(arm)
        result = score(
            model,
            torch.from_numpy(tokens[None].copy()),
            policy=arm.policy.value,
            window=arm.window,
            chunk=CHUNK,
            state=None if state is None else ReadingState.from_bytes(state, model.device),
            between=self._check,
        )
        after = result.final_state
        broken_layer = first_broken_layer(after.model.to_tensors())
        return PrefixLosses(result.nll[0].cpu().numpy(), after.to_bytes(), broken_layer)

    def read_side_by_side(
        self, arm: Arm, texts: Sequence[NextTokens], rows: int
    ) -> list[RowLosses]:
        """Losses of up to `rows` documents under `carry`, in passes of rows x CHUNK tokens.

        Memory follows from `rows`, however many documents there are: where it is short, fewer of
        them need as much, and fewer rows would round otherwise.
        """
        return self._carefully(arm, lambda: self._read_side_by_side(arm, texts, rows))

    def _read_side_by_side(
        self, arm: Arm, texts: Sequence[NextTokens], rows: int
    ) -> list[RowLosses]:
        model = self._model(arm)
        pieces = [
            Piece(
                torch.from_numpy(tokens.copy()),
                None if state is None else ReadingState.from_bytes(state, model.device),
            )
            for tokens, state in texts
        ]
        found = score_side_by_side(model, pieces, rows, CHUNK, self._check)
        return [_row_losses(nll.cpu().numpy(), after) for nll, after in found]

    def blank_state(self, arm: Arm, position: int, last: int) -> bytes:
        """The state where a window begins, at `position`; last: the token before it."""
        assert arm.window is not None
        return at_border(self._model(arm), position, last, arm.window).to_bytes()

    def score_blocks(
        self, arm: Arm, tokens: IntArray, blocks: Sequence[Block]
    ) -> NDArray[np.float32]:
        """Losses (blocks, targets) of blocks of one shape, each from a blank state."""
        return self._carefully(arm, lambda: self._score_blocks(arm, tokens, blocks))

    def _score_blocks(
        self, arm: Arm, tokens: IntArray, blocks: Sequence[Block]
    ) -> NDArray[np.float32]:
        nll = score_blocks(
            self._model(arm),
            torch.from_numpy(tokens),
            [(block.read_from, block.targets.start, block.targets.stop) for block in blocks],
            arm.policy.value,
            arm.window,
            chunk=CHUNK,
            between=self._check,
        )
        found: NDArray[np.float32] = nll.cpu().numpy()
        return found

    def write_on(self, arm: Arm, state: bytes, most: int, lines: int) -> WrittenText:
        """The likeliest tokens after `state`: at most `most`, up to line end number `lines`.

        It also ends where the model would begin another document.
        """
        model = self._model(arm)
        tokenizer = self._tokenizer(model)

        def is_enough(written: Sequence[int]) -> bool:
            self._check()
            return tokenizer.spell(np.array(written, dtype=np.int64)).count(b"\n") >= lines

        reading = ReadingState.from_bytes(state, model.device)
        written = write_on(model, reading, most, is_enough, end=model.config.bos)
        return WrittenText(tokenizer.spell(written.tokens.numpy()), written.nll.cpu().numpy())

    def probe(self, arm: Arm, tokens: IntArray) -> Probe:
        """Chunk invariance on the first tokens; norm of the state along all of them."""
        return self._carefully(
            arm, lambda: Probe(self._chunk_difference(arm, tokens), self._growth(arm, tokens))
        )

    def peak_memory(self) -> int | None:
        """Peak bytes on the accelerator since the last call; None: there is none."""
        if not self._on_cuda():
            return None
        peak = torch.cuda.max_memory_allocated(self._cuda)
        torch.cuda.reset_peak_memory_stats(self._cuda)
        return int(peak)

    def _chunk_difference(self, arm: Arm, tokens: IntArray) -> float:
        model, read = self._model(arm), torch.from_numpy(tokens[None, : max(PROBES.values())])
        whole = score(model, read, policy="carry", chunk=read.shape[1], between=self._check).nll
        differences = []
        for chunk, count in PROBES.items():
            part = score(
                model, read[:, :count], policy="carry", chunk=chunk, between=self._check
            ).nll
            differences.append(float((part - whole[:, :count]).abs().max()))
        return float(np.max(differences))  # unlike Python's it keeps a NaN, wherever it stands

    def _growth(self, arm: Arm, tokens: IntArray) -> float:
        model, training_length = self._model(arm), arm.training_length
        batch = torch.from_numpy(tokens[None])
        early = score(
            model, batch[:, :training_length], policy="carry", chunk=CHUNK, between=self._check
        ).final_state
        late = score(
            model,
            batch[:, training_length:],
            policy="carry",
            chunk=CHUNK,
            state=early,
            between=self._check,
        ).final_state
        return float(late.model.norms().norm() / early.model.norms().norm())

    def _carefully(self, arm: Arm, compute: Callable[[], Result]) -> Result:
        """What `compute` gives; where memory is short, once more without the other checkpoints.

        Raises:
            DeviceLost: the accelerator failed, and will in everything from here on.
        """
        try:
            return with_room(compute, lambda: self._forget_others(arm))
        except torch.AcceleratorError as error:
            raise DeviceLost("task.device_lost") from error

    def _forget_others(self, arm: Arm) -> None:
        log.warning("memory is short: other checkpoints are dropped, and it is tried again")
        for fingerprint in [known for known in self._models if known != arm.fingerprint]:
            del self._models[fingerprint]
        gc.collect()
        if self._on_cuda():
            torch.cuda.empty_cache()

    @property
    def _cuda(self) -> torch.device:
        return torch.device(self._device or "cuda")

    def _on_cuda(self) -> bool:
        return _uses_cuda(self._device)

    def _tokenizer(self, model: LanguageModel) -> Tokens:
        name = "" if model.files is None else model.files.tokenizer
        if name not in self._tokenizers:
            self._tokenizers[name] = tokenizer_of(model)
        return self._tokenizers[name]

    def _model(self, arm: Arm) -> LanguageModel:
        """The arm's checkpoint, exactly the one that the plan names.

        Raises:
            RefusedPlan: another checkpoint is there now under that name.
        """
        if arm.fingerprint in self._models:
            self._models.move_to_end(arm.fingerprint)
            return self._models[arm.fingerprint]
        model = load_checkpoint(arm.checkpoint, device=self._device)
        found = model.files
        if found is None or found.fingerprint != arm.fingerprint:
            raise RefusedPlan("task.checkpoint_changed", checkpoint=arm.checkpoint)
        self._models[arm.fingerprint] = model
        while len(self._models) > self._kept:
            self._models.popitem(last=False)
        return model


def _row_losses(nll: NDArray[np.float32], after: ReadingState | None) -> RowLosses:
    if after is None:
        return RowLosses(nll, None)
    return RowLosses(nll, after.to_bytes(), first_broken_layer(after.model.to_tensors()))


class ScoredText(NamedTuple):
    """What one pass over a document found.

    nll: nats per token, (length,) float32; token_bytes: UTF-8 bytes behind each token, (length,);
    device: where it was computed.
    """

    nll: NDArray[np.float32]
    token_bytes: IntArray
    device: str


def score_text(
    source: str,
    text: str,
    policy: Policy,
    window: int | None,
    chunk: int,
    device: str | None,
) -> ScoredText:
    """Losses of one document from its start, by the checkpoint `source` with its own tokenizer.

    Raises:
        CoreError: no such checkpoint, or a policy or window that it does not read with.
    """
    torch.set_num_threads(1)
    model = load_checkpoint(source, device=device)
    tokens, sizes = tokenizer_of(model).read(text)
    batch = torch.from_numpy(tokens[None])
    if policy is Policy.WINDOW and window is not None:
        window = min(
            window, len(tokens)
        )  # all of it is remembered: no more memory for no more text
    result = score(model, batch, policy=policy.value, window=window, chunk=chunk)
    nll = result.nll[0].cpu().numpy()
    return ScoredText(nll, sizes, str(model.device))


def torch_version() -> str:
    """Of the torch that computes, with its build."""
    return str(torch.__version__)


class Kernels(NamedTuple):
    """What computes the layers; missing: what kernels of our own would need here, if they do."""

    name: str
    missing: str | None


def kernels_in_use(device: str | None) -> Kernels:
    """Triton on a GPU, numba on a CPU, else plain torch."""
    on_cuda = _uses_cuda(device)
    if not on_cuda and (device or "cpu") not in ("cpu", "cuda"):
        return Kernels("torch", None)  # no kernels for other accelerators
    if on_cuda:
        name, missing = "triton", missing_for_kernels(torch.device(device or "cuda"))
    else:
        name, missing = "numba", None if find_spec("numba") is not None else "numba"
    return Kernels(name if missing is None else "torch", missing)


def _uses_cuda(device: str | None) -> bool:
    return (device or "cuda").startswith("cuda") and torch.cuda.is_available()


def processor_name() -> str:
    """The processor as its maker calls it."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
