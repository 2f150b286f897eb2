"""The parts of the Money page: figures with their source, scenarios, formulas."""

from __future__ import annotations

from collections.abc import Iterable

from session import words

from components.markup import Element, element, joined, table
from evaluations.reports.money import MoneySheet, Source


def scenarios(sheet: MoneySheet) -> Element:
    """One row per scenario."""
    rows: list[list[object]] = [list(row) for row in sheet.scenarios]
    return table(list(sheet.head), rows, numeric=set(range(1, len(sheet.head))))


def measured_table(sheet: MoneySheet) -> Element:
    """What the run measured."""
    rows: list[list[object]] = [
        [line.label, element("span", line.value, class_="lab-measured-value")]
        for line in sheet.inputs
        if line.source == "measured"
    ]
    header = [words(f"money.inputs.{column}") for column in ("label", "value")]
    return table(header, rows, numeric={1})


def badge_of(source: Source) -> Element:
    """Where figures come from: a filled badge for measurements, a dashed one for assumptions."""
    return element("span", words(f"money.badge.{source}"), class_=f"lab-badge lab-{source}")


def formulas(sheet: MoneySheet) -> Element:
    """What is computed, in words, and with the numbers of the base scenario."""
    header = [words("money.inputs.label"), words("money.formulas"), words("money.formulas.worked")]
    rows: list[list[object]] = [[one.label, one.words, one.worked or "—"] for one in sheet.formulas]
    return table(header, rows, class_="lab-formulas")


def sentences(texts: Iterable[str]) -> Element:
    """One line each."""
    items = joined(*(element("li", text) for text in texts))
    return element("ul", items, class_="lab-money-list")
