"""The report as an A4 PDF: archival (PDF/A-2a), tagged for screen readers, fonts embedded.

Its first page is the memo, alone; behind it come the sections of `appendix`. PDF/A-2a asks for all
that 2b asks for, and for tags beside. In reading order: `pdf_bytes` (snapshot -> bytes). The layout
is `memo.typ` beside this file; text reaches it as JSON strings only, so a file name with `#`, `$`
or `*` is printed as it is. The standard refuses a document with a missing glyph: an empty box
cannot be printed. Equal snapshots give equal bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, cast

import typst
from pypdf import PdfReader

from evaluations.additions import NOTHING, Added
from evaluations.charts import LIGHT, curve_chart, svg
from evaluations.errors import EvaluationError
from evaluations.fonts import font_folders
from evaluations.records import Snapshot
from evaluations.reports.appendix import Section, sections, source_line
from evaluations.reports.content import Memo, memo
from evaluations.wording import Language, say

STANDARDS = ["a-2a", "ua-1"]
SCALES = (
    1.1,
    1.05,
    1.0,
    0.95,
    0.9,
    0.85,
    0.8,
    0.75,
)  # of type and spacing: the largest that fits one page
CHART_WIDTH, CHART_HEIGHT = 380, 215  # pixels; drawn 104 mm wide

_WORDS = {
    "product": "reports.product",
    "to": "reports.to",
    "from": "reports.from",
    "date": "reports.date",
    "decision_date": "reports.decision_date",
    "subject": "reports.subject",
    "request": "reports.request",
    "conclusion": "reports.conclusion",
    "recommendation": "reports.recommendation",
    "failures": "reports.failures",
    "hidden": "reports.failures.hidden",
    "criteria": "reports.criteria",
    "criterion": "reports.criteria.criterion",
    "target": "reports.criteria.target",
    "actual": "reports.criteria.actual",
    "mark": "reports.criteria.mark",
    "none": "reports.criteria.none",
    "curve": "reports.curve",
    "effects": "reports.effects",
    "risks": "reports.risks",
    "risk": "reports.risks.risk",
    "measure": "reports.risks.measure",
    "steps": "reports.steps",
    "action": "reports.steps.action",
    "due": "reports.steps.due",
    "owner": "reports.steps.owner",
    "blank_date": "reports.steps.blank_date",
    "approvals": "reports.approvals",
    "approval_date": "reports.approvals.date",
    "choice": "reports.approvals.choice",
    "appendix": "appendix.title",
}


def pdf_bytes(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> bytes:
    """The report of an evaluation: the memo on one page, and the sections behind it.

    Raises:
        EvaluationError: the memo does not fit one page even in the smallest type.
    """
    content = memo(snapshot, language, added)
    chart = _chart(snapshot, language) if content.curve is not None else b""
    behind = sections(snapshot, language, content)
    for scale in SCALES:
        alone = _typeset(snapshot, content, (), chart, scale)
        if len(PdfReader(BytesIO(alone)).pages) == 1:
            return _typeset(snapshot, content, behind, chart, scale)
    raise EvaluationError("reports.too_long", run=snapshot.run)


def _chart(snapshot: Snapshot, language: Language) -> bytes:
    return svg(
        curve_chart(
            snapshot,
            language,
            theme=LIGHT,
            title=False,
            width=CHART_WIDTH,
            height=CHART_HEIGHT,
            font_size=10,
        )
    )


def _typeset(
    snapshot: Snapshot, content: Memo, behind: tuple[Section, ...], chart: bytes, scale: float
) -> bytes:
    words = {name: say(key, content.language) for name, key in _WORDS.items()}
    words["addressee"] = say("reports.to.honorific", content.language, name=content.addressee)
    data: dict[str, Any] = {
        **asdict(content),
        "words": words,
        "sections": [asdict(section) for section in behind],
        "source": source_line(content),
        "scale": scale,
        "has_chart": bool(chart),
    }
    template = files("evaluations.reports").joinpath("memo.typ").read_bytes()
    sources = {
        "main.typ": template,
        "data.json": json.dumps(data, ensure_ascii=False).encode(),
        "chart.svg": chart,
    }
    # the library takes files by name in a dict; its stub does not know yet
    compile_files: Any = typst.compile
    made = compile_files(
        sources,
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        pdf_standards=STANDARDS,
        timestamp=datetime.fromisoformat(snapshot.created),
    )
    return cast(bytes, made)


@cache
def _fonts() -> typst.Fonts:
    """Noto Sans CJK JP and nothing else: the same page on every machine."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=list(font_folders()),
    )
