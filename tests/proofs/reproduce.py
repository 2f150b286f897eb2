"""Whether stored evaluations come out the same from their records, and changed inputs are refused.

Evaluations of different presets, depths, families of models and tokenizers are computed, then
computed again from their records by fresh worker processes: every unit must have equal bits and
every figure of the result must be the same. Then single bits are flipped in stored documents, token
maps, weights and configurations, one at a time: every one must be refused by name.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from evaluations.commands.run import wait_for
from evaluations.core_scorer import CoreScorer
from evaluations.plan import make_plan
from evaluations.records import Depth, Preset
from evaluations.reproduction import (
    ChangedRecord,
    Reproduction,
    check_record,
    compared,
    copied_record,
)
from evaluations.settings import Settings
from evaluations.store import Store, open_store
from longssm_core.config import Mamba2Config, MambaConfig, ModelConfig, S5Config
from tests.evaluations.queued import LENGTHS, ingested, some_text, work_off
from tests.evaluations.tiny_pair import TINY, save_tiny_pair, save_tiny_pair_with_tokens

RUNS, FLIPS = 20, 100  # of the full proof
FEW_RUNS, FEW_FLIPS = 1, 10
MOVED = 0.1  # weights away from those of the start: what is remembered matters
FAMILIES: tuple[ModelConfig, ...] = (
    TINY,
    MambaConfig(d_model=16, n_layers=2, d_inner=32, d_state=4, delta_rank=2),
    S5Config(d_model=16, n_layers=2, d_state=12),
    Mamba2Config(d_model=16, n_layers=2, n_heads=4, d_head=8, d_state=8, n_groups=2),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--full", action="store_true", help=f"{RUNS} evaluations, {FLIPS} flips")
    parser.add_argument("--runs", type=int, help="evaluations")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    """Print every evaluation and what was refused; 1 when one is missed."""
    runs = options.runs or (RUNS if options.full else FEW_RUNS)
    flips = FLIPS if options.full else FEW_FLIPS
    started, missed, refused, tried = time.perf_counter(), 0, 0, 0
    header = f"{'preset':12}{'depth':10}{'model':13}{'tokens':8}{'documents':>10}"
    print(f"{header}{'units':>7}{'equal':>7}{'losses':>10}{'figures':>9}{'differ':>7}")
    with tempfile.TemporaryDirectory(prefix="longssm-proof-") as folder:
        for number in range(runs):
            made = Made(Path(folder) / str(number), number)
            found = made.reproduced()
            good = found.same and found.same_class and found.units == found.equal_units
            missed += not good
            figures = f"{found.figures or 0:>9}{len(found.different_figures):>7}"
            counts = f"{found.units:>7}{found.equal_units:>7}{found.losses:>10,}{figures}"
            print(
                f"{made.words}{found.documents:>10}{counts}{'' if good else '  MISSED'}", flush=True
            )
            share = flips * (number + 1) // runs - flips * number // runs
            refused += sum(made.refusals(share, random.Random(options.seed + number)))
            tried += share
            made.store.close()
    print(f"flipped bits refused by name: {refused} of {tried}")
    print(f"seed {options.seed}, {time.perf_counter() - started:.0f} s")
    return 0 if not missed and refused == tried else 1


class Made:
    """One evaluation over made-up texts with tiny checkpoints, computed once."""

    def __init__(self, folder: Path, number: int) -> None:
        settings = Settings(data_dir=folder / "data", worker_processes=1, language="en")
        self.store: Store = open_store(settings.model_copy(update={"reuse_losses": False}))
        presets, depths = list(Preset), (Depth.QUICK, Depth.STANDARD)
        preset, depth = list(product(presets, depths))[number % 8]
        with_tokens, config = number % 5 == 4, FAMILIES[number % len(FAMILIES)]
        texts = [some_text(10 * number + n, 5_000 + 700 * n) for n in range(1 + number % 3)]
        if with_tokens:
            pair = save_tiny_pair_with_tokens(folder / "checkpoints", "\n".join(texts))
            config = TINY
        else:
            pair = save_tiny_pair(folder / "checkpoints", config, MOVED)
        kind = type(config).__name__.removesuffix("Config")
        unit = "learned" if with_tokens else "bytes"
        self.words = f"{preset.value:12}{depth.value:10}{kind:13}{unit:8}"
        self.checkpoints = [Path(source) for source in pair]
        planned = make_plan(
            preset,
            depth,
            self.store.add_documents(ingested(texts)),
            *pair,
            lengths=LENGTHS,
            seed=number,
            tokenize=self.store.tokenize,
        )
        self.run = self.store.create_run("a run", planned.plan, planned.run_documents)
        work_off(self.store.settings, CoreScorer("cpu"))
        self.store.snapshot(self.run)

    def reproduced(self) -> Reproduction:
        """Computed again from the record, by fresh processes."""
        check_record(self.store, self.run)
        with copied_record(self.store, self.run) as again:
            wait_for(again, {self.run: ""}, "en")
            return compared(self.store, again, self.run)

    def refusals(self, count: int, rng: random.Random) -> Iterator[bool]:
        """Whether each of `count` flipped bits was refused, in turn over all that was read."""
        parts = self.store.run_documents(self.run)
        files = [(self.store.files.path(part.document.id), part.document.name) for part in parts]
        files += [
            (self.store.files.path(part.tokens.file), part.document.name)
            for part in parts
            if part.tokens is not None
        ]
        files += [
            (folder / name, str(folder))
            for folder in self.checkpoints
            for name in ("model.safetensors", "config.json")
        ]
        for number in range(count):
            yield self._is_refused(*files[number % len(files)], rng)
        check_record(self.store, self.run)  # all is as it was: it was each flip that was refused

    def _is_refused(self, file: Path, named: str, rng: random.Random) -> bool:
        kept = file.read_bytes()
        changed = bytearray(kept)
        changed[rng.randrange(len(kept))] ^= 1 << rng.randrange(8)
        file.write_bytes(changed)
        try:
            check_record(self.store, self.run)
        except ChangedRecord as refused:
            return named in refused.words("en") and named in refused.words("ja")
        finally:
            file.write_bytes(kept)
        return False
