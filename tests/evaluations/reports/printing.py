"""Every variant's PDF is made once and read back by many tests."""

from __future__ import annotations

import re
from functools import cache
from io import BytesIO
from typing import NamedTuple

from pypdf import PdfReader

from evaluations.reports.pdf import pdf_bytes
from evaluations.wording import Language
from tests.evaluations.reports.snapshots import VARIANTS


class Printed(NamedTuple):
    """A memo as it lies on the page."""

    content: bytes
    reader: PdfReader
    text: str  # of all pages, without any white space: lines break where they must


@cache
def printed(variant: str, language: Language) -> Printed:
    content = pdf_bytes(VARIANTS[variant](), language)
    reader = PdfReader(BytesIO(content))
    return Printed(content, reader, squeezed("".join(p.extract_text() for p in reader.pages)))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)
