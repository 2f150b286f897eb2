"""Bytes of unknown encoding are read right, or the doubt is told."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.documents.encodings import ENCODINGS, decode, decode_as, detect
from tests.evaluations.documents import texts

CASES = {
    "utf-8": ("utf-8", "utf-8", texts.windows_japanese),
    "utf-8 with mark": ("utf-8-sig", "utf-8", texts.windows_japanese),
    "utf-16 with mark": ("utf-16", "utf-16-le", texts.windows_japanese),
    "utf-16-le": ("utf-16-le", "utf-16-le", texts.windows_japanese),
    "utf-16-be": ("utf-16-be", "utf-16-be", texts.windows_japanese),
    "utf-16-le, English": ("utf-16-le", "utf-16-le", texts.english),
    "utf-16-be, English": ("utf-16-be", "utf-16-be", texts.english),
    "cp932": ("cp932", "cp932", texts.windows_japanese),
    "cp932, half-width": ("cp932", "cp932", texts.half_width),
    "euc-jp": ("euc_jp", "euc-jp", texts.japanese),
    "euc-jp, half-width": ("euc_jp", "euc-jp", texts.half_width),
    "iso-2022-jp": ("iso2022_jp", "iso-2022-jp", texts.japanese),
    "iso-2022-jp, half-width": ("iso2022_jp_ext", "iso-2022-jp", texts.half_width),
    "latin-1": ("latin-1", "iso-8859-1", texts.western),
    "windows-1252": ("cp1252", "windows-1252", texts.windows_western),
}


@pytest.mark.parametrize("case", CASES)
def test_generated_logs_of_every_encoding_are_read_right_and_never_wrong_in_silence(case):
    written, expected, line = CASES[case]
    right = 0
    for seed in range(200):
        size = random.Random(seed).choice((60, 200, 800))
        text = texts.log(line, seed, size)
        found = decode(text.encode(written))
        is_right = found.text.removeprefix("\ufeff") == text and found.encoding == expected
        assert is_right or found.alternative or found.places
        right += is_right
    assert right >= 199  # of 200: 99.5 %


def test_the_text_matters_a_fixed_guess_of_cp932_would_fail_the_test_above():
    text = texts.log(texts.japanese, 1, 200)
    assert decode_as(text.encode("euc_jp"), "cp932").text != text


def test_a_long_file_is_judged_by_lines_beyond_ascii_wherever_they_are():
    filler = "2026-04-01 00:00:00 INFO heartbeat\n" * 20_000
    text = f"{filler}第二工場の冷却ポンプが停止しました\n{filler}"
    assert decode(text.encode("cp932"))[:3] == (text, "cp932", None)
    assert decode(text.encode("euc_jp"))[:3] == (text, "euc-jp", None)


@pytest.mark.parametrize("encoding", ["euc-jp", "iso-2022-jp"])
def test_characters_that_windows_adds_to_japanese_encodings_are_read(encoding):
    # ① is row 13, cell 1 in the tables of Windows: 0x2D21 in seven bits, 0xADA1 in eight
    data = {
        "euc-jp": "受注 ".encode("euc_jp") + b"\xad\xa1\n",
        "iso-2022-jp": "受注 ".encode("iso2022_jp") + b"\x1b$B\x2d\x21\x1b(B\n",
    }[encoding]
    found = decode(data)
    assert (found.text, found.encoding, found.places) == ("受注 ①\n", encoding, 0)


def test_bytes_that_are_two_texts_at_once_are_reported_as_ambiguous():
    # ﾃﾞｰﾀ ｵﾝﾄﾞ in CP932 are whole pairs, hence kanji in EUC-JP
    found = decode("ﾃﾞｰﾀ ｵﾝﾄﾞ9 OK".encode("cp932"))
    assert {found.encoding, found.alternative} == {"cp932", "euc-jp"}


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Ошибка подключения к серверу базы данных, повтор через пять секунд"),
        ("gb18030", "系统启动完成，数据库连接失败，请检查网络设置。用户登录成功"),
        ("big5", "系統啟動完成，資料庫連線失敗，請檢查網路設定。使用者登入成功"),
        ("euc-kr", "시스템 시작 완료, 데이터베이스 연결 실패. 네트워크를 확인하십시오"),
    ],
)
def test_an_encoding_that_is_not_known_is_never_read_as_another_in_silence(encoding, text):
    found = decode((text + "\n").encode(encoding) * 5)
    assert found.alternative or found.places


def test_a_character_cut_off_at_the_end_of_a_file_leaves_the_rest_readable():
    text = texts.log(texts.japanese, 3, 2000) + "停止"
    for encoding in ("utf-8", "cp932", "euc-jp", "utf-16-le"):
        found = decode(text.encode(encoding)[:-1])
        assert (found.encoding, found.places, found.is_credible) == (encoding, 1, True)
        assert found.text == text[:-1] + "\ufffd"


def test_a_choice_overrules_the_guess():
    data = "ｱｲｳ".encode("cp932")
    assert decode(data, "windows-1252").text == "±²³"


def test_colour_codes_of_a_terminal_are_not_taken_for_iso_2022_jp():
    assert detect(b"\x1b[31mERROR\x1b[0m disk $B full\n").encoding == "utf-8"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400), st.sampled_from((None, *ENCODINGS)))
def test_no_bytes_make_decoding_fail(data, encoding):
    found = decode(data, encoding)
    assert found.encoding in ENCODINGS
    found.text.encode("utf-8")
