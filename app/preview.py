"""Pictures of a report's pages, made from the very file that is handed out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import typst

PIXELS_PER_INCH = 110.0
_SHEET = """#set page(width: 210mm, height: 297mm, margin: 0mm)
#image("memo.pdf", page: {page}, width: 100%)
"""


def page_picture(pdf: bytes, page: int) -> bytes:
    """PNG of one page, from 1, of an A4 PDF."""
    with tempfile.TemporaryDirectory(prefix="longssm-preview-") as folder:
        sheet = Path(folder, "sheet.typ")
        sheet.write_text(_SHEET.replace("{page}", str(page)), encoding="utf-8")
        Path(folder, "memo.pdf").write_bytes(pdf)
        made = typst.compile(sheet, format="png", ppi=PIXELS_PER_INCH, ignore_system_fonts=True)
    pages = made if isinstance(made, list) else [made]
    return bytes(pages[0] or b"")
