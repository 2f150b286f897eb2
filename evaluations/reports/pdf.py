"""The memo as an A4 PDF: page 1 is the decision, page 2 yen. Archival (PDF/A-2a), tagged for
screen readers, fonts embedded.

In reading order: `pdf_bytes` (snapshot -> bytes). The layout is `memo.typ` beside this file; text
reaches it as JSON strings only, so a file name with `#`, `$` or `*` is printed as it is. The
standard refuses a document with a missing glyph: an empty box cannot be printed. Equal snapshots
give equal bytes.
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
    "comparison": "reports.comparison",
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
    "foot": "reports.foot",
    "money": "money.title",
    "money_inputs": "money.inputs",
    "money_label": "money.inputs.label",
    "money_value": "money.inputs.value",
    "money_source": "money.inputs.source",
    "money_turns": "money.turns",
    "money_alternative": "money.alternative",
    "money_formulas": "money.formulas",
    "money_worked": "money.formulas.worked",
}


def pdf_bytes(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> bytes:
    """The memo of an evaluation on one page; where people entered assumptions, yen on a second.

    Raises:
        EvaluationError: page 1 does not fit even in the smallest type.
    """
    content = memo(snapshot, language, added)
    chart = _chart(snapshot, language) if content.curve is not None else b""
    wanted = 1 if content.money is None else 2
    for scale in SCALES:
        made = _typeset(content, chart, scale, snapshot.created)
        if len(PdfReader(BytesIO(made)).pages) == wanted:
            return made
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


def _typeset(content: Memo, chart: bytes, scale: float, created: str) -> bytes:
    words = {name: say(key, content.language) for name, key in _WORDS.items()}
    words["addressee"] = say("reports.to.honorific", content.language, name=content.addressee)
    data: dict[str, Any] = {
        **asdict(content),
        "words": words,
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
        timestamp=datetime.fromisoformat(created),
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
