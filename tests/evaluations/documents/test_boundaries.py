"""One long text becomes many documents without losing or changing a byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.documents.boundaries import Split, split_text, suggest_splits, utf8_bytes
from tests.evaluations.documents import texts

LINES = st.lists(
    st.sampled_from(
        ("", " ", "2026-04-01 10:00:00 起動", "2026-04-02 停止😀", "a" * 300, "短い行")
    ),
    max_size=40,
)
SPLITS = st.one_of(
    st.builds(Split, pieces=st.integers(1, 30)),
    st.builds(Split, size=st.integers(1, 2000)),
    st.sampled_from((Split(by="day"), Split(by="hour"))),
)


@settings(max_examples=150, deadline=None)
@given(LINES.map("\n".join), SPLITS)
def test_the_parts_of_a_text_joined_are_the_text_again(text, split):
    parts = split_text(text, split)
    assert "".join(parts) == text
    assert sum(map(utf8_bytes, parts)) == len(text.encode())
    assert all(part.strip() for part in parts) or not text.strip() or len(parts) == 1


def test_equal_parts_are_cut_at_line_ends_and_nearly_equal():
    text = texts.log(texts.japanese, 1, 60_000)
    parts = split_text(text, Split(pieces=24))
    sizes = [len(part.encode()) for part in parts]
    assert len(parts) == 24
    assert all(part.endswith("\n") for part in parts[:-1])
    assert max(sizes) - min(sizes) < 500


def test_a_line_longer_than_a_part_is_cut_between_characters():
    text = "冷却ポンプ" * 2000
    parts = split_text(text, Split(pieces=7))
    assert (len(parts), "".join(parts)) == (7, text)


def stamped(form: str, days: int = 8, lines: int = 60) -> str:
    """A log in time order, four hours a day; `form` has the fields d, h and m."""
    rows = [
        form.format(d=day, h=6 + 4 * (line * 4 // lines), m=line % 60) + f" unit {line} running"
        for day in range(1, days + 1)
        for line in range(lines)
    ]
    return "\n".join(rows)


@pytest.mark.parametrize(
    "form",
    [
        "2026-04-{d:02d}T{h:02d}:{m:02d}:00Z INFO",
        "[2026-04-{d:02d} {h:02d}:{m:02d}:00,123] DEBUG",
        "2026/04/{d:02d} {h:02d}:{m:02d}:00",
        "Apr {d:>2} {h:02d}:{m:02d}:00 host sshd[1]:",
        '10.0.0.1 - - [{d:02d}/Apr/2026:{h:02d}:{m:02d}:00 +0900] "GET / HTTP/1.1"',
        "2026年4月{d}日 {h}時{m:02d}分",
        "2026年4月{d}日(水) {h:02d}:{m:02d}",
        "令和8年4月{d}日 {h}時{m}分",
        "04/{d:02d}/2026 {h:02d}:{m:02d}:00",
        "04-{d:02d} {h:02d}:{m:02d}:00.123 I/App",
        "202604{d:02d} {h:02d}{m:02d}00",
    ],
)
def test_logs_with_the_usual_time_stamps_are_cut_by_day_and_by_hour(form):
    text = stamped(form)
    days, hours = split_text(text, Split(by="day")), split_text(text, Split(by="hour"))
    assert (len(days), len(hours)) == (8, 32)
    assert {len(day.splitlines()) for day in days} == {60}
    assert "by day" in " ".join(_labels(text))


def _labels(text: str) -> list[str]:
    return ["by " + offer.split.by if offer.split.by else "equal" for offer in suggest_splits(text)]


def test_lines_without_a_stamp_stay_with_the_line_before_them():
    text = "2026-04-01 a\n  at Stack.trace\n2026-04-02 b\n  at Stack.trace"
    assert split_text(text, Split(by="day")) == [
        "2026-04-01 a\n  at Stack.trace\n",
        "2026-04-02 b\n  at Stack.trace",
    ]


def test_lines_that_go_back_over_midnight_do_not_open_a_document():
    text = "2026-04-01 a\n2026-04-02 b\n2026-04-01 late\n2026-04-02 c"
    assert len(split_text(text, Split(by="day"))) == 2


def test_days_are_not_offered_for_rows_in_another_order():
    rows = [
        f"case {case},2026-04-{day:02d},step" + "x" * 80 for case in range(90) for day in (1, 2, 3)
    ]
    assert _labels("\n".join(rows)) == ["equal"]


@pytest.mark.parametrize(
    ("kilobytes", "documents"), [(4, 6), (100, 6), (320, 19), (2000, 24), (20_000, 24)]
)
def test_the_default_offer_gives_enough_documents_to_carry_a_verdict(kilobytes, documents):
    line = "INFO worker finished an order without a time stamp\n"
    text = line * (kilobytes * 1000 // len(line))
    first = suggest_splits(text)[0]
    assert first.documents == documents == len(split_text(text, first.split))
    if kilobytes >= 320:
        assert first.median_bytes >= 15_900


def test_nothing_is_offered_for_a_text_that_cannot_be_six_documents():
    assert suggest_splits("short\n" * 20) == []


@pytest.mark.parametrize("wrong", [{}, {"pieces": 2, "by": "day"}, {"pieces": 0}, {"size": -1}])
def test_a_split_says_exactly_one_thing(wrong):
    with pytest.raises(ValueError, match=r"exactly one|at least 1"):
        Split(**wrong)
