"""A picture of a report's first page, made from the very file that is handed out."""

from __future__ import annotations

import tempfile
from pathlib import Path

PIXELS_PER_INCH = 110.0
_SHEET = '#set page(width: 210mm, height: 297mm, margin: 0mm)\n#image("memo.pdf", width: 100%)\n'


def first_page(pdf: bytes) -> bytes:
    """PNG of the first page of an A4 PDF."""
    import typst  # only here: the server starts without it

    with tempfile.TemporaryDirectory(prefix="longssm-preview-") as folder:
        sheet = Path(folder, "sheet.typ")
        sheet.write_text(_SHEET, encoding="utf-8")
        Path(folder, "memo.pdf").write_bytes(pdf)
        made = typst.compile(sheet, format="png", ppi=PIXELS_PER_INCH, ignore_system_fonts=True)
    pages = made if isinstance(made, list) else [made]
    return bytes(pages[0] or b"")
