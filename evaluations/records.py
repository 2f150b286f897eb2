"""The nouns of an evaluation: frozen values that pass between rooms.

In reading order: `Document` (what was uploaded), `Arm` (a checkpoint and how it reads), `Plan`
(everything that is fixed before the first token is scored), `DocumentTargets` and `Block` (which
tokens are scored, after how much context), `TokenLosses` (what the worker returns), and
`Snapshot` (what the pages, commands and reports show; the JSON object of `run --json`).

Values between our own functions are frozen dataclasses; what is stored or leaves the process
(`Plan`, `Snapshot` and their parts) is pydantic, so that it is checked whenever it is read back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Frozen(BaseModel):
    """A stored value: checked on creation, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# --- documents -------------------------------------------------------------------------------


DERIVED = "derived"  # format of documents that were made from others, by `robustness`


class Document(Frozen):
    """One text to be scored; its id is the SHA-256 of the stored text.

    The stored text is UTF-8 without a byte-order mark, with LF line ends and without trailing
    line ends, after masking; `original_sha256` names the bytes as they were uploaded.
    """

    id: str
    name: str
    bytes: int
    characters: int
    encoding: str
    format: str
    original_sha256: str
    group: str | None = None
    columns: tuple[str, ...] | None = None  # to which a table was cut down; None: as it is
    masked: tuple[str, ...] = ()  # kinds of `masking` that were made marks in the text
    original_kept: bool = True  # whether the uploaded file is stored beside the text


# --- arms and plan ---------------------------------------------------------------------------


class Policy(StrEnum):
    """Reading policy (axis B): when the state is dropped while a document is read."""

    RESET = "reset"
    CARRY = "carry"
    WINDOW = "window"


class Preset(StrEnum):
    """Which two arms are compared; see SPEC section 2."""

    BEST_ZERO = "best_zero"
    MATCHED = "matched"
    PAPER = "paper"
    OPERATIONS = "operations"


class Depth(StrEnum):
    """How much of every document is read and scored."""

    QUICK = "quick"
    STANDARD = "standard"
    PRECISE = "precise"


class Arm(Frozen):
    """One side of a comparison: trained weights, and how they read a document."""

    name: str  # unique in a plan, such as "zero+reset:64"
    checkpoint: str  # shipped name, folder or hub id, as the worker loads it
    fingerprint: str  # SHA-256 over weights and configuration
    training_initialization: str  # zero, previous, zero_adapted
    training_length: int  # T, in tokens
    policy: Policy
    window: int | None = None  # W, in tokens; None for carry
    state_age: int | None = None  # longest state age met in training, in tokens, when known


STORED = {"stored": True}  # validation context: what an earlier version locked is read as it is
HIGHEST = {  # what a new rule may ask for at most
    "margin": 8.0,  # bits of one byte
    "short_margin": 8.0,
    "confidence": 0.999,  # beyond it the drawn splits of the units are too few for the level
    "maximum_slowdown": 1_000.0,
    "maximum_memory_ratio": 1_000.0,
    "review_margin": 0.5,  # beyond it no win rate could be too low
}
REVIEW_MARGIN = 0.10  # for good: a rule that asks for just this leaves it out of its JSON


def _is_absent(value: object) -> bool:
    return value is None


def _is_usual_margin(value: object) -> bool:
    return value == REVIEW_MARGIN


def _is_empty(value: object) -> bool:
    return value in ("", ())


Direction = Literal["at_least", "at_most"]


class Kpi(Frozen):
    """A figure of the business with its target; the actual one is entered after the run."""

    model_config = ConfigDict(allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=80)
    unit: str = Field(default="", max_length=20)
    target: float
    direction: Direction = "at_least"


MOST_KPIS = 5


class DecisionRule(Frozen):
    """What decides, fixed and hashed before results can be opened. Margins in bits per byte.

    Every number is finite: JSON has no infinity, and a rule must be read back as it was locked.
    A field that came later is left out of the JSON where it asks for nothing, as in `Plan`.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    primary_length: int
    margin: float = Field(default=0.02, ge=0)  # δ: an improvement smaller than this is not worth it
    short_length: int  # where non-inferiority is asked for: the training length
    short_margin: float = Field(default=0.02, ge=0)  # ε
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    maximum_slowdown: float = Field(default=1.25, gt=0)  # guardrail: time per token, B over A
    maximum_memory_ratio: float = Field(default=1.25, gt=0)  # guardrail: peak memory, B over A
    decider: str = ""
    date: str = ""
    # documents (or groups) that are to be scored; None: as few as can carry a verdict
    documents: int | None = Field(default=None, ge=1, le=1_000_000, exclude_if=_is_absent)
    kpis: tuple[Kpi, ...] = Field(default=(), max_length=MOST_KPIS, exclude_if=_is_empty)
    # how far below a half B's win rate in a blind review may lie and still be "not worse"
    review_margin: float = Field(default=REVIEW_MARGIN, ge=0, exclude_if=_is_usual_margin)

    @field_validator(*HIGHEST)
    @classmethod
    def _check_highest(cls, value: float, info: ValidationInfo) -> float:
        highest = HIGHEST[str(info.field_name)]
        if value > highest and info.context != STORED:
            raise PydanticKnownError("less_than_equal", {"le": highest})
        return value


class Amendment(Frozen):
    """A change of the locked rule; see `amendments`."""

    number: int
    before: DecisionRule
    rule: DecisionRule
    reason: str
    author: str
    made_at: str  # ISO 8601, UTC
    after_results: bool  # losses of the evaluation were stored already: it cannot decide
    previous: str  # hash of what it follows
    hash: str


class PerturbationKind(StrEnum):
    """How the documents of a re-run differ from those of its parent; see `perturbations`."""

    OCR = "ocr"
    DROPPED_LINES = "dropped_lines"
    DUPLICATED_LINES = "duplicated_lines"
    SHUFFLED_BLOCKS = "shuffled_blocks"
    CLOCK_SKEW = "clock_skew"
    TRUNCATED_HISTORY = "truncated_history"
    FOREIGN_SITE = "foreign_site"


class Perturbation(Frozen):
    """One typed disturbance. Which places it hits depends on the document's id and the seed only.

    strength: the largest error of the clock in hours for `clock_skew`, else the share of what
    could be hit (characters that can be confused, lines, blocks, the document's beginning, names).
    """

    model_config = ConfigDict(allow_inf_nan=False)

    kind: PerturbationKind
    strength: float = Field(gt=0, le=10_000)
    seed: int = Field(default=0, ge=0)
    donors: tuple[str, ...] = ()  # ids of another site's documents, for `foreign_site`

    @field_validator("strength")
    @classmethod
    def _check_share(cls, value: float, info: ValidationInfo) -> float:
        if info.data.get("kind") is not PerturbationKind.CLOCK_SKEW and value > 1:
            raise PydanticKnownError("less_than_equal", {"le": 1})
        return value


def _is_bytes(tokenizer: str) -> bool:
    return tokenizer == "bytes"


def _is_one(rows: int) -> bool:
    return rows == 1


class Canonical(Frozen):
    """What is computed at a time, in tokens: with the document it decides every bit of a loss.

    It follows from the plan alone, never from what is left to do or who else is computing.
    """

    chunk: int  # of one row in one pass
    tokens_at_once: int  # of all rows of one pass over blocks
    prefix_unit: int  # read on from one stored state to the next
    batch_tokens: int  # of blocks of one shape that are computed as one unit
    dtype: str


MOST_ROWS = 256  # documents that can be read side by side
COMPUTED_BY = "computed_by"  # name of the record that is stored with a finished task


class ComputedBy(Frozen):
    """What computed the losses of one document under one arm; equal identities, equal bits.

    identity: SHA-256, shortened, over all else here and the code that cuts the work.
    """

    identity: str
    device: str  # in plain words
    threads: int
    arithmetic: str  # such as the width of the processor's vectors; empty: nothing else decides
    versions: dict[str, str]


class Plan(Frozen):
    """Everything that is fixed before the first token of an evaluation is scored.

    A field that came later is left out of the JSON where it says what was always so (None, bytes,
    one row): the hashes of plans that were locked before it are over the JSON without it.
    """

    preset: Preset
    depth: Depth
    lengths: tuple[int, ...]  # context lengths, ascending, in tokens
    arms: tuple[Arm, ...]  # all cells that are scored
    baseline: tuple[str, ...]  # names of the ZERO arms among which the comparison's A is found
    candidate: str  # name of the PROPOSED arm B
    short_baseline: str  # ZERO arm for the short-text check
    calibration: tuple[str, ...] = ()  # ids of documents that only choose the ZERO policy
    rule: DecisionRule
    seed: int = 0
    versions: dict[str, str] = Field(default_factory=dict)
    # of all arms: bytes, or the SHA-256 of their tokenizer.json
    tokenizer: str = Field(default="bytes", exclude_if=_is_bytes)
    perturbation: Perturbation | None = Field(default=None, exclude_if=_is_absent)
    parent: str | None = Field(default=None, exclude_if=_is_absent)  # run that this one re-runs
    canonical: Canonical | None = Field(default=None, exclude_if=_is_absent)  # None: not recorded
    # of the rule that was locked on its own before, see `rules`; None: it is locked with the plan
    rule_hash: str | None = Field(default=None, exclude_if=_is_absent)
    # documents that one pass under carry has room for; how many it holds changes no bit
    rows: int = Field(default=1, ge=1, le=MOST_ROWS, exclude_if=_is_one)

    @property
    def unit(self) -> Literal["bytes", "tokens"]:
        """What the lengths of this plan count: tokens, which are bytes for the shipped models."""
        return "bytes" if self.tokenizer == "bytes" else "tokens"


class TokenMap(Frozen):
    """A document as a tokenizer read it: how many tokens, and the file that holds them."""

    count: int
    file: str  # SHA-256 in the store, see `tokens`


class RunDocument(Frozen):
    """A document's part in one run. Documents run in `order`, a seeded random order.

    `calibration` documents only choose the ZERO policy; `too_short` ones carry no length.
    """

    document: Document
    role: Literal["scored", "calibration", "too_short"]
    order: int
    tokens: TokenMap | None = None  # None: its tokens are its bytes

    @property
    def token_count(self) -> int:
        """Tokens of the whole document."""
        return self.document.bytes if self.tokens is None else self.tokens.count


# --- what is scored --------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """Tokens [start, stop) of a document."""

    start: int
    stop: int


@dataclass(frozen=True)
class InBytes:
    """The same places in UTF-8 bytes of the text."""

    spans: tuple[Span, ...]
    prefix: int


@dataclass(frozen=True)
class DocumentTargets:
    """The tokens of one document that every arm scores at every context length.

    `prefix` tokens from the start are read once under each arm's own policy as well (the
    cumulative and the by-position curve).
    """

    document: str
    spans: tuple[Span, ...]
    lengths: tuple[int, ...]  # context lengths that this document can carry
    prefix: int
    other_bytes: InBytes | None = None  # None: a token is a byte

    @property
    def in_bytes(self) -> InBytes:
        """Spans and prefix in bytes of the text."""
        return self.other_bytes or InBytes(self.spans, self.prefix)


@dataclass(frozen=True)
class Block:
    """One blank start: tokens [read_from, targets.stop) are read, those of `targets` scored."""

    read_from: int
    targets: Span


@dataclass(frozen=True)
class TokenLosses:
    """Losses of one document under one arm: the whole prefix, or the targets at one length.

    nll[i] is the loss, in nats, of the token at `positions[i]` (token offset in the document);
    token_bytes[i] its UTF-8 bytes in the stored text, byte_offsets[i] the first of them.
    """

    document: str
    arm: str
    context_length: int | None  # None: the prefix, read under the arm's policy
    positions: IntArray
    nll: NDArray[np.float32]
    token_bytes: IntArray
    byte_offsets: IntArray


# --- a run, as `evidence` reads it ------------------------------------------------------------


Status = Literal["queued", "running", "paused", "done", "failed", "cancelled"]
MOVING: tuple[Status, ...] = ("queued", "running", "paused")  # not ended yet


@dataclass(frozen=True)
class RunFacts:
    """What is known about an evaluation beside its plan and its losses."""

    run: str
    name: str
    created: str  # ISO 8601, UTC
    status: Status
    plan_hash: str
    locked_at: str  # ISO 8601, UTC
    device: str = ""


class RunLosses(Protocol):
    """Losses of the finished tasks of one run; None where a task has not (or not yet) ended.

    `context_length` is what the arm can use, as `targets.effective_context` gives it: a reset arm
    is never asked for more than its window.
    """

    def prefix(self, document: str, arm: str) -> TokenLosses | None:
        """The prefix of the document, read once under the arm's own policy."""

    def targets(self, document: str, arm: str, context_length: int) -> TokenLosses | None:
        """All targets of the document at one context length, in the order of the text."""


# --- the result ------------------------------------------------------------------------------


class CurveKind(StrEnum):
    """The three curves of SPEC section 3, and what resets do."""

    MATCHED = "matched"  # the same targets, more and more context
    PREFIX = "prefix"  # mean over everything up to a position (the paper's perplexity)
    POSITION = "position"  # mean inside a log-spaced bucket of positions
    PLACE = "place"  # by place in the window of the reset arm that is compared, if one is


class CurvePoint(Frozen):
    """One point of one curve, pooled over documents, with its interval by document."""

    kind: CurveKind
    arm: str
    context_length: int  # tokens; for `position` and `place` the upper edge of the bucket
    bits_per_byte: float
    perplexity: float
    ci_low: float | None  # None: fewer than six documents
    ci_high: float | None
    documents: int
    target_bytes: int
    target_hash: str
    # tokens that the targets had really read since the last blank state; None: not stored yet, or
    # `place`, where a reset arm has read as many as the place says
    context_mean: float | None = None
    context_min: int | None = None
    context_max: int | None = None


class Contrast(Frozen):
    """A paired difference B - A in bits per byte; negative favours B.

    `ci_low, ci_high` belong to this contrast alone; `band_low, band_high` hold for all context
    lengths of the two arms at once. `groups` is the number of declared groups, where documents
    were counted by group. `macro` is the mean of the units' own differences, where a long document
    counts as much as a short one. `holm_p_value` is set where the contrast is one of several beside
    the one that decides.
    """

    arm_a: str
    arm_b: str
    context_length: int
    delta_bits_per_byte: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    method: str  # flips_and_bootstrap, block_bootstrap, confidence_sequence, none; once also
    # bca_bootstrap and sign_flip
    documents: int
    groups: int | None = None
    band_low: float | None = None
    band_high: float | None = None
    macro: float | None = None
    macro_low: float | None = None
    macro_high: float | None = None
    holm_p_value: float | None = None


class ComparisonRecord(Frozen):
    """The contrast that decides."""

    preset: Preset
    primary_length: int
    arm_a: str
    arm_b: str
    delta_bits_per_byte: float | None
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    method: str
    documents: int
    groups: int | None = None
    macro: float | None = None
    macro_low: float | None = None
    macro_high: float | None = None


class Check(Frozen):
    """One validity check; a failed one withholds the verdict, a warning only forbids Go."""

    check: str
    passed: bool
    value: Any = None
    warning: bool = False


class Outcome(StrEnum):
    """What the locked rule says."""

    GO = "go"
    CONDITIONAL = "conditional"
    NO_GO = "no_go"
    UNDECIDED = "undecided"
    WITHHELD = "withheld"


class Reason(Frozen):
    """Why: a wording key and its values, so that every language says the same."""

    key: str
    values: dict[str, Any] = Field(default_factory=dict)


class Criterion(Frozen):
    """One row of the criteria table: what was asked, what came out."""

    key: str  # wording key of the criterion
    target: float | None
    actual: float | None
    unit: str
    mark: Literal["met", "open", "missed"]  # ○ △ ×
    low: float | None = None  # interval of `actual`, where the mark comes from one
    high: float | None = None
    # of a business KPI alone: what the user calls it, and on which side of the target it is met
    name: str = Field(default="", exclude_if=_is_empty)
    direction: Direction | None = Field(default=None, exclude_if=_is_absent)


class Verdict(Frozen):
    """Outcome of the decision rule with its reason in both languages."""

    outcome: Outcome
    reason: Reason
    documents_needed: int | None = None
    criteria: tuple[Criterion, ...] = ()


class Detectable(Frozen):
    """The smallest detectable effect: found below -δ in 80 of 100 evaluations of `units`."""

    units: int  # documents or groups that are scored
    effect: float  # how far below -δ the truth lies, bits per byte


class Effects(Frozen):
    """The 2x2 at the primary length: total = training + reading + interaction."""

    training: Contrast | None
    reading: Contrast | None
    interaction: Contrast | None
    total: Contrast | None


@dataclass(frozen=True)
class Timing:
    """What one unit of a document's start took under one arm: the same tokens for all arms."""

    document: str
    arm: str
    unit: int
    device: str  # in plain words; times of two devices are not compared
    seconds: float
    source: str = ""  # the run in which it was measured; nor are times of two runs


class Speed(Frozen):
    """Measured while the evaluation ran."""

    arm: str
    tokens_per_second: float
    peak_memory_bytes: int


class NotFinite(Frozen):
    """Where an arm first met NaN or an infinity in a document, which is then left out."""

    arm: str
    unit: int  # of the task: chunk of the prefix, then batches of blocks
    position: int  # token, from the document's start
    layer: int | None  # the first whose state was hit, from 0; None: none that is remembered


class DocumentResult(Frozen):
    """One row of the table by document, at the primary length."""

    id: str
    name: str
    bytes: int
    encoding: str
    role: Literal["scored", "calibration", "too_short"]
    columns: tuple[str, ...] | None = None  # as of `Document`
    masked: tuple[str, ...] = ()
    group: str | None = None
    target_bytes: int = 0
    prefix_tokens: int = 0  # tokens read from the start
    prefix_bytes: int | None = None  # the same in bytes, of all `bytes`; None: not stored yet
    spans: tuple[tuple[int, int], ...] = ()  # the targets, in bytes of the text
    arm_a: float | None = None  # bits per byte
    arm_b: float | None = None
    delta: float | None = None
    not_finite: tuple[NotFinite, ...] = ()  # one per arm that it happened to


class DocumentCurve(Frozen):
    """One curve of one document under A or B: no interval, it is one text.

    Lengths as in `CurvePoint`, in tokens; values with six digits behind the point.
    """

    document: str  # its id
    arm: str
    kind: CurveKind
    lengths: tuple[int, ...]
    bits_per_byte: tuple[float, ...]
    perplexity: tuple[float, ...]  # per token
    target_bytes: tuple[int, ...]


class Extension(StrEnum):
    """How the loss of one arm goes on beyond its training length; see `extension`."""

    FAILS = "fails"
    WEAK = "weak"
    MONOTONE = "monotone"
    STRONG = "strong"
    CANNOT_TELL = "cannot_tell"


class ExtensionClass(Frozen):
    """What an arm's curve shows beyond the training length T, with the tests behind it.

    `changes[i]` is L(lengths[i + 1]) - L(T) in bits per byte on the same targets; negative where
    reading further helps. p-values are one-sided, see `extension`.
    """

    arm: str
    extension: Extension
    reason: Literal["tested", "few_units", "no_longer_length"]
    lengths: tuple[int, ...]  # compared, in tokens: T, then what lies beyond
    units: int  # documents or groups that carry all of them
    changes: tuple[float, ...] = ()
    p_worse: tuple[float, ...] = ()  # of a change of epsilon at most; for all lengths at once
    p_within: tuple[float, ...] = ()  # of a change of epsilon at least; each by itself
    p_rise: tuple[float, ...] = ()  # of no rise from the length before; for all steps at once
    p_better: float | None = None  # of less than delta gained at the longest length


class Baselines(Frozen):
    """Simple models of the same documents, in bits per byte.

    Fitted on the first half of the prefix that was read, scored on its second half.
    """

    unigram: float
    order2: float


class SensitiveTokens(Frozen):
    """Both arms on the context-sensitive tokens that one side chose, in bits per byte."""

    chosen_by: Literal["a", "b", "both"]  # A's checkpoint, B's, or the mean of both
    tokens: int
    documents: int  # or groups, with at least one such token
    arm_a: float
    arm_b: float
    delta_bits_per_byte: float | None
    ci_low: float | None
    ci_high: float | None


class ContextSensitive(Frozen):
    """Loss on tokens whose loss falls by more than `drop` nats with context; see `sensitive`."""

    drop: float
    shortest: int  # context lengths between which the drop is taken, of any document
    longest: int
    targets: int  # among which they were chosen
    sets: tuple[SensitiveTokens, ...]  # empty: no token is one


class ReviewerResult(Frozen):
    """One person's part in a blind review."""

    reviewer: str
    votes: int
    win_rate: float  # of B, ties half
    wins_a: int
    wins_b: int
    same: int
    both_bad: int


class ReviewSummary(Frozen):
    """What the finished reviewers of an evaluation said; see `blind_review`."""

    arm_a: str
    arm_b: str
    win_rate: float  # of B over all votes; same and both bad count half
    ci_low: float | None  # None: too few documents for an interval
    ci_high: float | None
    confidence: float
    votes: int
    points: int  # different ones that were voted on
    documents: int
    groups: int | None  # where documents were counted by group
    units: int  # documents or groups: what the interval rests on
    wins_a: int
    wins_b: int
    same: int
    both_bad: int
    wrong_a: int  # votes that found wrong information in what A wrote
    wrong_b: int
    wrong_answers: int  # votes that say whether there is any; the others say nothing about it
    identical: int  # points that nobody was shown: both wrote the same
    alpha: float | None  # agreement; None: no point has two votes, or all votes are alike
    reviewers: tuple[ReviewerResult, ...]


class RuleLock(Frozen):
    """The rule that was locked before the evaluation was begun, and how early that was.

    stage: `before_documents`, before any of its documents had been put in; `before_results`,
    before any of them had been scored in any evaluation; else `after_results`.
    """

    name: str
    rule_hash: str
    locked_at: str  # ISO 8601, UTC
    stage: Literal["before_documents", "before_results", "after_results"]


class KpiActual(Frozen):
    """What somebody entered for a figure of the business, the last time."""

    name: str
    actual: float
    author: str
    entered_at: str  # ISO 8601, UTC
    is_late: bool = False  # asked for by an amendment after the results alone: decides nothing


class Snapshot(Frozen):
    """Everything a page, a command or a report says about one evaluation, computed once."""

    run: str
    name: str
    created: str  # ISO 8601, UTC
    status: Status
    plan: Plan
    plan_hash: str
    locked_at: str
    documents: tuple[DocumentResult, ...]
    curve: tuple[CurvePoint, ...]
    comparison: ComparisonRecord
    contrasts: tuple[Contrast, ...]  # B against every ZERO arm, at every length
    calibration: dict[str, float]  # ZERO arm -> bits per byte on the calibration documents
    validity: tuple[Check, ...]
    verdict: Verdict
    effects: Effects
    speed: tuple[Speed, ...]
    baselines: Baselines | None
    device: str
    computed_by: tuple[ComputedBy, ...] = ()  # each that took part; empty: none was kept
    document_curves: tuple[DocumentCurve, ...] = ()
    extension: tuple[ExtensionClass, ...] = ()
    detectable: tuple[Detectable, ...] = ()  # with the units there are, and with usual numbers
    context_sensitive: ContextSensitive | None = None  # None: not finished, or not computed then
    amendments: tuple[Amendment, ...] = ()
    amended_verdict: Verdict | None = None  # of the last rule made when results could be seen
    erased: tuple[str, ...] = ()  # ids of its documents whose text and losses were erased since
    review: ReviewSummary | None = None  # as it stands now, never stored; None: nobody finished one
    rule_lock: RuleLock | None = None  # None: the rule was locked with the plan
    kpi_actuals: tuple[KpiActual, ...] = ()  # of the entries there are now: never stored

    @property
    def compared(self) -> tuple[DocumentResult, ...]:
        """The documents that the difference rests on: scored, and under both arms.

        Documents that only chose A have figures as well; they count in no statement about B.
        """
        return tuple(d for d in self.documents if d.role == "scored" and d.delta is not None)
