"""The proof of encodings, in short, and that it would see a detector that is wrong."""

from __future__ import annotations

import pytest

from evaluations.documents import encodings, readers
from evaluations.documents.pieces import Content
from tests.proofs.encodings import ASCII_EVERY, FORMS, drawn, one_row

SEED, LOGS = 2, 20


@pytest.mark.parametrize("name", FORMS)
def test_logs_of_every_encoding_are_read_right(name):
    row = one_row(name, LOGS, SEED)
    assert row.met, row.wrong


def test_logs_are_written_as_said():
    for name in FORMS:
        made = [drawn(name, number, SEED) for number in range(ASCII_EVERY)]
        assert [log.text.isascii() for log in made] == [True] + [False] * (ASCII_EVERY - 1)
        assert min(len(log.text.encode()) for log in made) >= 190
    assert drawn("CP932", 3, SEED) == drawn("CP932", 3, SEED) != drawn("CP932", 3, SEED + 1)


def test_windows_characters_have_their_places_in_euc_jp_and_iso_2022_jp():
    text = "①㈱髙 ﾎﾟﾝﾌﾟ 停止"
    # row 13, cell 1; row 13, cell 74; row 92, cell 66 (NEC's copy of IBM's kanji)
    assert FORMS["EUC-JP of Windows"].encode("①㈱髙") == b"\xad\xa1\xad\xea\xfc\xe2"
    assert FORMS["ISO-2022-JP of Windows"].encode(text[0] + text[4:6]) == (
        b"\x1b$B\x2d\x21\x1b(I\x4e\x5f\x1b(B"
    )


def _always_utf8(content: Content) -> encodings.Guess:
    return encodings.Guess("utf-8", None)


def _always_windows(content: Content) -> encodings.Guess:
    return encodings.Guess("utf-16-le" if b"\x00" in content.read(0, 4) else "cp932", None)


@pytest.mark.parametrize("broken", [_always_utf8, _always_windows])
def test_a_detector_that_is_broken_is_seen(monkeypatch, broken):
    monkeypatch.setattr(readers, "detect", broken)
    rows = [one_row(name, 10, SEED) for name in ("EUC-JP", "Latin-1", "UTF-16 BE")]
    assert not any(row.met for row in rows)


@pytest.mark.parametrize("told", [False, True])
def test_what_is_wrong_and_not_told_is_seen(monkeypatch, told):
    rival = "euc-jp" if told else None
    monkeypatch.setattr(readers, "detect", lambda _: encodings.Guess("iso-8859-1", rival))
    row = one_row("EUC-JP", 10, SEED)
    assert (row.right, row.silent > 0) == (1, not told)
