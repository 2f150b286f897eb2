"""Excel workbooks become lines of cells, or one sentence."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest

from evaluations.documents import excel, ingest_bytes, ingest_path, packages
from evaluations.wording import LANGUAGES
from tests.evaluations.documents.office import ENCRYPTED, OLE, docx, paragraph, zipped

ROWS = (
    ("日付", "設備", "数量", "備考"),
    (date(2026, 4, 1), "冷却ポンプ(2号)", 12, "𠮷田・髙橋 ①"),
    (datetime(2026, 4, 2, 8, 30), "ﾎﾟﾝﾌﾟ", 0.1 + 0.2, "改行\nと\tタブ"),
    (None, None, None, None),
    (time(9, 15), True, -1.5, None),
)
TEXT = (
    "日付\t設備\t数量\t備考\n"
    "2026-04-01\t冷却ポンプ(2号)\t12\t𠮷田・髙橋 ①\n"
    "2026-04-02 08:30:00\tﾎﾟﾝﾌﾟ\t0.3\t改行 と タブ\n"
    "09:15:00\tTRUE\t-1.5"
)


def saved(book: openpyxl.Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def changed(data: bytes, part: str, pattern: str, replacement: str) -> bytes:
    """The workbook with one place of one part written anew."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    parts[part], places = re.subn(pattern, replacement, parts[part], count=1)
    assert places == 1
    return zipped(parts)


SHEET = "xl/worksheets/sheet1.xml"
GOOD = xlsx(*ROWS)


def test_rows_become_lines_and_cells_are_separated_by_tabs():
    ingested = ingest_bytes("a.xlsx", GOOD)
    assert (ingested.status, ingested.encoding) == ("accept", None)
    assert ingested.documents[0].text == TEXT
    assert ingested.original_sha256 == hashlib.sha256(GOOD).hexdigest()
    assert ingested.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_the_child_reads_a_workbook_as_this_process_does(tmp_path):
    path = tmp_path / "在庫.xlsx"
    path.write_bytes(GOOD)
    assert ingest_path(path) == ingest_bytes("在庫.xlsx", GOOD)
    assert ingest_path(path).documents[0].text == TEXT


def test_several_sheets_are_named_and_hidden_ones_are_told():
    book = openpyxl.Workbook()
    book.active.title = "四月"
    book.active.append(["a", 1])
    book.create_sheet("五月").append(["b", 2])
    hidden = book.create_sheet("秘密")
    hidden.append(["password"])
    hidden.sheet_state = "hidden"
    ingested = ingest_bytes("a.xlsx", saved(book))
    assert ingested.documents[0].text == "四月\na\t1\n五月\nb\t2"
    assert (ingested.status, ingested.message.values["sheets"]) == ("warn", 1)


def test_formulas_without_a_stored_result_are_counted():
    data = xlsx(("合計", "=1+2", "=A1"))
    ingested = ingest_bytes("a.xlsx", data)
    assert (ingested.status, ingested.message.values["cells"]) == ("warn", 2)
    stored = changed(data, SHEET, r"(1\+2</f>)<v *(?:/>|></v>)", r"\1<v>3</v>")
    ingested = ingest_bytes("a.xlsx", stored)
    assert (ingested.documents[0].text, ingested.message.values["cells"]) == ("合計\t3", 1)
    text = changed(stored, SHEET, '<c r="C1">', '<c r="C1" t="str">')
    assert ingest_bytes("a.xlsx", text).status == "accept"


@pytest.mark.parametrize("stated", ["A1:A1", "A1:XFD1048576", "A1:B17179869184"])
def test_a_sheet_that_lies_about_its_size_is_read_by_its_cells(stated):
    data = changed(GOOD, SHEET, 'dimension ref="[^"]*"', f'dimension ref="{stated}"')
    assert ingest_bytes("a.xlsx", data).documents[0].text == TEXT


DOCTYPE = '<!DOCTYPE a [<!ENTITY b "はは">]><worksheet '
REFUSED = {
    "password": (ENCRYPTED, "encrypted"),
    "old format": (OLE + bytes(2000), "other_kind"),
    "csv": (b"a,b\n1,2\n", "damaged"),
    "ordinary zip": (zipped({"a.txt": "text"}), "other_kind"),
    "document": (docx(paragraph("a")), "other_kind"),
    "cut off": (GOOD[: len(GOOD) // 2], "damaged"),
    "entities": (changed(GOOD, SHEET, "<worksheet ", DOCTYPE), "document_type"),
    "row far away": (changed(GOOD, SHEET, 'row r="5"', 'row r="99999999999"'), "cells"),
    "rows backwards": (changed(GOOD, SHEET, 'row r="5"', 'row r="1"'), "damaged"),
    "column unknown": (changed(GOOD, SHEET, 'r="A1"', 'r="ZZZZ1"'), "damaged"),
    "columns backwards": (changed(GOOD, SHEET, 'r="A1"', 'r="D1"'), "damaged"),
    "strict": (
        changed(GOOD, "xl/workbook.xml", ' xmlns="[^"]*"', f' xmlns="{excel._STRICT}"'),
        "strict_workbook",
    ),
    "nothing": (saved(openpyxl.Workbook()), "blank"),
    "empty": (b"", "empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_readable_workbook_is_refused_with_its_name(case):
    data, reason = REFUSED[case]
    ingested = ingest_bytes("在庫.xlsx", data)
    assert (ingested.status, ingested.message.key) == ("reject", f"documents.refused.{reason}")
    for language in LANGUAGES:
        said = ingested.words(language)
        assert said.startswith("在庫.xlsx: ")
        assert "{" not in said


def test_entities_are_refused_in_a_part_of_any_name():
    def renamed(text: str) -> str:
        return text.replace("worksheets/sheet1.xml", "media/image1.png")

    with zipfile.ZipFile(io.BytesIO(REFUSED["entities"][0])) as archive:
        parts = {renamed(name): renamed(archive.read(name).decode()) for name in archive.namelist()}
    ingested = ingest_bytes("a.xlsx", zipped(parts))
    assert ingested.message.key == "documents.refused.document_type"


def test_cells_are_counted_with_the_gaps_before_them(monkeypatch):
    data = xlsx(*[(None,) * 9 + (1,)] * 10)  # ten rows of ten columns
    monkeypatch.setattr(excel, "MOST_CELLS", 100)
    assert ingest_bytes("a.xlsx", data).status == "accept"
    monkeypatch.setattr(excel, "MOST_CELLS", 99)
    assert ingest_bytes("a.xlsx", data).message.key == "documents.refused.cells"


def test_one_long_text_in_many_cells_is_refused_before_it_is_built(monkeypatch):
    book = xlsx(*[("あ" * 30_000,)] * 40)
    monkeypatch.setattr(packages, "LARGEST_INFLATED", 1024 * 1024)
    monkeypatch.setattr(excel, "LARGEST_INFLATED", 1024 * 1024)
    assert ingest_bytes("a.xlsx", book).message.key == "documents.refused.expands"


def test_a_workbook_of_a_few_kilobytes_cannot_take_the_memory_of_a_large_one(tmp_path):
    path = tmp_path / "a.xlsx"
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(9, 9000))
    path.write_bytes(changed(GOOD, SHEET, "</sheetData>", f"{rows}</sheetData>"))
    assert ingest_path(path).message.key == "documents.refused.cells"
