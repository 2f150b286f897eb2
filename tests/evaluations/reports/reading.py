"""What a finished report says, read back from its bytes: a text without white space."""

from __future__ import annotations

import html
import re
from functools import cache
from io import BytesIO

import openpyxl
from pptx import Presentation
from pypdf import PdfReader

from evaluations.records import Snapshot
from evaluations.reports import report_bytes
from evaluations.wording import Language
from tests.evaluations.reports.snapshots import VARIANTS


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@cache
def made(variant: str, name: str, language: Language) -> bytes:
    """A report of a variant, made once."""
    return report_bytes(VARIANTS[variant](), name, language)


def pptx_texts(content: bytes, notes: bool = True) -> list[str]:
    """Every text on the slides, in tables and notes, and the names of charts' series."""
    found: list[str] = []
    for slide in Presentation(BytesIO(content)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
            if shape.has_chart:
                found += [series.name for series in shape.chart.plots[0].series]
        if notes:
            found.append(slide.notes_slide.notes_text_frame.text)
    return found


def said(content: bytes, name: str) -> str:
    """All that the file says, without white space; of a workbook the shown strings only."""
    if name == "pdf":
        return squeezed("".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages))
    if name == "pptx":
        return squeezed("\n".join(pptx_texts(content)))
    if name == "xlsx":
        book = openpyxl.load_workbook(BytesIO(content), data_only=True)
        cells = (str(cell.value) for page in book for row in page.iter_rows() for cell in row
                 if isinstance(cell.value, str))  # fmt: skip
        return squeezed("\n".join(cells))
    text = content.decode()
    if name == "html":
        text = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S))
    if name == "md":
        text = re.sub(r"\\(.)", r"\1", text)
    return squeezed(text)


def xlsx_numbers(content: bytes) -> set[float]:
    """Every number of the workbook, those of formulas as they are stored, with nine digits."""
    book = openpyxl.load_workbook(BytesIO(content), data_only=True)
    return {
        round(float(cell.value), 9)
        for page in book
        for row in page.iter_rows()
        for cell in row
        if isinstance(cell.value, int | float)
    }


def printed_numbers(snapshot: Snapshot) -> dict[str, float]:
    """The numbers that decide: of criteria, curve and difference, as they must be printed."""
    result, sides = snapshot.comparison, (snapshot.comparison.arm_a, snapshot.comparison.arm_b)
    numbers: dict[str, float] = {}
    for one in snapshot.verdict.criteria:
        for value in (one.target, one.actual):
            if value is not None:
                text = {"bits_per_byte": f"{value:+.3f}", "ratio": f"{value:.2f}"}.get(
                    one.unit, f"{value:g}"
                )
                numbers[text.replace("-", "−")] = value
    for point in snapshot.curve:
        if point.kind.value == "matched" and point.arm in sides:
            numbers[f"{point.bits_per_byte:.3f}"] = point.bits_per_byte
    for contrast in snapshot.contrasts:
        if (contrast.arm_a, contrast.arm_b) == sides:
            for value in (contrast.delta_bits_per_byte, contrast.ci_low, contrast.ci_high):
                assert value is not None
                numbers[f"{value:+.3f}".replace("-", "−")] = value
    assert result.delta_bits_per_byte is not None
    numbers[f"{result.delta_bits_per_byte:+.3f}".replace("-", "−")] = result.delta_bits_per_byte
    return numbers
