"""What stands behind the first page, in the order in which it is read; the same for every format.

`sections` gives method, data, guardrails, review, robustness, limits, statistics, reproducibility,
glossary and phrases for the meeting, each as one `Section`. Its texts come from the snapshot and
from the memo, so that no number is written a second time.

A withheld verdict has no figures here either; what an evaluation does not have is said in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluations.charts import arm_of, curve_points, one_checkpoint, side_name
from evaluations.findings import FileResult, by_file
from evaluations.numbers import length, plain, signed
from evaluations.records import Check, CurveKind, Depth, DocumentResult, Outcome, Preset, Snapshot
from evaluations.reports.content import (
    CriterionRow,
    Line,
    Memo,
    extension_table,
    missed_words,
    user_text,
)
from evaluations.reports.statistics import statistics
from evaluations.verdict import SHORT, review_numbers
from evaluations.wording import Language, say

DOCUMENTS_SHOWN = 24
NAME_COLUMNS = 56
FILE_HEAD = ("file", "documents", "better", "targets", "delta")
SIDES = ("zero", "previous")  # terms of the glossary
COMMON = ("state", "carry", "length", "bits", "perplexity", "difference", "interval", "matched",
          "guardrail", "rule")  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A head and its rows; the first `words` columns are texts, the others figures.

    assumed: numbers of the rows that people assumed; they look unlike what was measured.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    assumed: tuple[int, ...] = ()


@dataclass(frozen=True)
class Section:
    """One section: sentences, then labelled lines, then a table; any of them may be absent."""

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    table: Table | None = None


def sections(snapshot: Snapshot, language: Language, content: Memo) -> tuple[Section, ...]:
    """All of them, but for statistics where there are none."""
    return tuple(
        section
        for section in (
            *_money(content),
            _method(snapshot, language, content),
            _data(snapshot, language),
            *_files(snapshot, language),
            _guardrails(snapshot, language),
            _review(snapshot, content),
            *_split(content),
            _section("robustness", language, _robustness(snapshot, language)),
            _section("limits", language, *_limits(snapshot, language)),
            _statistics(snapshot, language),
            Section("foot", say("reports.foot", language), lines=content.reproducibility),
            _glossary(snapshot, language),
            _phrases(snapshot, language, content),
        )
        if section is not None
    )


def _money(content: Memo) -> tuple[Section, ...]:
    """Yen, where people entered assumptions: scenarios, what turns the decision, every figure."""
    sheet, language = content.money, content.language
    if sheet is None:
        return ()
    columns = ("label", "source", "value")
    figures = Table(
        head=tuple(say(f"money.inputs.{column}", language) for column in columns),
        rows=tuple((one.label, one.badge, one.value) for one in sheet.inputs),
        words=2,
        assumed=tuple(i for i, one in enumerate(sheet.inputs) if one.source == "assumed"),
    )
    scenarios = Table(sheet.head, sheet.scenarios) if sheet.scenarios else None
    formulas = tuple(
        Line(one.label, f"{one.words}: {one.worked}" if one.worked else one.words)
        for one in sheet.formulas
    )
    return (
        Section("money", say("money.title", language), (sheet.conclusion,), table=scenarios),
        Section("money_turns", say("money.turns", language), (*sheet.turns, *sheet.notes)),
        Section("money_alternative", say("money.alternative", language), (sheet.alternative,)),
        Section("money_inputs", say("money.inputs", language), table=figures),
        Section("money_formulas", say("money.formulas", language), lines=formulas),
    )


def _split(content: Memo) -> tuple[Section, ...]:
    """Where the difference comes from: against one A for all, which need not be page 1's."""
    if not content.split:
        return ()
    return (Section("split", say("reports.split", content.language), (content.split,)),)


def _review(snapshot: Snapshot, content: Memo) -> Section:
    """What the blind review found, or that there has been none, and what the rule asks of it."""
    language = content.language
    title = say("appendix.review", language)
    b, asked = side_name(snapshot, "b", language, "short"), review_numbers(snapshot.plan.rule)
    rule = say("appendix.review.rule", language, b=b, **asked)
    if content.review:
        return Section("review", title, (rule,), lines=content.review)
    why = "none" if snapshot.review is None else "withheld"
    return Section("review", title, (say(f"appendix.review.{why}", language), rule))


def _section(key: str, language: Language, *sentences: str) -> Section:
    return Section(key, say(f"appendix.{key}", language), sentences)


def source_line(content: Memo) -> str:
    """From which evaluation and rule a page comes: for its foot."""
    wanted = [say(f"reports.foot.{name}", content.language) for name in ("run", "plan", "locked")]
    found = {line.label: line.value for line in content.reproducibility}
    product = say("reports.product", content.language)
    return " | ".join((product, *(f"{label} {found[label]}" for label in wanted)))


# --- method and data -------------------------------------------------------------------------


def _method(snapshot: Snapshot, language: Language, content: Memo) -> Section:
    axes = "reading" if one_checkpoint(snapshot) else "axes"
    steps = tuple(
        say(f"appendix.method.{name}", language) for name in (axes, "targets", "paired", "decided")
    )
    return Section("method", say("appendix.method", language), steps, content.comparison)


def _data(snapshot: Snapshot, language: Language) -> Section:
    """Every scored document with its figures, as many as fit; the others are counted."""
    scored = [one for one in snapshot.documents if one.role == "scored"]
    rows = tuple(_document(one, snapshot, language) for one in scored[:DOCUMENTS_SHOWN])
    left = len(scored) - len(rows)
    note = say("appendix.data.more", language, n=left) if left else ""
    counts = [
        say(f"appendix.data.{role}", language, n=_count(snapshot, role))
        for role in ("scored", "calibration", "too_short")
        if role == "scored" or _count(snapshot, role)
    ]
    joined = say("reports.comma", language).join(counts)
    head = tuple(say(f"xlsx.document.{name}", language)
                 for name in ("name", "bytes", "targets", "a", "b", "delta"))  # fmt: skip
    sentences = tuple(filter(None, (joined, note)))
    return Section("data", say("appendix.data", language), sentences, table=Table(head, rows))


def _files(snapshot: Snapshot, language: Language) -> tuple[Section, ...]:
    """What was found in each file, where documents are parts of several; it decides nothing."""
    found = by_file(snapshot.compared)
    if not found or snapshot.verdict.outcome is Outcome.WITHHELD:
        return ()
    shown, left = found[:DOCUMENTS_SHOWN], len(found) - DOCUMENTS_SHOWN
    sentences = [say("results.files.why", language)]
    if left > 0:
        sentences.append(say("appendix.data.more", language, n=left))
    head = tuple(say(f"results.files.{name}", language) for name in FILE_HEAD)
    rows = tuple((user_text(one.file, NAME_COLUMNS), *file_figures(one)) for one in shown)
    title = say("results.files", language)
    return (Section("files", title, tuple(sentences), table=Table(head, rows)),)


def file_figures(one: FileResult) -> tuple[str, str, str, str]:
    """What stands behind the name of a file: `FILE_HEAD` says what."""
    scored = f"{one.target_bytes:,}"
    return f"{one.documents:,}", f"{one.better:,}", scored, signed(one.delta)


def _count(snapshot: Snapshot, role: str) -> int:
    return sum(one.role == role for one in snapshot.documents)


def _document(one: DocumentResult, snapshot: Snapshot, language: Language) -> tuple[str, ...]:
    name = user_text(one.name, NAME_COLUMNS)
    figures = (one.arm_a, one.arm_b, one.delta)
    unknown = say("reports.unknown", language)
    if snapshot.verdict.outcome is Outcome.WITHHELD or None in figures:
        return (name, f"{one.bytes:,}", *(unknown,) * 4)
    a, b, delta = (value if value is not None else 0.0 for value in figures)
    return name, f"{one.bytes:,}", f"{one.target_bytes:,}", plain(a), plain(b), signed(delta)


# --- guardrails, robustness, limits ----------------------------------------------------------


def _guardrails(snapshot: Snapshot, language: Language) -> Section:
    """The validity checks with their results."""
    rows = tuple(
        (say(f"results.check.{check.check}", language), say(f"xlsx.check.{state(check)}", language))
        for check in snapshot.validity
    )
    head = (say("xlsx.check.check", language), say("xlsx.check.state", language))
    said = (say("appendix.guardrails.text", language), missed_words(snapshot, language))
    sentences = tuple(filter(None, said))
    table = Table(head, rows, words=2)
    return Section("guardrails", say("appendix.guardrails", language), sentences, table=table)


def state(check: Check) -> str:
    """passed, warning or failed."""
    if check.passed:
        return "passed"
    return "warning" if check.warning else "failed"


def _robustness(snapshot: Snapshot, language: Language) -> str:
    if snapshot.plan.perturbation is not None:
        return say("reports.stamp.perturbed", language)
    return say("appendix.robustness.none", language)


def _limits(snapshot: Snapshot, language: Language) -> tuple[str, ...]:
    """What the result does not say, from what was run."""
    plan, comparison = snapshot.plan, snapshot.comparison
    limits = [
        say("appendix.limits.documents", language, n=comparison.documents),
        say("appendix.limits.prediction", language),
    ]
    if one_checkpoint(snapshot):
        limits.append(say("results.note.reading_policy", language))
    else:
        limits.append(say("appendix.limits.checkpoints", language))
        if comparison.preset is not Preset.MATCHED:
            limits.append(say("appendix.limits.preset", language))
    longest = max(plan.lengths)
    ends = [p.documents for p in curve_points(snapshot, CurveKind.MATCHED, comparison.arm_b)
            if p.context_length == longest]  # fmt: skip
    if ends and ends[0] < comparison.documents:
        values = {"length": length(longest), "n": ends[0], "unit": plan.unit}
        limits.append(say("appendix.limits.longest", language, **values))
    arm = arm_of(snapshot, comparison.arm_b)
    if arm is not None and arm.state_age is not None and arm.state_age < longest:
        values = {"age": length(arm.state_age), "unit": plan.unit}
        limits.append(say("appendix.limits.state_age", language, **values))
    if plan.depth is Depth.QUICK:
        limits.append(say("appendix.limits.quick", language))
    return tuple(limits)


def _statistics(snapshot: Snapshot, language: Language) -> Section | None:
    lines = statistics(snapshot, language)
    if not lines:
        return None
    title = say("reports.statistics", language)
    if snapshot.verdict.outcome is Outcome.WITHHELD or not snapshot.extension:
        return Section("statistics", title, lines=lines)
    head = tuple(say(f"appendix.extension.{name}", language)
                 for name in ("arm", "longest", "change", "n", "class"))  # fmt: skip
    return Section("statistics", title, lines=lines,
                   table=Table(head, extension_table(snapshot, language)))  # fmt: skip


# --- glossary and phrases --------------------------------------------------------------------


def _glossary(snapshot: Snapshot, language: Language) -> Section:
    """The words of this report; with one checkpoint nothing is current or proposed."""
    lines = tuple(
        Line(say(f"appendix.term.{term}", language), say(f"appendix.term.{term}.text", language))
        for term in (COMMON if one_checkpoint(snapshot) else (*SIDES, *COMMON))
    )
    return Section("glossary", say("appendix.glossary", language), lines=lines)


def _phrases(snapshot: Snapshot, language: Language, content: Memo) -> Section:
    """What can be said in the meeting: a question, and the answer from this memo's own numbers."""
    answers = {
        "conclusion": say("appendix.phrase.conclusion.text", language, verdict=content.verdict,
                           reason=" ".join(filter(None, (content.caution, content.reason)))),
        "effect": content.curve_title if content.curve is not None else "",
        "trust": _trust(snapshot, language, content),
        "short": _answer(_row(content, SHORT), language),
        "open": _open(content, language),
        "request": content.request,
    }  # fmt: skip
    lines = tuple(
        Line(say(f"appendix.phrase.{name}", language), answer)
        for name, answer in answers.items()
        if answer
    )
    return Section("phrases", say("appendix.phrases", language), lines=lines)


def _trust(snapshot: Snapshot, language: Language, content: Memo) -> str:
    fair = next((line.value for line in content.comparison
                 if line.label == say("reports.fair", language)), "")  # fmt: skip
    scored = snapshot.compared
    if not scored or snapshot.verdict.outcome is Outcome.WITHHELD:
        return fair
    better = sum(one.delta < 0 for one in scored if one.delta is not None)
    values = {"fair": fair, "better": better, "n": len(scored)}
    return say("appendix.phrase.trust.text", language, **values)


def _row(content: Memo, key: str) -> CriterionRow | None:
    """The printed row of a criterion, where it is among those that are printed."""
    name = say(key, content.language)
    return next((row for row in content.criteria if row.criterion.startswith(name)), None)


def _answer(row: CriterionRow | None, language: Language) -> str:
    if row is None:
        return ""
    values = {"criterion": row.criterion, "target": row.target, "actual": row.actual,
              "mark": row.mark, "meaning": row.meaning}  # fmt: skip
    return say("appendix.phrase.answer", language, **values)


def _open(content: Memo, language: Language) -> str:
    if content.outcome is Outcome.WITHHELD:
        return say("appendix.phrase.open.withheld", language)
    open_rows = [row for row in content.criteria if row.mark in ("△", "×")]
    if not open_rows:
        return say("appendix.phrase.open.none", language)
    return say("reports.joint", language).join(_answer(row, language) for row in open_rows)
