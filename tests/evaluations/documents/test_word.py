"""Word documents become text in reading order, or one sentence."""

from __future__ import annotations

import hashlib

import pytest

from evaluations.documents import ingest_bytes, ingest_path, packages
from evaluations.wording import LANGUAGES
from tests.evaluations.documents.office import (
    ENCRYPTED,
    OLE,
    STRICT,
    TRANSITIONAL,
    docx,
    paragraph,
    relations,
    table,
    zipped,
)

BODY = (
    '<w:p><w:pPr><w:pStyle w:val="Heading1"/><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr>'
    "<w:r><w:t>第3工場 冷却ポンプ点検 <b/>𠮷田</w:t></w:r></w:p>"
    + paragraph("髙橋 & Müller: ①異常なし ﾎﾟﾝﾌﾟ")
    + table(("機器", "状態"), ("ポンプ\tA", paragraph("停止") + paragraph("再起動")), ("B", ""))
    + "<w:p><w:r><w:t>行1</w:t><w:br/><w:t>行2</w:t><w:tab/><w:t>終</w:t></w:r></w:p>"
)
TEXT = (
    "第3工場 冷却ポンプ点検 𠮷田\n"
    "髙橋 & Müller: ①異常なし ﾎﾟﾝﾌﾟ\n"
    "機器\t状態\n"
    "ポンプ A\t停止 再起動\n"
    "B\t\n"
    "行1\n行2\t終"
)


def text_of(data: bytes) -> str:
    ingested = ingest_bytes("a.docx", data)
    assert ingested.status == "accept", ingested.words("en")
    return ingested.documents[0].text


@pytest.mark.parametrize("space", [TRANSITIONAL, STRICT])
def test_headings_paragraphs_and_tables_are_read_in_order(space):
    data = docx(BODY, space)
    assert text_of(data) == TEXT
    ingested = ingest_bytes("a.docx", data)
    document = ingested.documents[0].document
    assert (ingested.encoding, document.encoding, document.format) == (None, "", "docx")
    assert ingested.original_sha256 == document.original_sha256 == hashlib.sha256(data).hexdigest()
    assert ingested.text_sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_the_child_reads_a_document_as_this_process_does(tmp_path):
    path = tmp_path / "点検.docx"
    path.write_bytes(docx(BODY))
    assert ingest_path(path) == ingest_bytes("点検.docx", path.read_bytes())
    assert ingest_path(path).documents[0].text == TEXT


def test_what_a_reader_does_not_see_on_the_page_is_left_out():
    run = "<w:r><w:t>{}</w:t></w:r>".format
    body = (
        f"<w:p><w:ins>{run('追加')}</w:ins><w:del><w:r><w:delText>削除</w:delText></w:r></w:del>"
        f"<w:moveFrom>{run('移動')}</w:moveFrom>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r>"
        f"<w:r><w:ruby><w:rt>{run('とうきょう')}</w:rt><w:rubyBase>{run('東京')}</w:rubyBase></w:ruby></w:r>"
        f"<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>"
    )
    assert text_of(docx(body)) == "追加東京x=1"


def test_a_text_box_is_read_once_before_the_paragraph_that_holds_it():
    box = f"<w:txbxContent>{paragraph('注意')}</w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>本文</w:t></w:r><w:r><mc:AlternateContent><mc:Choice>"
        f"{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert text_of(docx(body)) == "注意\n本文"


def test_a_table_inside_a_cell_stays_in_that_cell():
    inner = table(("a", "b"), ("c", "d")) + "<w:p/>"
    assert text_of(docx(table((inner, "右")))) == "a b c d\t右"


def test_notes_follow_the_body():
    notes = f"<w:footnote>{paragraph('脚注')}</w:footnote>"
    ends = f"<w:endnote>{paragraph('文末')}</w:endnote>"
    assert text_of(docx(paragraph("本文"), footnotes=notes, endnotes=ends)) == "本文\n脚注\n文末"


def main(xml: str | bytes) -> bytes:
    """A file whose main part is `xml`."""
    links = relations(officeDocument="word/document.xml")
    return zipped({"_rels/.rels": links, "word/document.xml": xml})


LAUGHS = (
    '<!DOCTYPE a [<!ENTITY b "はは"><!ENTITY c "&b;&b;">]>'
    f'<w:document xmlns:w="{TRANSITIONAL}"><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body>'
    "</w:document>"
)
WORKBOOK = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
GOOD = docx(BODY)
REFUSED = {
    "password": (ENCRYPTED, "encrypted"),
    "old format": (OLE + bytes(2000), "other_kind"),
    "pdf": (b"%PDF-1.7\n", "other_kind"),
    "text": (b"just text", "damaged"),
    "ordinary zip": (zipped({"a.txt": "text"}), "other_kind"),
    "workbook": (main(WORKBOOK), "other_kind"),
    "cut off": (GOOD[: len(GOOD) // 2], "damaged"),
    "broken XML": (main("<a><b></a>"), "damaged"),
    "entities": (main(LAUGHS), "document_type"),
    "UTF-16 entities": (main(LAUGHS.encode("utf-16")), "document_type"),
    "no text": (docx("<w:p/>"), "blank"),
    "empty": (b"", "empty"),
    "relation to the web": (
        zipped(
            {
                "_rels/.rels": relations(officeDocument="http://a.example/d.xml").replace(
                    "<Relationship ", '<Relationship TargetMode="External" '
                )
            }
        ),
        "other_kind",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_readable_document_is_refused_with_its_name(case):
    data, reason = REFUSED[case]
    ingested = ingest_bytes("報告.docx", data)
    assert (ingested.status, ingested.message.key) == ("reject", f"documents.refused.{reason}")
    for language in LANGUAGES:
        said = ingested.words(language)
        assert said.startswith("報告.docx: ")
        assert "{" not in said


def test_an_encrypted_part_of_the_zip_is_refused():
    data = bytearray(GOOD)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + flags] |= 1
    assert ingest_bytes("a.docx", bytes(data)).message.key == "documents.refused.encrypted"


def test_a_bomb_is_refused_while_it_inflates(monkeypatch):
    monkeypatch.setattr(packages, "LARGEST_INFLATED", 1024 * 1024)
    bomb = docx(paragraph("あ" * 1_000_000))
    assert len(bomb) < 20_000
    ingested = ingest_bytes("a.docx", bomb)
    assert ingested.message.key == "documents.refused.expands"
    assert "1 MB" in ingested.words("en")


@pytest.mark.parametrize("element", ["<w:p>", "<w:tbl>", "<w:tr><w:tc>"])
def test_elements_in_elements_without_end_are_refused_or_read_but_never_break(element, tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(main(f'<w:document xmlns:w="{TRANSITIONAL}">{element * 200_000}'))
    assert ingest_path(path).message.key == "documents.refused.damaged"


def test_a_bomb_of_real_size_ends_with_a_sentence_and_within_the_child(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(main(b"<a>" + b" " * packages.LARGEST_INFLATED))
    assert ingest_path(path).message.key == "documents.refused.expands"
