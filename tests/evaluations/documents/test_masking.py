"""What is masked, what is not, and that no result depends on where a piece or stretch ends."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.documents import masking
from evaluations.documents.masking import (
    KINDS,
    LONGEST_NAME,
    MOST_NAMES,
    MOST_SAMPLES,
    PATTERNS,
    Found,
    Masker,
    Masking,
    NameTooLong,
    TooManyNames,
    masked_text,
    names_in,
)

NAMES = names_in("山田 太郎\n佐藤\n佐藤花子\nAnn\nJohn Smith")
ALL = Masking(KINDS, NAMES)
FULL_WIDTH = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F)} | {0x20: 0x3000})

MAILS = (
    "taro@example.com",
    "taro.yamada+log@mail.example.co.jp",
    "_x-1@a.b.c.d.e.example.xn--p1ai",
    "o'brien@example.org",
    "taro%40example.com",
)
PHONES = (
    "03-1234-5678",
    "(03)1234-5678",
    "(03) 1234 5678",
    "03(1234)5678",
    "03 1234 5678",
    "0312345678",
    "03-12345678",
    "090-1234-5678",
    "09012345678",
    "0120-123-456",
    "0120-12-34-56",
    "04992-2-1234",
    "03-6341-1234",
    "+81 3-1234-5678",
    "+81(0)3-1234-5678",
    "+1 650-253-0000",
    "+16502530000",
)
CARDS = (
    "4111111111111111",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111",
    "378282246310005",
    "3782-822463-10005",
    "3782 822463 10005",
    "2223003122003222",
    "4222222222222",
    "6304000000000000000",
)
ADDRESSES = (
    "83.149.9.216",
    "0.0.0.0",
    "255.255.255.255",
    "192.168.001.010",
    "2001:db8::1",
    "2001:db8:0:0:0:0:0:1",
    "fe80::1",
    "::1",
    "2001:db8::",
    "::ffff:192.0.2.1",
    "1:2:3:4:5:6:192.0.2.1",
)
FOUND = [
    (kind, value)
    for kind, values in zip(PATTERNS, (MAILS, PHONES, CARDS, ADDRESSES), strict=True)
    for value in values
]
NOT_FOUND = (
    "git@github",
    "@types/node@1.2.3",
    "x@example.c1",
    "a @ b.com",
    "2026-11-29 12:34:56",
    "[17/May/2015:10:05:03 +0000]",
    "01-02-2016 12:30:11",
    "0001-0002-0003",
    "20261129-0001",
    "+0900 1234567",
    "0.0312345678",
    "0312345678.5",
    "order-id a0312345678",
    "550e8400-e29b-41d4-a716-044665544000",
    "550e8400-0312-3456-7890-044665544000",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "00:1a:2b:3c:4d:5e",
    "00:1a:2b:3c:4d:5e:6f:70",
    "00:11:22:33:44:55:66:77:88:99",
    "v1.2.3.4",
    "1.2.3.4.5",
    "256.1.1.1",
    "1.2.3",
    "2.3.19.1+dfsg1",
    "Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0",
    "Windows NT 5.1; de; rv:1.9.0.7",
    "12:34:56",
    "12:34:56:789",
    "std::string",
    "::",
    "dead::beef",
    "1:2:3:4:5:6:7:8:9",
    "4111111111111112",
    "4111-1111 1111-1111",
    "41111111111111111111",
    "5555555555554444-1",
    "0.4111111111111111",
    "1669718400000",
    "Announce Joanne 山田",
)


def of_patterns(text: str) -> str:
    return masked_text(text, Masking(PATTERNS))


def in_stretches(monkeypatch, size: int) -> None:
    monkeypatch.setattr(masking, "STRETCH", size)


# --- what is found -----------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "value"), FOUND)
def test_a_value_becomes_a_mark_whatever_its_width_and_what_stands_around_it(kind, value):
    for around in ("{}", "連絡先は{}です。", "「{}」", " {} 200", "a\n{}\nb", '"{}",', "＝{}、"):
        for written in (value, value.upper(), value.translate(FULL_WIDTH)):
            assert of_patterns(around.format(written)) == around.format(f"[{kind}-1]")
    others = Masking(tuple(other for other in PATTERNS if other != kind))
    assert masked_text(value, others) == value


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_resembles_a_value_stays(text):
    assert masked_text(text, ALL) == text
    assert masked_text(f"時刻{text}に", ALL) == f"時刻{text}に"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("1.2.3.4:80 10.0.0.0/24", "[ip-1]:80 [ip-2]/24"),
        ("10.0.0.1-10.0.0.9", "[ip-1]-[ip-2]"),
        ("fe80::1%eth0 [2001:db8::1]:443", "[ip-1]%eth0 [[ip-2]]:443"),
        ("from 2001:db8::1: closed", "from [ip-1]: closed"),
        ("addr:2001:db8::1", "addr:[ip-1]"),
        ("root@10.0.0.1", "root@[ip-1]"),
        ("broker1/10.0.0.1:9092", "broker1/[ip-1]:9092"),
        ("サーバーadmin@example.comへ", "サーバー[mail-1]へ"),
        ("x@example.com. y@example.com.1", "[mail-1]. [mail-2].1"),
        ("a@b.com@c.com@d.com", "[mail-1]@[mail-2]"),
        ("email=taro%40example.com&x=1", "email=[mail-1]&x=1"),
        ("090ー1234ー5678", "[phone-1]"),
        ("090−1234‐5678", "[phone-1]"),
        ("TEL03-1234-5678FAX03-1234-5679", "TEL[phone-1]FAX[phone-2]"),
        ("17,0312345678,x", "17,[phone-1],x"),
        ("+1 650-253-0000 200 15", "[phone-1] 200 15"),
        ("03-1234-5678\n03-1234-5679", "[phone-1]\n[phone-2]"),
        ("03-1234-\n5678", "03-1234-\n5678"),
        ("4111 1111 1111 1111 123 12/27", "[card-1] 123 12/27"),
    ],
)
def test_only_the_value_itself_is_masked(text, masked):
    assert of_patterns(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (
            "山田太郎、山田 太郎、山田　太郎さん、山田  太郎",
            "[name-1]、[name-1]、[name-1]さん、[name-1]",
        ),
        ("佐藤花子と佐藤", "[name-1]と[name-2]"),
        (
            "Ann, ANN, Ａｎｎ: announce Joanne Ann1",
            "[name-1], [name-1], [name-1]: announce Joanne Ann1",
        ),
        ("Annさん user_ann", "[name-1]さん user_[name-1]"),
        ("John  Smith JohnSmith\nJohn\nSmith", "[name-1] [name-1]\nJohn\nSmith"),
    ],
)
def test_names_are_found_with_any_spaces_at_word_borders_longest_first(text, masked):
    assert masked_text(text, ALL) == masked


def test_signs_in_names_are_no_patterns():
    names = names_in("a.b\n(x|y)\n[z]\nヘンリー・フォード")
    text = "aXb a.b x (X|Y) [z] ヘンリー・フォード ヘンリー"
    assert masked_text(text, Masking(("name",), names)) == (
        "aXb [name-1] x [name-2] [name-3] [name-4] ヘンリー"
    )


def test_where_kinds_overlap_one_wins_and_nothing_is_masked_twice():
    names = names_in("ann\nexample\nmail\nip\n03")
    text = "ann@example.com example ann 03-1234-5678 mail"
    assert masked_text(text, Masking(KINDS, names)) == (
        "[mail-1] [name-1] [name-2] [phone-1] [name-3]"
    )
    assert of_patterns("0312345678@example.com 1.2.3.4@example.com") == "[mail-1] [mail-2]"


@given(st.integers(0, 10**14 - 1), st.integers(2, 6))
def test_exactly_one_check_digit_makes_a_card_number(digits, first):
    found = [of_patterns(f"{first}{digits:014}{check}") == "[card-1]" for check in range(10)]
    assert sum(found) == 1


# --- numbers, counts and samples ---------------------------------------------------------------


def test_the_same_value_has_the_same_number_however_it_is_written():
    assert of_patterns("TARO@example.com taro@example.com ｔａｒｏ@example.com") == (
        "[mail-1] [mail-1] [mail-1]"
    )
    assert of_patterns("03-1234-5678 (03)1234-5678 +81 3-1234-5678 03-1234-5679") == (
        "[phone-1] [phone-1] [phone-1] [phone-2]"
    )
    assert of_patterns("4111 1111 1111 1111,4111111111111111") == "[card-1],[card-1]"
    assert of_patterns("2001:DB8::1 2001:0db8:0:0::1 10.0.0.1 010.000.000.001") == (
        "[ip-1] [ip-1] [ip-2] [ip-2]"
    )


def test_numbers_and_counts_go_on_in_the_next_text_and_nothing_else_does():
    masker = Masker(ALL)
    texts = []
    for text in ("10.0.0.2 ann@", "example.com 10.0.0.1", "10.0.0.2 ann@example.com"):
        texts.append("".join([*masker.take(text), *masker.end()]))
    assert texts == ["[ip-1] [name-1]@", "example.com [ip-2]", "[ip-1] [mail-1]"]
    assert masker.counts == {"ip": 3, "name": 1, "mail": 1}


def test_samples_are_the_places_of_the_first_values_with_their_line_as_it_was():
    masker = Masker(Masking(("mail", "ip")))
    lines = [f"行{number} から 10.0.0.{number // 2} へ" for number in range(40)]
    text = "前の行\n" + "あ" * 30 + "Ａ@example.com" + "い" * 30 + "\n" + "\n".join(lines)
    for piece in (text[:50], text[50:]):
        assert not list(masker.take(piece))
    assert "".join(masker.end()).endswith("行38 から [ip-20] へ\n行39 から [ip-20] へ")
    assert masker.counts == {"mail": 1, "ip": 40}
    assert masker.samples[0] == Found("mail", "Ａ@example.com", "[mail-1]", "あ" * 24, "い" * 24)
    assert masker.samples[1:] == [
        Found("ip", f"10.0.0.{n}", f"[ip-{n + 1}]", f"行{2 * n} から ", " へ")
        for n in range(MOST_SAMPLES)
    ]


def test_values_after_the_last_number_are_masked_without_one(monkeypatch):
    monkeypatch.setattr(masking, "MOST_VALUES", 2)
    assert of_patterns("1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.1 a@b.com") == (
        "[ip-1] [ip-2] [ip] [ip-1] [mail-1]"
    )


# --- pieces and stretches ----------------------------------------------------------------------


def mixed_text(seed: int, size: int, joints: str = " \n,、aあ0-.:+(@") -> str:
    """Values, halves of values and what resembles them, in long lines."""
    rng = random.Random(seed)
    values = [*(value for _, value in FOUND), *NOT_FOUND, *NAMES]
    parts: list[str] = []
    length = 0
    while length < size:
        value = rng.choice(values)
        if rng.random() < 0.3:
            value = value[: rng.randrange(len(value) + 1)]
        parts.append(value + "".join(rng.choices(joints, k=rng.randrange(3))))
        length += len(parts[-1])
    return "".join(parts)


def cut(text: str, rng: random.Random) -> list[str]:
    pieces = []
    while text:
        size = rng.choice((1, 7, 100, 5000))
        pieces.append(text[:size])
        text = text[size:]
    return pieces


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from((211, 1000, 4096)))
def test_neither_pieces_nor_stretches_change_anything(seed, stretch):
    text = mixed_text(seed, 15_000)
    whole = Masker(ALL)
    expected = "".join([*whole.take(text), *whole.end()])
    with pytest.MonkeyPatch.context() as monkeypatch:
        in_stretches(monkeypatch, stretch)
        masker = Masker(ALL)
        pieces = cut(text, random.Random(seed))
        given_back = [part for piece in pieces for part in masker.take(piece)]
        assert len(given_back) > 1
        assert "".join([*given_back, *masker.end()]) == expected
    assert masker.counts == whole.counts
    assert masker.samples == whole.samples


def test_a_value_is_found_once_wherever_a_stretch_ends_in_it(monkeypatch):
    in_stretches(monkeypatch, 64)
    filling = "x " * 5000
    for value in ("taro@example.com", "2001:db8::1", "4111 1111 1111 1111", "+1 650-253-0000"):
        for shift in range(0, 64, 3):
            text = filling[:6000] + " " * shift + value + " " + filling
            assert masked_text(text, ALL).count("-1]") == 1


def test_little_of_one_endless_line_is_held(monkeypatch):
    in_stretches(monkeypatch, 1000)
    masker, taken, given_back = Masker(ALL), 0, 0
    for _ in range(300):
        taken += 500
        given_back += sum(map(len, masker.take("{[x1 " * 100)))
        assert taken - given_back <= 1000 + masking.AHEAD + 500
    assert given_back > 140_000


def test_a_large_piece_comes_back_in_stretches():
    parts = list(Masker(ALL).take("x" * (4 * masking.STRETCH)))
    assert len(parts) == 3
    assert max(map(len, parts)) <= 2 * masking.STRETCH + masking.AHEAD


@pytest.mark.parametrize(
    "part",
    ["@", "0", "0-", ":", "1.1.1.", "a@a", "a@a.", "0 ", "+1 ", "(", "4", "a.", "::a", "%40", "-"],
)
def test_no_text_takes_long(part):
    text = (part * 250_000)[:250_000]  # a square of a megabyte would show at a quarter, too
    began = time.perf_counter()
    masked_text(text, ALL)
    assert time.perf_counter() - began < 2


# --- what is asked for -------------------------------------------------------------------------


def test_kinds_come_in_one_order_and_unknown_or_repeated_ones_are_refused():
    assert Masking(("ip", "mail")) == Masking(("mail", "ip"))
    assert masked_text("a@b.com 1.2.3.4", Masking(())) == "a@b.com 1.2.3.4"
    assert Masking(("name", *reversed(PATTERNS)), ("Ann",)).kinds == (*PATTERNS, "name")
    for kinds in (("mail", "mail"), ("post",)):
        with pytest.raises(ValueError, match="unknown or repeated"):
            Masking(kinds)


def test_names_are_given_if_and_only_if_they_are_masked():
    for kinds, names in ((("mail",), ("Ann",)), (("name",), ())):
        with pytest.raises(ValueError, match="if, and only if"):
            Masking(kinds, names)
    for names in (("Ann", "ann"), (" Ann",), ("Ann\nLee",), ("",)):
        with pytest.raises(ValueError, match="names_in"):
            Masking(("name",), names)


def test_a_list_gives_its_names_in_order_without_blanks_and_repeats():
    text = "\ufeff山田 太郎\r\n\r\n 佐藤 、鈴木，Ann;Ａｎｎ\t山田太郎\n \nJohn Smith\n"
    assert names_in(text) == ("山田 太郎", "佐藤", "鈴木", "Ann", "John Smith")
    assert names_in(" \n,、\n") == ()


@pytest.mark.parametrize("ascii_only", [False, True])
def test_values_behind_the_escapes_of_json_are_found(ascii_only):
    said = (
        "電話090-1234-5678\n10.0.0.1\t2001:db8::1\r4111111111111111\nSmith 田中\u3000太郎 田中太郎x"
    )
    line = json.dumps({"body": said}, ensure_ascii=ascii_only)
    masking = Masking(("phone", "card", "ip", "name"), ("田中 太郎", "Smith"))
    assert json.loads(masked_text(line, masking)) == {
        "body": "電話[phone-1]\n[ip-1]\t[ip-2]\r[card-1]\n[name-1] [name-2] [name-2]x"
    }


def test_a_domain_before_an_account_is_no_escape():
    assert masked_text(r"CORP\taro CORP\nakamura", Masking(("name",), ("taro", "nakamura"))) == (
        r"CORP\[name-1] CORP\[name-2]"
    )


def test_marks_of_byte_order_and_broken_characters_make_no_list_unusable():
    assert names_in("\n\ufeff佐藤\n\ud800田") == ("佐藤", "\ufffd田")
    assert Masking(("name",), names_in("\n\ufeff佐藤\n\ud800田")).names == ("佐藤", "\ufffd田")


def test_a_list_has_limits():
    most = "\n".join(f"name{number}" for number in range(MOST_NAMES))
    assert len(names_in(most)) == MOST_NAMES
    with pytest.raises(TooManyNames) as many:
        names_in(most + "\none more")
    assert many.value.values["found"] == MOST_NAMES + 1
    assert names_in("x" * LONGEST_NAME) == ("x" * LONGEST_NAME,)
    with pytest.raises(NameTooLong) as long:
        names_in("Ann\n" + "x" * (LONGEST_NAME + 1))
    assert long.value.values["most"] == LONGEST_NAME


def test_a_thousand_names_and_names_within_names_are_found():
    nested = tuple("a" * length for length in range(1, LONGEST_NAME + 1))
    others = tuple(f"{chr(0x4E00 + number)}田 花子" for number in range(900))
    masker = Masker(Masking(("name",), nested + others))
    text = " ".join((*nested, *others))
    masked = "".join([*masker.take(text), *masker.end()])
    assert masked == " ".join(f"[name-{number + 1}]" for number in range(1000))


def test_the_longest_name_is_found_with_all_its_gaps():
    parts = ["あ"] * (LONGEST_NAME // 2)
    masked = masked_text(("    ".join(parts) + "。") * 2, Masking(("name",), (" ".join(parts),)))
    assert masked == "[name-1]。[name-1]。"


def test_a_child_starts_without_what_it_does_not_need():
    code = (
        "import sys; from evaluations.documents.masking import Masking, masked_text;"
        "masked_text('03-1234-5678', Masking(('mail', 'card', 'ip')));"
        "print(sorted({'numpy', 'pydantic', 'phonenumbers'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
