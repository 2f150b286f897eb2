"""A text that is read in pieces is the text that is read whole, wherever the pieces end."""

from __future__ import annotations

import gzip
import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.documents import Ingested, Split, ingest_bytes, ingest_path, pieces, readers
from evaluations.documents.cleaning import NormalPieces, normal_text, stored_text
from evaluations.documents.contents import ControlCharacters, looks_binary
from evaluations.documents.encodings import ENCODINGS, DecodedPieces, decode_as, detect
from evaluations.documents.pieces import Content
from evaluations.documents.readers import PLAIN
from tests.evaluations.documents import texts

SIZES = (1, 2, 3, 7, 64, 1000)
LOG = (
    "\r\n2026-04-01 08:00:00 冷却ポンプ 停止😀\r\n\r\n2026-04-01 09:00:00 ｱﾗｰﾑ ①㈱髙\x1b[31m"
    "\x00\x00\r2026-04-02 08:00:00 INFO \u202e started\x85\ufffe\n"
    + "a" * 90
    + "\r\r\n 受注 \n\r\n\r"
) * 3
SPLITS = (None, Split(pieces=5), Split(size=40), Split(by="day"), Split(by="hour"))


def in_pieces(monkeypatch, size: int) -> None:
    monkeypatch.setattr(pieces, "PIECE", size)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def written(encoding: str) -> bytes:
    codec = {"euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_ext"}.get(encoding, encoding)
    return LOG.encode(codec, "replace")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("encoding", [*ENCODINGS, "utf-8-sig", "utf-16"])
def test_every_encoding_gives_the_text_and_hashes_of_the_definitions(monkeypatch, encoding, size):
    data = written(encoding)
    known = encoding if encoding in ENCODINGS else {"utf-8-sig": "utf-8"}.get(encoding, "utf-16-le")
    normal = normal_text(decode_as(data, known).text)
    in_pieces(monkeypatch, size)
    ingested = ingest_bytes("a.log", data, encoding=known)
    assert ingested.text_sha256 == sha256(normal)
    assert ingested.documents[0].text == stored_text(normal).text
    assert ingested.documents[0].document.id == sha256(stored_text(normal).text)
    assert ingested.documents[0].document.characters == len(normal)


@pytest.mark.parametrize("split", SPLITS, ids=str)
@pytest.mark.parametrize("ending", sorted(PLAIN))
def test_every_plain_format_and_split_is_the_same_in_pieces_of_any_size(monkeypatch, ending, split):
    data = LOG.encode("utf-16" if ending == ".csv" else "utf-8")

    def ingested() -> Ingested:
        return ingest_bytes(f"a{ending}", data, split=split)

    whole = ingested()
    assert len(whole.documents) > 1 or split is None
    for size in SIZES:
        in_pieces(monkeypatch, size)
        again = ingested()
        assert again == whole
        assert [one.text for one in again.documents] == [one.text for one in whole.documents]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60), st.sampled_from(ENCODINGS), st.sampled_from(SIZES))
def test_broken_bytes_are_marked_in_the_same_places(data, encoding, size):
    before, pieces.PIECE = pieces.PIECE, size
    try:
        found = DecodedPieces(Content.of(data), encoding)
        assert ("".join(found), found.places) == decode_as(data, encoding)
    finally:
        pieces.PIECE = before


def test_pairs_that_only_windows_has_are_read_across_a_border(monkeypatch):
    mixed = b"\x1b$B\x2d\x21\x1b(B \xad\xa1\xad\xa1 \xad"  # 7-bit ①, then 8-bit ones by mistake
    for encoding, data in (("iso-2022-jp", mixed), ("euc-jp", b"\xad\xa1" * 5 + b"\x8f\xa1")):
        expected = decode_as(data, encoding)
        for size in SIZES:
            in_pieces(monkeypatch, size)
            found = DecodedPieces(Content.of(data), encoding)
            assert ("".join(found), found.places) == expected


BYTES_AND_LINES = st.text(st.sampled_from("\r\n\ufeffa あ\x00\x07😀"), max_size=40)


@settings(max_examples=300, deadline=None)
@given(st.lists(BYTES_AND_LINES, max_size=6))
def test_the_normal_form_and_the_count_of_controls_do_not_depend_on_the_pieces(parts):
    whole = "".join(parts)
    normal = list(NormalPieces(parts))
    assert "".join(normal) == normal_text(whole)
    assert all(normal)
    controls = ControlCharacters()
    for part in parts:
        controls.count(part)
    assert controls.look_binary() == looks_binary(whole)


@pytest.mark.parametrize("size", [999, 4096])
@pytest.mark.parametrize(
    ("line", "encoding"),
    [(texts.windows_japanese, "cp932"), (texts.japanese, "euc_jp"), (texts.japanese, "utf-16-le")],
)
def test_an_encoding_is_recognized_by_the_whole_file_in_pieces(monkeypatch, size, line, encoding):
    filler = "2026-04-01 00:00:00 INFO heartbeat\n" * 3000
    data = (filler + texts.log(line, 1, 300) + filler).encode(encoding)
    expected = detect(data)
    in_pieces(monkeypatch, size)
    assert detect(data) == expected
    assert expected.encoding == encoding.replace("_", "-")


@pytest.mark.parametrize("size", [999, 1024 * 1024])
def test_damage_late_in_a_file_is_seen(monkeypatch, size):
    data = LOG.encode() * 50 + b"\xe5\x81"
    in_pieces(monkeypatch, size)
    ingested = ingest_bytes("a.log", data)
    assert (ingested.status, ingested.message.values["places"]) == ("partial", 1)


def test_a_text_in_a_gzip_is_read_in_pieces_as_well(tmp_path):
    path, packed = tmp_path / "a.log", tmp_path / "b.log.gz"
    path.write_bytes(LOG.encode("cp932", "replace"))
    packed.write_bytes(gzip.compress(path.read_bytes()))
    alone, unpacked = ingest_path(path), ingest_path(packed)
    assert unpacked.text_sha256 == alone.text_sha256 is not None
    assert unpacked.documents[0].text == alone.documents[0].text


def test_lines_of_json_are_counted_across_borders_and_endless_ones_are_not_parsed(monkeypatch):
    lines = ['{"a": 1}', "", "no", "[" + "1," * 200 + "1]", '{"b": "' + "x" * 500 + '"}', "no"]
    data = "\n".join(lines).encode()
    for size in SIZES:
        in_pieces(monkeypatch, size)
        (note,) = ingest_bytes("a.jsonl", data).messages
        assert note.values == {"broken": 2, "lines": 5, "first": 3, "file": "a.jsonl"}
    monkeypatch.setattr(readers, "LONGEST_JSON", 450)
    broken, too_long = ingest_bytes("a.jsonl", data).messages
    assert broken.values["broken"] == 2
    assert too_long.key == "documents.warning.json_long"
    assert too_long.values["long"] == 1


def test_the_same_stamps_are_found_in_pieces_beside_a_line_without_end():
    rng = random.Random(1)
    days = [f"2026-04-{day:02d} 10:00:00 " + "x" * rng.randrange(200) for day in range(1, 20)]
    text = "\n".join([*days[:10], "2026-04-10 11:00:00 " + "y" * 3_000_000, *days[10:]])
    ingested = ingest_bytes("a.log", text.encode(), split=Split(by="day"))
    assert [one.text for one in ingested.documents] == [
        *days[:9],
        *([f"{days[9]}\n{text.splitlines()[10]}"]),
        *days[10:],
    ]
