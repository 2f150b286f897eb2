"""The report as Markdown: the same texts as the PDF, the chart as a table.

User texts stay literal: characters that Markdown or HTML would read as markup are escaped, so
that a file name can neither become a link nor load an image.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from evaluations.additions import NOTHING, Added
from evaluations.records import Outcome, Snapshot
from evaluations.reports.appendix import Section, sections
from evaluations.reports.content import Line, Memo, memo
from evaluations.wording import Language, say

_MARKUP = re.compile(r"([\\`*_\[\]<>|#~$&!@]|(?<=https):|(?<=http):|(?<=ftp):|(?<=www)\.)")


def markdown_text(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> str:
    """The memo of an evaluation, in the order of the page."""
    content = memo(snapshot, language, added)
    parts = [
        *_head(content),
        *_findings(content),
        *_rest(content),
        *(part for one in sections(snapshot, language, content) for part in _section(one)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def literal(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return _MARKUP.sub(r"\\\1", text)


def _head(content: Memo) -> list[str]:
    def word(key: str) -> str:
        return say(key, content.language)

    addressee = (
        say("reports.to.honorific", content.language, name=content.addressee)
        if content.addressee
        else ""
    )
    facts = [
        Line(word("reports.to"), addressee),
        Line(word("reports.from"), content.drafter),
        Line(word("reports.date"), content.date),
        Line(word("reports.decision_date"), content.decision_date),
        Line(word("reports.subject") + content.written["subject"], content.subject),
        Line(word("reports.request") + content.written["request"], content.request),
    ]
    return [
        f"# {literal(content.title)}",
        f"**{literal(content.stamp)}**" if content.stamp else "",
        _list(line for line in facts if line.value),
        f"## {word('reports.conclusion')}{_colon(content)}{literal(content.verdict)}",
        f"**{literal(content.tendency)}**" if content.tendency else "",
        f"**{literal(content.caution)}**" if content.caution else "",
        literal(content.reason),
        literal(content.sides),
        _list(
            [
                Line(
                    word("reports.recommendation") + content.written["recommendation"],
                    content.recommendation,
                ),
                *content.by_rule,
            ]
        ),
    ]


def _findings(content: Memo) -> list[str]:
    def word(key: str) -> str:
        return say(key, content.language)

    if content.outcome is Outcome.WITHHELD:
        failed = "\n".join(f"- {literal(failure)}" for failure in content.failures)
        return [f"## {word('reports.failures')}", word("reports.failures.hidden"), failed]
    columns = ("criterion", "target", "actual", "mark")
    criteria = _table(
        [word(f"reports.criteria.{column}") for column in columns],
        [
            (row.criterion, row.target, row.actual, f"{row.mark} {row.meaning}".strip())
            for row in content.criteria
        ],
    )
    parts = [
        f"## {word('reports.criteria')}",
        criteria if content.criteria else word("reports.criteria.none"),
        f"## {word('reports.curve')}",
        literal(content.curve_title),
    ]
    if content.curve is not None:
        parts += [_table(content.curve.head, content.curve.rows), literal(content.curve_note)]
    return parts


def _rest(content: Memo) -> list[str]:
    def word(key: str) -> str:
        return say(key, content.language)

    effects = [f"## {word('reports.effects')}", _list(content.effects)] if content.effects else []
    return [
        *effects,
        f"## {word('reports.risks')}{content.written['risks']}",
        _table(
            [word("reports.risks.risk"), word("reports.risks.measure")],
            [(risk.risk, risk.measure) for risk in content.risks],
        ),
        f"## {word('reports.steps')}{content.written['steps']}",
        _table(
            [word(f"reports.steps.{column}") for column in ("action", "due", "owner")],
            [(step.action, step.due, step.owner) for step in content.steps],
        ),
        f"## {word('reports.approvals')}{content.written['approvals']}",
        _table(
            [literal(one.role) for one in content.approvals],
            [[one.name for one in content.approvals]],
        ),
    ]


def _section(one: Section) -> list[str]:
    """A section behind the memo: sentences, labelled lines, a table."""
    sentences = "\n".join(f"- {literal(sentence)}" for sentence in one.sentences)
    table = _table(one.table.head, one.table.rows) if one.table is not None else ""
    return [f"## {literal(one.title)}", sentences, _list(one.lines), table]


def _colon(content: Memo) -> str:
    return ":" if content.language == "ja" else ": "


def _list(lines: Iterable[Line]) -> str:
    return "\n".join(f"- **{literal(line.label)}** {literal(line.value)}" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([literal(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
