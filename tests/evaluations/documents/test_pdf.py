"""PDFs become the text of their pages, or one sentence."""

from __future__ import annotations

import hashlib
import io
import zlib
from functools import cache

import pytest
import typst
from pypdf import PdfReader, PdfWriter

from evaluations.documents import ingest_bytes, ingest_path, pdf
from evaluations.fonts import FAMILY, font_folders
from evaluations.reports.content import memo
from evaluations.wording import LANGUAGES
from tests.evaluations.documents.office import OLE, zipped
from tests.evaluations.reports.printing import printed, squeezed
from tests.evaluations.reports.snapshots import VARIANTS

PAGES = ("第3工場 冷却ポンプ 𠮷田・髙橋", "一覧: ①異常なし ﾎﾟﾝﾌﾟ Müller", "終わり")


@cache
def typeset(*pages: str) -> bytes:
    """A PDF of our own typesetter and font, a page for each text."""
    source = f'#set text(font: "{FAMILY}", cjk-latin-spacing: none)\n' + "\n#pagebreak()\n".join(
        pages
    )
    return typst.compile(
        source.encode(), format="pdf", font_paths=list(font_folders()), ignore_system_fonts=True
    )


def by_hand(content: bytes, resources: str, *objects: str | bytes, pages: int = 1) -> bytes:
    """A PDF of the given page content; `objects` are numbered from 5 on."""
    page = (
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<<{resources}>>>>"
    )
    bodies: list[str | bytes] = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {pages}/Kids[{'3 0 R ' * pages}]>>",
        page,
        stream(content),
        *objects,
    ]
    made, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (
            number,
            body if isinstance(body, bytes) else body.encode(),
        )
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start, size = len(made), len(bodies) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return made + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def stream(data: bytes, entries: str = "") -> bytes:
    packed = zlib.compress(data)
    head = f"<</Filter/FlateDecode/Length {len(packed)}{entries}>>".encode()
    return head + b"stream\n" + packed + b"\nendstream"


PICTURE = stream(bytes(100), "/Type/XObject/Subtype/Image/Width 10/Height 10/BitsPerComponent 8")
SCAN = by_hand(b"99 0 0 99 0 0 cm /I Do", "/XObject<</I 5 0 R>>", PICTURE)


FONT = "/Font<</F 5 0 R>>"


def mapped(character: str | None, shown: bytes = b"0001") -> bytes:
    """A page with one glyph that its font says is `character`; None: it says nothing."""
    code = (character or "").encode("utf-16-be").hex()
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <FFFF> "
        f"endcodespacerange 1 beginbfchar <0001> <{code}> endbfchar endcmap"
    )
    font = "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[6 0 R]{}>>"
    child = (
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/A"
        "/CIDSystemInfo<</Registry(A)/Ordering(I)/Supplement 0>>>>"
    )
    name = font.format("/ToUnicode 7 0 R" if character else "")
    return by_hand(b"BT /F 9 Tf <%s> Tj ET" % shown, FONT, name, child, stream(cmap.encode()))


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(typeset("秘密")))
    writer.encrypt("password", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def joined(first: bytes, *others: bytes) -> bytes:
    """The pages of several PDFs in one."""
    writer = PdfWriter(clone_from=io.BytesIO(first))
    for other in others:
        writer.append(PdfReader(io.BytesIO(other)))
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_the_pages_are_read_in_order_with_every_japanese_character():
    data = typeset(*PAGES)
    ingested = ingest_bytes("a.pdf", data)
    assert (ingested.status, ingested.encoding) == ("accept", None)
    assert ingested.documents[0].text == "\n".join(PAGES)
    assert ingested.original_sha256 == hashlib.sha256(data).hexdigest()


def test_the_memo_is_read_back():
    text = squeezed(ingest_bytes("a.pdf", printed("go", "ja").content).documents[0].text)
    content = memo(VARIANTS["go"](), "ja")
    for words in (content.title, content.subject, content.request, content.reason):
        assert squeezed(words) in text


def test_the_child_reads_a_pdf_as_this_process_does(tmp_path):
    path = tmp_path / "手順.pdf"
    path.write_bytes(typeset(*PAGES))
    assert ingest_path(path) == ingest_bytes("手順.pdf", typeset(*PAGES))
    assert ingest_path(path).documents[0].text == "\n".join(PAGES)


def test_a_radical_that_stands_for_its_kanji_is_read_as_the_kanji():
    assert ingest_bytes("a.pdf", mapped("\u2f47")).documents[0].text == "日"
    assert ingest_bytes("a.pdf", mapped("日")).documents[0].text == "日"


def test_a_glyph_without_a_name_is_counted_and_never_taken_for_another_character():
    ingested = ingest_bytes("a.pdf", mapped("日", shown=b"000100210001"))  # 0x21 would be "!"
    assert ingested.documents[0].text == "日\ufffd日"
    assert (ingested.status, ingested.message.key) == ("partial", "documents.partial.glyphs")
    assert ingested.message.values["places"] == 1


@pytest.mark.parametrize(
    ("encoding", "codes"), [("90ms-RKSJ-H", "cp932"), ("UniJIS-UTF16-H", "utf-16-be")]
)
def test_a_japanese_font_that_is_not_embedded_is_read_by_its_encoding(encoding, codes):
    glyphs = "髙橋".encode(codes).hex().encode()
    font = f"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/{encoding}/DescendantFonts[6 0 R]>>"
    child = "<</Type/Font/Subtype/CIDFontType0/BaseFont/A>>"
    data = by_hand(b"BT /F 9 Tf <%s> Tj ET" % glyphs, FONT, font, child)
    assert ingest_bytes("a.pdf", data).documents[0].text == "髙橋"
    unknown = ingest_bytes("a.pdf", data.replace(encoding.encode(), b"Unknown-H"))
    assert unknown.message.key == "documents.refused.unmapped"


def test_pages_that_are_pictures_are_told():
    ingested = ingest_bytes("a.pdf", joined(typeset(*PAGES), SCAN))
    assert (ingested.status, ingested.message.key) == ("partial", "documents.partial.scans")
    assert ingested.message.values == {"lost": 1, "pages": 4, "file": "a.pdf"}
    assert ingested.documents[0].text == "\n".join(PAGES)


def test_pages_whose_fonts_name_no_characters_are_told_and_not_guessed():
    ingested = ingest_bytes("a.pdf", joined(typeset(*PAGES), mapped(None)))
    assert (ingested.status, ingested.message.key) == ("partial", "documents.partial.unmapped")
    assert ingested.documents[0].text == "\n".join(PAGES)


def test_pages_that_are_broken_are_told(monkeypatch):
    text, calls = pdf.PageObject.extract_text, iter(range(9))

    def second_breaks(page: pdf.PageObject) -> str:
        if next(calls) == 1:
            raise KeyError("/Font")
        return text(page)

    monkeypatch.setattr(pdf.PageObject, "extract_text", second_breaks)
    ingested = ingest_bytes("a.pdf", typeset(*PAGES))
    assert (ingested.message.key, ingested.message.values["lost"]) == ("documents.partial.pages", 1)
    assert ingested.documents[0].text == f"{PAGES[0]}\n{PAGES[2]}"


GOOD = typeset(*PAGES)
REFUSED = {
    "scan": (SCAN, "scan"),
    "password": (encrypted(), "encrypted"),
    "cut off": (GOOD[: len(GOOD) - 3000], "damaged"),
    "only the start": (b"%PDF-1.7\n", "damaged"),
    "text": (b"just text", "damaged"),
    "zip": (zipped({"a.txt": "text"}), "other_kind"),
    "old Word": (OLE + bytes(2000), "other_kind"),
    "bomb": (
        by_hand(b" " * 100_000_000, FONT, "<</Type/Font/Subtype/Type1/BaseFont/A>>"),
        "pdf_limit",
    ),
    "characters that no font names": (mapped("\x01"), "unmapped"),
    "glyphs that no font names": (mapped(None), "unmapped"),
    "too many pages": (by_hand(b"", "", pages=pdf.MOST_PAGES + 1), "pages"),
    "empty": (b"", "empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_readable_pdf_is_refused_with_its_name(case):
    data, reason = REFUSED[case]
    ingested = ingest_bytes("手順.pdf", data)
    assert (ingested.status, ingested.message.key) == ("reject", f"documents.refused.{reason}")
    for language in LANGUAGES:
        said = ingested.words(language)
        assert said.startswith("手順.pdf: ")
        assert "{" not in said
        assert ("OCR" in said) == (reason in ("scan", "unmapped"))


def test_pages_that_lead_back_to_themselves_end_with_a_sentence(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(by_hand(b"BT ET", "").replace(b"/Kids[3 0 R ]", b"/Kids[2 0 R ]"))
    assert ingest_path(path).status == "reject"
