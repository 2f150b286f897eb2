"""Word documents (.docx) -> text in reading order.

A paragraph or heading is a line; a row of a table is a line, its cells separated by tabs. Foot- and
endnotes follow the body. Left out: page headers and footers, comments, deleted text, field codes,
the readings above ruby text, and the second copy that Word keeps of a drawing for old programs.
"""

from __future__ import annotations

from collections.abc import Mapping

from evaluations.documents.cleaning import normal_text
from evaluations.documents.packages import Package, check_root, damage_refused, main_part
from evaluations.documents.readers import Reading, Source

_OFFICE = "http://schemas.openxmlformats.org"
_WORD = (
    f"{_OFFICE}/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_FORMULAS = (
    f"{_OFFICE}/officeDocument/2006/math",
    "http://purl.oclc.org/ooxml/officeDocument/math",
)
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def _tags(*names: str) -> frozenset[str]:
    return frozenset(f"{space} {name}" for space in _WORD for name in names)


_PARAGRAPH, _ROW, _CELL = _tags("p"), _tags("tr"), _tags("tc")
_TEXT = _tags("t") | {f"{space} t" for space in _FORMULAS}
_SIGNS = {
    tag: sign
    for name, sign in {
        "tab": "\t",
        "ptab": "\t",
        "br": "\n",
        "cr": "\n",
        "noBreakHyphen": "\N{NON-BREAKING HYPHEN}",
    }.items()
    for tag in _tags(name)
}
_SKIPPED = _tags("pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr") | _tags(
    "del", "moveFrom", "delText", "instrText", "rt"
)
_SKIPPED |= {f"{_COMPATIBILITY} Fallback"}


def read_document(source: Source) -> Reading:
    """The text of a Word document.

    Raises:
        RefusedDocument: no Word document, encrypted, damaged, unsafe or too large inside.
    """
    with damage_refused(source):
        package = Package(source)
        main = main_part(package)
        lines = _Lines()
        package.parse(main, lines)
        check_root(package, lines.root, "document")
        relations = package.relations(main)
        for notes in ("footnotes", "endnotes"):
            if package.has(relations.get(notes, "")):
                package.parse(relations[notes], lines)
        return Reading(normal_text("\n".join(lines.lines)), None)


class _Lines:
    """The lines of a part, collected from its XML."""

    def __init__(self) -> None:
        self.root = ""
        self.lines: list[str] = []
        self._outputs = [self.lines]  # the innermost table cell takes its lines
        self._paragraphs: list[list[str]] = []  # nested where a text box stands in one
        self._rows: list[list[str]] = []  # nested where a table stands in a cell
        self._skipped = 0  # depth inside an element that is left out
        self._is_text = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or tag
        if self._skipped or tag in _SKIPPED:
            self._skipped += 1
        elif tag in _TEXT:
            self._is_text = True
        elif tag in _PARAGRAPH:
            self._paragraphs.append([])
        elif tag in _ROW:
            self._rows.append([])
        elif tag in _CELL:
            self._outputs.append([])
        elif tag in _SIGNS and self._paragraphs:
            self._paragraphs[-1].append(_SIGNS[tag])

    def end(self, tag: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif tag in _TEXT:
            self._is_text = False
        elif tag in _PARAGRAPH:
            self._outputs[-1].append("".join(self._paragraphs.pop()))
        elif tag in _CELL:
            # tabs and line ends inside a cell would be read as cells and rows
            words = (" ".join(line.split("\t")) for line in self._outputs.pop())
            self._rows[-1].append(" ".join(" ".join(words).split("\n")).strip())
        elif tag in _ROW:
            self._outputs[-1].append("\t".join(self._rows.pop()))

    def text(self, text: str) -> None:
        if self._is_text and not self._skipped and self._paragraphs:
            self._paragraphs[-1].append(text)
