"""Content-addressed files appear whole, once, under the hash of what is in them."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from evaluations.files import OLD_PART, ContentFiles


def test_what_is_put_is_read_back_under_its_hash(tmp_path):
    files = ContentFiles(tmp_path)
    sha256 = files.put("長いログ".encode())
    assert sha256 == hashlib.sha256("長いログ".encode()).hexdigest()
    assert files.read(sha256) == "長いログ".encode()


def test_a_file_is_copied_by_its_content(tmp_path):
    source = tmp_path / "log.txt"
    source.write_bytes(b"x" * 3_000_000)
    files = ContentFiles(tmp_path / "files")
    sha256 = files.put_file(source)
    source.unlink()
    assert files.read(sha256) == b"x" * 3_000_000


def test_the_same_content_is_stored_once_and_nothing_else_is_left_behind(tmp_path):
    files = ContentFiles(tmp_path)
    assert files.put(b"same") == files.put(b"same")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_write_that_fails_leaves_no_file_that_looks_complete(tmp_path, monkeypatch):
    def no_space(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        ContentFiles(tmp_path).put(b"half")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63])
def test_only_a_hash_names_a_file(tmp_path, name):
    with pytest.raises(ValueError, match="SHA-256"):
        ContentFiles(tmp_path).path(name)


def test_what_is_made_piece_by_piece_has_the_name_of_what_it_became(tmp_path):
    files = ContentFiles(tmp_path / "files")
    assert files.put_made(iter([b"in ", b"pieces"])) == files.put(b"in pieces")

    def broken():
        yield b"half"
        raise KeyError

    with pytest.raises(KeyError):
        files.put_made(broken())
    assert len([path for path in files.folder.rglob("*") if path.is_file()]) == 1


def test_halves_that_dead_processes_left_go_and_what_is_being_written_stays(tmp_path):
    files = ContentFiles(tmp_path)
    whole = files.put(b"whole")
    left, young = files.path(whole).with_name(f"{whole}.1234.part"), tmp_path / "5678.part"
    for path in (left, young):
        path.write_bytes(b"half")
    past = time.time() - 2 * OLD_PART
    for path in (left, files.path(whole)):
        os.utime(path, (past, past))
    assert files.drop_unfinished() == 1
    assert (left.exists(), young.exists(), files.read(whole)) == (False, True, b"whole")
