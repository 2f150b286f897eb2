"""Points in time in a text, moved and written as before."""

from __future__ import annotations

import pytest

from evaluations.timestamps import TIMESTAMP, shifted

HOUR_LATER = [
    ("2026-11-24T23:59:33.123+09:00 x", "2026-11-25T00:59:33.123+09:00 x"),
    ("2026/11/24 05:12", "2026/11/24 06:12"),
    ("Dec 31 23:59:59 web", "Jan 01 00:59:59 web"),
    ("Nov  9 05:00:00 web", "Nov  9 06:00:00 web"),
    ("Wed Nov 06 03:00:00 2024", "Wed Nov 06 04:00:00 2024"),
    ("[24/Nov/2026:05:12:33 +0900]", "[24/Nov/2026:06:12:33 +0900]"),
    ("平成30年8月25日 10:06", "平成30年8月25日 11:06"),
    ("2026年8月25日（火） 9時06分", "2026年8月25日（火） 10時06分"),
    ("31.12.2022 23:42:20", "01.01.2023 00:42:20"),
    ("01/22/2020 09:03:15", "01/22/2020 10:03:15"),
    ("20260104-15:44:18:715", "20260104-16:44:18:715"),
    ("220908 221421|seq", "220908 231421|seq"),
    ("1632715144.747 200", "1632718744.747 200"),
    ('{"ts":1632715144123}', '{"ts":1632718744123}'),
]
LEFT_ALONE = [
    "order 1632715144",  # ten digits, but nothing says that they are a time
    "2026-02-31 10:00:00",  # no such day
    "令和元年 10:06",
    "12:34:56",  # a time without its day
    "version 1.2.3",
]


@pytest.mark.parametrize(("text", "expected"), HOUR_LATER)
def test_a_time_is_moved_and_written_as_before(text, expected):
    assert TIMESTAMP.sub(lambda match: shifted(match, 3600), text) == expected
    assert TIMESTAMP.sub(lambda match: shifted(match, 0), text) == text


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_no_point_in_time_stays(text):
    assert TIMESTAMP.sub(lambda match: shifted(match, 3600), text) == text


def test_a_time_before_its_era_is_left_alone():
    text = "令和1年1月1日 00:30"
    assert TIMESTAMP.sub(lambda match: shifted(match, -3600), text) == text
