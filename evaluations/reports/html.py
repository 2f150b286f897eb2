"""The report as one HTML file that asks nobody for anything: no script and no request.

`html_text` (snapshot -> text) prints the memo and the sections behind it in the order of the PDF;
the charts are SVG in the page, each with its numbers as a table beside. Every text is escaped; a
strict Content-Security-Policy allows the page's own style sheet, by its hash, and nothing else. It
prints on A4, the memo first.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape

from evaluations.additions import NOTHING, Added
from evaluations.charts import LIGHT, curve_chart, difference_strip, strip_title, svg
from evaluations.records import Outcome, Snapshot
from evaluations.reports.appendix import Section, sections, source_line
from evaluations.reports.content import Line, Memo, memo
from evaluations.wording import Language, say

WIDTH, HEIGHT = 640, 300  # pixels of the chart
# what a chart says of each of its marks, names of documents among it: the table beside says it
_DESCRIBED = re.compile(r' (?:aria-[a-z]+|role)="[^"]*"')

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; color: #1f2933; background: #fff;
  font: 1rem/1.6 "Yu Gothic", "Hiragino Sans", Meiryo, "Noto Sans CJK JP", "Noto Sans JP", Arial,
  sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; padding-bottom: .2rem;
  border-bottom: 1px solid #9aa5b1; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .92rem; }
th, td { border: 1px solid #9aa5b1; padding: .3rem .6rem; text-align: left; vertical-align: top; }
thead th { background: #eef2f6; }
td.figure, th.figure { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.decides td { font-weight: bold; }
tr.assumed td { background: #fff4d6; border-style: dashed; }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .35rem 1rem;
  margin: .5rem 0; }
dt { font-weight: bold; }
dd { margin: 0; }
figure { margin: 1rem 0; }
figure svg { max-width: 100%; height: auto; }
svg text { font-family: "Yu Gothic", "Hiragino Sans", Meiryo, "Noto Sans CJK JP", Arial,
  sans-serif; }
figcaption, footer { color: #52606d; font-size: .88rem; }
.stamp { display: inline-block; border: 3px solid #b42318; color: #b42318; font-weight: bold;
  padding: .2rem .8rem; }
.verdict { border-left: .5rem solid currentColor; padding: .2rem 1rem; margin: 1rem 0; }
.verdict strong { font-size: 1.7rem; }
.verdict p { color: #1f2933; margin: .3rem 0; }
.go { color: #176b3a; } .conditional { color: #7a5400; } .undecided { color: #3e4c59; }
.no_go, .withheld { color: #9b1c1c; }
.sign td { height: 4.5rem; vertical-align: bottom; }
@media print {
  @page { size: A4; margin: 14mm; }
  body { padding: 0; max-width: none; font-size: 9.5pt; }
  h2 { break-after: avoid; }
  tr, figure, dl { break-inside: avoid; }
  .behind { break-before: page; }
}
"""


def html_text(snapshot: Snapshot, language: Language, added: Added = NOTHING) -> str:
    """The report of an evaluation as a whole document."""
    content = memo(snapshot, language, added)
    behind = sections(snapshot, language, content)
    body = "\n".join(
        [
            *_head(content),
            *_findings(snapshot, content),
            *_rest(content),
            f'<div class="behind"><h1>{escape(say("appendix.title", language))}</h1>',
            *(_section(one, snapshot, language) for one in behind),
            "</div>",
            f"<footer>{escape(source_line(content))}</footer>",
        ]
    )
    return _document(f"{content.title} – {content.subject}", body, language)


def _document(title: str, body: str, language: Language) -> str:
    allowed = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, quote=False)}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n"
        "</main>\n</body>\n</html>\n"
    )


# --- the memo --------------------------------------------------------------------------------


def _head(content: Memo) -> list[str]:
    def word(key: str) -> str:
        return say(key, content.language)

    addressee = say("reports.to.honorific", content.language, name=content.addressee)
    facts = [
        Line(word("reports.to"), addressee if content.addressee else ""),
        Line(word("reports.from"), content.drafter),
        Line(word("reports.date"), content.date),
        Line(word("reports.decision_date"), content.decision_date),
        Line(word("reports.subject") + content.written["subject"], content.subject),
        Line(word("reports.request") + content.written["request"], content.request),
    ]
    recommendation = Line(
        word("reports.recommendation") + content.written["recommendation"], content.recommendation
    )
    return [
        f"<h1>{escape(content.title)}</h1>",
        f'<p class="stamp">{escape(content.stamp)}</p>' if content.stamp else "",
        _lines(line for line in facts if line.value),
        f"<h2>{escape(word('reports.conclusion'))}</h2>",
        f'<div class="verdict {content.outcome.value}"><strong>{escape(content.verdict)}</strong>'
        + (f"<p><strong>{escape(content.tendency)}</strong></p>" if content.tendency else "")
        + (f"<p><strong>{escape(content.caution)}</strong></p>" if content.caution else "")
        + f"<p>{escape(content.reason)}</p>"
        + (f"<p>{escape(content.sides)}</p>" if content.sides else "")
        + "</div>",
        _lines([recommendation, *content.by_rule]),
    ]


def _findings(snapshot: Snapshot, content: Memo) -> list[str]:
    """Criteria and curve, or why there are none."""

    def word(key: str) -> str:
        return say(key, content.language)

    if content.outcome is Outcome.WITHHELD:
        hidden = f"<p>{escape(word('reports.failures.hidden'))}</p>"
        return [_heading(word("reports.failures")), hidden, _list(content.failures)]
    columns = ("criterion", "target", "actual", "mark")
    rows = [(row.criterion, row.target, row.actual, f"{row.mark} {row.meaning}".strip())
            for row in content.criteria]  # fmt: skip
    head = [word(f"reports.criteria.{column}") for column in columns]
    none = f"<p>{escape(word('reports.criteria.none'))}</p>"
    parts = [_heading(word("reports.criteria")), _table(head, rows, {1, 2}) if rows else none]
    if content.curve is not None:
        chart = curve_chart(snapshot, content.language, theme=LIGHT, title=False, width=WIDTH,
                            height=HEIGHT)  # fmt: skip
        head = list(content.curve.head)
        parts += [
            _heading(word("reports.curve")),
            _figure(svg(chart).decode(), content.curve_title, content.curve_note),
            _table(head, content.curve.rows, set(range(5)), content.curve.primary),
        ]
    return parts


def _rest(content: Memo) -> list[str]:
    def word(key: str) -> str:
        return say(key, content.language)

    def heading(part: str) -> str:
        return _heading(word(f"reports.{part}") + content.written[part])

    risks = [(f"{number}. {one.risk}", one.measure) for number, one in enumerate(content.risks, 1)]
    steps = [(f"{number}. {one.action}", one.due, one.owner)
             for number, one in enumerate(content.steps, 1)]  # fmt: skip
    effects = [_heading(word("reports.effects")), _lines(content.effects)]
    return [
        *(effects if content.effects else []),
        heading("risks"),
        _table([word("reports.risks.risk"), word("reports.risks.measure")], risks),
        heading("steps"),
        _table([word(f"reports.steps.{name}") for name in ("action", "due", "owner")], steps),
        heading("approvals"),
        _table([one.role for one in content.approvals], [[one.name for one in content.approvals]],
               kind="sign"),
        f"<p>{escape(word('reports.approvals.choice'))}</p>",
    ]  # fmt: skip


# --- what stands behind it -------------------------------------------------------------------


def _section(one: Section, snapshot: Snapshot, language: Language) -> str:
    parts = [_heading(one.title)]
    if len(one.sentences) == 1:
        parts.append(f"<p>{escape(one.sentences[0])}</p>")
    elif one.sentences:
        parts.append(_list(one.sentences))
    if one.lines:
        parts.append(_lines(one.lines))
    if one.key == "data" and snapshot.verdict.outcome is not Outcome.WITHHELD:
        parts.append(_strip(snapshot, language))
    if one.table is not None:
        figures = set(range(one.table.words, len(one.table.head)))
        table = one.table
        parts.append(_table(table.head, table.rows, figures, assumed=table.assumed))
    return "\n".join(parts)


def _strip(snapshot: Snapshot, language: Language) -> str:
    """A mark per document, where there are differences to show."""
    if not snapshot.compared:
        return ""
    chart = difference_strip(snapshot, language, theme=LIGHT, title=False, width=WIDTH)
    return _figure(svg(chart).decode(), strip_title(snapshot, language), "")


# --- pieces ----------------------------------------------------------------------------------


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _figure(picture: str, title: str, note: str) -> str:
    """A chart: one picture with a name for who cannot see it; its numbers stand in a table."""
    drawn = _DESCRIBED.sub("", picture)
    named = drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" ', 1)
    shown = "".join(f"<figcaption>{escape(text)}</figcaption>" for text in (title, note) if text)
    return f"<figure>{named}{shown}</figure>"


def _list(texts: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def _lines(lines: Iterable[Line]) -> str:
    shown = (f"<dt>{escape(one.label)}</dt><dd>{escape(one.value)}</dd>" for one in lines)
    return f"<dl>{''.join(shown)}</dl>"


def _table(
    head: Sequence[str], rows: Iterable[Sequence[str]], figures: Iterable[int] = (),
    decides: int | None = None, kind: str = "", assumed: Iterable[int] = (),
) -> str:  # fmt: skip
    """A table; `figures` are the columns set to the right, `decides` the row in bold.

    `assumed` are the rows of what people assume: shaded, and framed by dashes.
    """
    right = set(figures)

    def cell(name: str, place: int, text: str) -> str:
        scope = ' scope="col"' if name == "th" else ""
        look = ' class="figure"' if place in right else ""
        return f"<{name}{scope}{look}>{escape(text)}</{name}>"

    def row(name: str, cells: Sequence[str], look: str = "") -> str:
        return f"<tr{look}>{''.join(cell(name, *one) for one in enumerate(cells))}</tr>"

    looks = dict.fromkeys(assumed, ' class="assumed"')
    if decides is not None:
        looks[decides] = ' class="decides"'
    body = "".join(row("td", cells, looks.get(i, "")) for i, cells in enumerate(rows))
    look = f' class="{kind}"' if kind else ""
    return f"<table{look}><thead>{row('th', head)}</thead><tbody>{body}</tbody></table>"
