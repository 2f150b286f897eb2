"""Excel workbooks (.xlsx) -> text: one line a row, cells separated by tabs.

In reading order: `read_workbook`, `_kept` (a sheet, or its chosen columns), `_rows` (what openpyxl
reads, value by value), `_Grid` (what is checked before openpyxl sees the file).

Values are those that Excel stored when it saved the file, dates in ISO form, numbers with the 15
digits that Excel keeps. Empty rows, and empty cells at the end of a row, are left out. Hidden
sheets are not read. With several sheets, the name of each is a line above its rows. The first row
of a sheet names its columns; where columns are chosen, a sheet that has none of them is left out.

openpyxl trusts the XML: it expands entities, believes the dimension that a sheet states, and
fills gaps between cells. So every part is parsed beforehand without keeping anything: no document
type, no cells out of order, and not more cells than MOST_CELLS, counted where they are.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime, time
from itertools import chain
from typing import Any
from xml.parsers import expat

import openpyxl
from openpyxl.utils import column_index_from_string

from evaluations.documents.cleaning import normal_text
from evaluations.documents.columns import Choice, Offer, with_kept
from evaluations.documents.packages import (
    LARGEST_INFLATED,
    Package,
    check_root,
    damage_refused,
    expands,
    main_part,
)
from evaluations.documents.readers import Note, Reading, Source, beyond_header, no_such_column
from evaluations.errors import RefusedDocument

MOST_CELLS = 1_500_000  # with the empty ones before a filled one: about 17 s of a processor
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"  # openpyxl would find no cell in it
_ROW, _FORMULA, _VALUE = f"{_SHEET} row", f"{_SHEET} f", f"{_SHEET} v"
_BREAKS = re.compile(r"[\t\r\n]+")


def read_workbook(source: Source) -> Reading:
    """The text of a workbook.

    Raises:
        RefusedDocument: no workbook, encrypted, damaged, unsafe or too large inside.
    """
    with damage_refused(source), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells what it does not support: not the values
        uncalculated = _check(source)
        book = openpyxl.load_workbook(
            io.BytesIO(source.data), read_only=True, data_only=True, keep_links=False
        )
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        hidden = len(book.worksheets) - len(shown)
        lines: list[str] = []
        size = 0
        offer = Offer()
        choice = None if source.columns is None else Choice(source.columns)
        for sheet in shown:
            title = [_line(sheet.title)] if len(shown) > 1 else []
            for row in _kept(_rows(sheet), offer, choice):
                size += len(row)
                if size > LARGEST_INFLATED:  # one long text may stand in very many cells
                    raise expands(source)
                lines += [*title, row]
                title = []
            if choice is None:
                lines += title
    if choice is not None and not choice.kept:
        raise no_such_column(source, tuple(choice.found))
    notes = list(beyond_header(choice)) if choice else []
    if uncalculated:
        notes.append(Note("documents.warning.formulas", {"cells": uncalculated}))
    if hidden:
        notes.append(Note("documents.warning.hidden_sheets", {"sheets": hidden}))
    has_values = size > 0  # names of empty sheets are no text
    text = normal_text("\n".join(lines)) if has_values else ""
    columns = with_kept(offer.columns(), choice.kept if choice else ())
    return Reading(text, None, tuple(notes), columns=columns)


def _kept(rows: Iterator[list[str]], offer: Offer, choice: Choice | None) -> Iterator[str]:
    """The lines of a sheet: of all its columns, or of those of `choice` that it has."""
    header = next(rows, [])
    offer.header(header)
    if choice is not None and not choice.header(header):
        return
    for row in chain([header], rows):
        if row is not header:
            offer.row(row)
        line = "\t".join(row if choice is None else choice.of(row)).rstrip("\t")
        if line:
            yield line


def _rows(sheet: Any) -> Iterator[list[str]]:
    """The rows of a sheet that hold something."""
    sheet.reset_dimensions()  # what the sheet says about its size may be wrong
    for row in sheet.iter_rows(values_only=True):
        cells = list(map(_cell, row))
        if any(cells):
            yield cells


def _cell(value: object) -> str:
    """A value as Excel would write it into a text file, dates in ISO form."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.15g}"
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case _:
            return _line(str(value))


def _line(text: str) -> str:
    """`text` without what would be read as the end of a cell or row."""
    return _BREAKS.sub(" ", text)


def _check(source: Source) -> int:
    """Refuse what openpyxl must not see; how many formulas come without a value."""
    package = Package(source)
    main = main_part(package)
    uncalculated = cells = 0
    for part in package.parts:
        # every part, whatever its name: the workbook may call any of them a sheet
        grid = _Grid(source, cells)
        with suppress(expat.ExpatError):  # a picture; as a sheet, openpyxl cannot read it either
            package.parse(part, grid)
        if part.filename == main:
            check_root(package, grid.root, "workbook")
            if grid.root.startswith(_STRICT):
                raise RefusedDocument("documents.refused.strict_workbook", file=source.name)
        cells = grid.cells
        uncalculated += grid.uncalculated
    return uncalculated


class _Grid:
    """Counts the cells of a part, from the first column to the last filled one of each row."""

    def __init__(self, source: Source, cells: int) -> None:
        self.source = source
        self.root = ""
        self.cells = cells  # of all parts so far, a row left out counts as one
        self.uncalculated = 0
        self._row = self._column = 0
        self._depth = 0  # 1 in a row, 2 in a cell
        self._has_formula = self._has_value = self._is_value = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or tag
        if self._depth:
            self._depth += 1
            if self._depth == 2:
                self._start_cell(attributes)
            elif tag == _FORMULA:
                self._has_formula = True
            elif tag == _VALUE:
                self._is_value = True
        elif tag == _ROW:
            self._depth = 1
            row = int(attributes.get("r", self._row + 1))
            self._step(row - self._row, counted=row - self._row - 1)
            self._row, self._column = row, 0

    def end(self, tag: str) -> None:
        if self._depth == 2 and self._has_formula and not self._has_value:
            self.uncalculated += 1
        self._depth = max(0, self._depth - 1)
        self._is_value = False

    def text(self, text: str) -> None:
        self._has_value = self._has_value or self._is_value

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        name = attributes.get("r")
        column = column_index_from_string(name.rstrip("0123456789")) if name else self._column + 1
        self._step(column - self._column, counted=column - self._column)
        self._column = column
        self._has_formula = False
        self._has_value = attributes.get("t") == "str"  # an empty text may be a result

    def _step(self, step: int, counted: int) -> None:
        """Go on by `step` rows or columns, which count as so many cells."""
        if step < 1:
            raise ValueError("rows or cells out of order: openpyxl would lose some")
        self.cells += counted
        if self.cells > MOST_CELLS:
            raise RefusedDocument(
                "documents.refused.cells", file=self.source.name, limit=MOST_CELLS
            )
