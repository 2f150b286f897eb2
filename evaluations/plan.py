"""What is compared, fixed before the first token is scored.

`make_plan` turns two checkpoints, a preset and documents into a `PlannedRun`: the arms (all cells
of the 2x2 and, for `best_zero`, the longer ZERO windows), the documents in a seeded random order
with their parts, and the decision rule (`default_rule` where none is given, `read_plan_file` for
`--plan`). `plan_hash` is the SHA-256 over the plan's canonical JSON. Checkpoints are only
described here, never loaded.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field, ValidationError

from evaluations.documents.cleaning import one_line
from evaluations.errors import RefusedPlan, place_problem
from evaluations.records import (
    MOST_ROWS,
    Arm,
    DecisionRule,
    Depth,
    Document,
    DocumentTargets,
    Frozen,
    Kpi,
    Plan,
    Policy,
    Preset,
    Reason,
    RunDocument,
    TokenMap,
)
from evaluations.targets import TooShort, choose_targets, context_lengths, least_tokens
from evaluations.units import canonical
from evaluations.validity import KNOWN
from longssm_core.errors import CheckpointError
from longssm_core.overlap import Sketch, containment, sketch
from longssm_core.records import CheckpointDescription, describe_checkpoint, partner_source


class Pair(NamedTuple):
    """Names of two checkpoints that differ in the training initialization only."""

    zero: str
    proposed: str


Tokenize = Callable[[Document, CheckpointDescription], TokenMap]
DEFAULT_PAIR = Pair(zero="zero-t16", proposed="previous-t16")
ZERO_TRAININGS = frozenset({"zero", "zero_control"})
LEAST_DOCUMENTS_FOR_CALIBRATION = 10
CALIBRATION_SHARE = 0.2
LARGEST_SEED = 2**53 - 1  # every reader of JSON keeps such a number as it is
LONGEST_CONTEXT = 2**31 - 1  # tokens
LONGEST_SHOWN = 60  # characters of a value that is refused
CARRIED_BY = 0.8  # share of the documents that must reach the primary length


class PlannedRun(NamedTuple):
    """A plan and the part of every document in it."""

    plan: Plan
    run_documents: tuple[RunDocument, ...]


class PlanFile(Frozen):
    """What `--plan FILE` may hold; what is missing is taken from the command or its defaults."""

    preset: Preset | None = None
    depth: Depth | None = None
    zero: str | None = None
    proposed: str | None = None
    lengths: tuple[Annotated[int, Field(ge=1, le=LONGEST_CONTEXT)], ...] | None = None
    seed: int | None = Field(default=None, ge=0, le=LARGEST_SEED)
    rule: dict[str, Any] | None = None  # fields of DecisionRule
    rows: int | None = Field(default=None, ge=1, le=MOST_ROWS)


def make_plan(
    preset: Preset,
    depth: Depth,
    documents: Sequence[Document],
    zero: str | None = None,
    proposed: str | None = None,
    lengths: Sequence[int] | None = None,
    rule: DecisionRule | dict[str, Any] | None = None,
    seed: int = 0,
    rows: int = 1,
    describe: Callable[[str], CheckpointDescription] = describe_checkpoint,
    tokenize: Tokenize | None = None,
    text_of: Callable[[str], str] | None = None,
    rule_hash: str | None = None,
) -> PlannedRun:
    """Everything that is fixed beforehand, and the documents in the order in which they run.

    Args:
        preset, depth: which arms are compared, how much of every document is read.
        documents: what is scored; a text that is given twice counts once.
        zero, proposed: checkpoints; unset: the shipped pair, or the partner that the other's
            record names.
        lengths: context lengths in tokens; unset: those of the training length and depth.
        rule: what decides; fields that are not given are those of `default_rule`.
        seed: draws the order of the documents and those that only calibrate.
        rows: documents that are read side by side under `carry`; it changes float32 bits.
        describe: how a checkpoint's record is found.
        tokenize: reads a document with a checkpoint's tokenizer, as `Store.tokenize` does; needed
            for checkpoints that do not read bytes.
        text_of: the stored text of a document, or the beginning of a long one, to look for training
            text in it; None: documents are only compared by their ids.
        rule_hash: of the locked rule that all of this is taken from, see `rules`.

    Raises:
        RefusedPlan: what was asked for contradicts itself, or a checkpoint knows a document.
        CheckpointError: there is no such checkpoint.
    """
    pair = _choose_pair(preset, zero, proposed, describe)
    _check_unseen(documents, pair, text_of)
    arms = _arms(preset, pair)
    training_length = pair.proposed.record.training_length
    lengths = context_lengths(training_length, depth, lengths)
    maps = _token_maps(documents, pair.proposed, tokenize)
    carried = {
        document.id: carried_lengths(document, lengths, arms, depth, seed, maps.get(document.id))
        for document in documents
    }
    calibration = (
        _calibration(documents, carried, seed) if preset is Preset.BEST_ZERO else frozenset()
    )
    ordered = _in_seeded_order({document.id: document for document in documents}, seed)
    scored = [carried[d.id] for d in ordered if carried[d.id] and d.id not in calibration]
    chosen_rule = _rule(rule, lengths, training_length, scored)
    plan = Plan(
        preset=preset,
        depth=depth,
        lengths=lengths,
        arms=arms,
        **_sides(preset, arms, pair),
        calibration=tuple(d.id for d in ordered if d.id in calibration),
        rule=chosen_rule,
        seed=seed,
        versions=versions(),
        tokenizer=pair.proposed.tokenizer,
        canonical=canonical(),
        rule_hash=rule_hash,
        rows=rows,
    )
    return PlannedRun(plan, tuple(_parts(ordered, maps, carried, calibration)))


def default_rule(
    lengths: Sequence[int], training_length: int, carried: Sequence[Sequence[int]] = ()
) -> DecisionRule:
    """The rule where nobody set one: the longest length that most documents reach decides.

    Args:
        lengths: context lengths of the plan.
        training_length: T; short texts must not become worse there.
        carried: for each document the lengths that it can carry.
    """
    needed = CARRIED_BY * len(carried)
    reached = [c for c in lengths if sum(c in own for own in carried) >= needed]
    return DecisionRule(
        primary_length=max(reached, default=min(lengths)), short_length=training_length
    )


def plan_of(
    file: PlanFile,
    documents: Sequence[Document],
    rows: int,
    tokenize: Tokenize,
    text_of: Callable[[str], str],
    rule_hash: str | None,
) -> PlannedRun:
    """The plan of a plan file over these documents; what it leaves open is as usual.

    Args:
        rows: documents that are read side by side where the file does not say it.
        tokenize, text_of, rule_hash: as for `make_plan`.

    Raises:
        RefusedPlan, CheckpointError: it cannot be carried out on them.
    """
    return make_plan(
        file.preset or Preset.BEST_ZERO,
        file.depth or Depth.STANDARD,
        documents,
        zero=file.zero,
        proposed=file.proposed,
        lengths=file.lengths,
        rule=file.rule,
        seed=file.seed or 0,
        rows=file.rows or rows,
        tokenize=tokenize,
        text_of=text_of,
        rule_hash=rule_hash,
    )


def checked_rule(values: Mapping[str, Any], lengths: Sequence[int]) -> DecisionRule:
    """A rule from the values of its fields.

    Raises:
        RefusedPlan: no such field, a value out of range, or a length that is not among `lengths`.
    """
    try:
        chosen = DecisionRule.model_validate(values)
        words = {name: one_line(getattr(chosen, name)) for name in ("decider", "date")}
        kpis = tuple(_printed(kpi) for kpi in chosen.kpis)
        chosen = chosen.model_copy(update={**words, "kpis": kpis})
    except ValidationError as error:
        raise RefusedPlan("plan.rule_invalid", problem=_problem(error)) from error
    for name, often in Counter(kpi.name for kpi in chosen.kpis).items():
        if often > 1:
            raise RefusedPlan("kpi.twice", name=name)
    for length in (chosen.primary_length, chosen.short_length):
        if length not in lengths:
            raise RefusedPlan(
                "plan.length_not_scored", length=length, lengths=", ".join(map(str, lengths))
            )
    return chosen


def _printed(kpi: Kpi) -> Kpi:
    """The same with its words on one line.

    Raises:
        ValidationError: nothing is left of its name.
    """
    return Kpi.model_validate(
        {**kpi.model_dump(), "name": one_line(kpi.name), "unit": one_line(kpi.unit)}
    )


def plan_hash(plan: Plan) -> str:
    """SHA-256 over the plan's canonical JSON: the lock that is shown beside every result."""
    return hashlib.sha256(canonical_json(plan).encode("utf-8")).hexdigest()


def canonical_json(value: Frozen) -> str:
    """One text per value: sorted keys, no spaces."""
    return json.dumps(
        value.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def read_plan_file(path: Path) -> PlanFile:
    """The plan that `--plan` names: an object of PlanFile's fields, or those of a rule alone.

    Raises:
        RefusedPlan: no such file, not JSON, or a field that is unknown or out of range.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(values, dict) and values.keys() & DecisionRule.model_fields.keys():
            values = {"rule": values}
        _check_text(values)
        plan = PlanFile.model_validate(values)
        DecisionRule.model_validate({**_ANY_LENGTHS, **(plan.rule or {})})
        return plan
    except OSError as error:
        problem = place_problem(error)
        raise RefusedPlan("plan.unreadable", file=path.name, problem=problem) from error
    except (ValueError, RecursionError) as error:
        raise RefusedPlan("plan.invalid", file=path.name, problem=_problem(error)) from error


def burn_in(arms: Iterable[Arm]) -> int:
    """Tokens at a document's start that no arm's headline counts: the longest T or W."""
    return max(max(arm.training_length, arm.window or 0) for arm in arms)


def document_needs(preset: Preset, training_length: int, length: int, depth: Depth) -> int:
    """Tokens that a document must have for a rule that decides at so much context."""
    return least_tokens(length, max(_windows(preset, training_length)), depth)


def targets_of(part: RunDocument, plan: Plan) -> DocumentTargets | TooShort:
    """The tokens of a document that every arm of `plan` scores.

    Raises:
        ValueError: the plan's tokenizer does not read bytes, and the document was not read by it.
    """
    if (part.tokens is None) != (plan.tokenizer == "bytes"):
        raise ValueError(f"{part.document.name}: its tokens are not those of the plan's tokenizer")
    return _targets(
        part.document.id, part.token_count, plan.lengths, plan.arms, plan.depth, plan.seed
    )


def carried_lengths(
    document: Document,
    lengths: Sequence[int],
    arms: Sequence[Arm],
    depth: Depth,
    seed: int,
    tokens: TokenMap | None = None,
) -> tuple[int, ...]:
    """Context lengths at which `document` has targets; empty: it is too short.

    Args:
        tokens: as its tokenizer read it; None: its tokens are its bytes.
    """
    count = document.bytes if tokens is None else tokens.count
    targets = _targets(document.id, count, lengths, arms, depth, seed)
    return () if isinstance(targets, TooShort) else targets.lengths


@cache
def versions() -> dict[str, str]:
    """What the numbers depend on beside the plan: packages, and the source of the scorer."""
    found = {"python": platform.python_version(), "longssm_core_source": _source_hash()}
    for package in ("longssm-ab", "torch", "numpy", "scipy", "numba", "tokenizers"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


# --- the parts of a plan ---------------------------------------------------------------------


class _Described(NamedTuple):
    zero: CheckpointDescription | None  # None: one checkpoint alone, read in two ways
    proposed: CheckpointDescription


def _choose_pair(
    preset: Preset,
    zero: str | None,
    proposed: str | None,
    describe: Callable[[str], CheckpointDescription],
) -> _Described:
    if zero is None and proposed is None:
        zero, proposed = DEFAULT_PAIR
    if proposed is None:
        raise RefusedPlan("plan.proposed_missing", zero=zero)
    b = describe(proposed)
    zero = zero or partner_source(b)
    if zero is None:
        if preset is not Preset.OPERATIONS:
            raise RefusedPlan("plan.zero_missing", proposed=proposed)
        return _Described(None, b)
    a = describe(zero)
    if a.fingerprint == b.fingerprint:
        if preset is not Preset.OPERATIONS:
            raise RefusedPlan("plan.same_checkpoint", zero=zero, proposed=proposed)
        return _Described(None, b)
    _check_pair(zero, a, proposed, b)
    return _Described(a, b)


def _check_pair(
    zero: str, a: CheckpointDescription, proposed: str, b: CheckpointDescription
) -> None:
    if a.record.training_initialization not in ZERO_TRAININGS:
        raise RefusedPlan("plan.not_zero", name=zero, found=a.record.training_initialization)
    if b.record.training_initialization in ZERO_TRAININGS | {"unknown"}:
        raise RefusedPlan(
            "plan.not_proposed", name=proposed, found=b.record.training_initialization
        )
    if a.record.training_length != b.record.training_length:
        raise RefusedPlan(
            "plan.training_lengths_differ",
            zero=zero,
            zero_length=a.record.training_length,
            proposed=proposed,
            proposed_length=b.record.training_length,
        )
    if a.tokenizer != b.tokenizer:
        raise RefusedPlan("plan.tokenizers_differ", zero=zero, proposed=proposed)


def _check_unseen(
    documents: Sequence[Document], pair: _Described, text_of: Callable[[str], str] | None
) -> None:
    """No document is, or is taken from, the texts that a checkpoint was trained on."""

    @cache
    def sketched(document: str) -> Sketch | None:
        return None if text_of is None else sketch(text_of(document).encode("utf-8"))

    for checkpoint in filter(None, pair):
        record = checkpoint.record
        seen = [one.name for one in documents if one.id in record.documents]
        if not seen and record.text is not None:
            seen = [one.name for one in documents if _is_known(sketched(one.id), record.text)]
        if seen:
            raise RefusedPlan(
                "plan.trained_on", file=seen[0], name=checkpoint.source, documents=len(seen)
            )


def _is_known(text: Sketch | None, trained_on: Sketch) -> bool:
    """Whether as good as all of a text stands in what a checkpoint was trained on.

    Less is no proof: pieces of a log that repeats itself hold much of each other.
    """
    share = None if text is None else containment(text, trained_on)
    return share is not None and share >= KNOWN


def _token_maps(
    documents: Sequence[Document], checkpoint: CheckpointDescription, tokenize: Tokenize | None
) -> dict[str, TokenMap]:
    """How the tokenizer of all arms reads each document; empty where its tokens are its bytes."""
    if checkpoint.tokenizer == "bytes":
        return {}
    if tokenize is None:
        raise ValueError(f"{checkpoint.source} does not read bytes: who counts its tokens?")
    distinct = {document.id: document for document in documents}
    return {name: tokenize(document, checkpoint) for name, document in distinct.items()}


def _windows(preset: Preset, training_length: int) -> list[int]:
    """After how many tokens the ZERO arms that are reset drop their state."""
    times = (1, 4, 16) if preset is Preset.BEST_ZERO else (1,)
    return [factor * training_length for factor in times]


def _arms(preset: Preset, pair: _Described) -> tuple[Arm, ...]:
    training_length = pair.proposed.record.training_length
    windows = _windows(preset, training_length)
    zero = [] if pair.zero is None else [_arm(pair.zero, window) for window in (*windows, None)]
    proposed = [_arm(pair.proposed, window) for window in (training_length, None)]
    return (*zero, *proposed)


def _arm(checkpoint: CheckpointDescription, window: int | None) -> Arm:
    record = checkpoint.record
    reading = "carry" if window is None else f"reset:{window}"
    return Arm(
        name=f"{record.training_initialization}+{reading}",
        checkpoint=loadable(checkpoint.source),
        fingerprint=checkpoint.fingerprint,
        training_initialization=record.training_initialization,
        training_length=record.training_length,
        policy=Policy.CARRY if window is None else Policy.RESET,
        window=window,
        state_age=record.state_age,
    )


def loadable(source: str) -> str:
    """A name that a worker with another working directory finds as well."""
    folder = Path(source).expanduser()
    return str(folder.resolve()) if folder.is_dir() else source


def _sides(preset: Preset, arms: Sequence[Arm], pair: _Described) -> dict[str, Any]:
    """Which arms are A, which is B, and whom B must not fall behind on short texts."""
    proposed = [arm for arm in arms if arm.fingerprint == pair.proposed.fingerprint]
    zero = [arm for arm in arms if arm not in proposed]
    candidate = next(arm.name for arm in proposed if arm.policy is Policy.CARRY)
    if preset is Preset.OPERATIONS:
        own_reset = next(arm.name for arm in proposed if arm.policy is Policy.RESET)
        return {"candidate": candidate, "baseline": (own_reset,), "short_baseline": own_reset}
    # at c = T a carry arm sees T to 2T tokens, as B does; a reset arm at most T: too easy to beat
    carry = next(arm.name for arm in zero if arm.policy is Policy.CARRY)
    at_training_length = next(arm.name for arm in zero if arm.window == arm.training_length)
    baseline = {
        Preset.BEST_ZERO: tuple(arm.name for arm in zero),
        Preset.MATCHED: (carry,),
        Preset.PAPER: (at_training_length,),
    }[preset]
    return {"candidate": candidate, "baseline": baseline, "short_baseline": carry}


def _targets(
    document: str,
    tokens: int,
    lengths: Sequence[int],
    arms: Iterable[Arm],
    depth: Depth,
    seed: int,
) -> DocumentTargets | TooShort:
    return choose_targets(document, tokens, tuple(lengths), burn_in(arms), depth, seed)


def _calibration(
    documents: Sequence[Document], carried: dict[str, tuple[int, ...]], seed: int
) -> frozenset[str]:
    """Documents that only choose the ZERO policy: about a fifth, whole groups, or none."""
    usable = {document.id: document for document in documents if carried[document.id]}
    if len(usable) < LEAST_DOCUMENTS_FOR_CALIBRATION:
        return frozenset()
    wanted = max(2, round(CALIBRATION_SHARE * len(usable)))
    groups: dict[str, list[str]] = {}
    for document in _in_seeded_order(usable, seed + 1):
        groups.setdefault(document.group or document.id, []).append(document.id)
    chosen: list[str] = []
    for members in groups.values():
        # a group larger than what is wanted would leave too little to compare
        if len(chosen) < wanted and len(chosen) + len(members) <= len(usable) // 2:
            chosen += members
    return frozenset(chosen)


def _in_seeded_order(documents: dict[str, Document], seed: int) -> list[Document]:
    """The documents in a random order that depends on their ids and the seed only."""
    ids = sorted(documents)
    return [documents[ids[i]] for i in np.random.default_rng(seed).permutation(len(ids))]


def _parts(
    ordered: Sequence[Document],
    maps: dict[str, TokenMap],
    carried: dict[str, tuple[int, ...]],
    calibration: frozenset[str],
) -> Iterable[RunDocument]:
    for order, document in enumerate(ordered):
        role: Literal["scored", "calibration", "too_short"] = "scored"
        if not carried[document.id]:
            role = "too_short"
        elif document.id in calibration:
            role = "calibration"
        tokens = maps.get(document.id)
        yield RunDocument(document=document, role=role, order=order, tokens=tokens)


def _rule(
    rule: DecisionRule | dict[str, Any] | None,
    lengths: Sequence[int],
    training_length: int,
    carried: Sequence[Sequence[int]],
) -> DecisionRule:
    given = rule.model_dump() if isinstance(rule, DecisionRule) else rule or {}
    default = default_rule(lengths, training_length, carried)
    return checked_rule({**default.model_dump(), **given}, lengths)


# --- what is wrong with a plan ---------------------------------------------------------------

_ANY_LENGTHS = {"primary_length": 1, "short_length": 1}  # which they are is known with the plan
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def _check_text(values: object) -> None:
    """Raise UnicodeEncodeError where JSON's escapes spell half a character."""
    json.dumps(values, ensure_ascii=False).encode("utf-8")


def _problem(error: ValueError | RecursionError) -> Reason:
    """What is wrong, as a few words inside a sentence."""
    match error:
        case ValidationError():
            return _field_problem(error)
        case json.JSONDecodeError():
            return Reason(key="plan.problem.json", values={"line": error.lineno})
        case UnicodeDecodeError():
            return Reason(key="plan.problem.encoding")
        case UnicodeEncodeError():
            found = ascii(error.object[error.start : error.end])
            return Reason(key="plan.problem.text", values={"found": found})
        case RecursionError():
            return Reason(key="plan.problem.nested")
        case _:  # Python reads no number of more than some thousand digits
            return Reason(key="plan.problem.number")


def _field_problem(error: ValidationError) -> Reason:
    """What pydantic found first."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return Reason(key="plan.problem.no_object")
    context = first.get("ctx", {})
    bound = "".join(f"{sign} {context[name]}" for name, sign in _BOUNDS.items() if name in context)
    if first["type"] == "extra_forbidden":
        kind = "unknown"
    elif first["type"] == "enum":
        kind = "choice"
    else:
        kind = "range" if bound else "value"
    values = {
        "field": ".".join(map(str, first["loc"])),
        "found": json.dumps(first["input"], default=str)[:LONGEST_SHOWN],
        "bound": bound,
        "choices": str(context.get("expected", "")).replace(" or ", ", "),
    }
    return Reason(key=f"plan.problem.{kind}", values=values)


# --- versions ---------------------------------------------------------------------------------


def _source_hash() -> str:
    """SHA-256 over the source of longssm_core: equal hashes compute equal losses."""
    spec = find_spec("longssm_core")
    if spec is None or not spec.submodule_search_locations:
        return "unknown"
    digest = hashlib.sha256()
    for path in sorted(Path(spec.submodule_search_locations[0]).glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


__all__ = [
    "DEFAULT_PAIR",
    "CheckpointError",
    "Pair",
    "PlanFile",
    "PlannedRun",
    "burn_in",
    "canonical_json",
    "default_rule",
    "make_plan",
    "plan_hash",
    "read_plan_file",
    "targets_of",
]
