"""What becomes of a file: its documents, or one sentence that says which file, why, and the fix."""

from __future__ import annotations

import hashlib
import io
import json
import random
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.documents import (
    Split,
    display_name,
    ingest_bytes,
    ingest_json,
    ingest_path,
    readers,
    sandbox,
    supported,
)
from evaluations.wording import LANGUAGES
from evaluations.wording.documents import ENTRIES
from tests.evaluations.documents import texts

LOG = texts.log(texts.japanese, 5, 3000)


SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.mark.parametrize(
    ("sample", "encoding"),
    [
        ("alarm.log", "cp932"),
        ("shift.log.gz", "cp932"),
        ("repairs.xes", "utf-8"),
        ("shifts.zip", "cp932"),
        ("handover.md", "iso-2022-jp"),
        ("memo.txt", "utf-16-le"),
        ("orders.csv", "euc-jp"),
        ("orders.tsv", "utf-8"),
        ("events.jsonl", "utf-8"),
        ("inspection.docx", None),
        ("stock.xlsx", None),
        ("procedure.pdf", None),
    ],
)
def test_the_sample_of_every_format_is_accepted_and_tells_of_the_cooling_pump(sample, encoding):
    ingested = ingest_bytes(sample, (SAMPLES / sample).read_bytes())
    assert (ingested.status, ingested.encoding) == ("accept", encoding)
    assert "冷却ポンプ" in ingested.documents[0].text


def test_every_format_has_a_sample():
    assert {path.suffix for path in SAMPLES.iterdir()} >= set(supported())


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a.txt", "b.LOG", "c.md", "d.csv", "e.tsv", "app.log.1"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_the_same_text_gets_the_same_hash_whatever_its_bytes_were(name, encoding):
    data = (LOG.replace("\n", "\r\n") + "\r\n\r\n").encode(encoding)
    ingested = ingest_bytes(name, data)
    assert (ingested.status, ingested.text_sha256) == ("accept", sha256(LOG))
    assert ingested.documents[0].text == LOG
    assert ingested.documents[0].document.id == sha256(LOG)
    assert ingested.original_sha256 == hashlib.sha256(data).hexdigest()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Cs")))


@settings(max_examples=80, deadline=None)
@given(TEXT.filter(str.strip), st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-32")))
def test_what_is_written_is_read_again(text, encoding):
    ingested = ingest_bytes("a.txt", text.encode(encoding))
    assert [document.text for document in ingested.documents] == [text]


def test_text_is_not_composed_and_its_spaces_stay():
    text = "  か\u3099く\t \n\n 終わり  "
    assert ingest_bytes("a.txt", text.encode()).documents[0].text == text


REFUSED = {
    "empty": ("a.txt", b"", "empty"),
    "blank": ("a.txt", " \r\n\u3000\n\t".encode(), "blank"),
    "unknown ending": ("a.exe", b"text", "extension"),
    "no ending": ("messages", b"text", "no_extension"),
    "word": ("a.doc", b"\xd0\xcf\x11\xe0", "word"),
    "excel": ("a.xls", b"\xd0\xcf\x11\xe0", "excel"),
    "picture": ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "kind"),
    "renamed zip": ("a.txt", zipped(), "kind"),
    "renamed program": ("a.log", b"MZ\x90\x00" + bytes(range(256)) * 4, "kind"),
    "zeros": ("a.log", bytes(4096), "binary"),
    "numbers": ("a.csv", b"".join(i.to_bytes(4, "little") for i in range(9000)), "binary"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_read_is_refused_with_the_file_the_reason_and_the_fix(case, language):
    name, data, reason = REFUSED[case]
    ingested = ingest_bytes(name, data)
    assert (ingested.status, ingested.documents) == ("reject", ())
    assert ingested.message.key == f"documents.refused.{reason}"
    said = ingested.words(language)
    assert said.startswith(f"{name}: ")
    assert "{" not in said
    if "extension" in reason:
        assert all(ending in said for ending in supported())


def test_random_bytes_are_refused_or_told_never_accepted():
    for seed in range(30):
        data = random.Random(seed).randbytes(5000)
        assert ingest_bytes("a.log", data).status != "accept"


@pytest.mark.parametrize("name", ["a.log", "a.xes"])
def test_a_file_that_is_too_large_says_how_large_it_may_be(monkeypatch, tmp_path, name):
    monkeypatch.setattr(sandbox, "LARGEST_FILE", 1024 * 1024)
    path = tmp_path / name
    path.write_bytes(b"line\n" * 500_000)
    ingested = ingest_path(path, largest_text=1024 * 1024)
    assert ingested.words("en").startswith(f"{name}: too large (3 MB; the limit is 1 MB)")


def test_a_wrong_choice_of_encoding_is_refused_and_names_the_detected_one():
    ingested = ingest_bytes("a.log", LOG.encode("cp932"), encoding="utf-8")
    assert ingested.status == "reject"
    assert "cp932" in ingested.words("ja")
    assert ingest_bytes("a.log", b"a", encoding="klingon").status == "reject"


def test_damage_is_told_with_the_number_of_places():
    ingested = ingest_bytes("a.log", LOG.encode() + b"\n\xe5\x81")
    assert (ingested.status, ingested.message.values["places"]) == ("partial", 1)


def test_an_ambiguous_file_is_read_with_a_warning_that_names_both_encodings():
    ingested = ingest_bytes("a.log", "ﾃﾞｰﾀ ｵﾝﾄﾞ9 OK".encode("cp932"))
    assert ingested.status == "warn"
    assert all(name in ingested.words("en") for name in ("cp932", "euc-jp"))


def test_characters_that_databases_and_exports_refuse_are_made_visible_once():
    text = f"{LOG}\nnul \x00 escape \x1b[31m bidi \u202e end \ufffe"
    ingested = ingest_bytes("a.log", text.encode())
    stored = ingested.documents[0].text
    assert ingested.status == "warn"
    assert stored == f"{LOG}\nnul ␀ escape ␛[31m bidi \ufffd end \ufffd"
    assert ingested.text_sha256 == sha256(text)
    assert ingested.documents[0].document.id == sha256(stored)


def test_a_block_of_zeros_in_a_log_is_not_a_binary_file():
    ingested = ingest_bytes("a.log", LOG.encode() + bytes(500) + LOG.encode())
    assert (ingested.status, ingested.encoding) == ("warn", "utf-8")


def test_lines_that_are_not_json_are_counted_and_the_first_is_named():
    lines = ['{"a": 1}', "", "[" * 100_000, "9" * 5000, "{broken"]
    ingested = ingest_bytes("a.jsonl", "\n".join(lines).encode())
    assert ingested.status == "warn"
    assert ingested.message.values == {"broken": 2, "lines": 4, "first": 3, "file": "a.jsonl"}
    assert ingest_bytes("a.jsonl", b'{"a": 1}\n[2]\n').status == "accept"


def test_one_log_becomes_many_documents_that_name_their_part():
    ingested = ingest_bytes("工場.log", LOG.encode("cp932"), split=Split(pieces=6))
    documents = [document for document, _ in map(_pair, ingested.documents)]
    assert [document.name for document in documents] == [f"工場.log [{n}/6]" for n in range(1, 7)]
    assert "\n".join(text for _, text in map(_pair, ingested.documents)) == LOG
    assert sum(document.bytes for document in documents) == len(LOG.encode()) - 5
    assert {document.group for document in documents} == {None}
    assert ingested.text_sha256 == sha256(LOG)


def _pair(extracted):
    return extracted.document, extracted.text


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\x\\ログ.csv", "ログ.csv"),
        ("inv\u202etxt.exe.log", "invtxt.exe.log"),
        ("a\x00b\x1b[31m\r\n.txt", "ab[31m .txt"),
        ("か\u3099.txt", "が.txt"),
        ("b\udcffd.log", "bd.log"),
        ("..", "unnamed"),
        ("", "unnamed"),
        ("受注　一覧.csv", "受注 一覧.csv"),
    ],
)
def test_names_are_shown_without_paths_controls_or_bidi_marks(given_name, shown):
    assert display_name(given_name) == shown


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_no_name_and_no_message_holds_a_path_a_control_or_a_bidi_character(name):
    shown = display_name(name)
    assert 0 < len(shown) <= 120
    assert not set(shown) & set("/\\")
    for language in LANGUAGES:
        printed = ingest_json(ingest_bytes(name, b"\xff\x00"), language)
        said = printed["file"] + printed["message"]
        assert not [c for c in said if unicodedata.category(c) in ("Cc", "Cf", "Cs")]


def test_the_printed_object_has_exactly_the_fields_of_the_contract():
    printed = ingest_json(ingest_bytes("a.log", LOG.encode("cp932")), "ja")
    assert printed == {
        "file": "a.log",
        "status": "accept",
        "message": None,
        "encoding": "cp932",
        "text_sha256": sha256(LOG),
        "bytes": len(LOG.encode("cp932")),
        "documents": 1,
    }
    json.dumps(printed)


def test_a_reader_is_registered_once_and_only_for_an_ending():
    with pytest.raises(ValueError, match="read_text"):
        readers.reader(".log")(readers.read_table)
    with pytest.raises(ValueError, match="not an extension"):
        readers.reader("log")


def test_every_message_about_a_file_names_it_in_both_languages():
    for key, (japanese, english) in ENTRIES.items():
        if key.split(".")[1] in ("refused", "partial", "warning"):
            assert japanese.startswith("{file}: "), key
            assert english.startswith("{file}: "), key
