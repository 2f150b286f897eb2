"""The checkpoints there are, as a page lists them: where each lives, how it was made, who used it.

`list_models(store)` gives the shipped ones, the pairs of finished trainings and those that were
added by `add_model`, which looks at a folder or hub id first and says in one sentence why it is
refused. No torch here: a record, a configuration and the head of the weights say it all.
"""

from __future__ import annotations

import json
import math
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies

from filelock import FileLock

from evaluations.errors import UnusableCheckpoint
from evaluations.plan import ZERO_TRAININGS, loadable
from evaluations.run_list import Reader
from evaluations.settings import Settings
from longssm_core.config import read_config
from longssm_core.errors import CheckpointError, ModelRefused
from longssm_core.records import (
    CONFIG,
    CheckpointFiles,
    CheckpointRecord,
    TrainingStage,
    find_checkpoint,
    partner_source,
    read_record,
    shipped_checkpoints,
)
from longssm_core.records import CheckpointDescription as Description

if TYPE_CHECKING:
    from evaluations.store import Store

__all__ = ["CheckpointRecord", "TrainingStage"]  # as pages see them

ADDED = "models.json"  # in the data folder: what people added
LONGEST_HEADER = 100 << 20  # bytes that safetensors allows for the names and shapes of its tensors

Place = Literal["shipped", "pair", "folder", "hub"]


class OwnPair(NamedTuple):
    """Two checkpoints that an evaluation can compare."""

    zero: ListedModel
    proposed: ListedModel


@dataclass(frozen=True)
class ListedModel:
    """One checkpoint; parameters are counted in its weights, sizes are in bytes."""

    source: str  # as an evaluation asks for it
    place: Place
    folder: Path
    fingerprint: str
    tokenizer: str  # "bytes", or the SHA-256 of its tokenizer
    architecture: str
    layers: int
    width: int
    parameters: int
    bytes: int
    record: CheckpointRecord | None  # None: nobody wrote down how it was made
    partner: str | None = None  # the fair ZERO that the record names
    used_by: tuple[Reader, ...] = ()
    of: str = ""  # the training that made it, as a person calls it

    @property
    def name(self) -> str:
        """What a person calls it; a checkpoint of one's own by its training as well."""
        if self.place == "shipped":
            return self.source
        if self.place == "pair":
            return f"{self.of} / {self.folder.name}"
        return self.source if self.place == "hub" else self.folder.name

    @property
    def is_zero(self) -> bool:
        """Whether it can stand on the side of ZERO."""
        return self.record is not None and self.record.training_initialization in ZERO_TRAININGS

    @property
    def can_start_a_pair(self) -> bool:
        """Whether both sides of a pair can be made of it: it reads bytes and never carried."""
        stages = () if self.record is None else self.record.stages
        is_blank = all(stage.initialization in ("zero", "unknown") for stage in stages)
        return self.tokenizer == "bytes" and is_blank

    @property
    def licences(self) -> tuple[str, ...]:
        """Licences of the texts that it was trained on, as far as the record names them."""
        if self.record is None or self.record.data is None:
            return ()
        return tuple(dict.fromkeys(one.licence for one in self.record.data.sources if one.licence))


@dataclass(frozen=True)
class Unusable:
    """A checkpoint of the list that cannot be read now."""

    source: str
    place: Place
    problem: UnusableCheckpoint


@dataclass(frozen=True)
class ModelList:
    """What there is, and what of it cannot be read."""

    models: tuple[ListedModel, ...]
    unusable: tuple[Unusable, ...] = field(default=())


def list_models(store: Store) -> ModelList:
    """All checkpoints that an evaluation can name, the shipped ones first."""
    found: dict[str, ListedModel] = {}
    broken: list[Unusable] = []
    readers = store.readers()
    for one in _sources(store):
        try:
            model = look_at(one.source, one.place, one.folder)
        except UnusableCheckpoint as problem:
            broken.append(Unusable(one.source, one.place, problem))
            continue
        used_by = tuple(readers.get(model.fingerprint, ()))
        found.setdefault(one.source, replace(model, used_by=used_by, of=one.of))
    return ModelList(tuple(found.values()), tuple(broken))


class _Source(NamedTuple):
    """Where to look; of: the training that made it; folder: of a hub id that was fetched."""

    source: str
    place: Place
    of: str = ""
    folder: str | None = None


def _sources(store: Store) -> list[_Source]:
    pairs = [
        _Source(one["folder"], "pair", job.name)
        for job in store.jobs("train")
        if job.state == "done" and job.result is not None
        for one in job.result["checkpoints"]
    ]
    added = [
        _Source(source, place_of(source), folder=folder)
        for source, folder in _added(store.settings).items()
    ]
    return [*(_Source(name, "shipped") for name in shipped_checkpoints()), *pairs, *added]


def place_of(source: str) -> Place:
    """Where a checkpoint that was added lives."""
    return "folder" if Path(source).is_absolute() else "hub"


def look_at(source: str, place: Place, folder: str | None = None) -> ListedModel:
    """A checkpoint as far as its files say; its weights are not loaded.

    Args:
        folder: where a hub id was fetched to; None: it is fetched.

    Raises:
        UnusableCheckpoint: it is not there, incomplete, cut short, or of a kind that is not run.
    """
    try:
        if place == "hub" and folder is None:
            _check_reachable(source)
        files = replace(_known_files(folder or source), source=source)
        config = read_config(files.folder)
        record = read_record(source, files.folder)
        parameters = sum(_parameters_in(source, path) for path in files.weights)
    except ModelRefused as error:
        refused = CheckpointError(source, error.key, **error.values)
        raise UnusableCheckpoint.of(refused) from error
    except CheckpointError as error:
        raise UnusableCheckpoint.of(error) from error
    except OSError as error:
        refused = CheckpointError(source, "weights_malformed", detail=str(error))
        raise UnusableCheckpoint.of(refused) from error
    return ListedModel(
        source=source,
        place=place,
        folder=files.folder,
        fingerprint=files.fingerprint,
        tokenizer=files.tokenizer,
        architecture=_architecture(files.folder),
        layers=config.n_layers,
        width=config.d_model,
        parameters=parameters,
        bytes=sum(path.stat().st_size for path in files.weights),
        record=record,
        partner=_partner(files, record),
    )


def _check_reachable(source: str) -> None:
    """Say at once that there is no network: the hub's own client tries again for half a minute.

    Raises:
        CheckpointError: it is a hub id that was never fetched, and the hub has no address here.
    """
    from huggingface_hub import try_to_load_from_cache  # only here: a network library
    from huggingface_hub.constants import ENDPOINT

    repository, _, revision = source.partition("@")
    if not revision or getproxies():
        return  # no hub id; or the proxy knows the address
    if isinstance(try_to_load_from_cache(repository, CONFIG, revision=revision), str):
        return
    try:
        socket.getaddrinfo(urlsplit(ENDPOINT).hostname, 443)
    except OSError as error:
        raise CheckpointError(source, "not_fetched") from error


def _known_files(source: str) -> CheckpointFiles:
    """As `find_checkpoint`; files that have not changed since are not read again."""
    try:
        marks = tuple(
            (path.name, path.stat().st_size, path.stat().st_mtime_ns)
            for path in sorted(Path(source).iterdir())
        )
    except OSError:  # a shipped name, or nothing that is there
        marks = ()
    return _files(source, marks)


@lru_cache(maxsize=256)
def _files(source: str, _marks: tuple[tuple[str, int, int], ...]) -> CheckpointFiles:
    return find_checkpoint(source)


def _architecture(folder: Path) -> str:
    found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["architectures"][0]
    return str(found).removesuffix("ForCausalLM")


def _partner(files: CheckpointFiles, record: CheckpointRecord | None) -> str | None:
    if record is None:
        return None
    described = Description(files.source, files.folder, files.fingerprint, record, files.tokenizer)
    return partner_source(described)


def _parameters_in(source: str, weights: Path) -> int:
    """Numbers in a safetensors file, from its head alone.

    Raises:
        CheckpointError: it is no such file, or was cut short.

    Source: https://huggingface.co/docs/safetensors: 8 bytes with the length of a JSON object, that
    object, and the tensors' bytes at the offsets that it names.
    """
    try:
        with weights.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > LONGEST_HEADER:
                raise ValueError("no header")
            tensors: dict[str, Any] = json.loads(file.read(length))
        tensors.pop("__metadata__", None)
        end = max((one["data_offsets"][1] for one in tensors.values()), default=0)
        if weights.stat().st_size < 8 + length + end:
            raise ValueError("cut short")
        return sum(math.prod(one["shape"]) for one in tensors.values())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(source, "weights_malformed", detail=str(error)) from error


# --- what may be compared --------------------------------------------------------------------


def comparable_with(model: ListedModel, others: Sequence[ListedModel]) -> tuple[ListedModel, ...]:
    """Who may stand on the other side of an evaluation: as `plan` asks for it, by their records.

    The ZERO that a record names comes first, or those whose record names this one.
    """
    if model.record is None or model.record.training_initialization == "unknown":
        return ()
    fit = [one for one in others if _fit(model, one)]
    return tuple(sorted(fit, key=lambda one: not (_names(model, one) or _names(one, model))))


def own_pairs(store: Store) -> tuple[OwnPair, ...]:
    """The pairs beside the shipped ones, the newest first, each PROPOSED with its fairest ZERO."""
    models = list_models(store).models
    found = []
    for model in reversed(models):
        if model.place == "shipped" or model.is_zero:
            continue
        others = comparable_with(model, models)
        if others:
            found.append(OwnPair(zero=others[0], proposed=model))
    return tuple(found)


def _fit(one: ListedModel, other: ListedModel) -> bool:
    if one.record is None or other.record is None or one.fingerprint == other.fingerprint:
        return False
    if other.record.training_initialization == "unknown" or one.is_zero == other.is_zero:
        return False
    is_as_long = one.record.training_length == other.record.training_length
    return is_as_long and one.tokenizer == other.tokenizer


def _names(one: ListedModel, other: ListedModel) -> bool:
    """Whether the record of `one` names `other` as its fair ZERO."""
    return one.partner is not None and one.partner == other.source


# --- those that people add -------------------------------------------------------------------


def _added(settings: Settings) -> dict[str, str]:
    """The folder of each that was added, the oldest first."""
    try:
        found = json.loads((settings.data_dir / ADDED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {str(source): str(folder) for source, folder in found.items()}


def add_model(settings: Settings, source: str) -> ListedModel:
    """Look at a folder, or fetch a hub id `owner/name@commit`, and list it from now on.

    Raises:
        UnusableCheckpoint: why it cannot be used, and what to do.
    """
    source = loadable(source.strip())
    model = look_at(source, "shipped" if source in shipped_checkpoints() else place_of(source))
    if model.place != "shipped":
        _change(settings, lambda known: {**known, source: str(model.folder)})
    return model


def forget_model(settings: Settings, source: str) -> None:
    """Take it from the list; its files stay where they are."""
    _change(settings, lambda known: {one: known[one] for one in known if one != source})


def _change(settings: Settings, change: Callable[[dict[str, str]], dict[str, str]]) -> None:
    path = settings.data_dir / ADDED
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        part = path.with_suffix(".part")
        text = json.dumps(change(_added(settings)), ensure_ascii=False, indent=2)
        part.write_text(text + "\n", encoding="utf-8")
        os.replace(part, path)
