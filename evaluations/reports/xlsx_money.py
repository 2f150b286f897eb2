"""The sheet of money in the workbook: assumptions to change, and scenarios that follow by formulas.

`money_cells` writes assumptions (yellow), measurements, and a row per scenario whose figures are
formulas over them, the same as in `evaluations.money`; their stored values are that module's.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from evaluations.money import NOTHING_YEN, Money, Scenario
from evaluations.reports.content import Memo
from evaluations.wording import say

WIDTHS = (44, 16, 16, 16, 16, 16, 16)


def money_cells(sheet: Any, found: Money, content: Memo, style: Any) -> None:
    """All of the sheet; without scenarios the assumptions, and why there are none."""
    assert content.money is not None
    language = content.language
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, say("money.title", language), style.section)
    sheet.merge_range(1, 0, 1, 6, content.money.conclusion, style.note)
    sheet.set_row(1, 34)
    row, cells = _inputs(sheet, 3, found, content, style)
    if found.scenarios:
        sheet.merge_range(row + 1, 0, row + 1, 6, say("xlsx.money.live", language), style.note)
        for column, head in enumerate(content.money.head):
            sheet.write_string(row + 2, column, head, style.figure_head if column else style.head)
        row += 3
        for one in found.scenarios:
            _scenario(sheet, row, one, cells, content, style)
            row += 1
    for text in (content.money.alternative, *content.money.notes):
        sheet.merge_range(row + 1, 0, row + 1, 6, text, style.note)
        row += 1


def _inputs(
    sheet: Any, row: int, found: Money, content: Memo, style: Any
) -> tuple[int, dict[str, str]]:
    """Assumptions and measurements, a line each; the next row, and the cell of every figure."""
    language, cells = content.language, {}
    for column, name in enumerate(("label", "value", "source")):
        look = style.figure_head if name == "value" else style.head
        sheet.write_string(row, column, say(f"money.inputs.{name}", language), look)
    slowdowns = {f"slowdown.{one.name}": one.slowdown for one in found.scenarios}
    speed = found.measured.tokens_per_second
    measured = {"tokens": found.measured.tokens_per_document,
                "speed": None if speed is None else speed[0], **slowdowns}  # fmt: skip
    shown = [
        *((name, say(f"money.input.{name}", language), value, "assumed")
          for name, value in found.inputs),
        *((name, say(f"xlsx.money.{name}", language), value, "measured")
          for name, value in measured.items() if found.scenarios),
    ]  # fmt: skip
    for name, label, value, source in shown:
        row += 1
        sheet.write_string(row, 0, label, style.text)
        if value is None:
            sheet.write_string(row, 1, say("money.absent", language), style.text)
        else:
            measured_look = style.whole if name in ("tokens", "speed") else style.factor
            sheet.write_number(
                row, 1, value, style.assumed if source == "assumed" else measured_look
            )
        sheet.write_string(row, 2, say(f"money.badge.{source}", language), style.text)
        cells[name] = xl_rowcol_to_cell(row, 1, row_abs=True, col_abs=True)
    return row + 1, cells


def _scenario(
    sheet: Any, row: int, one: Scenario, cells: dict[str, str], content: Memo, style: Any
) -> None:
    """Minutes, yen saved, machine, running, net and months, in the order of the head."""
    names = ("name", "minutes", "saved", "machine", "running", "net")
    at = {name: xl_rowcol_to_cell(row, column) for column, name in enumerate(names)}
    never = say("money.never", content.language)
    hours = f"{cells['documents_per_month']}*{cells['tokens']}/{cells['speed']}/3600"
    slowdown = cells[f"slowdown.{one.name}"]
    formulas = (
        (f"={cells[f'minutes_{one.name}']}", style.figure, one.minutes),
        (f"={cells['documents_per_month']}*{at['minutes']}/60*{cells['yen_per_labour_hour']}",
         style.yen, one.saved),
        (f"={hours}*{cells['yen_per_machine_hour']}*({slowdown}-1)", style.yen, one.machine),
        (f"={cells['running_yen_per_month']}", style.yen, one.running),
        (f"={at['saved']}-{at['machine']}-{at['running']}", style.yen, one.net),
        (f'=IF({at["net"]}>{NOTHING_YEN},{cells["one_off_yen"]}/{at["net"]},"{never}")',
         style.months,
         never if one.payback_months is None else one.payback_months),
    )  # fmt: skip
    sheet.write_string(row, 0, say(f"money.{one.name}", content.language), style.label)
    for column, (formula, format, value) in enumerate(formulas, 1):
        sheet.write_formula(row, column, formula, format, value)
