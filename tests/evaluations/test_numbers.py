"""Numbers are written in one way: what `evaluations.numbers` makes, and every text around them."""

from __future__ import annotations

import re

import pytest

from evaluations.numbers import (
    about_characters,
    interval,
    length,
    level,
    percent,
    plain,
    signed,
    size,
)
from evaluations.wording import CATALOGUE, Entry

# what Japanese texts count with; a number is followed by a space and one of these
COUNTERS = [
    "件",
    "回",
    "倍",
    "文字",
    "バイト",
    "トークン",
    "ビット",
    "秒",
    "分",
    "時間",
    "日間",
    "週間",
    "か月",
    "か所",
    "行",
    "票",
    "文書",
    "ページ",
    "項目",
    "通り",
    "種類",
    "個",
    "つ",
    "本",
    "枚",
    "人",
    "円",
    "次",
]
UNITS = r"(?:[KMGT]i?B|ms|bytes?|tokens?|documents?|seconds?|minutes?|min|hours?|times|pages?)"
TOUCHING = re.compile(rf"[0-9}}](?:{'|'.join(COUNTERS)})|[0-9]\{{(?:one_)?unit\}}")
TOUCHING_UNIT = re.compile(rf"[0-9}}]{UNITS}\b")
LOOSE_PERCENT = re.compile(r"[0-9}] +[%％]")
LOOSE_INTERVAL = re.compile(r"% 信頼")
HALF_WIDTH = re.compile(r"[ぁ-ヶー一-龯][:!?,;(]|[):][ぁ-ヶー一-龯]")
LONG_VOWEL = re.compile("メモリー")  # one spelling of one word
# addresses and settings in which a colon or bracket is part of what is typed
TYPED = frozenset({"settings.database_url"})
YEAR_OF_A_PAPER = frozenset({"app.theory.paper"})


def faults(key: str, entry: Entry) -> list[str]:
    """What in a text is not written as all others are."""
    rules = [(entry.ja, LOOSE_PERCENT), (entry.en, LOOSE_PERCENT), (entry.en, TOUCHING_UNIT)]
    rules += [(entry.ja, LOOSE_INTERVAL), (entry.ja, LONG_VOWEL)]
    if key not in YEAR_OF_A_PAPER:
        rules.append((entry.ja, TOUCHING))
    if key not in TYPED:
        rules.append((re.sub("「[^」]*」", "", entry.ja), HALF_WIDTH))
    return [found.group() for text, rule in rules for found in rule.finditer(text)]


def test_every_text_sets_numbers_units_and_signs_in_the_same_way():
    found = {key: wrong for key, entry in CATALOGUE.items() if (wrong := faults(key, entry))}
    assert found == {}


@pytest.mark.parametrize(
    ("ja", "en"),
    [
        ("24件", ""),
        ("{n}回", ""),
        ("1{one_unit}", ""),
        ("{n} %", ""),
        ("95% 信頼区間", ""),
        ("方式(B)", ""),
        ("次へ:結果", ""),
        ("メモリー", ""),
        ("", "{n} %"),
        ("", "8KB"),
        ("", "{n}documents"),
    ],
)
def test_a_text_that_is_set_otherwise_is_found(ja, en):
    assert faults("some.key", Entry(ja, en))


def test_numbers_have_true_minus_signs_thousands_and_no_sign_at_zero():
    assert (signed(-0.1434), signed(0.02), signed(-0.0001)) == ("−0.143", "+0.020", "0.000")
    assert (plain(-1.5, 1), length(16384)) == ("−1.5", "16,384")
    assert interval(-0.2, 0.1, "ja") == "−0.200〜+0.100"
    assert interval(-0.2, 0.1, "en") == "−0.200 to +0.100"


def test_shares_are_per_cent_without_a_space():
    assert (percent(0.583, 1), percent(0.5), level(0.95), level(0.975)) == (
        "58.3%",
        "50%",
        "95%",
        "97.5%",
    )


def test_a_length_in_bytes_is_said_in_japanese_characters_to_two_digits():
    assert [about_characters(n) for n in (16, 64, 256, 1_024, 4_096, 65_536)] == [
        *("5", "21", "85", "340", "1,400", "22,000"),
    ]


def test_sizes_are_in_the_largest_unit_that_leaves_a_number_to_read():
    assert (size(812), size(25_088), size(3 << 20)) == ("812 B", "24.5 KB", "3.0 MB")
    assert size(200 << 30) == "200 GB"
