"""What stands behind a verdict: criteria, ZERO candidates, the four cells, every document."""

from __future__ import annotations

from session import language, words

from components.markup import Element, element, joined, table
from components.sorted_table import SortedRow, sorted_table
from evaluations.charts import Cell, arm_of, policy_words, two_by_two
from evaluations.findings import by_file, not_finite_words
from evaluations.numbers import interval, plain, signed, size
from evaluations.records import Contrast, DocumentResult, Snapshot
from evaluations.reports.appendix import FILE_HEAD, file_figures
from evaluations.reports.content import CriterionRow, arm_words, extension_table, memo

TONES = {"○": "good", "△": "half", "×": "bad"}


def criteria(snapshot: Snapshot) -> Element:
    """What was asked for before the run, and what came out."""
    header = [
        words(f"app.results.criteria.{name}") for name in ("item", "target", "actual", "mark")
    ]
    rows = [_criterion(row) for row in memo(snapshot, language()).criteria]
    return table(header, rows, numeric={1, 2})


def _criterion(row: CriterionRow) -> list[object]:
    mark = element(
        "span",
        element("span", row.mark, class_=f"lab-mark {TONES.get(row.mark, '')}"),
        f" {row.meaning}",
        class_="lab-met",
    )
    return [row.criterion, row.target, row.actual, mark]


def zero_candidates(snapshot: Snapshot) -> Element:
    """Every way in which the current method may read, and how the proposed one does against it."""
    result = snapshot.comparison
    header = [
        words(f"app.results.zero.{name}") for name in ("arm", "calibration", "delta", "interval")
    ]
    rows: list[list[object]] = []
    for name in snapshot.plan.baseline:
        arm = arm_of(snapshot, name)
        words_ = policy_words(arm, language(), snapshot.plan.unit) if arm is not None else name
        chosen = element("span", words("app.results.zero.chosen"), class_="lab-badge")
        label = joined(element("span", words_), _gap(), chosen) if name == result.arm_a else words_
        calibration = snapshot.calibration.get(name)
        contrast = _contrast(snapshot, name)
        rows.append(
            [
                label,
                "-" if calibration is None else plain(calibration),
                _delta(contrast),
                _interval(contrast),
            ]
        )
    return table([*header], rows, numeric={1, 2, 3})


def _gap() -> Element:
    return element("span", " ")


def _contrast(snapshot: Snapshot, arm: str) -> Contrast | None:
    for contrast in snapshot.contrasts:
        sides = (contrast.arm_a, contrast.arm_b) == (arm, snapshot.comparison.arm_b)
        if sides and contrast.context_length == snapshot.comparison.primary_length:
            return contrast
    return None


def _delta(contrast: Contrast | None) -> str:
    if contrast is None or contrast.delta_bits_per_byte is None:
        return "-"
    return signed(contrast.delta_bits_per_byte)


def _interval(contrast: Contrast | None) -> str:
    if contrast is None or contrast.ci_low is None or contrast.ci_high is None:
        return "-"
    return interval(contrast.ci_low, contrast.ci_high, language())


def extension(snapshot: Snapshot) -> Element:
    """What every arm does beyond its training length."""
    unit = snapshot.plan.unit
    header = [
        words(f"app.results.extension.{name}", unit=unit)
        for name in ("arm", "longest", "change", "units", "class")
    ]
    rows: list[list[object]] = [
        [arm_words(arm_of(snapshot, name), snapshot, language()), *rest]
        for name, *rest in extension_table(snapshot, language())
    ]
    return table(header, rows, numeric={1, 2, 3})


def decomposition(snapshot: Snapshot) -> Element:
    """The 2x2 of training and reading, and the difference as the sum of its effects."""
    zero_reset, zero_carry, previous_reset, previous_carry = two_by_two(snapshot)
    head = element(
        "tr",
        element("th", ""),
        element("th", words("app.results.effects.reset")),
        element("th", words("app.results.effects.carry")),
    )
    first = _cells("zero", zero_reset, zero_carry, "a")
    second = _cells("previous", previous_reset, previous_carry, "b")
    square = element("table", element("tbody", head, first, second), class_="lab-square")
    effects = snapshot.effects
    rows: list[list[object]] = [
        [words(f"results.effect.{name}"), _delta(contrast), _interval(contrast)]
        for name, contrast in (
            ("training", effects.training),
            ("reading", effects.reading),
            ("interaction", effects.interaction),
            ("total", effects.total),
        )
    ]
    header = ["", words("app.results.zero.delta.short"), words("app.results.zero.interval")]
    note = element("p", words("app.results.effects.sum"), class_="lab-note")
    return element("div", square, table(header, rows, numeric={1, 2}), note, class_="lab-pair")


def split_opponent(snapshot: Snapshot) -> str:
    """From which way of reading the total is counted, and whether that is the conclusion's A."""
    total, main = snapshot.effects.total, snapshot.comparison.arm_a
    start = None if total is None else arm_of(snapshot, total.arm_a)
    if start is None:
        return ""
    a = policy_words(start, language(), snapshot.plan.unit)
    other = arm_of(snapshot, main)
    if start.name == main or other is None:
        return words("results.split.against", a=a)
    shown = arm_words(other, snapshot, language())
    if other.checkpoint == start.checkpoint:
        shown = policy_words(other, language(), snapshot.plan.unit)
    return words("results.split.against_other", a=a, main=shown)


def _cells(training: str, reset: Cell, carry: Cell, side: str) -> Element:
    return element(
        "tr",
        element("th", words(f"app.results.effects.{training}"), class_=f"side lab-{side}"),
        _cell(reset),
        _cell(carry),
    )


def _cell(cell: Cell) -> Element:
    if cell.bits_per_byte is None:
        return element("td", words("app.results.effects.none"), class_="none")
    return element("td", plain(cell.bits_per_byte))


def files_table(snapshot: Snapshot) -> Element | None:
    """What was found in each file; None: there is nothing that the table by document lacks."""
    found = by_file(snapshot.compared)
    if not found:
        return None
    header = [words(f"results.files.{name}") for name in FILE_HEAD]
    rows: list[list[object]] = [[one.file, *file_figures(one)] for one in found]
    return table(header, rows, numeric=set(range(1, len(header))))


def documents_table(snapshot: Snapshot) -> str | None:
    """Every document at the primary length, those on which B is worst first; which to compare."""
    columns = [
        words("app.data.column.name"),
        words("app.results.documents.role"),
        words("app.results.documents.size"),
        words("app.results.documents.targets"),
        "A",
        "B",
        words("app.results.documents.delta"),
    ]
    rows = [_document_row(document) for document in snapshot.documents]
    return sorted_table(
        "documents_table",
        rows,
        columns,
        numeric=(2, 3, 4, 5, 6),
        sorted_by=6,
        falling=True,
        open_label=words("compare.open"),
    )


def _document_row(document: DocumentResult) -> SortedRow:
    """A row; by its difference one that only chose A comes last: it says nothing about B."""
    role = _role(document)
    delta = document.delta if document.role == "scored" else None
    return SortedRow(
        id=document.id,
        cells=(
            document.name,
            role,
            size(document.bytes),
            f"{document.target_bytes:,}" if document.target_bytes else "-",
            "-" if document.arm_a is None else plain(document.arm_a),
            "-" if document.arm_b is None else plain(document.arm_b),
            "-" if document.delta is None else signed(document.delta),
        ),
        values=(
            *(document.name, role, document.bytes, document.target_bytes or None),
            *(document.arm_a, document.arm_b, delta),
        ),
        opens=document.role != "too_short",
    )


def _role(document: DocumentResult) -> str:
    """What a document is for, or why it is left out."""
    if document.not_finite:
        return not_finite_words(document.not_finite[0], language())
    return words(f"app.role.{document.role}")
