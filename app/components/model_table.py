"""The checkpoints as a table, and all that the record of one of them says."""

from __future__ import annotations

from collections.abc import Sequence

from session import words

from components.format import duration
from components.markup import Element, element, table
from evaluations.model_list import (
    CheckpointRecord,
    ListedModel,
    TrainingStage,
    comparable_with,
)
from evaluations.numbers import plain, size

COLUMNS = ("name", "training", "length", "parameters", "place", "with", "used")
SHORT_HASH = 12  # digits


def model_table(models: Sequence[ListedModel]) -> Element:
    """One line for each, with what decides what it may be compared with."""
    header = [words(f"models.column.{name}") for name in COLUMNS]
    rows: list[list[object]] = [_row(model, models) for model in models]
    return table(header, rows, numeric={2, 3, 6}, class_="lab-models")


def _row(model: ListedModel, models: Sequence[ListedModel]) -> list[object]:
    used = len(model.used_by)
    return [
        element("span", model.name, class_="lab-name"),
        element("span", training(model), class_=side(model)),
        _length(model),
        f"{model.parameters:,}",
        words(f"models.place.{model.place}"),
        _others(model, models),
        words("models.used", n=used) if used else words("models.used.none"),
    ]


def training(model: ListedModel) -> str:
    """How its windows started in training, in words."""
    return _training("unknown" if model.record is None else model.record.training_initialization)


def _training(initialization: str) -> str:
    return words(f"models.training.{initialization}")


def side(model: ListedModel) -> str | None:
    """The class of its side's colour; None: it is on neither."""
    if model.record is None or model.record.training_initialization == "unknown":
        return None
    return "lab-a" if model.is_zero else "lab-b"


def _length(model: ListedModel) -> str:
    if model.record is None:
        return "-"
    unit = "bytes" if model.tokenizer == "bytes" else "tokens"
    return words(f"models.unit.{unit}", n=f"{model.record.training_length:,}")


def _others(model: ListedModel, models: Sequence[ListedModel]) -> str:
    found = comparable_with(model, models)
    if not found:
        return words("models.with.none" if side(model) is None else "models.with.nobody")
    if len(found) == 1:
        return found[0].name
    return words("models.with.more", name=found[0].name, n=len(found) - 1)


# --- one of them -----------------------------------------------------------------------------


def model_facts(model: ListedModel) -> Element:
    """All that its record and its files say."""
    architecture = words(
        "models.fact.architecture.value",
        name=model.architecture,
        layers=model.layers,
        width=model.width,
    )
    facts: list[tuple[str, object]] = [
        ("source", model.source),
        ("architecture", architecture),
        ("parameters", f"{model.parameters:,}"),
        ("weights", size(model.bytes)),
        ("vocabulary", _vocabulary(model)),
        *(_made(model.record) if model.record is not None else []),
        ("licences", ", ".join(model.licences) or words("models.fact.partner.none")),
        ("partner", model.partner or words("models.fact.partner.none")),
        ("fingerprint", element("span", model.fingerprint, class_="lab-mono")),
        ("folder", element("span", str(model.folder), class_="lab-mono")),
        ("used", ", ".join(one.name for one in model.used_by) or words("models.used.none")),
    ]
    if model.record is None:
        facts.insert(5, ("stages", words("models.fact.unknown")))
    rows: list[list[object]] = [[words(f"models.fact.{name}"), value] for name, value in facts]
    body = element(
        "tbody", *(element("tr", element("th", what), element("td", said)) for what, said in rows)
    )
    return element("table", body, class_="lab-table lab-facts")


def _vocabulary(model: ListedModel) -> str:
    if model.tokenizer == "bytes":
        return words("models.fact.vocabulary.bytes")
    return words("models.fact.vocabulary.own", hash=model.tokenizer[:SHORT_HASH])


def _made(record: CheckpointRecord) -> list[tuple[str, object]]:
    made = words(
        "models.fact.made.value",
        device=record.device,
        duration=duration(record.seconds),
        version=record.code_version,
    )
    stages = [element("div", _stage(stage)) for stage in record.stages]
    return [
        ("stages", element("div", *stages)),
        ("tokens", f"{record.training_tokens:,}"),
        *_corpus(record),
        ("seed", str(record.seed)),
        ("loss", words("models.fact.loss.value", bits=plain(record.final_loss))),
        ("made", made),
    ]


def _stage(stage: TrainingStage) -> str:
    return words(
        "models.fact.stage",
        training=_training(stage.initialization),
        steps=f"{stage.steps:,}",
        length=f"{stage.training_length:,}",
        tokens=f"{stage.tokens:,}",
        age=f"{stage.state_age:,}",
    )


def _corpus(record: CheckpointRecord) -> list[tuple[str, object]]:
    data = record.data
    if data is None:
        return []
    hashed = data.fingerprint[:SHORT_HASH]
    values = {"documents": f"{data.documents:,}", "size": size(data.bytes), "hash": hashed}
    sources = [
        element("div", f"{one.name} {one.version} ({', '.join(_known(one.licence, one.bytes))})")
        for one in data.sources
    ]
    return [
        ("corpus", words("models.fact.corpus.value", **values)),
        ("sources", element("div", *sources)),
    ]


def _known(licence: str, amount: int) -> list[str]:
    return [*([licence] if licence else []), size(amount)]
