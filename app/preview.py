"""Pictures of a report's pages, made from the very file that is handed out."""

from __future__ import annotations

import tempfile
from pathlib import Path

SMALL, LARGE = 110, 170  # pixels per inch: beside the form, and over the whole page
_SHEET = """#set page(width: 210mm, height: 297mm, margin: 0mm)
#image("memo.pdf", page: {page}, width: 100%)
"""


def page_picture(pdf: bytes, page: int, pixels_per_inch: int = SMALL) -> bytes:
    """PNG of one page, from 1, of an A4 PDF."""
    import typst  # only here: the server starts without it

    with tempfile.TemporaryDirectory(prefix="longssm-preview-") as folder:
        sheet = Path(folder, "sheet.typ")
        sheet.write_text(_SHEET.replace("{page}", str(page)), encoding="utf-8")
        Path(folder, "memo.pdf").write_bytes(pdf)
        ppi = float(pixels_per_inch)
        made = typst.compile(sheet, format="png", ppi=ppi, ignore_system_fonts=True)
    pages = made if isinstance(made, list) else [made]
    return bytes(pages[0] or b"")
