"""Making the shipped checkpoints of one training length: a fair pair, and its cheap alternative.

`make_pair` trains `zero` and `previous` side by side, one process each: the same start weights,
windows, order and steps; then, from `zero`, the post-trained `zero_adapted` (a few per cent further
steps with the state carried) and its control `zero_control` (as many further zero steps). Every
arm goes on from its last snapshot when the command is repeated after an interruption; what another
plan left in its folder is refused, never taken for its own (`plan_fingerprint`, `is_made`). Whoever
trains into a folder holds it meanwhile (`alone_in`).
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple, Self

import torch
from filelock import FileLock, Timeout
from safetensors import safe_open
from safetensors.torch import save_file

from longssm_core.checkpoint import default_device, load_checkpoint, save_checkpoint
from longssm_core.config import ModelConfig
from longssm_core.corpus.mixture import TOKENS, Corpus
from longssm_core.damage import undamaged
from longssm_core.errors import (
    CheckpointError,
    CoreError,
    DamagedFile,
    FolderInUse,
    FolderTaken,
)
from longssm_core.models import LanguageModel
from longssm_core.overlap import MOST_UNITED, Sketch, sketch, to_text, united
from longssm_core.records import (
    ARMS,
    CONFIG,
    LOCK,
    RECORD,
    SHIPPED_ARMS,
    WEIGHTS,
    CheckpointRecord,
    DataRecord,
    TrainingStage,
    checkpoint_folder,
    describe_checkpoint,
    find_checkpoint,
    read_record,
    unknown_stage,
)
from longssm_core.training import (
    Check,
    Checking,
    Progress,
    Trained,
    TrainingConfig,
    TrainingSnapshot,
    start_model,
    train,
    uses_fused_kernels,
    weights_fingerprint,
)

FROM_ZERO = ("zero_adapted", "zero_control", "learned")  # these go on from the zero arm
ADAPTATION_SHARE = 0.05  # further steps, of the steps of the zero arm
ADAPTATION_RATE = 1e-3
LEARNED_SHARE = 0.1  # steps of `learned`, of the steps of the zero arm
SNAPSHOT, LOSSES = "snapshot.safetensors", "losses.jsonl"
SAVE_EVERY = 100  # steps between two snapshots


@dataclass(frozen=True)
class ArmPlan:
    """One checkpoint to be made."""

    name: str  # of the checkpoint, such as "zero-t16"
    training_initialization: str  # as the record says it: zero, previous, zero_adapted, …
    partner: str | None
    start: str | None  # folder of the checkpoint it goes on from
    training: TrainingConfig
    model: ModelConfig
    corpus: str  # folder
    output: str  # folder that receives the checkpoint's folder
    threads: int = 1
    device: str | None = None  # None: the best there is
    documents: tuple[str, ...] = ()  # SHA-256 of each text, where an evaluation has to know them
    # folder of texts that say which step's weights are kept; None: those of the last one
    checked_on: str | None = None
    checking: Callable[[Corpus, TrainingConfig], Checking] | None = None  # how those are read

    @property
    def folder(self) -> Path:
        """The checkpoint's own folder."""
        return Path(self.output) / self.name


def make_pair(
    training: TrainingConfig,
    model: ModelConfig,
    corpus: Path,
    output: Path,
    arms: Sequence[str] = SHIPPED_ARMS,
) -> list[Path]:
    """The folders of the checkpoints named in `arms`, made in at most two processes at a time.

    Hold `alone_in(output)` meanwhile: its text and its arms belong together.

    Raises:
        ConfigError: an arm of `arms` cannot be trained with these settings.
        FolderTaken: an arm's folder holds what another plan made.
        CoreError: an arm did not finish: its own message went to the error stream; or one goes on
            from the zero arm, which is neither there nor asked for.
    """
    plans = list(arm_plans(training, model, corpus, output, arms))
    if "zero" not in arms and set(arms) & set(FROM_ZERO):
        (zero,) = arm_plans(training, model, corpus, output, ("zero",))
        if not is_made(zero):
            raise CoreError(
                f"{zero.folder}, which others go on from, is not made: add zero to the arms"
            )
    for goes_on in (False, True):
        here = [plan for plan in plans if (plan.start is not None) is goes_on]
        for two in (here[i : i + 2] for i in range(0, len(here), 2)):
            _run_together(two)
    return [plan.folder for plan in plans]


def arm_plans(
    training: TrainingConfig,
    model: ModelConfig,
    corpus: Path,
    output: Path,
    arms: Sequence[str] = ARMS,
) -> Iterator[ArmPlan]:
    """The checkpoints of one training length that are in `arms`, the shipped four first.

    `learned` is `zero` with a start state trained by a tenth of its steps, the weights as they are.

    Raises:
        ConfigError: an arm of `arms` cannot be trained with these settings; what others need (two
            windows side by side, for `state_passing`) is not asked of them.
    """

    further = {
        "steps": max(1, round(ADAPTATION_SHARE * training.steps)),
        "learning_rate": ADAPTATION_RATE,
        "seed": training.seed + 1,  # other documents first than those the zero arm began with
    }
    fewer = {"steps": max(1, round(LEARNED_SHARE * training.steps))}
    recipes: dict[str, tuple[str, dict[str, Any], str | None]] = {  # how it trains, its partner
        "zero": ("zero", {}, None),
        "previous": ("previous", {}, "zero"),
        "zero_control": ("zero", further, None),
        "zero_adapted": ("previous", further, "zero_control"),
        "state_passing": ("state_passing", {}, "zero"),
        "fitted_noise": ("fitted_noise", {}, "zero"),
        "learned": ("learned", fewer, "zero"),
    }

    def name(arm: str) -> str:
        return f"{arm.replace('_', '-')}-t{training.training_length}"

    for arm, (initialization, changes, partner) in recipes.items():
        if arm in arms:
            yield ArmPlan(
                name(arm),
                arm,
                name(partner) if partner else None,
                str(output / name("zero")) if arm in FROM_ZERO else None,
                replace(training, initialization=initialization, **changes),
                model,
                str(corpus),
                str(output),
            )


def _run_together(plans: Sequence[ArmPlan]) -> None:
    waiting = [plan for plan in plans if not is_made(plan)]
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_make_or_say_why, args=(plan,), name=plan.name) for plan in waiting
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    failed = [process.name for process in processes if process.exitcode]
    if failed:
        raise CoreError(f"training did not finish: {', '.join(failed)}")


def _make_or_say_why(plan: ArmPlan) -> None:
    """`make_arm` as a process: what it refuses is one line on the error stream."""
    try:
        make_arm(plan)
    except CoreError as error:
        print(f"{plan.name}: {error}", file=sys.stderr)
        sys.exit(1)


def make_arm(
    plan: ArmPlan,
    report: Callable[[Progress], None] = lambda _: None,
    save_every: int = SAVE_EVERY,
) -> None:
    """Train one checkpoint and write it with its record; nothing to do when it is there already.

    Args:
        report: called after every step.
        save_every: steps between two snapshots, from which a repeated call goes on.

    Raises:
        FolderTaken: the folder holds what another plan made.
        FolderInUse: another process is making it.
        DamagedFile: the text, or what an interrupted training left, cannot be read.
    """
    with _alone(plan):
        if not is_made(plan):
            _make(plan, report, save_every)


@contextmanager
def alone_in(output: Path) -> Iterator[None]:
    """No other command trains into `output` meanwhile, whatever it would make there.

    Two commands would share its text and held-out documents, also where their arms differ.

    Raises:
        FolderInUse: another one does.
    """
    with _locked(output / LOCK, output):
        yield


@contextmanager
def _alone(plan: ArmPlan) -> Iterator[None]:
    """No other process makes this arm meanwhile: two would write one snapshot and one log.

    Beside `alone_in`, since a process that makes an arm outlives a command that was killed.
    """
    with _locked(plan.folder.parent / f".{plan.name}.lock", plan.folder):
        yield


@contextmanager
def _locked(path: Path, folder: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise FolderInUse(folder) from None
    try:
        yield
    finally:
        lock.release()


def _make(plan: ArmPlan, report: Callable[[Progress], None], save_every: int) -> None:
    corpus = Corpus.load(Path(plan.corpus))
    if corpus.fingerprint() != corpus.record.fingerprint:
        raise DamagedFile(Path(plan.corpus) / TOKENS, Path(plan.corpus), "foreign")
    start = _start(plan)
    with _arithmetic(plan.threads), _LossLog(plan) as log:

        def note(progress: Progress) -> None:
            log.report(progress)
            report(progress)

        trained = train(
            start.model,
            corpus,
            plan.training,
            note,
            log.save,
            log.resume,
            save_every,
            _checking(plan),
        )
        start.model.learned_start = trained.initial_state
        record = _record(plan, start, trained, corpus.record, log.seconds())
        save_checkpoint(start.model, record, plan.folder)
        log.drop_snapshot()


def _checking(plan: ArmPlan) -> Checking | None:
    if plan.checked_on is None or plan.checking is None:
        return None
    return plan.checking(Corpus.load(Path(plan.checked_on)), plan.training)


@contextmanager
def _arithmetic(threads: int) -> Iterator[None]:
    """So many threads, and numbers too small for a float's full digits count as 0.

    Decays make many of those, and a CPU computes with them slowly. Both are settings of the whole
    process: what else it computes must not be changed by them.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)


def _record(
    plan: ArmPlan, start: _Start, trained: Trained, data: DataRecord, seconds: float
) -> CheckpointRecord:
    model, stages = start.model, (*start.stages, trained.stage)
    return CheckpointRecord(
        name=plan.name,
        training_initialization=plan.training_initialization,
        training_length=plan.training.training_length,
        training_tokens=sum(stage.tokens for stage in stages),
        stages=stages,
        seed=plan.training.seed,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        code_version=metadata.version("longssm-ab"),
        device=str(model.device),
        seconds=round(seconds, 1),
        final_loss=round(trained.final_loss, 4),
        start_weights=start.weights,
        data=data,
        settings=_settings(plan, start) | _checks(trained),
        partner=plan.partner,
    )


def _checks(trained: Trained) -> dict[str, object]:
    """What was seen on the way, where something was looked at."""
    return {"checks": [one._asdict() for one in trained.checks]} if trained.checks else {}


# --- whose folder is it? ---------------------------------------------------------------------


def plan_fingerprint(plan: ArmPlan) -> str:
    """SHA-256 of all that decides a checkpoint and its record: not the folder, not the threads."""
    facts = {
        "training_initialization": plan.training_initialization,
        "partner": plan.partner,
        "training": asdict(plan.training),
        "model": [type(plan.model).__name__, asdict(plan.model)],
        "corpus": Corpus.load(Path(plan.corpus)).record.fingerprint,
        "start": find_checkpoint(plan.start).fingerprint if plan.start else None,
    }
    if plan.checked_on is not None:  # else as it was before there was such a text
        facts["checked_on"] = Corpus.load(Path(plan.checked_on)).record.fingerprint
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_made(plan: ArmPlan) -> bool:
    """Whether the checkpoint of this very plan is in its folder.

    Raises:
        FolderTaken: the folder holds what another plan made, or an unknown one.
        DamagedFile: what it holds cannot be read.
    """
    if (plan.folder / RECORD).is_file():
        record = _record_in(plan.folder)
        steps, length = record.stages[-1].steps, record.training_length
        found = f"a checkpoint after {steps} steps with T = {length} and seed {record.seed}"
        _check_plan(plan, found, record.settings.get("plan"))
        return True
    snapshot = plan.folder / SNAPSHOT
    if snapshot.is_file():
        with undamaged(snapshot, plan.folder), safe_open(snapshot, framework="pt") as file:
            facts = _Facts.read(file.metadata())
        _check_plan(plan, f"a training that stopped after {facts.step} steps", facts.plan)
    return False


def _record_in(folder: Path) -> CheckpointRecord:
    """The record of a checkpoint that a plan has made."""
    try:
        record = describe_checkpoint(str(folder)).record
    except CheckpointError as error:
        gone = {"no_config": CONFIG, "no_weights": WEIGHTS}.get(error.key)
        problem = "malformed" if gone is None else "missing"
        raise DamagedFile(folder / (gone or RECORD), folder, problem) from error
    if not record.stages:
        raise DamagedFile(folder / RECORD, folder, "foreign")
    return record


class _Facts(NamedTuple):
    """What a snapshot says beside its tensors."""

    plan: str | None  # None: made before plans had names
    step: int
    losses: list[float]
    seconds: float
    checks: tuple[Check, ...] = ()

    @classmethod
    def read(cls, metadata: dict[str, str]) -> Self:
        """The facts in a file's metadata; ValueError, KeyError or TypeError: they are not there."""
        losses = [float(loss) for loss in json.loads(metadata["losses"])]
        seconds = float(metadata["seconds"])
        looks = json.loads(metadata.get("checks", "[]"))
        checks = tuple(Check(int(step), float(loss)) for step, loss in looks)
        return cls(metadata.get("plan"), int(metadata["step"]), losses, seconds, checks)


def _check_plan(plan: ArmPlan, found: str, found_plan: str | None) -> None:
    if found_plan == plan_fingerprint(plan):
        return
    whose = "which belongs to another plan" if found_plan else "which does not name its plan"
    raise FolderTaken(
        plan.folder,
        f"{plan.folder} holds {found}, {whose} (training settings, model, text and start must be "
        "those asked for): choose another --output or delete the folder",
    )


class _Start(NamedTuple):
    """What a training begins with: weights, and what is known of their making."""

    model: LanguageModel
    weights: str  # fingerprint of the weights that the first stage began with
    stages: tuple[TrainingStage, ...]
    documents: frozenset[str]
    text: Sketch | None  # of those documents


def _start(plan: ArmPlan) -> _Start:
    if plan.start is None:
        model = start_model(plan.model, plan.training.seed).to(plan.device or default_device())
        return _Start(model, weights_fingerprint(model), (), frozenset(), None)
    model = load_checkpoint(plan.start, plan.device).train().requires_grad_(True)
    before = read_record(plan.start, checkpoint_folder(plan.start))
    if before is None:
        return _Start(model, weights_fingerprint(model), (unknown_stage(),), frozenset(), None)
    return _Start(model, before.start_weights, before.stages, before.documents, before.text)


def _settings(plan: ArmPlan, start: _Start) -> dict[str, object]:
    borders, length = plan.training.reset_at_borders, plan.training.training_length
    settings: dict[str, object] = {
        "plan": plan_fingerprint(plan),
        "training": asdict(plan.training),
        "model": {k: v for k, v in asdict(plan.model).items() if k != "delta_limit"},
        "state_resets": "at document borders" if borders else "never",
        "kernels": "fused" if uses_fused_kernels(start.model, length) else "torch",
        "torch": torch.__version__,
        "threads": plan.threads,
    }
    return settings | _trained_on(plan, start)


def _trained_on(plan: ArmPlan, start: _Start) -> dict[str, object]:
    """Which texts an evaluation must not score: by their hashes, and by what stands in them."""
    documents = start.documents | set(plan.documents)
    if not documents:
        return {}
    known = [] if start.text is None else [start.text]
    if plan.documents:
        # the texts were cut for training, and lie there one piece after the other
        folders = [plan.corpus] if plan.checked_on is None else [plan.corpus, plan.checked_on]
        for folder in folders:
            known.append(sketch(Corpus.load(Path(folder)).tokens.tobytes(), MOST_UNITED))
    return {"documents": sorted(documents), "text_sketch": to_text(united(known))}


def _keep_steps(losses: Path, steps: int) -> None:
    """Leave the rows before step `steps`: what follows is computed again, or is another plan's."""
    if not losses.is_file():
        return
    with undamaged(losses, losses.parent):
        # an interruption halves a line
        whole = losses.read_text(encoding="utf-8").rpartition("\n")[0]
        rows = [row for row in whole.splitlines() if json.loads(row)["step"] < steps]
    losses.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


class _LossLog:
    """Losses as data (`LOSSES`) and snapshots to go on from, beside the checkpoint."""

    def __init__(self, plan: ArmPlan) -> None:
        plan.folder.mkdir(parents=True, exist_ok=True)
        self._plan, self._snapshot = plan_fingerprint(plan), plan.folder / SNAPSHOT
        self._steps, self._began = plan.training.steps, time.monotonic()
        self._before, self.resume = 0.0, self._last_snapshot()
        losses = plan.folder / LOSSES
        _keep_steps(losses, 0 if self.resume is None else self.resume.step)
        self._file = losses.open("a", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def report(self, progress: Progress) -> None:
        row = {**progress._asdict(), "steps": self._steps, "seconds": round(self.seconds(), 1)}
        self._file.write(json.dumps(row) + "\n")
        if progress.step % 20 == 0:
            self._file.flush()

    def save(self, snapshot: TrainingSnapshot) -> None:
        part = self._snapshot.with_suffix(".part")
        # copies: safetensors refuses tensors that share memory
        tensors = {name: tensor.contiguous().clone() for name, tensor in snapshot.tensors.items()}
        facts = {
            "plan": self._plan,
            "step": str(snapshot.step),
            "losses": json.dumps(snapshot.losses),
            "seconds": str(self.seconds()),
            "checks": json.dumps(snapshot.checks),
        }
        save_file(tensors, part, metadata=facts)
        os.replace(part, self._snapshot)

    def _last_snapshot(self) -> TrainingSnapshot | None:
        if not self._snapshot.is_file():
            return None
        with (
            undamaged(self._snapshot, self._snapshot.parent),
            safe_open(self._snapshot, framework="pt") as file,
        ):
            facts = _Facts.read(file.metadata())
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        self._before = facts.seconds
        return TrainingSnapshot(facts.step, tensors, facts.losses, facts.checks)

    def drop_snapshot(self) -> None:
        """Once the checkpoint is written there is nothing to go on with."""
        self._snapshot.unlink(missing_ok=True)
