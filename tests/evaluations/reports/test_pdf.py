"""The PDF memo, read back: one page, every character, the numbers of the snapshot."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest

from evaluations.fonts import covered
from evaluations.records import Outcome
from evaluations.reports.content import memo
from evaluations.reports.pdf import pdf_bytes
from evaluations.verdict import SLOWDOWN
from evaluations.wording import LANGUAGES, Language, say
from tests.evaluations.reports.printing import printed, squeezed
from tests.evaluations.reports.snapshots import NASTY, NASTY_RUN, PRIMARY, VARIANTS, A, B

every_variant = pytest.mark.parametrize("variant", list(VARIANTS))
both_languages = pytest.mark.parametrize("language", LANGUAGES)


def texts(value: Any) -> list[str]:
    """All strings of a memo that are printed, however deep."""
    if isinstance(value, dict):
        hidden = {"language", "outcome"}
        return [t for key, one in value.items() if key not in hidden for t in texts(one)]
    if isinstance(value, tuple | list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) and value else []


@every_variant
@both_languages
def test_the_memo_is_the_first_a4_page_and_the_appendix_begins_the_second(
    variant: str, language: Language
) -> None:
    pages = printed(variant, language).reader.pages
    assert 3 <= len(pages) <= 6
    assert {(round(p.mediabox.width), round(p.mediabox.height)) for p in pages} == {(595, 842)}
    first, second = (squeezed(page.extract_text()) for page in pages[:2])
    assert squeezed(say("reports.approvals", language)) in first
    assert second.startswith(squeezed(say("appendix.title", language)))


@every_variant
@both_languages
def test_every_word_of_the_memo_is_on_the_page_and_can_be_copied(
    variant: str, language: Language
) -> None:
    page = printed(variant, language).text
    said = texts(asdict(memo(VARIANTS[variant](), language)))
    missing = [text for text in said if squeezed(text) not in page]
    if VARIANTS[variant]().verdict.outcome is Outcome.WITHHELD:
        missing = [text for text in missing if "判断に使えない" not in text]
        missing = [text for text in missing if "must not be used" not in text]
    assert missing == []
    assert "\ufffd" not in page


@both_languages
def test_only_embedded_noto_glyphs_are_used(language: Language) -> None:
    resources = printed("nasty", language).reader.pages[0]["/Resources"]
    fonts = resources["/Font"]
    assert fonts
    for font in fonts.values():
        descendant = font.get_object()["/DescendantFonts"][0].get_object()
        assert "NotoSansCJKjp" in str(descendant["/BaseFont"])
        descriptor = descendant["/FontDescriptor"].get_object()
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


@both_languages
def test_the_page_prints_the_numbers_of_the_snapshot(language: Language) -> None:
    made, page = VARIANTS["go"](), printed("go", language).text
    result = made.comparison
    expected = [result.delta_bits_per_byte, result.ci_low, result.ci_high]
    expected += [c.delta_bits_per_byte for c in made.contrasts if c.arm_a == A]
    assert len(expected) == 3 + 6
    for value in expected:
        assert value is not None
        assert f"{value:+.3f}".replace("-", "−") in page
    for point in made.curve:
        if point.arm in (A, B) and point.context_length == PRIMARY:
            assert f"{point.bits_per_byte:.3f}" in page
    slowdown = next(c for c in made.verdict.criteria if c.key == SLOWDOWN)
    assert slowdown.actual is not None
    assert f"{slowdown.actual:.2f}" in page
    assert made.run in page
    assert made.plan_hash[:16] in page


def test_names_with_markup_are_printed_as_they_are() -> None:
    reader, page = printed("nasty", "ja").reader, printed("nasty", "ja").text
    for name in (*NASTY, NASTY_RUN):
        assert squeezed(name) in page
    assert "/Annots" not in reader.pages[0]  # no name became a link


def test_a_character_without_a_glyph_is_printed_as_its_code_point() -> None:
    made = VARIANTS["go"]().model_copy(update={"name": "報告😀\u202e.log"})
    assert ord("😀") not in covered()
    content = pdf_bytes(made, "ja")  # the standard would refuse an empty box
    assert content.startswith(b"%PDF")


@both_languages
def test_a_quick_run_is_stamped(language: Language) -> None:
    stamp = "速報・判定不可" if language == "ja" else "QUICKRUN–NOTFORDECISION"
    assert stamp in printed("quick", language).text
    assert stamp not in printed("go", language).text


@both_languages
def test_a_withheld_verdict_shows_why_and_no_result(language: Language) -> None:
    made, page = VARIANTS["withheld"](), printed("withheld", language).text
    assert ("一致しません" if language == "ja" else "thesamearmtwicedidnotgivethesame") in page
    hidden = [p.bits_per_byte for p in made.curve]
    hidden += [c.delta_bits_per_byte or 0.0 for c in made.contrasts]
    for value in hidden:
        assert f"{abs(value):.3f}" not in page


@both_languages
def test_one_checkpoint_is_a_reading_comparison_and_proposes_nothing(language: Language) -> None:
    page = printed("one_checkpoint", language).text
    assert ("LongSSMの比較ではない" if language == "ja" else "notLongSSM") in page
    assert not re.search("提案|従来方式|theproposed|thecurrentmethod", page)


def test_the_page_is_archival_tagged_and_titled() -> None:
    reader = printed("go", "ja").reader
    root = reader.trailer["/Root"]
    metadata = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("ja")
    assert reader.metadata is not None
    assert "第3工場" in str(reader.metadata.title)


def test_equal_snapshots_give_equal_bytes() -> None:
    assert pdf_bytes(VARIANTS["go"](), "ja") == printed("go", "ja").content
