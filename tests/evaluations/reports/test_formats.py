"""All formats together: the same numbers, every glyph, and texts of users that stay texts."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO

import openpyxl
import pytest
import typst
from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pypdf import PdfReader

from evaluations.additions import Added, Approval, Edit, Entered, Risk, Step
from evaluations.fonts import covered
from evaluations.records import ReviewerResult, ReviewSummary, Snapshot
from evaluations.reports import FORMATS, MEDIA_TYPES, pdf, report_bytes
from evaluations.reports.content import memo
from evaluations.wording import LANGUAGES, Language, say
from tests.evaluations.reports.reading import (
    made,
    pptx_texts,
    printed_numbers,
    said,
    squeezed,
    xlsx_numbers,
)
from tests.evaluations.reports.snapshots import VARIANTS, snapshot

TEXT_FORMATS = tuple(name for name in FORMATS if name != "json")
both_languages = pytest.mark.parametrize("language", LANGUAGES)

# what a spreadsheet, a browser, a typesetter or an editor of slides could take for more than text
TRIGGERS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "{=1+1}",
    '=HYPERLINK("http://outside.example/a","b")',
    "=cmd|' /C calc'!A0",
    "\t=1+1",
    "http://outside.example/b",
    "![c](http://outside.example/c.png)",
    "<img src=http://outside.example/d onerror=alert(1)>",
)
# rare kanji, half-width kana, a combining accent, emoji, Arabic between direction marks
AWKWARD = "髙橋﨑𠮷鷗㈱① ｱｲｳ cafe\u0301 😀 \u202eعربي\u202c \u200bend"


def people(texts: tuple[str, ...]) -> Added:
    """Every field that people may write, filled with these texts."""
    risks = tuple(Risk(text, text) for text in texts[:3])
    steps = tuple(Step(text, text[:20], text[:20]) for text in texts[3:6])
    approvals = tuple(Approval(text[:12], text[:16]) for text in texts[:4])
    edit = Edit(subject=texts[0], request=texts[1], recommendation=texts[2], risks=risks,
                steps=steps, approvals=approvals)  # fmt: skip
    entered = Entered(edit, texts[0], datetime(2026, 11, 28, tzinfo=UTC))
    return Added(edits=dict.fromkeys(LANGUAGES, entered))


@pytest.fixture(scope="module")
def attacked() -> dict[str, bytes]:
    """Every format of an evaluation whose every text is a trigger."""
    names = TRIGGERS * 2
    hostile = snapshot(names=names, name=" ".join(TRIGGERS[:3]))
    return {name: report_bytes(hostile, name, "en", people(TRIGGERS)) for name in FORMATS}


# --- the same numbers ------------------------------------------------------------------------


def test_every_format_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == set(FORMATS)
    assert set(FORMATS) == {"pdf", "pptx", "xlsx", "html", "md", "json"}


@pytest.mark.parametrize("name", TEXT_FORMATS)
@both_languages
def test_every_number_of_criteria_curve_and_difference_is_that_of_the_snapshot(
    name: str, language: Language
) -> None:
    source = VARIANTS["go"]()
    assert Snapshot.model_validate_json(made("go", "json", language)) == source
    text, content = said(made("go", name, language), name), memo(source, language)
    numbers = printed_numbers(source)
    assert len(numbers) > 30
    if name == "xlsx":  # its tables hold numbers, not their digits
        there = xlsx_numbers(made("go", name, language))
        assert [one for one in numbers.values() if round(one, 9) not in there] == []
    else:
        assert [one for one in numbers if one not in text] == []
    for sentence in (content.verdict, content.reason, content.request):
        assert squeezed(sentence) in text
    for row in content.criteria:
        assert squeezed(row.actual) in text
        assert squeezed(row.mark + row.meaning) in text


def test_the_charts_of_the_slides_hold_the_unrounded_numbers() -> None:
    source = VARIANTS["go"]()
    charts = [shape.chart for slide in Presentation(BytesIO(made("go", "pptx", "ja"))).slides
              for shape in slide.shapes if shape.has_chart]  # fmt: skip
    curve, documents = charts
    sides = (source.comparison.arm_a, source.comparison.arm_b)
    for series, arm in zip(curve.plots[0].series, sides, strict=False):  # then the grey line
        points = [p for p in source.curve if p.kind.value == "matched" and p.arm == arm]
        assert list(series.values) == [p.bits_per_byte for p in points]
    drawn = [value for series in documents.plots[0].series for value in series.values
             if value is not None]  # fmt: skip
    assert sorted(drawn) == sorted(d.delta for d in source.documents if d.delta is not None)


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_a_withheld_verdict_has_no_result_in_any_format(name: str) -> None:
    source = VARIANTS["withheld"]()
    text = said(made("withheld", name, "en"), name)
    hidden = [p.bits_per_byte for p in source.curve]
    hidden += [c.delta_bits_per_byte or 0.0 for c in source.contrasts]
    assert [value for value in hidden if f"{abs(value):.3f}" in text] == []


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_whose_models_judged_and_what_the_rule_concludes_are_in_every_format(name: str) -> None:
    source = snapshot(warnings=1, effect=-0.4)
    own = Entered(Edit(recommendation="やってみたい"), "鈴木", datetime(2026, 11, 28, tzinfo=UTC))
    added = Added(edits={"ja": own})
    content = memo(source, "ja", added)
    text = said(report_bytes(source, name, "ja", added), name)
    assert squeezed(content.caution) in text
    assert [line for line in content.by_rule if squeezed(line.value) not in text] == []


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_what_was_left_out_of_the_documents_is_in_every_format(name: str) -> None:
    source = VARIANTS["go"]()
    first, second, *others = [one for one in source.documents if one.role == "scored"]
    prepared = (
        first.model_copy(update={"masked": ("mail", "name"), "columns": ("日時", "内容")}),
        second.model_copy(update={"masked": ("ip",)}),
        *others,
    )
    text = said(report_bytes(source.model_copy(update={"documents": prepared}), name, "ja"), name)
    kinds = "、".join(say(f"documents.mask.{kind}", "ja") for kind in ("mail", "ip", "name"))
    assert squeezed(say("reports.documents.masked", "ja", n=2, kinds=kinds)) in text
    assert squeezed(say("reports.documents.columns", "ja", n=1)) in text


@pytest.mark.parametrize("name", TEXT_FORMATS)
def test_a_finished_blind_review_is_in_every_format(name: str) -> None:
    source = VARIANTS["go"]()
    review = ReviewSummary(
        arm_a=source.comparison.arm_a, arm_b=source.comparison.arm_b, win_rate=0.638,
        ci_low=0.513, ci_high=0.747, confidence=0.95, votes=40, points=20, documents=10,
        groups=None, units=10, wins_a=11, wins_b=22, same=5, both_bad=2, wrong_a=3, wrong_b=1,
        wrong_answers=31, identical=4, alpha=0.417,
        reviewers=(
            ReviewerResult(
                reviewer="r", votes=40, win_rate=0.638, wins_a=11, wins_b=22, same=5, both_bad=2
            ),
        ),
    )  # fmt: skip
    reviewed = source.model_copy(update={"review": review})
    text = said(report_bytes(reviewed, name, "ja"), name)
    lines = memo(reviewed, "ja").review
    assert "63.8" in lines[1].value
    assert [line.label for line in lines if squeezed(line.value) not in text] == []
    if name == "pptx":  # on a slide, not in the notes alone
        shown = pptx_texts(report_bytes(reviewed, name, "ja"), notes=False)
        assert any("63.8" in text for text in shown)


@pytest.mark.parametrize("name", ["pptx", "html", "xlsx"])
def test_equal_evaluations_give_equal_files(name: str) -> None:
    assert report_bytes(VARIANTS["go"](), name, "ja") == made("go", name, "ja")


# --- glyphs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pdf", "pptx"])
@both_languages
def test_no_character_is_printed_as_an_empty_box(name: str, language: Language) -> None:
    awkward = snapshot(name=AWKWARD, names=(AWKWARD,) * 3)
    content = report_bytes(awkward, name, language, people((AWKWARD,) * 6))
    shown = "\n".join(pptx_texts(content)) if name == "pptx" else said(content, "pdf")
    assert {c for c in shown if ord(c) not in covered() and not c.isspace()} == set()
    text = squeezed(shown)
    assert "髙橋﨑𠮷鷗㈱①" in text
    assert "ｱｲｳ" in text
    assert "café" in text
    assert "[U+1F600]" in text  # what the face lacks stands there as its code point
    assert "[U+0639]" in text
    assert not {"\u202e", "\u202c", "\u200b", "\ufffd"} & set(shown)


def test_the_typesetter_refuses_a_page_with_an_empty_box() -> None:
    source = VARIANTS["go"]()
    raw = replace(memo(source, "ja"), title="😀")  # past `printable`, which would name it
    with pytest.raises(typst.TypstError, match=r"glyph|displayed"):
        pdf._typeset(source, raw, (), b"", 1.0)


def test_pdf_keeps_what_archives_ask_for() -> None:
    for language in LANGUAGES:
        reader = PdfReader(BytesIO(made("go", "pdf", language)))
        root = reader.trailer["/Root"]
        metadata = root["/Metadata"].get_object().get_data().decode()
        assert "<pdfaid:part>2</pdfaid:part>" in metadata
        assert "<pdfaid:conformance>A</pdfaid:conformance>" in metadata  # all of B, and tags
        intent = root["/OutputIntents"][0].get_object()
        assert intent["/S"] == "/GTS_PDFA1"
        assert intent["/DestOutputProfile"].get_object().get_data()[36:40] == b"acsp"
        assert "/Encrypt" not in reader.trailer
        assert not {"/AA", "/OpenAction", "/AcroForm"} & set(root)
        assert "/JavaScript" not in root.get("/Names", {})
        assert str(root["/Lang"]).startswith(language)
        for page in reader.pages:
            for font in page["/Resources"].get("/Font", {}).values():
                inner = font.get_object()["/DescendantFonts"][0].get_object()
                assert {"/FontFile2", "/FontFile3"} & set(inner["/FontDescriptor"].get_object())


# --- texts of users --------------------------------------------------------------------------


def test_no_text_of_a_user_becomes_a_formula_a_link_or_a_request_on_slides(attacked) -> None:
    deck = Presentation(BytesIO(attacked["pptx"]))
    for slide in deck.slides:
        for part in (slide.part, slide.notes_slide.part):
            assert not [r for r in part.rels.values() if r.is_external]
            assert not [r for r in part.rels.values() if r.reltype == RELATIONSHIP_TYPE.HYPERLINK]
    _no_outside_parts(attacked["pptx"])
    text = said(attacked["pptx"], "pptx")
    for trigger in TRIGGERS[:6]:
        assert squeezed(trigger) in text


def test_no_text_of_a_user_becomes_a_formula_or_a_link_in_the_workbook(attacked) -> None:
    book = openpyxl.load_workbook(BytesIO(attacked["xlsx"]))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    formulas = [cell.value for cell in cells if cell.data_type == "f"]
    assert formulas
    for formula in formulas:
        assert not re.search(r"HYPERLINK|cmd|1\+1|SUM\(1\)", formula)
    assert not [cell for cell in cells if cell.hyperlink]
    assert {trigger.strip() for trigger in TRIGGERS} <= {
        str(cell.value).strip() for cell in cells if cell.data_type == "s"
    }
    _no_outside_parts(attacked["xlsx"])


def _no_outside_parts(content: bytes) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name.endswith(".xlsx"):
                _no_outside_parts(data)
            assert b'TargetMode="External"' not in data
            assert b"hlinkClick" not in data
            assert b"externalLink" not in data
            assert "vba" not in name.lower()


def test_no_text_of_a_user_becomes_an_action_in_the_pdf(attacked) -> None:
    reader = PdfReader(BytesIO(attacked["pdf"]))
    assert not [page for page in reader.pages if "/Annots" in page]
    text = said(attacked["pdf"], "pdf")
    for trigger in TRIGGERS:
        assert squeezed(trigger) in text


class _Elements(HTMLParser):
    """Every element of a page with the names of its attributes, as a browser finds them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [name for name, _ in attrs]))


def test_no_text_of_a_user_becomes_markup_in_html(attacked) -> None:
    page = attacked["html"].decode()
    assert re.search(r'<html lang="en">', page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy.group(1).startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy.group(1)
    found = _Elements(page)
    tags = {tag.lower() for tag, _ in found.elements}
    assert not tags & {"script", "img", "a", "link", "iframe", "object", "embed", "form", "base",
                       "image", "use", "foreignobject", "audio", "video"}  # fmt: skip
    attributes = {name for _, names in found.elements for name in names}
    assert not [name for name in attributes if name.startswith("on")]
    assert not attributes & {"src", "href", "xlink:href", "srcset", "action", "style"}
    assert "url(" not in page
    assert "@import" not in page
    for trigger in TRIGGERS:
        assert squeezed(trigger) in said(attacked["html"], "html")


def test_no_text_of_a_user_becomes_markup_in_markdown(attacked) -> None:
    text = attacked["md"].decode()
    bare = re.sub(r"\\.", "", text)  # without what is escaped
    assert not re.search(r"\]\(|!\[|<\w|https?:/", bare)
