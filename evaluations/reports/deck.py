"""How a slide is drawn: the 16:9 template made here, texts that fit their boxes, native tables.

In reading order: `Deck` (the presentation), its `slide`, and on a `Slide` the pieces `text`,
`table`, `lines` and `notes`; `Box` says where, in inches. `settled` makes equal decks equal bytes.

A text is measured in the widest of the faces that may draw it and set in the largest type that
fits; where even the smallest does not, its end is left out with an ellipsis and the whole stands in
the notes. Texts become text runs and nothing else: characters without a glyph are written as code
points, controls are dropped, no run carries a link.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple

from lxml import etree
from PIL import ImageFont
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from evaluations.fonts import font_files, printable
from evaluations.wording import Language

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.6  # inches
INK, FAINT, LINE, SHADE = "1F2933", "52606D", "9AA5B1", "EEF2F6"
BLUE, ORANGE, WHITE = "0A5AA8", "C2500A", "FFFFFF"
FONTS: dict[Language, tuple[str, str]] = {"ja": ("Yu Gothic", "Yu Gothic"),
                                          "en": ("Arial", "Yu Gothic")}  # fmt: skip
SPACING = 1.25  # line height, in type sizes, set in points: faces differ in their own
WIDER = 1.12  # Arial and Yu Gothic draw Latin letters wider than the face that is measured
BULLET = 0.25  # inches, indent of a bulleted paragraph
CELL_X, CELL_Y = 0.08, 0.045  # inches, margins of a cell
NO_GRID = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # table style "No Style, No Grid"
TITLE_ONLY = 5  # of python-pptx's own layouts
_PIECES = re.compile(r"[!-~\u00a1-\u02af\u0370-\u1fff]+|\s|.")  # a word, a space, or one wide sign


class Box(NamedTuple):
    """A place on a slide, in inches."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Style:
    """How a text looks; `sizes` in points, the largest that fits is taken."""

    sizes: tuple[float, ...] = (16, 14, 13, 12, 11, 10)
    bold: bool = False
    colour: str = INK
    align: Any = PP_ALIGN.LEFT
    anchor: Any = MSO_ANCHOR.TOP
    fill: str | None = None


class Fitted(NamedTuple):
    """A text at the size at which it fits its box."""

    text: str
    size: float
    lines: int
    whole: bool  # nothing was left out


# --- measuring -------------------------------------------------------------------------------


@cache
def _face(bold: bool) -> Any:
    return ImageFont.truetype(str(font_files()[1 if bold else 0]), 100)


@cache
def _advance(character: str, bold: bool) -> float:
    """Width of a character, in type sizes."""
    width = float(_face(bold).getlength(character)) / 100
    return width if width >= 1 else WIDER * width


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Width of a line in inches, at `size` points."""
    return sum(_advance(character, bold) for character in text) * size / 72


def line_count(text: str, size: float, width: float, bold: bool = False) -> int:
    """Lines that `text` takes in `width` inches: words are kept whole where they can be."""
    lines, used = 1, 0.0
    for piece in _PIECES.findall(text):
        wide = width_of(piece, size, bold)
        if used + wide <= width:
            used += wide
        elif wide <= width:
            lines, used = lines + 1, 0.0 if piece.isspace() else wide
        else:  # a word longer than a line is cut
            for character in piece:
                one = width_of(character, size, bold)
                lines, used = (lines, used + one) if used + one <= width else (lines + 1, one)
    return lines


def fitted(
    text: str, width: float, height: float, sizes: Sequence[float], bold: bool = False
) -> Fitted:
    """`text` in the largest of `sizes` that fits; in the smallest with its end left out if none."""
    shown = printable(text)
    for size in sizes:
        lines = line_count(shown, size, width, bold)
        if lines * SPACING * size / 72 <= height:
            return Fitted(shown, size, lines, True)
    return _cut(shown, sizes[-1], width, max(1, int(height * 72 / (SPACING * sizes[-1]))), bold)


def _cut(text: str, size: float, width: float, most: int, bold: bool) -> Fitted:
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits, by halving
        middle = (low + high + 1) // 2
        if line_count(text[:middle] + "…", size, width, bold) <= most:
            low = middle
        else:
            high = middle - 1
    return Fitted(text[:low] + "…", size, most, False)


# --- slides ----------------------------------------------------------------------------------


class Deck:
    """A presentation in one language."""

    def __init__(self, language: Language, title: str, created: datetime) -> None:
        self.language = language
        self._deck = Presentation()
        _make_template(self._deck, language)
        core = self._deck.core_properties
        core.title, core.author, core.last_modified_by = printable(title), "", ""
        core.created = core.modified = created.astimezone(UTC).replace(tzinfo=None)
        core.revision, core.language = 1, language
        self._created = created

    def slide(self, kicker: str, title: str, foot: str) -> Slide:
        """A further slide: what it is about, and what it says as a sentence."""
        made = self._deck.slides.add_slide(self._deck.slide_layouts[0])
        slide = Slide(made, self.language)
        slide.text(Box(MARGIN, 0.34, 10.0, 0.3), kicker, Style((12,), colour=FAINT, bold=True))
        slide.title(title)
        slide.text(Box(MARGIN, 7.08, 10.5, 0.25), foot, Style((9, 8, 7), colour=FAINT))
        number = f"{len(self._deck.slides)}"
        right = Style((10,), colour=FAINT, align=PP_ALIGN.RIGHT)
        slide.text(Box(WIDTH - MARGIN - 1.0, 7.06, 1.0, 0.26), number, right)
        return slide

    def bytes(self) -> bytes:
        """The finished file."""
        made = BytesIO()
        self._deck.save(made)
        return settled(made.getvalue(), self._created)


@dataclass
class Slide:
    """One slide; what was left out of its texts is kept for the notes."""

    made: Any
    language: Language
    left_out: list[str] = field(default_factory=list)

    def title(self, text: str) -> None:
        """The sentence at the head."""
        shape = self.made.shapes.title
        shape.left, shape.top = Inches(MARGIN), Inches(0.62)
        shape.width, shape.height = Inches(WIDTH - 2 * MARGIN), Inches(0.88)
        style = Style((26, 24, 22, 20, 18, 16, 14), bold=True, anchor=MSO_ANCHOR.MIDDLE)
        self._fill(shape.text_frame, text, style, WIDTH - 2 * MARGIN, 0.88)

    def text(self, box: Box, text: str, style: Style | None = None) -> None:
        """A text in a box of its own."""
        style = style or Style()
        inset = 0.15 if style.fill else 0.0
        if style.fill:
            shape = self.made.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(box))
            shape.fill.solid()
            shape.fill.fore_color.rgb = RGBColor.from_string(style.fill)
            shape.line.fill.background()
            shape.shadow.inherit = False
        else:
            shape = self.made.shapes.add_textbox(*_emu(box))
        frame = shape.text_frame
        frame.margin_left = frame.margin_right = Inches(inset)
        frame.margin_top = frame.margin_bottom = Inches(inset / 2)
        self._fill(frame, text, style, box.width - 2 * inset, box.height - inset)

    def bar(self, box: Box, colour: str) -> None:
        """A filled rectangle."""
        shape = self.made.shapes.add_shape(MSO_SHAPE.RECTANGLE, *_emu(box))
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(colour)
        shape.line.fill.background()
        shape.shadow.inherit = False

    def bullets(
        self, box: Box, texts: Sequence[str], sizes: Sequence[float] = (18, 16, 14, 13, 12, 11, 10)
    ) -> None:
        """Sentences one under the other, as paragraphs with bullets; all at one size."""
        inner, gap = box.width - BULLET, 0.45  # lines between two sentences
        shown = [printable(text) for text in texts]

        def height(size: float) -> float:
            lines = sum(line_count(text, size, inner) for text in shown) + gap * len(shown)
            return lines * SPACING * size / 72

        size = next((size for size in sizes if height(size) <= box.height), sizes[-1])
        if height(size) > box.height:
            each = max(1, int(box.height * 72 / (SPACING * size) / len(shown) - gap))
            self.left_out += shown
            shown = [
                _cut(text, size, inner, each, False).text
                if line_count(text, size, inner) > each
                else text
                for text in shown
            ]
        frame = self.made.shapes.add_textbox(*_emu(box)).text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for number, text in enumerate(shown):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            self._runs(paragraph, text, size, Style())
            paragraph.space_after = Pt(gap * SPACING * size)
            properties = paragraph._p.get_or_add_pPr()
            properties.set("marL", str(Inches(BULLET)))
            properties.set("indent", str(-Inches(BULLET)))
            etree.SubElement(properties, qn("a:buChar"), char="•")

    def table(
        self,
        box: Box,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[float],
        *,
        figures: Iterable[int] = (),
        strong: int | None = None,
        colours: Sequence[str | None] = (),
        sizes: Sequence[float] = (14, 13, 12, 11, 10, 9),
        least: float = 0.0,
        boxed: bool = False,
    ) -> float:
        """A native table that fits its box; where it ends, in inches from the top.

        Args:
            head: empty: the table has no head.
            widths: shares of the box's width, a column each.
            figures: columns that are set to the right.
            strong: the row (of `rows`) that decides, in bold.
            colours: of the text, per column of every row.
            least: height in inches that the last row but one has at least.
            boxed: lines on all sides of a cell, for boxes to sign.
        """
        cells = [*([head] if head else []), *rows]
        wide = [box.width * width / sum(widths) for width in widths]
        size, heights, shown = self._fit_rows(cells, wide, box.height, bool(head), sizes)
        if least:
            heights[-2] = max(heights[-2], least)
        frame = self.made.shapes.add_table(len(cells), len(wide), *_emu(box))
        frame._element.graphic.graphicData.tbl.tblPr.find(qn("a:tableStyleId")).text = NO_GRID
        table, right = frame.table, set(figures)
        table.first_row, table.horz_banding = bool(head), False
        for column, width in zip(table.columns, wide, strict=True):
            column.width = Inches(width)
        for number, (row, height) in enumerate(zip(table.rows, heights, strict=True)):
            row.height = Inches(height)
            is_head = bool(head) and number == 0
            bold = is_head or (strong is not None and number - bool(head) == strong)
            for place, cell in enumerate(row.cells):
                colour = colours[place] if colours and not is_head else None
                align = PP_ALIGN.RIGHT if place in right else PP_ALIGN.LEFT
                style = Style((size,), bold, colour or INK, align, MSO_ANCHOR.MIDDLE)
                self._cell(cell, shown[number][place], style, SHADE if is_head else None)
                _rule(cell, "LRTB" if boxed else "B")
        frame.height = Inches(sum(heights))
        return box.y + sum(heights)

    def lines(self, box: Box, lines: Sequence[tuple[str, str]], share: float = 0.22,
              sizes: Sequence[float] = (14, 13, 12, 11, 10, 9)) -> float:  # fmt: skip
        """Labels with what stands beside them, as a table without a head."""
        return self.table(box, (), [tuple(line) for line in lines], (share, 1 - share),
                          colours=(FAINT, None), sizes=sizes)  # fmt: skip

    def chart(self, box: Box, kind: Any, data: Any, words: str) -> Any:
        """A native chart with its data in it; `words` for who cannot see it."""
        frame = self.made.shapes.add_chart(kind, *_emu(box), data)
        frame._element.nvGraphicFramePr.cNvPr.set("descr", printable(words))
        return frame.chart

    def notes(self, paragraphs: Iterable[str]) -> None:
        """What is said, where the figures come from, and what had to be left out on the slide."""
        frame = self.made.notes_slide.notes_text_frame
        shown = [printable(text) for text in (*paragraphs, *self.left_out)]
        frame.text = "\n".join(text for text in shown if text)

    def _fit_rows(
        self, cells: Sequence[Sequence[str]], wide: Sequence[float], height: float, headed: bool,
        sizes: Sequence[float],
    ) -> tuple[float, list[float], list[list[str]]]:  # fmt: skip
        """Size, row heights in inches and texts: the largest size at which all rows fit."""
        inner = [width - 2 * CELL_X for width in wide]
        texts = [[printable(cell) for cell in row] for row in cells]

        def rows_at(size: float) -> list[float]:
            most = [
                max(line_count(text, size, width, headed and number == 0)
                    for text, width in zip(row, inner, strict=True))
                for number, row in enumerate(texts)
            ]  # fmt: skip
            return [lines * SPACING * size / 72 + 2 * CELL_Y for lines in most]

        for size in sizes:
            heights = rows_at(size)
            if sum(heights) <= height:
                return size, heights, texts
        size = sizes[-1]
        each = (height - 2 * CELL_Y * len(texts)) / len(texts) * 72 / (SPACING * size)
        for row in texts:
            for place, text in enumerate(row):
                cut = fitted(text, inner[place], max(1, int(each)) * SPACING * size / 72 + 1e-6,
                             (size,))  # fmt: skip
                if not cut.whole:
                    self.left_out.append(text)
                row[place] = cut.text
        return size, rows_at(size), texts

    def _cell(self, cell: Any, text: str, style: Style, fill: str | None) -> None:
        cell.margin_left = cell.margin_right = Inches(CELL_X)
        cell.margin_top = cell.margin_bottom = Inches(CELL_Y)
        cell.vertical_anchor = style.anchor
        if fill is None:
            cell.fill.background()
        else:
            cell.fill.solid()
            cell.fill.fore_color.rgb = RGBColor.from_string(fill)
        self._runs(cell.text_frame.paragraphs[0], text, style.sizes[0], style)

    def _fill(self, frame: Any, text: str, style: Style, width: float, height: float) -> None:
        found = fitted(text, width, height, style.sizes, style.bold)
        if not found.whole:
            self.left_out.append(printable(text))
        frame.word_wrap = True
        frame.vertical_anchor = style.anchor
        if style.fill is None:
            frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        self._runs(frame.paragraphs[0], found.text, found.size, style)

    def _runs(self, paragraph: Any, text: str, size: float, style: Style) -> None:
        paragraph.alignment = style.align
        paragraph.line_spacing = Pt(SPACING * size)
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold = Pt(size), style.bold
        run.font.color.rgb = RGBColor.from_string(style.colour)
        japanese = self.language == "ja"
        run.font.language_id = MSO_LANGUAGE_ID.JAPANESE if japanese else MSO_LANGUAGE_ID.ENGLISH_UK


def _emu(box: Box) -> tuple[Any, ...]:
    return tuple(Inches(value) for value in box)


def _rule(cell: Any, sides: str) -> None:
    """Thin lines on some sides (L, R, T, B) of a cell: the table style draws none."""
    properties = cell._tc.get_or_add_tcPr()
    for place, side in enumerate(sides):  # borders come before the fill, in this order
        line = etree.Element(qn(f"a:ln{side}"), w=str(Pt(0.5)))
        fill = etree.SubElement(line, qn("a:solidFill"))
        etree.SubElement(fill, qn("a:srgbClr"), val=LINE)
        properties.insert(place, line)


# --- template --------------------------------------------------------------------------------


def _make_template(deck: Any, language: Language) -> None:
    """Turn python-pptx's own 4:3 deck into ours: 16:9, one layout, our faces and colours."""
    ratio_x = Inches(WIDTH) / deck.slide_width
    ratio_y = Inches(HEIGHT) / deck.slide_height
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    for number, layout in reversed(list(enumerate(deck.slide_layouts))):
        if number != TITLE_ONLY:
            deck.slide_layouts.remove(layout)
    for page in (deck.slide_master, deck.slide_layouts[0]):
        for shape in list(page.placeholders):
            if shape.placeholder_format.idx in (10, 11, 12):  # date, foot, number: set by us
                shape._element.getparent().remove(shape._element)
            else:
                shape.left, shape.width = (int(v * ratio_x) for v in (shape.left, shape.width))
                shape.top, shape.height = (int(v * ratio_y) for v in (shape.top, shape.height))
    theme = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme._blob = _theme(theme.blob, language)
    for part in (deck.part, deck.part.package):
        for key, relation in list(part._rels.items()):
            if relation.reltype.endswith(("/printerSettings", "/thumbnail")):
                part._rels.pop(key)


def _theme(blob: bytes, language: Language) -> bytes:
    """The theme with our typefaces, Latin and East Asian, and our colours."""
    root = etree.fromstring(blob)
    latin, east_asian = FONTS[language]
    for faces in (*root.iter(qn("a:majorFont")), *root.iter(qn("a:minorFont"))):
        faces.find(qn("a:latin")).set("typeface", latin)
        faces.find(qn("a:ea")).set("typeface", east_asian)
        for script in faces.findall(qn("a:font")):
            if script.get("script") == "Jpan":
                script.set("typeface", east_asian)
    colours = {"dk1": INK, "lt1": WHITE, "dk2": FAINT, "lt2": SHADE, "accent1": BLUE,
               "accent2": ORANGE}  # fmt: skip
    for name, colour in colours.items():
        for element in root.iter(qn(f"a:{name}")):
            for old in list(element):
                element.remove(old)
            etree.SubElement(element, qn("a:srgbClr"), val=colour)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


# --- equal decks, equal bytes ----------------------------------------------------------------


def settled(made: bytes, created: datetime) -> bytes:
    """The same package with `created` in place of the clock's time, in the workbooks in it too."""
    moment = created.astimezone(UTC)
    stamp = f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode()
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(made)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename.endswith(".xlsx"):
                data = settled(data, created)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb">\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ<", b">" + stamp + b"<", data)
            plain = zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0))
            plain.external_attr = 0o600 << 16
            new.writestr(plain, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
