"""What a memo says, without a format: every number of a snapshot turned into text exactly once.

In reading order: `Memo` and its parts (sections in the order of a Japanese decision memo),
`memo` (snapshot and what people added -> Memo), `automatic` (the texts that people may replace, as
the numbers make them), and below it one function per section. Every format prints these texts;
none of them formats a number of its own.

A withheld verdict says which check failed and carries no result; a quick or unfinished run is
stamped. Texts from users (names) are made printable and shortened here; they stay plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from evaluations.additions import NOTHING, Added, Approval, Edit, Entered, Risk, Step
from evaluations.charts import (
    OPEN,
    arm_of,
    bits_at_primary,
    curve_points,
    curve_title,
    difference_band,
    interval_finding,
    one_checkpoint,
    policy_words,
    scope,
    short_arm_words,
    shortened,
    side_name,
)
from evaluations.documents.masking import KINDS
from evaluations.findings import FileResult, by_file, failed_words, parts_of, reason_of
from evaluations.fonts import printable
from evaluations.kpis import late_kpis, mark_of
from evaluations.money import NO_INPUTS, MoneyInputs
from evaluations.numbers import apart, interval, length, percent, plain, signed, way
from evaluations.paired import minimum_units
from evaluations.read_share import read_share
from evaluations.records import (
    MOVING,
    Amendment,
    Arm,
    ComparisonRecord,
    Contrast,
    Criterion,
    CurveKind,
    DecisionRule,
    Depth,
    DocumentResult,
    ExtensionClass,
    Kpi,
    Outcome,
    Preset,
    ReviewSummary,
    Snapshot,
    Speed,
)
from evaluations.reports.money import MoneySheet, money_line, money_sheet
from evaluations.validity import BETTER_THAN_ORDER2, BETTER_THAN_UNIGRAM, found_unknown
from evaluations.verdict import DOCUMENTS, MEMORY, PRIMARY, SHORT, SLOWDOWN, review_limit
from evaluations.wording import CATALOGUE, Language, say
from longssm_core.records import shipped_checkpoints

MARKS = {"met": "○", "open": "△", "missed": "×"}
CRITERIA_SHOWN = 9
FAILURES_SHOWN = 6
NAMES_SHOWN = 3
RISKS_SHOWN = 3
FILES_NAMED = 2  # of each direction, in a sentence
FILE_COLUMNS = 28  # of a file's name in a sentence
FEW_DOCUMENTS = 20  # below it the interval rests on the exact test
FOOT_COLUMNS = {"checkpoints": 160, "versions": 160, "method": 120, "extension": 160, "rows": 160}
GUARDRAILS = (SHORT, SLOWDOWN, MEMORY)
FINAL = frozenset({"done", "failed"})
# of a target
BOUND = {"bits_per_byte": "< ", "ratio": "≤ ", "documents": "≥ ", "count": "", "share": "> "}


@dataclass(frozen=True)
class Line:
    """A label and what stands beside it."""

    label: str
    value: str


@dataclass(frozen=True)
class CriterionRow:
    """One row of the criteria table."""

    criterion: str
    target: str
    actual: str
    mark: str  # ○ △ ×
    meaning: str  # the mark in words


@dataclass(frozen=True)
class CurveTable:
    """The chart as a table: a head, and a row per context length."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    primary: int | None  # the row that decides


@dataclass(frozen=True)
class Memo:
    """One page for the person who decides, conclusion first."""

    language: Language
    title: str
    stamp: str | None
    date: str
    decision_date: str  # as the rule says it; empty: not set
    addressee: str
    drafter: str  # who wrote the texts of this edition last; empty: nobody did
    subject: str
    request: str
    outcome: Outcome
    verdict: str
    tendency: str  # which way the difference points, in words; empty: withheld, or no difference
    caution: str  # that the models do not know the text; empty: they do, or it was not asked
    reason: str
    sides: str  # how A and B read, in words; empty: the verdict is withheld
    recommendation: str
    # under a recommendation that people wrote, what the rule concludes; none: nobody did
    by_rule: tuple[Line, ...]
    criteria: tuple[CriterionRow, ...]
    failures: tuple[str, ...]  # of validity checks, when the verdict is withheld
    curve_title: str
    curve_note: str
    curve: CurveTable | None  # None: the verdict is withheld, or nothing has been scored
    comparison: tuple[Line, ...]
    effects: tuple[Line, ...]
    split: str  # the 2×2 in a sentence, from another A than page 1's; empty: withheld
    money: MoneySheet | None  # None: nobody entered assumptions
    risks: tuple[Risk, ...]
    steps: tuple[Step, ...]
    approvals: tuple[Approval, ...]
    # part, as `Edit` calls it -> what follows its heading: empty, or that people wrote it
    written: dict[str, str]
    reproducibility: tuple[Line, ...]
    review: tuple[Line, ...] = ()  # empty: nobody has finished a blind review, or it is withheld


def memo(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> Memo:
    """The memo of an evaluation: its numbers from the snapshot alone, with what people added."""
    withheld = snapshot.verdict.outcome is Outcome.WITHHELD
    edited = added.edits.get(language)
    assumptions = added.money.value if added.money is not None else NO_INPUTS
    texts = shown_texts(snapshot, language, edited.value if edited is not None else Edit())
    return Memo(
        language=language,
        title=say("reports.title", language),
        stamp=_stamp(snapshot, language),
        date=_date(snapshot.created, added.zone, language),
        decision_date=user_text(snapshot.plan.rule.date, 24),
        addressee=user_text(snapshot.plan.rule.decider, 40),
        drafter=user_text(edited.author, 24) if edited is not None and edited.value.parts else "",
        subject=texts.subject,
        request=texts.request,
        outcome=snapshot.verdict.outcome,
        verdict=say(f"results.outcome.{snapshot.verdict.outcome.value}", language),
        tendency="" if withheld else _tendency(snapshot, language),
        caution=caution(snapshot, language),
        reason=_reason(snapshot, language),
        sides="" if withheld else sides_words(snapshot, language),
        recommendation=texts.recommendation,
        by_rule=_by_rule(snapshot, edited, language),
        criteria=_criteria(snapshot, language),
        failures=_failures(snapshot, language) if withheld else (),
        curve_title=curve_title(snapshot, language),
        curve_note=_curve_note(snapshot, language),
        curve=None if withheld else _curve_table(snapshot, language),
        comparison=_comparison(snapshot, added.zone, language),
        split="" if withheld else _split(snapshot, language),
        effects=() if withheld else _effects(snapshot, assumptions, language),
        money=None if added.money is None else money_sheet(snapshot, assumptions, language),
        risks=texts.risks,
        steps=texts.steps,
        approvals=texts.approvals,
        written=_written(edited, language),
        reproducibility=(
            *_entered(added, language),
            *_reproducibility(snapshot, added.zone, language),
            *_amendments(snapshot, added.zone, language),
            *_kpis(snapshot, added.zone, language),
            *_erased(snapshot, language),
        ),
        review=() if withheld else review_lines(snapshot, language),
    )


# --- what people may replace -----------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    """The texts of a memo that people may replace."""

    subject: str
    request: str
    recommendation: str
    risks: tuple[Risk, ...]
    steps: tuple[Step, ...]
    approvals: tuple[Approval, ...]


def automatic(snapshot: Snapshot, language: Language) -> Texts:
    """As the numbers of this snapshot make them: what a form begins with."""
    case = _case(snapshot)
    names = _names(snapshot, language)
    return Texts(
        subject=_subject(snapshot, language),
        request=say(f"reports.request.{case}", language, **names),
        recommendation=_recommendation(snapshot, case, language),
        risks=_risks(snapshot, language),
        steps=tuple(
            Step(say(f"reports.step.{_steps_of(case)}.{i}", language, **names)) for i in (1, 2, 3)
        ),
        approvals=tuple(Approval(say(f"reports.approval.{i}", language)) for i in (1, 2, 3, 4)),
    )


def shown_texts(snapshot: Snapshot, language: Language, edit: Edit) -> Texts:
    """What people wrote, in one line each and printable; elsewhere what the numbers make."""
    made = automatic(snapshot, language)
    return Texts(
        subject=_own(edit.subject, made.subject),
        request=_own(edit.request, made.request),
        recommendation=_own(edit.recommendation, made.recommendation),
        risks=made.risks
        if edit.risks is None
        else tuple(Risk(_line(one.risk), _line(one.measure)) for one in edit.risks),
        steps=made.steps
        if edit.steps is None
        else tuple(Step(_line(one.action), _line(one.due), _line(one.owner)) for one in edit.steps),
        approvals=made.approvals
        if edit.approvals is None
        else tuple(Approval(_line(one.role), _line(one.name)) for one in edit.approvals),
    )


def _own(written: str | None, made: str) -> str:
    return made if written is None else _line(written)


def _line(text: str) -> str:
    """A user's text, printable and in one line, as long as it is."""
    return " ".join(printable(text).split())


def _recommendation(snapshot: Snapshot, case: str, language: Language) -> str:
    comparison = snapshot.comparison
    return say(
        f"reports.recommendation.{case}",
        language,
        **_names(snapshot, language),
        length=length(comparison.primary_length),
        unit=snapshot.plan.unit,
        difference=_difference(comparison, language),
        margin=signed(-snapshot.plan.rule.margin),
        failed=sum(not check.passed and not check.warning for check in snapshot.validity),
        documents=comparison.documents,
    )


def _written(edited: Entered[Edit] | None, language: Language) -> dict[str, str]:
    """For every part that could be replaced, the mark that it was."""
    parts = edited.value.parts if edited is not None else ()
    mark = say("reports.written", language)
    return {name: mark if name in parts else "" for name in Edit.model_fields}


def _by_rule(
    snapshot: Snapshot, edited: Entered[Edit] | None, language: Language
) -> tuple[Line, ...]:
    """The conclusion by the rule, beside a recommendation of people's own.

    It is a free text: whether it departs from the conclusion only its reader can tell, so both
    always stand side by side.
    """
    if edited is None or edited.value.recommendation is None:
        return ()
    verdict = say(f"results.outcome.{snapshot.verdict.outcome.value}", language)
    value = say("reports.by_rule.text", language, verdict=verdict)
    return (Line(say("reports.by_rule", language), value),)


def _entered(added: Added, language: Language) -> tuple[Line, ...]:
    """Which entries went into this memo: when, by whom, what."""
    return (
        Line(say("reports.written.foot", language), _edited(added, language)),
        *_assumed(added, language),
    )


def _edited(added: Added, language: Language) -> str:
    own = added.edits.get(language)
    if own is not None and own.value.parts:
        words = [say(f"reports.written.part.{part}", language) for part in own.value.parts]
        parts = say("reports.comma", language).join(words)
        return say("reports.written.by", language, **_who(own, added.zone, language), parts=parts)
    for other, entered in added.edits.items():
        if other != language and entered.value.parts:
            name = say(f"reports.written.in.{other}", language)
            moment = _moment(entered.at.isoformat(), added.zone)
            return say("reports.written.other", language, edition=name, moment=moment)
    return say("reports.written.none", language)


def _assumed(added: Added, language: Language) -> tuple[Line, ...]:
    if added.money is None:
        return ()
    value = say("reports.written.money.by", language, **_who(added.money, added.zone, language))
    return (Line(say("reports.written.money", language), value),)


def _who(entered: Entered[Any], zone: str, language: Language) -> dict[str, str]:
    author = user_text(entered.author, 40) or say("reports.written.nobody", language)
    return {"moment": _moment(entered.at.isoformat(), zone), "author": author}


# --- head ------------------------------------------------------------------------------------


def _case(snapshot: Snapshot) -> str:
    """What is asked for: the outcome, unless the run cannot carry a decision at all.

    Where the models do not know the text, Go is out of reach for every further run of this pair:
    then a pair of one's own is asked for first. A quick run may say No-Go and nothing else.
    """
    verdict = snapshot.verdict
    if verdict.outcome is Outcome.WITHHELD:
        return (
            "withheld_unknown"
            if found_unknown(snapshot.validity, BETTER_THAN_UNIGRAM)
            else "withheld"
        )
    if snapshot.status not in FINAL:
        return _standing(snapshot)
    if snapshot.plan.perturbation is not None:
        return "perturbed"
    if found_unknown(snapshot.validity, BETTER_THAN_ORDER2):
        return "unknown_no_go" if verdict.outcome is Outcome.NO_GO else "unknown"
    if snapshot.plan.depth is Depth.QUICK and verdict.outcome is not Outcome.NO_GO:
        return "quick"
    if verdict.outcome is not Outcome.UNDECIDED:
        return verdict.outcome.value
    if verdict.reason.key.startswith("results.reason.undecided.too_close"):
        return "too_close"
    return "undecided" if verdict.documents_needed else "open"


def _standing(snapshot: Snapshot) -> str:
    """Why an evaluation without its end has none: it was cancelled, or it goes on."""
    return "cancelled" if snapshot.status == "cancelled" else "unfinished"


def _steps_of(case: str) -> str:
    """Which next steps a case has: wherever the text is unknown, those to a pair of one's own."""
    return "unknown" if "unknown" in case else case


def _stamp(snapshot: Snapshot, language: Language) -> str | None:
    if snapshot.plan.perturbation is not None:
        return say("reports.stamp.perturbed", language)
    if snapshot.plan.depth is Depth.QUICK:
        is_no_go = snapshot.verdict.outcome is Outcome.NO_GO
        return say(f"reports.stamp.quick{'.no_go' if is_no_go else ''}", language)
    if snapshot.status not in FINAL:
        return say(f"reports.stamp.{_standing(snapshot)}", language)
    return None


def _names(snapshot: Snapshot, language: Language) -> dict[str, Any]:
    needed = snapshot.verdict.documents_needed
    left = [one.mark for one in snapshot.verdict.criteria if one.mark != "met"]
    return {
        "a": side_name(snapshot, "a", language, "short"),
        "b": side_name(snapshot, "b", language, "short"),
        "more": say("reports.more", language, documents=needed) if needed else "",
        "open": len(left),
        "signs": "/".join(MARKS[mark] for mark in ("open", "missed") if mark in left),
    }


def _subject(snapshot: Snapshot, language: Language) -> str:
    kind = "reading" if one_checkpoint(snapshot) else "training"
    return say(f"reports.subject.{kind}", language, name=user_text(snapshot.name, 64))


def _reason(snapshot: Snapshot, language: Language) -> str:
    reason = reason_of(snapshot.verdict, snapshot.validity)
    return printable(say(reason.key, language, **reason.values))


def reason_in_words(snapshot: Snapshot, language: Language) -> str:
    """The reason without the sentence of figures: they stand beside it."""
    reason = reason_of(snapshot.verdict, snapshot.validity)
    key = reason.key.replace("results.reason.", "results.in_words.")
    if key not in CATALOGUE:
        return _reason(snapshot, language)
    return printable(say(key, language, **reason.values))


def caution(snapshot: Snapshot, language: Language) -> str:
    """That a verdict was reached with models that do not know the text; whose they are.

    Empty where they know it, where it was not asked, and where there is no verdict: what withholds
    it is its reason, and while an evaluation runs nothing is settled.
    """
    unknown = any(
        found_unknown(snapshot.validity, name) for name in (BETTER_THAN_UNIGRAM, BETTER_THAN_ORDER2)
    )
    if not unknown or snapshot.verdict.outcome is Outcome.WITHHELD or snapshot.status in MOVING:
        return ""
    names = (snapshot.comparison.arm_a, snapshot.comparison.arm_b)
    arms = [arm for name in names if (arm := arm_of(snapshot, name)) is not None]
    is_shipped = {arm.checkpoint for arm in arms} <= set(shipped_checkpoints())
    return say(f"reports.caution.{'shipped' if is_shipped else 'own'}", language)


def _tendency(snapshot: Snapshot, language: Language) -> str:
    """Who is better and by how much, in words: a sign alone is read the wrong way.

    Where files point in opposite directions, which do: one figure for all would hide it.
    """
    result = snapshot.comparison
    a = bits_at_primary(snapshot, result.arm_a)
    if result.delta_bits_per_byte is None or not a:
        return ""
    way, share = apart(result.delta_bits_per_byte / a)
    finding = say(
        f"reports.tendency.{way}",
        language,
        b=side_name(snapshot, "b", language, "short"),
        share=share,
    )
    said = say(f"reports.tendency.{_settled(snapshot)}", language, finding=finding)
    opposite = opposite_words(by_file(snapshot.compared), language)
    whole = ("" if language == "ja" else " ").join(filter(None, (said, opposite)))
    return whole[0].upper() + whole[1:]


def opposite_words(files: Sequence[FileResult], language: Language) -> str:
    """That files point in opposite directions, and which; empty: they do not.

    A file whose difference is printed as zero points nowhere.

    Args:
        files: as of `by_file`.
    """
    worse = [one.file for one in files if way(one.delta) == "worse"]
    better = [one.file for one in reversed(files) if way(one.delta) == "better"]
    if not worse or not better:
        return ""
    named = {"better": _named(better, language), "worse": _named(worse, language)}
    return say("results.files.opposite", language, **named)


def _named(files: Sequence[str], language: Language) -> str:
    """The first names, and how many more there are."""
    shown = [user_text(name, FILE_COLUMNS) for name in files[:FILES_NAMED]]
    named = say("reports.comma", language).join(shown)
    left = len(files) - len(shown)
    return say("results.files.more", language, files=named, n=left) if left else named


def _settled(snapshot: Snapshot) -> str:
    """How far a tendency is settled: `shown`, or why it is not."""
    result = snapshot.comparison
    if interval_finding(result.ci_low, result.ci_high) in OPEN:
        return "open"
    if snapshot.verdict.outcome is not Outcome.UNDECIDED:
        return "shown"
    return "quick" if snapshot.plan.depth is Depth.QUICK else "undecided"


def sides_words(snapshot: Snapshot, language: Language) -> str:
    """How each side reads, in words."""
    names = {"a": snapshot.comparison.arm_a, "b": snapshot.comparison.arm_b}
    arms = {side: arm_of(snapshot, name) for side, name in names.items()}
    policies = {
        side: say("reports.unknown", language)
        if arm is None
        else policy_words(arm, language, snapshot.plan.unit)
        for side, arm in arms.items()
    }
    return say("reports.sides", language, **policies)


def _date(moment: str, zone: str, language: Language) -> str:
    at = _local(moment, zone)
    if language == "ja":
        return f"{at.year}年{at.month}月{at.day}日（{_zone_words(at)}）"
    return f"{at.day} {at:%B} {at.year} ({_zone_words(at)})"


def _moment(moment: str, zone: str) -> str:
    """`2026-11-24 14:12 JST`: in the reader's time zone, which is named."""
    at = _local(moment, zone)
    return f"{at:%Y-%m-%d %H:%M} {_zone_words(at)}"


def _local(moment: str, zone: str) -> datetime:
    # UTC is known where a machine has no table of time zones
    return datetime.fromisoformat(moment).astimezone(UTC if zone == "UTC" else ZoneInfo(zone))


def _zone_words(at: datetime) -> str:
    """`UTC`, `JST`, and `UTC+03` where the zone has no letters of its own."""
    name = at.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


# --- criteria --------------------------------------------------------------------------------


def _criteria(snapshot: Snapshot, language: Language) -> tuple[CriterionRow, ...]:
    """Rows of the table; where there are too many, what is missed comes first."""
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return ()
    criteria = list(snapshot.verdict.criteria)
    if len(criteria) > CRITERIA_SHOWN:
        criteria.sort(key=lambda criterion: ("missed", "open", "met").index(criterion.mark))
    rows = [_criterion(criterion, snapshot, language) for criterion in criteria[:CRITERIA_SHOWN]]
    left = len(criteria) - len(rows)
    if left > 0:
        rows.append(CriterionRow(say("reports.criteria.more", language, n=left), "", "", "", ""))
    return tuple(rows)


def _criterion(criterion: Criterion, snapshot: Snapshot, language: Language) -> CriterionRow:
    rule = snapshot.plan.rule
    at = {PRIMARY: rule.primary_length, SHORT: rule.short_length}.get(criterion.key)
    bound = bound_of(criterion)
    if criterion.direction is not None:
        criterion = criterion.model_copy(update={"unit": user_text(criterion.unit, 12)})
    named = f"{say('reports.colon', language)}{user_text(criterion.name, 40)}"
    return CriterionRow(
        criterion=say(criterion.key, language)
        + (named if criterion.name else "")
        + (_at(snapshot, at, criterion.key, language) if at is not None else "")
        + (_cut(snapshot, language) if criterion.key == DOCUMENTS else ""),
        target=bound + _with_unit(criterion.target, criterion.unit, language, bool(criterion.name)),
        actual=_actual(criterion, snapshot, language),
        mark=MARKS[criterion.mark],
        meaning=say(f"reports.mark.{criterion.mark}", language),
    )


def missed_words(snapshot: Snapshot, language: Language) -> str:
    """Why a missed guardrail is no No-Go in a quick run; empty: it is one, or none is missed."""
    verdict = snapshot.verdict
    missed = any(one.mark == "missed" for one in verdict.criteria if one.key in GUARDRAILS)
    is_quick = verdict.reason.key.startswith("results.reason.undecided.quick")
    return say("results.missed.quick", language) if missed and is_quick else ""


def _at(snapshot: Snapshot, at: int, key: str, language: Language) -> str:
    """At which length; for short texts also against which arm, where it is another one than A."""
    rival = _short_rival(snapshot, language) if key == SHORT else ""
    unit = snapshot.plan.unit
    if rival:
        return say("reports.criteria.against", language, length=length(at), unit=unit, arm=rival)
    return say("reports.criteria.at", language, length=length(at), unit=unit)


def _cut(snapshot: Snapshot, language: Language) -> str:
    """Of how many files the documents are parts, where some are."""
    found = parts_of(one.name for one in snapshot.compared)
    if found is None:
        return ""
    return say("reports.criteria.cut", language, n=found.parts, files=found.files)


def _short_rival(snapshot: Snapshot, language: Language) -> str:
    """With what short texts are compared, where it is not the comparison's A; else empty."""
    arm = arm_of(snapshot, snapshot.plan.short_baseline)
    if arm is None or arm.name == snapshot.comparison.arm_a:
        return ""
    return short_arm_words(arm, snapshot, language)


def _actual(criterion: Criterion, snapshot: Snapshot, language: Language) -> str:
    """What came out: the bound that decides, and beside it the value that stands elsewhere."""
    is_users = bool(criterion.name)
    shown = _with_unit(criterion.actual, criterion.unit, language, is_users)
    if criterion.actual is None or is_users:
        return shown
    if criterion.unit == "share":
        return say("reports.actual.lower", language, bound=shown)
    if criterion.unit == "ratio" and criterion.low is not None and criterion.high is not None:
        ends = {"low": plain(criterion.low, 2), "high": plain(criterion.high, 2)}
        return say("reports.actual.ratio", language, value=plain(criterion.actual, 2), **ends)
    if criterion.unit != "bits_per_byte":
        return shown
    found = _bounded_by(criterion, snapshot)
    if found is None or found.delta_bits_per_byte is None:
        return say("reports.actual.upper", language, bound=shown)
    delta = signed(found.delta_bits_per_byte)
    return say("reports.actual.both", language, delta=delta, bound=shown)


def _bounded_by(criterion: Criterion, snapshot: Snapshot) -> Contrast | None:
    """The contrast whose upper bound a criterion names."""
    rule, plan = snapshot.plan.rule, snapshot.plan
    is_short = criterion.key == SHORT
    at = rule.short_length if is_short else rule.primary_length
    rivals = (plan.short_baseline,) if is_short else (snapshot.comparison.arm_a, *plan.baseline)
    found = [
        one
        for rival in rivals
        for one in snapshot.contrasts
        if (one.arm_a, one.arm_b, one.context_length) == (rival, plan.candidate, at)
    ]
    return next((one for one in found if one.ci_high == criterion.actual), None)


def bound_of(criterion: Criterion) -> str:
    """On which side of its target a criterion is met: `< `, `≤ `, `≥ `, `> `; empty: at it."""
    if criterion.direction is not None:
        return "≥ " if criterion.direction == "at_least" else "≤ "
    return BOUND.get(criterion.unit, "")


def mark_words(criterion: Criterion, language: Language) -> str:
    """`○ 達成`, `△ open`."""
    meaning = say(f"reports.mark.{criterion.mark}", language)
    return f"{MARKS[criterion.mark]} {meaning}"


def _with_unit(value: float | None, unit: str, language: Language, is_users: bool = False) -> str:
    """The value as it is printed, with what it counts.

    Args:
        is_users: the unit is a user's own word, whatever it says.
    """
    if value is None:
        return say("reports.unknown", language)
    if is_users:
        return f"{value:,g} {unit}".replace("-", "−").strip()
    key = f"reports.unit.{unit}"
    shown = {
        "bits_per_byte": signed(value),
        "ratio": plain(value, 2),
        "share": f"{round(100 * value, 1):g}",
    }.get(unit, f"{value:,g}".replace("-", "−"))
    return say(key, language, value=shown) if key in CATALOGUE else f"{shown} {unit}".strip()


def _failures(snapshot: Snapshot, language: Language) -> tuple[str, ...]:
    """The failed checks, in words."""
    failed = [check for check in snapshot.validity if not check.passed and not check.warning]
    words = [
        say(
            "reports.failure",
            language,
            found=failed_words(check, language),
            action=say(f"results.check.{check.check}.action", language),
        )
        for check in failed[:FAILURES_SHOWN]
    ]
    if len(failed) > len(words):
        words.append(say("reports.failures.more", language, n=len(failed) - len(words)))
    return tuple(words)


# --- curve -----------------------------------------------------------------------------------


def _curve_note(snapshot: Snapshot, language: Language) -> str:
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return ""
    confidence = f"{100 * snapshot.plan.rule.confidence:g}"
    banded = bool(difference_band(snapshot))
    note = say(
        f"reports.curve.note.{'bands' if banded else 'plain'}", language, confidence=confidence
    )
    notes = [note]
    if rival := _short_rival(snapshot, language):
        at = length(snapshot.plan.rule.short_length)
        unit = snapshot.plan.unit
        notes.append(say("reports.curve.note.short", language, length=at, unit=unit, arm=rival))
    if snapshot.plan.unit != "bytes":
        notes.append(say("reports.curve.note.tokens", language))
    return " ".join(notes)


def _curve_table(snapshot: Snapshot, language: Language) -> CurveTable | None:
    """Bits per byte of A and B at every context length, with the paired difference."""
    comparison = snapshot.comparison
    sides = [
        {p.context_length: p for p in curve_points(snapshot, CurveKind.MATCHED, arm)}
        for arm in (comparison.arm_a, comparison.arm_b)
    ]
    contrasts = {
        c.context_length: c
        for c in snapshot.contrasts
        if (c.arm_a, c.arm_b) == (comparison.arm_a, comparison.arm_b)
    }
    shared = sorted(sides[0].keys() & sides[1].keys())
    if not shared:
        return None
    return CurveTable(
        head=tuple(say(f"reports.curve.{name}", language) for name in ("c", "a", "b", "d", "n")),
        rows=tuple(
            (
                length(c),
                plain(sides[0][c].bits_per_byte),
                plain(sides[1][c].bits_per_byte),
                _difference(contrasts.get(c), language),
                str(sides[1][c].documents),
            )
            for c in shared
        ),
        primary=shared.index(comparison.primary_length)
        if comparison.primary_length in shared
        else None,
    )


def _difference(contrast: Contrast | ComparisonRecord | None, language: Language) -> str:
    """`−0.143 (−0.171〜−0.116)`."""
    if contrast is None or contrast.delta_bits_per_byte is None:
        return say("reports.unknown", language)
    if contrast.ci_low is None or contrast.ci_high is None:
        return say("reports.difference.alone", language, delta=signed(contrast.delta_bits_per_byte))
    return say(
        "reports.difference",
        language,
        delta=signed(contrast.delta_bits_per_byte),
        interval=interval(contrast.ci_low, contrast.ci_high, language),
    )


# --- what was compared -----------------------------------------------------------------------


def _comparison(snapshot: Snapshot, zone: str, language: Language) -> tuple[Line, ...]:
    return (
        Line(say("reports.compared", language), _compared(snapshot, language)),
        Line(say("reports.fair", language), _fair(snapshot, zone, language)),
        Line(say("reports.documents", language), _documents(snapshot, language)),
    )


def _compared(snapshot: Snapshot, language: Language) -> str:
    comparison = snapshot.comparison
    question = f"results.preset.{comparison.preset.value}.question"
    if one_checkpoint(snapshot):
        question = "results.note.reading_policy"
    arms = (arm_of(snapshot, comparison.arm_a), arm_of(snapshot, comparison.arm_b))
    return say(
        "reports.compared.text",
        language,
        question=say(question, language),
        a=arm_words(arms[0], snapshot, language),
        b=arm_words(arms[1], snapshot, language),
    )


def arm_words(arm: Arm | None, snapshot: Snapshot, language: Language) -> str:
    """Its checkpoint, and how it reads, in words."""
    if arm is None:
        return say("reports.unknown", language)
    return say(
        "reports.arm",
        language,
        checkpoint=_checkpoint_name(arm),
        policy=policy_words(arm, language, snapshot.plan.unit),
    )


def _checkpoint_name(arm: Arm) -> str:
    """A shipped name or the last part of a folder: no path of the machine it ran on."""
    return user_text(arm.checkpoint.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1], 28)


def _fair(snapshot: Snapshot, zone: str, language: Language) -> str:
    """What this snapshot can prove: equal targets, when the rule was locked, how A was found."""
    parts = [_locked(snapshot, zone, language)]
    if _equal_targets(snapshot):
        parts.insert(0, say("reports.fair.targets", language))
    if snapshot.comparison.preset is Preset.BEST_ZERO and not one_checkpoint(snapshot):
        chosen = "calibrated" if snapshot.plan.calibration else "every"
        parts.append(
            say(f"reports.fair.{chosen}", language, documents=len(snapshot.plan.calibration))
        )
    if snapshot.comparison.preset is Preset.PAPER:
        parts.append(say("reports.fair.contexts_differ", language))
    return say("reports.joint", language).join(parts)


def _locked(snapshot: Snapshot, zone: str, language: Language) -> str:
    """When the rule was locked: with the plan of the evaluation, or on its own before."""
    lock = snapshot.rule_lock
    if lock is None:
        return say("reports.fair.locked", language, moment=_moment(snapshot.locked_at, zone))
    return say(
        f"rules.stage.{lock.stage}",
        language,
        moment=_moment(lock.locked_at, zone),
        name=user_text(lock.name, 40),
        hash=lock.rule_hash[:16],
    )


def _equal_targets(snapshot: Snapshot) -> bool:
    """Whether A and B were scored on the same targets at every length they share."""
    hashes: dict[int, set[str]] = {}
    for arm in (snapshot.comparison.arm_a, snapshot.comparison.arm_b):
        for point in curve_points(snapshot, CurveKind.MATCHED, arm):
            hashes.setdefault(point.context_length, set()).add(point.target_hash)
    return bool(hashes) and all(len(found) == 1 for found in hashes.values())


def _documents(snapshot: Snapshot, language: Language) -> str:
    scored = [document for document in snapshot.documents if document.role == "scored"]
    shown = [user_text(document.name, 30) for document in scored[:NAMES_SHOWN]]
    if len(scored) > len(shown):
        shown.append(say("reports.documents.more", language, n=len(scored) - len(shown)))
    too_short = sum(document.role == "too_short" for document in snapshot.documents)
    about = say(
        "reports.documents.text",
        language,
        n=len(scored),
        bytes=f"{sum(document.bytes for document in scored):,}",
        names=say("reports.comma", language).join(shown),
        short=say("reports.documents.short", language, n=too_short) if too_short else "",
    )
    prepared = _prepared(scored, language)
    return " ".join(filter(None, (about, prepared, read_share(snapshot, language))))


def _prepared(scored: Sequence[DocumentResult], language: Language) -> str:
    """What of the files is not in the scored texts; "": nothing was left out."""
    said = []
    masked = [document for document in scored if document.masked]
    if masked:
        found = {kind for document in masked for kind in document.masked}
        kinds = [say(f"documents.mask.{kind}", language) for kind in KINDS if kind in found]
        listed = say("reports.comma", language).join(kinds)
        said.append(say("reports.documents.masked", language, n=len(masked), kinds=listed))
    if cut := sum(document.columns is not None for document in scored):
        said.append(say("reports.documents.columns", language, n=cut))
    return " ".join(said)


# --- cost and effect -------------------------------------------------------------------------


def _effects(snapshot: Snapshot, assumptions: MoneyInputs, language: Language) -> tuple[Line, ...]:
    """What was measured, and last what people make of it in yen."""
    return (
        Line(say("reports.effect", language), _effect(snapshot, language)),
        Line(say("reports.time", language), _time(snapshot, language)),
        Line(say("reports.memory", language), _memory(snapshot, language)),
        Line(say("reports.money", language), money_line(snapshot, assumptions, language)),
    )


def _effect(snapshot: Snapshot, language: Language) -> str:
    """The difference in words: how much less uncertain the next byte is."""
    result = snapshot.comparison
    if result.delta_bits_per_byte is None or result.ci_low is None or result.ci_high is None:
        return say("reports.effect.unknown", language)
    if result.ci_low <= 0 <= result.ci_high:
        return say("reports.effect.open", language)
    better = result.ci_high < 0
    change = 100 * abs(2**result.delta_bits_per_byte - 1)
    return say(
        f"reports.effect.{'better' if better else 'worse'}",
        language,
        change=f"{change:.1f}",
        delta=signed(result.delta_bits_per_byte),
    ) + scope(snapshot, language)


def _split(snapshot: Snapshot, language: Language) -> str:
    """The 2×2: total = training + reading + interaction."""
    effects = snapshot.effects
    parts = (effects.total, effects.training, effects.reading, effects.interaction)
    deltas = [part.delta_bits_per_byte for part in parts if part is not None]
    start = arm_of(snapshot, effects.total.arm_a) if effects.total is not None else None
    if len(deltas) < len(parts) or start is None:
        return say("reports.split.unknown", language)
    total, training, reading, interaction = (
        say("reports.unknown", language) if delta is None else signed(delta) for delta in deltas
    )
    return say(
        "reports.split.text",
        language,
        window=length(start.window or start.training_length),
        unit=snapshot.plan.unit,
        total=total,
        training=training,
        reading=reading,
        interaction=interaction,
    )


def _speeds(snapshot: Snapshot) -> tuple[Speed, Speed] | None:
    measured = {speed.arm: speed for speed in snapshot.speed}
    a = measured.get(snapshot.comparison.arm_a)
    b = measured.get(snapshot.comparison.arm_b)
    return (a, b) if a is not None and b is not None else None


def _time(snapshot: Snapshot, language: Language) -> str:
    """The guardrail's own number, so that text and table cannot differ.

    Tokens per second stand elsewhere: of each side alone, they give another ratio.
    """
    found = next((c for c in snapshot.verdict.criteria if c.key == SLOWDOWN), None)
    if _speeds(snapshot) is None or found is None or found.actual is None:
        return say("reports.unmeasured", language)
    ratio = plain(found.actual, 2)
    if found.low is not None and found.high is not None:
        ratio = f"{ratio} [{plain(found.low, 2)}, {plain(found.high, 2)}]"
    return say("reports.time.text", language, ratio=ratio)


def _memory(snapshot: Snapshot, language: Language) -> str:
    speeds = _speeds(snapshot)
    if speeds is None or min(speed.peak_memory_bytes for speed in speeds) <= 0:
        return say("reports.unmeasured", language)
    a, b = speeds
    return say(
        "reports.memory.text",
        language,
        a=f"{a.peak_memory_bytes / 2**20:,.0f}",
        b=f"{b.peak_memory_bytes / 2**20:,.0f}",
        ratio=plain(b.peak_memory_bytes / a.peak_memory_bytes, 2),
    )


# --- blind review ----------------------------------------------------------------------------


def review_lines(snapshot: Snapshot, language: Language) -> tuple[Line, ...]:
    """What the votes are worth, then win rate with interval, votes, amount, wrong information."""
    review = snapshot.review
    if review is None:
        return ()
    worth = _worth(review, snapshot.plan.rule.review_margin)
    shown = {
        "rate": share(review.win_rate),
        "low": share(review.ci_low),
        "high": share(review.ci_high),
        "confidence": f"{100 * review.confidence:g}",
        "alpha": "-" if review.alpha is None else plain(review.alpha, 2),
        "reviewers": len(review.reviewers),
        "both_share": share(review.both_bad / review.votes),
        "silent": review.votes - review.wrong_answers,
        "a": side_name(snapshot, "a", language, "short"),
        "b": side_name(snapshot, "b", language, "short"),
        **review.model_dump(
            include={"votes", "points", "documents", "identical", "same", "both_bad"}
            | {"wins_a", "wins_b", "wrong_a", "wrong_b", "wrong_answers"}
        ),
    }
    said = say(f"review.weight.{worth}", language, **shown)
    if len(review.reviewers) == 1 and worth in ("a", "b", "not_worse"):
        said = say("review.weight.one", language, said=said)
    keys = {
        "rate": "rate.few" if worth == "few" else "rate",
        "votes": "votes",
        "both_bad": "both_bad",
        "amount": "amount",
        "wrong": "wrong" if review.wrong_answers else "wrong.silent",
        "agreement": "agreement.none" if review.alpha is None else "agreement",
    }
    values = {name: say(f"review.value.{key}", language, **shown) for name, key in keys.items()}
    lines = {"weight": said, **values}
    return tuple(Line(say(f"review.line.{name}", language), value) for name, value in lines.items())


def _worth(review: ReviewSummary, margin: float) -> str:
    """What the votes decide: few, open (nothing), not_worse (by more than `margin`), a or b."""
    if review.ci_low is None or review.ci_high is None:
        return "few"
    if review.ci_low > 0.5:
        return "b"
    if review.ci_high < 0.5:
        return "a"
    return "not_worse" if review.ci_low > review_limit(margin) else "open"


def share(value: float | None) -> str:
    """`58.3%`."""
    return "-" if value is None else percent(value, 1)


# --- risks -----------------------------------------------------------------------------------


def _risks(snapshot: Snapshot, language: Language) -> tuple[Risk, ...]:
    """The three risks that weigh most in this run's numbers; the gravest first."""
    found = [
        _short_text_risk(snapshot, language),
        _knowledge_risk(snapshot, language),
        _documents_risk(snapshot, language),
        _state_age_risk(snapshot, language),
    ]
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        found = [(2, _risk("withheld", language)), (1, _risk("unreviewed", language)), found[2]]
    grave_first = sorted((risk for risk in found if risk is not None), key=lambda risk: -risk[0])
    kept = [risk for _, risk in grave_first]
    if len(kept) < RISKS_SHOWN:
        kept.append(_risk("reviewed" if snapshot.review else "unreviewed", language))
    return tuple(kept[:RISKS_SHOWN])


def _risk(key: str, language: Language, **values: object) -> Risk:
    return Risk(
        say(f"reports.risk.{key}", language, **values),
        say(f"reports.measure.{key}", language, **values),
    )


Weighed = tuple[int, Risk]  # 2: shown to be a problem, 1: not settled, 0: settled


def _short_text_risk(snapshot: Snapshot, language: Language) -> Weighed:
    """Did short texts get worse, at the training length?"""
    rule, plan = snapshot.plan.rule, snapshot.plan
    contrast = next(
        (
            c
            for c in snapshot.contrasts
            if (c.arm_a, c.arm_b, c.context_length)
            == (plan.short_baseline, plan.candidate, rule.short_length)
        ),
        None,
    )
    values: dict[str, object] = {
        "at": _at(snapshot, rule.short_length, SHORT, language),
        "margin": signed(rule.short_margin),
        "a": side_name(snapshot, "a", language, "short"),
        "difference": _difference(contrast, language),
    }
    if contrast is None or contrast.ci_low is None or contrast.ci_high is None:
        return 1, _risk("short.unknown", language, **values)
    if contrast.ci_high < rule.short_margin:
        return 0, _risk("short.fine", language, **values)
    worse = contrast.ci_low > rule.short_margin
    return (2 if worse else 1), _risk("short.worse" if worse else "short.open", language, **values)


def _knowledge_risk(snapshot: Snapshot, language: Language) -> Weighed:
    """Does the model know this kind of text better than a simple byte model does?"""
    check = next((c for c in snapshot.validity if c.check == BETTER_THAN_ORDER2), None)
    if check is None or not isinstance(check.value, dict):
        return 1, _risk("knowledge.unknown", language)
    values = {
        "own": plain(max(check.value["arms"].values())),  # the weaker of the two arms
        "simple": plain(check.value["order2"]),
    }
    if check.passed:
        return 0, _risk("knowledge.fine", language, **values)
    return 2, _risk("knowledge.weak", language, **values)


def _documents_risk(snapshot: Snapshot, language: Language) -> Weighed:
    """How far these documents carry, and on how many of them B was worse."""
    deltas = [d.delta for d in snapshot.compared if d.delta is not None]
    n, groups = len(deltas), snapshot.comparison.groups
    grouped = say("reports.groups", language, n=groups) if groups is not None else ""
    values: dict[str, Any] = {"n": n, "worse": _worse(deltas, language), "groups": grouped}
    cut = parts_of(one.name for one in snapshot.compared)
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return 0, _risk("documents.withheld", language, **values)
    if n == 1:
        return 2, _risk("documents.one", language, **values)
    if cut is not None:
        key = "documents.parts_only" if cut.parts == n else "documents.parts"
        risk = say(f"reports.risk.{key}", language, parts=cut.parts, files=cut.files, **values)
        return 1, Risk(risk, say("reports.measure.documents.parts", language))
    if (groups or n) < FEW_DOCUMENTS:
        return 1, _risk("documents.few", language, **values)
    return 0, _risk("documents.many", language, **values)


def _worse(deltas: Sequence[float], language: Language) -> str:
    """On how many of the documents B was worse."""
    worse = sum(delta > 0 for delta in deltas)
    kind = "none" if not worse else "all" if worse == len(deltas) else "some"
    return say(f"reports.worse.{kind}", language, worse=worse)


def _state_age_risk(snapshot: Snapshot, language: Language) -> Weighed | None:
    """Was the deciding length longer than any memory met in training?"""
    arm = arm_of(snapshot, snapshot.comparison.arm_b)
    primary = snapshot.comparison.primary_length
    if arm is None or arm.state_age is None or arm.state_age >= primary:
        return None
    unit = snapshot.plan.unit
    values = {"age": length(arm.state_age), "length": length(primary), "unit": unit}
    return 1, _risk("state_age", language, **values)


# --- foot ------------------------------------------------------------------------------------


def _reproducibility(snapshot: Snapshot, zone: str, language: Language) -> tuple[Line, ...]:
    plan, comparison = snapshot.plan, snapshot.comparison
    arms = [arm_of(snapshot, name) for name in (comparison.arm_a, comparison.arm_b)]
    checkpoints = [
        f"{side} {user_text(arm.name, 28)}, "
        f"{_checkpoint_name(arm)} {arm.fingerprint[:12]} (T={arm.training_length})"
        for side, arm in zip("AB", arms, strict=True)
        if arm is not None
    ]
    versions = [f"{name} {value}" for name, value in sorted(plan.versions.items())][:8]
    values = {
        "run": snapshot.run,
        "plan": snapshot.plan_hash[:16],
        "targets": _target_hash(snapshot)[:16] or say("reports.unknown", language),
        "checkpoints": "; ".join(checkpoints),
        "seed": str(plan.seed),
        "depth": say(f"results.depth.{plan.depth.value}", language),
        "method": say(f"results.method.{comparison.method}", language),
        **_extension(snapshot, language),
        "device": snapshot.device,
        **({"rows": rows_words(plan.rows, language)} if plan.rows > 1 else {}),
        "versions": ", ".join(versions),
        **_locks(snapshot, zone),
        "created": _moment(snapshot.created, zone),
    }
    return tuple(
        Line(say(f"reports.foot.{name}", language), user_text(value, FOOT_COLUMNS.get(name, 60)))
        for name, value in values.items()
    )


def _locks(snapshot: Snapshot, zone: str) -> dict[str, str]:
    """When the rule was locked; where that was on its own, by which id, and when the run's plan."""
    at, lock = _moment(snapshot.locked_at, zone), snapshot.rule_lock
    if lock is None:
        return {"locked": at}
    own = f"{_moment(lock.locked_at, zone)} ({lock.rule_hash[:16]})"
    return {"locked": own, "run_locked": at}


def rows_words(rows: int, language: Language) -> str:
    """How many documents were read side by side, and what that means."""
    return say("reports.foot.rows.value", language, rows=str(rows))


def extension_table(snapshot: Snapshot, language: Language) -> tuple[tuple[str, ...], ...]:
    """Every arm beyond its training length: name, longest length, change there, n, class."""
    return tuple(
        (
            found.arm,
            length(found.lengths[-1]) if len(found.lengths) > 1 else "-",
            signed(found.changes[-1]) if found.changes else "-",
            str(found.units),
            _extension_words(found, snapshot, language),
        )
        for found in snapshot.extension
    )


def _extension_words(found: ExtensionClass, snapshot: Snapshot, language: Language) -> str:
    """The class, or why there is none."""
    if found.reason == "tested":
        return say(f"results.extension.{found.extension.value}", language)
    minimum = minimum_units(snapshot.plan.rule.confidence)
    return say(f"results.extension.{found.reason}", language, minimum=minimum)


def _extension(snapshot: Snapshot, language: Language) -> dict[str, str]:
    """A and B in a line; nothing where there is no class to show."""
    if snapshot.verdict.outcome is Outcome.WITHHELD:
        return {}
    comparison = snapshot.comparison
    rows = {row[0]: row for row in extension_table(snapshot, language)}
    parts = [
        say(
            f"results.extension.line{'.none' if change == '-' else ''}",
            language,
            side=side,
            at=at,
            change=change,
            words=words,
        )
        for side, arm in (("A", comparison.arm_a), ("B", comparison.arm_b))
        if arm in rows
        for _, at, change, _, words in (rows[arm],)
    ]
    return {"extension": "; ".join(parts)} if parts else {}


class AmendmentLine(NamedTuple):
    """One amendment of the rule, as it is shown."""

    number: int
    moment: str
    author: str
    changes: str  # field, old value, new value
    reason: str
    use: str  # whether it decides


def amendment_lines(
    snapshot: Snapshot, language: Language, zone: str = "UTC"
) -> tuple[AmendmentLine, ...]:
    """Every amendment in the order in which they were appended."""
    return tuple(
        AmendmentLine(
            number=one.number,
            moment=_moment(one.made_at, zone),
            author=one.author,
            changes=_changes(one, language),
            reason=one.reason,
            use=say(f"results.amendment.{'late' if one.after_results else 'early'}", language),
        )
        for one in snapshot.amendments
    )


def _changes(one: Amendment, language: Language) -> str:
    return ", ".join(
        f"{say(f'results.rule.{name}', language)}: "
        f"{_rule_value(one.before, name)} → {_rule_value(one.rule, name)}"
        for name in DecisionRule.model_fields
        if getattr(one.before, name) != getattr(one.rule, name)
    )


def _rule_value(rule: DecisionRule, name: str) -> str:
    """A field of the rule in a line of changes."""
    if name == "kpis":
        return " / ".join(kpi_target(kpi) for kpi in rule.kpis) or "-"
    value = getattr(rule, name)
    return "-" if value in (None, "") else str(value)  # a margin of zero is a margin


def kpi_target(kpi: Kpi) -> str:
    """`処理時間 ≤ 4 時間`."""
    sign = "≥" if kpi.direction == "at_least" else "≤"
    return f"{kpi.name} {sign} {kpi.target:,g} {kpi.unit}".strip()


def _amendments(snapshot: Snapshot, zone: str, language: Language) -> tuple[Line, ...]:
    return tuple(
        Line(
            say("reports.foot.amendment", language, number=line.number),
            user_text(f"{line.moment}, {line.use}. {line.changes}. {line.reason}", 160),
        )
        for line in amendment_lines(snapshot, language, zone)
    )


def late_kpi_words(snapshot: Snapshot, language: Language) -> tuple[str, ...]:
    """Every figure that an amendment added or changed after the results, with what came out."""
    known = {kpi.name for kpi in snapshot.plan.rule.kpis}
    actuals = {one.name: one.actual for one in snapshot.kpi_actuals}
    found = []
    for kpi in late_kpis(snapshot):
        actual = actuals.get(kpi.name)
        entered = "" if actual is None else f"{actual:,g} {kpi.unit}".strip()
        values = {
            "target": kpi_target(kpi),
            "actual": entered or say("kpi.late.none", language),
            "mark": say(f"reports.mark.{mark_of(kpi, actual)}", language),
        }
        key = f"kpi.late.{'changed' if kpi.name in known else 'added'}"
        found.append(say(key, language, **values))
    return tuple(found)


def _kpis(snapshot: Snapshot, zone: str, language: Language) -> tuple[Line, ...]:
    """Who entered what of the business figures, and when: it was not computed."""
    late = say("reports.foot.kpi.late", language)
    return (
        *_entered_kpis(snapshot, zone, language),
        *(Line(late, user_text(said, 240)) for said in late_kpi_words(snapshot, language)),
    )


def _entered_kpis(snapshot: Snapshot, zone: str, language: Language) -> tuple[Line, ...]:
    return tuple(
        Line(
            say("reports.foot.kpi", language),
            user_text(
                f"{one.name}: {one.actual:,g} ({one.author or '-'}, "
                f"{_moment(one.entered_at, zone)})",
                120,
            ),
        )
        for one in snapshot.kpi_actuals
    )


def _erased(snapshot: Snapshot, language: Language) -> tuple[Line, ...]:
    """Which documents were erased since: their figures cannot be computed again."""
    names = [one.name for one in snapshot.documents if one.id in snapshot.erased]
    if not names:
        return ()
    value = say("reports.erased", language, n=len(names), documents=", ".join(names))
    return (Line(say("reports.foot.erased", language), user_text(value, 60)),)


def _target_hash(snapshot: Snapshot) -> str:
    points = curve_points(snapshot, CurveKind.MATCHED, snapshot.comparison.arm_b)
    at = [p for p in points if p.context_length == snapshot.comparison.primary_length]
    return at[0].target_hash if at else ""


def user_text(text: str, columns: int) -> str:
    """A user's text, printable, its middle left out where it is wider than `columns`."""
    return shortened(" ".join(printable(text).split()), columns)
